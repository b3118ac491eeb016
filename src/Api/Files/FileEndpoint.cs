using Messaging.Api.Auth;
using Messaging.Api.Hosting;
using Messaging.Api.Security;
using Messaging.Application.Files;
using Messaging.Application.History;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.History;
using Messaging.Projections.Conversations;

namespace Messaging.Api.Files;

/// <summary>Downloads.</summary>
internal static class FileEndpoint
{
    /// <summary>
    /// Maps <c>/files/{id}</c>, the bytes of a file, and <c>/files/{id}/thumbnail</c>, its small picture, for people
    /// who may see the file. Everybody else gets the 404 of a file that does not exist.
    /// </summary>
    public static void MapFiles(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/files/{id}", [HttpMethods.Get, HttpMethods.Head], (HttpContext context, string id) =>
            AnswerAsync(context, id, SendAsync)
        );
        endpoints.MapMethods(
            "/files/{id}/thumbnail", [HttpMethods.Get, HttpMethods.Head],
            (HttpContext context, string id) => AnswerAsync(
                context, id, (http, _, file) => TrySendThumbnailAsync(http, file)));
    }

    private static async Task AnswerAsync(
        HttpContext context, string id, Func<HttpContext, Caller, FileToSend, Task<bool>> trySendAsync)
    {
        try
        {
            var gate = context.RequestServices.GetRequiredService<TokenGate>();
            var (token, valid) = await gate.FindAsync(
                context.Request.Headers.Authorization, Network.Of(context), context.RequestAborted);
            if (token?.Caller is not { } caller)
            {
                context
                    .RequestServices.GetRequiredService<SecurityLog>()
                    .Record(
                        valid ? SecurityEvent.AccessDenied : SecurityEvent.TokenRefused, Network.Of(context),
                        detail: "files");
                context.Response.Headers.WWWAuthenticate = "Bearer";
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            }
            else if (await FindAsync(context, caller, id) is not { } file)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            }
            else if (!file.State.MayBeSent)
            {
                // The caller may see the file, so learns that there is one, and why it does not come.
                var found = file.State.Scan is FileScan.Found;
                context.Response.StatusCode =
                    found ? StatusCodes.Status403Forbidden : StatusCodes.Status503ServiceUnavailable;
                if (!found) context.Response.Headers.RetryAfter = "30";
            }
            else if (!await trySendAsync(context, caller, file))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            }
        }
        catch (TokenIsNobodysException)
        {
            context
                .RequestServices.GetRequiredService<SecurityLog>()
                .Record(SecurityEvent.TokenRefused, Network.Of(context), detail: "of nobody here");
            context.Response.Headers.WWWAuthenticate = "Bearer";
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }
        catch (Exception e)
            when (!context.Response.HasStarted && (e is IssuerAwayException or FileStoreAwayException || Outage.Is(e)))
        {
            context.Response.SetUnavailable();
        }
    }

    private static async Task<FileToSend?> FindAsync(HttpContext context, Caller caller, string id)
    {
        if (!Guid.TryParseExact(id, "D", out var fileId)) return null;
        var (services, cancellation) = (context.RequestServices, context.RequestAborted);
        var uploads = services.GetRequiredService<Uploads>();
        if (
            await services.GetRequiredService<ConversationQueries>().FileByIdAsync(caller, fileId, cancellation) is
            { } file
        )
        {
            if (file.Sha256 == Erasure.Sha256) return null;
            var states = await uploads.StatesAsync(caller, [fileId], cancellation);
            return new FileToSend(
                fileId, file.Name, file.MediaType, file.Size, file.Sha256,
                states.GetValueOrDefault(fileId, FileState.Unknown))
            {
                ConversationId = file.ConversationId,
            };
        }

        // Not attached yet: still the uploader's alone.
        return await uploads.FindAsync(caller, fileId, cancellation) is { Upload.CommentId: null } loose
            ? new FileToSend(
                fileId, loose.Upload.Name, loose.Upload.MediaType, loose.Upload.Size, loose.Upload.Sha256, loose.State)
            : null;
    }

    private static async Task<bool> SendAsync(HttpContext context, Caller caller, FileToSend file)
    {
        var services = context.RequestServices;
        var about = await SubjectAsync(context, caller, file);
        if (HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.OnStarting(() =>
                BeginsWithItsBeginning(context.Response)
                    ? services.GetRequiredService<AccessLog>()
                        .RecordAsync(caller, new FileDownloaded(about, file.Id), Correlation.OfRequest())
                    : Task.CompletedTask);
        }

        if (!await FileDownload.TrySendAsync(context, file, services.GetRequiredService<CheckedFiles>()))
            services.GetRequiredService<DamagedFiles>()
                .Record(caller.TenantId, file.Id, about, Correlation.OfRequest());
        return true;
    }

    private static Task<bool> TrySendThumbnailAsync(HttpContext context, FileToSend file) =>
        FileDownload.TrySendThumbnailAsync(context, file, context.RequestServices.GetRequiredService<IFileStore>());

    private static async Task<AccessSubject> SubjectAsync(HttpContext context, Caller caller, FileToSend file) =>
        file.ConversationId is { } id
        && await context.RequestServices.GetRequiredService<ConversationQueries>()
            .CustomerOfAsync(caller, id, context.RequestAborted) is { } customer
            ? AccessSubject.Conversation(id, customer)
            : AccessSubject.Of(caller.Actor);

    // A download that goes on where it was cut off, and what a viewer asks for piece by piece, counts once.
    private static bool BeginsWithItsBeginning(HttpResponse response) => response.StatusCode switch
    {
        StatusCodes.Status200OK => true,
        StatusCodes.Status206PartialContent => response.GetTypedHeaders().ContentRange?.From == 0,
        _ => false,
    };
}
