using System.Diagnostics.Metrics;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>
/// Pending work, for metrics: events to be planned, e-mails to be sent, messages that were given up. Queried every few
/// seconds while metrics are collected; the same on every node, since they share the database.
/// </summary>
public sealed partial class PendingWork : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

    private readonly Meter _meter = new("Messaging.Backlog");
    private readonly NpgsqlDataSource _database;
    private readonly ILogger<PendingWork> _logger;
    private readonly Instrument _one;
    private volatile Counts? _counts;

    /// <summary>Needs the database that everything waits in.</summary>
    public PendingWork(NpgsqlDataSource database, ILogger<PendingWork> logger)
    {
        (_database, _logger) = (database, logger);
        _one = Gauge(
            "messaging.notifications.pending", "{event}", "Events whose notifications are still to be planned.",
            c => c.Unplanned);
        Gauge("messaging.emails.pending", "{e-mail}", "E-mails that are still to be sent.", c => c.Unsent);
        Gauge("messaging.emails.oldest", "s", "How long the oldest of them has been waiting.", c => c.OldestUnsent);
        Gauge("messaging.files.unscanned", "{file}", "Files that wait for the scanner; nobody gets them.", c =>
            c.Unscanned
        );
        Gauge(
            "messaging.dead_letters", "{message}",
            "Messages that were given up, and wait for somebody to look at them.", c => c.DeadLetters);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.EveryAsync(
            s_period, async stopping => _counts = _one.Enabled ? await CountAsync(stopping) : null, Failed,
            stoppingToken);

    // No value is better than an outdated one.
    private void Failed(Exception e)
    {
        _counts = null;
        LogFailed(e);
    }

    private ObservableGauge<double> Gauge(string name, string unit, string description, Func<Counts, double> value) =>
        _meter.CreateObservableGauge(
            name,
            () =>
                _counts is { } counts ? [new Measurement<double>(value(counts))] : (IEnumerable<Measurement<double>>)[],
            unit,
            description
        );

    private async Task<Counts?> CountAsync(CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select greatest(0, (select case when is_called then last_value else 0 end from messaging.mt_events_sequence)
                    - (select coalesce(max(last_seq_id), 0) from messaging.mt_event_progression
                        where name = {NotificationPlanner.Progression})),
                d.unsent, extract(epoch from clock_timestamp() - coalesce(d.oldest, clock_timestamp()))::float8,
                (select count(*) from wolverine.wolverine_dead_letters),
                (select count(*) from messaging.uploads where scan_due_at is not null)
            from (
                select count(*) as unsent, min(greatest(due_at, created_at)) as oldest from messaging.deliveries
                where sent_at is null and (state in ('Pending', 'Sending') or try_at is not null)) d
            """).FirstAsync(
                _database,
                r => new Counts(r.GetInt64(0), r.GetInt64(1), r.GetDouble(2), r.GetInt64(3), r.GetInt64(4)),
                cancellation);

    [LoggerMessage(LogLevel.Warning, "What has not been done yet could not be counted")]
    private partial void LogFailed(Exception e);

    private sealed record Counts(long Unplanned, long Unsent, double OldestUnsent, long DeadLetters, long Unscanned);
}
