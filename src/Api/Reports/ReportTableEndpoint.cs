using Messaging.Api.Auth;
using Messaging.Api.History;
using Messaging.Domain;
using Messaging.Projections.Organisation;
using Messaging.Projections.Reports;
using Microsoft.AspNetCore.Http.Features;

namespace Messaging.Api.Reports;

/// <summary>Reports as files for spreadsheets, for people of the office; written while they are sent.</summary>
internal static partial class ReportTableEndpoint
{
    // So that what is written in small pieces is sent in larger ones, in bytes.
    private const int BufferBytes = 64 * 1024;

    private static readonly string[] s_formats = ["csv", "xlsx"];

    /// <summary>
    /// Maps <c>/reports/{table}.csv</c> and <c>.xlsx</c> for each of <see cref="ReportTables.Parameters"/>; customers
    /// get the 404 of what does not exist.
    /// </summary>
    public static void MapReportTables(this IEndpointRouteBuilder endpoints)
    {
        foreach (var table in ReportTables.Parameters.Keys)
        {
            foreach (var format in s_formats)
            {
                endpoints.MapGet(
                    $"/reports/{table}.{format}",
                    (HttpContext context) => SignedInEndpoint.AnswerAsync(
                        context, $"{table}.{format}", caller => AnswerAsync(context, caller, table, format)));
            }
        }
    }

    private static async Task AnswerAsync(HttpContext context, Caller caller, string table, string format)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!caller.IsOfOffice || caller.IsNarrow)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        // One at a time of each person, since each may read all of the office.
        await Downloads.OneAtATimeAsync(
            context, $"{caller.TenantId} tables {caller.Actor.Id}", "A table of yours is being taken out already.",
            () => SendAsync(context, caller, table, format));
    }

    private static async Task SendAsync(HttpContext context, Caller caller, string table, string format)
    {
        var services = context.RequestServices;
        using var stop = Downloads.EndOf(context);
        var office = await services.GetRequiredService<OrganisationQueries>().CalendarAsync(caller, stop.Token);
        try
        {
            var request = TableRequest.Read(
                context.Request.Query, ReportTables.Parameters[table], caller, Day.ZoneOf(office.TimeZone));
            await using var rows = services.GetRequiredService<ReportTables>()[table](request, stop.Token)
                .GetAsyncEnumerator(stop.Token);
            await rows.MoveNextAsync();
            await Downloads.SendAsync(
                context, TableFile.MediaTypeOf(format), $"{table}.{format}",
                body => WriteAsync(context, body, format, request.German, table, rows, stop.Token),
                e => LogCutOff(services.GetRequiredService<ILogger<ReportTables>>(), table, caller.TenantId, e));
        }
        catch (InvalidReportException e) when (!context.Response.HasStarted)
        {
            await Downloads.RefuseAsync(context, StatusCodes.Status400BadRequest, e.Message);
        }
    }

    private static async Task WriteAsync(
        HttpContext context, Stream body, string format, bool german, string name,
        IAsyncEnumerator<object?[]> rows, CancellationToken cancellation)
    {
        // The directory at the end of an XLSX, which is a ZIP, is written synchronously by what writes it.
        context.Features.GetRequiredFeature<IHttpBodyControlFeature>().AllowSynchronousIO = true;
        await using var buffered = new BufferedStream(body, BufferBytes);
        await using (var file = await TableFile.BeginAsync(buffered, format, german, name, cancellation))
        {
            do await file.RowAsync(rows.Current, cancellation);
            while (await rows.MoveNextAsync());
            await file.EndAsync(cancellation);
        }

        await buffered.FlushAsync(cancellation);
    }

    [LoggerMessage(
        LogLevel.Warning, "The table {Table} of organisation {TenantId} was cut off while it was sent")]
    private static partial void LogCutOff(ILogger logger, string table, string tenantId, Exception e);
}
