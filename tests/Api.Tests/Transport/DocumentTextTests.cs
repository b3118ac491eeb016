using System.Text;
using System.Text.Json;
using GraphQLParser;
using GraphQLParser.Exceptions;
using Messaging.Api.GraphQL.Transport;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Transport;

/// <summary>
/// Whatever is asked, in however long lines: the parser neither fails over it nor costs more than it is worth.
/// </summary>
[Collection("Memory")]
public sealed class DocumentTextTests : IAsyncLifetime
{
    private static readonly string s_long = new(' ', 30_000);

    private ToyServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ToyServer.StartAsync();

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    // A document, and where the mistake is in it.
    public static TheoryData<string, int, int> Mistakes() => new()
    {
        { "{ hello", 1, 8 },
        { "{ hello\r\r }}", 3, 3 },
        { "{\r\nhello\r(\r)\n}", 4, 1 },
        { "{ hello(name: 'x') }", 1, 15 },
        { "{ hello(name: \"x\n\") }", 1, 17 },
        { "{ hello(name: \"\\x\") }", 1, 17 },
        { "{ hello(name: \"\\u12x4\") }", 1, 20 },
        { "{ hello(name: \"\"\"x) }", 1, 22 },
        { "{ hello .. }", 1, 9 },
        { "{ hello \u00a0 }", 1, 9 },
        { "{ hello(name: 1.) }", 1, 17 },
        { $"{{ hello{s_long}%", 1, 30_008 },
        { $"{{ hello{s_long})", 1, 30_008 },
        { $"{{ hello(name: \"{s_long}", 1, 30_016 },
        { $"{{ hello(name: \"{s_long}\"]", 1, 30_017 },
        { $"{{ hello(name: \"{s_long}\\x\"", 1, 30_017 },
        { $"{{ filtered(filter: {{ words: [{string.Concat(Enumerable.Repeat("\"\"", 3000))})", 1, 6_030 },
        { $"{{ hello(name: 1{new string('1', 30_000)}e) }}", 1, 15 },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_said_with_its_place_and_costs_little(string document, int line, int column)
    {
        await _server.PostAsync(document);
        var before = GC.GetTotalAllocatedBytes();
        var answer = await _server.PostAsync(document);
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(20_000_000);
        (answer.Status, answer.Code).ShouldBe((400, "BAD_USER_INPUT"));
        answer.Message.ShouldStartWith("Error parsing query: ");
        var place = answer.Errors[0].GetProperty("locations")[0];
        (place.GetProperty("line").GetInt32(), place.GetProperty("column").GetInt32()).ShouldBe(
            (line, column), answer.Message);
    }

    [Fact]
    public async Task What_is_right_stays_what_it_was()
    {
        (await _server.PostAsync($"{{ hello(name: \"{s_long}\"){s_long[..100]}}}"))
            .Data.GetProperty("hello")
            .GetString()
            .ShouldBe($"Hello {s_long}");
        (await _server.PostAsync("{ hello(name: \"\"\"\n  a\r  b\r\n\"\"\") }"))
            .Data.GetProperty("hello")
            .GetString()
            .ShouldBe("Hello a\nb");
        (await _server.PostAsync("{\rhello # to the end\r}"))
            .Data.GetProperty("hello")
            .GetString()
            .ShouldBe("Hello world");
        (await _server.PostAsync("query($v:Int=1){...F}fragment F on Query{number(value:$v)}"))
            .Data.GetProperty("number")
            .GetInt32()
            .ShouldBe(1);

        // What validation finds far along a line is where it is.
        var error = (await _server.PostAsync($"{{ hello{s_long[..5000]}hallo }}")).Errors[0].GetProperty("locations")[
            0
        ];
        (error.GetProperty("line").GetInt32(), error.GetProperty("column").GetInt32()).ShouldBe((1, 5008));
    }

    [Fact]
    public void It_takes_the_same_texts_as_the_parser()
    {
        var random = new Random(7);
        string[] pieces =
        [
            "{", "}", "(", ")", "[", "]", ":", "!", "$", "@", "...", ".", "|", "&", "=", "#c", "\"s\"", "\"\"",
            "\"\"\"b\"\"\"", "\"", "\\", "\\u00e4", "\u00e4", "-", "0", "1", "1.5", "1e9", "e", "a", "_b", " ", ",",
            "\n", "\t", "\ufeff", "\u0001"
        ];
        for (var i = 0; i < 20_000; i++)
        {
            var text = new StringBuilder();
            for (var n = random.Next(1, 8); n > 0; n--) text.Append(pieces[random.Next(pieces.Length)]);
            var (_, error) = DocumentText.Read(text.ToString(), 1000);
            if (error is not null)
                LexedByTheParser(text.ToString()).ShouldBeFalse(JsonSerializer.Serialize(text.ToString()));
        }
    }

    private static bool LexedByTheParser(string text)
    {
        try
        {
            var end = 0;
            while (true)
            {
                var token = Lexer.Lex(text, end);
                if (token.Kind == TokenKind.EOF) return true;
                end = token.End;
            }
        }
        catch (GraphQLSyntaxErrorException)
        {
            return false;
        }
    }
}
