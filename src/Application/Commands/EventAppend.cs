using JasperFx.Events;
using Marten;
using Messaging.Projections.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Messaging.Application.Commands;

/// <summary>
/// Appends to many streams with three statements, whatever their number. Marten's own function
/// (<c>mt_quick_append_events</c>) does the same for one stream with a loop of its own, which costs PostgreSQL three
/// times as much for each event; the stored rows are the same, which a test checks.
/// </summary>
internal static class EventAppend
{
    // Checks the streams' versions, and then that the sessions last: both in one statement, since another one would
    // cost more than the check.
    //
    // The arrays are passed as subqueries: the planner then does not look into them, and plans once rather than for
    // each commit. Lateral, and not flattened (offset 0), for the reason that CommandHandler.LoadAsync gives.
    //
    // Streams that grow or are held are locked first, in the order of the keys: a held one so that others may hold it
    // too, and nobody append to it. The others are only compared.
    //
    // Growing rows are identified by key, never by ctid, which two rows of a partitioned table may share. Each row
    // exists, since it is locked; so "on conflict" is an update, and one that always looks up the key in the index. A
    // join would be planned as a scan while the table is small.
    private static readonly string s_growth =
        $"""
        with given as materialized (
            select * from unnest((select $2::text[]), (select $3::uuid[]), (select $4::bigint[]), (select $5::int[]),
                (select $6::boolean[]))
                as k(tenant, id, version, added, held)),
        locked as materialized (
            select k.* from given k
            left join lateral (
                select true as found from messaging.mt_streams
                where k.added > 0 and tenant_id = k.tenant and id = k.id and version = k.version
                    and not is_archived offset 0 for update) g on true
            left join lateral (
                select true as found from messaging.mt_streams
                where k.added = 0 and k.held and tenant_id = k.tenant and id = k.id and version = k.version
                    and not is_archived offset 0 for share) h on true
            where g.found or h.found),
        grown as (
            insert into messaging.mt_streams (tenant_id, id, version, timestamp)
            select tenant, id, version + added, now() from locked where added > 0
            on conflict (tenant_id, id) do update set version = excluded.version, timestamp = excluded.timestamp
            returning 1),
        same as (
            select from given k
            cross join lateral (select from messaging.mt_streams
                where tenant_id = k.tenant and id = k.id and version = k.version offset 0) s
            where k.added = 0 and not k.held)
        select
            {ConcurrencyConflict.Unless(
                "(select count(*) from grown) + (select count(*) from locked where added = 0) "
                    + "+ (select count(*) from same) = $1",
                "A stream has another version.")},
            {CallerSessions.AllLast("(select $7::text[])", "(select $8::uuid[])")}
        """;

    private static readonly string s_fencedGrowth = $"{s_growth}, {ReadModelFence.Share}";

    /// <summary>
    /// A stream, the version that was decided on, and the number of its new events: none when a decision only read it.
    /// </summary>
    /// <param name="IsHeld">True when nobody may append to it until the decision that read it is committed.</param>
    public sealed record Stream(string Tenant, Guid Id, long Version, int Added, bool IsHeld = false);

    /// <summary>
    /// Adds the statements that lock and check the streams, and start those that are new. They fail with a
    /// <see cref="ConcurrencyConflict"/> when a stream has another version, and otherwise when a session has ended.
    /// </summary>
    /// <param name="streams">In the order in which every node locks them.</param>
    /// <param name="sessions">The sessions that have to last; none where they were read.</param>
    /// <param name="isFenced">True when the transaction takes the lock of the read models with it.</param>
    public static void AddStreamsTo(
        NpgsqlBatch batch, IReadOnlyList<Stream> streams, IReadOnlyList<(string Tenant, Guid Id)> sessions,
        bool isFenced)
    {
        AddGrowth(batch, [.. streams.Where(s => s.Added == 0 || s.Version > 0)], sessions, isFenced);
        AddStart(batch, [.. streams.Where(s => s.Added > 0 && s.Version == 0)]);
    }

    private static void AddGrowth(
        NpgsqlBatch batch, List<Stream> streams, IReadOnlyList<(string Tenant, Guid Id)> sessions, bool isFenced)
    {
        if (streams.Count == 0 && sessions.Count == 0 && !isFenced) return;
        Add(
            batch, isFenced ? s_fencedGrowth : s_growth,
            Of((long)streams.Count), Of(streams, s => s.Tenant), Of(streams, s => s.Id), Of(streams, s => s.Version),
            Of(streams, s => s.Added), Of(streams, s => s.IsHeld),
            Of(sessions, s => s.Tenant), Of(sessions, s => s.Id));
    }

    private static void AddStart(NpgsqlBatch batch, List<Stream> streams)
    {
        if (streams.Count == 0) return;
        Add(
            batch,
            "insert into messaging.mt_streams (tenant_id, id, version, timestamp) select k.*, now() from "
                + "unnest($1::text[], $2::uuid[], $3::bigint[]) as k",
            Of(streams, s => s.Tenant),
            Of(streams, s => s.Id),
            Of(streams, s => (long)s.Added)
        );
    }

    /// <summary>
    /// Adds the statement that stores the events, which takes their numbers of two sequences: the log's and the
    /// organisation's (<c>EventNumbers</c>).
    /// </summary>
    /// <param name="events">The events with ids, tenants, streams and versions; those of one stream in order.</param>
    public static void AddEventsTo(NpgsqlBatch batch, IReadOnlyList<IEvent> events, ISerializer serializer)
    {
        if (events.Count == 0) return;
        Add(
            batch,
            """
            insert into messaging.mt_events (
                seq_id, id, stream_id, version, data, type, tenant_id, timestamp, mt_dotnet_type, correlation_id,
                    causation_id, headers, user_name, is_archived)
            select nextval('messaging.mt_events_sequence'), e.id, e.stream_id, e.version, e.data, e.type, e.tenant_id,
                e.timestamp, e.dotnet_type,
                e.correlation_id, e.causation_id, e.headers || jsonb_build_object('sequence',
                    messaging.next_event_number(e.tenant_id)), e.user_name, false
            from unnest(
                $1::uuid[], $2::uuid[], $3::bigint[], $4::jsonb[], $5::text[], $6::text[], $7::timestamptz[],
                    $8::text[], $9::text[], $10::text[], $11::jsonb[], $12::text[])
                as e(id, stream_id, version, data, type, tenant_id, timestamp, dotnet_type, correlation_id,
                    causation_id, headers, user_name)
            """,
            Of(events, e => e.Id),
            Of(events, e => e.StreamId),
            Of(events, e => e.Version),
            Json(events, e => serializer.ToJson(e.Data)),
            Of(events, e => e.EventTypeName),
            Of(events, e => e.TenantId),
            Of(events, e => e.Timestamp),
            Of(events, e => e.DotNetTypeName),
            Of(events, e => e.CorrelationId),
            Of(events, e => e.CausationId),
            Json(events, e => serializer.ToJson(e.Headers)),
            Of(events, e => e.UserName)
        );
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        batch.BatchCommands.Add(command);
    }

    private static NpgsqlParameter<long> Of(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<TValue[]> Of<T, TValue>(IReadOnlyList<T> rows, Func<T, TValue> column) =>
        new() { TypedValue = Column(rows, column) };

    private static NpgsqlParameter<string[]> Json<T>(IReadOnlyList<T> rows, Func<T, string> column) =>
        new() { TypedValue = Column(rows, column), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb };

    private static TValue[] Column<T, TValue>(IReadOnlyList<T> rows, Func<T, TValue> column)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++) values[i] = column(rows[i]);
        return values;
    }
}
