using System.Security.Cryptography;
using System.Text;
using GraphQLParser.AST;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Keeps documents that were parsed and found valid, by the SHA-256 of their text, which is also how clients name
/// persisted queries. Bounded in two generations: when the younger one is full, the older one is forgotten; what is
/// used again moves up.
/// </summary>
internal sealed class DocumentCache(GraphQLOptions options)
{
    private readonly Lock _lock = new();
    private Dictionary<string, GraphQLDocument> _young = [];
    private Dictionary<string, GraphQLDocument> _old = [];
    private int _length;

    /// <summary>The name of a document, as in <c>extensions.persistedQuery.sha256Hash</c>.</summary>
    public static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>A document known to be valid, or null.</summary>
    public GraphQLDocument? Find(string hash)
    {
        lock (_lock)
        {
            if (_young.TryGetValue(hash, out var document)) return document;
            if (_old.TryGetValue(hash, out document)) Store(hash, document);
            return document;
        }
    }

    /// <summary>Keeps a document found valid.</summary>
    public void Add(string hash, GraphQLDocument document)
    {
        lock (_lock) Store(hash, document);
    }

    private void Store(string hash, GraphQLDocument document)
    {
        if (!_young.TryAdd(hash, document)) return;
        _length += document.Source.Length;
        if (_length <= options.DocumentCacheLength / 2) return;
        (_old, _young, _length) = (_young, [], 0);
    }
}
