using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Messaging.Application.Notifications;

/// <summary>
/// Sends what is due and has no message any more: what waits for a place, is tried again, or was held by a sender that
/// has died. It asks the ledger, every second and when a place gets free.
/// </summary>
public sealed partial class DueEmails(
    Deliveries deliveries, EmailDispatch dispatch, SendingPlaces places, IHostApplicationLifetime lifetime,
    ILogger<DueEmails> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    // Places that get free within it are filled at once.
    private static readonly TimeSpan s_together = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan s_adoption = TimeSpan.FromMinutes(1);

    // Longer than the time that an e-mail under way is given to end well when the product stops.
    private static readonly TimeSpan s_longestEnd = TimeSpan.FromSeconds(7);

    private readonly ConcurrentDictionary<Guid, Task> _underWay = new();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // At the first word of a stop nothing new is begun.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var stop = stopping.CancelAtStop(lifetime);
        await Task.WhenAll(
            Repeatedly.WithoutEndAsync(s_period, NextAsync, LogFailed, stopping.Token),
            Repeatedly.EveryAsync(s_adoption, deliveries.AdoptAsync, LogFailed, stopping.Token));
        await Task.WhenAll(_underWay.Values).WaitAsync(s_longestEnd, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task NextAsync(CancellationToken cancellation)
    {
        await places.WaitAsync(s_period, cancellation);
        await Task.Delay(s_together, cancellation);
        if (!dispatch.CanSend || places.Free is not (> 0 and var free)) return;
        foreach (var due in await deliveries.DueAsync(places.Full(), 4 * free, cancellation))
        {
            if (_underWay.ContainsKey(due.Id) || places.TryTake(due.Domain) is not { } place) continue;
            var send = new Task<Task>(() => SendAsync(due, place));
            _underWay[due.Id] = send.Unwrap();
            send.Start(TaskScheduler.Default);
        }
    }

    private async Task SendAsync(DueDelivery due, SendingPlaces.Place place)
    {
        try
        {
            using var span = NotificationTelemetry.StartDelivery(due);
            await dispatch.TryAsync(
                new SendEmail(due.TenantId, due.Id, due.Domain), place, CancellationToken.None);
        }
        catch (Exception e)
        {
            // It is due again after its lease, or now.
            LogFailed(e);
            await Task.Delay(s_period, CancellationToken.None);
        }
        finally
        {
            _underWay.TryRemove(due.Id, out _);
            place.Dispose();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The e-mails that are due could not be looked at")]
    private partial void LogFailed(Exception e);
}
