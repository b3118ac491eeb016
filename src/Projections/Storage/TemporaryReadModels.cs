using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using JasperFx.Events;
using Marten;
using Marten.Services;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace Messaging.Projections.Storage;

/// <summary>
/// Read models of some events in temporary tables of a session, made by the statements that make the stored ones: what
/// these have to be.
/// </summary>
internal static class TemporaryReadModels
{
    // Events that are read, and statements that are sent, at once.
    private const int Page = 1_000;

    private static readonly ConcurrentDictionary<string, string> s_statements = [];

    private static readonly Regex s_readModel = new(
        $@"\bmessaging\.({string.Join('|', ReadModelTables.All.Select(t => t.Identifier.Name))})\b",
        RegexOptions.CultureInvariant);

    /// <summary>The name of the temporary table beside a stored one.</summary>
    public static string NameOf(Table table) => $"pg_temp.{table.Identifier.Name}";

    /// <summary>Creates the tables. They are there until they are dropped, or the session ends.</summary>
    public static async Task CreateAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await DropAsync(connection, cancellation);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var table in ReadModelTables.All)
        {
            Add($"create temporary table {table.Identifier.Name} (like {table.Identifier.QualifiedName} including "
                + "defaults)");
            if (table.PrimaryKeyColumns.Any())
                Add($"alter table {NameOf(table)} add primary key ({string.Join(", ", table.PrimaryKeyColumns)})");
        }

        await batch.ExecuteNonQueryAsync(cancellation);

        void Add(string sql) => batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
    }

    /// <summary>Drops them, where they are there.</summary>
    public static async Task DropAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"drop table if exists {string.Join(", ", ReadModelTables.All.Select(NameOf))}", connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Takes all rows out of them.</summary>
    public static async Task EmptyAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"truncate {string.Join(", ", ReadModelTables.All.Select(NameOf))}", connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Reads the events of an organisation, in a transaction.</summary>
    public static IQuerySession Read(IDocumentStore store, NpgsqlTransaction transaction, string tenantId)
    {
        var options = SessionOptions.ForTransaction(transaction);
        options.TenantId = tenantId;
        return store.LightweightSession(options);
    }

    /// <summary>Projects all events of some streams of an organisation into them: no row depends on two.</summary>
    /// <param name="session">Reads the organisation's events, in the connection's transaction.</param>
    /// <param name="connection">The session that has the tables.</param>
    /// <param name="streams">The streams, in order.</param>
    /// <param name="cancellation">Cuts it off.</param>
    /// <returns>The number of events.</returns>
    public static async Task<long> ProjectAsync(
        IQuerySession session, NpgsqlConnection connection, IReadOnlyList<Guid> streams,
        CancellationToken cancellation)
    {
        var (count, page, version) = (0L, 0, 0L);
        var stream = Guid.Empty;
        do
        {
            // From where the page before ended, in the order of the index.
            var (ids, from, at) = (streams.Where(s => s.CompareTo(stream) >= 0).ToArray(), version, stream);
            var events = await session.Events.QueryAllRawEvents()
                .Where(e => e.StreamId.IsOneOf(ids) && (e.StreamId != at || e.Version > from))
                .OrderBy(e => e.StreamId).ThenBy(e => e.Version).Take(Page).ToListAsync(cancellation);
            page = events.Count;
            if (page == 0) break;
            (stream, version) = (events[^1].StreamId, events[^1].Version);
            count += page;
            await ProjectAsync(connection, events, cancellation);
        }
        while (page == Page);
        return count;
    }

    /// <summary>Projects events that follow those that were projected.</summary>
    public static async Task ProjectAsync(
        NpgsqlConnection connection, IReadOnlyList<IEvent> events, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        ReadModelFence.AddTo(batch);
        ReadModelProjection.AddTo(events, batch);
        foreach (var command in batch.BatchCommands)
            command.CommandText = s_statements.GetOrAdd(command.CommandText, sql =>
                s_readModel.Replace(sql, "pg_temp.$1"));
        await batch.ExecuteNonQueryAsync(cancellation);
    }
}
