using Messaging.Api.Live;
using Messaging.Api.Tests.GraphQL;
using Messaging.TestSupport.Product;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Live;

/// <summary>
/// Whoever looks at a conversation is shown who else writes there, on every node, and nothing of it is kept.
/// </summary>
public sealed class WhoIsWritingTests(LiveUpdateTests.TwoNodes nodes) : IClassFixture<LiveUpdateTests.TwoNodes>
{
    private const string Writers =
        "subscription($id: ID!) { writingInConversation(conversationId: $id) { conversationId writers { "
            + "visibility participant { __typename ... on Administrator { displayName } ... on Contact { displayName } "
            + "} } } }";

    private const string Announce =
        "mutation($input: AnnounceWritingInput!) { announceWriting(input: $input) { errors { code message path } } }";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Somebody_writes_and_is_forgotten_when_they_say_nothing_more(bool ofSameNode)
    {
        var id = await CreateAsync();
        await using var live = await LiveClient.OpenAsync(
            (ofSameNode ? nodes.Product : nodes.Other).Address, nodes.Bernd);
        await live.SubscribeAsync("1", Writers, new { id });
        await AnnounceAsync(nodes.Dieter, id);
        var seen = await live.NextAsync("1");
        seen.At("writingInConversation.conversationId").ShouldBe(id);
        seen.At("writingInConversation.writers.0.participant.displayName").ShouldBe("Dieter Krause");
        seen.At("writingInConversation.writers.0.participant.__typename").ShouldBe("Contact");
        var since = Environment.TickCount64;

        // Announced again, it lasts and is not told again.
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        await AnnounceAsync(nodes.Dieter, id);
        (await live.NextAsync("1")).At("writingInConversation.writers").ShouldBe("[]");
        (Environment.TickCount64 - since).ShouldBeGreaterThan(8_000);
    }

    [Fact]
    public async Task Who_comes_later_is_shown_who_writes_already()
    {
        var id = await CreateAsync();
        await AnnounceAsync(nodes.Dieter, id);
        await using var live = await LiveClient.OpenAsync(nodes.Product.Address, nodes.Anna);
        await live.SendAsync(
            new
            {
                id = "1",
                type = "subscribe",
                payload = new { query = Writers, variables = new { id } },
            }
        );
        (await live.NextAsync("1"))
            .At("writingInConversation.writers.0.participant.displayName")
            .ShouldBe("Dieter Krause");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_sent_or_given_up_is_no_longer_written(bool isSent)
    {
        var id = await CreateAsync();
        await using var live = await LiveClient.OpenAsync(nodes.Other.Address, nodes.Bernd);
        await live.SubscribeAsync("1", Writers, new { id });
        await AnnounceAsync(nodes.Anna, id);
        (await live.NextAsync("1"))
            .At("writingInConversation.writers.0.participant.displayName")
            .ShouldBe("Anna Sommer");
        var since = Environment.TickCount64;
        if (isSent)
            await nodes.Anna.QueryAsync(
                "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Fertig\" }) { errors { "
                    + "message } } }",
                new { id }
            );
        else
            await AnnounceAsync(nodes.Anna, id, writing: false);
        (await live.NextAsync("1")).At("writingInConversation.writers").ShouldBe("[]");
        (Environment.TickCount64 - since).ShouldBeLessThan(5_000);
    }

    [Fact]
    public async Task Whoever_writes_elsewhere_no_longer_writes_here()
    {
        var (here, there) = (await CreateAsync(), await CreateAsync());
        await using var live = await LiveClient.OpenAsync(nodes.Other.Address, nodes.Bernd);
        await live.SubscribeAsync("here", Writers, new { id = here });
        await AnnounceAsync(nodes.Anna, here);
        (await live.NextAsync("here"))
            .At("writingInConversation.writers.0.participant.displayName")
            .ShouldBe("Anna Sommer");
        await AnnounceAsync(nodes.Anna, there);
        (await live.NextAsync("here")).At("writingInConversation.writers").ShouldBe("[]");
    }

    [Fact]
    public async Task A_customer_is_never_shown_that_an_internal_note_is_written()
    {
        var id = await CreateAsync();
        await using var dieter = await LiveClient.OpenAsync(nodes.Other.Address, nodes.Dieter);
        await dieter.SubscribeAsync("1", Writers, new { id });
        await using var bernd = await LiveClient.OpenAsync(nodes.Other.Address, nodes.Bernd);
        await bernd.SubscribeAsync("1", Writers, new { id });
        await AnnounceAsync(nodes.Anna, id, "INTERNAL");
        (await bernd.NextAsync("1")).At("writingInConversation.writers.0.visibility").ShouldBe("INTERNAL");

        // The first that the customer hears is the comment; when it becomes a note, nobody writes any more.
        await AnnounceAsync(nodes.Anna, id);
        (await bernd.NextAsync("1")).At("writingInConversation.writers.0.visibility").ShouldBe("PUBLIC");
        var seen = await dieter.NextAsync("1");
        seen.At("writingInConversation.writers.0.visibility").ShouldBe("PUBLIC");
        seen.At("writingInConversation.writers.0.participant.displayName").ShouldBe("Anna Sommer");
        await AnnounceAsync(nodes.Anna, id, "INTERNAL");
        (await dieter.NextAsync("1")).At("writingInConversation.writers").ShouldBe("[]");
    }

    [Fact]
    public async Task The_writer_is_not_told_of_their_own_writing_and_nobody_of_what_is_anothers()
    {
        var (id, other) = (await CreateAsync(), await CreateAsync());
        await using var anna = await LiveClient.OpenAsync(nodes.Product.Address, nodes.Anna);
        await anna.SubscribeAsync("1", Writers, new { id });
        await using var bernd = await LiveClient.OpenAsync(nodes.Product.Address, nodes.Bernd);
        await bernd.SubscribeAsync("1", Writers, new { id = other });
        await AnnounceAsync(nodes.Anna, id);
        (await bernd.IsQuietAsync(TimeSpan.FromSeconds(1))).ShouldBeTrue();
        (await anna.IsQuietAsync(TimeSpan.FromSeconds(1))).ShouldBeTrue();
    }

    [Fact]
    public async Task A_conversation_that_is_anothers_is_like_one_that_does_not_exist()
    {
        var id = await CreateAsync();
        await using var live = await LiveClient.OpenAsync(nodes.Product.Address, nodes.Eva);
        var answers = new List<string>();
        foreach (var wanted in new[] { id, Guid.NewGuid().ToString() })
        {
            await live.SendAsync(
                new
                {
                    id = "1",
                    type = "subscribe",
                    payload = new { query = Writers, variables = new { id = wanted } },
                }
            );
            answers.Add((await live.ReceiveAsync())!.ToJsonString());
            answers.Add(
                (
                    await nodes.Eva.SendAsync(Announce, new { input = new { conversationId = wanted } })
                ).Body.ToJsonString()
            );
        }

        answers[0].ShouldContain("There is no such conversation.");
        answers[1].ShouldContain("NOT_FOUND");
        answers[2].ShouldBe(answers[0]);
        answers[3].ShouldBe(answers[1]);
    }

    [Fact]
    public async Task Whose_access_ends_writes_no_longer_and_is_shown_nothing_more()
    {
        var id = await CreateAsync();
        var carla = await nodes.Product.SignInAsync("carla.herbst@kanzlei-sommer.example");
        var carlaId = (await carla.QueryAsync("{ viewer { id } }")).At("viewer.id");
        await using var hers = await LiveClient.OpenAsync(nodes.Other.Address, carla);
        await hers.SubscribeAsync("1", Writers, new { id });
        await using var bernd = await LiveClient.OpenAsync(nodes.Other.Address, nodes.Bernd);
        await bernd.SubscribeAsync("1", Writers, new { id });
        await AnnounceAsync(carla, id);
        (await bernd.NextAsync("1"))
            .At("writingInConversation.writers.0.participant.displayName")
            .ShouldBe("Carla Herbst");

        await nodes.Anna.QueryAsync(
            "mutation($id: ID!) { deactivateAdministrator(input: { id: $id }) { errors { message } } }",
            new { id = carlaId });
        ((string?)(await hers.ReceiveAsync())?["type"]).ShouldBe("complete");
        (await hers.ReceiveAsync()).ShouldBeNull();
        hers.CloseCode.ShouldBe(4403);
        (await bernd.NextAsync("1")).At("writingInConversation.writers").ShouldBe("[]");
    }

    [Fact]
    public async Task Announcing_writes_nothing_to_the_database_and_reads_it_every_other_second_at_most()
    {
        var id = await CreateAsync();
        await using var database = NpgsqlDataSource.Create(nodes.Product.ConnectionString);
        // But for what is recorded of sign-ins and mails, whenever that is.
        var events = database.CreateCommand(
            "select count(*) from messaging.mt_events where data -> 'about' is null");
        var before = await events.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        await AnnounceAsync(nodes.Dieter, id);
        var statements = await Counted.StatementsAsync(async () =>
        {
            for (var i = 0; i < 50; i++) await AnnounceAsync(nodes.Dieter, id);
        });
        statements
            .Count(s => s.Contains("messaging.conversations", StringComparison.Ordinal))
            .ShouldBeLessThan(10, string.Join("\n\n", statements));
        statements.ShouldNotContain(s =>
            s.Contains("insert", StringComparison.OrdinalIgnoreCase)
            || s.Contains("update ", StringComparison.OrdinalIgnoreCase)
        );
        (await events.ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe(before);
    }

    [Fact]
    public void What_another_says_that_is_no_message_is_nothing()
    {
        var node = Guid.NewGuid();
        foreach (
            var text in new[]
            {
                "",
                "?",
                "AAAA",
                Convert.ToBase64String(new byte[17]),
                new string('A', 8000),
                Convert.ToBase64String(node.ToByteArray()),
            }
        )
            WritersMessage.Read(text, node).ShouldBeNull();
    }

    private static async Task AnnounceAsync(
        GraphQLClient who, string id, string visibility = "PUBLIC", bool writing = true) => (
            await who.QueryAsync(
                Announce,
                new
                {
                    input = new
                    {
                        conversationId = id,
                        visibility,
                        writing,
                    },
                }
            )
        ).At("announceWriting.errors").ShouldBe("[]");

    private async Task<string> CreateAsync() =>
        (
            await nodes.Anna.QueryAsync(
                "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { "
                    + "id } errors { message } } }",
                new
                {
                    input = new
                    {
                        customerId = nodes.Customer,
                        subject = "Lohn",
                        body = "Guten Tag",
                    },
                }
            )
        ).At("createConversation.conversation.id");
}
