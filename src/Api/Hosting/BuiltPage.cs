using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Messaging.Api.Hosting;

/// <summary>
/// A page that npm built into <c>wwwroot/&lt;name&gt;</c>: <c>index.html</c>, and <c>assets</c> whose names change with
/// their content, each with its copy compressed by Brotli (<c>.br</c>) beside it.
/// </summary>
internal static class BuiltPage
{
    /// <summary>Serves it at <c>/&lt;name&gt;</c>; an unbuilt page says there that it is not built.</summary>
    /// <param name="policy">The page's Content-Security-Policy.</param>
    public static void MapPage(this IEndpointRouteBuilder endpoints, string name, string policy)
    {
        var files = Files(name);
        endpoints.MapMethods($"/{name}/{{**file}}", ["GET", "HEAD"], (HttpContext context, string? file) =>
            Serve(context, files, file ?? "index.html", policy)
        );
    }

    /// <summary>
    /// Returns the built files, by their path below the page's address: only files that were there at the start are
    /// served, and no request's path becomes a file's.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Files(string name)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot", name);
        return Directory.Exists(folder)
            ? Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .ToDictionary(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            : new Dictionary<string, string>();
    }

    /// <summary>Answers with one of its files.</summary>
    public static IResult Serve(
        HttpContext context, IReadOnlyDictionary<string, string> files, string file, string policy)
    {
        if (!files.ContainsKey("index.html"))
            return Results.Text(
                "This page is not built. './dev pages' builds it, with Node.js; then start the product again.",
                statusCode: StatusCodes.Status404NotFound);
        if (file.EndsWith(".br", StringComparison.Ordinal) || !files.TryGetValue(file, out var path))
            return Results.NotFound();

        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = policy;
        headers.Vary = HeaderNames.AcceptEncoding;
        headers.CacheControl = file.StartsWith("assets/", StringComparison.Ordinal)
            ? "public, max-age=31536000, immutable"
            : "no-cache";
        if (files.TryGetValue($"{file}.br", out var compressed) && AcceptsBrotli(context.Request))
        {
            headers.ContentEncoding = "br";
            path = compressed;
        }
        var mediaType = new FileExtensionContentTypeProvider().TryGetContentType(file, out var known)
            ? known
            : "application/octet-stream";
        return Results.File(
            path, mediaType.StartsWith("text/", StringComparison.Ordinal) ? $"{mediaType}; charset=utf-8" : mediaType);
    }

    private static bool AcceptsBrotli(HttpRequest request) =>
        request
            .GetTypedHeaders()
            .AcceptEncoding.Any(encoding =>
                encoding.Value.Equals("br", StringComparison.OrdinalIgnoreCase) && encoding.Quality is null or > 0
            );
}
