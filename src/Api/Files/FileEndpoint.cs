using Messaging.Api.Auth;
using Messaging.Api.Hosting;
using Messaging.Application.Files;
using Messaging.Application.Ports;
using Messaging.Projections.Conversations;

namespace Messaging.Api.Files;

/// <summary>Downloads.</summary>
internal static class FileEndpoint
{
    /// <summary>Maps <c>/files/{id}</c>: the bytes of a file, for those who may see it. Everybody else gets the 404 of a file that does not exist.</summary>
    public static void MapFiles(this IEndpointRouteBuilder endpoints) => endpoints.MapMethods("/files/{id}", [HttpMethods.Get, HttpMethods.Head], AnswerAsync);

    private static async Task AnswerAsync(HttpContext context, string id, TokenGate gate, ConversationQueries conversations, Uploads uploads, IFileStore store)
    {
        try
        {
            await SendAsync(context, id, gate, conversations, uploads, store);
        }
        catch (Exception e) when (!context.Response.HasStarted && Outage.Is(e))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "5";
        }
    }

    private static async Task SendAsync(HttpContext context, string id, TokenGate gate, ConversationQueries conversations, Uploads uploads, IFileStore store)
    {
        var (token, _) = await gate.FindAsync(context.Request.Headers.Authorization, context.RequestAborted);
        if (token?.Caller is not { } caller)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (!Guid.TryParseExact(id, "D", out var fileId))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (await conversations.FileByIdAsync(caller, fileId, context.RequestAborted) is { } file)
        {
            await FileDownload.SendAsync(context, new FileToSend(fileId, file.Name, file.MediaType, file.Size, file.Sha256), store);
        }
        else if (await uploads.FindAsync(caller, fileId, context.RequestAborted) is { Upload: { CommentId: null } upload })
        {
            // Not attached yet: still the uploader's alone.
            await FileDownload.SendAsync(context, new FileToSend(fileId, upload.Name, upload.MediaType, upload.Size, upload.Sha256), store);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }
}
