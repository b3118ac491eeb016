using System.Text.Json;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Documents that a client's build registered, from <c>Messaging:GraphQL:TrustedDocuments</c>: a JSON manifest or a
/// folder of them, each either <c>{ "id": "document" }</c> (graphql-codegen, Relay) or <c>{ "operations": [{ "id",
/// "body" }] }</c> (Apollo). Read once, at the start.
/// </summary>
internal sealed class TrustedDocuments
{
    // The prefix of ids in a GraphQL-over-HTTP persisted document request; manifests leave it out.
    private const string Prefix = "sha256:";

    private readonly Dictionary<string, string> _texts = [];
    private readonly HashSet<string> _known;

    /// <summary>Reads the manifests.</summary>
    /// <exception cref="InvalidOperationException">There is none, or one is malformed; the message names
    /// it.</exception>
    public TrustedDocuments(GraphQLOptions options)
    {
        IsOnly = options.TrustedDocumentsOnly;
        if (options.TrustedDocuments is { Length: > 0 } path)
        {
            var files =
                Directory.Exists(path) ? Directory.GetFiles(path, "*.json")
                : File.Exists(path) ? [path]
                : [];
            if (files.Length == 0)
                throw new InvalidOperationException(
                    $"The setting {GraphQLOptions.Section}:TrustedDocuments names no manifest: {path}");
            foreach (var file in files)
                Read(file);
        }
        _known = [.. _texts.Values];
    }

    /// <summary>True when no other document may run.</summary>
    public bool IsOnly { get; }

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<string> Texts => _known;

    /// <summary>The document of an id, with or without <c>sha256:</c>; null when there is none.</summary>
    public string? Find(string id) =>
        _texts.GetValueOrDefault(id.StartsWith(Prefix, StringComparison.Ordinal) ? id[Prefix.Length..] : id);

    /// <summary>True when a text is one of them, to the letter.</summary>
    public bool Contains(string text) => _known.Contains(text);

    private void Read(string file)
    {
        try
        {
            using var json = JsonDocument.Parse(
                File.ReadAllBytes(file), new JsonDocumentOptions { AllowDuplicateProperties = false });
            var isApollos = json.RootElement.TryGetProperty("operations", out var operations);
            var documents = isApollos
                ? operations
                    .EnumerateArray()
                    .Select(operation =>
                        (Id: operation.GetProperty("id").GetString(), Text: operation.GetProperty("body").GetString())
                    )
                : json
                    .RootElement.EnumerateObject()
                    .Select(document => (Id: (string?)document.Name, Text: document.Value.GetString()));
            foreach (var (id, text) in documents)
            {
                if (string.IsNullOrEmpty(id) || string.IsNullOrWhiteSpace(text))
                    throw new FormatException("An id or a document is empty.");
                var name = id.StartsWith(Prefix, StringComparison.Ordinal) ? id[Prefix.Length..] : id;
                if (!_texts.TryAdd(name, text) && _texts[name] != text)
                    throw new FormatException($"The id {id} stands for two documents.");
            }
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidOperationException(
                $"The manifest of trusted documents {file} cannot be read: {exception.Message}", exception);
        }
    }
}
