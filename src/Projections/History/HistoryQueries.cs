using System.Text.Json;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.History;

/// <summary>A stored event.</summary>
/// <param name="Type">Its name in the store, such as <c>comment_added</c>.</param>
/// <param name="Sequence">Its number among the events of the organisation; see <see cref="EventNumbers"/>.</param>
/// <param name="Version">Its place in its stream, from 1.</param>
/// <param name="StreamId">The conversation, customer, person or organisation that it is of.</param>
/// <param name="Actor">The person or program that caused it.</param>
/// <param name="Data">The event.</param>
/// <param name="DataJson">The event as it is stored.</param>
/// <param name="CorrelationId">The request it came with; null when it came with none.</param>
public sealed record HistoryEvent(
    Guid Id, string Type, long Sequence, int Version, Guid StreamId, DateTimeOffset OccurredAt, Participant Actor,
    object Data, string DataJson, string? CorrelationId);

/// <summary>An event that this version has no type for.</summary>
/// <param name="Type">Its name in the store.</param>
public sealed record UnknownEvent(string Type);

/// <summary>A name, or the registered address of the office, that an event changed.</summary>
/// <param name="StreamId">The organisation, customer or person.</param>
/// <param name="Version">The version of it that the event made.</param>
/// <param name="IsAddress">True for the registered address.</param>
public readonly record struct ChangedValue(Guid StreamId, int Version, bool IsAddress);

/// <summary>History of conversations, read from the events themselves, for administrators and auditors.</summary>
public sealed class HistoryQueries(NpgsqlDataSource database)
{
    private const string History = "history";

    /// <summary>The same page of what happened in each of these conversations, the oldest first.</summary>
    /// <param name="until">The last version that counts; null for all.</param>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of such a list.</exception>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, Page<HistoryEvent>>> HistoryPagesAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, int? until, PageRequest page,
        CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var size = page.Size();
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var sql = Sql.Of(
            $"{Select} where {OfConversations(caller)} and e.stream_id = k.id and e.version <= {until ?? int.MaxValue}"
        );
        if (page.After is { } after)
            sql += $" and e.version > {Cursor.Position(History, after, "after")}";
        if (page.Before is { } before)
            sql += $" and e.version < {Cursor.Position(History, before, "before")}";
        sql += $" order by e.version {direction} limit {Sql.Number(size + 1)}";
        var rows = await Sql.Of(
                $"select e.* from unnest({Sql.Ids(conversationIds)}) as k(id) cross join lateral ({sql}) e order "
                    + $"by e.version {direction}"
            )
            .ListAsync(database, Event, cancellation);
        var byConversation = rows.ToLookup(e => e.StreamId);
        return conversationIds.Distinct().ToDictionary(
            id => id, id => Page<HistoryEvent>.Of([.. byConversation[id]], page, e => Cursor.Of(History, e.Version)));
    }

    /// <summary>Number of events in each of these conversations.</summary>
    /// <param name="until">The last version that counts; null for all.</param>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, int>> HistoryCountsAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, int? until, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var counts = await Sql.Of(
            $"""
             select e.stream_id, count(*)::int from messaging.mt_events e
             where {OfConversations(caller)} and e.stream_id = any({Sql.Ids(conversationIds)})
                 and e.version <= {until ?? int.MaxValue} group by 1
             """).ListAsync(database, r => (Id: r.GetGuid(0), Count: r.GetInt32(1)), cancellation);
        return counts.ToDictionary(c => c.Id, c => c.Count);
    }

    /// <summary>
    /// The events with these ids, to auditors and owners all that they may see, to others those of conversations; those
    /// that are not there are missing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, HistoryEvent>> EventsByIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        OfficeOnly.DemandOffice(caller);
        var which = AuditLog.MayBeReadBy(caller)
            ? Sql.Of($"e.tenant_id = {caller.TenantId}{AuditLog.OfLimited(caller)}")
            : OfConversations(caller);
        var rows = await Sql.Of($"{Select} where {which} and e.id = any({Sql.Ids(ids)})")
            .ListAsync(database, Event, cancellation);
        return rows.ToDictionary(e => e.Id);
    }

    /// <summary>
    /// The values that were there before these were changed; to auditors and owners, who alone see such events.
    /// </summary>
    public async Task<IReadOnlyDictionary<ChangedValue, string>> ValuesBeforeAsync(
        Caller caller, IReadOnlyCollection<ChangedValue> changed, CancellationToken cancellation)
    {
        if (!AuditLog.MayBeReadBy(caller)) return new Dictionary<ChangedValue, string>();
        var all = changed.ToList();
        var rows = await Sql.Of(
            $"""
             select k.place::int, b.value
             from unnest({all.Select(c => c.StreamId).ToArray()}, {all.Select(c => c.Version).ToArray()},
                 {all.Select(c => c.IsAddress).ToArray()}) with ordinality as k(id, version, is_address, place)
             cross join lateral (
                 select case when k.is_address then coalesce(e.data ->> 'notificationEmail', e.data ->> 'email')
                     else coalesce(e.data ->> 'displayName', e.data ->> 'name') end as value
                 from messaging.mt_events e
                 where e.tenant_id = {caller.TenantId} and e.stream_id = k.id and e.version < k.version
                     and e.type = any(case when k.is_address then {s_addresses} else {s_names} end)
                     {AuditLog.OfLimited(caller)}
                 order by e.version desc limit 1) b
             """).ListAsync(database, r => (Place: r.GetInt32(0) - 1, Value: r.Text(1)), cancellation);
        return rows.ToDictionary(r => all[r.Place], r => r.Value);
    }

    internal static Sql Select =>
        Sql.Raw(
            $"""
             select e.id, e.type, {EventNumbers.Of("e")} as sequence, e.version, e.stream_id, e.timestamp,
                 e.headers ->> 'actor_kind' as actor_kind,
                 e.headers ->> 'actor_id' as actor_id, e.data::text, e.correlation_id
             from messaging.mt_events e
             """);

    /// <summary>Conditions on an event <c>e</c>: one of a conversation that the caller may see.</summary>
    internal static Sql OfConversations(Caller caller) =>
        Sql.Of(
            $"e.tenant_id = {caller.TenantId} and e.type = any({s_types})"
                + $"{LimitedAccess.OfConversationId(caller, "e.stream_id")}{WithoutNotes(caller)}"
                + $"{Visibility.InSpan(caller, "e.timestamp")}"
        );

    // Internal notes and their files.
    private static Sql WithoutNotes(Caller caller) =>
        caller.SeesInternal
            ? Sql.Nothing
            : Sql.Of(
                $"""
                  and case e.type
                     when {s_comment} then coalesce(e.data ->> 'visibility' = 'Public', false)
                     when {s_file} then exists (
                         select from messaging.files f where f.tenant_id = e.tenant_id
                             and f.id = (e.data ->> 'fileId')::uuid and f.visibility = 'Public')
                     else true end
                 """);

    /// <summary>True when events of this name happen in conversations.</summary>
    public static bool IsOfConversation(string type) => s_types.Contains(type);

    /// <summary>True when events of this name change nothing, and say themselves what they are about.</summary>
    public static bool IsOfAccess(string type) => EventNames.OfAccess.Contains(type);

    private static readonly string[] s_types = EventNames.OfConversations;
    private static readonly string s_comment = EventNames.Of(typeof(CommentAdded));
    private static readonly string s_file = EventNames.Of(typeof(FileAttached));

    // Events that give a name, and those that give the registered address.
    private static readonly string[] s_names =
    [
        .. new[]
        {
            typeof(OrganisationRegistered), typeof(OrganisationRenamed), typeof(CustomerRegistered),
            typeof(CustomerRenamed), typeof(AdministratorInvited), typeof(ServiceAccountCreated),
            typeof(AdministratorRenamed), typeof(ContactInvited), typeof(ContactAdded), typeof(ContactRenamed),
        }.Select(EventNames.Of),
    ];

    private static readonly string[] s_addresses =
        [EventNames.Of(typeof(OrganisationRegistered)), EventNames.Of(typeof(NotificationEmailRegistered))];

    internal static HistoryEvent Event(NpgsqlDataReader r)
    {
        // The copies made of it: the text, the event and the API's answer.
        var (type, json) = (r.GetString(1), r.Text(8, copies: 3));

        // Events that did not come from a command, of an import say, are the product's own.
        var actor =
            r.IsDBNull(6) || r.IsDBNull(7)
                ? Participant.System
                : new Participant(r.Enumeration<ParticipantKind>(6), Guid.Parse(r.GetString(7)));
        return new HistoryEvent(
            r.GetGuid(0), type, r.GetInt64(2), checked((int)r.GetInt64(3)), r.GetGuid(4), r.Instant(5), actor,
            Data(type, json), json, r.IsDBNull(9) ? null : r.GetString(9));
    }

    /// <summary>An event as it is stored; <see cref="UnknownEvent"/> for one that a later version wrote.</summary>
    internal static object Data(string type, string json) =>
        EventNames.All.TryGetValue(type, out var known)
            ? JsonSerializer.Deserialize(json, known, MessagingJson.Options)!
            : new UnknownEvent(type);
}
