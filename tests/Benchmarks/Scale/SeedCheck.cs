using JasperFx.Events;
using Marten;
using Npgsql;

namespace Messaging.Benchmarks.Scale;

/// <summary>
/// Whether what was seeded is what the product would have made: the events of a sample go through the projection again,
/// in a database beside it.
/// </summary>
internal static class SeedCheck
{
    private static readonly (string Table, string Id)[] s_tables =
    [
        ("conversations", "id"), ("subjects", "conversation_id"), ("comments", "conversation_id"),
        ("files", "conversation_id"), ("status_periods", "conversation_id"), ("waits", "conversation_id")
    ];

    /// <returns>How many rows were compared.</returns>
    /// <exception cref="BenchmarkFailedException">Something differs.</exception>
    public static async Task<int> RunAsync(NpgsqlDataSource seeded, string connectionString, int sample)
    {
        var streams = (
            await RowsAsync(
                seeded,
                $"select id::text from (select id, row_number() over (order by created_at) as n, count(*) over "
                    + $"() as of from messaging.conversations) c where n % greatest(1, of / {sample}) = 0"
            )
        ).ConvertAll(Guid.Parse);
        await ExecuteAsync(seeded, "drop database if exists seed_check");
        await ExecuteAsync(seeded, "create database seed_check");
        await using var database = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(connectionString)
            {
                Database = "seed_check",
                Pooling = false,
            }.ConnectionString
        );
        await using var store = ScaleSeed.OpenStore(database);
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await using (var source = ScaleSeed.OpenStore(seeded))
        await using (var from = source.QuerySession(ScaleSeed.Organisation.ToString()))
        {
            foreach (var stream in streams)
            {
                await using var session = store.LightweightSession(ScaleSeed.Organisation.ToString());
                var events = await from.Events.FetchStreamAsync(stream);
                session.Events.StartStream(stream, [.. events.Select(e => Again(session, e))]);
                await session.SaveChangesAsync();
            }
        }

        var compared = 0;
        foreach (var (table, id) in s_tables)
        {
            // Column by column: the two may have them in another order.
            var columns = (
                await RowsAsync(
                    database,
                    $"select string_agg(quote_ident(column_name), ', ' order by column_name) from "
                        + $"information_schema.columns where table_schema = 'messaging' and table_name = '{table}'"
                )
            )[0];
            var sql =
                $"select t::text from (select {columns} from messaging.{table} where {id} in "
                    + $"({string.Join(", ", streams.Select(s => $"'{s}'"))})) t order by 1";
            var (there, here) = (await RowsAsync(seeded, sql), await RowsAsync(database, sql));
            for (var i = 0; i < Math.Max(there.Count, here.Count); i++)
            {
                if (there.ElementAtOrDefault(i) != here.ElementAtOrDefault(i))
                    throw new BenchmarkFailedException(
                        $"{table} differs:\n{there.ElementAtOrDefault(i)}\n{here.ElementAtOrDefault(i)}");
            }

            compared += here.Count;
        }

        var tallies =
            "select coalesce(string_agg(t, ' '), '') from (select concat(responsible_administrator_id, status, "
                + "{0}) as t from messaging.{1} group by responsible_administrator_id, status order by 1) t";
        var (tally, counted) = (
            await RowsAsync(
                seeded,
                string.Format(
                    System.Globalization.CultureInfo.InvariantCulture, tallies, "sum(change)", "status_tallies")
            ),
            await RowsAsync(
                seeded,
                string.Format(System.Globalization.CultureInfo.InvariantCulture, tallies, "count(*)", "conversations"))
        );
        if (tally[0] != counted[0])
            throw new BenchmarkFailedException($"status_tallies differs:\n{tally[0]}\n{counted[0]}");
        return compared;
    }

    private static object Again(IDocumentSession session, IEvent e)
    {
        var again = session.Events.BuildEvent(e.Data);
        (again.Id, again.Timestamp) = (e.Id, e.Timestamp);
        return again;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<List<string>> RowsAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        return rows;
    }
}
