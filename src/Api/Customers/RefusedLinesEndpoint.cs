using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Messaging.Api.Auth;
using Messaging.Application.Customers.Import;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Projections.Storage;

namespace Messaging.Api.Customers;

/// <summary>The lines of an import that were refused, as a file to correct and import again.</summary>
internal static class RefusedLinesEndpoint
{
    /// <summary>
    /// Maps <c>/customer-imports/{id}/refused.csv</c> for administrators of its office; everybody else gets the 404 of
    /// an import that does not exist. It is UTF-8 with semicolons, as spreadsheets in German open it, and whatever
    /// begins as a formula has an apostrophe before it, so that it is text in a spreadsheet.
    /// </summary>
    public static void MapRefusedLines(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/customer-imports/{id}/refused.csv", AnswerAsync);

    private static Task AnswerAsync(HttpContext context, string id) =>
        SignedInEndpoint.AnswerAsync(
            context, "customer-imports",
            async caller =>
            {
                var imports = context.RequestServices.GetRequiredService<CustomerImports>();
                if (caller.Actor is not Actor.Administrator || !Guid.TryParseExact(id, "D", out var import)
                    || await imports.FindAsync(caller, import, context.RequestAborted) is not { } found)
                {
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                    return;
                }

                await WriteAsync(context, caller, imports, found);
            });

    private static async Task WriteAsync(
        HttpContext context, Caller caller, CustomerImports imports, CustomerImport import)
    {
        var cancellation = context.RequestAborted;
        var response = context.Response;
        response.ContentType = "text/csv; charset=utf-8";
        response.Headers.ContentDisposition = "attachment; filename=\"refused.csv\"";
        response.Headers.CacheControl = "no-store";
        var german = context.Request.GetTypedHeaders().AcceptLanguage
            .MaxBy(l => l.Quality ?? 1)?.Value.StartsWith("en", StringComparison.OrdinalIgnoreCase) is not true;
        await using var text = new StreamWriter(response.Body, new System.Text.UTF8Encoding(true));
        await using var csv = new CsvWriter(
            text,
            new CsvConfiguration(CultureInfo.InvariantCulture)
            {
                Delimiter = ";",
                NewLine = "\r\n",
                InjectionOptions = InjectionOptions.None,
            });
        Row([german ? "Zeile" : "Line", german ? "Grund" : "Reason", german ? "Spalte" : "Column", .. import.Header]);
        await csv.NextRecordAsync();
        var columns = ImportColumns.Of([.. import.Header]);
        var page = new PageRequest(PageRequest.Maximum, null, null, null);
        while (true)
        {
            var lines = await imports.LinesAsync(caller, import.Id, ImportOutcome.Refused, page, cancellation);
            foreach (var line in lines.Items.Select(i => i.Node))
            {
                Row(
                [
                    line.Line.ToString(CultureInfo.InvariantCulture), line.Message ?? "",
                    columns.HeaderOf(line.Field) ?? "", .. line.Cells
                ]);
                await csv.NextRecordAsync();
            }

            await csv.FlushAsync();
            if (!lines.HasNextPage) return;
            page = page with { After = lines.Items[^1].Cursor };
        }

        void Row(IEnumerable<string> cells)
        {
            foreach (var cell in cells) csv.WriteField(AsText(cell));
        }
    }

    /// <summary>
    /// A cell that no spreadsheet takes for a formula: OWASP's "CSV injection" names the characters.
    /// </summary>
    internal static string AsText(string cell) =>
        cell.TrimStart() is ['=' or '+' or '-' or '@', ..] || cell is ['\t' or '\r' or '\n', ..] ? "'" + cell : cell;
}
