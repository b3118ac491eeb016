using System.IO.Compression;
using Messaging.Api.Auth;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Domain;

namespace Messaging.Api.History;

/// <summary>What there is about one person as a ZIP, which is written while it is sent.</summary>
internal static partial class PersonReportEndpoint
{
    /// <summary>
    /// Maps <c>POST /audit/people/{id}</c>, for owners. Everybody else, and whoever asks for nobody, gets the 404 of
    /// what does not exist.
    /// </summary>
    public static void MapPersonReport(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost(
            "/audit/people/{id:guid}",
            (HttpContext context, Guid id) => SignedInEndpoint.AnswerAsync(
                context, "person report", caller => AnswerAsync(context, caller, id)));

    private static async Task AnswerAsync(HttpContext context, Caller caller, Guid id)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (caller is not { Actor: Actor.Administrator { IsOwner: true }, ApiToken: null })
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var running = context.RequestServices.GetRequiredService<RunningArchives>();
        var key = $"{caller.TenantId} {id}";
        if (!running.TryBegin(key))
        {
            context.Response.Headers.RetryAfter = "60";
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }

        try
        {
            await SendAsync(context, caller, id);
        }
        finally
        {
            running.End(key);
        }
    }

    private static async Task SendAsync(HttpContext context, Caller caller, Guid id)
    {
        var services = context.RequestServices;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        var executor = services.GetRequiredService<CommandExecutor>();
        if ((await executor.ExecuteAsync(new RecordPersonReportCommand(caller, id), stop.Token)).Refusal is not null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            context.Response.ContentType = "application/zip";
            context.Response.Headers.ContentDisposition = "attachment; filename=\"auskunft.zip\"";
            await using (var body = new BufferedStream(context.Response.Body, 64 * 1024))
            await using (var zip = await ZipArchive.CreateAsync(
                body, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, stop.Token))
            {
                using var sink = new ExportZip(zip);
                await services.GetRequiredService<PersonReport>().WriteAsync(caller, id, sink, stop.Token);
            }

            await context.Response.CompleteAsync();
        }
        catch (Exception e) when (context.Response.HasStarted)
        {
            // Half of it must not look like all of it: whoever downloads it is told by the connection.
            LogCutOff(services.GetRequiredService<ILogger<PersonReport>>(), caller.TenantId, e);
            context.Abort();
        }
    }

    [LoggerMessage(LogLevel.Warning, "A report on a person of organisation {TenantId} was cut off while it was sent")]
    private static partial void LogCutOff(ILogger logger, string tenantId, Exception e);
}
