using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Transport;

public class LoaderTests : IAsyncLifetime
{
    private ToyServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ToyServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_siblings_ask_for_is_fetched_once()
    {
        var data = (
            await _server.PostAsync("{ books(first: 20) { nodes { id author { name } editor translator } } }")).Data;

        _server.Library.Fetches.ShouldBe([
            $"authors {string.Join(',', Enumerable.Range(1, 5).Concat(Enumerable.Range(101, 20)))}",
        ]);
        var third = data.GetProperty("books").GetProperty("nodes")[2];
        third.GetRawText().ShouldBe("""{"id":"3","author":{"name":"Author 4"},"editor":null,"translator":"nobody"}""");
    }

    [Fact]
    public async Task Each_level_is_one_fetch_of_what_is_not_known_yet()
    {
        await _server.PostAsync(
            "{ books(first: 3) { nodes { author { name } related(first: 4) { nodes { author { name } "
                + "related(first: 5) { nodes { author { name } } } } } } } }"
        );

        _server.Library.Fetches.Count.ShouldBeLessThanOrEqualTo(3);
        _server.Library.Fetches.SelectMany(fetch => fetch.Split(' ')[1].Split(',')).ShouldBeUnique();
    }

    [Fact]
    public async Task Loads_that_follow_loads_are_batched_too()
    {
        var data = (await _server.PostAsync("{ books(first: 4) { nodes { authorOfNext } } }")).Data;

        _server.Library.Fetches.ShouldBe(["nexts 1,2,3,4", "authors 1,3,4,5"]);
        data.GetProperty("books").GetProperty("nodes")[0].GetProperty("authorOfNext").GetString().ShouldBe("Author 3");
    }

    [Fact]
    public async Task What_is_missing_is_an_error_for_each_field_and_one_line_in_the_log_for_each_fault()
    {
        var answer = await _server.PostAsync("{ books(first: 3) { nodes { id missing } } }");

        answer.Errors.GetArrayLength().ShouldBe(3);
        answer.Errors.EnumerateArray().Select(error => error.GetProperty("path").GetRawText()).ShouldBeUnique();
        answer.Code.ShouldBe("INTERNAL");
    }

    [Fact]
    public async Task Requests_share_nothing()
    {
        await _server.PostAsync("{ books(first: 1) { nodes { author { name } } } }");
        await _server.PostAsync("{ books(first: 1) { nodes { author { name } } } }");

        _server.Library.Fetches.ShouldBe(["authors 2", "authors 2"]);
    }

    [Fact]
    public async Task Operations_of_a_batch_share_nothing()
    {
        const string operation = """{"query":"{ books(first: 1) { nodes { author { name } } } }"}""";
        await _server.PostJsonAsync($"[{operation},{operation}]");

        _server.Library.Fetches.ShouldBe(["authors 2", "authors 2"]);
    }

    [Fact]
    public async Task Mutation_fields_run_in_turn_and_each_payload_shows_what_it_wrote()
    {
        var data = (await _server.PostAsync(
            """
            mutation {
              a: renameAuthor(id: 1, name: "first") { before book { author { name } } }
              b: renameAuthor(id: 1, name: "second") { before book { author { name } } }
              c: renameAuthor(id: 1, name: "third") { before book { author { name } } }
            }
            """)).Data;

        _server.Library.Mutations.ShouldBe(["first", "second", "third"]);
        data.GetProperty("a").GetRawText().ShouldBe("""{"before":"Author 1","book":{"author":{"name":"first"}}}""");
        data.GetProperty("b").GetRawText().ShouldBe("""{"before":"first","book":{"author":{"name":"second"}}}""");
        data.GetProperty("c").GetRawText().ShouldBe("""{"before":"second","book":{"author":{"name":"third"}}}""");
    }
}
