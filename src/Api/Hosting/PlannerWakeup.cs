using System.Diagnostics;
using JasperFx.Events.Daemon.HighWater;
using Messaging.Application.Commands;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// Lets Marten's daemon look for events when there are some, and go past numbers that will never be events. Marten
/// itself goes past those after three seconds, if no older transaction at all is open; here it does so as soon as the
/// transactions that could have taken them have ended.
/// </summary>
internal sealed class PlannerWakeup(CommitSignal committed, NpgsqlDataSource database) : IDaemonWakeup
{
    // Under load events arrive all the time: looking for them more often than this would only slow down those who
    // append.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan s_untilSettled = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken token)
    {
        var began = Stopwatch.GetTimestamp();
        var settled = new SettledEvents(database);
        var gap = await GoOnAsync(settled, token);
        await Task.Delay(Least(s_shortest, timeout), token);
        while (timeout - Stopwatch.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            if (gap == Gap.None) await committed.WaitAsync(left, token);
            if (gap != Gap.Open) return;
            gap = await GoOnAsync(settled, token);
            if (gap == Gap.None) return;
            if (gap == Gap.Open) await Task.Delay(Least(s_untilSettled, left), token);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>
    /// Lets the daemon go on after the settled events, when the number that it needs next is missing.
    /// </summary>
    private async Task<Gap> GoOnAsync(SettledEvents settled, CancellationToken cancellation)
    {
        try
        {
            if (await MissingAsync(cancellation) is not { } missing) return Gap.None;
            await settled.LookAsync(cancellation);
            if (settled.Number < missing) return Gap.Open;

            // The mark that the daemon goes by. Here it never goes back.
            await using var command = database.CreateCommand(
                """
                insert into messaging.mt_event_progression as p (name, last_seq_id, last_updated)
                values ('HighWaterMark', $1, clock_timestamp())
                on conflict (name) do update set last_seq_id = excluded.last_seq_id,
                    last_updated = excluded.last_updated
                where p.last_seq_id < excluded.last_seq_id
                """);
            command.Parameters.Add(new() { Value = settled.Number });
            await command.ExecuteNonQueryAsync(cancellation);
            return Gap.Passed;
        }
        catch (NpgsqlException)
        {
            // The daemon meets the same, and says so.
            return Gap.None;
        }
    }

    // The next number, when it was given out and is no event, or none that can be read yet.
    private async Task<long?> MissingAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            select m.next from (
                select coalesce(max(last_seq_id), 0) + 1 as next from messaging.mt_event_progression
                where name = 'HighWaterMark') m
            where m.next <= (select case when is_called then last_value else 0 end from messaging.mt_events_sequence)
                and not exists (select from messaging.mt_events where seq_id = m.next)
            """);
        return (long?)await command.ExecuteScalarAsync(cancellation);
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private enum Gap
    {
        /// <summary>The next number is an event, or was not given out yet.</summary>
        None,

        /// <summary>The next number is missing, and may still become an event.</summary>
        Open,

        /// <summary>It was missing for good, and is behind.</summary>
        Passed,
    }
}
