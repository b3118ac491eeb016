using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Conversations;

/// <summary>
/// Counts an office's conversations by the tally of its statuses, without counting conversations; and sums the tally up
/// when it has become long.
/// </summary>
internal sealed class StatusTallies(NpgsqlDataSource database)
{
    private const int RowsMaximum = 2_000;

    private static readonly Awaiting s_counted = Conversation.AwaitingOf(AwaitingStates.Divided, officeAwaited: true);

    /// <summary>
    /// True when the tally yields the number. Counts for one customer, or by time, come from an index.
    /// </summary>
    public static bool Knows(Caller caller, ConversationFilter filter) =>
        caller is { OnlyCustomerId: null, IsLimited: false, HasSpan: false }
        && filter is { CustomerId: null, Tag: null, CreatedFrom: null, CreatedTo: null }
        && filter is { UpdatedFrom: null, UpdatedTo: null };

    /// <summary>Numbers of conversations by status.</summary>
    public async Task<IReadOnlyDictionary<ConversationStatus, int>> CountAsync(
        Caller caller, ConversationFilter filter, CancellationToken cancellation)
    {
        var which = Sql.Nothing;
        if (filter.ResponsibleAdministratorId is { } responsible)
            which += $" and c.responsible_administrator_id = {responsible}";
        if (filter.Unassigned is { } unassigned)
            which += $"{ConversationList.Unassigned(caller, unassigned)}";

        // Open conversations that await the office are work to do: few enough to be counted.
        var isCounted = $"c.status = '{AwaitingStates.Divided}' and c.awaiting = '{s_counted}'";
        var rows = await Sql.Of(
            $"""
             select c.status, sum(c.change)::int, (select count(*)::int from messaging.status_tallies
                 where tenant_id = {caller.TenantId})
             from messaging.status_tallies c where c.tenant_id = {caller.TenantId}{which} group by 1
             union all
             select '', count(*)::int, 0 from messaging.conversations c
             where c.tenant_id = {caller.TenantId} and {Sql.Raw(isCounted)}{which}
                 {Sql.Raw(filter.Awaiting is null ? " and false" : "")}
             """).ListAsync(
             database, r => (Status: r.GetString(0), Count: r.GetInt32(1), Rows: r.GetInt32(2)), cancellation);
        if (rows.Any(r => r.Rows > RowsMaximum)) await SumUpAsync(caller, cancellation);
        var counted = rows.Single(r => r.Status == "").Count;
        return rows.Where(r => r.Status != "")
            .Select(r => (Status: Enum.Parse<ConversationStatus>(r.Status), r.Count))
            .Where(r => filter.Status?.Contains(r.Status) != false)
            .ToDictionary(r => r.Status, r => Those(r.Status, filter.Awaiting, r.Count, counted));
    }

    /// <summary>Number of conversations of a status that await the given party.</summary>
    /// <param name="all">All of the status.</param>
    /// <param name="counted">Conversations of the divided status that await the office.</param>
    private static int Those(ConversationStatus status, Awaiting? awaiting, int all, int counted)
    {
        if (awaiting is not { } wanted) return all;
        if (!AwaitingStates.All.Contains((status, wanted))) return 0;
        if (status != AwaitingStates.Divided) return all;
        return wanted == s_counted ? counted : all - counted;
    }

    // One compaction at a time, on rows that no one else changes: others only add rows, except a rebuild, which it
    // keeps away from.
    private async Task SumUpAsync(Caller caller, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
             with taken as (
                 delete from messaging.status_tallies
                 where tenant_id = {caller.TenantId} and {ReadModelFence.IsOpen}
                    and pg_try_advisory_xact_lock(hashtextextended('status tallies of ' || {caller.TenantId}, 0))
                 returning responsible_administrator_id, status, change)
             insert into messaging.status_tallies (tenant_id, responsible_administrator_id, status, change)
             select {caller.TenantId}, responsible_administrator_id, status, sum(change) from taken group by 2, 3
                 having sum(change) <> 0
             """).ListAsync(database, _ => 0, cancellation);
}
