using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>Chooses the media type of an answer from the <c>Accept</c> header.</summary>
internal static class Negotiation
{
    public const string GraphQLResponse = "application/graphql-response+json";
    public const string Json = "application/json";
    public const string EventStream = "text/event-stream";

    /// <summary>True when the client names an event stream, and no JSON type.</summary>
    public static bool WantsEventStream(StringValues accept) =>
        MediaTypeHeaderValue.TryParseList([.. accept.OfType<string>()], out var ranges)
        && Quality(ranges, EventStream) is { IsNamed: true, Value: > 0 }
        && !Quality(ranges, GraphQLResponse).IsNamed
        && !Quality(ranges, Json).IsNamed;

    /// <summary>
    /// The best accepted type; <see cref="Json"/> when the client does not care, as older clients expect; null when it
    /// accepts neither.
    /// </summary>
    public static string? Choose(StringValues accept)
    {
        if (StringValues.IsNullOrEmpty(accept) || accept.All(string.IsNullOrWhiteSpace)) return Json;
        var values = accept.OfType<string>().ToList();
        if (!MediaTypeHeaderValue.TryParseList(values, out var ranges)) return null;

        var graphQL = Quality(ranges, GraphQLResponse);
        var json = Quality(ranges, Json);
        if (graphQL.Value == 0 && json.Value == 0) return null;
        if (graphQL.Value != json.Value) return graphQL.Value > json.Value ? GraphQLResponse : Json;
        return graphQL.IsNamed && (!json.IsNamed || graphQL.Position < json.Position) ? GraphQLResponse : Json;
    }

    /// <summary>The quality that the most specific matching range gives to a type.</summary>
    private static (double Value, bool IsNamed, int Position) Quality(IList<MediaTypeHeaderValue> ranges, string type)
    {
        var best = (Value: 0d, Specificity: -1, Position: 0);
        for (var i = 0; i < ranges.Count; i++)
        {
            var range = ranges[i];
            var specificity = range.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase) ? 2
                : range.MediaType.Equals("application/*", StringComparison.OrdinalIgnoreCase) ? 1
                : range.MatchesAllTypes ? 0
                : -1;
            if (
                specificity < 0
                || (range.Charset.HasValue && !range.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            )
                continue;
            if (specificity > best.Specificity)
                best = (range.Quality ?? 1, specificity, i);
        }
        return (best.Value, best.Specificity == 2, best.Position);
    }
}
