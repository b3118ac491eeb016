using Messaging.Application.Notifications;

namespace Messaging.Api.Tests.Email;

/// <summary>Sends what is nobody else's to send.</summary>
internal static class Sending
{
    public static Task<SentMail> SendAsync(
        this IEmailSender sender, OutgoingEmail email, CancellationToken cancellation) =>
        sender.SendAsync(email, () => true, cancellation);
}
