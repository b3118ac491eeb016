using System.Data;
using Marten;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace Messaging.Projections.Storage;

/// <summary>A read model whose rows are not what the events say.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Missing">Number of rows that the events yield and the table lacks.</param>
/// <param name="Surplus">Number of rows in the table that the events do not yield.</param>
/// <param name="Examples">Some of them, by their keys.</param>
public sealed record DifferingReadModel(string Table, long Missing, long Surplus, IReadOnlyList<string> Examples);

/// <summary>The result of comparing the read models with the events.</summary>
/// <param name="Rows">Number of rows that the events yield.</param>
public sealed record ComparedReadModels(
    long Organisations, long Events, long Rows, IReadOnlyList<DifferingReadModel> Differing);

/// <summary>
/// Compares the read models with their events, row by row. It projects the events of one organisation after the other
/// into temporary tables and compares these with the stored rows, in one snapshot: events and read models commit
/// together, so the product may write meanwhile. It stores nothing and holds only some events in memory.
/// </summary>
public static class ReadModelComparison
{
    // Streams that are read at once, however short.
    private const int Streams = 200;

    private const int MostExamples = 5;

    /// <summary>
    /// Compares. Takes about as long as a rebuild, and room on the database's disk for the largest organisation's read
    /// models.
    /// </summary>
    public static async Task<ComparedReadModels> CompareReadModelsAsync(
        this IDocumentStore store, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(
            IsolationLevel.RepeatableRead, cancellation);
        await TemporaryReadModels.CreateAsync(connection, cancellation);
        var (events, rows) = (0L, 0L);
        var differing = new Dictionary<string, DifferingReadModel>();

        // Includes organisations with rows but no event.
        var organisations = await TextsAsync(
            connection,
            $"select tenant_id from messaging.mt_streams "
                + $"{string.Concat(ReadModelTables.All.Select(t => $" union select tenant_id from "
                    + $"{t.Identifier.QualifiedName}"))} "
                + $"order by 1",
            cancellation);
        foreach (var organisation in organisations)
        {
            await TemporaryReadModels.EmptyAsync(connection, cancellation);
            events += await ProjectAsync(store, transaction, organisation, cancellation);
            foreach (var table in ReadModelTables.All)
            {
                var (count, found) = await CompareAsync(connection, table, organisation, cancellation);
                rows += count;
                if (found.Missing + found.Surplus == 0)
                    continue;
                var before = differing.GetValueOrDefault(
                    found.Table,
                    found with
                    {
                        Missing = 0,
                        Surplus = 0,
                        Examples = [],
                    }
                );
                differing[found.Table] = new DifferingReadModel(
                    found.Table, before.Missing + found.Missing, before.Surplus + found.Surplus,
                    [.. before.Examples.Concat(found.Examples).Take(MostExamples)]);
            }
        }

        await transaction.RollbackAsync(cancellation);
        return new ComparedReadModels(organisations.Count, events, rows, [.. differing.Values]);
    }

    /// <summary>Projects the events of an organisation, stream by stream: no row depends on two.</summary>
    private static async Task<long> ProjectAsync(
        IDocumentStore store, NpgsqlTransaction transaction, string organisation, CancellationToken cancellation)
    {
        await using var session = TemporaryReadModels.Read(store, transaction, organisation);
        var (count, after) = (0L, (Guid?)null);
        while (await StreamsAsync(transaction.Connection!, organisation, after, cancellation) is { Count: > 0 } streams)
        {
            after = streams[^1];
            count += await TemporaryReadModels.ProjectAsync(
                session, transaction.Connection!, streams, cancellation);
        }

        return count;
    }

    private static async Task<(long Count, DifferingReadModel Found)> CompareAsync(
        NpgsqlConnection connection, Table table, string organisation, CancellationToken cancellation)
    {
        // Tallies are changes that are summed up: which rows there are says nothing.
        var isTally = !table.PrimaryKeyColumns.Any();
        var key = isTally
            ? "concat_ws(' ', tenant_id, responsible_administrator_id, status)"
            : $"concat_ws(' ', {string.Join(", ", table.PrimaryKeyColumns)})";
        string Rows(string name) =>
            isTally
                ? $"select tenant_id, responsible_administrator_id, status, sum(change) from {name} where "
                    + $"tenant_id = $1 group by 1, 2, 3 having sum(change) <> 0"
                : $"select * from {name} where tenant_id = $1";
        await using var command = new NpgsqlCommand(
            $"""
            with said as ({Rows(TemporaryReadModels.NameOf(table))}), kept as ({Rows(table.Identifier.QualifiedName)}),
            missing as (select {key} as key from (table said except all table kept) m),
            surplus as (select {key} as key from (table kept except all table said) s)
            select (select count(*) from said), (select count(*) from missing), (select count(*) from surplus),
                array(select key from missing union select key from surplus order by 1 limit {MostExamples})
            """,
            connection)
        {
            Parameters = { new() { Value = organisation } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (reader.GetInt64(0), new DifferingReadModel(
            table.Identifier.QualifiedName, reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<string[]>(3)));
    }

    private static async Task<List<Guid>> StreamsAsync(
        NpgsqlConnection connection, string organisation, Guid? after, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"select id from messaging.mt_streams where tenant_id = $1 and ($2::uuid is null or id > $2) order "
                + $"by id limit {Streams}",
            connection
        )
        {
            Parameters =
            {
                new() { Value = organisation },
                new() { Value = (object?)after ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid },
            },
        };
        var streams = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) streams.Add(reader.GetGuid(0));
        return streams;
    }

    private static async Task<List<string>> TextsAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        var texts = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) texts.Add(reader.GetString(0));
        return texts;
    }
}
