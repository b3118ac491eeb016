using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>
/// Treatment of e-mails when an installation is restored from a backup. The ledger is as of the backup: mails that
/// waited or were under way then may have gone out since, and must not go out twice. They are held: given up, with a
/// reason that says why. Events that were not planned yet are planned as ever, so that people's profiles have them;
/// their e-mails are held too.
/// </summary>
public static class Restores
{
    /// <summary>The reason that stands with each of them.</summary>
    public const string Held =
        "Held: restored from a backup. Whether it went out after the backup was taken is not known here.";

    /// <summary>Holds them, in the transaction that ends the restore.</summary>
    /// <param name="takenAt">The instant at which the backup was taken.</param>
    /// <returns>Number of mails that were waiting or under way.</returns>
    public static async Task<long> HoldAsync(
        NpgsqlTransaction transaction, DateTimeOffset takenAt, CancellationToken cancellation)
    {
        // An installation that never planned anything never mailed anything either.
        var held = await Sql.Of(
            $"""
            with recorded as (
                insert into messaging.restores (restored_at, taken_at, held_up_to)
                select clock_timestamp(), {takenAt}, coalesce((select max(seq_id) from messaging.mt_events), 0)
                where exists (
                    select from messaging.mt_event_progression where name like {NotificationPlanner.Name + ":%"})),
            held as (
                update messaging.deliveries
                set state = 'Failed', lease_until = null, try_at = null, last_error = {Held}
                where sent_at is null and (state in ('Pending', 'Sending') or try_at is not null)
                returning id),
            untold as (
                update messaging.push_subscriptions set due_at = null, lease_until = null
                where due_at is not null or lease_until is not null)
            select count(*) from held
            """).ReturningAsync(transaction.Connection!, r => r.GetInt64(0), cancellation);
        return held[0];
    }
}
