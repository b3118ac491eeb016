using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>Introspection answers what tools of the specification of October 2021 and after ask.</summary>
public sealed class IntrospectionTests : IAsyncLifetime
{
    // As graphql-js 16 asks it with all its options.
    private const string Query = """
        query IntrospectionQuery {
          __schema { description queryType { name } mutationType { name } subscriptionType { name } types { ...FullType
            }
            directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } }
        }
        fragment FullType on __Type {
          kind name description specifiedByURL isOneOf
          fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type {
            ...TypeRef } isDeprecated deprecationReason }
          inputFields(includeDeprecated: true) { ...InputValue }
          interfaces { ...TypeRef }
          enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
          possibleTypes { ...TypeRef }
        }
        fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated
          deprecationReason }
        fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind
          name } } } } }
        """;

    private RunningProduct _product = null!;

    public async ValueTask InitializeAsync() => _product = await RunningProduct.StartAsync();

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task All_that_tools_ask_is_answered()
    {
        var anna = await _product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var schema = (await anna.QueryAsync(Query))["__schema"]!;

        var types = schema["types"]!.AsArray();
        types
            .Single(t => t.At("name") == "DateTime")
            .At("specifiedByURL")
            .ShouldBe("https://www.rfc-editor.org/rfc/rfc3339");
        types.Single(t => t.At("name") == "ID").At("specifiedByURL").ShouldBe("");
        types.Single(t => t.At("name") == "Conversation").At("specifiedByURL").ShouldBe("");
        types.Single(t => t.At("name") == "AsOf").At("isOneOf").ShouldBe("true");
        types.Single(t => t.At("name") == "AddCommentInput").At("isOneOf").ShouldBe("false");
        types.Single(t => t.At("name") == "Conversation").At("isOneOf").ShouldBe("");
        types.Single(t => t.At("name") == "AddCommentInput")!["inputFields"]!
            .AsArray()
            .ShouldAllBe(f => f.At("isDeprecated") == "false");
        var directives = schema["directives"]!.AsArray();
        directives.ShouldAllBe(d => d.At("isRepeatable") == "false");
        directives.Select(d => d.At("name")).ShouldContain("specifiedBy");
        directives.Single(d => d.At("name") == "deprecated").At("locations").ShouldContain("INPUT_FIELD_DEFINITION");
    }

    [Theory]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.0000000")]
    [InlineData("2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.1000000")]
    [InlineData("2026-01-01T00:00:00.123456Z", "2026-01-01T00:00:00.1234560")]
    [InlineData("2026-01-01T00:00:00.1234569Z", "2026-01-01T00:00:00.1234560")]
    [InlineData("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.1234560")]
    [InlineData("2026-01-01t01:00:00.999999999999999999999999999999+01:00", "2026-01-01T00:00:00.9999990")]
    [InlineData("2025-12-31T23:59:59.9999999-00:00", "2025-12-31T23:59:59.9999990")]
    public void Instants_have_as_many_digits_as_they_like_and_are_cut(string text, string instant) =>
        ((DateTimeOffset)new Messaging.Api.GraphQL.Transport.UtcDateTimeGraphType().ParseValue(text)!)
            .UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", System.Globalization.CultureInfo.InvariantCulture)
            .ShouldBe(instant);

    [Theory]
    [InlineData("2026-01-01T24:00:00Z", "no hour 24")]
    [InlineData("2026-01-01T24:00:00.5+02:00", "no hour 24")]
    [InlineData("2016-12-31T23:59:60Z", "Leap seconds (:60)")]
    [InlineData("2026-01-01T00:00:00.Z", "Expected an instant")]
    [InlineData("2026-01-01T00:00:00.+01:00", "Expected an instant")]
    [InlineData("2026-01-01T00:00:00.1", "Expected an instant")]
    [InlineData("2026-01-01T00:00:00,5Z", "Expected an instant")]
    [InlineData("2026-01-01T00:00:00+01", "Expected an instant")]
    [InlineData("2026-01-01T00:00:00", "Expected an instant")]
    [InlineData("2026-02-30T00:00:00Z", "Expected an instant")]
    [InlineData("2026-01-01", "Expected an instant")]
    [InlineData("", "Expected an instant")]
    public void What_is_no_instant_is_named(string text, string message) =>
        Should
            .Throw<FormatException>(() => new Messaging.Api.GraphQL.Transport.UtcDateTimeGraphType().ParseValue(text))
            .Message.ShouldContain(message);
}
