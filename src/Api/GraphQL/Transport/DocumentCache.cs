using System.Security.Cryptography;
using System.Text;
using GraphQLParser.AST;
using Microsoft.Extensions.Caching.Memory;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Keeps documents that were parsed and found valid, by the SHA-256 of their text, which is also how clients name
/// persisted queries. Bounded by the characters of all of them; those that were used last stay.
/// </summary>
internal sealed class DocumentCache(GraphQLOptions options) : IDisposable
{
    private readonly MemoryCache _documents = new(new MemoryCacheOptions { SizeLimit = options.DocumentCacheLength });

    /// <summary>The name of a document, as in <c>extensions.persistedQuery.sha256Hash</c>.</summary>
    public static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>A document known to be valid, or null.</summary>
    public GraphQLDocument? Find(string hash) => _documents.Get<GraphQLDocument>(hash);

    /// <summary>
    /// Keeps a document found valid. One that comes while older ones are just being let go of may not be kept.
    /// </summary>
    public void Add(string hash, GraphQLDocument document) =>
        _documents.Set(hash, document, new MemoryCacheEntryOptions { Size = document.Source.Length });

    /// <inheritdoc/>
    public void Dispose() => _documents.Dispose();
}
