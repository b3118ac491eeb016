using System.Diagnostics;
using System.Globalization;
using System.Net;
using Messaging.Api.Hosting;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>A gentle stop of PostgreSQL (SIGTERM), which waits until every connection is closed.</summary>
public sealed class DatabaseStopTests
{
    private const string AddComment =
        "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } errors { code } } }";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("one")]
    [InlineData("several")]
    public async Task It_is_let_go_clients_are_told_to_come_back_and_all_goes_on_when_it_is_there_again(string nodes)
    {
        using var directory = new TempDirectory();

        // The product knows it as somebody else's; it comes back by itself.
        await using var server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(directory["db"]) { Durable = false }, NullLogger.Instance, Cancellation);
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["ConnectionStrings:Messaging"] = server.ConnectionString, ["Messaging:Nodes"] = nodes });
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var conversationId = (await anna.QueryAsync("{ conversations { nodes { id } } }"))
            .At("conversations.nodes.0.id");

        // The tail of live updates follows events, and commands have connections of their own.
        await using var live = await LiveClient.OpenAsync(product.Address, anna);
        await live.SubscribeAsync("1", "subscription { conversationsUpdated { removedId } }");
        await anna.QueryAsync(
            AddComment, new { input = new { id = Guid.CreateVersion7(), conversationId, body = "davor" } });

        // With several nodes Wolverine comes to hold a lock, by a connection of another name.
        if (nodes == "several") await LockIsHeldAsync(server.ConnectionString);

        using var process = Process.GetProcessById(server.ProcessId);
        var id = process.Id.ToString(CultureInfo.InvariantCulture);
        using (var kill = Process.Start("kill", ["-TERM", id])) await kill.WaitForExitAsync(Cancellation);
        var comment = new { input = new { id = Guid.CreateVersion7(), conversationId, body = "währenddessen" } };
        var clock = Stopwatch.StartNew();
        var refused = false;
        while (!process.HasExited)
        {
            clock.Elapsed
                .ShouldBeLessThan(TimeSpan.FromSeconds(20), "The server waits for connections of the product.");
            var answer = await anna.SendAsync(AddComment, comment);
            answer.Status.ShouldBeOneOf(200, 503);
            refused |= answer.Status == 503;
            await Task.Delay(20, Cancellation);
        }

        refused.ShouldBeTrue();
        clock.Restart();
        while ((await anna.GetAsync("/health/ready")).StatusCode != HttpStatusCode.OK)
        {
            clock.Elapsed.ShouldBeLessThan(
                TimeSpan.FromSeconds(15), "The product is not ready 15 s after the server has ended and come back.");
            await Task.Delay(50, Cancellation);
        }

        await anna.QueryAsync(AddComment, comment);
        (await anna.QueryAsync("query($id: ID!) { conversation(id: $id) { comments(last: 2) { nodes { body } } } }",
            new { id = conversationId }))
            .At("conversation.comments.nodes.1.body").ShouldBe("währenddessen");

        // Planning and sending have recovered too: a customer's comment leads to its mail.
        var dieter = await product.SignInAsync("dieter.krause@baeckerei-krause.example");
        var own = (await dieter.QueryAsync("{ conversations { nodes { id } } }")).At("conversations.nodes.0.id");
        var last = new { id = Guid.CreateVersion7(), conversationId = own, body = "Danach, mit Umlaut: Grüße" };
        await dieter.QueryAsync(AddComment, new { input = last });
        await product.Mail.WaitForMailAsync(
            mail => mail.Message.TextBody?.Contains("Danach, mit Umlaut: Grüße", StringComparison.Ordinal) == true);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(
            $"select count(*) from messaging.mt_events where data ->> 'commentId' = '{comment.input.id}'", connection);
        (await command.ExecuteScalarAsync(Cancellation)).ShouldBe(1L);
    }

    private static async Task LockIsHeldAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(
            "select count(*) from pg_stat_activity where application_name like 'wolverine-advisory-lock%'", connection);
        await Waiting.UntilAsync(
            async () => await command.ExecuteScalarAsync(Cancellation) is > 0L, TimeSpan.FromSeconds(60));
    }
}
