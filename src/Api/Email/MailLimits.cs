using System.Globalization;
using Messaging.Application.Accounts;
using Messaging.Application.Notifications;

namespace Messaging.Api.Email;

/// <summary>Limits of mails for each recipient, from <c>Messaging:Mail</c>.</summary>
internal static class MailLimits
{
    private const string Section = "Messaging:Mail";
    private const int Most = 1_000_000;

    /// <summary>Adds <see cref="EmailBudget"/> and <see cref="InvitationLimits"/>.</summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the message names it.</exception>
    public static IServiceCollection AddMailLimits(this IServiceCollection services, IConfiguration configuration)
    {
        var (budget, invitations) = (EmailBudget.Default, InvitationLimits.Default);
        services.AddSingleton(budget with
        {
            AtOnce = Number(configuration, "AtOnce", budget.AtOnce),
            Window = TimeSpan.FromSeconds(Number(configuration, "WindowSeconds", (int)budget.Window.TotalSeconds)),
            PerSender = Number(configuration, "PerSenderAndHour", budget.PerSender),
            PerRecipient = Number(configuration, "PerRecipientAndHour", budget.PerRecipient),
            Pause = TimeSpan.FromSeconds(Number(configuration, "PauseSeconds", (int)budget.Pause.TotalSeconds)),
        });
        services.AddSingleton(invitations with
        {
            PerHour = Number(configuration, "InvitationsPerHour", invitations.PerHour),
            PerAddressAndDay = Number(configuration, "InvitationsPerAddressAndDay", invitations.PerAddressAndDay),
        });
        return services;
    }

    private static int Number(IConfiguration configuration, string key, int otherwise)
    {
        var text = configuration[$"{Section}:{key}"]?.Trim();
        if (string.IsNullOrEmpty(text))
            return otherwise;
        if (
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and <= Most
        )
            return number;
        throw new InvalidOperationException(
            $"The setting {Section}:{key} is '{text}'; it is a number from 1 to {Most}.");
    }
}
