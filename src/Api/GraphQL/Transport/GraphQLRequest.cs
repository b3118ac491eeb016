namespace Messaging.Api.GraphQL.Transport;

/// <summary>One operation as it was asked for.</summary>
/// <param name="Query">The document; null when the extensions name it by its hash, or <paramref name="DocumentId"/>
/// does.</param>
/// <param name="DocumentId">Names a trusted document (GraphQL over HTTP, appendix A, Persisted Documents).</param>
internal sealed record GraphQLRequest(
    string? Query, string? OperationName, Dictionary<string, object?> Variables, Dictionary<string, object?> Extensions,
    string? DocumentId = null);

/// <summary>The content of one HTTP request.</summary>
/// <param name="IsBatch">True when the answer is a list.</param>
internal sealed record GraphQLRequests(IReadOnlyList<GraphQLRequest> Items, bool IsBatch);
