using Messaging.Application.Notifications.Inbound;

namespace Messaging.Api.Email.Inbound;

/// <summary>A mail in the mailbox.</summary>
internal interface IMailInBox
{
    /// <summary>Its size in bytes, as the server says.</summary>
    long Size { get; }

    /// <summary>Fetches its first bytes, which its headers are within; null when they are not.</summary>
    Task<Stream?> HeadersAsync(CancellationToken cancellation);

    /// <summary>Fetches all of it.</summary>
    Task<MemoryStream> ContentAsync(CancellationToken cancellation);
}

/// <summary>
/// Decides what a mail is, and sees to it. What is not to an address that this product signed is nobody's here: it is
/// counted, and stays where it is.
/// </summary>
internal sealed partial class InboundReader(
    InboundOptions options, EmailOptions email, ReplyAddresses addresses, InboundMails mails, InboundReplies replies,
    ILogger<InboundReader> logger)
{
    // A report of more is none: it has the headers of the mail, or the mail itself, which had less.
    private const long LargestReport = 5 * 1024 * 1024;

    /// <summary>Sees to a mail.</summary>
    /// <returns>True when it was dealt with; false when it is left to whoever looks into the mailbox.</returns>
    /// <exception cref="BouncedTooSoonException">It is not known yet that the mail was sent.</exception>
    public async Task<bool> ReadAsync(IMailInBox mail, CancellationToken cancellation)
    {
        await using var beginning = await mail.HeadersAsync(cancellation);
        if (beginning is null || await InboundHeaders.ReadAsync(beginning, cancellation) is not { } headers)
            return Counted("unreadable", false);
        var signed = addresses.FindIn(headers.Recipients).FirstOrDefault();
        if (headers.IsReport && await ReportAsync(mail, signed, cancellation) is { } report) return report;

        // By the address that nobody but mail servers learns, and what is no report, is no person's. What came from
        // this product itself would go round in circles.
        if (signed?.Kind == SignedAddressKind.Bounce || headers.IsOfMachine || IsOurs(headers))
            return Counted("automatic", signed is not null);
        if (signed is null || await mails.FindAsync(signed.DeliveryId, cancellation) is not { } answered)
            return Counted("unsigned", false);
        return await ReplyAsync(mail, headers, answered, cancellation);
    }

    private async Task<bool> ReplyAsync(
        IMailInBox mail, InboundHeaders headers, Answered answered, CancellationToken cancellation)
    {
        if (mail.Size > options.MaximumBytes)
        {
            var name = headers.MessageId ?? $"{headers.From} {headers.Subject} {mail.Size}";
            return await KeptAsync(InboundMails.IdOf(answered, name), InboundOutcome.TooLarge, null);
        }

        using var content = await mail.ContentAsync(cancellation);
        var id = InboundMails.IdOf(
            answered,
            headers.MessageId ?? InboundMessage.NameOf(content.GetBuffer().AsSpan(0, (int)content.Length)));
        if (await mails.IsKnownAsync(answered.Sender.TenantId, id, cancellation)) return Counted("repeated", true);
        content.Position = 0;
        using var message = await InboundMessage.ReadAsync(content, cancellation);
        if (message is null) return await KeptAsync(id, InboundOutcome.Unreadable, null);
        var (outcome, code) = await replies.CommentAsync(answered, id, headers, message, cancellation);

        // Another node, which is no longer to read it, was at it as well.
        if (outcome == InboundOutcome.Refused
            && await mails.IsKnownAsync(answered.Sender.TenantId, id, cancellation)) return Counted("repeated", true);
        return await KeptAsync(id, outcome, code);

        async Task<bool> KeptAsync(Guid mailId, InboundOutcome outcome, string? code)
        {
            await mails.RecordAsync(
                new InboundMail(
                    answered.Sender.TenantId, mailId, outcome, code, PlainText.OneLine(headers.From, 320),
                    PlainText.OneLine(addresses.WithoutSigns(headers.Subject), 200), answered.DeliveryId,
                    answered.ConversationId, answered.Sender.Actor.Id),
                CancellationToken.None);
            if (outcome != InboundOutcome.Comment)
                LogKept(answered.Sender.TenantId, answered.DeliveryId, outcome, code ?? "no code");
            return Counted(outcome == InboundOutcome.Comment ? "comment" : "quarantined",
                outcome == InboundOutcome.Comment);
        }
    }

    /// <returns>Null when it is no report on a mail that was not delivered.</returns>
    private async Task<bool?> ReportAsync(
        IMailInBox mail, SignedAddress? signed, CancellationToken cancellation)
    {
        if (mail.Size > LargestReport) return null;
        using var content = await mail.ContentAsync(cancellation);
        using var message = await InboundMessage.ReadAsync(content, cancellation);
        if (message is not { HasTooMany: false, Bounce: { } bounce }) return null;
        if (!bounce.HasFailed) return Counted("automatic", signed is not null);
        var (delivery, id) = signed is not null
            ? (signed.DeliveryId, null)
            : (DeliveryOf(bounce.MessageId) ?? Guid.Empty, bounce.MessageId);
        if (delivery == Guid.Empty) return Counted("unsigned", false);
        var effect = await mails.BounceAsync(delivery, id, bounce.Reason, cancellation);
        if (effect == BounceEffect.NotYet) throw new BouncedTooSoonException();
        var isMarked = effect == BounceEffect.Marked;
        return Counted(isMarked ? "bounce" : "automatic", isMarked || signed is not null);
    }

    private bool IsOurs(InboundHeaders headers) =>
        DeliveryOf(headers.MessageId) is not null
        || (headers.From is { } from && (addresses.IsOwn(from) || Domain.EmailAddress.AreSame(from, email.From)));

    // The Message-ID of a mail of ours has its delivery's id.
    private Guid? DeliveryOf(string? messageId) =>
        messageId?.Split('@') is [var id, var domain] && Guid.TryParseExact(id, "N", out var delivery)
        && domain.Equals(Domain.EmailAddress.Of(email.From)?.Domain, StringComparison.OrdinalIgnoreCase)
            ? delivery : null;

    private static bool Counted(string outcome, bool isDone)
    {
        InboundTelemetry.Read(outcome);
        return isDone;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "A mail that answers delivery {Delivery} of organisation {Tenant} did not become a comment: {Outcome}, {Code}")]
    private partial void LogKept(string tenant, Guid delivery, InboundOutcome outcome, string code);
}

/// <summary>A mail came back before it is known that it was sent.</summary>
internal sealed class BouncedTooSoonException() : Exception("The mail is being sent.");
