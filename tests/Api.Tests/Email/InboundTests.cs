using System.Text;
using System.Text.Json.Nodes;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using MimeKit;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Email;

/// <summary>Answers by mail become comments; read by the product from Debian's Dovecot.</summary>
public sealed class InboundTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const int Old = 2_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private ImapServer _mailbox = null!;
    private RunningProduct _product = null!;
    private NpgsqlDataSource _database = null!;
    private GraphQLClient _anna = null!;
    private string _krause = "";

    public async ValueTask InitializeAsync()
    {
        _mailbox = await ImapServer.StartAsync(Old);
        _product = await RunningProduct.StartAsync(
            settings: new()
            {
                ["Messaging:Inbound:Host"] = "127.0.0.1",
                ["Messaging:Inbound:Port"] = $"{_mailbox.Port}",
                ["Messaging:Inbound:Security"] = "none",
                ["Messaging:Inbound:User"] = ImapServer.User,
                ["Messaging:Inbound:Password"] = ImapServer.Password,
                ["Messaging:Inbound:Address"] = "antwort@kanzlei.example",
                ["Messaging:Inbound:MaximumBytes"] = "1000000",
            });
        _database = NpgsqlDataSource.Create(_product.ConnectionString);
        _anna = await _product.SignInAsync(Anna);
        _krause = (await _anna.QueryAsync("""{ customers(search: "krause") { nodes { id } } }""")).At(
            "customers.nodes.0.id");

        // What is there before it looks for the first time is not read.
        await Waiting.UntilAsync(
            async () => await ScalarAsync("select next_uid from messaging.inbound_mailboxes") is long, s_patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null) await _database.DisposeAsync();
        if (_product is not null) await _product.DisposeAsync();
        if (_mailbox is not null) await _mailbox.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_is_a_comment_of_its_sender_once_and_nobody_elses()
    {
        var (conversation, mail) = await BeginAsync("Belege");
        mail.From.ShouldMatch("^antwort\\+[a-z2-7]{42}@kanzlei\\.example$");
        var reply = ReplyTo(mail);
        reply.ShouldMatch("^antwort\\+[a-z2-7]{42}@kanzlei\\.example$");
        reply.ShouldNotBe(mail.From);
        mail.Text.ShouldContain("Sie können auf sie antworten oder im Gespräch schreiben.");

        // Servers on the way may fold the case.
        var answer = Mail(
            Dieter, reply.ToUpperInvariant(), "a1",
            $"""
            Die Belege kommen morgen.

            --{" "}
            Dieter Krause

            Am 28.11.2026 um 10:00 schrieb Kanzlei <{reply}>:
            > Bitte schicken Sie die Belege.
            """);
        await _mailbox.AppendAsync(answer);
        var comment = await LastCommentAsync(conversation, "Die Belege kommen morgen.");
        comment.At("author.displayName").ShouldBe("Dieter Krause");
        comment.At("visibility").ShouldBe("PUBLIC");
        comment.At("files.0.name").ShouldEndWith(".txt");
        var whole = await DownloadAsync(comment.At("files.0.id"));
        whole.ShouldContain("> Bitte schicken Sie die Belege.");

        // Whoever reads it does not learn the address by which Dieter writes.
        whole.ShouldNotContain(reply, Case.Insensitive);

        // Again, and by somebody else, who has learned the address.
        await _mailbox.AppendAsync(answer);
        await _mailbox.AppendAsync(Mail(Bernd, reply, "a2", "Ich bin nicht Dieter."));
        await _mailbox.AppendAsync(Mail(Dieter, Forged(reply), "a3", "Mit einer Adresse, die niemand machte."));
        await _mailbox.AppendAsync(Mail(Dieter, mail.From, "a4", "An die Adresse für Unzustellbares."));
        await _mailbox.AppendAsync(Mail(Dieter, reply, "a5", "Bin im Urlaub.", "Auto-Submitted: auto-replied"));
        await _mailbox.AppendAsync(Mail(Dieter, reply, "a6", "Und noch etwas."));
        await LastCommentAsync(conversation, "Und noch etwas.");
        (await BodiesAsync(conversation)).ShouldBe(
            ["Bitte schicken Sie die Belege.", "Die Belege kommen morgen.", "Und noch etwas."]);
        await OutcomesAreAsync(conversation, "Comment", "Comment", "NotSender");

        // The office is shown what became nothing.
        var shown = (await _anna.QueryAsync(
            "{ inboundMails { nodes { outcome from subject conversation { id } person { ... on Contact { email } } } "
                + "totalCount } }"))["inboundMails"];
        shown.At("totalCount").ShouldBe("1");
        shown.At("nodes.0.outcome").ShouldBe("NOT_SENDER");
        shown.At("nodes.0.from").ShouldBe(Bernd);
        shown.At("nodes.0.subject").ShouldBe("Re: etwas");
        shown.At("nodes.0.conversation.id").ShouldBe(conversation);
        shown.At("nodes.0.person.email").ShouldBe(Dieter);

        // Seen are the comments, what is automatic, and what is known; nothing is removed.
        await Waiting.UntilAsync(async () => await _mailbox.CountAsync() == (Old + 7, 5), s_patience);
    }

    [Fact]
    public async Task What_cannot_be_a_comment_is_kept_and_says_why_and_holds_up_nothing()
    {
        var (conversation, mail) = await BeginAsync("Formen");
        var reply = ReplyTo(mail);
        await _mailbox.AppendAsync(Mail(Dieter, reply, "s1", new string('x', 60) + "\n" + Lines(40_000)));
        await _mailbox.AppendAsync(Nested(Dieter, reply, "s2", 200));
        await _mailbox.AppendAsync(Mail(Dieter, reply, "s3", "> nur zitiert\n> sonst nichts"));
        await _mailbox.AppendAsync(
            Mail(Dieter, reply, "s4", "NUL: =00", "Content-Transfer-Encoding: quoted-printable"));
        await _mailbox.AppendAsync(
            Mail(Dieter, reply, "s5", "UmsatzÃ¼bersicht", "Content-Type: text/plain; charset=us-ascii"));
        await LastCommentAsync(conversation, "Umsatzübersicht");

        // What says UTF-8 and is not.
        await _mailbox.AppendAsync(Mail(Dieter, reply, "s6", "Grüße", "Content-Type: text/plain; charset=utf-8"));
        await LastCommentAsync(conversation, "Grüße");
        await _mailbox.AppendAsync(WithFile(Dieter, reply, "s7", "rechnung.exe", "MZ nicht gut"));
        await _mailbox.AppendAsync(WithFile(Dieter, reply, "s8", "rechnung.csv", "a;b\n1;2\n"));
        var comment = await LastCommentAsync(conversation, "Anbei.");
        comment.At("files.0.name").ShouldBe("rechnung.csv");
        (await DownloadAsync(comment.At("files.0.id"))).ShouldBe("a;b\n1;2\n");
        await _mailbox.AppendAsync(
            Mail(
                Dieter, reply, "s9", "<p>Gern.<br>Bis dann</p><blockquote>Alt</blockquote>",
                "Content-Type: text/html; charset=utf-8"));
        await LastCommentAsync(conversation, "Gern.\nBis dann");
        await OutcomesAreAsync(
            conversation, "Comment", "Comment", "Comment", "Comment", "Empty", "FileRefused", "Refused", "TooLarge",
            "TooManyParts");
    }

    [Fact]
    public async Task What_comes_back_has_failed_and_what_is_not_ours_changes_nothing()
    {
        var (conversation, mail) = await BeginAsync("Unzustellbar");
        await _mailbox.AppendAsync(Bounce("nobody@kanzlei.example", "ours@elsewhere.example", "failed", "5.1.1"));
        await _mailbox.AppendAsync(Bounce(mail.From, mail.MessageId, "delayed", "4.4.1"));
        await _mailbox.AppendAsync(Bounce(mail.From, mail.MessageId, "failed", "5.1.1"));
        const string Failed =
            "query($id: ID) { deliveries(filter: { states: [FAILED], conversationId: $id }) { nodes { address "
            + "lastError sentAt } totalCount } }";
        JsonNode? failed = null;
        await Waiting.UntilAsync(
            async () => (failed = (await _anna.QueryAsync(Failed, new { id = conversation }))["deliveries"])
                .At("nodes.0.address") == Dieter,
            s_patience);
        failed.At("totalCount").ShouldBe("1");
        failed.At("nodes.0.sentAt").ShouldBeEmpty();
        failed.At("nodes.0.lastError").ShouldContain("5.1.1 no such user");
        failed.At("nodes.0.lastError").ShouldNotContain("@");
        (await ScalarAsync("select count(*) from messaging.mail_problems")).ShouldBe(1L);

        // By the Message-ID alone, where a server gives it back to the mailbox itself.
        var (another, second) = await BeginAsync("Noch eine");
        await _mailbox.AppendAsync(Bounce("antwort@kanzlei.example", second.MessageId, "failed", "5.2.2"));
        await Waiting.UntilAsync(
            async () => (await _anna.QueryAsync(Failed, new { id = another })).At("deliveries.totalCount") == "1",
            s_patience);
    }

    [Fact]
    public async Task An_answer_to_a_note_is_a_note()
    {
        var (conversation, _) = await BeginAsync("Intern", responsible: true);
        await _anna.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
            new { input = new { conversationId = conversation, body = "Nur für uns.", visibility = "INTERNAL" } });
        var mail = await _product.Mail.WaitForMailAsync(
            m => m.Recipients.Contains(Bernd) && m.Text.Contains("Nur für uns.", StringComparison.Ordinal),
            s_patience);
        await _mailbox.AppendAsync(Mail(Bernd, ReplyTo(mail), "n1", "Sehe ich auch so."));
        (await LastCommentAsync(conversation, "Sehe ich auch so.")).At("visibility").ShouldBe("INTERNAL");
    }

    [Fact]
    public async Task It_goes_on_after_the_mail_server_was_away_and_after_a_restart()
    {
        var (conversation, mail) = await BeginAsync("Ausfall");
        await _mailbox.StartAgainAsync();
        await _mailbox.AppendAsync(Mail(Dieter, ReplyTo(mail), "r1", "Nach dem Ausfall."));
        await LastCommentAsync(conversation, "Nach dem Ausfall.");
        await _product.StopAsync();
        await _mailbox.AppendAsync(Mail(Dieter, ReplyTo(mail), "r2", "Während es stand."));
        await _product.StartAgainAsync();
        await LastCommentAsync(conversation, "Während es stand.");

        // A node that was killed between a comment and its note of it reads the mail again.
        await ScalarAsync(
            "with a as (delete from messaging.inbound_mails) update messaging.inbound_mailboxes set next_uid = 1 "
                + "returning 1");
        await _mailbox.AppendAsync(Mail(Dieter, ReplyTo(mail), "r3", "Zuletzt."));
        await LastCommentAsync(conversation, "Zuletzt.");
        (await BodiesAsync(conversation)).ShouldBe(
            ["Bitte schicken Sie die Belege.", "Nach dem Ausfall.", "Während es stand.", "Zuletzt."]);
    }

    private static string ReplyTo(ReceivedMail mail) => ((MailboxAddress)mail.Message.ReplyTo.Single()).Address;

    // Another delivery's id under the same MAC.
    private static string Forged(string address)
    {
        var at = address.IndexOf('+', StringComparison.Ordinal) + 3;
        return address[..at] + (address[at] == 'a' ? 'b' : 'a') + address[(at + 1)..];
    }

    private static string Mail(string from, string to, string id, string body, string more = "X-Test: 1") =>
        $"""
        Return-Path: <{from}>
        From: Somebody <{from}>
        To: <{to}>
        Subject: Re: etwas
        Date: Sat, 28 Nov 2026 12:00:00 +0100
        Message-ID: <{id}.{Guid.NewGuid():N}@client.example>
        MIME-Version: 1.0
        {more}

        {body}
        """;

    private static string Lines(int count) =>
        string.Concat(Enumerable.Repeat("Zeile um Zeile, die zu viel ist\n", count));

    private static string Nested(string from, string to, string id, int depth)
    {
        var body = new StringBuilder();
        for (var i = 0; i < depth; i++)
            body.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"--b{i}\nContent-Type: multipart/mixed; boundary=b{i + 1}\n\n");
        body.Append(System.Globalization.CultureInfo.InvariantCulture, $"--b{depth}\n\ntief\n--b{depth}--\n");
        return Mail(from, to, id, body.ToString(), "Content-Type: multipart/mixed; boundary=b0");
    }

    private static string WithFile(string from, string to, string id, string name, string content) =>
        Mail(
            from, to, id,
            $"""
            --x
            Content-Type: text/plain; charset=utf-8

            Anbei.
            --x
            Content-Type: application/octet-stream
            Content-Disposition: attachment; filename="{name}"
            Content-Transfer-Encoding: base64

            {Convert.ToBase64String(Encoding.UTF8.GetBytes(content))}
            --x--
            """,
            "Content-Type: multipart/mixed; boundary=x");

    private static string Bounce(string to, string messageId, string action, string status) =>
        $"""
        Return-Path: <>
        From: MAILER-DAEMON@mx.example
        To: <{to}>
        Subject: Undelivered Mail Returned to Sender
        Message-ID: <{Guid.NewGuid():N}@mx.example>
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary=x

        --x

        Sorry.
        --x
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example

        Final-Recipient: rfc822; {Dieter}
        Action: {action}
        Status: {status}
        Diagnostic-Code: smtp; no such user <{Dieter}>

        --x
        Content-Type: text/rfc822-headers

        Message-ID: <{messageId}>
        From: nachrichten@messaging.example

        --x--
        """;

    private async Task<(string Conversation, ReceivedMail Mail)> BeginAsync(string subject, bool responsible = false)
    {
        var bernd = responsible
            ? (await (await _product.SignInAsync(Bernd)).QueryAsync("{ viewer { id } }")).At("viewer.id") : null;
        var created = await _anna.QueryAsync(
            "mutation($input: CreateConversationInput!) { createConversation(input: $input) { errors { message } "
                + "conversation { id } } }",
            new
            {
                input = new
                {
                    customerId = _krause,
                    subject,
                    body = "Bitte schicken Sie die Belege.",
                    responsibleAdministratorId = bernd,
                },
            });
        created.At("createConversation.errors").ShouldBe("[]");
        var mail = await _product.Mail.WaitForMailAsync(
            m => m.Recipients.Contains(Dieter) && m.Message.Subject!.Contains(subject, StringComparison.Ordinal),
            s_patience);
        return (created.At("createConversation.conversation.id"), mail);
    }

    private async Task<JsonNode> LastCommentAsync(string conversation, string body)
    {
        JsonNode? last = null;
        try
        {
            await Waiting.UntilAsync(
                async () => (last = (await CommentsAsync(conversation)).LastOrDefault()).At("body") == body,
                s_patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"The last comment is {last?.ToJsonString()}; {await AllOutcomesAsync()}", e);
        }

        return last!;
    }

    private async Task<string[]> BodiesAsync(string conversation) =>
        [.. (await CommentsAsync(conversation)).Select(c => c.At("body"))];

    private async Task<List<JsonNode?>> CommentsAsync(string conversation) =>
        [
            .. (await _anna.QueryAsync(
                "query($id: ID!) { conversation(id: $id) { comments(first: 50) { nodes { body visibility author { "
                    + "... on Administrator { displayName } ... on Contact { displayName } } files { id name } } } } }",
                new { id = conversation }))["conversation"]!["comments"]!["nodes"]!.AsArray(),
        ];

    private async Task<string> DownloadAsync(string file)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/files/{file}");
        request.Headers.Authorization = new("Bearer", _anna.Token);
        using var answer = await _product.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    // The comment is there before it is written down what became of the mail.
    private async Task OutcomesAreAsync(string conversation, params string[] expected)
    {
        string[] outcomes = [];
        await Waiting.UntilAsync(
            async () => (outcomes = await OutcomesAsync(conversation)).Length >= expected.Length, s_patience);
        outcomes.ShouldBe(expected);
    }

    private async Task<string[]> OutcomesAsync(string conversation) =>
        (string[])(await ScalarAsync(
            "select coalesce(array_agg(outcome order by outcome), array[]::text[]) from messaging.inbound_mails "
                + $"where conversation_id = '{conversation}'"))!;

    private async Task<string> AllOutcomesAsync() =>
        (string)(await ScalarAsync(
            "select coalesce(string_agg(outcome || ' ' || coalesce(code, ''), ', '), 'no mails') "
                + "from messaging.inbound_mails"))!;

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
