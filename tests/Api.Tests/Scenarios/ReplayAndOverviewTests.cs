using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>An auditor looks at a conversation as it was; an administrator at how much there is to do.</summary>
public sealed class ReplayAndOverviewTests : IAsyncLifetime
{
    private const string Then =
        """
        query($id: ID!, $asOf: AsOf!) {
          conversation(id: $id, asOf: $asOf) {
            subject status awaiting version commentCount responsibleAdministrator { displayName }
            lastComment { body files { name } } comments { nodes { body } totalCount } files { nodes { name }
              totalCount } history { nodes { type } totalCount }
          }
        }
        """;

    private RunningProduct _product = null!;
    private GraphQLClient _bernd = null!;
    private GraphQLClient _dieter = null!;
    private GraphQLClient _auditor = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _bernd = await _product.SignInAsync("bernd.winter@kanzlei-sommer.example");
        _dieter = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        _auditor = await _product.SignInAsync("pruefung@kanzlei-sommer.example");
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task A_conversation_is_seen_as_it_was_at_any_version_and_instant()
    {
        var (id, instants) = await HoldConversationAsync();

        // 1 created, 2 message, 3 reply, 4 its file, 5 reopened, 6 note, 7 assigned, 8 answered.
        var first = await _auditor.QueryAsync(Then, new { id, asOf = new { version = 2 } });
        first.At("conversation.status").ShouldBe("ATTENTION");
        first.At("conversation.awaiting").ShouldBe("CUSTOMER");
        first.At("conversation.commentCount").ShouldBe("1");
        first.At("conversation.files.totalCount").ShouldBe("0");
        first.At("conversation.responsibleAdministrator").ShouldBeEmpty();
        first.At("conversation.history.totalCount").ShouldBe("2");

        var replied = await _auditor.QueryAsync(Then, new { id, asOf = new { timestamp = instants[1] } });
        replied.At("conversation.version").ShouldBe("5");
        replied.At("conversation.status").ShouldBe("OPEN");
        replied.At("conversation.awaiting").ShouldBe("OFFICE");
        replied.At("conversation.lastComment.body").ShouldBe("Hier ist er.");
        replied.At("conversation.lastComment.files.0.name").ShouldBe("Vertrag.txt");
        replied.At("conversation.history.totalCount").ShouldBe("5");

        var now = await _auditor.QueryAsync(Then, new { id, asOf = new { version = 1000 } });
        var live = await _auditor.QueryAsync(
            Then.Replace(", $asOf: AsOf!", "", StringComparison.Ordinal)
                .Replace(", asOf: $asOf", "", StringComparison.Ordinal),
            new { id }
        );
        now.ToJsonString().ShouldBe(live.ToJsonString());
        now.At("conversation.status").ShouldBe("ANSWERED");
        now.At("conversation.responsibleAdministrator.displayName").ShouldBe("Bernd Winter");

        (await _auditor.QueryAsync(Then, new { id, asOf = new { timestamp = "2020-01-01T00:00:00Z" } }))
            .At("conversation")
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task The_history_names_each_event_and_who_did_it()
    {
        var (id, _) = await HoldConversationAsync();
        var history = await _auditor.QueryAsync(
            """
            query($id: ID!, $after: String) {
              conversation(id: $id) { history(first: 5, after: $after) {
                nodes { id type version summary english: summary(locale: "en") sequence correlationId occurredAt actor
                  { __typename ... on Administrator { displayName } ... on Contact { displayName } } data }
                pageInfo { hasNextPage endCursor } totalCount } }
            }
            """, new { id });
        var nodes = history["conversation"]!["history"]!["nodes"]!.AsArray();
        nodes
            .Select(n => n.At("type"))
            .ShouldBe(["conversation_created", "comment_added", "comment_added", "file_attached", "status_changed"]);
        nodes.Select(n => n.At("version")).ShouldBe(["1", "2", "3", "4", "5"]);
        nodes
            .Select(n => n.At("actor.displayName"))
            .ShouldBe(["Bernd Winter", "Bernd Winter", "Dieter Krause", "Dieter Krause", "Dieter Krause"]);
        nodes[4].At("summary").ShouldBe("Status von aufmerksam auf offen geändert, weil der Kunde geantwortet hat");
        nodes[4].At("english").ShouldBe("Changed status from attention to open because the customer replied");
        nodes[4].At("data.reason").ShouldBe("CustomerReplied");
        nodes.Select(n => n.At("correlationId")).ShouldAllBe(c => c.Length > 0);
        history.At("conversation.history.totalCount").ShouldBe("8");
        var unknown = await _auditor.SendAsync(
            """query($id: ID!) { node(id: $id) { ... on Event { summary(locale: "fr") } } }""",
            new { id = nodes[4].At("id") }
        );
        unknown.ErrorCode.ShouldBe("BAD_USER_INPUT");
        var stored = await _auditor.QueryAsync(
            "query($id: ID!) { node(id: $id) { __typename ... on Event { type conversation { id } } } }",
            new { id = nodes[4].At("id") });
        stored.At("node.conversation.id").ShouldBe(id);
    }

    [Fact]
    public async Task The_overview_counts_what_is_open_now_and_what_was_at_any_instant()
    {
        const string report =
            "query($at: DateTime) { reports { backlog(at: $at) { open attention answered total } workload { "
                + "administrator { displayName } open attention awaitingOffice } } }";
        var before = await _bernd.QueryAsync(report);
        var (_, instants) = await HoldConversationAsync();
        string Total(string status, int more) =>
            $"{int.Parse(before.At($"reports.backlog.{status}"), System.Globalization.CultureInfo.InvariantCulture) + more}";

        var created = await _bernd.QueryAsync(report, new { at = instants[0] });
        created.At("reports.backlog.attention").ShouldBe(Total("attention", 1));
        created.At("reports.backlog.open").ShouldBe(Total("open", 0));
        var replied = await _bernd.QueryAsync(report, new { at = instants[1] });
        replied.At("reports.backlog.attention").ShouldBe(Total("attention", 0));
        replied.At("reports.backlog.open").ShouldBe(Total("open", 1));
        var now = await _bernd.QueryAsync(report);
        now.At("reports.backlog.answered").ShouldBe(Total("answered", 1));
        now.At("reports.backlog.total").ShouldBe(Total("total", 1));
    }

    [Fact]
    public async Task What_is_unread_is_counted_until_it_is_read()
    {
        var (id, _) = await HoldConversationAsync();
        const string unread =
            "query($id: ID!) { conversation(id: $id) { unreadCommentCount } conversations(filter: { unread: true "
                + "}, first: 200) { nodes { id } } }";
        var anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        (await anna.QueryAsync(unread, new { id })).At("conversation.unreadCommentCount").ShouldBe("3");
        (await _dieter.QueryAsync(unread, new { id })).At("conversation.unreadCommentCount").ShouldBe("1");
        var read = await anna.QueryAsync(
            "mutation($id: ID!) { markConversationRead(input: { conversationId: $id }) { conversation { "
                + "unreadCommentCount } errors { code } } }",
            new { id }
        );
        read.At("markConversationRead.conversation.unreadCommentCount").ShouldBe("0");
        var after = await anna.QueryAsync(unread, new { id });
        after["conversations"]!["nodes"]!.AsArray().ShouldNotContain(n => n.At("id") == id);
        await CommentAsync(_dieter, id, "Noch etwas.");
        (await anna.QueryAsync(unread, new { id })).At("conversation.unreadCommentCount").ShouldBe("1");
    }

    // What happened, and an instant after the creation and one after the reply.
    private async Task<(string Id, string[] Instants)> HoldConversationAsync()
    {
        var customerId = (
            await _bernd.QueryAsync("""{ customers(search: "krause") { nodes { id } } viewer { id } }""")
        );
        var created = await _bernd.QueryAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id "
                + "updatedAt } errors { message } } }",
            new
            {
                input = new
                {
                    customerId = customerId.At("customers.nodes.0.id"),
                    subject = "Mietvertrag",
                    body = "Bitte den Vertrag.",
                    status = "ATTENTION",
                },
            }
        );
        var id = created.At("createConversation.conversation.id");
        var file = (await _dieter.UploadAsync("Vertrag.txt", "text/plain", "Vertrag"u8.ToArray())).Data.At(
            "uploadFile.file.id");
        var replied = await CommentAsync(_dieter, id, "Hier ist er.", file);
        await _bernd.QueryAsync(
            """mutation($id: ID!) { addComment(input: { conversationId: $id, body: "Fehlt Seite 3?", """
                + """visibility: INTERNAL }) { errors { code } } }""",
            new { id }
        );
        await _bernd.QueryAsync(
            "mutation($id: ID!, $who: ID!) { assignAdministrator(input: { conversationIds: [$id], "
                + "administratorId: $who }) { errors { code } } changeStatus(input: { conversationIds: [$id], status: "
                + "ANSWERED }) { errors { code } } }",
            new { id, who = customerId.At("viewer.id") });
        return (id, [created.At("createConversation.conversation.updatedAt"), replied]);
    }

    private static async Task<string> CommentAsync(
        GraphQLClient author, string conversationId, string body, params string[] fileIds) =>
        (
            await author.QueryAsync(
                "mutation($input: AddCommentInput!) { addComment(input: $input) { conversation { updatedAt } "
                    + "errors { code message } } }",
                new
                {
                    input = new
                    {
                        conversationId,
                        body,
                        fileIds,
                    },
                }
            )
        ).At("addComment.conversation.updatedAt");
}
