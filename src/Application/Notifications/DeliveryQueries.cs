using System.Collections.Immutable;
using Messaging.Domain;
using Messaging.Domain.Notifications;
using Messaging.Projections;
using Messaging.Projections.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>A delivery as the ledger has it.</summary>
/// <param name="Rule">Why it is them; null of those that were planned before that was written down.</param>
/// <param name="RecipientId">The person; null for the office's registered address.</param>
/// <param name="EventId">The event that it tells of, of a conversation or a person.</param>
/// <param name="OccurredAt">The instant of that event.</param>
/// <param name="CreatedAt">The instant at which it was planned.</param>
/// <param name="TryAt">The instant at which it is tried next; null when it is not.</param>
/// <param name="LastError">The mail server's latest words that were not a yes, or why it was not sent.</param>
/// <param name="ResentBy">Who had it sent again after it had failed; null when nobody did.</param>
public sealed record DeliveryRow(
    Guid Id, DeliveryKind Kind, TellingRule? Rule, DeliveryState State, string Address, Guid? RecipientId,
    Guid? ConversationId, Guid? CommentId, Guid EventId, DateTimeOffset OccurredAt, DateTimeOffset CreatedAt,
    DateTimeOffset? SentAt, DateTimeOffset? TryAt, int Attempts, string? LastError, DateTimeOffset? ResentAt,
    Guid? ResentBy);

/// <summary>What the mail server got.</summary>
/// <param name="Text">Null of a mail about an account, and of a report of the week.</param>
/// <param name="Sha256">Of the text in UTF-8, in hexadecimal digits.</param>
public sealed record SentMailRow(
    string MessageId, string Subject, string? Text, string Sha256, DateTimeOffset SentAt);

/// <summary>Conditions on deliveries, all of which have to hold; those that are null do not count.</summary>
/// <param name="States">Any of these.</param>
/// <param name="Kinds">Any of these.</param>
/// <param name="RecipientId">A person.</param>
/// <param name="ToRegisteredAddress">True for those to the office's registered address, false for those to people.
/// </param>
/// <param name="CreatedFrom">Planned at this instant or later.</param>
/// <param name="CreatedTo">Planned before this instant.</param>
public sealed record DeliveryFilter(
    ImmutableArray<DeliveryState>? States = null, ImmutableArray<DeliveryKind>? Kinds = null,
    Guid? ConversationId = null, Guid? RecipientId = null, bool? ToRegisteredAddress = null,
    DateTimeOffset? CreatedFrom = null, DateTimeOffset? CreatedTo = null);

/// <summary>The ways in which somebody is told.</summary>
public enum TellingChannel
{
    /// <summary>By e-mail.</summary>
    Email = 0,

    /// <summary>In the profile.</summary>
    Profile = 1,
}

/// <summary>Somebody who was told of an event, in one way.</summary>
/// <param name="Id">The delivery or the notification.</param>
/// <param name="Rule">Why it is them; null when it was planned before that was written down.</param>
/// <param name="RecipientId">The person; null for the office's registered address.</param>
public sealed record ToldRow(
    Guid Id, Guid EventId, TellingChannel Channel, NotificationKind Kind, TellingRule? Rule, Guid? RecipientId);

/// <summary>
/// The ledger of e-mails, and who was told of what, for administrators and auditors. Whoever is limited sees those of
/// the conversations and the contacts that they see.
/// </summary>
public sealed class DeliveryQueries(NpgsqlDataSource database)
{
    /// <summary>The number up to which deliveries are counted.</summary>
    public const int CountMaximum = 10_000;

    /// <summary>The number up to which failures are counted.</summary>
    public const int FailuresMaximum = 100;

    /// <summary>The time for which a failure is counted: whoever is to look at it has done so by then.</summary>
    public static readonly TimeSpan FailuresLast = TimeSpan.FromDays(7);

    private const string List = "deliveries";
    private const string Told = "told";

    // The server's words may say the address.
    private static Sql Columns(Caller caller) => Sql.Of(
        $"""
        d.id, d.kind, d.rule, d.state,
            case when {RestrictedPeople.AreHiddenFrom(caller, "d.recipient_id")} then '' else d.address end as address,
            d.recipient_id, d.conversation_id, d.comment_id, d.event_id,
            d.occurred_at, d.created_at, d.sent_at, case when d.state in ('Pending', 'PerhapsSent') then d.try_at end,
            d.attempts,
            case when not {RestrictedPeople.AreHiddenFrom(caller, "d.recipient_id")} then d.last_error end,
            d.resent_at, d.resent_by
        """);

    /// <summary>A page of the deliveries, the latest first.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<Page<DeliveryRow>> PageAsync(
        Caller caller, DeliveryFilter filter, PageRequest page, CancellationToken cancellation)
    {
        var sql = Sql.Of($"select {Columns(caller)} from messaging.deliveries d where {Matching(caller, filter)}");
        var rows = await Weighed(caller, filter, sql + Bounds(page)).ListAsync(database, Delivery, cancellation);
        return PageOf(rows, page);
    }

    /// <summary>The number of deliveries, up to <see cref="CountMaximum"/>.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> CountAsync(Caller caller, DeliveryFilter filter, CancellationToken cancellation) =>
        Weighed(
            caller, filter,
            Sql.Of(
                $"""
                select count(*) from (
                    select from messaging.deliveries d where {Matching(caller, filter)}
                    limit {Sql.Number(CountMaximum)}) d
                """)).CountAsync(database, cancellation);

    /// <summary>
    /// The number of mails of the last days that failed or were perhaps sent, and that nobody has had sent again since:
    /// up to <see cref="FailuresMaximum"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> FailuresAsync(Caller caller, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select count(*) from (
                select from messaging.deliveries d
                where {Visible(caller)} and d.sent_at is null and d.state in ('Failed', 'PerhapsSent')
                    and d.created_at > (select clock_timestamp() - {FailuresLast})
                limit {Sql.Number(FailuresMaximum)}) d
            """).CountAsync(database, cancellation);

    /// <summary>The same page of the deliveries of each of these conversations, the latest first.</summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of such a list.</exception>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, Page<DeliveryRow>>> PagesAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, PageRequest page, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            select d.* from unnest({Sql.Ids(conversationIds)}) as k(id) cross join lateral (
                select {Columns(caller)} from messaging.deliveries d
                where {Visible(caller)} and d.conversation_id = k.id{Bounds(page)}) d
            order by d.created_at {Direction(page)}, d.id {Direction(page)}
            """).ListAsync(database, Delivery, cancellation);
        var byConversation = rows.ToLookup(d => d.ConversationId);
        return conversationIds.Distinct().ToDictionary(id => id, id => PageOf([.. byConversation[id]], page));
    }

    /// <summary>The number of deliveries of each of these conversations, up to <see cref="CountMaximum"/>.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, int>> CountsAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, CancellationToken cancellation)
    {
        var counts = await Sql.Of(
            $"""
            select k.id, d.count::int from unnest({Sql.Ids(conversationIds)}) as k(id) cross join lateral (
                select count(*) from (
                    select from messaging.deliveries d where {Visible(caller)} and d.conversation_id = k.id
                    limit {Sql.Number(CountMaximum)}) d) d
            """).ListAsync(database, r => (Id: r.GetGuid(0), Count: r.GetInt32(1)), cancellation);
        return counts.ToDictionary(c => c.Id, c => c.Count);
    }

    /// <summary>The deliveries of these ids; those that the caller may not see are missing.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, DeliveryRow>> ByIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            select {Columns(caller)} from messaging.deliveries d where {Visible(caller)} and d.id = any({Sql.Ids(ids)})
            """).ListAsync(database, Delivery, cancellation);
        return rows.ToDictionary(r => r.Id);
    }

    /// <summary>
    /// What the mail server got last for these deliveries. Those that it got nothing for are missing, and mails that
    /// told of a conversation, too, that the caller may not see.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, SentMailRow>> SentAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var whole = !caller.IsLimited ? Sql.Nothing : Sql.Of(
            $"""
             and not exists (select from unnest(m.conversation_ids) as k(id) where not exists (
                select from messaging.conversations c
                where c.tenant_id = {caller.TenantId} and c.id = k.id {LimitedAccess.OfConversation(caller)}))
            """);
        var rows = await Sql.Of(
            $"""
            select d.id, m.message_id, m.subject, m.text, m.sha256, m.sent_at
            from messaging.deliveries d
            join messaging.sent_mails m on m.tenant_id = d.tenant_id and m.mail_id = d.mail_id
            where {Visible(caller)} and d.id = any({Sql.Ids(ids)}){whole} and not exists (
                select from messaging.deliveries x
                where x.tenant_id = {caller.TenantId} and (x.id = d.id
                        or (x.conversation_id = any(m.conversation_ids) and x.mail_id = m.mail_id))
                    and ({RestrictedPeople.AreHiddenFrom(caller, "x.recipient_id")}
                        or {RestrictedPeople.AreHiddenFrom(caller, "x.actor_id")}))
            """).ListAsync(
                database,
                r => (Id: r.GetGuid(0), Mail: new SentMailRow(
                    r.GetString(1), r.GetString(2), r.IsDBNull(3) ? null : r.Text(3), r.GetString(4), r.Instant(5))),
                cancellation);
        return rows.ToDictionary(r => r.Id, r => r.Mail);
    }

    /// <summary>
    /// The same page of who was told of each of these events of conversations: by e-mail first, then in the profile.
    /// </summary>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of such a list.</exception>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, Page<ToldRow>>> ToldAsync(
        Caller caller, IReadOnlyCollection<Guid> eventIds, PageRequest page, CancellationToken cancellation)
    {
        var size = page.Size();
        var after = Sql.Nothing;
        if (page.After is { } cursor)
        {
            var (channel, id) = Cursor.Name(Told, cursor, "after");
            after = Sql.Of($"where (t.channel, t.id) > ({channel}, {id})");
        }

        var rows = await Sql.Of(
            $"""
            select t.id, e.id, t.channel, t.kind, t.rule, t.recipient_id
            from unnest({Sql.Ids(eventIds)}) as k(id)
            join messaging.mt_events e on e.id = k.id and {Events(caller)}
            cross join lateral (
                select * from (
                    select 'Email' as channel, d.id, d.kind, d.rule, d.recipient_id from messaging.deliveries d
                    where d.tenant_id = {caller.TenantId} and d.event_id = k.id
                    union all
                    select 'Profile', n.id, n.kind, n.rule, n.recipient_id from messaging.notifications n
                    where n.tenant_id = {caller.TenantId} and n.event_id = k.id) t
                {after}
                order by t.channel, t.id limit {Sql.Number(size + 1)}) t
            order by t.channel, t.id
            """).ListAsync(
                database,
                r => new ToldRow(
                    r.GetGuid(0), r.GetGuid(1), r.Enumeration<TellingChannel>(2), r.Enumeration<NotificationKind>(3),
                    Rule(r, 4), r.GuidOrNull(5)),
                cancellation);
        var byEvent = rows.ToLookup(t => t.EventId);
        return eventIds.Distinct().ToDictionary(
            id => id,
            id => Page<ToldRow>.Of([.. byEvent[id]], page, t => Cursor.Of(Told, t.Channel.ToString(), t.Id)));
    }

    /// <summary>The number of those who were told of each of these events, each way for itself.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, int>> ToldCountsAsync(
        Caller caller, IReadOnlyCollection<Guid> eventIds, CancellationToken cancellation)
    {
        var counts = await Sql.Of(
            $"""
            select e.id, (
                (select count(*) from messaging.deliveries d
                    where d.tenant_id = {caller.TenantId} and d.event_id = e.id)
                + (select count(*) from messaging.notifications n
                    where n.tenant_id = {caller.TenantId} and n.event_id = e.id))::int
            from messaging.mt_events e
            where {Events(caller)} and e.id = any({Sql.Ids(eventIds)})
            """).ListAsync(database, r => (Id: r.GetGuid(0), Count: r.GetInt32(1)), cancellation);
        return counts.ToDictionary(c => c.Id, c => c.Count);
    }

    /// <summary>
    /// The reasons why nobody was told of these events of conversations; those of which somebody was are missing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, NobodyToldReason?>> WhyNobodyAsync(
        Caller caller, IReadOnlyCollection<Guid> eventIds, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            select e.id, coalesce(
                (select reason from messaging.nobody_told w
                    where w.tenant_id = {caller.TenantId} and w.event_id = e.id),
                case when e.seq_id > (select coalesce(max(last_seq_id), 0) from messaging.mt_event_progression
                        where name = {NotificationPlanner.Progression})
                    then {nameof(NobodyToldReason.NotPlannedYet)}
                    else {nameof(NobodyToldReason.NotRecorded)} end)
            from messaging.mt_events e
            where {Events(caller)} and e.id = any({Sql.Ids(eventIds)})
                and not exists (select from messaging.deliveries d
                    where d.tenant_id = {caller.TenantId} and d.event_id = e.id)
                and not exists (select from messaging.notifications n
                    where n.tenant_id = {caller.TenantId} and n.event_id = e.id)
            """).ListAsync(database, r => (Id: r.GetGuid(0), Why: r.Enumeration<NobodyToldReason>(1)), cancellation);
        return rows.ToDictionary(r => r.Id, r => (NobodyToldReason?)r.Why);
    }

    private static Sql Matching(Caller caller, DeliveryFilter filter)
    {
        var sql = Visible(caller);
        if (filter.States is { } states)
        {
            sql += $" and d.state = any({states.Select(s => s.ToString()).ToArray()})";

            // There is an index of those that were not sent, which are few.
            if (!states.Contains(DeliveryState.Sent)) sql += $" and d.sent_at is null";
        }

        if (filter.Kinds is { } kinds) sql += $" and d.kind = any({kinds.Select(k => k.ToString()).ToArray()})";
        if (filter.ConversationId is { } conversation) sql += $" and d.conversation_id = {conversation}";
        if (filter.RecipientId is { } recipient) sql += $" and d.recipient_id = {recipient}";
        if (filter.ToRegisteredAddress is { } isRegistered)
            sql += Sql.Raw($" and d.recipient_id is {(isRegistered ? "" : "not ")}null");
        if (filter.CreatedFrom is { } from) sql += $" and d.created_at >= {from}";
        if (filter.CreatedTo is { } to) sql += $" and d.created_at < {to}";
        return sql;
    }

    // Whoever is limited finds theirs among all the others.
    private static Sql Weighed(Caller caller, DeliveryFilter filter, Sql sql) =>
        caller.IsLimited && filter.ConversationId is null && filter.RecipientId is null ? sql.Heavy() : sql;

    /// <summary>Conditions on a delivery <c>d</c> that the caller may see.</summary>
    internal static Sql Visible(Caller caller)
    {
        OfficeOnly.Demand(caller);
        var sql = Sql.Of($"d.tenant_id = {caller.TenantId}");
        if (!caller.IsLimited) return sql;
        return sql + Sql.Of(
            $"""
             and case when d.conversation_id is null
                then d.recipient_kind = 'Contact' and exists (
                    select from messaging.contacts k where k.tenant_id = {caller.TenantId} and k.id = d.recipient_id
                        {LimitedAccess.OfCustomer(caller, "k.customer_id")})
                else exists (select from messaging.conversations c
                    where c.tenant_id = {caller.TenantId} and c.id = d.conversation_id
                        {LimitedAccess.OfConversation(caller)}) end
            """);
    }

    /// <summary>Conditions on an event <c>e</c>: one of a conversation that the caller may see.</summary>
    private static Sql Events(Caller caller)
    {
        OfficeOnly.Demand(caller);
        return Sql.Of(
            $"""
            e.tenant_id = {caller.TenantId} and e.type = any({EventNames.OfConversations})
                {LimitedAccess.OfConversationId(caller, "e.stream_id")}
            """);
    }

    private static Sql Direction(PageRequest page) => Sql.Raw(page.Backward ? "asc" : "desc");

    private static Sql Bounds(PageRequest page)
    {
        var sql = Sql.Nothing;
        if (page.After is not null)
        {
            var after = Cursor.Instant(List, page.After, "after");
            sql += $" and (d.created_at, d.id) < ({after.At}, {after.Id})";
        }

        if (page.Before is not null)
        {
            var before = Cursor.Instant(List, page.Before, "before");
            sql += $" and (d.created_at, d.id) > ({before.At}, {before.Id})";
        }

        return sql + Sql.Of(
            $"""
             order by d.created_at {Direction(page)}, d.id {Direction(page)} limit {Sql.Number(page.Size() + 1)}
            """);
    }

    private static Page<DeliveryRow> PageOf(List<DeliveryRow> rows, PageRequest page) =>
        Page<DeliveryRow>.Of(rows, page, d => Cursor.Of(List, d.CreatedAt, d.Id));

    private static DeliveryRow Delivery(NpgsqlDataReader r) => new(
        r.GetGuid(0), r.Enumeration<DeliveryKind>(1), Rule(r, 2), r.Enumeration<DeliveryState>(3), r.GetString(4),
        r.GuidOrNull(5), r.GuidOrNull(6), r.GuidOrNull(7), r.GetGuid(8), r.Instant(9), r.Instant(10),
        r.InstantOrNull(11), r.InstantOrNull(12), r.GetInt32(13), r.StringOrNull(14), r.InstantOrNull(15),
        r.GuidOrNull(16));

    private static TellingRule? Rule(NpgsqlDataReader r, int column) =>
        r.IsDBNull(column) ? null : r.Enumeration<TellingRule>(column);
}
