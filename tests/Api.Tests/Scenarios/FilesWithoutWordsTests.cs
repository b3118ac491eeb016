using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>Somebody sends a file and writes nothing: there is nothing more to say.</summary>
public sealed class FilesWithoutWordsTests : IAsyncLifetime
{
    private const string Create =
        "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } "
            + "errors { code path } } }";
    private const string Add =
        "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id body excerpt files { name "
            + "} } conversation { lastComment { excerpt } } errors { code path } } }";

    private RunningProduct _product = null!;

    public async ValueTask InitializeAsync() => _product = await RunningProduct.StartAsync();

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task They_are_a_comment_that_lists_mails_and_searches_name_by_its_files()
    {
        var anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var dieter = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        var customer = (await dieter.QueryAsync("{ viewer { customer { id } } }")).At("viewer.customer.id");

        // A conversation may begin so, too.
        var first = await UploadAsync(anna, "Vollmacht.pdf");
        var created = await anna.QueryAsync(
            Create,
            new
            {
                input = new
                {
                    customerId = customer,
                    subject = "Unterlagen zum Quartal",
                    body = "",
                    fileIds = new[] { first },
                },
            }
        );
        created.At("createConversation.errors").ShouldBe("[]");
        var conversation = created.At("createConversation.conversation.id");
        (await ExcerptAsync(dieter, conversation)).ShouldBe("Vollmacht.pdf");

        var files = new[]
        {
            await UploadAsync(dieter, "Kassenbuch Wallenstein.pdf"),
            await UploadAsync(dieter, "Belege.zip"),
        };
        var input = new
        {
            id = Guid.NewGuid().ToString(),
            conversationId = conversation,
            body = " \n",
            fileIds = files,
        };
        for (var time = 0; time < 2; time++)
        {
            // The same again is the same comment.
            var added = (await dieter.QueryAsync(Add, new { input }))["addComment"]!;
            added["comment"]!.At("body").ShouldBe("");
            added["comment"]!.At("excerpt").ShouldBe("Kassenbuch Wallenstein.pdf, Belege.zip");
            added.At("conversation.lastComment.excerpt").ShouldBe("Kassenbuch Wallenstein.pdf, Belege.zip");
        }

        (await ExcerptAsync(anna, conversation)).ShouldBe("Kassenbuch Wallenstein.pdf, Belege.zip");
        (await anna.QueryAsync("{ conversations(first: 5, filter: { search: \"wallenstein\" }) { nodes { id } } }"))
            .At("conversations.nodes.0.id")
            .ShouldBe(conversation);
        (
            await anna.QueryAsync(
                "query($id: ID!) { conversation(id: $id, asOf: { version: 3 }) { comments(first: 9) { nodes { "
                    + "excerpt } } } }",
                new { id = conversation }
            )
        )
            .At("conversation.comments.nodes.0.excerpt")
            .ShouldBe("Vollmacht.pdf");

        // Without either it is refused as before, and of a long text there is the beginning.
        (await dieter.QueryAsync(Add, new { input = new { conversationId = conversation, body = "" } }))
            .At("addComment.errors")
            .ShouldBe("""[{"code":"INVALID","path":["body"]}]""");
        (
            await anna.QueryAsync(
                Create,
                new
                {
                    input = new
                    {
                        customerId = customer,
                        subject = "s",
                        body = "",
                        fileIds = Array.Empty<string>(),
                    },
                }
            )
        ).At("createConversation.errors").ShouldBe("""[{"code":"INVALID","path":["body"]}]""");
        var text = "Guten Tag,\n\n" + string.Concat(Enumerable.Repeat("😀", 1_000));
        (await dieter.QueryAsync(Add, new { input = new { conversationId = conversation, body = text } }))
            .At("addComment.comment.excerpt")
            .ShouldBe("Guten Tag, " + string.Concat(Enumerable.Repeat("😀", 189)));
    }

    private static async Task<string> UploadAsync(GraphQLClient who, string name) =>
        (await who.UploadAsync(name, "application/octet-stream", [1, 2, 3])).Data.At("uploadFile.file.id");

    private static async Task<string> ExcerptAsync(GraphQLClient who, string conversation) =>
        (
            await who.QueryAsync(
                "query($id: ID!) { conversation(id: $id) { lastComment { excerpt } } }", new { id = conversation })
        ).At("conversation.lastComment.excerpt");
}
