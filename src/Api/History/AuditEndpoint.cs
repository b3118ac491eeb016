using System.Globalization;
using System.Text.RegularExpressions;
using Messaging.Api.Auth;
using Messaging.Application.History;
using Messaging.Domain;

namespace Messaging.Api.History;

/// <summary>The tree over an office's events, for verifiers: C2SP's <c>tlog-tiles</c>.</summary>
internal static partial class AuditEndpoint
{
    /// <summary>
    /// Maps <c>/audit/checkpoint</c> and <c>/audit/tile/…</c>, for auditors and owners who see all of their office:
    /// entries name who did what when. Everybody else gets the 404 of what does not exist.
    /// </summary>
    public static void MapAudit(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/audit/checkpoint", (HttpContext context) => AnswerAsync(context, WriteCheckpointAsync));
        endpoints.MapGet(
            "/audit/tile/{**path}",
            (HttpContext context, string path) =>
                AnswerAsync(context, (_, caller) => TryWriteTileAsync(context, caller, path)));
    }

    private static Task AnswerAsync(HttpContext context, Func<HttpContext, Caller, Task<bool>> tryWriteAsync) =>
        SignedInEndpoint.AnswerAsync(
            context, "audit",
            async caller =>
            {
                context.Response.Headers.CacheControl = "no-store";
                if (!caller.SeesAllHistory || !await tryWriteAsync(context, caller))
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
            });

    private static async Task<bool> WriteCheckpointAsync(HttpContext context, Caller caller)
    {
        var head = await context.RequestServices.GetRequiredService<AuditTree>()
            .HeadAsync(caller.TenantId, context.RequestAborted);
        var key = context.RequestServices.GetRequiredService<CheckpointKey>();
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(
            key.Sign(caller.TenantId, head.Size, head.Root), context.RequestAborted);
        return true;
    }

    private static async Task<bool> TryWriteTileAsync(HttpContext context, Caller caller, string path)
    {
        if (Tile().Match(path) is not { Success: true } match) return false;
        var number = match.Groups["number"].Value.Replace("x", "", StringComparison.Ordinal)
            .Replace("/", "", StringComparison.Ordinal);
        var isPartial = match.Groups["width"].Success;
        var width = isPartial
            ? int.Parse(match.Groups["width"].Value, CultureInfo.InvariantCulture)
            : AuditTree.TileWidth;
        if ((isPartial && width >= AuditTree.TileWidth)
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var tile))
            return false;
        var tree = context.RequestServices.GetRequiredService<AuditTree>();
        var isOfEntries = match.Groups["level"].Value is "entries";
        var parts = isOfEntries
            ? await tree.EntriesAsync(caller.TenantId, tile, width, context.RequestAborted)
            : await tree.TileAsync(
                caller.TenantId, int.Parse(match.Groups["level"].Value, CultureInfo.InvariantCulture), tile, width,
                context.RequestAborted);
        if (parts.Count < width) return false;
        using var body = new MemoryStream();
        foreach (var part in parts)
        {
            if (isOfEntries) AuditTree.WriteEntry(body, part);
            else body.Write(part);
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted);
        return true;
    }

    // A number of twelve digits at most: x001/x234/067 is 1234067.
    [GeneratedRegex(
        @"^(?<level>entries|[0-6])/(?<number>(?:x[0-9]{3}/){0,3}[0-9]{3})(?:\.p/(?<width>[1-9][0-9]{0,2}))?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Tile();
}
