using System.Globalization;
using System.Text.Json.Nodes;
using GraphQL;
using GraphQL.Types;
using GraphQLParser.AST;
using Messaging.Api.GraphQL.Transport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>
/// Whatever a stranger may choose the size of has a limit that the schema states, and that is kept before anything
/// runs.
/// </summary>
public sealed class StatedLimitTests(StatedLimitTests.Started started) : IClassFixture<StatedLimitTests.Started>
{
    private readonly PermissionTests.Office _office = started.Office;

    private ISchema Schema => _office.Product.Services.GetRequiredService<ISchema>();

    [Fact]
    public async Task Every_text_list_and_scalar_that_can_be_given_states_the_most_it_may_be_in_the_schema_too()
    {
        var places = InputPlace.Of(Schema);
        places.Count.ShouldBeGreaterThan(60);
        var described = await DescriptionsAsync();
        foreach (var place in places)
        {
            place.Limit.ShouldNotBeNull(place.Name);
            if (place.IsList)
                place.Limit.Items.ShouldNotBeNull(place.Name);
            if (place.Type.GetNamedType() is not EnumerationGraphType)
                (place.Limit.Characters ?? place.Limit.Bytes).ShouldNotBeNull(place.Name);
            var what = place.Inner is [.., var last] ? last : (IMetadataReader)place.Argument;
            var isOfTheType = Limit.Of(what) is null;
            var description =
                isOfTheType ? described[place.Type.GetNamedType().Name]
                : place.Inner.Count > 0 ? place.Inner[^1].Description
                : place.Argument.Description;
            description!.ShouldContain(place.Limit.Sentence, Case.Sensitive, place.Name);
            (isOfTheType ? (IMetadataReader)place.Type.GetNamedType() : what)
                .FindAppliedDirective(LimitDirective.DirectiveName)
                .ShouldNotBeNull(place.Name);
        }
    }

    [Fact]
    public async Task More_than_the_limit_is_refused_by_name_before_anything_runs_and_the_limit_itself_is_not()
    {
        foreach (var place in InputPlace.Of(Schema).Where(p => p.Type.GetNamedType() is not UploadGraphType))
        {
            foreach (var (most, value, unit) in Values(place))
            {
                // How long a text is, its command says; it is counted in no time.
                if (place.Limit!.AsData && unit == "characters") continue;
                var allowed = place.Limit.AsData ? most * Limit.Tolerance : most;
                var path = place.IsList && unit == "characters" ? $"{place.Path}.0" : place.Path;
                var message = string.Create(
                    CultureInfo.InvariantCulture, $"{path} has {allowed + 1} {unit}; at most {most} are allowed.");
                foreach (var (document, variables) in Given(place, value(allowed + 1)))
                {
                    var answer = await AskAsync(place, document, variables);
                    (answer.ErrorCode, answer.ErrorMessage).ShouldBe(
                        ("BAD_USER_INPUT", message), $"{place.Name} {document} {answer.Body.ToJsonString()}");
                    answer.Body["data"].ShouldBeNull(place.Name);
                }

                // A subscription would go on.
                if (place.Operation == OperationType.Subscription) continue;
                foreach (var (document, variables) in Given(place, value(allowed)))
                {
                    var answer = await AskAsync(place, document, variables);
                    answer
                        .Body.ToJsonString()
                        .ShouldNotContain("are allowed", Case.Sensitive, $"{place.Name} {document}");
                }
            }
        }
    }

    [Fact]
    public async Task What_a_command_answers_by_data_it_answers_so_also_beyond_the_limit()
    {
        var places = InputPlace.Of(Schema).Where(p => p.Limit!.AsData).ToList();
        places.Count.ShouldBeGreaterThan(15);
        foreach (var place in places)
        {
            foreach (var (most, value, _) in Values(place).Take(1))
            {
                var (document, variables) = place.ByVariable(value(most + 1), Plausible);
                var answer = await _office
                    .As("owner")
                    .SendRawAsync(
                        document.Replace("__typename", "errors { code path message }", StringComparison.Ordinal),
                        variables.ToJsonString());
                var error = answer.Data.AsObject().Single().Value!["errors"]![0]!;
                error.At("code").ShouldBeOneOf(["INVALID", "TOO_LARGE"], $"{place.Name} {answer.Body.ToJsonString()}");
                error["path"]!.AsArray().Select(p => p!.ToString())
                    .ShouldContain(place.Inner[^1].Name, answer.Body.ToJsonString());
            }
        }
    }

    [Theory]
    [InlineData(140_000)]
    [InlineData(201)]
    public async Task A_list_of_the_same_value_is_counted_with_each_of_them(int count)
    {
        var status = new JsonArray([.. Enumerable.Repeat(0, count).Select(_ => (JsonNode)"OPEN")]);
        var answer = await _office
            .As("customer")
            .SendRawAsync(
                "query($s: [ConversationStatus!]) { conversationCounts(filter: { status: $s }) { total } }",
                new JsonObject { ["s"] = status }.ToJsonString());
        (answer.Status, answer.ErrorCode, answer.ErrorMessage).ShouldBe(
            (
                200, "BAD_USER_INPUT",
                $"filter.status has {count.ToString(CultureInfo.InvariantCulture)} items; at most 200 are allowed.")
        );
    }

    [Fact]
    public async Task A_default_of_a_variable_and_what_stands_in_fragments_count_too()
    {
        var text = new string('a', 201);
        foreach (
            var document in (string[])
                [
                    $"query($s: String = \"{text}\") {{ conversations(filter: {{ search: $s }}) {{ nodes {{ id "
                        + $"}} }} }}",
                    $"{{ ...F }} fragment F on Query {{ conversations(filter: {{ search: \"{text}\" }}) {{ nodes "
                        + $"{{ id }} }} }}",
                    $"{{ ... on Query {{ conversations(filter: {{ search: \"\"\"{text}\"\"\" }}) {{ nodes {{ id "
                        + $"}} }} }} }}",
                ]
        )
        {
            var answer = await _office.As("customer").SendAsync(document);
            (answer.ErrorCode, answer.ErrorMessage).ShouldBe(
                ("BAD_USER_INPUT", "filter.search has 201 characters; at most 200 are allowed."), document);
        }
    }

    [Fact]
    public async Task A_character_outside_of_the_basic_plane_is_one()
    {
        (
            await _office
                .As("owner")
                .SendAsync(
                    "query($s: String) { customers(search: $s) { nodes { id } } }", new { s = Repeated("😀", 200) })
        ).ErrorCode.ShouldBeNull();
        var answer = await _office
            .As("owner")
            .SendAsync("query($s: String) { customers(search: $s) { nodes { id } } }", new { s = Repeated("😀", 201) });
        answer.ErrorMessage.ShouldBe("search has 201 characters; at most 200 are allowed.");
    }

    [Theory]
    [InlineData("operationName")]
    [InlineData("documentId")]
    public async Task What_names_an_operation_is_short(string parameter)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql");
        request.Content = new StringContent(
            new JsonObject
            {
                ["query"] = parameter == "documentId" ? null : "{ viewer { id } }",
                [parameter] = new string('a', 201),
            }.ToJsonString(),
            null,
            "application/json"
        );
        using var response = await _office.Product.Http.SendAsync(request, TestContext.Current.CancellationToken);
        ((int)response.StatusCode).ShouldBe(400);
        var said = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        said.ShouldContain($"The parameter '{parameter}' has 201 characters; at most 200 are allowed.");
    }

    private async Task<GraphQLAnswer> AskAsync(InputPlace place, string document, string variables)
    {
        if (place.Operation != OperationType.Subscription)
            return await _office.As("owner").SendRawAsync(document, variables);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql");
        request.Headers.Authorization = new("Bearer", _office.As("owner").Token);
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Content = new StringContent(
            new JsonObject { ["query"] = document, ["variables"] = JsonNode.Parse(variables) }.ToJsonString(), null,
            "application/json");
        using var response = await _office.Product.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/graphql-response+json", document);
        return new GraphQLAnswer((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    private static IEnumerable<(string Document, string Variables)> Given(InputPlace place, JsonNode value)
    {
        var (document, variables) = place.ByVariable(value.DeepClone());
        yield return (document, variables.ToJsonString());
        (document, variables) = place.ByInnerVariable(value.DeepClone());
        yield return (document, variables.ToJsonString());

        // Longer ones are no documents any more.
        if (place.ByLiteral(value) is { Length: < 32_000 } literal && value is not JsonArray { Count: > 900 })
            yield return (literal, "{}");
    }

    private static IEnumerable<(int Most, Func<int, JsonNode> Value, string Unit)> Values(InputPlace place)
    {
        JsonNode One() => place.Type.GetNamedType() is EnumerationGraphType values ? values.Values.First().Name : "a";
        if (place.Limit!.Items is { } items)
            yield return (items, count => new JsonArray([.. Enumerable.Repeat(0, count).Select(_ => One())]), "items");
        if (place.Limit.Characters is { } characters)
            yield return (
                characters,
                count => place.IsList ? new JsonArray(new string('a', count)) : (JsonNode)new string('a', count),
                "characters");
    }

    private JsonNode Plausible(FieldType field) => field.Name switch
    {
        "customerId" => _office.Ids["customer"],
        "conversationId" => _office.Ids["conversation"],
        "conversationIds" => new JsonArray(_office.Ids["conversation"]),
        "email" => "jemand@kanzlei.example",
        "status" => "ANSWERED",
        "expiresAt" => _office.Ids["soon"],
        "currentPassword" => "messaging-demo",
        "all" => false,
        _ => "lang genug, aber falsch",
    };

    private async Task<Dictionary<string, string>> DescriptionsAsync()
    {
        var types = await _office.As("owner").QueryAsync("{ __schema { types { name description } } }");
        return types["__schema"]!["types"]!.AsArray().ToDictionary(t => t.At("name"), t => t.At("description"));
    }

    private static string Repeated(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    public sealed class Started : IAsyncLifetime
    {
        public PermissionTests.Office Office { get; } = new();

        public ValueTask InitializeAsync() => Office.InitializeAsync();

        public ValueTask DisposeAsync() => Office.DisposeAsync();
    }
}
