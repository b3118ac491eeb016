using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Messaging.TestSupport.Product;
using OtpNet;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>
/// Ten years of an office, with the same people: they forget passwords, marry, write for two companies, leave and come
/// back; customers are imported, renamed, ended and resumed. What was read at the end of each year is what an auditor
/// reads of it at the end of them all.
/// </summary>
public sealed partial class TenYearsTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Carla = "carla.herbst@kanzlei-sommer.example";
    private const string Auditor = "pruefung@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@bäckerei-krause.example";
    private const string Password = "messaging-demo";

    private readonly List<(string Year, DateTimeOffset At, List<string> Conversations, string Backlog)> _years = [];
    private readonly List<string> _conversations = [];
    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private GraphQLClient _auditor = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync();
        _anna = await _product.SignInAsync(Anna);
        _auditor = await _product.SignInAsync(Auditor);
    }

    public async ValueTask DisposeAsync() => await _product.DisposeAsync();

    [Fact]
    public async Task Ten_years_pass_and_every_one_of_them_still_reads_as_it_was()
    {
        var (annaId, berndId, carlaId) = (
            await AdministratorAsync(Anna), await AdministratorAsync(Bernd), await AdministratorAsync(Carla));
        var bernd = await _product.SignInAsync(Bernd);

        // The first: a customer with an umlaut in the address, who forgets the password.
        var krause = await RegisterAsync("Mühle Krause");
        await DoAsync("inviteContact", new { customerId = krause, email = Dieter, displayName = "Dieter Krause" });
        await AcceptAsync(await LinkAsync(Dieter), "erstes Passwort 1");
        var dieter = await _product.SignInAsync(Dieter, "erstes Passwort 1");
        var belege = await ConverseAsync(bernd, krause, "Belege für Jänner", berndId);
        await DoAsync(
            "addComment", new { conversationId = belege, body = "Kommen morgen." }, by: dieter);
        await DoAsync("requestPasswordReset", new { email = Dieter.ToUpperInvariant() }, by: _product.Anonymous);
        var forgotten = await LinkAsync(Dieter, "/reset-password");
        await DoAsync(
            "resetPassword", new { token = forgotten, password = "zweites Passwort 2" }, by: _product.Anonymous);
        (await IsSignedInAsync(dieter)).ShouldBeFalse();
        (await RefusalAsync("resetPassword", new { token = forgotten, password = "drittes Passwort 3" }))
            .ShouldBe("NOT_FOUND");
        dieter = await _product.SignInAsync(Dieter, "zweites Passwort 2");
        await EndYearAsync("1");

        // The second: the list of customers from the program of before; the same file again changes nothing.
        (await ImportAsync("Kundennummer;Name;E-Mail\r\n00017;Tischlerei Öz;oez@tischlerei-oez.example\r\n"))
            .ShouldBe("1 0 0");
        (await ImportAsync("Kundennummer;Name;E-Mail\r\n00017;Tischlerei Öz;oez@tischlerei-oez.example\r\n"))
            .ShouldBe("0 0 1");
        var tischlerei = (await _anna.QueryAsync("""{ customers(search: "00017") { nodes { id name } } }""")).At(
            "customers.nodes.0.id");
        await EndYearAsync("2");

        // The third: he does the books of the carpenter as well, with the same password, and of both apart.
        await DoAsync("inviteContact", new { customerId = tischlerei, email = Dieter, displayName = "Dieter Krause" });
        await AcceptAsync(await LinkAsync(Dieter, "/invitation", 2), "zweites Passwort 2", existing: true);
        var lohn = await ConverseAsync(bernd, tischlerei, "Lohn der Tischlerei", berndId);
        var accounts = (await dieter.QueryAsync("{ viewer { accounts { personId organisationId customerName } } }"))
            ["viewer"]!["accounts"]!.AsArray();
        accounts.Select(a => a.At("customerName")).Order().ShouldBe(["Mühle Krause", "Tischlerei Öz"]);
        (await SubjectsAsync(dieter)).ShouldBe(["Belege für Jänner"]);
        var carpenter = await SwitchAsync(dieter, accounts.Single(a => a.At("customerName") == "Tischlerei Öz"));
        (await SubjectsAsync(carpenter)).ShouldBe(["Lohn der Tischlerei"]);
        await DoAsync("addComment", new { conversationId = lohn, body = "Für die Tischlerei" }, by: carpenter);
        (await RefusalAsync("addComment", new { conversationId = lohn, body = "Für die Mühle" }, dieter))
            .ShouldBe("NOT_FOUND");
        await EndYearAsync("3");

        // The fourth: he marries. Both of his accounts have the address that he confirmed, and nobody has the old one.
        const string married = "dieter.mueller@muehle.example";
        (await DoAsync(
            "requestEmailChange", new { email = married, currentPassword = "zweites Passwort 2" }, "viewer { id }",
            dieter)).ShouldNotBeNull();
        await DoAsync("confirmEmailChange", new { token = await LinkAsync(married) }, by: _product.Anonymous);
        (await RefusalAsync("signIn", new { email = Dieter, password = "zweites Passwort 2" })).ShouldBe("INVALID");
        dieter = await _product.SignInAsync(married, "zweites Passwort 2");
        await EndYearAsync("4");

        // The fifth: two owners, and administrators need a second factor.
        await DoAsync("changeAdministratorRole", new { id = berndId, isOwner = true });
        var clock = TimeProvider.System;
        var begun = await DoAsync("beginAuthenticator", new { currentPassword = Password }, "id secret");
        var code = new Totp(Base32Encoding.ToBytes(begun.At("secret"))).ComputeTotp(clock.GetUtcNow().UtcDateTime);
        await DoAsync("confirmAuthenticator", new { id = begun.At("id"), code }, "recoveryCodes");
        await DoAsync("requireSecondFactor", new { isRequired = true, graceDays = 30 });
        await DoAsync("requireSecondFactor", new { isRequired = false });
        await EndYearAsync("5");

        // The sixth: Carla cares for the carpenter only.
        await DoAsync(
            "setAdministratorAccess",
            new { id = carlaId, access = new { all = false, customerIds = new[] { tischlerei } } });
        var carla = await _product.SignInAsync(Carla);
        (await SubjectsAsync(carla)).ShouldBe(["Lohn der Tischlerei"]);
        (await RefusalAsync(
            "assignAdministrator", new { conversationIds = new[] { belege }, administratorId = carlaId }, _anna))
            .ShouldNotBeEmpty();
        await EndYearAsync("6");

        // The seventh: Bernd leaves, and hands over to somebody who may see all of it.
        (await DoAsync(
            "deactivateAdministrator", new { id = berndId, handOver = new { to = annaId } }, "hasMore")).At("hasMore")
            .ShouldBe("false");
        (await IsSignedInAsync(bernd)).ShouldBeFalse();
        await EndYearAsync("7");

        // The eighth: he comes back, with his id and not by the password of before.
        await DoAsync("reactivateAdministrator", new { id = berndId });
        (await RefusalAsync("signIn", new { email = Bernd, password = Password })).ShouldBe("INVALID");
        await AcceptAsync(await LinkAsync(Bernd), "wieder im Büro 8");
        bernd = await _product.SignInAsync(Bernd, "wieder im Büro 8");
        (await bernd.QueryAsync("{ viewer { id } }")).At("viewer.id").ShouldBe(berndId);
        await EndYearAsync("8");

        // The ninth: the mill has another name, and its mandate ends: all is read, and nobody writes.
        await DoAsync("updateCustomer", new { id = krause, name = "Mühle Müller KG", number = "0042" });
        await DoAsync("endCustomer", new { id = krause, on = "2020-12-31" });
        (await RefusalAsync("addComment", new { conversationId = belege, body = "Noch etwas" }, dieter))
            .ShouldBe("FORBIDDEN");
        (await RefusalAsync("addComment", new { conversationId = belege, body = "Noch etwas" }, bernd))
            .ShouldBe("FORBIDDEN");
        (await SubjectsAsync(dieter)).ShouldBe(["Belege für Jänner"]);
        await EndYearAsync("9");

        // The tenth: it is resumed, and found by its number, by its contact, and by what was written at the beginning.
        await DoAsync("resumeCustomer", new { id = krause });
        await DoAsync("addComment", new { conversationId = belege, body = "Wir sind wieder da." }, by: dieter);
        foreach (var words in (string[])["0042", "Müller", "Dieter", "muehle.example", "morgen"])
            (await SubjectsAsync(_anna, words)).ShouldContain("Belege für Jänner", words);
        await EndYearAsync("10");

        await StillReadAsync();
    }

    /// <summary>Waits for the clock to move on, and writes down what is read now.</summary>
    private async Task EndYearAsync(string year)
    {
        var read = new List<string>();
        foreach (var id in _conversations) read.Add(await ThenAsync(id, null));
        var backlog = (await _auditor.QueryAsync(
            "{ reports { backlog { open attention answered total } } }")).ToJsonString();
        await Task.Delay(20, Cancellation);
        _years.Add((year, DateTimeOffset.UtcNow, read, backlog));
        await Task.Delay(20, Cancellation);
    }

    private async Task StillReadAsync()
    {
        _years.Count.ShouldBe(10);
        foreach (var (year, at, read, backlog) in _years)
        {
            for (var i = 0; i < _conversations.Count; i++)
                (await ThenAsync(_conversations[i], at)).ShouldBe(i < read.Count ? read[i] : "", $"Year {year}");
            (await _auditor.QueryAsync(
                "query($at: DateTime) { reports { backlog(at: $at) { open attention answered total } } }", new { at }))
                .ToJsonString().ShouldBe(backlog, $"Year {year}");
        }

        // Nobody's name or address is in the log but in their own stream.
        var history = await _auditor.QueryAsync(
            "query($id: ID!) { conversation(id: $id) { history(first: 100) { nodes { type summary data actor { "
                + "__typename } } } } }",
            new { id = _conversations[0] });
        var events = history["conversation"]!["history"]!["nodes"]!.AsArray();
        events.Select(e => e.At("actor.__typename")).ShouldAllBe(a => a.Length > 0);
        foreach (var e in events) e!["data"]!.ToJsonString().ShouldNotContain("@");
        events.Select(e => e.At("type")).ShouldContain("administrator_assigned");
    }

    /// <summary>
    /// A conversation with the names of then. Behind the ids of then is the instant, which is another each time.
    /// </summary>
    private async Task<string> ThenAsync(string id, DateTimeOffset? at)
    {
        const string asked =
            "status awaiting version commentCount subject customer { id name } responsibleAdministrator { id displayName "
                + "} comments(first: 50) { nodes { body author { ... on Administrator { id displayName } ... on Contact "
                + "{ id displayName } } } totalCount } history { totalCount }";
        var answer = at is null
            ? await _auditor.QueryAsync($"query($id: ID!) {{ conversation(id: $id) {{ {asked} }} }}", new { id })
            : await _auditor.QueryAsync(
                $"query($id: ID!, $asOf: AsOf) {{ conversation(id: $id, asOf: $asOf) {{ {asked} }} }}",
                new { id, asOf = new { timestamp = at } });
        return InstantOfId().Replace(answer["conversation"]?.ToJsonString() ?? "", "$1\"");
    }

    private async Task<string> ConverseAsync(
        GraphQLClient by, string customerId, string subject, string responsibleAdministratorId)
    {
        var made = await DoAsync(
            "createConversation",
            new { customerId, subject, body = "Bitte senden.", status = "ATTENTION", responsibleAdministratorId },
            "conversation { id }", by);
        _conversations.Add(made.At("conversation.id"));
        return _conversations[^1];
    }

    private async Task<string> RegisterAsync(string name) =>
        (await DoAsync("registerCustomer", new { name }, "customer { id }")).At("customer.id");

    private async Task<string> ImportAsync(string file)
    {
        var upload = await _anna.UploadAsync("kunden.csv", "text/csv", System.Text.Encoding.UTF8.GetBytes(file));
        var fileId = upload.Data.At("uploadFile.file.id");
        var id = Guid.CreateVersion7().ToString();
        await DoAsync("checkCustomerImport", new { id, fileId });
        var check = await FinishedAsync(id, "CHECKED");
        var would = $"{check.At("createdCount")} {check.At("changedCount")} {check.At("unchangedCount")}";
        await DoAsync("startCustomerImport", new { id, digest = check.At("digest") });
        var done = await FinishedAsync(id, "DONE");
        $"{done.At("createdCount")} {done.At("changedCount")} {done.At("unchangedCount")}".ShouldBe(would);
        return would;
    }

    private async Task<JsonNode> FinishedAsync(string id, string state)
    {
        for (var i = 0; i < 300; i++)
        {
            var import = (await _anna.QueryAsync(
                "query($id: ID!) { customerImport(id: $id) { state digest createdCount changedCount unchangedCount } }",
                new { id }))["customerImport"]!;
            if (import.At("state") == state) return import;
            await Task.Delay(100, Cancellation);
        }

        throw new TimeoutException($"The import was not {state} within 30 s.");
    }

    private async Task<GraphQLClient> SwitchAsync(GraphQLClient by, JsonNode? account)
    {
        var switched = await DoAsync(
            "switchAccount", new { organisationId = account.At("organisationId"), personId = account.At("personId") },
            "accessToken", by);
        return new GraphQLClient(_product.Http, switched.At("accessToken"));
    }

    private static async Task<List<string>> SubjectsAsync(GraphQLClient by, string? search = null) =>
    [
        .. (await by.QueryAsync(
                "query($filter: ConversationFilter) { conversations(first: 50, filter: $filter) { nodes { subject } } }",
                new { filter = search is null ? null : new { search } }))["conversations"]!["nodes"]!
            .AsArray().Select(c => c.At("subject")),
    ];

    private async Task<string> AdministratorAsync(string email) =>
        (await _anna.QueryAsync("{ administrators(first: 100) { nodes { id email } } }"))["administrators"]!["nodes"]!
            .AsArray().Single(a => a.At("email") == email).At("id");

    private static async Task<bool> IsSignedInAsync(GraphQLClient client) =>
        (await client.SendAsync("{ viewer { id } }")).ErrorCode is null;

    private async Task AcceptAsync(string token, string password, bool existing = false) =>
        await DoAsync(
            "acceptInvitation",
            existing ? new { token, password, existingAccount = true } : new { token, password },
            "viewer { id }", _product.Anonymous);

    /// <summary>The token of the latest mail with a link, once there are so many.</summary>
    private async Task<string> LinkAsync(string address, string path = "", int count = 1)
    {
        // Servers of mail know domains by their ASCII names (RFC 5890).
        var (local, domain) = (address[..address.IndexOf('@', StringComparison.Ordinal)], address.Split('@')[1]);
        var recipient = $"{local}@{new IdnMapping().GetAscii(domain)}";
        await _product.Mail.WaitForMailAsync(_ => Links().Count() >= count);
        var text = Links().Last().Text;
        return text[(text.IndexOf("#token=", StringComparison.Ordinal) + 7)..].Split([' ', '\r', '\n'])[0];

        IEnumerable<TestSupport.Smtp.ReceivedMail> Links() =>
            _product.Mail.Received.Where(m =>
                m.Recipients.Contains(recipient) && m.Text.Contains($"{path}#token=", StringComparison.Ordinal));
    }

    private async Task<JsonNode> DoAsync(
        string mutation, object input, string asked = "", GraphQLClient? by = null)
    {
        var answer = await AnswerAsync(mutation, input, asked, by);
        answer.At("errors").ShouldBe("[]", mutation);
        return answer;
    }

    private async Task<string> RefusalAsync(string mutation, object input, GraphQLClient? by = null) =>
        (await AnswerAsync(mutation, input, "", by ?? _product.Anonymous)).At("errors.0.code");

    private async Task<JsonNode> AnswerAsync(string mutation, object input, string asked, GraphQLClient? by)
    {
        var type = char.ToUpperInvariant(mutation[0]) + mutation[1..] + "Input";
        var answer = await (by ?? _anna).QueryAsync(
            $"mutation($input: {type}!) {{ {mutation}(input: $input) {{ {asked} errors {{ code message }} }} }}",
            new { input });
        return answer[mutation]!;
    }

    [GeneratedRegex("(\"id\":\"[0-9a-f-]{36})@[0-9TZ:.-]+\"")]
    private static partial Regex InstantOfId();
}
