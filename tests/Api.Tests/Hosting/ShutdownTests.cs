using System.Diagnostics;
using Messaging.Api.Hosting;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>SIGTERM ends the process soon, whatever waits; what waits goes on after the next start.</summary>
public sealed class ShutdownTests : IAsyncLifetime
{
    // What Docker and Kubernetes wait before they kill.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    // It starts first, beside all other tests.
    private static readonly TimeSpan s_untilItRebuilds = TimeSpan.FromMinutes(3);

    private const string AddComment =
        "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } errors { code } } }";

    private const string Conversations = "{ conversations(first: 1) { nodes { id } } }";

    private readonly TempDirectory _directory = new();
    private EmbeddedPostgres _server = null!;
    private CuttingProxy _proxy = null!;
    private SmtpServer _mail = null!;
    private ProductProcess _product = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(_directory["db"]) { Durable = false }, NullLogger.Instance, Cancellation);
        var behind = new NpgsqlConnectionStringBuilder(_server.ConnectionString);
        _proxy = new CuttingProxy(behind.Host!, behind.Port);
        _mail = SmtpServer.Start();
        Directory.CreateDirectory(_directory["data"]);
        _product = await ProductProcess.CreateAsync(
            new()
            {
                ["ConnectionStrings__Messaging"] =
                    new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Port = _proxy.Port }.ConnectionString,
                ["Messaging__DataDirectory"] = _directory["data"],
            },
            _mail);
    }

    public async ValueTask DisposeAsync()
    {
        await _product.DisposeAsync();
        await _mail.DisposeAsync();
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Mails_that_a_silent_server_holds_up_are_left_for_the_next_start()
    {
        _mail.Always(SmtpStep.Connect, SmtpReaction.Silence);
        await _product.StartAgainAsync();
        await WriteAsync(60);
        await Waiting.UntilAsync(() => _mail.OpenSessions > 0);

        (await _product.StopAsync()).ShouldBeLessThan(s_longest);
        _product.ExitCode.ShouldBe(0);
        await AllGoOutAsync(60);
    }

    [Fact]
    public async Task Mails_that_a_slow_server_takes_are_handed_over_once_and_the_others_after_the_next_start()
    {
        _mail.Always(SmtpStep.Content, SmtpReaction.After(TimeSpan.FromSeconds(2)));
        await _product.StartAgainAsync();
        await WriteAsync(60);
        await _mail.WaitForCountAsync(1);

        (await _product.StopAsync()).ShouldBeLessThan(s_longest);
        await AllGoOutAsync(60);
    }

    [Fact]
    public async Task A_database_that_is_away_does_not_hold_it_up()
    {
        _mail.Always(SmtpStep.Connect, SmtpReaction.ReplyThenDrop(421));
        await _product.StartAgainAsync();
        await WriteAsync(100);
        await _proxy.StopAsync();

        // Long enough for messages to be in Wolverine's hands that it cannot write back.
        await Task.Delay(TimeSpan.FromSeconds(3), Cancellation);
        (await _product.StopAsync()).ShouldBeLessThan(s_longest);
        _proxy.StartAgain();

        // The first go out, and each of the others has its message, or is due at some time.
        _mail.BehaveAgain();
        await _product.StartAgainAsync();
        await _mail.WaitForCountAsync(1, TimeSpan.FromSeconds(60));
        (await ScalarAsync(
            """
            select count(distinct c.id) from messaging.deliveries d join messaging.comments c on c.id = d.comment_id
            where c.body like 'Beleg Nr. %' and d.state <> 'Failed'
            """)).ShouldBe(100L);
        (await ScalarAsync(
            """
            select (select count(*) from messaging.deliveries
                    where state in ('Pending', 'Sending') and try_at is null)
                <= (select count(*) from wolverine.wolverine_incoming_envelopes
                    where message_type like '%SendEmail' and status <> 'Handled')
            """)).ShouldBe(true);
        _mail.Received.GroupBy(mail => mail.MessageId).ShouldAllBe(copies => copies.Count() == 1);
    }

    [Fact]
    public async Task Who_waits_for_a_database_that_is_silent_is_answered_first()
    {
        await _product.StartAgainAsync();
        var anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");

        // Whose token is looked for in the database first.
        var carla = await _product.SignInAsync("carla.herbst@kanzlei-sommer.example");
        var conversationId = await ConversationAsync(anna);
        var comment = new { input = new { id = Guid.CreateVersion7(), conversationId, body = "Kommt das an?" } };
        await SignalServerAsync("STOP");
        try
        {
            Task<GraphQLAnswer>[] answers =
            [
                anna.SendAsync(AddComment, comment), anna.SendAsync(Conversations), carla.SendAsync(Conversations),
            ];
            await Task.Delay(TimeSpan.FromMilliseconds(500), Cancellation);
            answers.ShouldAllBe(answer => !answer.IsCompleted);
            (await _product.StopAsync()).ShouldBeLessThan(s_longest);
            foreach (var answer in await Task.WhenAll(answers)) answer.Status.ShouldBe(503);
        }
        finally
        {
            await SignalServerAsync("CONT");
        }

        await _product.StartAgainAsync();
        await anna.QueryAsync(AddComment, comment);
        (await ScalarAsync($"select count(*) from messaging.comments where id = '{comment.input.id}'")).ShouldBe(1L);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(1_000)]
    [InlineData(2_500)]
    [InlineData(4_000)]
    public async Task While_it_starts_it_ends_at_once_and_starts_the_next_time(int milliseconds)
    {
        // With a server of its own, which it creates, starts and stops.
        await using var product = await ProductProcess.CreateAsync(
            new() { ["ConnectionStrings__Messaging"] = "" }, _mail);
        product.Launch();
        await Task.Delay(milliseconds, Cancellation);
        (await product.StopAsync()).ShouldBeLessThan(TimeSpan.FromSeconds(15));
        product.LastLines.ShouldNotContain("Unhandled");

        // It was to serve and did not, unless it is so fast that it had started; 143 is the signal's own, before there
        // is anything of ours.
        product.ExitCode.ShouldBeOneOf(0, 1, 143);
        const string early = "Messaging was told to stop before it had started.";
        if (product.ExitCode == 1) product.LastLines.ShouldContain(early);
        else product.LastLines.ShouldNotContain(early);
        await product.StartAgainAsync();
        (await product.SignInAsync("anna.sommer@kanzlei-sommer.example")).Token.ShouldNotBeNull();
    }

    [Fact]
    public async Task While_it_rebuilds_read_models_it_ends_and_the_next_start_rebuilds_them()
    {
        await _product.StartAgainAsync();
        await WriteAsync(50);
        await _product.StopAsync();
        await ExecuteAsync(
            """
            update messaging.read_model_formats set format = 0;
            create function messaging.slowly() returns trigger language plpgsql
                as 'begin perform pg_sleep(0.1); return new; end';
            create trigger slowly before insert on messaging.comments for each row execute function messaging.slowly();
            """);
        var before = await ScalarAsync("select count(*) from messaging.comments");
        _product.Launch();
        await Waiting.UntilAsync(
            async () => await ScalarAsync("select 1 from pg_stat_activity where wait_event = 'PgSleep'") is not null,
            s_untilItRebuilds);

        (await _product.StopAsync()).ShouldBeLessThan(TimeSpan.FromSeconds(15));
        _product.LastLines.ShouldNotContain("Unhandled");
        await ExecuteAsync("drop trigger slowly on messaging.comments");
        await _product.StartAgainAsync();
        (await ScalarAsync("select count(*) from messaging.comments")).ShouldBe(before);
    }

    private async Task<string> ConversationAsync(GraphQLClient who) =>
        (await who.QueryAsync(Conversations)).At("conversations.nodes.0.id");

    // Each leads to a mail to the office at least.
    private async Task WriteAsync(int comments)
    {
        var dieter = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        var conversationId = await ConversationAsync(dieter);
        for (var i = 0; i < comments; i++)
            await dieter.QueryAsync(AddComment,
                new { input = new { id = Guid.CreateVersion7(), conversationId, body = $"Beleg Nr. {i}." } });
    }

    private async Task AllGoOutAsync(int comments)
    {
        _mail.BehaveAgain();
        await _product.StartAgainAsync();
        await _mail.WaitForAsync(
            mails => Enumerable.Range(0, comments).All(i => mails.Any(mail => IsOf(mail, i))),
            TimeSpan.FromSeconds(120));
        var waited = Stopwatch.StartNew();
        while (
            await ScalarAsync("select 1 from messaging.deliveries where state in ('Pending', 'Sending')") is not null)
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(150), "Mails are neither sent nor given up.");
            await Task.Delay(100, Cancellation);
        }

        _mail.Received.GroupBy(mail => mail.MessageId).ShouldAllBe(copies => copies.Count() == 1);
    }

    private static bool IsOf(ReceivedMail mail, int comment) =>
        mail.Text.Contains($"Beleg Nr. {comment}.", StringComparison.Ordinal);

    // The server and the processes of its sessions.
    private async Task SignalServerAsync(string signal)
    {
        var all = $"{_server.ProcessId} $(cat /proc/{_server.ProcessId}/task/*/children)";
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {all}"]);
        await kill.WaitForExitAsync(Cancellation);
    }

    private async Task ExecuteAsync(string sql) => await ScalarAsync(sql);

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
