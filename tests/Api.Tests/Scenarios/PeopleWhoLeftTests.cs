using Messaging.TestSupport.Before;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>
/// Conversations of somebody who left the office are found, counted, and answered by somebody, those of a version
/// before among them.
/// </summary>
public sealed class PeopleWhoLeftTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";

    private RunningProduct _product = null!;

    public async ValueTask InitializeAsync() => _product = await RunningProduct.StartOnAsync(
        OfficeOfBefore.RestoreAsync, settings: new() { ["Messaging:Auth:SigningKey"] = OfficeOfBefore.SigningKey });

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task What_they_were_responsible_for_is_taken_on_by_nobody()
    {
        var anna = await _product.SignInAsync(Anna);
        var bernd = (await anna.QueryAsync("{ administrators(first: 50) { nodes { id email } } }"))["administrators"]![
            "nodes"
        ]!
            .AsArray()
            .Single(a => a.At("email") == Bernd)
            .At("id");
        var his = await ListAsync(anna, $$"""filter: { responsibleAdministratorId: "{{bernd}}" }""");
        his.ShouldNotBeEmpty();
        var before = await ListAsync(anna, "filter: { unassigned: true }");
        before.Intersect(his).ShouldBeEmpty();
        var taken = await ListAsync(anna, "filter: { unassigned: false }");

        await anna.QueryAsync(
            "mutation($id: ID!) { deactivateAdministrator(input: { id: $id }) { errors { message } } }",
            new { id = bernd });

        (await ListAsync(anna, "filter: { unassigned: true }")).Order().ShouldBe(before.Concat(his).Order());
        (await ListAsync(anna, "filter: { unassigned: false }")).Order().ShouldBe(taken.Except(his).Order());
        (await ListAsync(anna, "filter: { unassigned: true }, orderBy: { field: CREATED_AT, direction: ASC }"))
            .Order()
            .ShouldBe(before.Concat(his).Order());
        foreach (var status in (string[])["OPEN", "ATTENTION", "ANSWERED"])
        {
            var counts = await anna.QueryAsync(
                $$"""{ conversationCounts(filter: { unassigned: true, status: {{status}} }) { total } }"""
            );
            var ids = await ListAsync(anna, $$"""filter: { unassigned: true, status: {{status}} }""");
            counts.At("conversationCounts.total").ShouldBe($"{ids.Count}");
        }

        // In pages, in order.
        var (paged, after) = (new List<string>(), "null");
        do
        {
            var page = await anna.QueryAsync(
                $$"""{ conversations(first: 2, after: {{after}}, filter: { unassigned: true }) { nodes { id } pageInfo { hasNextPage endCursor } } }"""
            );
            paged.AddRange(page["conversations"]!["nodes"]!.AsArray().Select(n => n.At("id")));
            after =
                page.At("conversations.pageInfo.hasNextPage") == "true"
                    ? $"\"{page.At("conversations.pageInfo.endCursor")}\""
                    : "";
        } while (after.Length > 0);
        paged.ShouldBe(await ListAsync(anna, "filter: { unassigned: true }"));
    }

    [Fact]
    public async Task Replies_to_them_are_told_to_those_who_stayed()
    {
        var anna = await _product.SignInAsync(Anna);
        var dieter = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        var bernd = (await anna.QueryAsync("{ administrators(first: 50) { nodes { id email } } }"))["administrators"]![
            "nodes"
        ]!
            .AsArray()
            .Single(a => a.At("email") == Bernd)
            .At("id");
        var customer = (await dieter.QueryAsync("{ viewer { customer { id } } }")).At("viewer.customer.id");
        var id = (
            await anna.QueryAsync(
                "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { "
                    + "id } errors { message } } }",
                new
                {
                    input = new
                    {
                        customerId = customer,
                        subject = "Verwaist",
                        body = "x",
                        responsibleAdministratorId = bernd,
                    },
                }
            )
        ).At("createConversation.conversation.id");
        await anna.QueryAsync(
            "mutation($id: ID!) { deactivateAdministrator(input: { id: $id }) { errors { message } } }",
            new { id = bernd });
        await dieter.QueryAsync(
            "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Ist da jemand?\" }) { errors "
                + "{ message } } }",
            new { id }
        );

        await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains("buchhaltung@kanzlei-sommer.example")
            && m.Text.Contains("Ist da jemand?", StringComparison.Ordinal)
        );
        var told = await anna.QueryAsync(
            "{ viewer { notifications(first: 5) { nodes { kind conversation { id } } } } }");
        told["viewer"]!["notifications"]!["nodes"]!
            .AsArray()
            .ShouldContain(n => n.At("conversation.id") == id && n.At("kind") == "CUSTOMER_COMMENTED");
    }

    private static async Task<List<string>> ListAsync(GraphQLClient client, string arguments)
    {
        var answer = await client.QueryAsync(
            $$"""{ conversations(first: 200, {{arguments}}) { nodes { id } totalCount } }"""
        );
        var ids = answer["conversations"]!["nodes"]!.AsArray().Select(n => n.At("id")).ToList();
        answer.At("conversations.totalCount").ShouldBe($"{ids.Count}");
        return ids;
    }
}
