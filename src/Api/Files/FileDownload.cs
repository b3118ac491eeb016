using Messaging.Application.Files;
using Microsoft.Net.Http.Headers;

namespace Messaging.Api.Files;

/// <summary>A file whose reader may have it: that was decided before.</summary>
/// <param name="State">Known state of the file; it is sent only where that lets it.</param>
internal sealed record FileToSend(Guid Id, string Name, string MediaType, long Size, string Sha256, FileState State)
{
    /// <summary>The conversation that it is in; null before it is in one.</summary>
    public Guid? ConversationId { get; init; }
}

/// <summary>Sends a file as a file: nothing in it runs in our origin.</summary>
internal static class FileDownload
{
    private const string Pdf = "application/pdf";

    /// <summary>
    /// Answers GET or HEAD, with ranges and conditions. With <c>?inline=1</c> browsers show what they can show safely.
    /// A file that is not what was attached is not sent: a 500, or where some of it has gone the connection ends before
    /// its last bytes.
    /// </summary>
    /// <returns>False when it is not what was attached.</returns>
    public static async Task<bool> TrySendAsync(HttpContext context, FileToSend file, CheckedFiles files)
    {
        try
        {
            var inParts = context.Request.Headers.ContainsKey(HeaderNames.Range);
            await SendAsync(context, file, await files.OpenAsync(file, inParts, context.RequestAborted));
            return true;
        }
        catch (FileDamagedException)
        {
            if (context.Response.HasStarted) context.Abort();
            else RefuseDamaged(context.Response);
            return false;
        }
    }

    private static void RefuseDamaged(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status500InternalServerError;
        foreach (var ofFile in (string[])
            [HeaderNames.ContentDisposition, HeaderNames.ContentRange, HeaderNames.AcceptRanges, HeaderNames.ETag])
        {
            response.Headers.Remove(ofFile);
        }

        response.ContentType = null;
        response.ContentLength = 0;
    }

    private static async Task SendAsync(HttpContext context, FileToSend file, Stream content)
    {
        var response = context.Response;
        var inline =
            context.Request.Query["inline"] == "1"
            && (file.MediaType == Pdf || PictureTypes.All.Contains(file.MediaType));
        var disposition = new ContentDispositionHeaderValue(inline ? "inline" : "attachment");
        disposition.SetHttpFileName(file.Name);
        response.Headers.ContentDisposition = disposition.ToString();
        Confine(response);
        // Browsers show no PDF in a sandbox; their viewers run it apart from our origin anyway.
        if (inline && file.MediaType == Pdf)
            response.Headers.ContentSecurityPolicy =
                "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";

        // Also disposes of the stream.
        await Results
            .Stream(
                content, file.MediaType, entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""),
                enableRangeProcessing: true)
            .ExecuteAsync(context);
        if (!HttpMethods.IsHead(context.Request.Method))
            FileTelemetry.Transmitted(response.ContentLength ?? 0);
    }

    /// <summary>Answers GET or HEAD with the small picture of a file.</summary>
    /// <returns>True when there is one.</returns>
    public static async Task<bool> TrySendThumbnailAsync(HttpContext context, FileToSend file, IFileStore store)
    {
        if (
            !Thumbnails.MayBeOf(file.MediaType)
            || await store.OpenThumbnailAsync(file.Id, context.RequestAborted) is not { } content
        )
            return false;
        Confine(context.Response);
        await Results
            .Stream(
                content, Thumbnails.MediaType,
                entityTag: new EntityTagHeaderValue($"\"{file.Sha256}-{Thumbnails.Longest}\""))
            .ExecuteAsync(context);
        return true;
    }

    private static void Confine(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'; frame-ancestors 'none'";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers["Referrer-Policy"] = "no-referrer";
        // A copy may be kept, but its reader's access is checked each time.
        response.Headers.CacheControl = "private, no-cache";
        response.Headers.Vary = "Authorization, Cookie";
    }
}
