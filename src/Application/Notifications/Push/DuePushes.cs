using Messaging.Application.Accounts;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Application.Notifications.Push;

/// <summary>
/// Tells the browsers that are due. The planner says which, in the statement that writes the notifications; several
/// notifications at once are told of once, since nothing says what they are. A browser whose service does not answer is
/// tried again for a day, and one that a killed node had is told within the time of its lease.
/// </summary>
public sealed partial class DuePushes(
    NpgsqlDataSource database, IPushSender sender, ILogger<DuePushes> logger) : BackgroundService
{
    private const int AtOnce = 16;

    /// <summary>
    /// The attempts after which a browser is left until there is something new; the last ones are an hour apart.
    /// </summary>
    private const int AttemptsMaximum = 30;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    // Longer than a service may take to answer.
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (sender.CanSend) await Repeatedly.EveryAsync(s_period, TellAsync, LogFailed, stoppingToken);
    }

    private async Task TellAsync(CancellationToken stopping)
    {
        List<Due> due;
        do
        {
            due = await ClaimAsync(stopping);
            await Parallel.ForEachAsync(
                due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stopping },
                async (browser, cancellation) => await TellAsync(browser, cancellation));
        }
        while (due.Count == AtOnce);
    }

    private async Task TellAsync(Due browser, CancellationToken cancellation)
    {
        var outcome = browser.Lasts ? await sender.SendAsync(browser.Endpoint, cancellation) : PushOutcome.Gone;
        var which = Sql.Of($"where tenant_id = {browser.TenantId} and id = {browser.Id}");
        var pause = TimeSpan.FromMinutes(Math.Min(60, 1 << Math.Min(browser.Attempts, 6)));
        var later = browser.Attempts + 1 < AttemptsMaximum;
        var statement = outcome switch
        {
            PushOutcome.Taken => Sql.Of(
                $"update messaging.push_subscriptions set lease_until = null, attempts = 0 {which}"),
            PushOutcome.Later => Sql.Of(
                $"""
                 update messaging.push_subscriptions set lease_until = null,
                     attempts = case when {later} then attempts + 1 else 0 end,
                     due_at = case when {later} then least(due_at, clock_timestamp() + {pause}) else due_at end {which}
                 """),
            PushOutcome.Gone => Sql.Of($"delete from messaging.push_subscriptions {which}"),
        };
        await statement.ExecuteAsync(database, cancellation);
    }

    /// <summary>Takes some that are due, or whose node has died.</summary>
    private Task<List<Due>> ClaimAsync(CancellationToken cancellation) => Sql.Of(
        $"""
         update messaging.push_subscriptions p set due_at = null, lease_until = clock_timestamp() + {s_lease}
         from (
             select d.tenant_id, d.id from messaging.push_subscriptions d
             where d.due_at <= clock_timestamp() or d.lease_until <= clock_timestamp()
             limit {AtOnce} for update skip locked) d
         where p.tenant_id = d.tenant_id and p.id = d.id
         returning p.tenant_id, p.id, p.endpoint, p.attempts, exists (
             select from messaging.sessions s
             where s.tenant_id = p.tenant_id and s.id = p.session_id and {Sql.Raw(Sessions.IsLive)})
         """).ReturningAsync(
        database, r => new Due(r.GetString(0), r.GetGuid(1), r.GetString(2), r.GetInt32(3), r.GetBoolean(4)),
        cancellation);

    [LoggerMessage(LogLevel.Warning, "The browsers that are due could not be told")]
    private partial void LogFailed(Exception e);

    /// <param name="Lasts">True while the session that it subscribed in does.</param>
    private sealed record Due(string TenantId, Guid Id, string Endpoint, int Attempts, bool Lasts);
}
