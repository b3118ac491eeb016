using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Live;

/// <summary>GraphQL over server-sent events, one connection for each operation.</summary>
public sealed class EventStreamTests : IAsyncLifetime
{
    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync(
            settings: new()
            {
                ["Messaging:GraphQL:KeepAlive"] = "00:00:01",
                ["Messaging:GraphQL:MaxSubscriptionsPerViewer"] = "2",
            }
        );
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task A_query_is_one_event_and_the_end()
    {
        using var response = await AskAsync("{ viewer { displayName } }");
        ((int)response.StatusCode).ShouldBe(200);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/event-stream; charset=utf-8");
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(
            "event: next\ndata: {\"data\":{\"viewer\":{\"displayName\":\"Anna Sommer\"}}}\n\nevent: complete\ndata:\n\n"
        );
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_subscription_says_that_it_is_there_and_tells_what_happens(string method)
    {
        var id = (await _anna.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        using var response = await AskAsync(
            "subscription { conversationsUpdated { conversation { id lastComment { body } } } }", method);
        ((int)response.StatusCode).ShouldBe(200);
        using var reader = new StreamReader(
            await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        (await LineAsync(reader)).ShouldBe(":");
        await _anna.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { message } } }",
            new { input = new { conversationId = id, body = "Zeile\nund Zeile" } });

        string line;
        do line = await LineAsync(reader);
        while (line is "" or ":");
        line.ShouldBe("event: next");
        var data = JsonNode.Parse((await LineAsync(reader))["data: ".Length..]);
        data.At("data.conversationsUpdated.conversation.id").ShouldBe(id);
        data.At("data.conversationsUpdated.conversation.lastComment.body").ShouldBe("Zeile\nund Zeile");
    }

    [Fact]
    public async Task What_is_refused_before_it_runs_is_no_stream()
    {
        using var invalid = await AskAsync("subscription { nothing }");
        (await invalid.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain(
            "BAD_USER_INPUT");
        using var unreadable = await AskAsync("subscription {");
        ((int)unreadable.StatusCode).ShouldBe(400);
        using var mutation = await AskAsync(
            "mutation { markNotificationsRead(input: { all: true }) { errors { message } } }", "GET");
        ((int)mutation.StatusCode).ShouldBe(405);
        using var anonymous = await AskAsync("subscription { conversationsUpdated { removedId } }", "POST", null);
        ((int)anonymous.StatusCode).ShouldBe(401);
    }

    [Theory]
    [InlineData("subscription { conversationsUpdated @skip(if: true) { removedId } }", "{}")]
    [InlineData(
        "subscription($v: Boolean!) { conversationsUpdated @include(if: $v) { removedId } }",
        """{"v":false}"""
    )]
    [InlineData("subscription($v: Boolean!) { conversationsUpdated @include(if: $v) { removedId } }", """{"v":true}""")]
    [InlineData("subscription { ... @skip(if: true) { conversationsUpdated { removedId } } }", "{}")]
    [InlineData(
        "subscription { ...F @include(if: false) } fragment F on Subscription { conversationsUpdated { removedId } }",
        "{}")]
    [InlineData(
        "subscription { ...F } fragment F on Subscription { conversationsUpdated @skip(if: true) { removedId } }",
        "{}")]
    [InlineData("subscription { __typename }", "{}")]
    [InlineData("subscription { ...F } fragment F on Subscription { __typename }", "{}")]
    public async Task The_field_of_a_subscription_cannot_be_left_out(string query, string variables)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Content = JsonContent.Create(new { query, variables = JsonNode.Parse(variables) }),
        };
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _anna.Token);
        using var response = await _product.Http.SendAsync(request, TestContext.Current.CancellationToken);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain(
            "BAD_USER_INPUT");

        await using var socket = await LiveClient.OpenAsync(_product.Address, _anna);
        await socket.SendAsync(
            new
            {
                id = "1",
                type = "subscribe",
                payload = new { query, variables = JsonNode.Parse(variables) },
            }
        );
        var answer = await socket.ReceiveAsync();
        ((string?)answer!["type"]).ShouldBe("error");
        answer.ToJsonString().ShouldContain("BAD_USER_INPUT");
    }

    [Fact]
    public async Task A_viewer_has_so_many_of_them()
    {
        const string all = "subscription { conversationsUpdated { removedId } }";
        using var first = await AskAsync(all);
        using var second = await AskAsync(all);
        using var third = await AskAsync(all);
        ((int)third.StatusCode).ShouldBe(429);
        (await third.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("RATE_LIMITED");
    }

    [Fact]
    public async Task Whose_access_ends_is_told_so_and_the_stream_ends()
    {
        var carla = await _product.SignInAsync("carla.herbst@kanzlei-sommer.example");
        var me = await carla.QueryAsync("{ viewer { id } conversations(first: 1) { nodes { id } } }");
        var id = me.At("conversations.nodes.0.id");
        using var response = await AskAsync(
            $"subscription {{ conversationUpdated(id: \"{id}\") {{ removedId conversation {{ id }} }} }}", "POST",
            carla.Token);
        using var reader = new StreamReader(
            await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        (await LineAsync(reader)).ShouldBe(":");
        await _anna.QueryAsync(
            "mutation($id: ID!) { deactivateAdministrator(input: { id: $id }) { errors { message } } }",
            new { id = me.At("viewer.id") });

        var rest = await reader
            .ReadToEndAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        rest.ShouldContain(
            "data: {\"data\":{\"conversationUpdated\":{\"removedId\":\"" + id + "\",\"conversation\":null}}}");
        rest.ShouldEndWith("event: complete\ndata:\n\n");
        using var again = await AskAsync("subscription { conversationsUpdated { removedId } }", "POST", carla.Token);
        ((int)again.StatusCode).ShouldBeGreaterThanOrEqualTo(400);
    }

    [Fact]
    public async Task Another_password_cuts_what_was_opened_with_the_one_before()
    {
        var dieter = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        using var response = await AskAsync(
            "subscription { conversationsUpdated { removedId } }", "POST", dieter.Token);
        using var reader = new StreamReader(
            await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        (await LineAsync(reader)).ShouldBe(":");
        await dieter.QueryAsync(
            "mutation { changePassword(input: { currentPassword: \"messaging-demo\", newPassword: "
                + "\"long-enough\" }) { errors { message } } }"
        );

        // A cut, not an end: the client comes back, with another token.
        await Should.ThrowAsync<IOException>(async () =>
            await reader.ReadToEndAsync(TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task A_subscription_by_a_plain_request_is_told_what_it_needs()
    {
        var answer = await _anna.SendAsync("subscription { conversationsUpdated { removedId } }");
        answer.Status.ShouldBe(406);
        answer.ErrorMessage.ShouldBe(
            "A subscription needs a WebSocket (graphql-transport-ws) or an event stream (Accept: text/event-stream).");
    }

    private static async Task<string> LineAsync(StreamReader reader) =>
        await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(15))
        ?? throw new InvalidOperationException("The stream has ended.");

    private Task<HttpResponseMessage> AskAsync(string query, string method = "POST") =>
        AskAsync(query, method, _anna.Token);

    private Task<HttpResponseMessage> AskAsync(string query, string method, string? token)
    {
        var request = method == "GET"
            ? new HttpRequestMessage(HttpMethod.Get, $"/graphql?query={Uri.EscapeDataString(query)}")
            : new HttpRequestMessage(HttpMethod.Post, "/graphql") { Content = JsonContent.Create(new { query }) };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Accept.ParseAdd("text/event-stream");
        return _product.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
