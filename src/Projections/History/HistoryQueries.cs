using System.Text.Json;
using Messaging.Domain;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.History;

/// <summary>A stored event of a conversation.</summary>
/// <param name="Type">Its name in the store, such as <c>comment_added</c>.</param>
/// <param name="Sequence">Its number among the events of the organisation; see <see cref="EventNumbers"/>.</param>
/// <param name="Version">Its place in the conversation, from 1.</param>
/// <param name="Actor">The person or program that caused it.</param>
/// <param name="Data">The event.</param>
/// <param name="DataJson">The event as it is stored.</param>
/// <param name="CorrelationId">The request it came with; null when it came with none.</param>
public sealed record HistoryEvent(
    Guid Id, string Type, long Sequence, int Version, Guid ConversationId, DateTimeOffset OccurredAt, Participant Actor,
    object Data, string DataJson, string? CorrelationId);

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
        OfficeOnly.Demand(caller);
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
        var byConversation = rows.ToLookup(e => e.ConversationId);
        return conversationIds.Distinct().ToDictionary(
            id => id, id => Page<HistoryEvent>.Of([.. byConversation[id]], page, e => Cursor.Of(History, e.Version)));
    }

    /// <summary>Number of events in each of these conversations.</summary>
    /// <param name="until">The last version that counts; null for all.</param>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, int>> HistoryCountsAsync(
        Caller caller, IReadOnlyCollection<Guid> conversationIds, int? until, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var counts = await Sql.Of(
            $"""
             select e.stream_id, count(*)::int from messaging.mt_events e
             where {OfConversations(caller)} and e.stream_id = any({Sql.Ids(conversationIds)})
                 and e.version <= {until ?? int.MaxValue} group by 1
             """).ListAsync(database, r => (Id: r.GetGuid(0), Count: r.GetInt32(1)), cancellation);
        return counts.ToDictionary(c => c.Id, c => c.Count);
    }

    /// <summary>The events of conversations with these ids; those that are not there are missing.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public async Task<IReadOnlyDictionary<Guid, HistoryEvent>> EventsByIdsAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        OfficeOnly.Demand(caller);
        var rows = await Sql.Of($"{Select} where {OfConversations(caller)} and e.id = any({Sql.Ids(ids)})")
            .ListAsync(database, Event, cancellation);
        return rows.ToDictionary(e => e.Id);
    }

    private static Sql Select =>
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
                + $"{LimitedAccess.OfConversationId(caller, "e.stream_id")}"
        );

    /// <summary>True when events of this name happen in conversations.</summary>
    public static bool IsOfConversation(string type) => s_types.Contains(type);

    private static readonly string[] s_types = EventNames.OfConversations;

    private static HistoryEvent Event(NpgsqlDataReader r)
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

    /// <summary>An event as it is stored.</summary>
    internal static object Data(string type, string json) =>
        JsonSerializer.Deserialize(json, EventNames.All[type], MessagingJson.Options)!;
}
