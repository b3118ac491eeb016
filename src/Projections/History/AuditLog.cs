using System.Collections.Immutable;
using Messaging.Domain;
using Messaging.Domain.History;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.History;

/// <summary>Conditions on the events of the log; all that are given must hold.</summary>
/// <param name="ConversationId">In this conversation, or with it.</param>
/// <param name="CustomerId">Of this customer, its contacts, or its conversations.</param>
/// <param name="ActorId">Caused by this person or program.</param>
/// <param name="SubjectId">Of or with this conversation, customer, person or organisation.</param>
/// <param name="Types">Any of these, by their names in the store.</param>
/// <param name="From">Recorded at this instant or later.</param>
/// <param name="To">Recorded before this instant.</param>
/// <param name="CorrelationId">Of this request.</param>
public sealed record AuditFilter(
    Guid? ConversationId = null, Guid? CustomerId = null, Guid? ActorId = null, Guid? SubjectId = null,
    ImmutableArray<string>? Types = null, DateTimeOffset? From = null, DateTimeOffset? To = null,
    string? CorrelationId = null);

/// <summary>
/// The log of everything that happened in an organisation, read from the events themselves, for auditors and owners.
/// </summary>
/// <remarks>
/// A page is found by the index that serves the strongest condition: the stream's, the correlation's, the actor's, the
/// type's, or else the log's. Events of customers have none: they are looked for in a part of the log first, where
/// those of a customer of which there is much are near, and otherwise in the streams of the customer.
/// </remarks>
public sealed class AuditLog(NpgsqlDataSource database)
{
    /// <summary>The most events that are counted.</summary>
    public const int CountMaximum = 1000;

    private const string Log = "log";

    // A part of the log in which the events of a customer are looked for: where they are a fortieth of all or more, a
    // page of them is found in it.
    private const int PartOfLog = 40;
    private const int LeastPart = 2000;

    private static readonly string s_number = EventNumbers.Of("e");
    private static readonly Sql s_actor = Sql.Raw(EventIndexes.Actor("e"));
    private static readonly Sql s_correlation = Sql.Raw(EventIndexes.Correlation("e"));
    private static readonly Sql s_subject = Sql.Raw(EventIndexes.Subject("e"));
    private static readonly Sql s_customer = Sql.Raw(EventIndexes.Customer("e"));
    private static readonly Sql s_isOfAccess = Sql.Raw(EventIndexes.IsOfAccess("e"));
    private static readonly Sql s_rare = Sql.Raw(EventIndexes.IsRare("e"));

    // Clocks of nodes differ, and are set: numbers are looked for by the time of a day more.
    private static readonly TimeSpan s_clocks = TimeSpan.FromDays(1);

    /// <summary>A page of the log, the earliest event first.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of such a list.</exception>
    /// <exception cref="InvalidOperationException">The caller may not read the log.</exception>
    public async Task<Page<HistoryEvent>> PageAsync(
        Caller caller, AuditFilter filter, PageRequest page, CancellationToken cancellation)
    {
        Demand(caller);
        var size = page.Size();
        var bounds = Sql.Nothing;
        if (page.After is { } after)
            bounds += $" and {Number} > {Cursor.Position(Log, after, "after")}";
        if (page.Before is { } before)
            bounds += $" and {Number} < {Cursor.Position(Log, before, "before")}";
        var found = await FindAsync(caller, filter, bounds, page.Backward, size + 1, cancellation);
        var rows = found.Length == 0
            ? []
            : await Sql.Of(
                $"""
                 {HistoryQueries.Select}
                 join unnest({found}) with ordinality as k(seq_id, place) on k.seq_id = e.seq_id
                 where e.tenant_id = {caller.TenantId} order by k.place
                 """).ListAsync(database, HistoryQueries.Event, cancellation);
        return Page<HistoryEvent>.Of(rows, page, e => Cursor.Of(Log, e.Sequence));
    }

    /// <summary>The number of events, counted up to <see cref="CountMaximum"/>.</summary>
    /// <exception cref="InvalidOperationException">The caller may not read the log.</exception>
    public async Task<int> CountAsync(Caller caller, AuditFilter filter, CancellationToken cancellation)
    {
        Demand(caller);
        return (await FindAsync(caller, filter, Sql.Nothing, backward: true, CountMaximum, cancellation)).Length;
    }

    /// <summary>
    /// True for those who may read the log: owners, and auditors who see all that their customers have.
    /// </summary>
    public static bool MayBeReadBy(Caller caller) =>
        !caller.IsNarrow && caller.Actor is Actor.Auditor or Actor.Administrator { IsOwner: true };

    /// <summary>
    /// Conditions on an event <c>e</c>: whoever is limited sees those of the customers that they see, and of their
    /// contacts and conversations, and none of the office.
    /// </summary>
    internal static Sql OfLimited(Caller caller) =>
        caller.IsLimited ? OfCustomers(column => LimitedAccess.OfCustomer(caller, column), About) : Sql.Nothing;

    private static void Demand(Caller caller)
    {
        if (!MayBeReadBy(caller)) throw new InvalidOperationException("Only auditors and owners read the log.");
    }

    private static Sql Number => Sql.Raw(s_number);

    // What an event of no stream of anybody's is about; null of others, whose data are not looked into: a text is long.
    private static Sql About => Sql.Of($"case when e.type = any({EventNames.OfAccess}) then e.data -> 'about' end");

    // Conditions on an event: its stream is a customer's, a contact's or a conversation's, of these customers, or it
    // says that it is about something of theirs.
    private static Sql OfCustomers(Func<string, Sql> which, Sql about) =>
        Sql.Of(
            $"""
              and (exists (select from messaging.conversations c
                     where c.tenant_id = e.tenant_id and c.id = e.stream_id{which("c.customer_id")})
                 or exists (select from messaging.customers k
                     where k.tenant_id = e.tenant_id and k.id = e.stream_id{which("k.id")})
                 or exists (select from messaging.contacts p
                     where p.tenant_id = e.tenant_id and p.id = e.stream_id{which("p.customer_id")})
                 or exists (select from (select ({about} ->> 'customerId')::uuid as id) a
                     where a.id is not null{which("a.id")}))
             """);

    // The places in the store of the first or the last events, in order.
    private async Task<long[]> FindAsync(
        Caller caller, AuditFilter filter, Sql bounds, bool backward, int most, CancellationToken cancellation)
    {
        if (NamesNothing(filter)) return [];
        var direction = Sql.Raw(backward ? "desc" : "asc");
        var which = Sql.Of($"e.tenant_id = {caller.TenantId}{bounds}");
        if (filter.From is { } from) which += $" and e.timestamp >= {from}";
        if (filter.To is { } to) which += $" and e.timestamp < {to}";
        if (filter.ActorId is { } actor) which += $" and e.headers ->> 'actor_id' = {actor.ToString()}";
        if (filter.CorrelationId is { } correlation) which += $" and e.correlation_id = {correlation}";
        var hasCustomers = filter.CustomerId is not null || caller.IsLimited;
        var ofCustomers = hasCustomers ? OfCustomers(Customers, About) : Sql.Nothing;
        Sql sql;
        if ((filter.ConversationId ?? filter.SubjectId) is { } stream)
        {
            if (filter.SubjectId is { } subject && subject != stream) return [];

            // Versions are in the order of numbers, and have an index with the stream.
            var isConversation = filter.ConversationId is not null;
            var ofStream = isConversation ? Sql.Of($" and e.type = any({EventNames.OfConversations})") : Sql.Nothing;
            var about = isConversation
                ? Sql.Of($" and e.data -> 'about' ->> 'kind' = {nameof(AccessSubjectKind.Conversation)}")
                : Sql.Nothing;
            sql = Sql.Of(
                $"""
                 select n.seq_id from (
                     (select e.seq_id, {Number} as number from messaging.mt_events e
                     where {which}{OfTypes(filter)}{ofStream} and e.stream_id = {stream}{ofCustomers}
                     order by e.version {direction} limit {Sql.Number(most)})
                     union all
                     (select e.seq_id, {Number} as number from messaging.mt_events e
                     where {which}{OfTypes(filter)}{about}{OfSubject(caller, stream)}{ofCustomers}
                     order by {Number} {direction} limit {Sql.Number(most)})) n
                 order by n.number {direction} limit {Sql.Number(most)}
                 """);
            return await PlacesAsync(sql, cancellation);
        }

        if (filter.CorrelationId is null) which += await NumbersAsync(caller, filter, cancellation);
        if (!hasCustomers || filter.CorrelationId is not null)
            return await PlacesAsync(Source(caller, filter, which + ofCustomers, direction, most), cancellation);

        var part = Math.Max(LeastPart, PartOfLog * most);
        var near = await Sql.Of(
            $"""
             with part as materialized ({Source(caller, filter, which, direction, part, saysAbout: true)})
             select n.seq_id, (select count(*)::int from part)
             from (values (1)) one
             left join lateral (
                 select e.seq_id, e.number from part e where true{OfCustomers(Customers, Sql.Raw("e.about"))}
                 order by e.number {direction} limit {Sql.Number(most)}) n on true
             order by n.number {direction}
             """).ListAsync(database, r => (Place: r.Int64OrNull(0), Looked: r.GetInt32(1)), cancellation);
        var places = near.Select(n => n.Place).OfType<long>().ToArray();
        if (places.Length == most || near[0].Looked < part) return places;

        // Their streams, and what is about them in others.
        var ofCustomer = Sql.Of(
            $"""
              and {s_isOfAccess} and (e.data -> 'about' ->> 'customerId') is not null
                 and {s_customer} = hashtextextended({caller.TenantId} || k.id::text, 0)
                 and e.data -> 'about' ->> 'customerId' = k.id::text and e.type = any({EventNames.OfAccess})
             """);
        sql = Sql.Of(
            $"""
             select n.seq_id from (
                 select n.seq_id, n.number from (
                     select c.id from messaging.conversations c
                     where c.tenant_id = {caller.TenantId}{Customers("c.customer_id")}
                     union all
                     select k.id from messaging.customers k where k.tenant_id = {caller.TenantId}{Customers("k.id")}
                     union all
                     select p.id from messaging.contacts p
                     where p.tenant_id = {caller.TenantId}{Customers("p.customer_id")}) s
                 cross join lateral (
                     select e.seq_id, {Number} as number from messaging.mt_events e
                     where {which}{OfTypes(filter)} and e.stream_id = s.id
                     order by e.version {direction} limit {Sql.Number(most)}) n
                 union all
                 select n.seq_id, n.number from messaging.customers k
                 cross join lateral (
                     select e.seq_id, {Number} as number from messaging.mt_events e
                     where {which}{OfTypes(filter)}{ofCustomer}
                     order by {Number} {direction} limit {Sql.Number(most)}) n
                 where k.tenant_id = {caller.TenantId}{Customers("k.id")}) n
             order by n.number {direction} limit {Sql.Number(most)}
             """).Heavy();
        return await PlacesAsync(sql, cancellation);

        Sql Customers(string column)
        {
            var sql = LimitedAccess.OfCustomer(caller, column);
            return filter.CustomerId is { } id ? Sql.Of($" and {Sql.Raw(column)} = {id}{sql}") : sql;
        }
    }

    private async Task<long[]> PlacesAsync(Sql sql, CancellationToken cancellation) =>
        [.. await sql.ListAsync(database, r => r.GetInt64(0), cancellation)];

    // Events in the order of the log, by the index of the strongest condition.
    private static Sql Source(
        Caller caller, AuditFilter filter, Sql which, Sql direction, int most, bool saysAbout = false)
    {
        var about = saysAbout ? Sql.Of($", {About} as about") : Sql.Nothing;
        if (filter.CorrelationId is { } correlation)
            return Events(OfTypes(filter) + Sql.Of($" and {s_correlation} = {Key(correlation)}"));
        if (filter.ActorId is { } actor)
            return Events(OfTypes(filter) + Sql.Of($" and {s_actor} = {Key(actor.ToString())}"));
        if (filter.Types is not { } types) return Events(Sql.Nothing);
        var rare = Events(Sql.Of($" and e.type = t.type and {s_rare}"));
        var sql = Sql.Of($"select e.* from unnest({types.ToArray()}) as t(type) cross join lateral ({rare}) e");
        if (types.Contains(EventIndexes.Frequent))
            sql += Sql.Of($" union all ({Events(Sql.Of($" and e.type = {EventIndexes.Frequent}"))})");
        return Sql.Of($"select * from ({sql}) e order by number {direction} limit {Sql.Number(most)}");

        Sql Events(Sql more) => Sql.Of(
            $"""
             select e.seq_id, {Number} as number, e.tenant_id, e.stream_id{about} from messaging.mt_events e
             where {which}{more} order by {Number} {direction} limit {Sql.Number(most)}
             """);

        Sql Key(string of) => Sql.Of($"hashtextextended({caller.TenantId + of}, 0)");
    }

    private static Sql OfSubject(Caller caller, Guid subject) => Sql.Of(
        $"""
          and {s_isOfAccess} and {s_subject} = hashtextextended({caller.TenantId + subject}, 0)
             and e.data -> 'about' ->> 'id' = {subject.ToString()} and e.type = any({EventNames.OfAccess})
         """);

    private static Sql OfTypes(AuditFilter filter) =>
        filter.Types is { } types ? Sql.Of($" and e.type = any({types.ToArray()})") : Sql.Nothing;

    // An id that is none is nobody's, and no text that PostgreSQL cannot hold is in it.
    private static bool NamesNothing(AuditFilter filter) =>
        filter.ConversationId == Guid.Empty || filter.CustomerId == Guid.Empty || filter.ActorId == Guid.Empty
        || filter.SubjectId == Guid.Empty || filter.Types is []
        || filter.CorrelationId?.Contains('\0', StringComparison.Ordinal) == true;

    // The numbers between which the time lies, found in some twenty steps: times are in the order of numbers, but for
    // the differences of clocks.
    private async Task<Sql> NumbersAsync(Caller caller, AuditFilter filter, CancellationToken cancellation)
    {
        var instants = new List<DateTimeOffset>();
        if (filter.From - DateTimeOffset.MinValue > s_clocks) instants.Add(filter.From!.Value - s_clocks);
        var hasFrom = instants.Count > 0;
        if (DateTimeOffset.MaxValue - filter.To > s_clocks) instants.Add(filter.To!.Value + s_clocks);
        if (instants.Count == 0) return Sql.Nothing;
        var own = Sql.Of($"from messaging.mt_events e where e.tenant_id = {caller.TenantId}");
        var numbers = await Sql.Of(
            $"""
             with recursive looked as (
                 select t.place, t.instant, l.low, l.high
                 from unnest({instants.Select(i => i.ToUniversalTime()).ToArray()}) with ordinality as t(instant, place)
                 cross join (
                     select (select {Number} {own} order by {Number} limit 1) as low,
                         (select {Number} + 1 {own} order by {Number} desc limit 1) as high) l
                 union all
                 select l.place, l.instant, case when m.at < l.instant then m.number + 1 else l.low end,
                     case when m.at < l.instant then l.high else (l.low + l.high) / 2 end
                 from looked l
                 left join lateral (
                     select {Number} as number, e.timestamp as at {own}
                         and {Number} >= (l.low + l.high) / 2 and {Number} < l.high
                     order by {Number} limit 1) m on true
                 where l.low < l.high)
             select low from looked where low >= high order by place
             """).ListAsync(database, r => r.GetInt64(0), cancellation);
        if (numbers.Count < instants.Count) return Sql.Nothing;
        var sql = hasFrom ? Sql.Of($" and {Number} >= {numbers[0]}") : Sql.Nothing;
        return numbers.Count > (hasFrom ? 1 : 0) ? sql + Sql.Of($" and {Number} < {numbers[^1]}") : sql;
    }
}
