using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Hosting;

/// <summary>
/// Nodes of one database are updated one after the other, while people write: no row is lost, and clients see success
/// or 503. Here a node of another version is one that finds the read models marked as of another format.
/// </summary>
public sealed class RollingUpdateTests : IAsyncLifetime
{
    private const string AddComment =
        "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } errors { code } } }";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly TempDirectory _directory = new();
    private TestDatabase _database = null!;
    private SmtpServer _mail = null!;
    private ProductProcess _first = null!;
    private ProductProcess _second = null!;
    private NpgsqlDataSource _direct = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _direct = NpgsqlDataSource.Create(_database.ConnectionString);
        _mail = SmtpServer.Start();
        Directory.CreateDirectory(_directory["data"]);
        _first = await NodeAsync();
        _second = await NodeAsync();
        await _first.StartAgainAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _mail.DisposeAsync();
        await _direct.DisposeAsync();
        await _database.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Nothing_that_is_written_while_a_node_rebuilds_is_lost()
    {
        await using var third = await NodeAsync();
        var dieter = await _first.SignInAsync("dieter.krause@baeckerei-krause.example");
        var conversationId = await ConversationAsync(dieter);
        await using var live = await LiveClient.OpenAsync(_first.Address, dieter);
        await live.SubscribeAsync("1", "subscription { conversationsUpdated { removedId } }");
        await SlowDownAsync();

        var statuses = new ConcurrentDictionary<int, int>();
        var acknowledged = new ConcurrentBag<Guid>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var writers = Enumerable
            .Range(0, 6)
            .Select(_ => WriteAsync(_first, dieter, conversationId, statuses, acknowledged, enough.Token))
            .ToList();
        while (acknowledged.Count < 100)
            await Task.Delay(20, Cancellation);

        // Two at once: one rebuilds, the other waits.
        await ExecuteAsync("update messaging.read_model_formats set format = 1");
        _second.Launch();
        third.Launch();
        var nodes = new[] { _second, third };
        await UntilAsync(async () =>
            (await SaysAsync(_first)).Contains("Another node is rebuilding the read models", StringComparison.Ordinal)
        );
        await UntilAsync(async () =>
            (await Task.WhenAll(nodes.Select(SaysAsync))).Any(s =>
                s.Contains("rebuilding the read models, ", StringComparison.Ordinal)
            )
        );
        await UntilAsync(async () =>
            (await Task.WhenAll(nodes.Select(SaysAsync))).Any(s =>
                s.Contains("waiting for another node that starts", StringComparison.Ordinal)
            )
        );
        foreach (var node in nodes.Append(_first))
            (await StatusAsync(node, "/health/live")).ShouldBe(HttpStatusCode.OK);
        await RefusesAsync(_first, dieter);
        await RefusesAsync(_second, dieter);
        await ClosedForLaterAsync(live);

        foreach (var node in nodes) await node.WaitUntilReadyAsync(s_patience);
        var before = acknowledged.Count;
        await UntilAsync(() => Task.FromResult(acknowledged.Count > before + 100));
        await enough.CancelAsync();
        await Task.WhenAll(writers);

        statuses.Keys.Order().ShouldBe([200, 503]);
        await IsWholeAsync(acknowledged);
        await using var again = await LiveClient.OpenAsync(_first.Address, dieter);
        await again.SubscribeAsync("1", "subscription { conversationsUpdated { removedId } }");
    }

    [Fact]
    public async Task A_node_that_is_too_old_answers_503_says_so_and_loses_nothing()
    {
        var dieter = await _first.SignInAsync("dieter.krause@baeckerei-krause.example");
        var conversationId = await ConversationAsync(dieter);
        var statuses = new ConcurrentDictionary<int, int>();
        var acknowledged = new ConcurrentBag<Guid>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var writers = Enumerable
            .Range(0, 4)
            .Select(_ => WriteAsync(_first, dieter, conversationId, statuses, acknowledged, enough.Token))
            .ToList();
        while (acknowledged.Count < 50)
            await Task.Delay(20, Cancellation);

        await ExecuteAsync("update messaging.read_model_formats set format = format + 1");
        var clock = Stopwatch.StartNew();
        await UntilAsync(async () =>
            (await SaysAsync(_first)).Contains("this node is too old", StringComparison.Ordinal)
        );
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(3));
        var (before, events) = (acknowledged.Count, await CountAsync("select count(*) from messaging.mt_events"));
        await RefusesAsync(_first, dieter);
        await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
        acknowledged.Count.ShouldBe(before);
        (await CountAsync("select count(*) from messaging.mt_events")).ShouldBe(events);

        // A newer version, of which this build is none, does not start either.
        _second.Launch();
        (await _second.WaitForExitAsync(s_patience)).ShouldBeTrue();
        _second.LastLines.ShouldContain("newer version");
        _second.ExitCode.ShouldBe(1);

        // It has left its work to the newer ones, for good: it is no longer one of the nodes, and plans nothing.
        await UntilAsync(async () =>
            (await SaysAsync(_first)).Contains("has handed its work over", StringComparison.Ordinal)
        );
        await Task.Delay(TimeSpan.FromSeconds(3), Cancellation);
        (await CountAsync("select count(*) from wolverine.wolverine_nodes")).ShouldBe(0);
        (await CountAsync("select count(*) from wolverine.wolverine_node_assignments")).ShouldBe(0);
        (
            await CountAsync(
                "select count(*) from pg_locks l join pg_stat_activity a using (pid) where l.locktype = 'advisory' "
                    + "and a.application_name like 'wolverine-advisory-lock:%' and a.datname = current_database()"
            )
        ).ShouldBe(0);

        await ExecuteAsync("update messaging.read_model_formats set format = format - 1");
        await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
        await RefusesAsync(_first, dieter);
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        statuses.Keys.Order().ShouldBe([200, 503]);
        await IsWholeAsync(acknowledged);

        // One that starts anew may serve.
        await _first.StopAsync();
        await _first.StartAgainAsync();
        await ConversationAsync(dieter);
    }

    [Fact]
    public async Task A_rebuild_that_was_cut_off_is_done_by_the_next_and_nobody_serves_until_then()
    {
        var dieter = await _first.SignInAsync("dieter.krause@baeckerei-krause.example");
        var conversationId = await ConversationAsync(dieter);
        for (var i = 0; i < 50; i++)
            await dieter.QueryAsync(
                AddComment,
                new
                {
                    input = new
                    {
                        id = Guid.CreateVersion7(),
                        conversationId,
                        body = $"Nr. {i}",
                    },
                }
            );
        await SlowDownAsync();
        await ExecuteAsync("update messaging.read_model_formats set format = 1");
        _second.Launch();
        await UntilAsync(async () =>
            (await SaysAsync(_second)).Contains("rebuilding the read models, ", StringComparison.Ordinal)
        );
        await _second.KillAsync();
        await UntilAsync(async () =>
            (await SaysAsync(_first)).Contains("nobody rebuilds them", StringComparison.Ordinal)
        );
        await RefusesAsync(_first, dieter);

        await _second.StartAgainAsync();
        await _first.WaitUntilReadyAsync(s_patience);
        await IsWholeAsync([]);
    }

    private async Task<ProductProcess> NodeAsync() => await ProductProcess.CreateAsync(
        new()
        {
            ["ConnectionStrings__Messaging"] = _database.ConnectionString,
            ["Messaging__DataDirectory"] = _directory["data"],
            ["Messaging__Nodes"] = "several",
            ["Messaging__GraphQL__MaxOperationsPerMinute"] = $"{int.MaxValue}",
            ["Messaging__GraphQL__MaxComplexityPerMinute"] = $"{int.MaxValue}",
            ["Logging__LogLevel__Default"] = "Warning",
        },
        _mail);

    private static async Task<string> ConversationAsync(GraphQLClient who) =>
        (await who.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At("conversations.nodes.0.id");

    // What is not answered is repeated with the same id.
    private static async Task WriteAsync(
        ProductProcess node, GraphQLClient who, string conversationId, ConcurrentDictionary<int, int> statuses,
        ConcurrentBag<Guid> acknowledged, CancellationToken enough)
    {
        var client = new GraphQLClient(node.Http, who.Token);
        while (!enough.IsCancellationRequested)
        {
            var id = Guid.CreateVersion7();
            while (true)
            {
                var answer = await client.SendAsync(
                    AddComment,
                    new
                    {
                        input = new
                        {
                            id,
                            conversationId,
                            body = "Wird geschrieben, während aktualisiert wird.",
                        },
                    }
                );
                statuses.AddOrUpdate(answer.Status, 1, (_, n) => n + 1);
                if (answer.Status == 200)
                {
                    answer.Data.At("addComment.comment.id").ShouldNotBeEmpty(answer.Body.ToJsonString());
                    acknowledged.Add(id);
                    break;
                }

                if (enough.IsCancellationRequested) return;
                await Task.Delay(50, CancellationToken.None);
            }

            await Task.Delay(10, CancellationToken.None);
        }
    }

    /// <summary>
    /// Whether events, rows and counters are the same, and whether what was acknowledged is among them.
    /// </summary>
    private async Task IsWholeAsync(ConcurrentBag<Guid> acknowledged)
    {
        var events = await CountAsync("select count(*) from messaging.mt_events where type = 'comment_added'");
        (await CountAsync("select count(*) from messaging.comments")).ShouldBe(events);
        (await CountAsync("select sum(comment_count)::bigint from messaging.conversations")).ShouldBe(events);
        await using var command = _direct.CreateCommand("select count(*) from messaging.comments where id = any($1)");
        command.Parameters.Add(new NpgsqlParameter { Value = acknowledged.ToArray() });
        (await command.ExecuteScalarAsync(Cancellation)).ShouldBe((long)acknowledged.Count);
    }

    // A fiftieth of a second for each comment: a rebuild takes seconds.
    private async Task SlowDownAsync()
    {
        await ExecuteAsync(
            """
            create function messaging.slowly() returns trigger language plpgsql as $$
            begin
                if not exists (select from messaging.read_model_formats where format = 0) then return new; end if;
                perform pg_sleep(0.02);
                return new;
            end $$
            """);
        await ExecuteAsync("create trigger slowly before insert on messaging.comments for each row execute "
            + "function messaging.slowly()");
    }

    private static async Task<string> SaysAsync(ProductProcess node)
    {
        try
        {
            using var answer = await node.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancellation);
            return await answer.Content.ReadAsStringAsync(Cancellation);
        }
        catch (HttpRequestException)
        {
            return "";
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(ProductProcess node, string path)
    {
        using var answer = await node.Http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        return answer.StatusCode;
    }

    /// <summary>Whether everything but its health is answered by 503, when to try again, and a reason.</summary>
    private static async Task RefusesAsync(ProductProcess node, GraphQLClient who)
    {
        var answer = await new GraphQLClient(node.Http, who.Token).SendAsync("{ conversations { nodes { id } } }");
        answer.Status.ShouldBe(503);
        answer.ErrorCode.ShouldBe("INTERNAL");

        // Of two that start at once either may be the one that waits.
        answer.ErrorMessage.ShouldNotBeNull().ShouldMatch("read models|another node that starts");
        foreach (var path in new[] { "/", "/conversations", $"/files/{Guid.CreateVersion7()}" })
        {
            using var page = await node.Http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            page.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            page.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldBe(TimeSpan.FromSeconds(5));
        }

        await Should.ThrowAsync<System.Net.WebSockets.WebSocketException>(() => LiveClient.OpenAsync(node.Address));
    }

    private static async Task ClosedForLaterAsync(LiveClient live)
    {
        while (await live.ReceiveAsync() is not null)
        {
            // What was told before.
        }

        live.CloseCode.ShouldBe(1013);
    }

    private static Task UntilAsync(Func<Task<bool>> condition) => Waiting.UntilAsync(condition, s_patience);

    private async Task<long> CountAsync(string sql)
    {
        await using var command = _direct.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _direct.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
