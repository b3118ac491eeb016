using Messaging.Api.Auth;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
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

        await Downloads.OneAtATimeAsync(
            context, $"{caller.TenantId} {id}", busy: null, () => SendAsync(context, caller, id));
    }

    private static async Task SendAsync(HttpContext context, Caller caller, Guid id)
    {
        var services = context.RequestServices;
        using var stop = Downloads.EndOf(context);
        var executor = services.GetRequiredService<CommandExecutor>();
        if ((await executor.ExecuteAsync(new RecordPersonReportCommand(caller, id), stop.Token)).Refusal is not null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var report = services.GetRequiredService<PersonReport>();
        await ZipDownload.SendAsync(
            context, "auskunft.zip", sink => report.WriteAsync(caller, id, sink, stop.Token),
            e => LogCutOff(services.GetRequiredService<ILogger<PersonReport>>(), caller.TenantId, e), stop.Token);
    }

    [LoggerMessage(LogLevel.Warning, "A report on a person of organisation {TenantId} was cut off while it was sent")]
    private static partial void LogCutOff(ILogger logger, string tenantId, Exception e);
}
