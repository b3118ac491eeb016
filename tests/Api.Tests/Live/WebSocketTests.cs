using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Live;

/// <summary>The sub-protocol <c>graphql-transport-ws</c>, and what becomes of clients that do not keep to it.</summary>
// What is measured of the whole process is not measured while others of these run.
[Collection("Memory")]
public sealed class WebSocketTests(WebSocketTests.Started started) : IClassFixture<WebSocketTests.Started>
{
    private const string Query = "{ viewer { displayName } }";

    // Of changes to two hundred conversations.
    private const int Rounds = 40;

    private readonly RunningProduct _product = started.Product;

    [Fact]
    public async Task Queries_and_mutations_run_over_it_too()
    {
        await using var live = await LiveClient.OpenAsync(_product.Address, started.Anna);
        await live.SendAsync(new { id = "q", type = "subscribe", payload = new { query = Query } });
        (await live.NextAsync("q")).At("viewer.displayName").ShouldBe("Anna Sommer");
        (await live.ReceiveAsync())!.ToJsonString().ShouldBe("""{"id":"q","type":"complete"}""");

        await live.SendAsync(
            new
            {
                id = "q",
                type = "subscribe",
                payload = new
                {
                    query = "mutation { markNotificationsRead(input: { all: true }) { errors { message } } }",
                },
            }
        );
        (await live.NextAsync("q")).At("markNotificationsRead.errors").ShouldBe("[]");
    }

    [Theory]
    [InlineData("this is no JSON", 4400)]
    [InlineData("[]", 4400)]
    [InlineData("""{ "type": "unheard of" }""", 4400)]
    [InlineData("""{ "type": "subscribe", "payload": { "query": "{ viewer { id } }" } }""", 4400)]
    [InlineData("""{ "type": "subscribe", "id": "", "payload": { "query": "{ viewer { id } }" } }""", 4400)]
    [InlineData("""{ "type": "subscribe", "id": "1" }""", 4400)]
    [InlineData("""{ "type": "subscribe", "id": "1", "payload": { "query": 7 } }""", 4400)]
    [InlineData("""{ "type": "connection_init" }""", 4429)]
    public async Task What_is_no_message_of_the_protocol_closes_the_connection(string message, int code)
    {
        await using var live = await LiveClient.OpenAsync(_product.Address, started.Anna);
        await live.SendTextAsync(message);
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(code);
    }

    [Fact]
    public async Task Bytes_instead_of_text_close_the_connection()
    {
        await using var live = await LiveClient.OpenAsync(_product.Address, started.Anna);
        await live.Socket.SendAsync("{}"u8.ToArray(), WebSocketMessageType.Binary, true, CancellationToken.None);
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4400);
    }

    [Fact]
    public async Task Two_operations_of_one_id_close_the_connection()
    {
        await using var live = await LiveClient.OpenAsync(_product.Address, started.Anna);
        await live.SubscribeAsync("1", "subscription { conversationsUpdated { removedId } }");
        await live.SendAsync(new { id = "1", type = "subscribe", payload = new { query = Query } });
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4409);
        live.Socket.CloseStatusDescription.ShouldBe("Subscriber for 1 already exists");
    }

    [Fact]
    public async Task Nothing_runs_before_the_connection_is_acknowledged()
    {
        await using var live = await LiveClient.OpenAsync(_product.Address);
        await live.SendAsync(new { id = "1", type = "subscribe", payload = new { query = Query } });
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4401);
    }

    [Theory]
    [InlineData("""{ "type": "connection_init" }""")]
    [InlineData("""{ "type": "connection_init", "payload": { "authorization": "Bearer made up" } }""")]
    [InlineData("""{ "type": "connection_init", "payload": { "authorization": 7 } }""")]
    public async Task Without_a_valid_token_nobody_stays(string init)
    {
        await using var live = await LiveClient.OpenAsync(_product.Address);
        await live.SendTextAsync(init);
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4403);
    }

    [Fact]
    public async Task Who_says_nothing_is_closed()
    {
        await using var live = await LiveClient.OpenAsync(_product.Address);
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4408);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("graphql-ws")]
    public async Task Another_sub_protocol_is_closed(string? protocol)
    {
        await using var live = await LiveClient.OpenAsync(_product.Address, protocol);
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4406);
    }

    [Theory]
    [InlineData("https://evil.example", false)]
    [InlineData("null", false)]
    [InlineData("https://app.example", true)]
    public async Task Only_pages_of_known_origins_connect(string origin, bool mayConnect)
    {
        if (mayConnect)
            await (await LiveClient.OpenAsync(_product.Address, origin: origin)).DisposeAsync();
        else
            (
                await Should.ThrowAsync<WebSocketException>(() =>
                    LiveClient.OpenAsync(_product.Address, origin: origin)
                )
            ).Message.ShouldContain("403");
    }

    [Fact]
    public async Task A_message_that_is_too_large_closes_the_connection()
    {
        await using var live = await LiveClient.OpenAsync(_product.Address, started.Anna);
        await live.SendTextAsync(JsonSerializer.Serialize(new { type = "ping", payload = new string('x', 1_100_000) }));
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(1009);
    }

    [Fact]
    public async Task A_document_that_is_refused_is_an_error_of_its_operation_only()
    {
        await using var live = await LiveClient.OpenAsync(_product.Address, started.Anna);
        await live.SendAsync(new { id = "1", type = "subscribe", payload = new { query = "{ nothing }" } });
        var error = (await live.ReceiveAsync())!;
        ((string?)error["type"]).ShouldBe("error");
        error.At("payload.0.extensions.code").ShouldBe("BAD_USER_INPUT");

        // As deep as no answer is.
        await live.SendAsync(
            new
            {
                id = "1",
                type = "subscribe",
                payload = new { query = string.Concat(Enumerable.Repeat("{ viewer ", 100)) + new string('}', 100) },
            }
        );
        (await live.ReceiveAsync())!.At("payload.0.extensions.code").ShouldBe("QUERY_TOO_COMPLEX");
        await live.SendAsync(new { id = "1", type = "subscribe", payload = new { query = Query } });
        (await live.NextAsync("1")).At("viewer.displayName").ShouldBe("Anna Sommer");
    }

    [Fact]
    public async Task A_viewer_has_so_many_subscriptions_on_all_connections_and_a_connection_so_many_operations()
    {
        const string all = "subscription { conversationsUpdated { removedId } }";
        await using var first = await LiveClient.OpenAsync(_product.Address, started.Eva);
        await using var second = await LiveClient.OpenAsync(_product.Address, started.Eva);
        for (var i = 0; i < 5; i++) await first.SubscribeAsync($"{i}", all);
        for (var i = 5; i < 10; i++) await second.SubscribeAsync($"{i}", all);
        await second.SendAsync(new { id = "10", type = "subscribe", payload = new { query = all } });
        var refused = (await second.ReceiveAsync())!;
        refused.At("payload.0.extensions.code").ShouldBe("RATE_LIMITED");
        refused.At("payload.0.message").ShouldBe("There are more than 10 subscriptions of yours.");

        // One less, and there is room again.
        await first.SendAsync(new { id = "0", type = "complete" });
        for (var i = 0; i < 50; i++)
        {
            await second.SendAsync(new { id = "10", type = "subscribe", payload = new { query = all } });
            await second.SendAsync(new { type = "ping" });
            if ((string?)(await second.ReceiveAsync())!["type"] == "pong") return;
            await second.ReceiveAsync();
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Fail("There was no room again.");
    }

    [Fact]
    public async Task A_connection_ends_with_its_token()
    {
        var expires = DateTime.UtcNow.AddSeconds(3);
        var own = new JsonWebToken(started.Anna.Token);
        var token = new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = own.Issuer,
                Audience = own.Audiences.Single(),
                Expires = expires,
                Claims = own
                    .Claims.Where(c => c.Type is "sub" or "org")
                    .ToDictionary(c => c.Type, c => (object)c.Value),
                SigningCredentials = new SigningCredentials(
                    new SymmetricSecurityKey(Convert.FromBase64String(Started.SigningKey)),
                    SecurityAlgorithms.HmacSha256),
            }
        );
        await using var live = await LiveClient.OpenAsync(_product.Address, new GraphQLClient(_product.Http, token));
        await live.SubscribeAsync("1", "subscription { conversationsUpdated { removedId } }");

        // Other tests may have left something to tell.
        JsonNode? last;
        do last = await live.ReceiveAsync();
        while ((string?)last?["type"] == "next");
        last.ShouldBeNull();
        live.CloseCode.ShouldBe(4403);
        DateTime.UtcNow.ShouldBeGreaterThan(expires.AddSeconds(-2));
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_let_go()
    {
        var conversation = (await started.Anna.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        await using var other = await LiveClient.OpenAsync(_product.Address, started.Anna);
        using var socket = await OpenDeafAsync();

        // Each update is some tens of kilobytes, none of which is taken.
        const string query =
            "subscription { conversationsUpdated { conversation { comments(last: 100) { nodes { id body author { "
                + "__typename } createdAt files { id } } } } } }";
        await socket.SendAsync(
            Frame(
                JsonSerializer.Serialize(
                    new
                    {
                        id = "1",
                        type = "subscribe",
                        payload = new { query },
                    }
                )
            )
        );
        var body = new string('x', 15_000);
        var before = GC.GetTotalMemory(true);
        for (var i = 0; i < 400; i++)
        {
            await started.Anna.QueryAsync(
                "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { message } } }",
                new { input = new { conversationId = conversation, body } });
            if (i % 20 == 0 && IsCut(socket))
                break;
        }

        for (var i = 0; i < 200 && !IsCut(socket); i++) await Task.Delay(100, TestContext.Current.CancellationToken);
        IsCut(socket).ShouldBeTrue();
        (GC.GetTotalMemory(true) - before).ShouldBeLessThan(60_000_000);

        // Nobody else notices.
        await other.SendAsync(new { type = "ping" });
        ((string?)(await other.ReceiveAsync())!["type"]).ShouldBe("pong");
    }

    [Fact]
    public async Task Eight_thousand_updates_that_one_client_does_not_take_cost_the_others_nothing()
    {
        var customer = (await started.Anna.QueryAsync("{ customers(first: 1) { nodes { id } } }")).At(
            "customers.nodes.0.id");
        var ids = new List<string>();
        for (var i = 0; i < 200; i++)
        {
            ids.Add(
                (
                    await started.Anna.QueryAsync(
                        "mutation($input: CreateConversationInput!) { createConversation(input: $input) { "
                            + "conversation { id } errors { message } } }",
                        new
                        {
                            input = new
                            {
                                customerId = customer,
                                subject = new string('x', 200),
                                body = "Text",
                            },
                        }
                    )
                ).At("createConversation.conversation.id")
            );
        }

        // A kilobyte each, so that they are more than the buffers of the connection take.
        const string query =
            "subscription { conversationsUpdated { conversation { id version a: subject b: subject c: subject "
                + "d: subject e: subject } } }";
        await using var other = await LiveClient.OpenAsync(_product.Address, started.Bernd);
        await other.SubscribeAsync("1", query);
        using var deaf = await OpenDeafAsync();
        await deaf.SendAsync(
            Frame(
                JsonSerializer.Serialize(
                    new
                    {
                        id = "1",
                        type = "subscribe",
                        payload = new { query },
                    }
                )
            )
        );

        var versions = new Dictionary<string, int>();
        var told = 0;
        var reading = Task.Run(async () =>
        {
            while (versions.Count(v => v.Value == Rounds + 2) < ids.Count)
            {
                var conversation = (await other.NextAsync("1"))["conversationsUpdated"]!["conversation"]!;
                Interlocked.Increment(ref told);
                var (id, version) = ((string)conversation["id"]!, (int)conversation["version"]!);
                if (ids.Contains(id)) versions[id] = Math.Max(version, versions.GetValueOrDefault(id));
            }
        }, TestContext.Current.CancellationToken);
        // The mails about it, which this process would keep as they arrive, wait meanwhile.
        _product.Mail.Always(SmtpStep.RcptTo, SmtpReaction.Reply(451));
        var (before, most) = (0L, 0L);
        for (var round = 0; round < Rounds; round++)
        {
            await started.Anna.QueryAsync(
                "mutation($input: ChangeStatusInput!) { changeStatus(input: $input) { errors { message } } }",
                new { input = new { conversationIds = ids, status = round % 2 == 0 ? "ATTENTION" : "OPEN" } });
            while (200 * (round + 1) - Volatile.Read(ref told) > 600 && !reading.IsCompleted)
                await Task.Delay(10, TestContext.Current.CancellationToken);
            if (round % 10 != 9) continue;

            // What a first use makes and keeps is made by then.
            if (before == 0) before = GC.GetTotalMemory(true);
            most = Math.Max(most, GC.GetTotalMemory(true) - before);
        }

        await reading.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        told.ShouldBeGreaterThanOrEqualTo(200 * Rounds);
        for (var i = 0; i < 200 && !IsCut(deaf); i++) await Task.Delay(100, TestContext.Current.CancellationToken);
        _product.Mail.Always(SmtpStep.RcptTo, SmtpReaction.Proceed);
        IsCut(deaf).ShouldBeTrue();
        most.ShouldBeLessThan(30_000_000);
    }

    // Upgraded and acknowledged, and nothing of it is ever read.
    private async Task<Socket> OpenDeafAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            ReceiveBufferSize = 4096,
        };
        var address = new Uri(_product.Address);
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, TestContext.Current.CancellationToken);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"GET /graphql HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: Upgrade\r\nUpgrade: "
                    + $"websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: "
                        + $"graphql-transport-ws\r\nAuthorization: Bearer {started.Anna.Token}\r\n\r\n"
            )
        );
        await socket.SendAsync(Frame("""{"type":"connection_init"}"""));
        return socket;
    }

    // What had arrived before the cut is still there to be read; behind it is the end.
    private static bool IsCut(Socket socket)
    {
        try
        {
            return socket.Send(Frame("""{"type":"ping"}""")) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static byte[] Frame(string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        using var frame = new MemoryStream();
        frame.WriteByte(0x81);
        if (payload.Length < 126)
        {
            frame.WriteByte((byte)(0x80 | payload.Length));
        }
        else
        {
            frame.Write([0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length]);
        }

        // Masked with zeros.
        frame.Write([0, 0, 0, 0]);
        frame.Write(payload);
        return frame.ToArray();
    }

    [Fact]
    public async Task When_the_server_stops_it_says_so()
    {
        var product = await RunningProduct.StartAsync();
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        await using var live = await LiveClient.OpenAsync(product.Address, anna);
        await live.SubscribeAsync("1", "subscription { conversationsUpdated { removedId } }");
        var stopping = product.DisposeAsync();
        var message = await live.ReceiveAsync();
        if (message is not null) message = await live.ReceiveAsync();
        message.ShouldBeNull();
        live.CloseCode.ShouldBe(1001);
        await live.DisposeAsync();
        await stopping;
    }

    /// <summary>The product with small limits.</summary>
    public sealed class Started : IAsyncLifetime
    {
        public static readonly string SigningKey = Convert.ToBase64String(
            Enumerable.Range(1, 48).Select(i => (byte)i).ToArray());

        public RunningProduct Product { get; private set; } = null!;

        public GraphQLClient Anna { get; private set; } = null!;

        public GraphQLClient Bernd { get; private set; } = null!;

        public GraphQLClient Eva { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Product = await RunningProduct.StartAsync(settings: new()
            {
                ["Messaging:Auth:SigningKey"] = SigningKey,
                ["Messaging:GraphQL:InitTimeout"] = "00:00:02",
                ["Messaging:GraphQL:SendTimeout"] = "00:00:03",
                ["Messaging:GraphQL:MaxSubscriptionsPerViewer"] = "10",
                ["Messaging:GraphQL:Origins:0"] = "https://app.example",
            });
            Anna = await Product.SignInAsync("anna.sommer@kanzlei-sommer.example");
            Bernd = await Product.SignInAsync("bernd.winter@kanzlei-sommer.example");
            Eva = await Product.SignInAsync("eva.lindner@studio-lindner.example");
        }

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();
    }
}
