using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.History;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace Messaging.Application.Notifications;

/// <summary>
/// Plans the mails with the signed checkpoint: once a day, from 07:00 of the office's clock on, for each auditor and
/// owner who chose to get it, where something has changed since the last one. That such a mail was sent is an event,
/// too, and no change. A row for each person says what was planned last, and commits with the delivery: so there is one
/// in a day, whichever node plans it and whatever is cut off.
/// </summary>
/// <remarks>The clock is the database's, as it is that of leases.</remarks>
public sealed partial class CheckpointMails(
    NpgsqlDataSource database, ReadModelAccess readModels, ThisNode node, ILogger<CheckpointMails> logger)
    : MorningMails(database, readModels, node, DeliveryTable.Checkpoint)
{
    /// <summary>What was planned last, of each person.</summary>
    internal static readonly Table Table = Create();

    private static readonly string[] s_mailed =
        [EventNames.Of(typeof(MailSent)), EventNames.Of(typeof(MailPerhapsSent)), EventNames.Of(typeof(MailFailed))];

    /// <summary>Condition on a person <c>a</c> of the office: they see all of the history.</summary>
    internal static readonly Sql SeesAll = Sql.Raw(
        $"(a.is_owner or (a.role = '{nameof(Role.Auditor)}' and not a.limited))");

    private protected override Task PlanAsync(
        NpgsqlDataSource database, ThisNode node, CancellationToken cancellation) =>
        PlanAsync(database, node, Sql.Raw("now()"), cancellation);

    /// <summary>The day, by the clock of an office <c>o</c>, that an instant belongs to: it begins at seven.</summary>
    internal static Sql DayOf(Sql instant) => Sql.Of($"({FromHour(instant)})::date");

    /// <summary>Plans what is due.</summary>
    /// <param name="now">The instant, in SQL; tests give another one.</param>
    /// <returns>Number of mails.</returns>
    internal static async Task<int> PlanAsync(
        NpgsqlDataSource database, ThisNode node, Sql now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ReadModelFence.HoldAsync(connection, cancellation);

        // Whoever plans the same at the same time waits for the row, and finds that it is done. Leaves are looked
        // through from the last checkpoint on, up to the first that says something.
        var taken = await Sql.Of(
            $"""
            insert into messaging.checkpoint_mails as m (tenant_id, person_id, day, size, planned_at)
            select p.tenant_id, p.person_id, {DayOf(now)}, t.size, {now}
            from messaging.notification_preferences p
            join messaging.organisations o on o.tenant_id = p.tenant_id
            join messaging.administrators a on a.tenant_id = p.tenant_id and a.id = p.person_id
            join messaging.audit_trees t on t.tenant_id = p.tenant_id
            left join messaging.checkpoint_mails l on l.tenant_id = p.tenant_id and l.person_id = p.person_id
            where p.daily_checkpoint and a.active and a.email <> {ServiceAccount.Email} and {SeesAll}
                and {OpenAccounts.IsOpenAndWhole("p.tenant_id", "p.person_id")}
                and {NodeMailKinds.AreKnown(node, DeliveryTable.Checkpoint)}
                and not exists (select from messaging.closed_organisations c where c.tenant_id = p.tenant_id)
                and (l.day is null or (l.day < {DayOf(now)} and exists (
                    select from messaging.audit_leaves f
                    join messaging.mt_events e on e.tenant_id = f.tenant_id and e.id = f.event_id
                    where f.tenant_id = p.tenant_id and f.index >= l.size and f.index < t.size
                        and not (e.type = any({s_mailed}) and e.data->>'kind' = {DeliveryTable.Checkpoint}))))
            order by p.tenant_id, p.person_id
            on conflict (tenant_id, person_id) do update
                set day = excluded.day, size = excluded.size, planned_at = excluded.planned_at
                where m.day < excluded.day
            returning tenant_id, person_id, day
            """).ReturningAsync(
            connection, r => (TenantId: r.GetString(0), PersonId: r.GetGuid(1), Day: r.GetFieldValue<DateOnly>(2)),
            cancellation);
        if (taken.Count == 0) return 0;

        // What may have gone out after the backup was taken is not sent again, as other mails are not.
        var recipients = await Sql.Of(
            $"""
            select t.tenant_id, t.day, a.id, a.email, a.locale, {MayHaveGone("t.day")}
            from unnest({taken.Select(t => t.TenantId).ToArray()}, {taken.Select(t => t.PersonId).ToArray()},
                {taken.Select(t => t.Day).ToArray()}) as t(tenant_id, person_id, day)
            join messaging.organisations o on o.tenant_id = t.tenant_id
            join messaging.administrators a on a.tenant_id = t.tenant_id and a.id = t.person_id
            """).ReturningAsync(
            connection, r => ChosenMail.Of(r, "checkpoint"), cancellation);
        var planned = await ChosenMail.Planned(recipients, DeliveryTable.Checkpoint, now)
            .ExecuteAsync(connection, cancellation);
        await transaction.CommitAsync(cancellation);
        return planned;
    }

    private static Table Create()
    {
        var table = new Table("messaging.checkpoint_mails");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();
        table.AddColumn<Guid>("person_id").AsPrimaryKey();

        // By the office's clock.
        table.AddColumn("day", "date").NotNull();

        // That of the tree when it was planned: the mail has at least so much.
        table.AddColumn<long>("size").NotNull();
        table.AddColumn("planned_at", "timestamptz").NotNull();
        return table;
    }

    [LoggerMessage(
        LogLevel.Warning, "The mails with the checkpoint of the day could not be planned; it is tried again")]
    private protected override partial void LogFailed(Exception e);
}
