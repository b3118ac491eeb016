using System.Diagnostics;
using JasperFx;
using Marten;
using Messaging.Api.Hosting;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>
/// Read models that somebody has emptied, dropped or changed by hand: noticed at the start, and rebuilt from the
/// events.
/// </summary>
public sealed class DamagedReadModelTests : IAsyncLifetime
{
    private static readonly string[] s_tables =
    [
        "organisations", "administrators", "customers", "contacts", "conversations", "subjects", "comments", "files",
        "status_periods", "status_tallies", "waits"
    ];

    private RunningProduct _product = null!;
    private NpgsqlDataSource _database = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _database = NpgsqlDataSource.Create(_product.ConnectionString);
        var anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var id = (await anna.QueryAsync("{ conversations { nodes { id } } }")).At("conversations.nodes.0.id");
        var file = (await anna.UploadAsync("Beleg.txt", "text/plain", "Beleg"u8.ToArray())).Data.At(
            "uploadFile.file.id");
        await anna.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }",
            new { input = new { conversationId = id, body = "mit Anhang", fileIds = new[] { file } } });
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _product.DisposeAsync();
    }

    [Fact]
    public async Task An_emptied_table_is_named_and_rebuilt()
    {
        await _product.StopAsync();
        var before = await CountsAsync();
        before.ShouldAllBe(count => count.Value > 0);
        (await _database.WhyRebuildAsync(Cancellation)).ShouldBeNull();
        using var store = Store();
        foreach (var table in s_tables)
        {
            await ExecuteAsync($"truncate messaging.{table}");
            (await _database.WhyRebuildAsync(Cancellation))
                .ShouldNotBeNull(table)
                .ShouldContain($"messaging.{table} is empty");
            (await store.UpgradeReadModelsAsync(_database, Cancellation)).ShouldBeTrue();
            (await CountsAsync()).ShouldBe(before, table);
            (await store.UpgradeReadModelsAsync(_database, Cancellation)).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_table_or_a_column_that_was_dropped_is_named_and_rebuilt()
    {
        await _product.StopAsync();
        var before = await CountsAsync();
        using var store = Store();
        foreach (
            var (sql, named) in s_tables
                .Select(t => ($"drop table messaging.{t} cascade", $"messaging.{t} is missing"))
                .Append(
                    (
                        "alter table messaging.comments drop column visibility cascade",
                        "messaging.comments.visibility is missing")
                )
                .Append(
                    (
                        "alter table messaging.conversations drop column search_key",
                        "messaging.conversations.search_key is missing")
                )
        )
        {
            await ExecuteAsync(sql);
            (await _database.FindLostTablesAsync(Cancellation)).ShouldBe(named);

            // Also when the start is cut off here, and the next one finds the table there again.
            await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
            await _database.MakeReportingViewsAsync(Cancellation);
            (await _database.FindLostTablesAsync(Cancellation)).ShouldBeNull();
            (await store.UpgradeReadModelsAsync(_database, Cancellation)).ShouldBeTrue();
            (await CountsAsync()).ShouldBe(before, sql);
        }
    }

    [Fact]
    public async Task One_that_somebody_elses_view_needs_is_named()
    {
        await _product.StopAsync();
        await ExecuteAsync("alter table messaging.files drop column sha256");
        await ExecuteAsync("create view public.attached as select name from messaging.files");
        var refused = await Should.ThrowAsync<InvalidOperationException>(() => _product.StartAgainAsync());
        refused.Message.ShouldContain("in the way of: attached.");
        await ExecuteAsync("drop view public.attached");
        await _product.StartAgainAsync();
        (await CountsAsync())["files"].ShouldBe(1);
    }

    [Fact]
    public async Task Tables_that_may_be_empty_are_not_complained_of()
    {
        await using var empty = await RunningProduct.StartAsync("Production");
        await using var database = NpgsqlDataSource.Create(empty.ConnectionString);
        (await database.WhyRebuildAsync(Cancellation)).ShouldBeNull();

        // The demo data have no files.
        await using var other = await RunningProduct.StartAsync();
        await using var demo = NpgsqlDataSource.Create(other.ConnectionString);
        (await demo.WhyRebuildAsync(Cancellation)).ShouldBeNull();
    }

    [Theory]
    [InlineData(
        "delete from messaging.comments where id = (select last_comment_id from messaging.conversations order by "
            + "updated_at desc limit 1)"
    )]
    [InlineData(
        "delete from messaging.conversations where id = (select id from messaging.conversations order by "
            + "updated_at limit 1)"
    )]
    [InlineData(
        "delete from messaging.subjects where conversation_id = (select id from messaging.conversations order by "
            + "updated_at limit 1)"
    )]
    [InlineData("delete from messaging.status_periods where to_at is null")]
    [InlineData("delete from messaging.waits where to_at is null")]
    [InlineData(
        "update messaging.conversations set version = version - 1 where id = (select id from "
            + "messaging.conversations order by updated_at desc limit 1)"
    )]
    public async Task Rows_of_the_latest_conversations_that_are_not_as_their_events_say_are_noticed(string sql)
    {
        await _product.StopAsync();
        await ExecuteAsync(sql);
        (await _database.WhyRebuildAsync(Cancellation)).ShouldNotBeNull().ShouldContain("not as their events say");
    }

    [Fact]
    public async Task The_start_rebuilds_them_also_while_another_node_is_running()
    {
        await _product.StopAsync();
        var before = await CountsAsync();
        await ExecuteAsync("drop table messaging.contacts");
        await _product.StartAgainAsync();
        (await CountsAsync()).ShouldBe(before);
        await _product.StopAsync();

        var several = new Dictionary<string, string?> { ["Messaging:Nodes"] = "several" };
        await _product.StartAgainAsync(several);
        await WaitUntilRegisteredAsync();
        await ExecuteAsync("truncate messaging.files");
        await using var second = await _product.StartNodeAsync(several);
        (await CountsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_node_of_a_version_that_knows_no_fence_has_to_be_stopped_first()
    {
        await _product.StopAsync();
        await ExecuteAsync("truncate messaging.files");
        await using var earlier = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(_product.ConnectionString) { Pooling = false }.ConnectionString);
        await earlier.OpenAsync(Cancellation);
        await using (var says = new NpgsqlCommand($"select pg_advisory_lock_shared({0x6d6573736167696f})", earlier))
            await says.ExecuteNonQueryAsync(Cancellation);
        var refused = await Should.ThrowAsync<InvalidOperationException>(() => _product.StartAgainAsync());
        refused.Message.ShouldSatisfyAllConditions(
            m => m.ShouldContain("messaging.files is empty"),
            m => m.ShouldContain("Stop all nodes of earlier versions"));
        await earlier.DisposeAsync();
        await _product.StopAsync();
        await _product.StartAgainAsync();
        (await CountsAsync())["files"].ShouldBe(1);
    }

    [Fact]
    public async Task Looking_costs_little_however_much_there_is()
    {
        await _product.StopAsync();
        await using (var command = _database.CreateCommand(
            """
            insert into messaging.comments select tenant_id, gen_random_uuid(), '00000000-0000-0000-0000-000000000001',
                n, author_kind, author_id, body, visibility, created_at, search
            from messaging.comments cross join generate_series(1, 20000) n limit 200000
            """)) await command.ExecuteNonQueryAsync(Cancellation);

        // Of which PostgreSQL has not counted how many there are, as after a restore.
        await ExecuteAsync(
            """
            insert into messaging.snapshots (tenant_id, stream_id, kind, format, version, state)
            select tenant_id, gen_random_uuid(), kind, format, version, state
            from messaging.snapshots cross join generate_series(1, 200000) limit 200000
            """);
        await _database.WhyRebuildAsync(Cancellation);
        var clock = Stopwatch.StartNew();
        (await _database.WhyRebuildAsync(Cancellation)).ShouldBeNull();
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Nodes_that_start_at_once_on_read_models_to_be_rebuilt_do_so_one_after_the_other()
    {
        await _product.StopAsync();
        var before = await CountsAsync();
        await ExecuteAsync("update messaging.read_model_formats set format = 1");
        var several = new Dictionary<string, string?> { ["Messaging:Nodes"] = "several" };
        var nodes = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => _product.StartNodeAsync(several)));
        foreach (var node in nodes) await node.DisposeAsync();
        (await CountsAsync()).ShouldBe(before);
        (await _database.WhyRebuildAsync(Cancellation)).ShouldBeNull();
    }

    private DocumentStore Store() => DocumentStore.For(options =>
    {
        options.Connection(_product.ConnectionString);
        options.UseMessaging();
        options.AutoCreateSchemaObjects = AutoCreate.CreateOrUpdate;
    });

    private async Task WaitUntilRegisteredAsync()
    {
        while (!await _database.IsAnotherNodeRunningAsync(Cancellation)) await Task.Delay(100, Cancellation);
    }

    private async Task<Dictionary<string, long>> CountsAsync()
    {
        var counts = new Dictionary<string, long>();
        foreach (var table in s_tables)
        {
            // The tallies are sums, in however many rows.
            var what = table == "status_tallies" ? "coalesce(sum(abs(change)), 0)::bigint" : "count(*)";
            await using var command = _database.CreateCommand($"select {what} from messaging.{table}");
            counts[table] = (long)(await command.ExecuteScalarAsync(Cancellation))!;
        }

        return counts;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
