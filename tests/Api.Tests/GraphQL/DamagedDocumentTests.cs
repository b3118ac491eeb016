using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>
/// Operations of clients, damaged at random, against the product: each has an answer of the contract, soon, and none
/// makes it fail.
/// </summary>
public sealed partial class DamagedDocumentTests
{
    private const int Documents = 3000;

    // What a document is made of, and what it is not.
    private static readonly string[] s_pieces =
    [
        "{", "}", "(", ")", "[", "]", ":", "!", "$", "@", "...", "|", "&", "=", "#", "\"", "\"\"\"", "\\u0000",
        "\ud800", "\ufeff", "\u2028", "-", "0", "1e309", "-9223372036854775809", "99999999999999999999", "null", "true",
        "query", "mutation", "subscription", "fragment", "on", "on on", "...on Query", "...F", "@skip(if: true)",
        "@include(if: $first)", "@oneOf", "@deprecated", "__typename", "__schema { types { name } }", "id", "first: 0",
        "first: -1", "last: 200", "after: \"\"", "filter: {}", "filter: { search: \"\\u0000\" }",
        "filter: { status: [OPEN, NONE] }", "asOf: { version: 1, timestamp: null }", "a: viewer { id }",
        "directive @d on FIELD", "type Query { a: Int }", "schema { query: Q }", "extend type Query { b: Int }",
        "$first", "$input: [[[Int!]!]!]!", "$id: ID = 1"
    ];

    private static readonly string[] s_values =
    [
        "null", "0", "-1", "1e308", "9223372036854775807", "\"\"", "\"\\u0000\"", "\"x\"", "[]", "{}", "[[1]]", "true",
        "{ \"id\": \"00000000-0000-7000-8000-000000000006\" }"
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task None_makes_the_product_fail(int seed)
    {
        await using var product = await RunningProduct.StartAsync(settings: new()
        {
            ["Messaging:GraphQL:MaxOperationsPerMinute"] = "1000000",
            ["Messaging:GraphQL:MaxComplexityPerMinute"] = "1000000000",
        });
        GraphQLClient[] clients =
        [
            await product.SignInAsync("anna.sommer@kanzlei-sommer.example"),
            await product.SignInAsync("dieter.krause@baeckerei-krause.example"), product.Anonymous
        ];
        var corpus = await CorpusAsync(clients[0]);
        var random = new Random(seed);
        var (answers, refusals, longest) = (0, 0, TimeSpan.Zero);
        for (var i = 0; i < Documents; i++)
        {
            var (document, variables) = corpus[random.Next(corpus.Count)];
            document = Damage(document, random);
            if (random.Next(3) == 0)
                variables = Value()
                    .Replace(variables, match =>
                        random.Next(3) == 0 ? s_values[random.Next(s_values.Length)] : match.Value
                    );

            var clock = Stopwatch.StartNew();
            var answer = await clients[random.Next(clients.Length)].SendRawAsync(document, variables);
            if (clock.Elapsed > longest) longest = clock.Elapsed;
            var body = answer.Body.ToJsonString();
            answer.Status.ShouldBeOneOf([200, 400, 401, 406], $"{document}\n{variables}\n{body}");
            body.ShouldNotContain("\"INTERNAL\"", customMessage: $"{document}\n{variables}");
            body.ShouldNotContain("   at ");
            body.Length.ShouldBeLessThan(2_000_000);
            if (answer.ErrorCode is null) answers++;
            else refusals++;
        }

        // Damage that leaves no document whole would show little, and so would none.
        answers.ShouldBeGreaterThan(Documents / 100);
        refusals.ShouldBeGreaterThan(Documents / 4);
        longest.ShouldBeLessThan(TimeSpan.FromSeconds(10));
        (await clients[0].SendAsync("{ viewer { displayName } }"))
            .Data.At("viewer.displayName")
            .ShouldBe("Anna Sommer");
    }

    private static async Task<List<(string Document, string Variables)>> CorpusAsync(GraphQLClient anna)
    {
        var seen = await anna.QueryAsync(
            "{ conversations(first: 3) { nodes { id customer { id } comments { nodes { id } } } } administrators "
                + "{ nodes { id } } }"
        );
        var conversation = seen.At("conversations.nodes.0.id");
        var input = JsonSerializer.Serialize(new { input = new { conversationId = conversation, body = "Text" } });
        List<(string, string)> corpus =
        [
            (
                "query($input: AddCommentInput!) { __typename } mutation M($input: AddCommentInput!) { "
                    + "addComment(input: $input) { comment { id } errors { code } } }",
                input
            ),
            (
                "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id body author { ... "
                    + "on Administrator { email } ... on Contact { email } } files { id } } errors { code message path "
                    + "} } }",
                input
            ),
            (
                $$"""query($id: ID! = "{{conversation}}", $first: Int = 5) """
                    + $$"""{ conversation(id: $id) { subject status awaiting comments(first: $first) { nodes { id body } totalCount } history { nodes { type data summary } } } }""",
                "{}"
            ),
            (
                $$"""{ node(id: "{{conversation}}") { id ... on Conversation { subject customer { name contacts { email } } } } conversationCounts(filter: { unread: true }) { total } }""",
                "{}"
            ),
            (
                "query($first: Int, $filter: ConversationFilter) { conversations(first: $first, filter: $filter, "
                    + "orderBy: { field: CREATED_AT, direction: ASC }) { edges { cursor node { id } } pageInfo { "
                    + "hasNextPage } totalCount } }",
                """{ "first": 3, "filter": { "status": """
                    + """["OPEN"], "search": "Beleg", "createdFrom": "2020-01-01T00:00:00Z" } }"""
            ),
            (
                "{ viewer { ...F notifications(first: 2, unreadOnly: true) { nodes { kind actor { __typename } } "
                    + "} } } fragment F on Viewer { id email organisation { name settings { locale } } }",
                "{}"
            ),
            (
                "{ reports { backlog(at: \"2030-01-01T00:00:00Z\") { total } workload { open administrator { "
                    + "displayName } } } customers(search: \"k\") { nodes { id } } }",
                "{}"
            ),
            (
                $$"""mutation """
                    + $$"""{ changeStatus(input: { conversationIds: ["{{conversation}}"], status: OPEN, expectedVersion: 3 }) { conversations { id version } errors { code message path } } }""",
                "{}"
            ),
            (
                "subscription { conversationsUpdated(filter: { unassigned: true }) { conversation { id } event { "
                    + "id } removedId } }",
                "{}"
            ),
            ("query A { viewer { id } } query B { organisation { id } }", "{}"),
            (
                "{ __schema { queryType { name } types { kind name fields(includeDeprecated: true) { name args { "
                    + "name type { kind ofType { name } } } } } } __type(name: \"Query\") { name } }",
                "{}"
            ),
        ];
        return corpus;
    }

    private static string Damage(string document, Random random)
    {
        var text = new StringBuilder(document);
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            var (from, to) = (random.Next(text.Length + 1), random.Next(text.Length + 1));
            if (from > to) (from, to) = (to, from);
            to = Math.Min(to, from + 40);
            switch (random.Next(6))
            {
                case 0: text.Insert(from, s_pieces[random.Next(s_pieces.Length)]); break;
                case 1: text.Insert(from, $" {s_pieces[random.Next(s_pieces.Length)]} "); break;
                case 2: text.Remove(from, to - from); break;
                case 3: text.Insert(to, text.ToString(from, to - from)); break;
                case 4 when from < text.Length: text[from] = (char)random.Next(1, 300); break;
                default: ReplaceWord(text, random); break;
            }
        }
        return text.ToString();
    }

    /// <summary>
    /// Puts a word of the document, or another piece, where another word is: what is left is a document more often.
    /// </summary>
    private static void ReplaceWord(StringBuilder text, Random random)
    {
        var words = Word().Matches(text.ToString());
        if (words.Count == 0) return;
        var word = words[random.Next(words.Count)];
        var other = random.Next(3) > 0 ? words[random.Next(words.Count)].Value : s_pieces[random.Next(s_pieces.Length)];
        text.Remove(word.Index, word.Length).Insert(word.Index, other);
    }

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex("""(?<=: )("[^"]*"|\d+)""")]
    private static partial Regex Value();
}
