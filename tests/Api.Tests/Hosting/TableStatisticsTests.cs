using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>Tables that grow fast, as in an import, before PostgreSQL's autovacuum comes by.</summary>
public sealed class TableStatisticsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_table_that_has_doubled_is_looked_at_again_and_one_that_has_not_is_left()
    {
        await using var product = await RunningProduct.StartAsync();
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        await using (var alone = database.CreateCommand(
            "alter table messaging.conversations set (autovacuum_enabled = false)"))
        {
            // On a slow machine autovacuum would come by first, and leave nothing to look at.
            await alone.ExecuteNonQueryAsync(Cancellation);
        }

        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var customerId = (await anna.QueryAsync("{ customers(first: 1) { nodes { id } } }")).At("customers.nodes.0.id");
        for (var i = 0; i < 100; i++)
        {
            await anna.QueryAsync(
                "mutation($input: CreateConversationInput!) { createConversation(input: $input) { errors { code } } }",
                new { input = new { customerId, subject = $"Nr. {i}", body = "Guten Tag" } });
        }

        await Waiting.UntilAsync(async () => await LooksAsync(database, "conversations") > 0);
        await using (var rows = database.CreateCommand(
            "select reltuples::int from pg_class where oid = 'messaging.conversations'::regclass"))
        {
            (await rows.ExecuteScalarAsync(Cancellation)).ShouldBeOfType<int>().ShouldBeGreaterThanOrEqualTo(50);
        }

        (await LooksAsync(database, "organisations")).ShouldBe(0);
    }

    private static async Task<long> LooksAsync(NpgsqlDataSource database, string table)
    {
        await using var command = database.CreateCommand(
            "select analyze_count from pg_stat_user_tables where schemaname = 'messaging' and relname = $1");
        command.Parameters.Add(new() { Value = table });
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
