using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>
/// What becomes of e-mails when an installation is restored from a backup. The ledger is that of the backup's moment:
/// what waited or was under way then may have gone out since, and nobody is to be mailed again on their own account.
/// Those e-mails are held: given up, with a reason that says why. What happened and was not planned yet is planned as
/// ever, so that it is in people's profiles, and its e-mails are held too.
/// </summary>
public static class Restores
{
    /// <summary>The reason that stands with each of them.</summary>
    public const string Held =
        "Held: restored from a backup. Whether it went out after the backup was taken is not known here.";

    /// <summary>Holds them, in the transaction that ends the restore.</summary>
    /// <param name="takenAt">When the backup was taken.</param>
    /// <returns>How many were waiting or under way.</returns>
    public static async Task<long> HoldAsync(
        NpgsqlTransaction transaction, DateTimeOffset takenAt, CancellationToken cancellation)
    {
        // Who never planned anything never mailed anything either.
        await using var command = new NpgsqlCommand(
            """
            with recorded as (
                insert into messaging.restores (restored_at, taken_at, held_up_to)
                select clock_timestamp(), $1, coalesce((select max(seq_id) from messaging.mt_events), 0)
                where exists (select from messaging.mt_event_progression where name like $2)),
            held as (
                update messaging.deliveries set state = 'Failed', lease_until = null, last_error = $3
                where sent_at is null and state in ('Pending', 'Sending')
                returning id)
            select count(*) from held
            """,
            transaction.Connection, transaction)
        {
            Parameters =
            {
                new() { Value = takenAt.ToUniversalTime() },
                new() { Value = $"{NotificationPlanner.Name}:%" },
                new() { Value = Held },
            },
        };
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
