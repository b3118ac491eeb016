using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.Projections.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Reports;

/// <summary>Open work of one administrator.</summary>
/// <param name="AdministratorId">The responsible administrator; null for unassigned conversations.</param>
/// <param name="AwaitingOffice">Number of conversations that wait for the office's answer.</param>
/// <param name="OldestAwaitingSince">The instant since which the oldest of those has waited.</param>
public sealed record WorkloadRow(
    Guid? AdministratorId, int Open, int Attention, int AwaitingOffice, DateTimeOffset? OldestAwaitingSince);

/// <summary>Reports about the caller's organisation, for administrators and auditors.</summary>
public sealed class ReportQueries(NpgsqlDataSource database)
{
    /// <summary>
    /// Numbers of conversations by status at an instant; now when it is null or in the future. Past read markers are
    /// not kept, so <see cref="ConversationCounts.Unread"/> is 0 for the past.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<ConversationCounts> BacklogAsync(
        Caller caller, DateTimeOffset? at, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var now = Sql.Of(
            $"select count(*)::int from {Visibility.From(caller)} where {Visibility.Conversations(caller)} and "
                + $"{Visibility.Unread(caller)}"
        );
        var (instant, unread) = at is { } past
            ? (
                Sql.Of($"p.from_at <= {past} and (p.to_at is null or p.to_at > {past})"),
                Sql.Of($"case when {past} < clock_timestamp() then 0 else ({now}) end"))
            : (Sql.Of($"p.to_at is null"), Sql.Of($"({now})"));
        var counts = await Sql.Of(
            $"""
             select count(*) filter (where p.status = 'Open')::int, count(*) filter (where p.status = 'Attention')::int,
                 count(*) filter (where p.status = 'Answered')::int, count(*)::int, {unread}
             from messaging.status_periods p where p.tenant_id = {caller.TenantId} and {instant}
                 {LimitedAccess.OfConversationId(caller, "p.conversation_id")}
             """).Heavy().FirstAsync(
            database,
            r => new ConversationCounts(
                r.GetInt32(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.GetInt32(4)),
            cancellation);
        return counts!;
    }

    /// <summary>
    /// Current workload: one row for each active administrator and for each other person who is responsible for
    /// unfinished conversations, and one for unassigned conversations.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyList<WorkloadRow>> WorkloadAsync(Caller caller, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        return await Sql.Of(
            $"""
             with work as (
                 select responsible_administrator_id as id, count(*) filter (where status = 'Open')::int as open,
                     count(*) filter (where status = 'Attention')::int as attention,
                         count(*) filter (where awaiting = 'Office')::int as awaiting_office,
                     min(awaiting_since) filter (where awaiting = 'Office') as oldest
                 from messaging.conversations c where {Visibility.Conversations(caller)} and status <> 'Answered'
                 group by 1),
             people as (
                 select id, name_order from messaging.administrators a
                 where tenant_id = {caller.TenantId} and email <> {ServiceAccount.Email}
                     and ((active and role = 'Administrator') or exists (select from work w where w.id = a.id))
                 union all select null, null)
             select p.id, coalesce(w.open, 0), coalesce(w.attention, 0), coalesce(w.awaiting_office, 0), w.oldest
             from people p left join work w on w.id is not distinct from p.id order by p.name_order nulls last, p.id
             """).Heavy().ListAsync(
             database,
             r => new WorkloadRow(r.GuidOrNull(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.InstantOrNull(4)),
             cancellation);
    }
}
