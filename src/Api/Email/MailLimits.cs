using Messaging.Api.Hosting;
using Messaging.Application.Accounts;
using Messaging.Application.Notifications;

namespace Messaging.Api.Email;

/// <summary>Limits of mails for each recipient, from <c>Messaging:Mail</c>.</summary>
internal static class MailLimits
{
    private const string Section = "Messaging:Mail";

    /// <summary>Adds <see cref="EmailBudget"/> and <see cref="InvitationLimits"/>.</summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the message names it.</exception>
    public static IServiceCollection AddMailLimits(this IServiceCollection services, IConfiguration configuration)
    {
        var mail = configuration.GetSection(Section);
        var (budget, invitations) = (EmailBudget.Default, InvitationLimits.Default);
        services.AddSingleton(budget with
        {
            AtOnce = mail.Number("AtOnce", budget.AtOnce),
            Window = TimeSpan.FromSeconds(mail.Number("WindowSeconds", (int)budget.Window.TotalSeconds)),
            PerSender = mail.Number("PerSenderAndHour", budget.PerSender),
            PerRecipient = mail.Number("PerRecipientAndHour", budget.PerRecipient),
            Pause = TimeSpan.FromSeconds(mail.Number("PauseSeconds", (int)budget.Pause.TotalSeconds)),
            Bundle = TimeSpan.FromSeconds(
                mail.Number("BundleSeconds", (int)budget.Bundle.TotalSeconds, least: 0, most: 600)),
        });
        services.AddSingleton(invitations with
        {
            PerHour = mail.Number("InvitationsPerHour", invitations.PerHour),
            PerAddressAndDay = mail.Number("InvitationsPerAddressAndDay", invitations.PerAddressAndDay),
        });
        return services;
    }
}
