using System.Text.Json.Nodes;
using Messaging.Api.Live;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Live;

/// <summary>Whoever listens is told of what happens, wherever it was written, as far as they may see it.</summary>
public sealed class LiveUpdateTests(LiveUpdateTests.TwoNodes nodes) : IClassFixture<LiveUpdateTests.TwoNodes>
{
    private const string OfOne =
        "subscription($id: ID!) { conversationUpdated(id: $id) { removedId conversation { id status version "
            + "commentCount lastComment { body } } } }";

    private const string OfAll =
        "subscription($filter: ConversationFilter) { conversationsUpdated(filter: $filter) { removedId "
            + "conversation { id status version } } }";

    private const string Told = "subscription { notificationReceived { kind conversation { id } comment { body } } }";

    private static readonly string[] s_open = ["OPEN"];

    private readonly RunningProduct _other = nodes.Other;
    private readonly RunningProduct _product = nodes.Product;
    private readonly GraphQLClient _anna = nodes.Anna;
    private readonly GraphQLClient _bernd = nodes.Bernd;
    private readonly GraphQLClient _dieter = nodes.Dieter;
    private readonly GraphQLClient _eva = nodes.Eva;
    private readonly string _customer = nodes.Customer;

    [Fact]
    public async Task A_comment_through_one_node_reaches_a_subscriber_of_the_other()
    {
        var id = await CreateAsync();
        await using var live = await LiveClient.OpenAsync(_other.Address, _bernd);
        await live.SubscribeAsync("1", OfOne, new { id });
        await CommentAsync(_dieter, id, "Guten Tag");

        var update = await NextAsync(live, "1");
        update.At("conversationUpdated.conversation.lastComment.body").ShouldBe("Guten Tag");
        update.At("conversationUpdated.conversation.commentCount").ShouldBe("2");
        update.At("conversationUpdated.removedId").ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_event_is_told_once_while_many_write()
    {
        var id = await CreateAsync();
        await using var live = await LiveClient.OpenAsync(_other.Address, _bernd);
        await live.SubscribeAsync(
            "1", "subscription($id: ID!) { conversationUpdated(id: $id) { event { version type } } }", new { id });
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => CommentAsync(i % 2 == 0 ? _anna : _dieter, id, $"{i}")));

        // The two of its creation may still be on their way.
        var versions = new List<int>();
        while (versions.Count(v => v > 2) < 60)
            versions.Add(
                int.Parse(
                    (await live.NextAsync("1")).At("conversationUpdated.event.version"),
                    System.Globalization.CultureInfo.InvariantCulture)
            );
        versions.ShouldBeUnique();
        versions.Where(v => v > 2).Order().ShouldBe(Enumerable.Range(3, 60));
        (await live.IsQuietAsync(TimeSpan.FromMilliseconds(1500))).ShouldBeTrue();
    }

    [Fact]
    public async Task A_customer_is_told_nothing_of_what_is_internal_or_anothers()
    {
        var id = await CreateAsync();
        await using var dieter = await LiveClient.OpenAsync(_product.Address, _dieter);
        await dieter.SubscribeAsync("one", OfOne, new { id });
        await using var eva = await LiveClient.OpenAsync(_product.Address, _eva);
        await eva.SubscribeAsync("all", OfAll, new { filter = new { status = s_open } });
        await CommentAsync(_anna, id, "Nur für uns", "INTERNAL");
        await _anna.QueryAsync(
            "mutation($id: ID!) { notifyAdministrators(input: { conversationIds: [$id] }) { errors { message } } "
                + "changeStatus(input: { conversationIds: [$id], status: ATTENTION }) { errors { message } } }",
            new { id });

        var seen = await NextAsync(dieter, "one");
        seen.At("conversationUpdated.conversation.status").ShouldBe("ATTENTION");
        seen.At("conversationUpdated.conversation.version").ShouldBe("3");
        seen.ToJsonString().ShouldNotContain("Nur für uns");
        (await eva.IsQuietAsync(TimeSpan.FromSeconds(1))).ShouldBeTrue();
    }

    [Fact]
    public async Task The_history_of_an_update_is_not_for_customers()
    {
        var id = await CreateAsync();
        await using var live = await LiveClient.OpenAsync(_product.Address, _dieter);
        await live.SubscribeAsync(
            "1", "subscription($id: ID!) { conversationUpdated(id: $id) { conversation { id } event { type } } }",
            new { id });
        await CommentAsync(_anna, id, "Guten Tag");

        var message = (await live.ReceiveAsync())!;
        message.At("payload.errors.0.extensions.code").ShouldBe("FORBIDDEN");
        message.At("payload.data.conversationUpdated.conversation.id").ShouldBe(id);
    }

    [Fact]
    public async Task What_the_filter_no_longer_lets_through_is_removed_once()
    {
        var id = await CreateAsync();
        await using var live = await LiveClient.OpenAsync(_other.Address, _anna);
        await live.SubscribeAsync("1", OfAll, new { filter = new { status = s_open, customerId = _customer } });
        await CommentAsync(_dieter, id, "noch offen");
        (await live.NextAsync("1")).At("conversationsUpdated.conversation.id").ShouldBe(id);

        await StatusAsync(id, "ANSWERED");

        // What came before may be told once more.
        JsonNode removed;
        do removed = await live.NextAsync("1");
        while (removed.At("conversationsUpdated.conversation.status") == "OPEN");
        removed.At("conversationsUpdated.removedId").ShouldBe(id);
        removed.At("conversationsUpdated.conversation").ShouldBeEmpty();

        await CommentAsync(_anna, id, "noch etwas");
        await CommentAsync(_dieter, id, "öffnet wieder");
        (await live.NextAsync("1")).At("conversationsUpdated.conversation.status").ShouldBe("OPEN");
    }

    [Fact]
    public async Task A_notification_comes_as_it_is_planned()
    {
        await using var live = await LiveClient.OpenAsync(_other.Address, _bernd);
        await live.SubscribeAsync("1", Told);
        var id = await CreateAsync(responsible: (await _bernd.QueryAsync("{ viewer { id } }")).At("viewer.id"));
        await CommentAsync(_dieter, id, "Eine Frage");

        JsonNode told;
        do told = await live.NextAsync("1");
        while (told.At("notificationReceived.conversation.id") != id
            || told.At("notificationReceived.kind") == "ASSIGNED");
        told.At("notificationReceived.kind").ShouldBe("CUSTOMER_COMMENTED");
        told.At("notificationReceived.comment.body").ShouldBe("Eine Frage");
    }

    [Fact]
    public async Task Whose_access_ends_is_told_so_and_disconnected_on_every_node()
    {
        var id = await CreateAsync();
        var carla = await _product.SignInAsync("carla.herbst@kanzlei-sommer.example");
        var carlaId = (await carla.QueryAsync("{ viewer { id } }")).At("viewer.id");
        await using var live = await LiveClient.OpenAsync(_other.Address, carla);
        await live.SubscribeAsync("1", OfOne, new { id });
        await _anna.QueryAsync(
            "mutation($id: ID!) { deactivateAdministrator(input: { id: $id }) { errors { message } } }",
            new { id = carlaId });

        var last = await NextAsync(live, "1");
        last.At("conversationUpdated.removedId").ShouldBe(id);
        last.At("conversationUpdated.conversation").ShouldBeEmpty();
        ((string?)(await live.ReceiveAsync())?["type"]).ShouldBe("complete");
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4403);
    }

    [Fact]
    public async Task A_conversation_that_is_anothers_is_like_one_that_does_not_exist()
    {
        var id = await CreateAsync();
        await using var live = await LiveClient.OpenAsync(_product.Address, _eva);
        var answers = new List<string>();
        foreach (var wanted in new[] { id, Guid.NewGuid().ToString() })
        {
            await live.SendAsync(
                new
                {
                    id = "1",
                    type = "subscribe",
                    payload = new { query = OfOne, variables = new { id = wanted } },
                }
            );
            answers.Add((await live.ReceiveAsync())!.ToJsonString());
        }

        answers[0].ShouldContain("There is no such conversation.");
        answers[1].ShouldBe(answers[0]);
    }

    [Fact]
    public async Task Who_comes_back_after_a_cut_and_asks_again_has_missed_nothing()
    {
        var id = await CreateAsync();
        const string state =
            "query($id: ID!) { conversation(id: $id) { version comments(last: 100) { nodes { body } } } }";
        var version = int.Parse(
            (await _bernd.QueryAsync(state, new { id })).At("conversation.version"),
            System.Globalization.CultureInfo.InvariantCulture);
        var first = await LiveClient.OpenAsync(_other.Address, _bernd);
        await first.SubscribeAsync("1", OfOne, new { id });
        await CommentAsync(_dieter, id, "gesehen");
        (await NextAsync(first, "1")).At("conversationUpdated.conversation.version").ShouldBe($"{version + 1}");
        first.Socket.Abort();
        await CommentAsync(_dieter, id, "während der Trennung");

        // The pattern: subscribe, then ask on the same connection; what comes later is told.
        await using var again = await LiveClient.OpenAsync(_other.Address, _bernd);
        await again.SubscribeAsync("1", OfOne, new { id });
        await again.SendAsync(
            new
            {
                id = "2",
                type = "subscribe",
                payload = new { query = state, variables = new { id } },
            }
        );
        var now = await OfOperationAsync("2", "next");
        now.At("payload.data.conversation.version").ShouldBe($"{version + 2}");
        now.At("payload.data.conversation.comments.nodes.2.body").ShouldBe("während der Trennung");
        await OfOperationAsync("2", "complete");
        await CommentAsync(_dieter, id, "danach");

        // Of what was asked for before, it may be told once more, at any time: the version says that it is known.
        JsonNode told;
        do told = await again.NextAsync("1");
        while (told.At("conversationUpdated.conversation.version") == $"{version + 2}");
        told.At("conversationUpdated.conversation.version").ShouldBe($"{version + 3}");
        told.At("conversationUpdated.conversation.lastComment.body").ShouldBe("danach");

        async Task<JsonNode> OfOperationAsync(string operation, string type)
        {
            while (true)
            {
                var message = (await again.ReceiveAsync())!;
                if (message.At("id") == operation)
                {
                    message.At("type").ShouldBe(type);
                    return message;
                }

                message.At("payload.data.conversationUpdated.conversation.version").ShouldBe($"{version + 2}");
            }
        }
    }

    [Fact]
    public async Task When_nobody_listens_any_more_nothing_is_left_behind()
    {
        var updates = _other.Services.GetRequiredService<LiveUpdates>();
        await Waiting.UntilAsync(() => updates.Subscriptions == 0);
        var live = await LiveClient.OpenAsync(_other.Address, _bernd);
        await live.SubscribeAsync("1", OfAll);
        await live.SubscribeAsync("2", Told);
        updates.Subscriptions.ShouldBe(2);
        await live.SendAsync(new { id = "1", type = "complete" });
        await Waiting.UntilAsync(() => updates.Subscriptions == 1);
        await live.DisposeAsync();
        await Waiting.UntilAsync(() => updates.Subscriptions == 0);
    }

    // The two events of its creation may still be on their way when somebody begins to listen.
    private static async Task<JsonNode> NextAsync(LiveClient live, string operation)
    {
        JsonNode update;
        do update = await live.NextAsync(operation);
        while (update.At("conversationUpdated.conversation.version") is "1" or "2");
        return update;
    }

    private async Task<string> CreateAsync(string? responsible = null) =>
        (
            await _anna.QueryAsync(
                "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { "
                    + "id } errors { message } } }",
                new
                {
                    input = new
                    {
                        customerId = _customer,
                        subject = "Lohn",
                        body = "Guten Tag",
                        responsibleAdministratorId = responsible,
                    },
                }
            )
        ).At("createConversation.conversation.id");

    private static async Task CommentAsync(GraphQLClient who, string id, string body, string visibility = "PUBLIC") =>
        (await who.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { message } } }",
            new { input = new { conversationId = id, body, visibility } })).At("addComment.errors").ShouldBe("[]");

    private async Task StatusAsync(string id, string status) =>
        (await _anna.QueryAsync(
            "mutation($input: ChangeStatusInput!) { changeStatus(input: $input) { errors { message } } }",
            new { input = new { conversationIds = new[] { id }, status } })).At("changeStatus.errors").ShouldBe("[]");

    /// <summary>Two nodes on one database.</summary>
    public sealed class TwoNodes : IAsyncLifetime
    {
        private static readonly Dictionary<string, string?> s_several = new() { ["Messaging:Nodes"] = "several" };

        public RunningProduct Product { get; private set; } = null!;

        public RunningProduct Other { get; private set; } = null!;

        public GraphQLClient Anna { get; private set; } = null!;

        public GraphQLClient Bernd { get; private set; } = null!;

        public GraphQLClient Dieter { get; private set; } = null!;

        public GraphQLClient Eva { get; private set; } = null!;

        public string Customer { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            Product = await RunningProduct.StartAsync(settings: s_several);
            Other = await Product.StartNodeAsync(s_several);
            Anna = await Product.SignInAsync("anna.sommer@kanzlei-sommer.example");
            Bernd = await Product.SignInAsync("bernd.winter@kanzlei-sommer.example");
            Dieter = await Product.SignInAsync("dieter.krause@baeckerei-krause.example");
            Eva = await Product.SignInAsync("eva.lindner@studio-lindner.example");
            Customer = (await Dieter.QueryAsync("{ conversations(first: 1) { nodes { customer { id } } } }")).At(
                "conversations.nodes.0.customer.id");
        }

        public async ValueTask DisposeAsync()
        {
            await Other.DisposeAsync();
            await Product.DisposeAsync();
        }
    }
}
