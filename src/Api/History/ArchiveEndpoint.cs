using Messaging.Api.Auth;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Domain;

namespace Messaging.Api.History;

/// <summary>The archive of an office as a ZIP, which is written while it is sent.</summary>
internal static partial class ArchiveEndpoint
{
    private static readonly string[] s_parameters = ["customer", "from", "to", "notes"];

    /// <summary>
    /// Maps <c>POST /audit/archive</c>, for owners, and auditors who see all of their office; of one customer with
    /// <c>customer</c>, <c>from</c>, <c>to</c> and <c>notes</c>. Everybody else gets the 404 of what does not exist.
    /// </summary>
    public static void MapArchive(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapPost(
            "/audit/archive",
            (HttpContext context) => SignedInEndpoint.AnswerAsync(
                context, "archive", caller => AnswerAsync(context, caller)));

    private static async Task AnswerAsync(HttpContext context, Caller caller)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!caller.SeesAllHistory)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var (scope, wrong) = ScopeOf(context.Request.Query);
        if (wrong is not null)
        {
            await Downloads.RefuseAsync(context, StatusCodes.Status400BadRequest, wrong);
            return;
        }

        await Downloads.OneAtATimeAsync(
            context, caller.TenantId, "An archive of this office is being taken out already.",
            () => SendAsync(context, caller, scope));
    }

    private static async Task SendAsync(HttpContext context, Caller caller, ExportScope? scope)
    {
        var services = context.RequestServices;
        using var stop = Downloads.EndOf(context);
        var export = services.GetRequiredService<ArchiveExport>();
        try
        {
            var executor = services.GetRequiredService<CommandExecutor>();
            var checkpoint = await export.ChooseAsync(caller.TenantId, scope, stop.Token);
            await export.RecordAsync(
                caller, Guid.CreateVersion7(), checkpoint, scope,
                async command => (await executor.ExecuteAsync(command, stop.Token)).Refusal);
            await ZipDownload.SendAsync(
                context, "archiv.zip",
                sink => export.WriteAsync(caller.TenantId, checkpoint, scope, sink, stop.Token),
                e => LogCutOff(services.GetRequiredService<ILogger<ArchiveExport>>(), caller.TenantId, e), stop.Token);
        }
        catch (ExportException e) when (!context.Response.HasStarted)
        {
            await Downloads.RefuseAsync(context, StatusCodes.Status409Conflict, $"{e.Message}.");
        }
    }

    private static (ExportScope? Scope, string? Wrong) ScopeOf(IQueryCollection query)
    {
        if (query.Keys.FirstOrDefault(k => !s_parameters.Contains(k, StringComparer.Ordinal)) is { } unknown)
            return (null, $"There is no parameter {unknown}: there are {string.Join(", ", s_parameters)}.");
        if (query.Count == 0) return (null, null);
        if (!Guid.TryParseExact(query["customer"], "D", out var customer))
            return (null, "customer must be the id of a customer; from, to and notes go with it.");
        var from = ExportScope.DayOf(Given("from"), out var isFromWrong);
        var to = ExportScope.DayOf(Given("to"), out var isToWrong);
        if (isFromWrong || isToWrong) return (null, "from and to must be days, such as 2026-12-31.");
        if (to < from) return (null, "to must not be before from.");
        if (query["notes"].ToString() is not ("" or "true" or "false"))
            return (null, "notes must be true or false.");
        return (new ExportScope(customer, from, to, query["notes"] != "false"), null);

        string? Given(string parameter) => query[parameter].ToString() is { Length: > 0 } text ? text : null;
    }

    [LoggerMessage(LogLevel.Warning, "The archive of organisation {TenantId} was cut off while it was sent")]
    private static partial void LogCutOff(ILogger logger, string tenantId, Exception e);
}
