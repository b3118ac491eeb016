using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Deploy;

/// <summary>The product behind Debian's PgBouncer, by the configuration of <c>deploy/pgbouncer.ini</c>.</summary>
public sealed class PgBouncerTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example", Dieter = "dieter.krause@baeckerei-krause.example";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly TempDirectory _directory = new();
    private readonly int _port = Ports.Free();
    private TestDatabase _database = null!;
    private DebianProgram? _bouncer;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string ConnectionString =>
        new NpgsqlConnectionStringBuilder(_database.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = _port,
        }.ConnectionString;

    public async ValueTask InitializeAsync()
    {
        DebianProgram.Find("pgbouncer");
        _database = await TestDatabase.CreateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_bouncer is not null) await _bouncer.DisposeAsync();
        await _database.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task In_session_mode_the_main_job_is_done()
    {
        await StartAsync("session");
        await using var product = await ProductProcess.StartAsync(
            new() { ["ConnectionStrings__Messaging"] = ConnectionString });
        var (anna, dieter) = (await product.SignInAsync(Anna), await product.SignInAsync(Dieter));
        var conversation = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        await using (var live = await LiveClient.OpenAsync(product.Address, anna))
        {
            await live.SubscribeAsync(
                "1",
                "subscription($id: ID!) { conversationUpdated(id: $id) { conversation { lastComment { body } } } }",
                new { id = conversation });
            await CommentAsync(dieter, conversation, "Über den Bouncer.");
            (await live.NextAsync("1"))
                .At("conversationUpdated.conversation.lastComment.body")
                .ShouldBe("Über den Bouncer.");
        }

        await product.Mail.WaitForMailAsync(
            mail => mail.Text.Contains("Über den Bouncer.", StringComparison.Ordinal), s_patience);

        // What the product does now and then, such as LISTEN, locks and prepared statements, complains in the log.
        product.LastLines.ShouldNotContain("fail:");
        (await product.StopAsync()).ShouldBeLessThan(TimeSpan.FromSeconds(30));

        // Nothing that it held in sessions of before is held any more.
        await product.StartAgainAsync();
        await CommentAsync(await product.SignInAsync(Dieter), conversation, "Noch einmal.");
    }

    [Fact]
    public async Task Two_nodes_share_their_work_and_one_that_dies_leaves_nothing_behind()
    {
        await StartAsync("session");
        Dictionary<string, string> settings = new()
        {
            ["ConnectionStrings__Messaging"] = ConnectionString,
            ["Messaging__Nodes"] = "several",
        };
        await using var one = await ProductProcess.StartAsync(settings);
        await using var two = await ProductProcess.StartAsync(
            new(settings) { ["Messaging__DataDirectory"] = one.DataDirectory }, one.Mail);
        await one.KillAsync();
        var dieter = await two.SignInAsync(Dieter);
        var conversation = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        await CommentAsync(dieter, conversation, "Der andere lebt.");
        await two.Mail.WaitForMailAsync(
            mail => mail.Text.Contains("Der andere lebt.", StringComparison.Ordinal), s_patience);
        await one.StartAgainAsync();
    }

    [Theory]
    [InlineData("transaction")]
    [InlineData("statement")]
    public async Task Another_mode_is_refused_by_a_sentence(string mode)
    {
        await StartAsync(mode);
        await using var product = await ProductProcess.CreateAsync(
            new() { ["ConnectionStrings__Messaging"] = ConnectionString });
        product.Launch();
        (await product.WaitForExitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue(product.LastLines);
        product.ExitCode.ShouldBe(1, product.LastLines);
        product
            .LastLines.Split('\n')
            .Single(line => line.StartsWith("Messaging cannot start: ", StringComparison.Ordinal))
            .ShouldContain("pool_mode = session");

        // Nothing was changed.
        (
            await ScalarAsync(
                _database.ConnectionString, "select count(*) from pg_namespace where nspname = 'messaging'")
        ).ShouldBe(0L);
        (
            await ScalarAsync(
                _database.ConnectionString,
                "select count(*) from pg_db_role_setting where setdatabase = (select oid from pg_database where "
                    + "datname = current_database())"
            )
        ).ShouldBe(0L);
    }

    [Fact]
    public async Task Statements_that_hang_end_also_in_sessions_that_it_had_before()
    {
        await StartAsync("session");

        // Somebody was here before: PgBouncer keeps the sessions, which know nothing of what is set later.
        await using (var source = NpgsqlDataSource.Create(ConnectionString))
        {
            var open = new List<NpgsqlConnection>();
            for (var i = 0; i < 5; i++) open.Add(await source.OpenConnectionAsync(Cancellation));
            foreach (var connection in open) await connection.DisposeAsync();
        }

        await using var product = await ProductProcess.StartAsync(
            new() { ["ConnectionStrings__Messaging"] = ConnectionString });
        await using var another = NpgsqlDataSource.Create(ConnectionString);
        var sessions = new List<NpgsqlConnection>();
        for (var i = 0; i < 8; i++) sessions.Add(await another.OpenConnectionAsync(Cancellation));
        foreach (var session in sessions)
        {
            await using var command = new NpgsqlCommand(
                "select current_setting('statement_timeout') || ' ' || "
                    + "current_setting('idle_in_transaction_session_timeout')",
                session
            );
            (await command.ExecuteScalarAsync(Cancellation)).ShouldBe("30s 1min");
            await session.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_an_operator_has_set_stays()
    {
        await using (var source = NpgsqlDataSource.Create(_database.ConnectionString))
        await using (
            var command = source.CreateCommand(
                "do $$ begin execute format('alter database %I set statement_timeout = %L', current_database(), "
                    + "'5min'); execute format('alter database %I set jit = on', current_database()); end $$"
            )
        )
            await command.ExecuteNonQueryAsync(Cancellation);
        await using var product = await ProductProcess.StartAsync(
            new() { ["ConnectionStrings__Messaging"] = _database.ConnectionString });
        (await ScalarAsync(_database.ConnectionString, "select current_setting('statement_timeout')")).ShouldBe("5min");
        (
            await ScalarAsync(
                _database.ConnectionString, "select current_setting('idle_in_transaction_session_timeout')")
        ).ShouldBe("1min");

        // What figures are sorted in, where nobody has set it; and what somebody has.
        (await ScalarAsync(
            _database.ConnectionString, "select current_setting('work_mem') || ' ' || current_setting('jit')"))
            .ShouldBe("16MB on");
    }

    private static async Task CommentAsync(GraphQLClient who, string conversation, string body) =>
        (
            await who.QueryAsync(
                "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
                new { input = new { conversationId = conversation, body } })
        )
            .At("addComment.errors")
            .ShouldBe("[]");

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    // The file as it is, but for where things are.
    private async Task StartAsync(string mode)
    {
        var server = new NpgsqlConnectionStringBuilder(_database.ConnectionString);
        var users = _directory["userlist.txt"];
        await File.WriteAllTextAsync(users, $"\"{server.Username}\" \"{server.Password}\"\n", Cancellation);
        var settings = await Shipped.TextAsync(
            "pgbouncer.ini",
            ("messaging = host=127.0.0.1 port=5432", $"{server.Database} = host={server.Host} port={server.Port}"),
            ("listen_port = 6432", $"listen_port = {_port}\nunix_socket_dir ="),
            ("/etc/pgbouncer/userlist.txt", users), ("pool_mode = session", $"pool_mode = {mode}"));
        var file = _directory["pgbouncer.ini"];
        await File.WriteAllTextAsync(file, settings, Cancellation);

        // It does not run as root, and what it reads is nobody's secret here.
        string[] user = [];
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
        {
            user = ["--user=nobody"];
            File.SetUnixFileMode(
                _directory.Path,
                File.GetUnixFileMode(_directory.Path) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        _bouncer = await DebianProgram.StartAsync("pgbouncer", [.. user, file], _port);
    }
}
