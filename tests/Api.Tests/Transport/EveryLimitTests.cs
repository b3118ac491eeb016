using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Tests.Live;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Transport;

/// <summary>
/// Each setting of <see cref="GraphQLOptions"/> with the attack that it is there for, and with what that is answered.
/// </summary>
public sealed partial class EveryLimitTests(EveryLimitTests.Started started) : IClassFixture<EveryLimitTests.Started>
{
    private const string All = "subscription { conversationsUpdated { removedId } }";
    private const string Slow = "{ slow(milliseconds: 10000) }";

    // Documents, with the settings as they come. Code and message of what is refused before anything runs.
    private static readonly Dictionary<string, (string Document, string Code, string Message)> s_documents = new()
    {
        [nameof(GraphQLOptions.MaxDocumentLength)] = (
            "{ hello } #" + new string('x', 40_000), "QUERY_TOO_COMPLEX",
            "The document is longer than 32768 characters."),
        [nameof(GraphQLOptions.MaxTokens)] = (
            "{ " + Repeat(16_000, _ => "a") + " }", "QUERY_TOO_COMPLEX", "The document has more than 8000 tokens."),
        [nameof(GraphQLOptions.MaxDepth)] = (
            "{ books { nodes { " + Repeat(7, _ => "related { nodes {") + " id " + Repeat(7, _ => "} }") + " } } }",
            "QUERY_TOO_COMPLEX", "The document nests deeper than 15 fields."),
        [nameof(GraphQLOptions.MaxFragments)] = (
            "{ ...F0 } "
                + Repeat(100, i => $"fragment F{i} on Query {{ ...F{i + 1} }}")
                + " fragment F100 on Query { hello }",
            "QUERY_TOO_COMPLEX",
            "The document has more than 100 fragments."
        ),
        [nameof(GraphQLOptions.MaxSelections)] = (
            "{ ...F0 } "
                + Repeat(60, i => $"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}")
                + " fragment F60 on Query { hello }",
            "QUERY_TOO_COMPLEX",
            "The document has more than 1000 selections, with fragments expanded."
        ),
        [nameof(GraphQLOptions.MaxRepeats)] = (
            "{ " + Repeat(21, _ => "hello") + " }", "QUERY_TOO_COMPLEX",
            "The document has more than 20 fields of the same name at the same place."),
        [nameof(GraphQLOptions.MaxAliases)] = (
            "{ " + Repeat(51, i => $"a{i}: hello") + " }", "QUERY_TOO_COMPLEX",
            "The document has more than 50 aliases."),
        [nameof(GraphQLOptions.MaxDirectives)] = (
            "{ hello " + Repeat(51, _ => "@include(if: true)") + " }", "QUERY_TOO_COMPLEX",
            "The document has more than 50 directives."),
        [nameof(GraphQLOptions.MaxValues)] = (
            "{ filtered(filter: { words: [" + Repeat(1000, _ => "\"\"") + "] }) }", "QUERY_TOO_COMPLEX",
            "The document has more than 1000 values; send them as variables."),
        [nameof(GraphQLOptions.MaxOperations)] = (
            Repeat(11, i => $"query Q{i} {{ hello }}"), "QUERY_TOO_COMPLEX",
            "The document has more than 10 operations."),
        [nameof(GraphQLOptions.MaxVariables)] = (
            "query(" + Repeat(101, i => $"$v{i}: Int") + ") { hello }", "QUERY_TOO_COMPLEX",
            "The document has more than 100 variables."),
        [nameof(GraphQLOptions.MaxComplexity)] = (
            "{ books(first: 200) { nodes { related(first: 200) { nodes { id } } } } }", "QUERY_TOO_COMPLEX",
            "The request may answer with about 80401 fields; the limit is 20000. Ask for smaller pages."),
        [nameof(GraphQLOptions.DefaultPageSize)] = (
            "{ books { nodes { related { nodes { related { nodes { id } } } } } } }", "QUERY_TOO_COMPLEX",
            "The request may answer with about 255101 fields; the limit is 20000. Ask for smaller pages."),
        [nameof(GraphQLOptions.MaxPageSize)] = (
            "{ books(first: 201) { nodes { id } } }", "BAD_USER_INPUT", "first must be at most 200."),
        [nameof(GraphQLOptions.MutationFieldLimit)] = (
            "mutation { " + Repeat(11, i => $"m{i}: renameAuthor(id: 1, name: \"{i}\") {{ before }}") + " }",
            "QUERY_TOO_COMPLEX", "A request has at most 10 mutation fields."),
        [nameof(GraphQLOptions.FieldLimits)] = (
            "mutation { " + Repeat(9, i => $"a{i}: signIn(email: \"a\")") + " }", "QUERY_TOO_COMPLEX",
            "A request has the field 'signIn' at most 1 time."),
    };

    // What needs more than a document: what it takes, and the status (of HTTP, or with which a WebSocket is closed),
    // code and message of the answer.
    private static readonly Dictionary<string, (Func<Started, Task<Outcome>> Attack, Outcome Expected)> s_attacks =
        new()
        {
            [nameof(GraphQLOptions.MaxRequestBytes)] = (
                s => s.Toy.PostAsync("{ hello }", new { name = new string('x', 1024 * 1024) }).OutcomeAsync(),
                new(413, "QUERY_TOO_COMPLEX", "The body is larger than 1048576 bytes.")),
            [nameof(GraphQLOptions.MaxBatch)] = (
                s =>
                    s.Toy.PostJsonAsync($"[{string.Join(',', Enumerable.Repeat("""{"query":"{hello}"}""", 11))}]")
                        .OutcomeAsync(),
                new(400, "QUERY_TOO_COMPLEX", "The batch has more than 10 operations.")
            ),
            [nameof(GraphQLOptions.MaxFiles)] = (
                s => ElevenFilesAsync(s.Toy), new(400, "QUERY_TOO_COMPLEX", "A request has at most 10 files.")),
            [nameof(GraphQLOptions.MaxOperationsPerMinute)] = (
                _ => SecondAsync(s => s.PostAsync("{ hello }"), ("MaxOperationsPerMinute", "1")),
                new(429, "RATE_LIMITED", "You have sent more than 1 operations in a minute. Try again in … s.")),
            [nameof(GraphQLOptions.MaxComplexityPerMinute)] = (
                _ =>
                    SecondAsync(
                        s => s.PostAsync("{ books(first: 99) { nodes { id } } }"), ("MaxComplexityPerMinute", "100")),
                new(429, "RATE_LIMITED", "You have asked for more than about 100 fields in a minute. Try again in … s.")
            ),
            [nameof(GraphQLOptions.Timeout)] = (
                _ => FirstAsync(s => s.PostAsync(Slow), ("Timeout", "00:00:00.2")),
                new(500, "INTERNAL", "The operation took too long: it was stopped after 0.2 s.")),
            [nameof(GraphQLOptions.MaxConcurrentOperations)] = (
                _ => BesideAnotherAsync(("MaxConcurrentOperations", "1"), ("MaxWait", "00:00:00.1")),
                new(429, "RATE_LIMITED", "The server has too much to do. Try again in a moment.")),
            [nameof(GraphQLOptions.MaxWait)] = (
                _ => BesideAnotherAsync(("MaxConcurrentOperations", "1"), ("MaxWait", "00:00:00.3")),
                new(429, "RATE_LIMITED", "The server has too much to do. Try again in a moment.")),
            [nameof(GraphQLOptions.MaxOperationsPerViewer)] = (
                _ => BesideAnotherAsync(("MaxOperationsPerViewer", "1"), ("MaxWait", "00:00:00.1")),
                new(429, "RATE_LIMITED", "The server has too much to do. Try again in a moment.")),
            [nameof(GraphQLOptions.MaxWaitingPerViewer)] = (
                _ => BesideAnotherAsync(("MaxOperationsPerViewer", "1"), ("MaxWaitingPerViewer", "1")),
                new(429, "RATE_LIMITED", "The server has too much to do. Try again in a moment.")),
            [nameof(GraphQLOptions.MaxAnswerBytes)] = (
                _ => FirstAsync(s => s.PostAsync("{ text(of: \"x\", times: 2000) }"), ("MaxAnswerBytes", "1000")),
                new(400, "QUERY_TOO_COMPLEX", "The answer is larger than 1000 bytes. Ask for less at once.")),
            [nameof(GraphQLOptions.MaxBytesUnderWay)] = (
                _ => FirstAsync(s => s.PostAsync("{ text(of: \"x\", times: 200000) }"), ("MaxBytesUnderWay", "200000")),
                new(429, "RATE_LIMITED", "The server has too much to do. Try again in a moment.")),
            [nameof(GraphQLOptions.BodyTimeout)] = (
                _ => TrickleAsync("application/json", ("BodyTimeout", "00:00:00.3")),
                new(408, "BAD_USER_INPUT", "The body arrives too slowly.")),
            [nameof(GraphQLOptions.UploadTimeout)] = (
                _ => TrickleAsync("multipart/form-data; boundary=b", ("UploadTimeout", "00:00:00.3")),
                new(408, "BAD_USER_INPUT", "The body arrives too slowly.")),
            [nameof(GraphQLOptions.Introspection)] = (
                _ => FirstAsync(s => s.PostAsync("{ __schema { types { name } } }"), ("Introspection", "false")),
                new(400, "BAD_USER_INPUT", "Introspection queries are not allowed.")),
            [nameof(GraphQLOptions.TrustedDocuments)] = (
                TrustedOnlyAsync,
                new(403, "FORBIDDEN", "Only documents that were registered with the server may run.")),
            [nameof(GraphQLOptions.TrustedDocumentsOnly)] = (
                TrustedOnlyAsync,
                new(403, "FORBIDDEN", "Only documents that were registered with the server may run.")),
            [nameof(GraphQLOptions.Explorer)] = (
                async s => new((int)(await s.Product.Http.GetAsync("/graphiql")).StatusCode, "", ""), new(404, "", "")),
            [nameof(GraphQLOptions.MaxSubscriptionsPerViewer)] = (
                ThreeSubscriptionsAsync, new(0, "RATE_LIMITED", "There are more than 2 subscriptions of yours.")),
            [nameof(GraphQLOptions.MaxOperationsPerConnection)] = (
                FiveOperationsAsync, new(0, "RATE_LIMITED", "There are more than 4 operations on this connection.")),
            [nameof(GraphQLOptions.MaxConnectionsPerViewer)] = (
                FourConnectionsAsync, new(4429, "", "There are 3 connections of yours already.")),
            [nameof(GraphQLOptions.MaxUnknownConnectionsPerAddress)] = (SilentConnectionsAsync, new(429, "", "")),
            [nameof(GraphQLOptions.InitTimeout)] = (SilenceAsync, new(4408, "", "Connection initialisation timeout")),
            [nameof(GraphQLOptions.Origins)] = (ForeignPageAsync, new(403, "", "")),
        };

    // What refuses nothing, with the test that shows what it does.
    private static readonly Dictionary<string, string> s_elsewhere = new()
    {
        [nameof(GraphQLOptions.MaxErrors)] = nameof(LimitTests.Many_errors_are_cut_short),
        [nameof(GraphQLOptions.MaxParallelFields)] = nameof(Fields_of_an_operation_run_at_once_as_far_as_they_may),
        [nameof(GraphQLOptions.DocumentCacheLength)] = nameof(LimitTests.The_cache_of_documents_is_bounded),
        [nameof(GraphQLOptions.SendTimeout)] = nameof(AnswerBytesTests.Who_takes_nothing_is_let_go_and_holds_nothing),
        [nameof(GraphQLOptions.MaxStatementsPerOperation)] = nameof(
            FairStatementTests.An_operation_has_some_statements_at_the_database_at_once),
        [nameof(GraphQLOptions.MaxStatementsPerOrganisation)] = nameof(
            FairStatementTests.An_organisation_has_its_share_of_the_connections),
        [nameof(GraphQLOptions.MaxHeavyStatements)] = nameof(
            FairStatementTests.Of_what_looks_at_much_little_runs_at_once),
        [nameof(GraphQLOptions.KeepAlive)] = nameof(
            EventStreamTests.A_subscription_says_that_it_is_there_and_tells_what_happens),
    };

    public static TheoryData<string> Documents => [.. s_documents.Keys];

    public static TheoryData<string> Attacks => [.. s_attacks.Keys];

    [Fact]
    public void No_setting_is_without_its_attack() =>
        s_documents
            .Keys.Concat(s_attacks.Keys)
            .Concat(s_elsewhere.Keys)
            .Order(StringComparer.Ordinal)
            .ShouldBe(
                typeof(GraphQLOptions).GetProperties().Select(property => property.Name).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task A_document_beyond_it_is_refused_at_once_by_name(string setting)
    {
        var (document, code, message) = s_documents[setting];
        var fastest = TimeSpan.MaxValue;

        // The machine may be busy: the fastest of some tries counts.
        for (var time = 0; time < 20 && fastest > TimeSpan.FromMilliseconds(50); time++)
        {
            var clock = Stopwatch.StartNew();
            var answer = await started.Toy.PostAsync(document);
            fastest = clock.Elapsed < fastest ? clock.Elapsed : fastest;
            (answer.Status, answer.Code, answer.Message).ShouldBe((400, code, message));
            answer.HasData.ShouldBeFalse();
        }

        fastest.ShouldBeLessThan(TimeSpan.FromMilliseconds(50));
        started.Toy.Library.Mutations.ShouldBeEmpty();
        (await started.Toy.PostAsync("{ hello }")).Status.ShouldBe(200);
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task What_is_beyond_it_is_refused_by_name(string setting)
    {
        var (attack, expected) = s_attacks[setting];
        (await attack(started)).ShouldBe(expected);
        (await started.Toy.PostAsync("{ hello }")).Status.ShouldBe(200);
        (await started.Anna.SendAsync("{ viewer { id } }")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Fields_of_an_operation_run_at_once_as_far_as_they_may()
    {
        var three = "{ " + Repeat(3, i => $"s{i}: slow(milliseconds: 300)") + " }";
        await using var server = await ToyServer.StartAsync(("MaxParallelFields", "1"));
        var clock = Stopwatch.StartNew();
        (await server.PostAsync(three)).Status.ShouldBe(200);
        clock.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(890));
    }

    private static string Repeat(int count, Func<int, string> part) =>
        string.Join(' ', Enumerable.Range(0, count).Select(part));

    private static async Task<Outcome> FirstAsync(
        Func<ToyServer, Task<ToyAnswer>> ask, params (string, string)[] settings)
    {
        await using var server = await ToyServer.StartAsync(settings);
        return await ask(server).OutcomeAsync();
    }

    private static async Task<Outcome> SecondAsync(
        Func<ToyServer, Task<ToyAnswer>> ask, params (string, string)[] settings)
    {
        await using var server = await ToyServer.StartAsync(settings);
        (await ask(server)).Status.ShouldBe(200);
        return await ask(server).OutcomeAsync();
    }

    // By one viewer: one that goes on, one or two that have to wait for it, and of these the first answer.
    private static async Task<Outcome> BesideAnotherAsync(params (string, string)[] settings)
    {
        await using var server = await ToyServer.StartAsync(settings);
        using var first = new CancellationTokenSource();
        var running = SendAsync(Slow, first.Token);
        await server.Library.Started.Task;
        var waiting = new List<Task<HttpResponseMessage>> { SendAsync("{ hello }", default) };
        if (settings.Any(s => s.Item1 == "MaxWaitingPerViewer")) waiting.Add(SendAsync("{ hello }", default));
        using var answer = await await Task.WhenAny(waiting);
        var outcome = Outcome.Of((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        await first.CancelAsync();
        await Task.WhenAll(waiting.Append(running)).ContinueWith(_ => { }, TaskScheduler.Default);
        return outcome;

        Task<HttpResponseMessage> SendAsync(string query, CancellationToken cancellation)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "")
            {
                Content = new StringContent(JsonSerializer.Serialize(new { query }), Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = new("Bearer", "anna");
            return server.Client.SendAsync(request, cancellation);
        }
    }

    private static async Task<Outcome> TrustedOnlyAsync(Started started)
    {
        using var folder = new TempDirectory();
        File.WriteAllText(
            folder["trusted.json"],
            JsonSerializer.Serialize(
                new Dictionary<string, string> { [DocumentCache.HashOf("{ nothing }")] = "{ nothing }" })
        );
        return await FirstAsync(
            s => s.PostAsync("{ hello }"), ("TrustedDocuments", folder["trusted.json"]),
            ("TrustedDocumentsOnly", "true"));
    }

    private static async Task<Outcome> ElevenFilesAsync(ToyServer server)
    {
        var files = Enumerable.Range(0, 11).ToDictionary(i => $"{i}", i => new[] { $"variables.files.{i}" });
        var form = new MultipartFormDataContent
        {
            {
                new StringContent(
                    JsonSerializer.Serialize(
                        new
                        {
                            query = "mutation($files: [Upload]!) { uploadFiles(files: $files) }",
                            variables = new { files = new string?[11] },
                        }
                    )
                ),
                "operations"
            },
            { new StringContent(JsonSerializer.Serialize(files)), "map" },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "") { Content = form };
        request.Headers.Add("GraphQL-Preflight", "1");
        return await server.SendAsync(request, token: "anna").OutcomeAsync();
    }

    // The beginning of a body, and then nothing.
    private static async Task<Outcome> TrickleAsync(string contentType, params (string, string)[] settings)
    {
        await using var server = await ToyServer.StartAsync(settings);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /graphql HTTP/1.1\r\nHost: {server.Address.Authority}\r\nAuthorization: Bearer anna\r\n"
                    + $"GraphQL-Preflight: 1\r\nConnection: close\r\n"
                    + $"Content-Type: {contentType}\r\nContent-Length: 100000\r\n\r\n{{"
            )
        );
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(timeout.Token);
        return Outcome.Of(
            int.Parse(answer.Split(' ')[1], CultureInfo.InvariantCulture),
            answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)]);
    }

    private static async Task<Outcome> ThreeSubscriptionsAsync(Started started)
    {
        await using var live = await LiveClient.OpenAsync(started.Product.Address, started.Anna);
        for (var i = 0; i < 2; i++) await live.SubscribeAsync($"{i}", All);
        return await RefusedAsync(live, "2", All);
    }

    private static async Task<Outcome> FiveOperationsAsync(Started started)
    {
        await using var live = await LiveClient.OpenAsync(started.Product.Address, started.Eva);
        await live.SubscribeAsync("0", All);
        await live.SubscribeAsync("1", All);

        // None ends before the last has come: each waits for a table.
        await using var database = new NpgsqlConnection(started.Product.ConnectionString);
        await database.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await database.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var command = new NpgsqlCommand(
            "lock table messaging.conversations in access exclusive mode", database, transaction))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        for (var i = 2; i < 5; i++)
            await live.SendAsync(
                new
                {
                    id = $"{i}",
                    type = "subscribe",
                    payload = new { query = "{ conversations(first: 1) { nodes { id } } }" },
                }
            );
        while (true)
        {
            var message = (await live.ReceiveAsync())!;
            if ((string?)message["type"] == "error")
                return new Outcome(0, message.At("payload.0.extensions.code"), message.At("payload.0.message"));
        }
    }

    private static async Task<Outcome> RefusedAsync(LiveClient live, string id, string query)
    {
        await live.SendAsync(new { id, type = "subscribe", payload = new { query } });
        var message = (await live.ReceiveAsync())!;
        return new Outcome(0, message.At("payload.0.extensions.code"), message.At("payload.0.message"));
    }

    private static async Task<Outcome> FourConnectionsAsync(Started started)
    {
        var open = new List<LiveClient>();
        for (var i = 0; i < 3; i++) open.Add(await LiveClient.OpenAsync(started.Product.Address, started.Bernd));
        await using var fourth = await LiveClient.OpenAsync(started.Product.Address);
        await fourth.SendAsync(
            new { type = "connection_init", payload = new { authorization = $"Bearer {started.Bernd.Token}" } });
        (await fourth.ReceiveAsync()).ShouldBeNull();
        foreach (var live in open) await live.DisposeAsync();
        return new Outcome(fourth.CloseCode!.Value, "", fourth.Socket.CloseStatusDescription!);
    }

    private static async Task<Outcome> SilentConnectionsAsync(Started started)
    {
        var open = new List<LiveClient>();
        try
        {
            for (var i = 0; i < 5; i++) open.Add(await LiveClient.OpenAsync(started.Product.Address));
            return new Outcome(101, "", "");
        }
        catch (WebSocketException e) when (e.Message.Contains("429", StringComparison.Ordinal))
        {
            return new Outcome(429, "", "");
        }
        finally
        {
            foreach (var live in open) live.Socket.Abort();
        }
    }

    private static async Task<Outcome> SilenceAsync(Started started)
    {
        await using var live = await LiveClient.OpenAsync(started.Product.Address);
        (await live.ReceiveAsync()).ShouldBeNull();
        return new Outcome(live.CloseCode!.Value, "", live.Socket.CloseStatusDescription!);
    }

    private static async Task<Outcome> ForeignPageAsync(Started started)
    {
        try
        {
            await (await LiveClient.OpenAsync(started.Product.Address, origin: "https://evil.example")).DisposeAsync();
            return new Outcome(101, "", "");
        }
        catch (WebSocketException e) when (e.Message.Contains("403", StringComparison.Ordinal))
        {
            return new Outcome(403, "", "");
        }
    }

    [GeneratedRegex(@"in \d+ s")]
    private static partial Regex Wait();

    /// <summary>How an attack ends.</summary>
    public sealed record Outcome(int Status, string Code, string Message)
    {
        public static Outcome Of(int status, string body)
        {
            var error = JsonElement.Parse(body).GetProperty("errors")[0];

            // How long depends on how long the test took.
            var message = Wait().Replace(error.GetProperty("message").GetString()!, "in … s");
            return new Outcome(status, error.GetProperty("extensions").GetProperty("code").GetString()!, message);
        }
    }

    /// <summary>
    /// The transport with its settings as they come, and the product with small ones for connections.
    /// </summary>
    public sealed class Started : IAsyncLifetime
    {
        public ToyServer Toy { get; private set; } = null!;

        public RunningProduct Product { get; private set; } = null!;

        public GraphQLClient Anna { get; private set; } = null!;

        public GraphQLClient Bernd { get; private set; } = null!;

        public GraphQLClient Eva { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Toy = await ToyServer.StartAsync();
            Product = await RunningProduct.StartAsync(settings: new()
            {
                ["Messaging:GraphQL:MaxSubscriptionsPerViewer"] = "2",
                ["Messaging:GraphQL:MaxConnectionsPerViewer"] = "3",
                ["Messaging:GraphQL:MaxOperationsPerConnection"] = "4",
                ["Messaging:GraphQL:MaxUnknownConnectionsPerAddress"] = "4",
                ["Messaging:GraphQL:InitTimeout"] = "00:00:02",
                ["Messaging:GraphQL:Explorer"] = "false",
            });
            Anna = await Product.SignInAsync("anna.sommer@kanzlei-sommer.example");
            Bernd = await Product.SignInAsync("bernd.winter@kanzlei-sommer.example");
            Eva = await Product.SignInAsync("eva.lindner@studio-lindner.example");
        }

        public async ValueTask DisposeAsync()
        {
            await Toy.DisposeAsync();
            await Product.DisposeAsync();
        }
    }
}

/// <summary>What an answer says.</summary>
internal static class Outcomes
{
    public static async Task<EveryLimitTests.Outcome> OutcomeAsync(this Task<ToyAnswer> asked)
    {
        var answer = await asked;
        return EveryLimitTests.Outcome.Of(answer.Status, answer.Body);
    }
}
