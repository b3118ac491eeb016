using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.Domain.History;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Messaging.Application.Notifications;

/// <summary>
/// One attempt at a delivery: claims it, sends it, and records how it went. The claim commits before the mail server
/// hears of it, so that nobody else sends it meanwhile.
/// </summary>
/// <param name="node">
/// Says whether this node has been standing still: then another may have taken the mail on.
/// </param>
/// <param name="log">
/// Made when it is needed: Wolverine is given this while the executor, which needs Wolverine's store, is not there yet.
/// </param>
/// <param name="lifetime">
/// Says when the product stops: a mail that is not being handed over yet is put back then. Wolverine's own word would
/// come when it has waited for it.
/// </param>
public sealed partial class EmailDispatch(
    Deliveries deliveries, IEmailSender sender, ReadModelAccess readModels, ThisNode node, SendingLeases leases,
    AuditTree trees, Lazy<AccessLog> log, IHostApplicationLifetime lifetime, ILogger<EmailDispatch> logger)
{
    private static readonly TimeSpan s_untilRebuilt = TimeSpan.FromSeconds(5);

    // Pause of a node that is not heard: one of its turns to announce itself, and one to spare.
    private static readonly TimeSpan s_untilHeard = TimeSpan.FromSeconds(2);

    private long _told;

    /// <summary>
    /// False while this node cannot send: the read models are rebuilt, or are of a newer version, or nobody hears it.
    /// </summary>
    public bool CanSend => readModels.CanBeUsed && node.IsStill(node.Term);

    /// <summary>Tries to send it; what is not done now is looked at again when it is due.</summary>
    public async Task TryAsync(SendEmail message, SendingPlaces.Place place, CancellationToken cancellation)
    {
        // Its content is in the read models. It is not tried in vain.
        var term = node.Term;
        var later = !readModels.CanBeUsed ? s_untilRebuilt : !node.IsStill(term) ? s_untilHeard : TimeSpan.Zero;
        if (later > TimeSpan.Zero)
        {
            await deliveries.LookLaterAsync(message, later, cancellation);
            return;
        }

        var since = Stopwatch.GetTimestamp();
        var claim = await deliveries.ClaimAsync(message, cancellation);
        if (claim.Delivery is not { } delivery)
        {
            if (claim.IsHeld) NotificationTelemetry.Held();
            else if (claim.FreeAt is { } at) await deliveries.LookLaterAsync(message, at, cancellation);
            else await deliveries.EndAsync(message, cancellation);
            return;
        }

        using var lease = leases.Hold(delivery, since);
        place.Outcome = await SendAsync(delivery, () => node.IsStill(term) && lease.IsMine, cancellation);
    }

    private async Task<SendingPlaces.PlaceOutcome> SendAsync(
        ClaimedDelivery delivery, Func<bool> isStillMine, CancellationToken cancellation)
    {
        SentMail sent;
        try
        {
            if (await deliveries.ComposeAsync(delivery, cancellation) is not var (carried, email))
            {
                await deliveries.DropAsync(delivery);
                return SendingPlaces.PlaceOutcome.None;
            }

            delivery = carried;
            var root = await trees.RootAsync(delivery.TenantId, cancellation);
            email = email with { Checkpoint = Convert.ToBase64String(root) };

            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using var stop = stopping.CancelAtStop(lifetime);
            var began = Stopwatch.GetTimestamp();
            try
            {
                sent = await sender.SendAsync(email, isStillMine, stopping.Token);
            }
            finally
            {
                NotificationTelemetry.HandedOver(began);
            }
        }
        catch (EmailRefusedException e)
        {
            NotificationTelemetry.Failed(e);
            LogRefused(delivery.TenantId, delivery.Id, CodeOf(e.Message));
            Say(delivery, await deliveries.FailAsync(delivery, e.Message), null);
            return SendingPlaces.PlaceOutcome.Taken;
        }
        catch (EmailOutcomeUnknownException e)
        {
            NotificationTelemetry.Failed(e);
            LogDoubtful(delivery.TenantId, delivery.Id);
            Say(delivery, await deliveries.DoubtAsync(delivery, e.Message, e.Mail), e.Mail);

            // The next such mail would be in doubt as well.
            return SendingPlaces.PlaceOutcome.ServerFailed;
        }
        catch (Exception e)
        {
            NotificationTelemetry.Failed(e);

            // Also when the product stops: the mail was not taken, and goes out after the next start.
            SayPutBack(delivery, e.Message);
            var by = e is EmailDelayedException delayed ? delayed.By
                : e is OperationCanceledException ? EmailDelay.Node
                : EmailDelay.Server;
            Say(delivery, await deliveries.PutBackAsync(delivery, by, e.Message), null);
            return by switch
            {
                EmailDelay.Server => SendingPlaces.PlaceOutcome.ServerFailed,
                EmailDelay.Recipient => SendingPlaces.PlaceOutcome.NotTaken,
                EmailDelay.Node => SendingPlaces.PlaceOutcome.None,
            };
        }

        Say(delivery, await deliveries.RecordSentAsync(delivery, sent), sent);
        return SendingPlaces.PlaceOutcome.Taken;
    }

    // The log of everything waits for no mail, nor a mail for it. What is tried again is nothing that it says.
    private void Say(ClaimedDelivery delivery, RecordedMail? recorded, SentMail? mail)
    {
        if (recorded is null) return;
        ImmutableArray<Guid> told = [.. delivery.All];
        AccessEvent? what = recorded.State switch
        {
            DeliveryState.Sent => new MailSent(recorded.Recipient, delivery.Kind, mail!.MessageId, told),
            DeliveryState.PerhapsSent when mail is not null =>
                new MailPerhapsSent(recorded.Recipient, delivery.Kind, mail.MessageId, told),
            DeliveryState.Failed => new MailFailed(recorded.Recipient, delivery.Kind, told),
            _ => null,
        };
        if (what is null) return;

        // Of one attempt, also when its outcome was recorded twice.
        var id = AccessStreams.IdOf("mail", delivery.TenantId, $"{delivery.Id}", $"{delivery.Attempts}");
        log.Value.Record(new Caller(delivery.TenantId, new Actor.System()), what, recorded.CorrelationId, id);
    }

    // A line a minute: a server that is away takes none of thousands.
    private void SayPutBack(ClaimedDelivery delivery, string reason)
    {
        var (now, told) = (Environment.TickCount64, Volatile.Read(ref _told));
        if (now < told || Interlocked.CompareExchange(ref _told, now + 60_000, told) != told) return;
        LogPutBack(delivery.TenantId, delivery.Id, delivery.Attempts, CodeOf(reason));
    }

    // The mail server's words may have names and addresses in them, which no log has: the office reads them with the
    // address.
    private static string CodeOf(string reason) =>
        ReplyCode().Match(reason) is { Success: true } code ? code.Value : "see the delivery";

    // The code of a reply (RFC 5321 4.2) and its status (RFC 3463).
    [GeneratedRegex(@"^[245][0-9]{2}\b([ -][245]\.[0-9]{1,3}\.[0-9]{1,3}\b)?")]
    private static partial Regex ReplyCode();

    [LoggerMessage(
        LogLevel.Warning, "The e-mail of delivery {Delivery} of organisation {Tenant} was refused for good: {Reason}")]
    private partial void LogRefused(string tenant, Guid delivery, string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "The e-mail of delivery {Delivery} of organisation {Tenant} was perhaps sent: the mail server had it, and did "
            + "not answer. It is tried once more at most, after ten minutes"
    )]
    private partial void LogDoubtful(string tenant, Guid delivery);

    [LoggerMessage(
        LogLevel.Warning,
        "The e-mail of delivery {Delivery} of organisation {Tenant} was not taken, attempt {Attempts}, and is "
            + "tried again; so may others be: {Reason}"
    )]
    private partial void LogPutBack(string tenant, Guid delivery, int attempts, string reason);
}
