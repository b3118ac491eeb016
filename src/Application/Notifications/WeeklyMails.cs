using Messaging.Application.Accounts;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace Messaging.Application.Notifications;

/// <summary>
/// Plans the mails with the report of the week: each Monday from 07:00 of the office's clock on, for those who chose to
/// get it. A row says that an office's are planned, and commits with them; so whichever node comes first plans them,
/// and what was cut off is planned anew, also days later, where nothing ran on Monday. Each delivery is named by its
/// office, week and recipient besides: there is one in a week, whatever is planned twice. From there on it goes as any
/// other mail.
/// </summary>
/// <remarks>The clock is the database's, as it is that of leases.</remarks>
public sealed partial class WeeklyMails(
    NpgsqlDataSource database, ReadModelAccess readModels, ThisNode node, ILogger<WeeklyMails> logger)
    : MorningMails(database, readModels, node, DeliveryTable.WeeklyReport)
{
    /// <summary>The weeks whose mails are planned, of each office.</summary>
    internal static readonly Table Table = Create();

    private protected override Task PlanAsync(
        NpgsqlDataSource database, ThisNode node, CancellationToken cancellation) =>
        PlanAsync(database, node, Sql.Raw("now()"), cancellation);

    /// <summary>
    /// The Monday, by the clock of an office <c>o</c>, of the week whose report an instant belongs to: it begins at
    /// seven.
    /// </summary>
    internal static Sql WeekOf(Sql instant) => Sql.Of(
        $"date_trunc('week', {FromHour(instant)})::date");

    /// <summary>Plans what is due.</summary>
    /// <param name="now">The instant, in SQL; tests give another one.</param>
    /// <returns>Number of mails.</returns>
    internal static async Task<int> PlanAsync(
        NpgsqlDataSource database, ThisNode node, Sql now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ReadModelFence.HoldAsync(connection, cancellation);

        // No week before one that was planned, as an office that changes its time zone could come to. Whoever plans the
        // same at the same time waits here, and finds that it is done.
        var taken = await Sql.Of(
            $"""
            insert into messaging.weekly_reports (tenant_id, week, planned_at)
            select l.tenant_id, l.week, {now}
            from (select o.tenant_id, {WeekOf(now)} as week from messaging.organisations o) l
            where {NodeMailKinds.AreKnown(node, DeliveryTable.WeeklyReport)}
                and not exists (select from messaging.closed_organisations c where c.tenant_id = l.tenant_id)
                and not exists (
                    select from messaging.weekly_reports w where w.tenant_id = l.tenant_id and w.week >= l.week)
            order by l.tenant_id
            on conflict do nothing
            returning tenant_id, week
            """).ReturningAsync(
            connection, r => (TenantId: r.GetString(0), Week: r.GetFieldValue<DateOnly>(1)), cancellation);
        if (taken.Count == 0) return 0;

        // What may have gone out after the backup was taken is not sent again, as other mails are not. The first week
        // that an office is seen in began before anybody of it could choose.
        var recipients = await Sql.Of(
            $"""
            select t.tenant_id, t.week, a.id, a.email, a.locale, {MayHaveGone("t.week")}
            from unnest({taken.Select(t => t.TenantId).ToArray()}, {taken.Select(t => t.Week).ToArray()})
                as t(tenant_id, week)
            join messaging.organisations o on o.tenant_id = t.tenant_id
            join messaging.notification_preferences p on p.tenant_id = t.tenant_id and p.weekly_report
            join messaging.administrators a on a.tenant_id = t.tenant_id and a.id = p.person_id
            where a.active and a.email <> {ServiceAccount.Email}
                and exists (select from messaging.weekly_reports w where w.tenant_id = t.tenant_id and w.week < t.week)
                and {OpenAccounts.IsOpenAndWhole("p.tenant_id", "p.person_id")}
            """).ReturningAsync(
            connection, r => ChosenMail.Of(r, "weekly report"), cancellation);
        var planned = recipients.Count == 0
            ? 0
            : await ChosenMail.Planned(recipients, DeliveryTable.WeeklyReport, now)
                .ExecuteAsync(connection, cancellation);
        await transaction.CommitAsync(cancellation);
        return planned;
    }

    private static Table Create()
    {
        var table = new Table("messaging.weekly_reports");
        table.AddColumn<string>("tenant_id").AsPrimaryKey();

        // Its Monday by the office's clock.
        table.AddColumn("week", "date").AsPrimaryKey();
        table.AddColumn("planned_at", "timestamptz").NotNull();
        return table;
    }

    [LoggerMessage(LogLevel.Warning, "The mails with the report of the week could not be planned; it is tried again")]
    private protected override partial void LogFailed(Exception e);
}
