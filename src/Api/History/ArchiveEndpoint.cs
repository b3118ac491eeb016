using System.Collections.Concurrent;
using System.IO.Compression;
using Messaging.Api.Auth;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Domain;

namespace Messaging.Api.History;

/// <summary>The archives that are being taken out: one at a time of each office, since each reads all of it.</summary>
internal sealed class RunningArchives
{
    private readonly ConcurrentDictionary<string, bool> _running = new();

    /// <summary>True for who begins; they end it.</summary>
    public bool TryBegin(string tenantId) => _running.TryAdd(tenantId, true);

    /// <summary>The next may begin.</summary>
    public void End(string tenantId) => _running.TryRemove(tenantId, out _);
}

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
        if (!AuditEndpoint.MayRead(caller))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var (scope, wrong) = ScopeOf(context.Request.Query);
        if (wrong is not null)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, wrong);
            return;
        }

        var running = context.RequestServices.GetRequiredService<RunningArchives>();
        if (!running.TryBegin(caller.TenantId))
        {
            context.Response.Headers.RetryAfter = "60";
            await RefuseAsync(
                context, StatusCodes.Status429TooManyRequests, "An archive of this office is being taken out already.");
            return;
        }

        try
        {
            await SendAsync(context, caller, scope);
        }
        finally
        {
            running.End(caller.TenantId);
        }
    }

    private static async Task SendAsync(HttpContext context, Caller caller, ExportScope? scope)
    {
        var services = context.RequestServices;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        var export = services.GetRequiredService<ArchiveExport>();
        try
        {
            var executor = services.GetRequiredService<CommandExecutor>();
            var checkpoint = await export.BeginAsync(
                caller, scope, async command => (await executor.ExecuteAsync(command, stop.Token)).Refusal, stop.Token);
            context.Response.ContentType = "application/zip";
            context.Response.Headers.ContentDisposition = "attachment; filename=\"archiv.zip\"";
            await using (var body = new BufferedStream(context.Response.Body, 64 * 1024))
            await using (var zip = await ZipArchive.CreateAsync(
                body, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, stop.Token))
            {
                using var sink = new ExportZip(zip);
                await export.WriteAsync(caller.TenantId, checkpoint, scope, sink, stop.Token);
            }

            await context.Response.CompleteAsync();
        }
        catch (ExportException e) when (!context.Response.HasStarted)
        {
            await RefuseAsync(context, StatusCodes.Status409Conflict, $"{e.Message}.");
        }
        catch (Exception e) when (context.Response.HasStarted)
        {
            // Half an archive must not look like one: whoever downloads it is told by the connection.
            LogCutOff(services.GetRequiredService<ILogger<ArchiveExport>>(), caller.TenantId, e);
            context.Abort();
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

    private static async Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(why, context.RequestAborted);
    }

    [LoggerMessage(LogLevel.Warning, "The archive of organisation {TenantId} was cut off while it was sent")]
    private static partial void LogCutOff(ILogger logger, string tenantId, Exception e);
}
