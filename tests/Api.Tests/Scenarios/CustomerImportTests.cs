using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>An office imports its customers: what it was shown is what happens, once, and nothing else.</summary>
public sealed class CustomerImportTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";

    private const string Parts =
        "id state problem problemLine lineCount progress createdCount changedCount unchangedCount refusedCount "
        + "contactCount invitedCount digest encoding ignoredColumns lines(first: 200) { nodes { line outcome done "
        + "changes notes reason column number name contacts { displayName email } customer { name number } } }";

    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _anna = await _product.SignInAsync(Anna);
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Each_line_does_what_the_dry_run_said_and_the_same_file_again_changes_nothing()
    {
        const string file =
            "Kundennr.;Name;Ansprechpartner;E-Mail;E-Mail 2\r\n"
            + "00123;Müller & Söhne GmbH;Jürgen Müller;jürgen@müller.example;buch@mueller.example\r\n"
            + "00123;Müller & Söhne GmbH;Petra Müller;petra@mueller.example;\r\n"
            + "200;\"Werk \"\"Nord\"\"\";;nord;\r\n"
            + "123;Müller;;;\r\n"
            + "00123;Meier;;;\r\n"
            + ";Bäckerei Krause GmbH;Dieter;dieter.krause@baeckerei-krause.example;\r\n"
            + "300;@home AG;;;\r\n";
        var import = await CheckAsync(file);
        Outcomes(import).ShouldBe(
            ["2 CREATED", "3 CHANGED", "4 REFUSED", "5 REFUSED", "6 REFUSED", "7 UNCHANGED", "8 CREATED"]);
        string[] reasons = ["NO_ADDRESS", "NUMBER_HAS_OTHER_ZEROS", "NAMED_TWICE"];
        for (var i = 0; i < reasons.Length; i++)
            import.At($"lines.nodes.{2 + i}.reason").ShouldBe(reasons[i]);
        import.At("lines.nodes.2.column").ShouldBe("E-Mail");
        import.At("lines.nodes.5.notes.0").ShouldBe("CONTACT_KEEPS_NAME");
        import.At("lines.nodes.6.notes.0").ShouldBe("FORMULA_IS_TEXT");

        // Nothing has happened yet.
        (await FoundAsync("Müller & Söhne")).ShouldBe(0);
        var mails = _product.Mail.Received.Count;

        (await StartAsync(import, digest: "0")).At("errors.0.code").ShouldBe("CONFLICT");
        (await StartAsync(import)).At("errors").ShouldBe("[]");
        var done = await UntilAsync(import.At("id"), "DONE");
        Outcomes(done).ShouldBe(Outcomes(import));
        (done.At("createdCount"), done.At("changedCount"), done.At("contactCount")).ShouldBe(("2", "1", "3"));
        (await FoundAsync("Müller & Söhne")).ShouldBe(1);
        foreach (var search in (string[])["00123", "0123", "ller & s", "petra@", "Jürgen"])
            (await FoundAsync(search)).ShouldBe(1, search);

        // The same again, started and handed in.
        (await StartAsync(import)).At("errors").ShouldBe("[]");
        var again = await CheckAsync(file);
        Outcomes(again).ShouldBe(
            ["2 UNCHANGED", "3 UNCHANGED", "4 REFUSED", "5 REFUSED", "6 REFUSED", "7 UNCHANGED", "8 UNCHANGED"]);
        await StartAsync(again);
        await UntilAsync(again.At("id"), "DONE");
        (await FoundAsync("Müller & Söhne")).ShouldBe(1);

        // Nobody was mailed, also not of a message; the office is told that it reaches nobody.
        var customer = (await _anna.QueryAsync(
            """{ customers(search: "00123") { nodes { id hasActiveContacts contacts { id invitedAt } } } }""")).At(
            "customers.nodes.0.id");
        (await DoAsync(
            "createConversation", new { customerId = customer, subject = "Neu", body = "Willkommen" },
            "conversation { customer { hasActiveContacts } }")).At("conversation.customer.hasActiveContacts")
            .ShouldBe("false");
        await Task.Delay(1_500, TestContext.Current.CancellationToken);
        _product.Mail.Received.Skip(mails).Where(m => m.Recipients.Any(r => r.Contains("mueller.example")))
            .ShouldBeEmpty();

        // Then they are invited, each once.
        (await DoAsync("inviteImportedContacts", new { id = import.At("id") })).At("errors").ShouldBe("[]");
        await UntilAsync(import.At("id"), i => i.At("invitedCount") == "3");
        foreach (var address in (string[])["petra@mueller.example", "buch@mueller.example"])
            await _product.Mail.WaitForMailAsync(m => m.Recipients.Contains(address));
    }

    [Fact]
    public async Task What_has_changed_since_the_dry_run_is_told_and_left_alone()
    {
        var import = await CheckAsync("Nr,Name\n7,Studio Alpha\n8,Studio Beta\n9,Studio Gamma\n");
        var taken = (await DoAsync("registerCustomer", new { name = "Anders" }, "customer { id }")).At("customer.id");
        await DoAsync("updateCustomer", new { id = taken, number = "8" });
        await StartAsync(import);
        var done = await UntilAsync(import.At("id"), "DONE");
        Outcomes(done).ShouldBe(["2 CREATED", "3 REFUSED", "4 CREATED"]);
        done.At("lines.nodes.1.reason").ShouldBe("OFFICE_HAS_CHANGED");
        (await FoundAsync("Studio Beta")).ShouldBe(0);
        (await FoundAsync("Anders")).ShouldBe(1);
        Outcomes(await CheckAsync("Nr,Name\n7,Studio Alpha\n8,Studio Beta\n9,Studio Gamma\n")).ShouldBe(
            ["2 UNCHANGED", "3 CHANGED", "4 UNCHANGED"]);
    }

    [Fact]
    public async Task Refused_lines_come_as_a_file_that_is_no_program_and_can_be_imported_again()
    {
        var import = await CheckAsync("Nr;Name;E-Mail\n1;+49 Service;krumm\n2;=2+3;\n3;\"@a;\"\"b\"\"\";x@y@z\n");
        var path = $"/customer-imports/{import.At("id")}/refused.csv";
        using var response = await _anna.GetAsync(path);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/csv");
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        text.Split("\r\n").Skip(1).Where(l => l.Length > 0).Select(l => l.Split(';', 5)[4]).ShouldBe(
            ["'+49 Service;krumm", "'=2+3;", "\"'@a;\"\"b\"\"\";x@y@z"]);

        // The value that was a formula is text now; the addresses are still none.
        var again = await CheckAsync(text.Replace("krumm", "gerade@service.example", StringComparison.Ordinal));
        Outcomes(again).ShouldBe(["2 CREATED", "3 CREATED", "4 REFUSED"]);
        again.At("lines.nodes.0.name").ShouldBe("+49 Service");

        foreach (var who in (string[])["bernd.winter@kanzlei-sommer.example"])
            ((int)(await (await _product.SignInAsync(who)).GetAsync(path)).StatusCode).ShouldBe(200);
        foreach (
            var who in (string[])
                ["dieter.krause@baeckerei-krause.example", "owner@treuhand-nord.example",
                    "pruefung@kanzlei-sommer.example"])
            ((int)(await (await _product.SignInAsync(who)).GetAsync(path)).StatusCode).ShouldBe(404, who);
        ((int)(await _product.Anonymous.GetAsync(path)).StatusCode).ShouldBe(401);
    }

    [Theory]
    [InlineData("", "EMPTY")]
    [InlineData("Ort;PLZ\nKöln;5\n", "NO_COLUMNS")]
    [InlineData("Nummer;Kundennr;Name\n1;2;A\n", "TWO_COLUMNS")]
    public async Task A_file_that_nothing_can_be_done_with_says_why(string content, string problem)
    {
        if (content.Length == 0) content = "\n\n";
        var import = await CheckAsync(content, "REJECTED");
        import.At("problem").ShouldBe(problem);
        (await StartAsync(import, digest: "0")).At("errors.0.code").ShouldBe("CONFLICT");
        (await DoAsync("discardCustomerImport", new { id = import.At("id") })).At("errors").ShouldBe("[]");
        (await _anna.QueryAsync("query($id: ID!) { customerImport(id: $id) { id } }", new { id = import.At("id") }))
            .At("customerImport").ShouldBe("");
    }

    [Fact]
    public async Task More_lines_than_a_file_may_have_are_told_and_nothing_is_kept()
    {
        var content = new StringBuilder("Nr;Name\n");
        for (var i = 0; i < 50_001; i++) content.Append(CultureInfo.InvariantCulture, $"{i};Kunde {i}\n");
        var import = await CheckAsync(content.ToString(), "REJECTED");
        (import.At("problem"), import.At("problemLine")).ShouldBe(("TOO_MANY_LINES", "50002"));
        (await FoundAsync("Kunde 7")).ShouldBe(0);
    }

    [Fact]
    public async Task An_import_of_whoever_has_left_stops_and_a_colleague_goes_on_with_it()
    {
        var content = new StringBuilder("Nr;Name\n");
        for (var i = 0; i < 1_500; i++) content.Append(CultureInfo.InvariantCulture, $"W{i};Wechsel {i}\n");
        var import = await CheckAsync(content.ToString());
        var bernd = await _product.SignInAsync("bernd.winter@kanzlei-sommer.example");
        var id = (await bernd.QueryAsync("{ viewer { id } }")).At("viewer.id");
        await bernd.QueryAsync(
            "mutation($id: ID!, $digest: String!) { startCustomerImport(input: { id: $id, digest: $digest }) { errors "
                + "{ code } } }",
            new { id = import.At("id"), digest = import.At("digest") });
        await UntilAsync(import.At("id"), i => i.At("progress") != "0");
        (await DoAsync("deactivateAdministrator", new { id })).At("errors").ShouldBe("[]");
        var stopped = await UntilAsync(import.At("id"), "CHECKED");
        stopped.At("lines.nodes.0.done").ShouldBe("true");

        (await StartAsync(stopped)).At("errors").ShouldBe("[]");
        var done = await UntilAsync(import.At("id"), "DONE");
        (done.At("createdCount"), done.At("refusedCount")).ShouldBe(("1500", "0"));
        (await FoundAsync("Wechsel")).ShouldBe(1_500);
    }

    [Fact]
    public async Task The_same_request_again_has_one_import_and_a_strangers_file_is_none()
    {
        var file = await UploadAsync("Name\nEins\n");
        var id = Guid.CreateVersion7().ToString();
        for (var i = 0; i < 2; i++)
            (await DoAsync("checkCustomerImport", new { id, fileId = file }, "customerImport { id }"))
                .At("customerImport.id").ShouldBe(id);
        (await DoAsync("checkCustomerImport", new { id, fileId = await UploadAsync("Name\nZwei\n") }))
            .At("errors.0.code").ShouldBe("CONFLICT");
        var bernd = await _product.SignInAsync("bernd.winter@kanzlei-sommer.example");
        (await bernd.QueryAsync(
            "mutation($fileId: ID!) { checkCustomerImport(input: { fileId: $fileId }) { errors { code path } } }",
            new { fileId = await UploadAsync("Name\nDrei\n") })).At("checkCustomerImport.errors.0.code")
            .ShouldBe("NOT_FOUND");
    }

    private static IEnumerable<string> Outcomes(JsonNode import) =>
        import["lines"]!["nodes"]!.AsArray().Select(l => $"{l.At("line")} {l.At("outcome")}");

    private async Task<string> UploadAsync(string content) =>
        (await _anna.UploadAsync("kunden.csv", "text/csv", Encoding.UTF8.GetBytes(content))).Data.At(
            "uploadFile.file.id");

    private async Task<JsonNode> CheckAsync(string content, string until = "CHECKED")
    {
        var asked = await DoAsync(
            "checkCustomerImport", new { fileId = await UploadAsync(content) }, "customerImport { id }");
        asked.At("errors").ShouldBe("[]");
        return await UntilAsync(asked.At("customerImport.id"), until);
    }

    private Task<JsonNode> StartAsync(JsonNode import, string? digest = null) =>
        DoAsync("startCustomerImport", new { id = import.At("id"), digest = digest ?? import.At("digest") });

    private Task<JsonNode> UntilAsync(string id, string state) => UntilAsync(id, i => i.At("state") == state);

    private async Task<JsonNode> UntilAsync(string id, Predicate<JsonNode> isSo)
    {
        JsonNode? import = null;
        for (var i = 0; i < 300; i++)
        {
            import = (await _anna.QueryAsync(
                $"query($id: ID!) {{ customerImport(id: $id) {{ {Parts} }} }}", new { id }))["customerImport"]!;
            if (isSo(import)) return import;
            await Task.Delay(100);
        }

        throw new TimeoutException(import?.ToJsonString());
    }

    private async Task<int> FoundAsync(string search) =>
        int.Parse(
            (await _anna.QueryAsync(
                "query($search: String) { customers(search: $search) { totalCount } }", new { search })).At(
                "customers.totalCount"), CultureInfo.InvariantCulture);

    private async Task<JsonNode> DoAsync(string mutation, object input, string selection = "")
    {
        var type = $"{char.ToUpperInvariant(mutation[0])}{mutation[1..]}Input";
        return (await _anna.QueryAsync(
            $"mutation($input: {type}!) {{ {mutation}(input: $input) {{ {selection} errors "
                + "{ code message path } } }",
            new { input }))[mutation]!;
    }
}
