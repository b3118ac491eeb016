using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Messaging.Application.Files;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Reads one request by the graphql-multipart-request-spec: <c>operations</c>, then <c>map</c>, then the files. In two
/// steps, so that a document that is refused costs no upload: first the operations with empty places, then the files
/// into the store, one after the other.
/// </summary>
internal sealed partial class GraphQLMultipart : IAsyncDisposable
{
    private const int MaxMapBytes = 16 * 1024;
    private const int PartOverhead = 32 * 1024;

    private readonly Microsoft.AspNetCore.WebUtilities.MultipartReader _parts;
    private readonly BoundedStream _body;
    private readonly GraphQLOptions _options;
    private readonly IFileStore _store;
    private readonly Dictionary<string, MultipartFile> _uploads = [];
    private UploadAllowance? _allowance;

    private GraphQLMultipart(HttpContext context, string boundary, GraphQLOptions options, IFileStore store)
    {
        (_options, _store) = (options, store);
        var fields = options.MaxRequestBytes + MaxMapBytes + 2L * PartOverhead;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = fields + (options.MaxFiles + 1) * (options.MaxFileBytes + PartOverhead);
        _body = new BoundedStream(context.Request.Body) { Limit = fields };
        _parts = new(boundary, _body) { HeadersCountLimit = 8, HeadersLengthLimit = PartOverhead / 2 };
    }

    /// <summary>The operations, with uploads in the places that the map names.</summary>
    public GraphQLRequests Requests { get; private set; } = null!;

    /// <summary>Reads everything before the files.</summary>
    public static async Task<GraphQLMultipart> ReadAsync(
        HttpContext context, string boundary, RequestReader reader, GraphQLOptions options, IFileStore store,
        Claim claim, CancellationToken cancellation)
    {
        var multipart = new GraphQLMultipart(context, boundary, options, store);
        await Guarded(async () =>
        {
            var operations = await multipart.ReadFieldAsync("operations", options.MaxRequestBytes, claim, cancellation);
            var map = await multipart.ReadFieldAsync("map", MaxMapBytes, claim, cancellation);
            multipart.Requests = reader.Parse(new ReadOnlySequence<byte>(operations));
            multipart.Place(map);
        });
        // One file more than announced: enough to answer TOO_LARGE as data to somebody who is a little over the limit.
        multipart._body.Limit =
            multipart._body.Position + (multipart._uploads.Count + 1) * (options.MaxFileBytes + PartOverhead);
        return multipart;
    }

    /// <summary>Streams the files into the store.</summary>
    /// <param name="allowance">The limits of the caller's uploads; disposed of with this. Null: whatever the limits let
    /// them.</param>
    public Task StageAsync(UploadAllowance? allowance, CancellationToken cancellation) =>
        Guarded(async () =>
        {
            _allowance = allowance;
            while (await _parts.ReadNextSectionAsync(cancellation) is { } section)
            {
                var (name, fileName) = Disposition(section);
                if (!_uploads.TryGetValue(name, out var upload))
                    throw RequestRefusedException.BadRequest("The body has a part that the map does not name.");
                if (upload.Arrived)
                    throw RequestRefusedException.BadRequest($"The body has more than one part '{upload.Part}'.");
                if (fileName is null)
                    throw RequestRefusedException.BadRequest($"The part '{upload.Part}' has no file name.");
                await upload.StageAsync(fileName, section.ContentType, section.Body, _store, allowance, cancellation);
            }
            if (_uploads.Values.FirstOrDefault(upload => !upload.Arrived) is { } missing)
                throw RequestRefusedException.BadRequest(
                    $"The part '{missing.Part}', which the map names, is missing.");
        });

    /// <summary>Discards what nobody claimed.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var upload in _uploads.Values) await upload.DiscardUnclaimedAsync(_store);
        _allowance?.Dispose();
    }

    private async Task<byte[]> ReadFieldAsync(string expected, int limit, Claim claim, CancellationToken cancellation)
    {
        var section = await _parts.ReadNextSectionAsync(cancellation);
        if (section is null || Disposition(section).Name != expected)
            throw RequestRefusedException.BadRequest(
                $"The part '{expected}' is missing: a multipart request has 'operations', then 'map', then the files.");

        using var bytes = new MemoryStream();
        var buffer = new byte[8 * 1024];
        int read;
        while ((read = await section.Body.ReadAsync(buffer, cancellation)) > 0)
        {
            if (bytes.Length + read > limit)
                throw RequestRefusedException.TooLarge($"The part '{expected}' is larger than {limit} bytes.");
            claim.Receive(RequestReader.InMemory * read);
            bytes.Write(buffer, 0, read);
        }
        return bytes.ToArray();
    }

    private void Place(byte[] map)
    {
        using var document = RequestReader.ParseJson(
            () => JsonDocument.Parse(map, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 4 }),
            "the part 'map'");
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw BadMap();
        foreach (var entry in document.RootElement.EnumerateObject())
        {
            if (_uploads.Count == _options.MaxFiles)
            {
                throw new RequestRefusedException(
                    StatusCodes.Status400BadRequest, ErrorCodes.QueryTooComplex,
                    $"A request has at most {_options.MaxFiles} files.");
            }
            if (entry.Value.ValueKind != JsonValueKind.Array || entry.Value.GetArrayLength() == 0)
                throw BadMap();
            MultipartFile upload;
            try
            {
                upload = new MultipartFile(entry.Name);
                foreach (var path in entry.Value.EnumerateArray())
                {
                    if (path.ValueKind != JsonValueKind.String) throw BadMap();
                    Place(upload, path.GetString()!);
                    upload.Places++;
                }
            }
            catch (InvalidOperationException)
            {
                throw BadMap();
            }
            _uploads.Add(upload.Part, upload);
        }
    }

    /// <summary>
    /// Puts an upload where a path leads to: <c>variables.input.file</c>, <c>variables.files.0</c>, in a batch
    /// <c>1.variables.file</c>.
    /// </summary>
    private void Place(MultipartFile upload, string path)
    {
        var keys = path.Split('.');
        var next = 0;
        var request = 0;
        if (Requests.IsBatch && (!TryIndex(keys[next++], out request) || request >= Requests.Items.Count))
            throw BadPath(upload);
        if (next >= keys.Length - 1 || keys[next++] != "variables")
            throw BadPath(upload);

        object? place = Requests.Items[request].Variables;
        for (; next < keys.Length; next++)
        {
            var last = next == keys.Length - 1;
            switch (place)
            {
                case Dictionary<string, object?> values
                    when values.TryGetValue(keys[next], out var value) && (!last || value is null):
                    if (last)
                        values[keys[next]] = upload;
                    place = value;
                    break;
                case List<object?> items
                    when TryIndex(keys[next], out var index) && index < items.Count && (!last || items[index] is null):
                    place = items[index];
                    if (last)
                        items[index] = upload;
                    break;
                default:
                    throw BadPath(upload);
            }
        }
    }

    private static bool TryIndex(string key, out int index) =>
        int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out index);

    private static RequestRefusedException BadMap() =>
        RequestRefusedException.BadRequest(
            "The part 'map' is not an object that gives each file a list of paths of variables.");

    private static RequestRefusedException BadPath(MultipartFile upload) =>
        RequestRefusedException.BadRequest(
            $"The map's path for the part '{Short(upload.Part)}' does not lead to a variable that is null.");

    internal static string Short(string text) => text.Length <= 40 ? text : text[..40];

    private static (string Name, string? FileName) Disposition(MultipartSection section)
    {
        if (
            !ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var value)
            || !value.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase)
        )
            throw RequestRefusedException.BadRequest("A part has no valid Content-Disposition.");
        return (
            Unescape(value.Name) ?? "",
            value.FileNameStar.HasValue ? value.FileNameStar.ToString() : Unescape(value.FileName));
    }

    /// <summary>
    /// A name as it was before it was put between quotes. Browsers write %22, %0D and %0A for what would end it, and
    /// leave everything else as it is, the backslashes of a path too (HTML, 4.10.21.8); other programs put a backslash
    /// before a quote and a backslash (RFC 9110, 5.6.4). So <c>%41</c> and <c>C:\fakepath</c> stay.
    /// </summary>
    private static string? Unescape(StringSegment quoted)
    {
        if (!quoted.HasValue) return null;
        return Escapes().Replace(HeaderUtilities.RemoveQuotes(quoted).ToString(), escape => escape.Value switch
        {
            "%22" => "\"",
            "%0D" => "\r",
            "%0A" => "\n",
            var pair => pair[1..],
        });
    }

    [GeneratedRegex("""%22|%0D|%0A|\\["\\]""", RegexOptions.CultureInvariant)]
    private static partial Regex Escapes();

    /// <summary>A body that ends too early or has too long headers is the client's fault.</summary>
    private static async Task Guarded(Func<Task> read)
    {
        try
        {
            await read();
        }
        catch (Exception exception)
            when (exception is BoundedStream.ExceededException
                || exception.InnerException is BoundedStream.ExceededException
            )
        {
            throw RequestRefusedException.TooLarge("The body is larger than what it announces may be.");
        }
        catch (Exception exception)
            when (exception is InvalidDataException
                || (exception is IOException && exception.GetType() == typeof(IOException))
            )
        {
            throw RequestRefusedException.BadRequest("The multipart body is malformed or ends too early.");
        }
    }

    /// <summary>The body, cut where it exceeds what is allowed so far.</summary>
    private sealed class BoundedStream(Stream inner) : Stream
    {
        private long _read;

        public long Limit { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            _read += read;
            return _read <= Limit ? read : throw new ExceededException();
        }

        public override Task<int> ReadAsync(
            byte[] buffer,
            int offset,
            int count,
            CancellationToken cancellationToken
        ) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public sealed class ExceededException : Exception;
    }
}
