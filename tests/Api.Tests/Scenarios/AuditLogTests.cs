using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>An auditor finds out alone who did what and when, over everything that happened.</summary>
public sealed class AuditLogTests : IAsyncLifetime
{
    private const string Log =
        """
        query($filter: AuditFilter, $first: Int, $after: String, $last: Int, $before: String) {
          auditLog(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
            nodes {
              id type sequence occurredAt correlationId de: summary(locale: "de") en: summary(locale: "en") summary
              conversation { id } whyNobody told { totalCount }
              actor { __typename ... on Administrator { id } ... on Contact { id } }
              subject {
                __typename
                ... on Conversation { id } ... on Customer { id } ... on Administrator { id } ... on Contact { id }
                ... on Organisation { id } } }
            pageInfo { hasNextPage endCursor } totalCount } }
        """;

    private static readonly string[] s_renamed = ["customer_renamed"];
    private static readonly string[] s_unknown = ["moon_landed"];

    // Mails go out in the background; who signs in is recorded behind the answer, if that takes long.
    private static readonly string[] s_whenTheyCome =
        ["mail_sent", "mail_perhaps_sent", "mail_failed", "signed_in", "sign_in_failed"];


    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private GraphQLClient _petra = null!;
    private string _carlaId = "";
    private string _petraId = "";
    private string _krause = "";
    private string _lindner = "";

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        _petra = await _product.SignInAsync("pruefung@kanzlei-sommer.example");
        var known = await _anna.QueryAsync(
            """
            { krause: customers(search: "krause") { nodes { id } }
              lindner: customers(search: "lindner") { nodes { id } }
              administrators { nodes { id displayName } } }
            """);
        (_krause, _lindner) = (known.At("krause.nodes.0.id"), known.At("lindner.nodes.0.id"));
        (_carlaId, _petraId) = (IdOf("Carla Herbst"), IdOf("Petra Prüfer"));

        string IdOf(string name) =>
            known["administrators"]!["nodes"]!.AsArray().Single(n => n.At("displayName") == name).At("id");
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Each_act_is_in_the_log_with_actor_subject_and_a_sentence_that_names_whom_and_what()
    {
        // Somebody is made responsible for two conversations by one request; a setting and a customer change.
        var anna = (await _anna.QueryAsync("{ viewer { id organisation { id } } }"))["viewer"]!;
        var conversations = (await _anna.QueryAsync("{ conversations(first: 2) { nodes { id version } } }"))[
            "conversations"]!["nodes"]!.AsArray();
        string[] ids = [.. conversations.Select(c => c.At("id"))];
        await DoAsync(
            "mutation($ids: [ID!]!) { changed: assignAdministrator(input: { conversationIds: $ids }) { errors { code } } }",
            new { ids });
        var before = (await LogAsync(_petra, null, new { last = 1 }))["nodes"]![0]!.At("sequence");
        await DoAsync(
            """
            mutation($ids: [ID!]!, $to: ID!) {
              changed: assignAdministrator(input: { conversationIds: $ids, administratorId: $to }) { errors { code } } }
            """,
            new { ids, to = _carlaId });
        var address = (await _anna.QueryAsync("{ viewer { organisation { settings { notificationEmail } } } }")).At(
            "viewer.organisation.settings.notificationEmail");
        await DoAsync(
            """
            mutation { changed: updateOrganisationSettings(input: { notificationEmail: "neu@kanzlei-sommer.example" }) {
              errors { code } } }
            """,
            new { });
        await DoAsync(
            "mutation($id: ID!) { changed: updateCustomer(input: { id: $id, name: \"Backhaus\" }) { errors { code } } }",
            new { id = _krause });

        // The auditor reads what came after, in the order of the log.
        var since = (await LogAsync(_petra, null, new { last = 20 }))["nodes"]!.AsArray()
            .Where(n => long.Parse(n.At("sequence"), null) > long.Parse(before, null))

            // Mails come when they come.
            .Where(n => !n.At("type").StartsWith("mail_", StringComparison.Ordinal)).ToList();
        since.Select(n => n.At("type")).ShouldBe(
            ["administrator_assigned", "administrator_assigned", "notification_email_registered", "customer_renamed"]);
        since.ShouldAllBe(n => n.At("actor.id").StartsWith(anna.At("id") + "@"));
        since[0].At("de").ShouldBe("Zuständigkeit an Carla Herbst übergeben");
        since[0].At("en").ShouldBe("Made Carla Herbst responsible");
        since[0].At("summary").ShouldBe(since[0].At("de"));
        since[0].At("subject.__typename").ShouldBe("Conversation");
        since.Take(2).Select(n => n.At("subject.id")).ShouldBe(ids, ignoreOrder: true);
        since[2].At("de").ShouldBe($"Registrierte Adresse von {address} auf neu@kanzlei-sommer.example geändert");
        (since[2].At("subject.__typename"), since[2].At("subject.id"), since[2].At("conversation"))
            .ShouldBe(("Organisation", anna.At("organisation.id"), ""));
        (since[2].At("whyNobody"), since[2].At("told.totalCount")).ShouldBe(("", "0"));
        since[3].At("en").ShouldBe("Renamed “Bäckerei Krause GmbH” to “Backhaus”");
        (since[3].At("subject.__typename"), since[3].At("subject.id")).ShouldBe(("Customer", _krause));

        // A correlation is what one request did.
        var group = await NodesAsync(_petra, new { correlationId = since[0].At("correlationId") });
        group.Select(n => n.At("id")).ShouldBe(since.Take(2).Select(n => n.At("id")));
        since.Select(n => n.At("correlationId")).Distinct().Count().ShouldBe(3);

        // Filters take each other's rest away: what the customer's filter leaves is what happened to others.
        var all = await NodesAsync(_petra, null);
        var ofCustomer = await NodesAsync(_petra, new { customerId = _krause });
        ofCustomer.Select(n => n.At("id")).ShouldBe(
            all.Where(n => ofCustomer.Any(o => o.At("id") == n.At("id"))).Select(n => n.At("id")));
        ofCustomer.Select(n => n.At("subject.__typename")).Distinct()
            .ShouldBe(["Customer", "Contact", "Conversation"], ignoreOrder: true);
        var byAnna = await NodesAsync(_petra, new { actorId = anna.At("id"), types = s_renamed });
        byAnna.Select(n => n.At("id")).ShouldBe([since[3].At("id")]);
        var asThen = await NodesAsync(_petra, new { actorId = since[3].At("actor.id"), types = s_renamed });
        asThen.Select(n => n.At("id")).ShouldBe([since[3].At("id")]);

        // Whoever reads the log finds an event again by its id; others of the office only those of conversations.
        const string Node = "query($id: ID!) { node(id: $id) { id } }";
        (await _petra.QueryAsync(Node, new { id = since[2].At("id") })).At("node.id").ShouldBe(since[2].At("id"));
        var bernd = await _product.SignInAsync("bernd.winter@kanzlei-sommer.example");
        (await bernd.QueryAsync(Node, new { id = since[2].At("id") })).At("node").ShouldBe("");
        (await bernd.QueryAsync(Node, new { id = since[0].At("id") })).At("node.id").ShouldBe(since[0].At("id"));

        // The history of a conversation is read from its end, too.
        var history = (await _petra.QueryAsync(
            """
            query($id: ID!) { conversation(id: $id) {
              history(last: 1) { nodes { type } pageInfo { startCursor hasPreviousPage } } } }
            """,
            new { id = ids[0] }))["conversation"]!["history"]!;
        history.At("nodes.0.type").ShouldBe("administrator_assigned");
        history.At("pageInfo.hasPreviousPage").ShouldBe("true");
        var rest = (await _petra.QueryAsync(
            """
            query($id: ID!, $before: String) { conversation(id: $id) {
              history(last: 200, before: $before) { nodes { type } totalCount } } }
            """,
            new { id = ids[0], before = history.At("pageInfo.startCursor") }))["conversation"]!["history"]!;
        rest.At("totalCount").ShouldBe($"{rest["nodes"]!.AsArray().Count + 1}");
    }

    [Fact]
    public async Task An_auditor_who_is_limited_reads_of_their_customers_only_and_foreign_ids_are_as_unknown_ones()
    {
        var other = await _product.SignInAsync("owner@treuhand-nord.example");
        var foreign = (await other.QueryAsync(
            "{ viewer { id organisation { id } } customers { nodes { id } } conversations { nodes { id } } }"))!;
        string[] foreignIds =
        [
            foreign.At("viewer.id"), foreign.At("viewer.organisation.id"), foreign.At("customers.nodes.0.id"),
            foreign.At("conversations.nodes.0.id"), "no id at all",
        ];
        await AlikeAsync([.. foreignIds.Where(id => id.Length > 0)]);

        await DoAsync(
            """
            mutation($id: ID!, $customers: [ID!]) {
              changed: setAdministratorAccess(input: { id: $id, access: { all: false, customerIds: $customers } }) {
                errors { code } } }
            """,
            new { id = _petraId, customers = new[] { _lindner } });
        var all = await NodesAsync(_anna, null);
        var seen = await NodesAsync(_petra, null);
        seen.Count.ShouldBeGreaterThan(2);
        seen.Count.ShouldBeLessThan(all.Count);
        seen.Select(n => n.At("subject.__typename")).Distinct()
            .ShouldBe(["Customer", "Contact", "Conversation"], ignoreOrder: true);
        var expected = await NodesAsync(_anna, new { customerId = _lindner });
        seen.Select(n => n.At("id")).ShouldBe(expected.Select(n => n.At("id")));
        string.Concat(seen.Select(n => n.ToJsonString())).ShouldNotContain("Krause");
        await AlikeAsync([_krause, _carlaId, .. foreignIds.Take(1)]);

        async Task AlikeAsync(string[] ids)
        {
            foreach (var filter in (string[])["conversationId", "customerId", "actorId", "subjectId"])
            {
                var nothing = await AskAsync(filter, Guid.NewGuid().ToString());
                foreach (var id in ids)
                {
                    // Carla acts in conversations of theirs, too.
                    if (filter == "actorId" && id == _carlaId) continue;
                    (await AskAsync(filter, id)).ShouldBe(nothing, filter);
                }
            }
        }

        async Task<string> AskAsync(string filter, string id) =>
            (await _petra.SendAsync(Log, new { filter = new Dictionary<string, string> { [filter] = id } }))
            .Body.ToJsonString();
    }

    [Fact]
    public async Task What_cannot_be_asked_is_named_and_what_is_allowed_is_said()
    {
        await RefusedAsync(
            new { from = "2026-03-02T00:00:00Z", to = "2026-03-02T00:00:00Z" }, new { first = 1 },
            "filter.to has to be after filter.from.");
        await RefusedAsync(new { types = s_unknown }, new { first = 1 }, "There are: admin");
        await RefusedAsync(new { }, new { first = 201 }, "first must be at most 200.");
        await RefusedAsync(new { }, new { last = 201 }, "last must be at most 200.");
        await RefusedAsync(new { }, new { first = 1, last = 1 }, "Give either first or last, not both.");
        await RefusedAsync(new { }, new { first = -1 }, "first must not be negative.");
        var ofCustomers = (await _petra.QueryAsync("{ customers(first: 1) { pageInfo { endCursor } } }")).At(
            "customers.pageInfo.endCursor");
        var ofHistory = (await _petra.QueryAsync(
            "{ conversations(first: 1) { nodes { history(first: 1) { pageInfo { endCursor } } } } }")).At(
            "conversations.nodes.0.history.pageInfo.endCursor");
        foreach (var cursor in (string[])[ofCustomers, ofHistory, "x", "§"])
        {
            await RefusedAsync(
                new { }, new { after = cursor }, "after is not a cursor of this list in this order.");
            await RefusedAsync(
                new { }, new { before = cursor, last = 1 }, "before is not a cursor of this list in this order.");
        }

        // No error, and nothing: the future, and texts of strangers.
        (await NodesAsync(_petra, new { from = "9000-01-01T00:00:00Z" })).ShouldBeEmpty();
        (await NodesAsync(_petra, new { to = "9000-01-01T00:00:00Z" })).Count
            .ShouldBe((await NodesAsync(_petra, null)).Count);
        foreach (var text in (string[])["", "a\0b", "\u202e🧾", "' or true --"])
            (await NodesAsync(_petra, new { correlationId = text })).ShouldBeEmpty();

        async Task RefusedAsync(object filter, object page, string message)
        {
            var answer = await _petra.SendAsync(Log, Variables(filter, page));
            answer.ErrorCode.ShouldBe("BAD_USER_INPUT", message);
            answer.ErrorMessage.ShouldNotBeNull().ShouldContain(message);
        }
    }

    private static JsonObject Variables(object? filter, object page)
    {
        var variables = System.Text.Json.JsonSerializer.SerializeToNode(page)!.AsObject();
        variables["filter"] = System.Text.Json.JsonSerializer.SerializeToNode(filter);
        return variables;
    }

    private static async Task<JsonNode> LogAsync(GraphQLClient client, object? filter, object page) =>
        (await client.QueryAsync(Log, Variables(filter, page)))["auditLog"]!;

    private static async Task<List<JsonNode>> NodesAsync(GraphQLClient client, object? filter)
    {
        var all = new List<JsonNode>();
        string? after = null;
        while (true)
        {
            var page = await LogAsync(client, filter, new { first = 100, after });
            all.AddRange(page["nodes"]!.AsArray().Select(n => n!));
            if (page.At("pageInfo.hasNextPage") != "true")
            {
                // It may grow while it is read.
                int.Parse(page.At("totalCount"), null).ShouldBeGreaterThanOrEqualTo(all.Count);
                all.RemoveAll(n => s_whenTheyCome.Contains(n.At("type")));
                return all;
            }

            after = page.At("pageInfo.endCursor");
        }
    }

    private async Task DoAsync(string mutation, object variables) =>
        (await _anna.QueryAsync(mutation, variables)).At("changed.errors").ShouldBe("[]");
}
