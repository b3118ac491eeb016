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

/// <summary>Open conversations at an instant.</summary>
public sealed record BacklogRow(DateTimeOffset At, int Open, int Attention);

/// <summary>Reports about the caller's organisation, for administrators and auditors.</summary>
public sealed class ReportQueries(NpgsqlDataSource database)
{
    /// <summary>The most instants of <see cref="BacklogsAsync"/>.</summary>
    public const int InstantsMaximum = 400;

    /// <summary>
    /// Numbers of conversations by status at an instant; now when it is null or in the future. Unread ones are counted
    /// by <see cref="UnreadAsync"/>, and are 0 here.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<ConversationCounts> BacklogAsync(
        Caller caller, DateTimeOffset? at, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);

        // Open ones are found without those that are answered, however many these are.
        var (open, created) = at is { } past
            ? (Open(caller, past, past), Sql.Of($" and c.created_at <= {past}"))
            : (Open(caller, null, null), Sql.Nothing);
        var counts = await Sql.Of(
            $"""
             select count(*) filter (where p.status = 'Open')::int, count(*) filter (where p.status = 'Attention')::int,
                 (select count(*)::int from messaging.conversations c
                     where {Visibility.Conversations(caller)}{created})
             from ({open}) p
             """).Heavy().FirstAsync(
            database,
            r => new ConversationCounts(
                r.GetInt32(0), r.GetInt32(1), r.GetInt32(2) - r.GetInt32(0) - r.GetInt32(1), r.GetInt32(2), 0),
            cancellation);
        return counts!;
    }

    /// <summary>
    /// Number of conversations with unread comments by others, at an instant; now when it is null or in the future.
    /// Past read markers are not kept, so it is 0 for the past.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> UnreadAsync(Caller caller, DateTimeOffset? at, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var now = at is { } past ? Sql.Of($"{past} >= clock_timestamp()") : Sql.Raw("true");
        return Sql.Of(
            $"""
             select count(*) from {Visibility.From(caller)}
             where {Visibility.Conversations(caller)} and {Visibility.Unread(caller)} and {now}
             """).Heavy().CountAsync(database, cancellation);
    }

    /// <summary>
    /// Numbers of open conversations at instants, in their order; those in the future are now.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyList<BacklogRow>> BacklogsAsync(
        Caller caller, IReadOnlyList<DateTimeOffset> at, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        if (at.Count == 0) return [];
        var instants = at.Select(a => a.UtcDateTime).Distinct().Order().ToArray();

        // A period counts from the first instant that is not before its begin to the last one before its end.
        var changes = await Sql.Of(
            $"""
             with given as materialized (select {instants}::timestamptz[] as instants),
             periods as (
                 select p.status, width_bucket(p.from_at - interval '1 microsecond', g.instants) as since,
                     width_bucket(p.to_at - interval '1 microsecond', g.instants) as until
                 from given g cross join ({Open(caller, at.Min(), at.Max())}) p)
             select since, status, count(*)::int, now() from periods group by 1, 2
             union all
             select until, status, -count(*)::int, now() from periods where until is not null group by 1, 2
             union all
             select -1, '', 0, now()
             """).Heavy().ListAsync(
             database,
             r => (Index: r.GetInt32(0), Status: r.GetString(1), Change: r.GetInt32(2), Now: r.Instant(3)),
             cancellation);
        var now = changes[0].Now;
        var counts = new Dictionary<DateTime, (int Open, int Attention)>();
        var (open, attention) = (0, 0);
        var of = changes.ToLookup(c => c.Index);
        for (var i = 0; i < instants.Length; i++)
        {
            open += of[i].Where(c => c.Status == "Open").Sum(c => c.Change);
            attention += of[i].Where(c => c.Status == "Attention").Sum(c => c.Change);
            counts.Add(instants[i], (open, attention));
        }

        return
        [
            .. at.Select(a => new BacklogRow(
                a > now ? now : a, counts[a.UtcDateTime].Open, counts[a.UtcDateTime].Attention)),
        ];
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

    /// <summary>
    /// The periods of open conversations, from those that an instant is in to those that another one is in; null is
    /// now.
    /// </summary>
    internal static Sql Open(Caller caller, DateTimeOffset? first, DateTimeOffset? last)
    {
        var periods = Sql.Of(
            $"""
            select p.conversation_id, p.status, p.from_at, p.to_at from messaging.status_periods p
            where p.tenant_id = {caller.TenantId} and p.status <> 'Answered'
                {LimitedAccess.OfConversationId(caller, "p.conversation_id")}
            """);
        if (last is { } until) periods += $" and p.from_at <= {until}";
        return first is { } since
            ? Sql.Of($"{periods} and p.to_at is null union all {periods} and p.to_at > {since}")
            : Sql.Of($"{periods} and p.to_at is null");
    }
}
