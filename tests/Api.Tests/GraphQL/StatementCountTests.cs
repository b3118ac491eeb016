using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>What an operation costs in statements does not grow with what it answers.</summary>
public sealed class StatementCountTests : IAsyncLifetime
{
    private const string Page =
        """
        query($first: Int) {
          conversations(first: $first) {
            nodes {
              id subject status awaiting unreadCommentCount
              customer { id name contacts { id displayName } }
              responsibleAdministrator { id displayName }
              createdBy { __typename ... on Administrator { displayName } ... on Contact { displayName } }
              lastComment { id body author { __typename ... on Administrator { displayName } ... on Contact {
                displayName } } files { id name uploadedBy { __typename } } }
              comments(first: 3) { nodes { id files { id } } }
            }
          }
        }
        """;

    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private string _conversation = "";

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var people = await _anna.QueryAsync("{ customers { nodes { id } } viewer { id } }");
        for (var i = 0; i < 55; i++)
        {
            var file = (await _anna.UploadAsync("Beleg.txt", "text/plain", "Beleg"u8.ToArray())).Data.At(
                "uploadFile.file.id");
            var created = await _anna.QueryAsync(
                "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { "
                    + "id } errors { message } } }",
                new
                {
                    input = new
                    {
                        customerId = people.At($"customers.nodes.{i % 2}.id"),
                        subject = $"Gespräch {i}",
                        body = "Text",
                        responsibleAdministratorId = people.At("viewer.id"),
                        fileIds = new[] { file },
                    },
                });
            _conversation = created.At("createConversation.conversation.id");
            _conversation.ShouldNotBeEmpty();
        }
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task A_page_of_conversations_costs_the_same_number_of_statements_whatever_its_size()
    {
        var of50 = await Counted.StatementsAsync(async () =>
            (await _anna.QueryAsync(Page, new { first = 50 }))["conversations"]!["nodes"]!.AsArray().Count.ShouldBe(50)
        );
        var of2 = await Counted.StatementsAsync(async () =>
            (await _anna.QueryAsync(Page, new { first = 2 }))["conversations"]!["nodes"]!.AsArray().Count.ShouldBe(2)
        );

        of50.Count.ShouldBeLessThanOrEqualTo(of2.Count, string.Join("\n\n", of50));

        // The page; customers, contacts, administrators; last comments, unread, first comments; files of both.
        of50.Count.ShouldBeLessThanOrEqualTo(10, string.Join("\n\n", of50));
    }

    [Fact]
    public async Task The_authors_of_last_comments_are_looked_up_with_the_comments()
    {
        const string Author = "author { ... on Administrator { displayName } ... on Contact { displayName } }";
        var statements = await Counted.StatementsAsync(async () =>
            (await _anna.QueryAsync($"{{ conversations(first: 3) {{ nodes {{ lastComment {{ body {Author} }} }} }} }}"))
            .At("conversations.nodes.0.lastComment.author.displayName").ShouldBe("Anna Sommer"));
        statements.Count.ShouldBe(2, string.Join("\n\n", statements));

        // Not where nobody asks for them.
        (
            await Counted.StatementsAsync(() =>
                _anna.QueryAsync("{ conversations(first: 3) { nodes { lastComment { body } } } }")
            )
        ).ShouldAllBe(s => !s.Contains("messaging.administrators", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("conversations(first: 3)")]
    [InlineData("conversations(first: 3, filter: { status: [OPEN] })")]
    [InlineData("conversations(first: 3, filter: { unread: true })")]
    [InlineData("conversations(first: 3, filter: { search: \"gespräch\" })")]
    [InlineData("customers(first: 3)")]
    [InlineData("administrators(first: 3)")]
    public async Task A_list_is_counted_when_its_totalCount_is_asked_for_and_not_otherwise(string list)
    {
        var without = await Counted.StatementsAsync(() =>
            _anna.QueryAsync($"{{ {list} {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} }}")
        );
        without.ShouldAllBe(s => !s.Contains("count(", StringComparison.Ordinal));
        var with = await Counted.StatementsAsync(() =>
            _anna.QueryAsync($"{{ {list} {{ nodes {{ id }} totalCount }} }}")
        );
        // For a search it is looked up once more who is called as one looks for.
        var more = list.Contains("search", StringComparison.Ordinal) ? 2 : 1;
        with.Count.ShouldBe(without.Count + more, string.Join("\n\n", with));
    }

    [Fact]
    public async Task A_comment_costs_the_same_number_of_statements_in_a_long_conversation()
    {
        Task Comment() =>
            _anna.QueryAsync(
                "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Text\" }) { comment { id "
                    + "} errors { message } } }",
                new { id = _conversation }
            );
        var first = await Counted.StatementsAsync(Comment);
        for (var i = 0; i < 50; i++) await Comment();
        (await Counted.StatementsAsync(Comment)).Count.ShouldBe(first.Count);
    }
}
