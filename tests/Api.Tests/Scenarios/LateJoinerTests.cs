using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>
/// Whoever joins begins with what is for them: not with all that others have read, and with what nobody has.
/// </summary>
public sealed class LateJoinerTests : IAsyncLifetime
{
    private const string Create = """
        mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id customer {
          hasActiveContacts } } nobodyTold errors { message } } }
        """;

    private const string Comment =
        "mutation($input: AddCommentInput!) { addComment(input: $input) { nobodyTold errors { message } } }";

    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private GraphQLClient _dieter = null!;
    private string _krause = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        _dieter = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        _krause = (await _dieter.QueryAsync("{ viewer { customer { id } } }")).At("viewer.customer.id");
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task A_new_colleague_has_nothing_unread_until_something_is_written()
    {
        var conversation = (await CreateAsync(_krause)).At("createConversation.conversation.id");
        await _dieter.QueryAsync(Comment, new { input = new { conversationId = conversation, body = "Gern." } });
        await _anna.QueryAsync(
            """mutation { inviteAdministrator(input: { email: "neu@kanzlei-sommer.example", displayName: "Nina """
                + """Neu" }) { errors { message } } }"""
        );
        var nina = await JoinAsync("neu@kanzlei-sommer.example");

        (await UnreadAsync(nina)).ShouldBe("0");
        (await nina.QueryAsync("{ conversations(first: 50, filter: { unread: true }) { nodes { id } totalCount } }"))
            .At("conversations")
            .ShouldBe("""{"nodes":[],"totalCount":0}""");
        (await UnreadOfAsync(nina, conversation)).ShouldBe("0");
        (await nina.QueryAsync("{ conversationCounts { total } }")).At("conversationCounts.total").ShouldNotBe("0");

        await _dieter.QueryAsync(
            Comment, new { input = new { conversationId = conversation, body = "Und noch etwas." } });
        (await UnreadAsync(nina)).ShouldBe("1");
        (await UnreadOfAsync(nina, conversation)).ShouldBe("1");
        await nina.QueryAsync(
            "mutation($id: ID!) { markConversationRead(input: { conversationId: $id }) { errors { message } } }",
            new { id = conversation });
        (await UnreadAsync(nina)).ShouldBe("0");
    }

    [Fact]
    public async Task A_new_contact_has_unread_what_awaits_an_answer_and_what_comes()
    {
        var old = (await CreateAsync(_krause)).At("createConversation.conversation.id");
        await _anna.QueryAsync(
            "mutation($id: ID!) { changeStatus(input: { conversationIds: [$id], status: ANSWERED }) { errors { "
                + "message } } }",
            new { id = old }
        );
        var awaited = (await CreateAsync(_krause, "ATTENTION")).At("createConversation.conversation.id");
        await _anna.QueryAsync(
            Comment, new { input = new { conversationId = awaited, body = "Petra weiß Bescheid." } });
        await InviteAsync(_krause, "petra@baeckerei-krause.example");
        var petra = await JoinAsync("petra@baeckerei-krause.example");

        (await UnreadOfAsync(petra, old)).ShouldBe("0");
        (await UnreadOfAsync(petra, awaited)).ShouldBe("1");
        await _anna.QueryAsync(Comment, new { input = new { conversationId = old, body = "Nachtrag." } });
        (await UnreadOfAsync(petra, old)).ShouldBe("1");
        var list = (
            await petra.QueryAsync("{ conversations(first: 50, filter: { unread: true }) { nodes { id } } }")
        ).At("conversations.nodes");
        list.ShouldContain(old);
        list.ShouldContain(awaited);
    }

    [Fact]
    public async Task What_reached_nobody_says_so_and_is_unread_for_the_first_who_joins()
    {
        var customer = (
            await _anna.QueryAsync(
                """mutation { registerCustomer(input: { name: "Weingut Süd" }) { customer { id """
                    + """hasActiveContacts } } }"""
            )
        ).At("registerCustomer.customer.id");
        var created = await CreateAsync(customer);
        created.At("createConversation.nobodyTold").ShouldBe("true");
        created.At("createConversation.conversation.customer.hasActiveContacts").ShouldBe("false");
        var conversation = created.At("createConversation.conversation.id");
        (await _anna.QueryAsync(Comment, new { input = new { conversationId = conversation, body = "Hallo?" } }))
            .At("addComment.nobodyTold")
            .ShouldBe("true");
        (
            await _anna.QueryAsync(
                Comment,
                new
                {
                    input = new
                    {
                        conversationId = conversation,
                        body = "Intern",
                        visibility = "INTERNAL",
                    },
                }
            )
        ).At("addComment.nobodyTold").ShouldBe("false");

        await InviteAsync(customer, "willi@weingut.example");
        (await _anna.QueryAsync(Comment, new { input = new { conversationId = conversation, body = "Jetzt aber." } }))
            .At("addComment.nobodyTold")
            .ShouldBe("false");
        var willi = await JoinAsync("willi@weingut.example");
        (await UnreadOfAsync(willi, conversation)).ShouldBe("3");
        (await UnreadAsync(willi)).ShouldBe("1");

        // A second one has not to read again what the first was there for.
        await InviteAsync(customer, "wanda@weingut.example");
        await _anna.QueryAsync(Comment, new { input = new { conversationId = conversation, body = "Danke." } });
        var wanda = await JoinAsync("wanda@weingut.example");
        (await UnreadOfAsync(wanda, conversation)).ShouldBe("3");
        (await _dieter.SendAsync("{ viewer { customer { hasActiveContacts } } }"))
            .Data.At("viewer.customer.hasActiveContacts")
            .ShouldBe("true");
    }

    [Fact]
    public async Task Who_has_waited_the_longest_is_asked_of_those_who_wait()
    {
        const string waiting =
            "{ conversations(first: 50, filter: { awaiting: OFFICE }, orderBy: { field: AWAITING_SINCE, "
                + "direction: ASC }) { nodes { id awaiting awaitingSince } } }";
        var first = (await CreateAsync(_krause)).At("createConversation.conversation.id");
        var second = (await CreateAsync(_krause)).At("createConversation.conversation.id");
        (await _anna.QueryAsync("query($id: ID!) { conversation(id: $id) { awaitingSince } }", new { id = first }))
            .At("conversation.awaitingSince")
            .ShouldBe("");
        await _dieter.QueryAsync(Comment, new { input = new { conversationId = first, body = "Eins." } });
        await _dieter.QueryAsync(Comment, new { input = new { conversationId = second, body = "Zwei." } });
        var since = (
            await _anna.QueryAsync("query($id: ID!) { conversation(id: $id) { awaitingSince } }", new { id = first })
        ).At("conversation.awaitingSince");
        await _dieter.QueryAsync(Comment, new { input = new { conversationId = first, body = "Noch einmal." } });

        var nodes = (await _anna.QueryAsync(waiting))["conversations"]!["nodes"]!.AsArray();
        nodes.Single(n => n.At("id") == first).At("awaitingSince").ShouldBe(since);
        nodes
            .Select(n => DateTimeOffset.Parse(n.At("awaitingSince"), System.Globalization.CultureInfo.InvariantCulture))
            .ShouldBeInOrder();
        var ids = nodes.Select(n => n.At("id")).ToList();
        ids.IndexOf(first).ShouldBeLessThan(ids.IndexOf(second));
        var refused = await _anna.SendAsync(
            "{ conversations(orderBy: { field: AWAITING_SINCE, direction: ASC }) { nodes { id } } }");
        refused.ErrorCode.ShouldBe("BAD_USER_INPUT");
        refused.ErrorMessage.ShouldNotBeNull().ShouldContain("awaiting OFFICE or CUSTOMER");
    }

    private async Task<System.Text.Json.Nodes.JsonNode> CreateAsync(string customerId, string status = "OPEN") =>
        await _anna.QueryAsync(
            Create,
            new
            {
                input = new
                {
                    customerId,
                    subject = "Beleg",
                    body = "Bitte schicken.",
                    status,
                },
            }
        );

    private async Task InviteAsync(string customerId, string email) =>
        await _anna.QueryAsync(
            "mutation($input: InviteContactInput!) { inviteContact(input: $input) { errors { message } } }",
            new
            {
                input = new
                {
                    customerId,
                    email,
                    displayName = "Neu Hier",
                },
            }
        );

    private async Task<GraphQLClient> JoinAsync(string email)
    {
        var mail = await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(email) && m.Text.Contains("#token=", StringComparison.Ordinal)
        );
        var token = mail.Text[(mail.Text.IndexOf("#token=", StringComparison.Ordinal) + 7)..].Split([' ', '\r', '\n'])[
            0
        ];
        await _product.Anonymous.QueryAsync(
            "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { errors { code } } }",
            new { input = new { token, password = "geheim-123" } });
        return await _product.SignInAsync(email, "geheim-123");
    }

    private static async Task<string> UnreadAsync(GraphQLClient client) =>
        (await client.QueryAsync("{ conversationCounts { unread } }")).At("conversationCounts.unread");

    private static async Task<string> UnreadOfAsync(GraphQLClient client, string id) =>
        (await client.QueryAsync("query($id: ID!) { conversation(id: $id) { unreadCommentCount } }", new { id })).At(
            "conversation.unreadCommentCount");
}
