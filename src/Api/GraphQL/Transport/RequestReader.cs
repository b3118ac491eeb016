using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>Reads requests strictly: what is not as the specification has it is refused with the reason.</summary>
internal sealed class RequestReader(GraphQLOptions options)
{
    // Variables nested deeper than this are nobody's input.
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private static readonly string[] s_parameters = ["query", "operationName", "variables", "extensions", "documentId"];

    /// <summary>The most characters of what names something: an operation, a document, a hash.</summary>
    public const int NameMaximum = 200;

    // The only extension of a request that we know; others may be long.
    private const string PersistedQuery = "persistedQuery";

    /// <summary>Reads the parameters of a GET.</summary>
    public static GraphQLRequests ReadQuery(IQueryCollection query)
    {
        foreach (var name in s_parameters)
            if (query[name].Count > 1)
                throw RequestRefusedException.BadRequest($"The parameter '{name}' is given more than once.");

        return new(
            [
                Check(
                    new GraphQLRequest(
                        Value("query"), Named("operationName"),
                        Object("variables", root => ReadObject(root, "variables")),
                        Object("extensions", ReadExtensions), Named("documentId"))
                ),
            ],
            IsBatch: false);

        string? Value(string name) => query[name].FirstOrDefault();

        string? Named(string name) => Short(Value(name), name);

        Dictionary<string, object?> Object(string name, Func<JsonElement, Dictionary<string, object?>> read)
        {
            if (Value(name) is not { Length: > 0 } text) return [];
            using var document = ParseJson(() => JsonDocument.Parse(text, s_strict), $"the parameter '{name}'");
            return read(document.RootElement);
        }
    }

    /// <summary>Bytes of memory that a byte of a request takes: as it arrived, and what is made of it.</summary>
    public const int InMemory = 4;

    /// <summary>Reads a JSON body.</summary>
    /// <param name="claim">The received bytes are counted there.</param>
    public async Task<GraphQLRequests> ReadBodyAsync(HttpContext context, Claim claim, CancellationToken cancellation)
    {
        // Twice the limit: our own refusal is clearer than the server's cut.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = 2L * options.MaxRequestBytes;
        if (context.Request.ContentLength > options.MaxRequestBytes)
            throw TooLarge();
        var reader = context.Request.BodyReader;
        for (var received = 0L; ;)
        {
            var read = await reader.ReadAsync(cancellation);
            var goesOn = false;
            try
            {
                if (read.Buffer.Length > options.MaxRequestBytes) throw TooLarge();
                claim.Receive(InMemory * (read.Buffer.Length - received));
                received = read.Buffer.Length;
                if (read.IsCompleted) return Parse(read.Buffer);
                goesOn = true;
            }
            finally
            {
                // Without it the server cannot read on, and cuts the connection instead of answering.
                reader.AdvanceTo(goesOn ? read.Buffer.Start : read.Buffer.End, read.Buffer.End);
            }
        }

        RequestRefusedException TooLarge() =>
            RequestRefusedException.TooLarge($"The body is larger than {options.MaxRequestBytes} bytes.");
    }

    /// <summary>Reads one request or a batch.</summary>
    public GraphQLRequests Parse(ReadOnlySequence<byte> json)
    {
        using var document = ParseJson(() => JsonDocument.Parse(json, s_strict), "the request");
        var root = document.RootElement;
        switch (root.ValueKind)
        {
            case JsonValueKind.Object:
                return new([ReadRequest(root)], IsBatch: false);
            case JsonValueKind.Array when root.GetArrayLength() == 0:
                throw RequestRefusedException.BadRequest("The batch is empty.");
            case JsonValueKind.Array when root.GetArrayLength() > options.MaxBatch:
                throw new RequestRefusedException(
                    StatusCodes.Status400BadRequest, ErrorCodes.QueryTooComplex,
                    $"The batch has more than {options.MaxBatch} operations.");
            case JsonValueKind.Array:
                return new([.. root.EnumerateArray().Select(ReadRequest)], IsBatch: true);
            default:
                throw RequestRefusedException.BadRequest("The request is neither a JSON object nor a list of them.");
        }
    }

    /// <summary>
    /// Parses JSON; what is wrong with it becomes a refusal without the parser's own words, which may be long.
    /// </summary>
    public static JsonDocument ParseJson(Func<JsonDocument> parse, string what)
    {
        try
        {
            return parse();
        }
        catch (JsonException exception)
        {
            var where = exception.LineNumber is { } line
                ? $" (line {line + 1}, byte {exception.BytePositionInLine + 1})"
                : "";
            throw RequestRefusedException.BadRequest($"Not valid JSON without duplicate names: {what}{where}.");
        }
        catch (InvalidOperationException)
        {
            // The names are compared, so that a lone surrogate in one of them shows already here.
            throw IllFormed();
        }
    }

    /// <summary>Reads an operation and its variables.</summary>
    public static GraphQLRequest ReadRequest(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw RequestRefusedException.BadRequest("An operation is not a JSON object.");
        string? query = null,
            operationName = null,
            documentId = null;
        Dictionary<string, object?> variables = [],
            extensions = [];
        foreach (var property in element.EnumerateObject())
        {
            // Other names are left to the future, as the specification wants.
            switch (ReadName(property))
            {
                case "query": query = ReadString(property.Value, "query"); break;
                case "operationName": operationName = ReadName(property.Value, "operationName"); break;
                case "variables": variables = ReadObject(property.Value, "variables"); break;
                case "documentId": documentId = ReadName(property.Value, "documentId"); break;
                case "extensions": extensions = ReadExtensions(property.Value); break;
            }
        }
        return Check(new GraphQLRequest(query, operationName, variables, extensions, documentId));
    }

    private static GraphQLRequest Check(GraphQLRequest request) =>
        (string.IsNullOrWhiteSpace(request.Query), string.IsNullOrEmpty(request.DocumentId)) switch
        {
            (true, true) when !request.Extensions.ContainsKey(PersistedQuery) =>
                throw RequestRefusedException.BadRequest("The parameter 'query' is missing or empty."),
            (false, false) => throw RequestRefusedException.BadRequest(
                "Give either 'query' or 'documentId', not both."),
            _ => request,
        };

    private static string? ReadString(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.String => ReadText(element),
        JsonValueKind.Null => null,
        _ => throw RequestRefusedException.BadRequest($"The parameter '{name}' is not a string."),
    };

    private static string? ReadName(JsonElement element, string name) => Short(ReadString(element, name), name);

    private static string? Short(string? text, string name) =>
        text is not { Length: > NameMaximum }
            ? text
            : throw RequestRefusedException.BadRequest(
                $"The parameter '{name}' has {text.Length} characters; at most {NameMaximum} are allowed.");

    private static Dictionary<string, object?> ReadExtensions(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
            return [];
        if (element.ValueKind != JsonValueKind.Object)
            throw RequestRefusedException.BadRequest("The parameter 'extensions' is not an object.");
        if (!element.TryGetProperty(PersistedQuery, out var persisted))
            return [];
        if (persisted.GetRawText().Length > 2 * NameMaximum)
            throw RequestRefusedException.BadRequest(
                $"The parameter 'extensions.{PersistedQuery}' has more than {2 * NameMaximum} characters.");
        return new() { [PersistedQuery] = ReadValue(persisted) };
    }

    private static Dictionary<string, object?> ReadObject(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Object => (Dictionary<string, object?>)ReadValue(element)!,
        JsonValueKind.Null => [],
        _ => throw RequestRefusedException.BadRequest($"The parameter '{name}' is not an object."),
    };

    private static object? ReadValue(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().ToDictionary(ReadName, property => ReadValue(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().Select(ReadValue).ToList(),
        JsonValueKind.String => ReadText(element),
        JsonValueKind.Number => ReadNumber(element),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static object ReadNumber(JsonElement element)
    {
        if (element.TryGetInt32(out var small)) return small;
        if (element.TryGetInt64(out var large)) return large;
        if (element.TryGetDouble(out var number) && double.IsFinite(number)) return number;
        throw RequestRefusedException.BadRequest("A number is too large.");
    }

    private static string ReadText(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw IllFormed();
        }
    }

    private static string ReadName(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw IllFormed();
        }
    }

    private static RequestRefusedException IllFormed() =>
        RequestRefusedException.BadRequest("A text is not well-formed Unicode: it has a lone surrogate.");
}
