using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Messaging.Application.History;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Scenarios;

/// <summary>
/// What happens with what an office has and changes nothing of it is in the log, too: sign-ins, downloads, mails.
/// </summary>
public sealed class AccessLogTests(AccessLogTests.Product product) : IClassFixture<AccessLogTests.Product>
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Petra = "pruefung@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";

    private const string SignIn =
        """
        mutation($email: String!, $password: String!) {
          signIn(input: { email: $email, password: $password }) { accessToken errors { code } } }
        """;

    private static readonly string[] s_signedIn = ["signed_in"];
    private static readonly string[] s_failed = ["sign_in_failed"];

    private RunningProduct Running => product.Running;

    [Fact]
    public async Task A_sign_in_and_one_that_failed_are_in_the_log_and_one_to_no_account_is_not()
    {
        var since = await LastAsync();
        var bernd = await Running.SignInAsync(Bernd);
        var me = (await bernd.QueryAsync("{ viewer { id } }")).At("viewer.id");
        await Running.Anonymous.SendAsync(SignIn, new { email = Bernd, password = "ein falsches Passwort" });
        await Running.Anonymous.SendAsync(SignIn, new { email = "niemand@nirgends.example", password = "x" });
        var found = await SinceAsync(since, "signed_in", "sign_in_failed");
        found.Select(e => e.At("type")).ShouldBe(["signed_in", "sign_in_failed"]);
        found.ShouldAllBe(e => e.At("subject.id") == me && e.At("correlationId").Length == 32);
        (found[0].At("actor.__typename"), found[0].At("summary"))
            .ShouldBe(("Administrator", "Bernd Winter hat sich angemeldet"));
        (found[1].At("actor.__typename"), found[1].At("summary"))
            .ShouldBe(("System", "Anmeldung als Bernd Winter fehlgeschlagen: falsches Passwort"));

        // By what it is about, and by who did it.
        (await NodesAsync(new { subjectId = me, types = s_failed }))[^1].At("id")
            .ShouldBe(found[1].At("id"));
        (await NodesAsync(new { actorId = me, types = s_signedIn }))[^1].At("id")
            .ShouldBe(found[0].At("id"));
    }

    [Fact]
    public async Task A_download_is_in_the_log_once_and_nothing_of_it_raises_the_version_of_the_conversation()
    {
        var anna = product.Anna;
        var file = (await anna.UploadAsync("Bescheid „Süd“ 🧾.txt", "text/plain", [.. "Grüße"u8]))
            .Data.At("uploadFile.file.id");
        var conversation = await product.ConversationAsync(file);
        var version = await product.VersionAsync(conversation);
        var since = await LastAsync();
        (await anna.GetAsync($"/files/{file}")).EnsureSuccessStatusCode();
        (await AskAsync(file, r => r.Method = HttpMethod.Head)).EnsureSuccessStatusCode();
        var whole = await AskAsync(file, r => r.Headers.Range = new RangeHeaderValue(0, 1));
        (await AskAsync(file, r => r.Headers.Range = new RangeHeaderValue(2, 3))).EnsureSuccessStatusCode();
        (await AskAsync(file, r => r.Headers.IfNoneMatch.Add(whole.Headers.ETag!))).StatusCode
            .ShouldBe(HttpStatusCode.NotModified);
        (await anna.GetAsync($"/files/{Guid.NewGuid()}")).IsSuccessStatusCode.ShouldBeFalse();
        var found = await SinceAsync(since, "file_downloaded");
        found.Count.ShouldBe(2);
        found.ShouldAllBe(e =>
            e.At("subject.id") == conversation && e.At("conversation.id") == conversation
            && e.At("data.fileId") == file);
        found[0].At("summary").ShouldStartWith("Datei „Bescheid „Süd“ 🧾.txt“ aus Gespräch „Belege“ heruntergeladen");
        (await NodesAsync(new { conversationId = conversation })).Select(e => e.At("type")).ShouldBe(
            ["conversation_created", "comment_added", "file_attached", "file_downloaded", "file_downloaded"]);
        (await product.VersionAsync(conversation)).ShouldBe(version);
    }

    [Fact]
    public async Task An_auditor_opens_a_conversation_once_an_hour_and_others_open_none()
    {
        var conversation = await product.ConversationAsync();
        var version = await product.VersionAsync(conversation);
        var since = await LastAsync();
        const string Open = "query($id: ID!) { conversation(id: $id) { version } node(id: $id) { id } }";
        await product.Anna.QueryAsync(Open, new { id = conversation });
        await product.Petra.QueryAsync(Open, new { id = conversation });
        await product.Petra.QueryAsync(Open, new { id = conversation });
        await product.Petra.QueryAsync(Open, new { id = Guid.NewGuid() });
        var found = (await SinceAsync(since, "conversation_opened"))
            .Where(e => e.At("subject.id") == conversation).ToList();
        var opened = found.ShouldHaveSingleItem();
        (opened.At("actor.__typename"), opened.At("summary")).ShouldBe(("Administrator", "Gespräch „Belege“ geöffnet"));
        (await product.VersionAsync(conversation)).ShouldBe(version);
    }

    [Fact]
    public async Task Preferences_and_mails_are_in_the_log_without_an_address()
    {
        var since = await LastAsync();
        await product.Anna.QueryAsync(
            """
            mutation { updateNotificationPreferences(input: { inAppFor: [ASSIGNED, CUSTOMER_COMMENTED] }) {
              errors { code } } }
            """);
        var conversation = await product.ConversationAsync();

        // Mails of what other tests began come meanwhile, too.
        JsonNode? mail = null;
        await Waiting.UntilAsync(async () =>
        {
            var begun = (await SinceAsync(since, "conversation_created"))
                .Single(e => e.At("subject.id") == conversation);
            mail = (await SinceAsync(since, "mail_sent"))
                .FirstOrDefault(e => e.At("correlationId") == begun.At("correlationId"));
            return mail is not null;
        });
        var chosen = (await SinceAsync(since, "notification_preferences_chosen")).ShouldHaveSingleItem();
        chosen.At("summary").ShouldBe("Benachrichtigungen von Anna Sommer geändert");
        (mail.At("actor.__typename"), mail.At("subject.__typename")).ShouldBe(("System", "Contact"));
        mail.At("data.messageId").ShouldContain("@");
        mail!["data"]!.ToJsonString().ShouldNotContain("krause.example");

        // The request that it is a consequence of has it.
        var all = await NodesAsync(new { correlationId = mail.At("correlationId") });
        all[0].At("subject.id").ShouldBe(conversation);
        all.Select(e => e.At("id")).ShouldContain(mail.At("id"));
    }

    [Fact]
    public async Task A_mail_that_is_refused_for_good_is_in_the_log_by_its_kind()
    {
        var since = await LastAsync();
        Running.Mail.Always(SmtpStep.RcptTo, SmtpReaction.Reply(550));
        try
        {
            await product.ConversationAsync();
            await Waiting.UntilAsync(async () => (await SinceAsync(since, "mail_failed")).Count > 0);
        }
        finally
        {
            Running.Mail.BehaveAgain();
        }

        var mail = (await SinceAsync(since, "mail_failed"))[0];
        (mail.At("actor.__typename"), mail.At("subject.__typename")).ShouldBe(("System", "Contact"));
        mail.At("summary").ShouldStartWith("E-Mail an ");
        mail.At("summary").ShouldContain("nicht zustellbar");
        mail["data"]!.ToJsonString().ShouldNotContain("@");
        (await SinceAsync(since, "mail_sent")).ShouldAllBe(e => e.At("correlationId") != mail.At("correlationId"));
    }

    [Fact]
    public async Task Who_is_limited_sees_what_is_about_their_customers_and_nothing_of_the_office()
    {
        await Running.SignInAsync(Bernd);
        await Running.SignInAsync(Dieter);
        var conversation = await product.ConversationAsync();
        const string Limit =
            """
            mutation($id: ID!, $access: AdministratorAccessInput!) {
              setAdministratorAccess(input: { id: $id, access: $access }) { errors { code } } }
            """;
        await product.Anna.QueryAsync(Limit, new
        {
            id = product.PetraId,
            access = new { all = false, customerIds = new[] { product.Krause } },
        });
        try
        {
            var auditor = await Running.SignInAsync(Petra);
            await auditor.QueryAsync("query($id: ID!) { conversation(id: $id) { id } }", new { id = conversation });
            await product.WrittenAsync();
            var seen = await NodesAsync(null, auditor);
            seen.ShouldAllBe(e => e.At("subject.__typename") != "Administrator" && e.At("subject.id") != "");
            seen.Select(e => e.At("type")).ShouldContain("conversation_opened");
            var signIns = await NodesAsync(new { types = s_signedIn }, auditor);
            signIns.Select(e => e.At("summary")).Distinct().ShouldBe(["Dieter Krause hat sich angemeldet"]);
            (await NodesAsync(new { customerId = product.Krause, types = s_signedIn }, auditor))
                .Select(e => e.At("id")).ShouldBe(signIns.Select(e => e.At("id")));
            (await NodesAsync(new { customerId = product.Lindner }, auditor)).ShouldBeEmpty();
            (await NodesAsync(new { subjectId = product.PetraId }, auditor)).ShouldBeEmpty();
        }
        finally
        {
            await product.Anna.QueryAsync(Limit, new { id = product.PetraId, access = new { all = true } });
        }
    }

    [Fact]
    public async Task A_sign_in_is_answered_while_the_log_cannot_be_written_and_is_in_it_afterwards()
    {
        await Running.SignInAsync(Bernd);
        var since = await LastAsync();
        await using var connection = new NpgsqlConnection(Running.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using (var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using var hold = new NpgsqlCommand(
                """
                select 1 from messaging.mt_streams s where exists (
                    select from messaging.mt_events e where e.tenant_id = s.tenant_id and e.stream_id = s.id
                        and e.type = 'signed_in') for update
                """,
                connection, transaction);
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

            // It is answered, though nobody can write until the lock is let go of.
            (await Running.SignInAsync(Bernd)).Token.ShouldNotBeNull();
            Running.Services.GetRequiredService<AccessLog>().UnderWay.ShouldBeGreaterThan(0);

            // Other commands wait for nothing of it.
            await product.ConversationAsync();
            (await NodesAsync(new { types = s_signedIn }))
                .ShouldAllBe(e => long.Parse(e.At("sequence"), null) <= since);
            await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        }

        (await SinceAsync(since, "signed_in")).ShouldHaveSingleItem().At("summary")
            .ShouldBe("Bernd Winter hat sich angemeldet");
    }

    private async Task<HttpResponseMessage> AskAsync(string file, Action<HttpRequestMessage> change)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/files/{file}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", product.Anna.Token);
        change(request);
        return await Running.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private async Task<long> LastAsync()
    {
        await product.WrittenAsync();
        var last = await product.Anna.QueryAsync("{ auditLog(last: 1) { nodes { sequence } } }");
        return long.Parse(last.At("auditLog.nodes.0.sequence"), null);
    }

    private async Task<IReadOnlyList<JsonNode>> SinceAsync(long sequence, params string[] types)
    {
        await product.WrittenAsync();
        return [.. (await NodesAsync(new { types })).Where(e => long.Parse(e.At("sequence"), null) > sequence)];
    }

    private async Task<IReadOnlyList<JsonNode>> NodesAsync(object? filter, GraphQLClient? by = null)
    {
        var log = await (by ?? product.Anna).QueryAsync(
            """
            query($filter: AuditFilter) { auditLog(filter: $filter, last: 200) { nodes {
              id type sequence occurredAt correlationId data summary(locale: "de") conversation { id }
              actor { __typename }
              subject {
                __typename
                ... on Conversation { id } ... on Customer { id } ... on Administrator { id } ... on Contact { id }
                ... on Organisation { id } } } } }
            """,
            new { filter });
        return [.. log["auditLog"]!["nodes"]!.AsArray().Select(n => n!)];
    }

    /// <summary>The product of all tests of the class.</summary>
    public sealed class Product : IAsyncLifetime
    {
        public RunningProduct Running { get; private set; } = null!;

        public GraphQLClient Anna { get; private set; } = null!;

        public GraphQLClient Petra { get; private set; } = null!;

        public string PetraId { get; private set; } = "";

        public string Krause { get; private set; } = "";

        public string Lindner { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            Running = await RunningProduct.StartAsync();
            (Anna, Petra) = (
                await Running.SignInAsync(AccessLogTests.Anna), await Running.SignInAsync(AccessLogTests.Petra));
            PetraId = (await Petra.QueryAsync("{ viewer { id } }")).At("viewer.id");
            var known = await Anna.QueryAsync(
                """
                { krause: customers(search: "krause") { nodes { id } }
                  lindner: customers(search: "lindner") { nodes { id } } }
                """);
            (Krause, Lindner) = (known.At("krause.nodes.0.id"), known.At("lindner.nodes.0.id"));
        }

        public async Task<string> ConversationAsync(params string[] fileIds) =>
            (await Anna.QueryAsync(
                """
                mutation($c: ID!, $files: [ID!]) {
                  createConversation(input: { customerId: $c, subject: "Belege", body: "Bitte", fileIds: $files }) {
                    conversation { id } errors { code message } } }
                """,
                new { c = Krause, files = fileIds })).At("createConversation.conversation.id");

        public async Task<string> VersionAsync(string conversation) =>
            (await Anna.QueryAsync("query($id: ID!) { conversation(id: $id) { version } }", new { id = conversation }))
            .At("conversation.version");

        // Whoever asked for it does not wait for longer than a moment.
        public Task WrittenAsync()
        {
            var log = Running.Services.GetRequiredService<AccessLog>();
            return Waiting.UntilAsync(() => log.UnderWay == 0);
        }

        public ValueTask DisposeAsync() => Running.DisposeAsync();
    }
}
