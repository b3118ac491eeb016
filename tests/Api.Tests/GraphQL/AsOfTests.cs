using System.Globalization;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>What a conversation as it was costs is what is asked for of it.</summary>
[Collection("Memory")]
public sealed class AsOfTests(AsOfTests.Held held) : IClassFixture<AsOfTests.Held>
{
    private const int Many = 49;
    private const int Comments = 60;

    private readonly GraphQLClient _paul = held.Paul;
    private readonly string _conversation = held.Conversation;

    [Theory]
    [InlineData("id subject status version commentCount", 1)]
    [InlineData("id lastComment { body }", 2)]
    [InlineData(
        "comments(last: 1) { nodes { body files { name } } totalCount } files(first: 2) { nodes { name } totalCount }",
        3)]
    public async Task However_many_moments_are_asked_for_they_are_one_round_trip(string selection, int roundTrips)
    {
        foreach (
            var moment in (Func<int, string>[])
                [_ => "version: 5", i => $"version: {i + 3}", i => $"timestamp: \"2999-01-01T00:00:{i}0Z\""]
        )
        {
            var aliases = Enumerable
                .Range(0, Many)
                .Select(i =>
                    $"a{i}: conversation(id: \"{_conversation}\", asOf: {{ {moment(i % 6)} }}) {{ {selection} }}"
                );
            var statements = await Counted.StatementsAsync(() =>
                _paul.QueryAsync($"{{ {string.Join(' ', aliases)} }}")
            );
            statements.Count.ShouldBe(roundTrips, string.Join("\n\n", statements));
        }
    }

    [Fact]
    public async Task Texts_that_are_not_asked_for_are_not_read()
    {
        var aliases = Enumerable
            .Range(0, Many)
            .Select(i =>
                $"a{i}: conversation(id: \"{_conversation}\", asOf: {{ version: {10 + i} }}) {{ id version }}"
            );
        var document = $"{{ {string.Join(' ', aliases)} }}";
        (await _paul.QueryAsync(document)).At("a48.version").ShouldBe("58");

        // Other tests allocate as well: the least of some tries counts. All texts, once, would be 4 MB on the way and
        // as much again as events.
        var least = long.MaxValue;
        for (var i = 0; i < 10 && least > 2_000_000; i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await _paul.QueryAsync(document);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        least.ShouldBeLessThan(2_000_000);
    }

    [Fact]
    public async Task Lists_of_then_are_walked_from_both_ends()
    {
        (await PageAsync("comments(first: 2)")).ShouldBe(("0 1", "False", "True", "past-1"));
        (await PageAsync("comments(first: 1, after: \"past-1\")")).ShouldBe(("2", "True", "True", "past-2"));
        (await PageAsync("comments(last: 3)")).ShouldBe(("57 58 59", "True", "False", "past-59"));
        (await PageAsync("comments(last: 2, before: \"past-2\")")).ShouldBe(("0 1", "False", "True", "past-1"));
        (await PageAsync("comments(first: 2, after: \"past-59\")")).ShouldBe(("", "True", "False", ""));
        (await PageAsync("comments(first: 0)")).ShouldBe(("", "False", "True", ""));

        var files = await _paul.QueryAsync(
            $"{{ conversation(id: \"{_conversation}\", asOf: {{ version: 1000 }}) {{ files(first: 2, after: "
                + $"\"past-0\") {{ nodes {{ name }} totalCount }} }} }}"
        );
        files.At("conversation.files.nodes").ShouldBe("""[{"name":"3.txt"},{"name":"5.txt"}]""");
        files.At("conversation.files.totalCount").ShouldBe("30");
        foreach (var bad in (string[])["after: \"past-60\"", "before: \"past-x\"", "after: \"\"", "last: 201"])
        {
            var answer = await _paul.SendAsync(
                $"{{ conversation(id: \"{_conversation}\", asOf: {{ version: 1000 }}) {{ comments({bad}) {{ "
                    + $"nodes {{ id }} }} }} }}"
            );
            answer.ErrorCode.ShouldBe("BAD_USER_INPUT", bad);
        }
    }

    [Fact]
    public async Task People_of_then_have_their_names_and_ids_of_then()
    {
        const string people = "createdBy { ... on Administrator { id displayName } } customer { id contacts { id } "
            + "defaultAdministrator { id } } comments(first: 1) { nodes { author { ... on Administrator { id "
            + "displayName } } } } responsibleAdministrator { id }";
        var past = $"{{ conversation(id: \"{_conversation}\", asOf: {{ version: 3 }}) {{ {people} }} }}";
        var before = await _paul.QueryAsync(past);
        var now = $"{{ conversation(id: \"{_conversation}\") {{ {people} history(first: 1) {{ nodes {{ actor {{ "
            + "... on Administrator { id displayName } } } } } }";
        var anna = await held.RenameAnnaAsync("Anna Sommer-Winter");
        try
        {
            var after = await _paul.QueryAsync(past);
            after.ToJsonString().ShouldBe(before.ToJsonString());
            var present = await _paul.QueryAsync(now);
            present.At("conversation.createdBy.displayName").ShouldBe("Anna Sommer-Winter");
            present.At("conversation.history.nodes.0.actor.displayName").ShouldBe("Anna Sommer");

            // None of them is what a cache has of now, and each is found again.
            var id = present.At("conversation.createdBy.id");
            var then = after.At("conversation.createdBy.id");
            then.ShouldStartWith($"{id}@20");
            after.At("conversation.comments.nodes.0.author.id").ShouldBe(then);
            after.At("conversation.customer.id").ShouldStartWith($"{present.At("conversation.customer.id")}@20");
            foreach (var (of, name) in ((string, string)[])
                [(id, "Anna Sommer-Winter"), (then, "Anna Sommer"),
                    (present.At("conversation.history.nodes.0.actor.id"), "Anna Sommer")])
            {
                (await _paul.QueryAsync(
                    $"{{ node(id: \"{of}\") {{ id ... on Administrator {{ displayName }} }} }}"))
                    .ShouldSatisfyAllConditions(
                        a => a.At("node.id").ShouldBe(of), a => a.At("node.displayName").ShouldBe(name));
            }

            var customer = after.At("conversation.customer.id");
            (await _paul.QueryAsync($"{{ node(id: \"{customer}\") {{ id }} }}")).At("node.id").ShouldBe(customer);
            foreach (var none in (string[])[
                $"{id}@2999-01-01T00:00:00.000000Z", $"{id}@2026-01-01", $"{Guid.NewGuid()}@2026-01-01T00:00:00.000000Z",
                $"{id}@0001-01-01T00:00:00.000000Z@"])
            {
                (await _paul.QueryAsync($"{{ node(id: \"{none}\") {{ id }} }}"))["node"].ShouldBeNull(none);
            }
        }
        finally
        {
            await held.RenameAnnaAsync(anna);
        }
    }

    private async Task<(string Bodies, string HasPrevious, string HasNext, string End)> PageAsync(string comments)
    {
        var then = await _paul.QueryAsync(
            $"{{ conversation(id: \"{_conversation}\", asOf: {{ version: 1000 }}) {{ list: {comments} {{ nodes "
                + $"{{ body }} pageInfo {{ hasPreviousPage hasNextPage endCursor }} }} }} }}"
        );
        var list = then["conversation"]!["list"]!;
        var info = list["pageInfo"]!;
        return (
            string.Join(' ', list["nodes"]!.AsArray().Select(n => n.At("body"))), $"{(bool)info["hasPreviousPage"]!}",
            $"{(bool)info["hasNextPage"]!}", info.At("endCursor"));
    }

    /// <summary>A conversation of long comments, each other one with a file.</summary>
    public sealed class Held : IAsyncLifetime
    {
        private RunningProduct _product = null!;
        private GraphQLClient _anna = null!;

        public GraphQLClient Paul { get; private set; } = null!;

        public string Conversation { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            _product = await RunningProduct.StartAsync();
            Paul = await _product.SignInAsync("pruefung@kanzlei-sommer.example");
            var anna = _anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
            var customerId = (await anna.QueryAsync("{ customers { nodes { id } } }")).At("customers.nodes.0.id");
            Conversation = (
                await anna.QueryAsync(
                    "mutation($i: CreateConversationInput!) { createConversation(input: $i) { conversation { id "
                        + "} errors { message } } }",
                    new
                    {
                        i = new
                        {
                            customerId,
                            subject = "Lang",
                            body = "0",
                        },
                    }
                )
            ).At("createConversation.conversation.id");
            var text = string.Concat(Enumerable.Repeat("\U0001F600", 20_000));
            for (var i = 1; i < Comments; i++)
            {
                var file =
                    i % 2 == 0
                        ? null
                        : (await anna.UploadAsync($"{i}.txt", "text/plain", "Beleg"u8.ToArray())).Data.At(
                            "uploadFile.file.id");
                var body = i < 3 || i > Comments - 4 ? i.ToString(CultureInfo.InvariantCulture) : text;
                await anna.QueryAsync(
                    "mutation($i: AddCommentInput!) { addComment(input: $i) { errors { message } } }",
                    new
                    {
                        i = new
                        {
                            conversationId = Conversation,
                            body,
                            fileIds = file is null ? null : new[] { file },
                        },
                    }
                );
            }
        }

        public async ValueTask DisposeAsync() => await _product.DisposeAsync();

        /// <summary>Gives Anna another name.</summary>
        /// <returns>The one of before.</returns>
        public async Task<string> RenameAnnaAsync(string name)
        {
            const string viewer = "viewer { displayName }";
            var before = (await _anna.QueryAsync($"{{ {viewer} }}")).At("viewer.displayName");
            var renamed = await _anna.QueryAsync(
                $"mutation($i: UpdateProfileInput!) {{ updateProfile(input: $i) {{ errors {{ message }} {viewer} }} }}",
                new { i = new { displayName = name } });
            renamed.At("updateProfile.viewer.displayName").ShouldBe(name);
            return before;
        }
    }
}
