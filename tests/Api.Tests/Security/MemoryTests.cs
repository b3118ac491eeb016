using System.Net.WebSockets;
using System.Text.Json;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>
/// Whatever a customer asks for, the process goes on and the others notice nothing. In a process of its own that may
/// have a gigabyte, of which 200 comments of
/// 20,000 emoji take 16 MB each time they are asked for.
/// </summary>
public sealed class MemoryTests(MemoryTests.Started started)
    : IClassFixture<MemoryTests.Started>
{
    private const string Comments = "comments(last: 200) { nodes { body } }";

    [Theory]
    [InlineData(8, 9)]
    [InlineData(16, 1)]
    public async Task Many_who_ask_for_much_at_once_do_not_end_it(int attackers, int aliases)
    {
        var document =
            $"{{ "
                + $"{string.Join(' ', Enumerable.Range(0, aliases).Select(i =>
                    $"a{i}: conversation(id: \"{started.Conversation}\") {{ {Comments} }}"))} "
                + $"}}";
        var answers = new Dictionary<string, int>();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var attacks = Enumerable.Range(0, attackers).Select(_ => AttackAsync()).ToList();

        var others = 0;
        while (!stop.IsCancellationRequested)
        {
            var said = await started.Anna.QueryAsync(
                "mutation($i: AddCommentInput!) { addComment(input: $i) { comment { id } errors { message } } }",
                new { i = new { conversationId = started.AnnasConversation, body = "hallo" } });
            said.At("addComment.comment.id").ShouldNotBeEmpty();
            (await started.Anna.QueryAsync("{ conversations(first: 50) { nodes { id subject lastComment { id } } } }"))
                .At("conversations.nodes.0.id")
                .ShouldNotBeEmpty();
            others++;
        }

        await Task.WhenAll(attacks);
        others.ShouldBeGreaterThan(1);
        (
            await started.Product.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken)
        ).IsSuccessStatusCode.ShouldBeTrue(started.Product.LastLines);
        answers.Keys.ShouldBeSubsetOf(
            aliases == 1 ? ["200 ", "429 RATE_LIMITED"] : ["400 QUERY_TOO_COMPLEX", "429 RATE_LIMITED"]);
        started.Product.Memory.ShouldBeLessThan(1_300_000_000);

        async Task AttackAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql");
                request.Headers.Authorization = new("Bearer", started.Dieter.Token);
                request.Headers.Accept.ParseAdd("application/graphql-response+json");
                request.Content = new StringContent(
                    JsonSerializer.Serialize(new { query = document }), null, "application/json");
                using var answer = await started.Product.Http.SendAsync(
                    request, HttpCompletionOption.ResponseHeadersRead);
                await using var body = await answer.Content.ReadAsStreamAsync();
                var first = new byte[400];
                var length = await body.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false);
                await body.CopyToAsync(Stream.Null);
                var code =
                    length == first.Length
                        ? ""
                        : JsonElement
                            .Parse(first.AsSpan(0, length))
                            .GetProperty("errors")[0]
                            .GetProperty("extensions")
                            .GetProperty("code")
                            .GetString();
                lock (answers)
                    answers[$"{(int)answer.StatusCode} {code}"] = 1;
            }
        }
    }

    [Fact]
    public async Task Many_large_subscriptions_on_one_connection_are_told_one_after_the_other()
    {
        const int Many = 20;

        // Not by whom the others ask for more than there is in a minute.
        await using var live = await LiveClient.OpenAsync(started.Product.Address, started.Anna);
        for (var i = 0; i < Many; i++)
            await live.SubscribeAsync(
                $"{i}",
                $"subscription {{ conversationUpdated(id: \"{started.Conversation}\") {{ conversation {{ "
                    + $"{Comments} }} }} }}"
            );
        var (before, most) = (started.Product.Memory, 0L);
        await started.Anna.QueryAsync(
            "mutation($i: AddCommentInput!) { addComment(input: $i) { errors { message } } }",
            new { i = new { conversationId = started.Conversation, body = "hallo" } });

        // Nobody misses it.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var buffer = new byte[1 << 20];
        for (var (told, length) = (0, 0); told < Many;)
        {
            var received = await live.Socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
            received.MessageType.ShouldBe(WebSocketMessageType.Text);
            length += received.Count;
            most = Math.Max(most, started.Product.Memory);
            if (!received.EndOfMessage) continue;
            length.ShouldBeGreaterThan(15_000_000);
            (told, length) = (told + 1, 0);
        }

        // Three hundred megabytes were sent. Made side by side they took more than there is.
        (most - before).ShouldBeLessThan(600_000_000);
        live.Socket.Abort();
    }

    /// <summary>A customer has written much.</summary>
    public sealed class Started : IAsyncLifetime
    {
        public ProductProcess Product { get; private set; } = null!;

        public GraphQLClient Dieter { get; private set; } = null!;

        public GraphQLClient Anna { get; private set; } = null!;

        public string Conversation { get; private set; } = "";

        public string AnnasConversation { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            Product = await ProductProcess.StartAsync(new() { ["DOTNET_GCHeapHardLimit"] = "0x40000000" });
            Dieter = await Product.SignInAsync("dieter.krause@baeckerei-krause.example");
            Anna = await Product.SignInAsync("anna.sommer@kanzlei-sommer.example");
            Conversation = (await Dieter.QueryAsync("{ conversations { nodes { id } } }")).At(
                "conversations.nodes.0.id");
            AnnasConversation = (await Anna.QueryAsync("{ conversations { nodes { id } } }"))["conversations"]![
                "nodes"
            ]!
                .AsArray()
                .Select(n => n.At("id"))
                .First(id => id != Conversation);
            var body = string.Concat(Enumerable.Repeat("\U0001F600", 20_000));
            var ten = string.Join(
                ' ', Enumerable.Range(0, 10).Select(i => $"a{i}: addComment(input: $i) {{ errors {{ message }} }}"));
            for (var i = 0; i < 20; i++)
            {
                var written = await Dieter.QueryAsync(
                    $"mutation($i: AddCommentInput!) {{ {ten} }}",
                    new { i = new { conversationId = Conversation, body } });
                written.At("a9.errors").ShouldBe("[]");
            }
        }

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();
    }
}
