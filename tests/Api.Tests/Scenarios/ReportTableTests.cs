using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using CsvHelper;
using CsvHelper.Configuration;
using Messaging.Api.Reports;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>The office opens its reports in a spreadsheet: they are what the page says, and no program.</summary>
public sealed class ReportTableTests(ReportTableTests.Started started) : IClassFixture<ReportTableTests.Started>
{
    private const string Path = "/reports/conversations.csv";
    private const string Formula = "=cmd|' /C calc'!A0; \"Ümläute\" \U0001F600";

    private static readonly XNamespace s_sheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

    private readonly RunningProduct _product = started.Product;
    private readonly GraphQLClient _anna = started.Anna;

    [Fact]
    public async Task Its_lines_are_what_the_page_says_in_German_and_in_English()
    {
        var krause = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        var customer = (await _anna.QueryAsync("{ customers(search: \"krause\") { nodes { id } } }")).At(
            "customers.nodes.0.id");
        var id = (await _anna.QueryAsync(
            "mutation($customer: ID!, $subject: String!) { createConversation(input: { customerId: $customer, "
                + "subject: $subject, body: \"Bitte\", status: ATTENTION }) { conversation { id } } }",
            new { customer, subject = Formula })).At("createConversation.conversation.id");
        foreach (var who in (GraphQLClient[])[krause, _anna])
            await who.QueryAsync(
                "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"=1+1\" }) { errors { code } } }",
                new { id });
        await _anna.QueryAsync(
            "mutation($id: ID!) { changeStatus(input: { conversationIds: [$id], status: ANSWERED }) { errors { code } "
                + "} }",
            new { id });
        await _anna.QueryAsync(
            "mutation($id: ID!) { changeStatus(input: { conversationIds: [$id], status: OPEN }) { errors { code } } }",
            new { id });

        var page = await _anna.QueryAsync(
            """
            { organisation { settings { timeZone } }
              conversations(first: 100, orderBy: { field: CREATED_AT, direction: ASC }) {
                nodes { id subject createdAt customer { name } responsibleAdministrator { displayName } files {
                  totalCount } } } }
            """);
        var nodes = page["conversations"]!["nodes"]!.AsArray();
        var zone = TimeZoneInfo.FindSystemTimeZoneById(page.At("organisation.settings.timeZone"));
        foreach (var (locale, delimiter, form) in (
            (string, string, string)[])[("de", ";", "dd.MM.yyyy HH:mm"), ("en", ",", "yyyy-MM-dd HH:mm")])
        {
            var rows = await RowsAsync(_anna, $"{Path}?locale={locale}", delimiter);
            rows.Count.ShouldBe(nodes.Count + 1);
            for (var i = 0; i < nodes.Count; i++)
            {
                var (row, node) = (rows[i + 1], nodes[i]!);
                row[0].ShouldBe(node.At("id"));
                row[1].ShouldEndWith($"/conversations/{node.At("id")}");
                row[2].ShouldBe(node.At("customer.name"));
                row[3].TrimStart('\'').ShouldBe(node.At("subject").TrimStart('\''));
                row[4].ShouldBe(node.At("responsibleAdministrator.displayName"));
                row[6].ShouldBe(
                    TimeZoneInfo.ConvertTime(
                        DateTimeOffset.Parse(node.At("createdAt"), CultureInfo.InvariantCulture), zone).ToString(
                        form, CultureInfo.InvariantCulture));
                int.Parse(row[13], CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture).ShouldBe(
                    node.At("files.totalCount"));
            }

            var mine = rows.Single(r => r[0] == id);
            mine[3].ShouldBe("'" + Formula);
            mine[5].ShouldBe(locale == "de" ? "offen" : "open");
            mine[9..14].ShouldBe(["1", "2", "1", "0", "0"]);
            (mine[7], mine[8]).ShouldBe((mine[7], mine[7]));
            mine[7].ShouldNotBeEmpty();
            mine[14].ShouldBe(mine[15]);
            double.Parse(mine[14], CultureInfo.GetCultureInfo(locale)).ShouldBeGreaterThan(0);
        }

        (await RowsAsync(_anna, $"{Path}?customer={customer}&status=OPEN", ";")).Select(r => r[0]).ShouldContain(id);
        (await RowsAsync(_anna, $"{Path}?status=ANSWERED", ";")).Select(r => r[0]).ShouldNotContain(id);
        (await RowsAsync(_anna, $"{Path}?to=2000-01-01", ";")).Count.ShouldBe(1);

        // The same rows, with texts that are no formulas, numbers that are numbers, and instants that are instants.
        var lines = await RowsAsync(_anna, Path, ";");
        var sheet = await SheetAsync(_anna, "/reports/conversations.xlsx");
        sheet.Count.ShouldBe(lines.Count);
        for (var i = 0; i < lines.Count; i++)
        {
            sheet[i][0].ShouldBe(("inlineStr", lines[i][0]));
            sheet[i][3].ShouldBe(("inlineStr", lines[i][0] == id ? Formula : lines[i][3]));
            if (i == 0) continue;
            sheet[i][10].ShouldBe(("n", lines[i][10]));
            DateTime.FromOADate(double.Parse(sheet[i][6].Value, CultureInfo.InvariantCulture))
                .ToString("dd.MM.yyyy HH:mm", CultureInfo.InvariantCulture).ShouldBe(lines[i][6]);
        }
    }

    [Fact]
    public async Task Figures_are_those_of_the_page()
    {
        var last = DateTime.SpecifyKind(DateTime.UtcNow.Date.AddDays(1), DateTimeKind.Unspecified);
        var first = last.AddDays(-301);
        var range = $"locale=en&from={first:yyyy-MM-dd}&to={last:yyyy-MM-dd}";
        var zone = TimeZoneInfo.FindSystemTimeZoneById(
            (await _anna.QueryAsync("{ organisation { settings { timeZone } } }")).At(
                "organisation.settings.timeZone"));
        var month = new DateTime(first.Year, first.Month, 1).AddMonths(1);
        var reports = (await _anna.QueryAsync(
            """
            query($from: DateTime!, $to: DateTime!, $at: [DateTime!]!) { reports {
              workload { administrator { displayName } open attention awaitingOffice }
              activity(from: $from, to: $to, interval: MONTH) { created answered filesAttached }
              backlogs(at: $at) { open attention }
              officeReplyTime(from: $from, to: $to, groupBy: CUSTOMER) {
                total { count median longest outcomes { outcome count } }
                groups { customer { name } count median longest }
                waits(first: 200) { totalCount } } } }
            """,
            new { from = StartOf(first), to = StartOf(last.AddDays(1)), at = (string[])[StartOf(month)] }))["reports"]!;

        (await RowsAsync(_anna, "/reports/workload.csv?locale=en", ",")).Skip(1)
            .Select(r => $"{r[0]} {r[2]} {r[3]} {r[4]}").ShouldBe(
                reports["workload"]!.AsArray().Select(w =>
                    $"{(w.At("administrator.displayName") is { Length: > 0 } name ? name : "nobody")} {w.At("open")} "
                        + $"{w.At("attention")} {w.At("awaitingOffice")}"));
        (await RowsAsync(_anna, $"/reports/activity.csv?interval=MONTH&{range}", ",")).Skip(1)
            .Select(r => $"{r[1]} {r[2]} {r[6]}").ShouldBe(
                reports["activity"]!.AsArray().Select(a =>
                    $"{a.At("created")} {a.At("answered")} {a.At("filesAttached")}"));
        var backlogs = await RowsAsync(_anna, $"/reports/backlogs.csv?interval=MONTH&{range}", ",");
        backlogs[1].ShouldBe(
            [$"{month:yyyy-MM-dd} 00:00", reports.At("backlogs.0.open"), reports.At("backlogs.0.attention")]);
        (await RowsAsync(_anna, $"/reports/backlogs.csv?{range}", ",")).Count.ShouldBe(303, "one for each day");

        var times = (await RowsAsync(_anna, $"/reports/times.csv?groupBy=CUSTOMER&{range}", ",")).Skip(1)
            .Where(r => r[0] == "Reply of the office").ToList();
        var figures = reports["officeReplyTime"]!;
        times.Select(r => $"{r[1]} {r[3]} {Rounded(r[5])} {Rounded(r[7])}").ShouldBe(
            figures["groups"]!.AsArray().Prepend(figures["total"]).Select(f =>
                $"{(f.At("customer.name") is { Length: > 0 } name ? name : "all")} {f.At("count")} "
                    + $"{Rounded(f.At("median"))} {Rounded(f.At("longest"))}"));
        times[0][13].ShouldBe(
            figures["total"]!["outcomes"]!.AsArray().Single(o => o.At("outcome") == "STILL_WAITING").At("count"));
        (await RowsAsync(_anna, $"/reports/waits.csv?kind=OFFICE_REPLY&{range}", ",")).Count.ShouldBe(
            1 + int.Parse(figures.At("waits.totalCount"), CultureInfo.InvariantCulture));
        foreach (var table in (string[])["times", "waits", "backlogs", "activity", "workload"])
        {
            var parameters = table == "workload" ? "locale=en"
                : $"{range}{(table == "waits" ? "&kind=RESOLUTION" : "")}";
            (await SheetAsync(_anna, $"/reports/{table}.xlsx?{parameters}")).Count.ShouldBe(
                (await RowsAsync(_anna, $"/reports/{table}.csv?{parameters}", ",")).Count, table);
        }

        // The rows of the work add up to its first one, at an instant and now.
        foreach (var at in (string[])["", "&at=2026-01-31T23:00:00Z"])
        {
            var path = $"/reports/work.csv?locale=en&groupBy=CUSTOMER{at}";
            var rows = (await RowsAsync(_anna, path, ",")).Skip(1).ToList();
            foreach (var column in (int[])[2, 3, 4])
            {
                int.Parse(rows[0][column], CultureInfo.InvariantCulture).ShouldBe(
                    rows.Skip(1).Sum(r => int.Parse(r[column], CultureInfo.InvariantCulture)));
            }
        }

        (await RowsAsync(_anna, "/reports/work.csv?locale=en", ",")).Select(r => r[0]).ShouldContain("Bernd Winter");
        (await RowsAsync(_anna, $"/reports/notifications.csv?{range}", ","))[0][1].ShouldBe("Mails");

        // A line for each customer and month that there is something of.
        var undelivered = (await _anna.QueryAsync(
            "{ reports { undelivered(months: 24) { total { earlier months { answered withdrawn late open } } } } }"))
            ["reports"]!["undelivered"]!["total"]!;
        var lines = (await RowsAsync(_anna, "/reports/undelivered.csv?locale=en&months=24", ",")).Skip(1).ToList();
        lines.ShouldNotBeEmpty();
        lines.Sum(Sum).ShouldBe(
            int.Parse(undelivered.At("earlier"), CultureInfo.InvariantCulture)
                + undelivered["months"]!.AsArray().Sum(m =>
                    Sum(["", "", "", "", m.At("answered"), m.At("withdrawn"), m.At("late"), m.At("open")])));
        (await SheetAsync(_anna, "/reports/undelivered.xlsx?months=24")).Count.ShouldBe(lines.Count + 1);

        static int Sum(string[] row) => row[4..8].Sum(n => int.Parse(n, CultureInfo.InvariantCulture));

        string StartOf(DateTime day) =>
            new DateTimeOffset(day, zone.GetUtcOffset(day)).ToString("O", CultureInfo.InvariantCulture);

        static string Rounded(string number) =>
            number is { Length: > 0 } and not "null"
                ? Math.Round(double.Parse(number, CultureInfo.InvariantCulture), 3)
                    .ToString(CultureInfo.InvariantCulture)
                : "";
    }

    [Fact]
    public async Task A_cell_of_a_sheet_has_what_XML_and_spreadsheets_can_hold()
    {
        var text = "a\u0001b\uD83D\u202Ec\U0001F600";
        using var memory = new MemoryStream();
        await using (var file = await TableFile.BeginAsync(
            memory, "xlsx", true, "t", TestContext.Current.CancellationToken))
        {
            await file.RowAsync([text, new string('x', 40_000), null, 1.5, 2], TestContext.Current.CancellationToken);
            await file.RowAsync([" =1+1 "], TestContext.Current.CancellationToken);
            await file.EndAsync(TestContext.Current.CancellationToken);
        }

        memory.Position = 0;
        var rows = Sheet(memory);
        rows[0][0].Value.ShouldBe("a\uFFFDb\uFFFD\u202Ec\U0001F600");
        rows[0][1].Value.ShouldBe(new string('x', TableFile.CellMaximum - 1) + "…");
        rows[0][3].ShouldBe(("n", "1.5"));
        rows[1][0].ShouldBe(("inlineStr", " =1+1 "));
    }

    [Fact]
    public async Task Customers_and_other_offices_get_nothing_of_it_and_wrong_filters_are_refused()
    {
        var ours = (await RowsAsync(_anna, Path, ";")).Skip(1).Select(r => r[0]).ToList();
        ours.ShouldNotBeEmpty();
        var other = await _product.SignInAsync("owner@treuhand-nord.example");
        (await RowsAsync(other, Path, ";")).Select(r => r[0]).Intersect(ours).ShouldBeEmpty();
        var krause = await _product.SignInAsync("dieter.krause@baeckerei-krause.example");
        ((int)(await krause.GetAsync(Path)).StatusCode).ShouldBe(404);
        ((int)(await _product.Anonymous.GetAsync(Path)).StatusCode).ShouldBe(401);
        foreach (
            var wrong in (string[])
                ["locale=fr", "status=Open", "customer=1", "from=1.1.2026", "from=2026-02-01&to=2026-01-01", "x=1"])
            ((int)(await _anna.GetAsync($"{Path}?{wrong}")).StatusCode).ShouldBe(400, wrong);
        foreach (
            var wrong in (string[])
                [
                    "times.csv", "times.xlsx?from=2020-01-01&to=2026-01-01", "waits.csv?from=2026-01-01&to=2026-01-02",
                    "backlogs.csv?from=2020-01-01&to=2026-01-01", "activity.xlsx?from=2020-01-01&to=2026-01-01",
                    "workload.csv?from=2026-01-01", "undelivered.csv?months=25", "undelivered.csv?months=-1",
                    "work.csv?at=2026-01-01", "work.csv?at=gestern", "notifications.csv",
                    "waits.csv?kind=Resolution&from=2026-01-01&to=2026-01-02",
                ])
        {
            using var refused = await _anna.GetAsync($"/reports/{wrong}");
            ((int)refused.StatusCode).ShouldBe(400, wrong);
            refused.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
            (await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldNotBeEmpty();
        }

        ((int)(await _anna.GetAsync("/reports/secrets.csv")).StatusCode).ShouldBe(404);
    }

    private static async Task<List<string[]>> RowsAsync(GraphQLClient who, string path, string delimiter)
    {
        using var response = await who.GetAsync(path);
        ((int)response.StatusCode).ShouldBe(200);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble).ShouldBeTrue();
        using var csv = new CsvParser(
            new StringReader(Encoding.UTF8.GetString(bytes.AsSpan(3))),
            new CsvConfiguration(CultureInfo.InvariantCulture) { Delimiter = delimiter, HasHeaderRecord = false });
        var rows = new List<string[]>();
        while (csv.Read()) rows.Add(csv.Record!);
        return rows;
    }

    // The type and value of each cell; an empty one has none.
    private static async Task<List<List<(string Type, string Value)>>> SheetAsync(GraphQLClient who, string path)
    {
        using var response = await who.GetAsync(path);
        ((int)response.StatusCode).ShouldBe(200, path);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        return Sheet(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    private static List<List<(string Type, string Value)>> Sheet(Stream file)
    {
        using var zip = new ZipArchive(file);
        using var xml = zip.GetEntry("xl/worksheets/sheet1.xml")!.Open();
        return
        [
            .. XDocument.Load(xml).Descendants(s_sheet + "row").Select(row => row.Elements(s_sheet + "c").Select(c =>
                ((string?)c.Attribute("t") ?? "n", c.Value)).ToList()),
        ];
    }

    /// <summary>The product, and an owner.</summary>
    public sealed class Started : IAsyncLifetime
    {
        public RunningProduct Product { get; private set; } = null!;

        public GraphQLClient Anna { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Product = await RunningProduct.StartAsync();
            Anna = await Product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        }

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();
    }
}
