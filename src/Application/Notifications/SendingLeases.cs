using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Messaging.Application.Notifications;

/// <summary>
/// Renews the leases of the e-mails that this process is at. So they are short, and what a process that has ended, or
/// stands still, held is soon sent by another. One that stood still notices by its own clock, and hands nothing over
/// that is not its own any more.
/// </summary>
public sealed partial class SendingLeases(Deliveries deliveries, ILogger<SendingLeases> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);

    // Less than the lease: there is no moment at which both this process and another hold it.
    private static readonly TimeSpan s_longest = Deliveries.Lease - TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<Guid, Held> _held = new();

    /// <summary>Holds a lease until it is disposed of.</summary>
    /// <param name="since">The time before it was asked for, as of <see cref="Stopwatch.GetTimestamp"/>.</param>
    public Held Hold(ClaimedDelivery delivery, long since)
    {
        var held = new Held(this, delivery, since);
        _held[delivery.Id] = held;
        return held;
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.EveryAsync(s_period, RenewAsync, LogNotRenewed, stoppingToken);

    private async Task RenewAsync(CancellationToken cancellation)
    {
        var since = Stopwatch.GetTimestamp();
        var old = _held.Values.Where(held => Stopwatch.GetElapsedTime(held.Since, since) > s_period).ToList();
        if (old.Count == 0) return;
        var renewed = await deliveries.RenewAsync(old.ConvertAll(held => held.Delivery), cancellation);
        foreach (var held in old.Where(held => renewed.Contains(held.Delivery.Id))) held.Since = since;
    }

    [LoggerMessage(LogLevel.Warning, "The leases of the e-mails under way could not be renewed")]
    private partial void LogNotRenewed(Exception e);

    /// <summary>A lease that this process holds.</summary>
    public sealed class Held(SendingLeases leases, ClaimedDelivery delivery, long since) : IDisposable
    {
        private long _since = since;

        /// <summary>True when it cannot have ended yet.</summary>
        public bool IsMine => Stopwatch.GetElapsedTime(Since) < s_longest;

        internal ClaimedDelivery Delivery { get; } = delivery;

        internal long Since
        {
            get => Volatile.Read(ref _since);
            set => Volatile.Write(ref _since, value);
        }

        /// <inheritdoc/>
        public void Dispose() => leases._held.TryRemove(new(Delivery.Id, this));
    }
}
