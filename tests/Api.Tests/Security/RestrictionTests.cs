using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>Whose data is restricted is out, and nobody but owners and auditors sees who they are.</summary>
public sealed class RestrictionTests(RestrictionTests.Started started) : IClassFixture<RestrictionTests.Started>
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Carla = "carla.herbst@kanzlei-sommer.example";
    private const string Petra = "pruefung@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Eva = "eva.lindner@studio-lindner.example";

    // What a colleague can read of people, in lists, in what happened, in the past, and in mails.
    private const string Everything =
        """
        query($customer: ID!, $conversation: ID!) {
            customer(id: $customer) { contacts { displayName email isRestricted emailChange { email } } }
            administrators(first: 100) { nodes { displayName email isRestricted } }
            conversations(first: 20) { nodes { responsibleAdministrator { displayName } lastComment { ...Who } } }
            conversation(id: $conversation) {
                createdBy { ...Person } comments(first: 20) { nodes { ...Who mentions { displayName } } }
                history(first: 20) { nodes { data summary actor { ...Person } told { nodes { recipient { ...Person } } }
                    subject { __typename } } }
                deliveries(first: 20) { nodes { address lastError recipient { ...Person } mail { subject text } } }
            }
            past: conversation(id: $conversation, asOf: { version: 3 }) {
                customer { contacts { displayName email } } comments(first: 20) { nodes { ...Who } }
                responsibleAdministrator { displayName email }
                history(first: 20) { nodes { actor { ...Person } } }
            }
            deliveries(first: 50) { nodes { address lastError recipient { ...Person } mail { subject text } } }
            viewer { notifications(first: 20) { nodes { actor { ...Person } } } }
            reports { workload { administrator { displayName } } }
        }
        fragment Who on Comment { author { ...Person } }
        fragment Person on Participant {
            ... on Administrator { displayName email }
            ... on Contact { displayName email }
        }
        """;

    [Fact]
    public async Task A_contact_is_nobody_to_the_office_but_its_owners_and_auditors_until_the_restriction_is_lifted()
    {
        var (anna, bernd, petra) = (await SignInAsync(Anna), await SignInAsync(Bernd), await SignInAsync(Petra));
        var dieter = await SignInAsync(Dieter);
        var id = (await dieter.QueryAsync("{ viewer { id } }")).At("viewer.id");
        var conversation = (await dieter.QueryAsync(
            """{ conversations(first: 1, filter: { search: "Kassenberichte" }) { nodes { id } } }"""))
            .At("conversations.nodes.0.id");
        var customer = (await anna.QueryAsync("""{ customers(search: "dieter.krause@") { nodes { id } } }"""))
            .At("customers.nodes.0.id");
        await CommentAsync(bernd, conversation);
        await started.Product.Mail.WaitForMailAsync(m => m.Recipients.Contains(Dieter));
        await CommentAsync(dieter, conversation);
        await started.Product.Mail.WaitForMailAsync(m => m.Recipients.Contains(Bernd));
        await Told.UntilAllAsync(started.Product.ConnectionString);
        var before = await ReadAsync(bernd, customer, conversation);
        before.ShouldContain("Dieter Krause");
        before.ShouldContain(Dieter);

        var restricted = await DoAsync(anna, "restrictPerson", id);
        restricted.At("errors").ShouldBe("[]");
        (restricted.At("person.displayName"), restricted.At("person.isRestricted")).ShouldBe(("Dieter Krause", "true"));
        (await DoAsync(anna, "restrictPerson", id)).At("errors").ShouldBe("[]");

        (await dieter.SendAsync("{ viewer { id } }")).ErrorCode.ShouldBe("UNAUTHENTICATED");
        (await started.Product.Anonymous.QueryAsync(
            "mutation($input: SignInInput!) { signIn(input: $input) { errors { code } } }",
            new { input = new { email = Dieter, password = "messaging-demo" } }))
            .At("signIn.errors.0.code").ShouldBe("INVALID");
        var hidden = await ReadAsync(bernd, customer, conversation);
        hidden.ShouldNotContain("Dieter Krause");
        hidden.ShouldNotContain(Dieter);
        hidden.ShouldContain("N. N.");
        foreach (var search in (string[])["Dieter", "dieter.krause@"])
        {
            (await bernd.QueryAsync(
                "query($s: String!) { customers(search: $s) { totalCount } conversations(filter: { search: $s }) { "
                    + "totalCount } }", new { s = search }))
                .ToJsonString().ShouldBe("""{"customers":{"totalCount":0},"conversations":{"totalCount":0}}""");
        }

        foreach (var who in (GraphQLClient[])[anna, petra])
        {
            var seen = (await who.QueryAsync(
                "query($id: ID!) { node(id: $id) { ... on Contact { displayName email isRestricted active } } }",
                new { id }))["node"]!;
            (seen.At("displayName"), seen.At("email"), seen.At("isRestricted"), seen.At("active"))
                .ShouldBe(("Dieter Krause", Dieter, "true", "false"));
            (await ReadAsync(who, customer, conversation)).ShouldContain(Dieter);
            (await who.QueryAsync(
                """
                query($id: ID!) { auditLog(last: 2, filter: { subjectId: $id }) { nodes { summary(locale: "de") } } }
                """,
                new { id })).ToJsonString().ShouldContain("Daten von Dieter Krause eingeschr");
        }

        (await bernd.QueryAsync(
            "mutation($id: ID!) { reactivateContact(input: { id: $id }) { errors { code reason } } }", new { id }))
            .At("reactivateContact.errors.0.reason").ShouldBe("PERSON_IS_RESTRICTED");
        (await bernd.QueryAsync(
            "mutation($id: ID!) { reactivateContact(input: { id: $id, email: \"neu@krause.example\" }) { errors { "
                + "reason } } }", new { id })).At("reactivateContact.errors.0.reason").ShouldBe("PERSON_IS_RESTRICTED");

        (await DoAsync(anna, "liftRestriction", id)).At("person.isRestricted").ShouldBe("false");
        (await DoAsync(anna, "liftRestriction", id)).At("errors").ShouldBe("[]");
        (await ReadAsync(bernd, customer, conversation)).ShouldBe(
            before.Replace("\"active\":true", "\"active\":false", StringComparison.Ordinal));
        (await bernd.QueryAsync("""{ customers(search: "dieter.krause@") { nodes { id } } }"""))
            .At("customers.nodes.0.id").ShouldBe(customer);
        (await bernd.QueryAsync(
            "mutation($id: ID!) { reactivateContact(input: { id: $id }) { contact { active email } errors { code } } }",
            new { id })).At("reactivateContact.contact.email").ShouldBe(Dieter);
    }

    [Fact]
    public async Task Somebody_of_the_office_is_nobody_to_colleagues_and_customers()
    {
        var (anna, bernd, eva) = (await SignInAsync(Anna), await SignInAsync(Bernd), await SignInAsync(Eva));
        var carla = await SignInAsync(Carla);
        var id = (await carla.QueryAsync("{ viewer { id } }")).At("viewer.id");
        const string authors =
            """
            { conversations(first: 20) { nodes { comments(first: 20) { nodes { author {
                ... on Administrator { displayName } } } } } } }
            """;
        (await eva.QueryAsync(authors)).ToJsonString().ShouldContain("Carla Herbst");
        (await DoAsync(anna, "restrictPerson", id)).At("errors").ShouldBe("[]");
        (await carla.SendAsync("{ viewer { id } }")).ErrorCode.ShouldBe("UNAUTHENTICATED");
        foreach (var who in (GraphQLClient[])[eva, bernd])
        {
            var seen = (await who.QueryAsync(authors)).ToJsonString();
            seen.ShouldNotContain("Carla");
            seen.ShouldContain("N. N.");
        }

        var listed = "{ administrators(first: 100) { nodes { id displayName email isRestricted isServiceAccount } } }";
        Of(await bernd.QueryAsync(listed)).ShouldBe(("N. N.", "", "true", "false"));
        Of(await anna.QueryAsync(listed)).ShouldBe(("Carla Herbst", Carla, "true", "false"));

        var annas = (await anna.QueryAsync("{ viewer { id } }")).At("viewer.id");
        (await DoAsync(anna, "restrictPerson", annas)).At("errors.0.code").ShouldBe("INVALID");

        (string, string, string, string) Of(JsonNode answer)
        {
            var node = answer["administrators"]!["nodes"]!.AsArray().Single(a => a.At("id") == id)!;
            return (node.At("displayName"), node.At("email"), node.At("isRestricted"), node.At("isServiceAccount"));
        }
    }

    private static async Task<string> ReadAsync(GraphQLClient who, string customer, string conversation) =>
        (await who.QueryAsync(Everything, new { customer, conversation }))
            .ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static async Task<JsonNode> DoAsync(GraphQLClient who, string mutation, string personId)
    {
        var type = char.ToUpperInvariant(mutation[0]) + mutation[1..] + "Input";
        var answer = await who.QueryAsync(
            $"mutation($input: {type}!) {{ {mutation}(input: $input) {{ person {{ ... on Administrator {{ displayName "
                + "isRestricted } ... on Contact { displayName isRestricted } } errors { code } } }",
            new { input = new { personId } });
        return answer[mutation]!;
    }

    private static async Task CommentAsync(GraphQLClient who, string conversationId) =>
        (await who.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
            new { input = new { conversationId, body = "Guten Tag" } })).At("addComment.errors").ShouldBe("[]");

    private Task<GraphQLClient> SignInAsync(string email) => started.Product.SignInAsync(email);

    /// <summary>One product for all of them.</summary>
    public sealed class Started : IAsyncLifetime
    {
        internal RunningProduct Product { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Product = await RunningProduct.StartAsync();

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();
    }
}
