using System.Text.Json.Nodes;
using Messaging.Application.Notifications.Inbound;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;
using static Messaging.Api.Tests.Email.InboundShapes;

namespace Messaging.Api.Tests.Email;

/// <summary>
/// Answers by mail become comments; read by the product from Debian's Dovecot, from a mailbox with very many mails of
/// before.
/// </summary>
public sealed class InboundTests(InboundTests.Shared shared) : IClassFixture<InboundTests.Shared>, IAsyncLifetime
{
    private const int Old = 50_000;
    private const int Megabyte = 1_000_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private InboundOffice _office = null!;

    public async ValueTask InitializeAsync() => _office = await shared.Office;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Of_very_many_mails_of_before_none_is_read()
    {
        // The first that was not there.
        ((long)(await _office.ScalarAsync(
            $"select next_uid from messaging.inbound_mailboxes where mailbox like '{ImapServer.User}@%'"))!)
            .ShouldBeGreaterThan(Old);
        var (conversation, mail) = await _office.BeginAsync("Viele");
        await _office.Mailbox.AppendAsync(Mail(Dieter, ReplyTo(mail), "v1", "Trotzdem gefunden."));
        await _office.LastCommentAsync(conversation, "Trotzdem gefunden.");
        (await _office.Mailbox.SeenAsync()).ShouldBeLessThan(100);
    }

    [Fact]
    public async Task Mails_of_forty_megabytes_are_not_fetched_and_hold_up_nothing()
    {
        var (conversation, mail) = await _office.BeginAsync("Groß");
        var reply = ReplyTo(mail);
        await _office.Mailbox.DeliverAsync(Mail(Dieter, reply, "g1", "Sehr viel"), 40 * Megabyte);
        await _office.Mailbox.DeliverAsync(Bounce(mail.From, mail.MessageId, "failed", "5.1.1"), 40 * Megabyte);

        // Headers that do not end.
        await _office.Mailbox.DeliverAsync(
            $"From: {Dieter}\nTo: {reply}\nX-Pad: " + string.Join("\n ", Enumerable.Repeat(new string('x', 900), 400))
                + "\n\nText\n");
        await _office.Mailbox.DeliverAsync(Mail(Dieter, reply, "g2", "Klein."));
        await _office.LastCommentAsync(conversation, "Klein.");
        await _office.OutcomesAreAsync(conversation, "Comment", "TooLarge");
        var delivery = mail.MessageId.Split('@')[0];
        (await _office.ScalarAsync($"select state from messaging.deliveries where id = '{delivery}'")).ShouldBe("Sent");
    }

    [Fact]
    public async Task A_machine_that_answers_answers_stops_after_a_while()
    {
        var (conversation, mail) = await _office.BeginAsync("Schleife", to: Eva, customer: "lindner");
        var reply = ReplyTo(mail);

        // What says that it is one, in one of the ways in which they do.
        string[] signs =
        [
            "Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes", "List-Id: <alle.studio.example>",
        ];
        for (var i = 0; i < signs.Length; i++)
            await _office.Mailbox.AppendAsync(Mail(Eva, reply, $"m{i}", "Ich bin im Urlaub.", signs[i]));
        await _office.Mailbox.AppendAsync(
            Mail(Eva, reply, "m-nobody", "Ich bin im Urlaub.").Replace(
                $"Return-Path: <{Eva}>", "Return-Path: <>", StringComparison.Ordinal));
        await _office.Mailbox.AppendAsync(Mail(Eva, reply, "m-person", "Ich selbst."));
        await _office.LastCommentAsync(conversation, "Ich selbst.");
        await _office.OutcomesAreAsync(conversation, "Comment");

        // What does not say so.
        await _office.ScalarAsync(
            "with more as (insert into messaging.inbound_mails (tenant_id, id, received_at, outcome, sender, subject, "
                + "delivery_id, conversation_id, person_id) select tenant_id, gen_random_uuid(), received_at, outcome, "
                + $"sender, subject, delivery_id, null, person_id from messaging.inbound_mails cross join "
                + $"generate_series(2, {InboundMails.PerPersonAndHour}) "
                + $"where conversation_id = '{conversation}' returning 1) select count(*) from more");
        await _office.Mailbox.AppendAsync(Mail(Eva, reply, "m-again", "Danke für Ihre Nachricht."));
        await _office.OutcomesAreAsync(conversation, "Comment", "TooMany");
        (await _office.BodiesAsync(conversation)).ShouldBe(["Bitte schicken Sie die Belege.", "Ich selbst."]);
    }

    [Fact]
    public async Task Of_what_became_no_comment_the_latest_are_kept_and_comments_push_none_of_them_out()
    {
        const string Tenant = "nobody";
        var mails = _office.Product.Services.GetRequiredService<InboundMails>();
        await _office.ScalarAsync(
            $"""
            with old as (
                insert into messaging.inbound_mails (tenant_id, id, received_at, outcome, sender, subject, delivery_id)
                select '{Tenant}', gen_random_uuid(), clock_timestamp() - n * interval '1 minute' - age,
                    outcome, 'x', n::text, gen_random_uuid()
                from generate_series(1, {InboundMails.PerOrganisation}) n, (values ('Empty', interval '10 minutes'),
                    ('Comment', '1 minute'), ('Empty', '91 days')) as k(outcome, age)
                returning 1)
            select count(*) from old
            """);
        await RecordAsync(InboundOutcome.Comment);
        await RecordAsync(InboundOutcome.Empty);
        (await CountAsync(InboundOutcome.Comment)).ShouldBe(59);
        (await CountAsync(InboundOutcome.Empty)).ShouldBe(InboundMails.PerOrganisation);
        (await _office.ScalarAsync(
            $"select count(*) from messaging.inbound_mails where tenant_id = '{Tenant}' and outcome = 'Empty' "
                + $"and subject = '{InboundMails.PerOrganisation}'")).ShouldBe(0L);

        Task RecordAsync(InboundOutcome outcome) => mails.RecordAsync(
            new InboundMail(Tenant, Guid.NewGuid(), outcome, null, "x", "neu", Guid.NewGuid(), null, null),
            TestContext.Current.CancellationToken);

        async Task<long> CountAsync(InboundOutcome outcome) => (long)(await _office.ScalarAsync(
            $"select count(*) from messaging.inbound_mails where tenant_id = '{Tenant}' and outcome = '{outcome}'"))!;
    }

    [Fact]
    public async Task An_answer_is_a_comment_of_its_sender_once_and_nobody_elses()
    {
        var (conversation, mail) = await _office.BeginAsync("Belege");
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
        await _office.Mailbox.AppendAsync(answer);
        var comment = await _office.LastCommentAsync(conversation, "Die Belege kommen morgen.");
        comment.At("author.displayName").ShouldBe("Dieter Krause");
        comment.At("visibility").ShouldBe("PUBLIC");
        comment.At("files.0.name").ShouldEndWith(".txt");
        var whole = await _office.DownloadAsync(comment.At("files.0.id"));
        whole.ShouldContain("> Bitte schicken Sie die Belege.");

        // Whoever reads it does not learn the address by which Dieter writes.
        whole.ShouldNotContain(reply, Case.Insensitive);

        // Again, and by somebody else, who has learned the address.
        await _office.Mailbox.AppendAsync(answer);
        await _office.Mailbox.AppendAsync(Mail(Bernd, reply, "a2", "Ich bin nicht Dieter."));
        await _office.Mailbox.AppendAsync(Mail(Dieter, Forged(reply), "a3", "Mit einer Adresse, die niemand machte."));
        await _office.Mailbox.AppendAsync(Mail(Dieter, mail.From, "a4", "An die Adresse für Unzustellbares."));
        await _office.Mailbox.AppendAsync(Mail(Dieter, reply, "a5", "Bin im Urlaub.", "Auto-Submitted: auto-replied"));
        await _office.Mailbox.AppendAsync(Mail(Dieter, reply, "a6", "Und noch etwas."));
        await _office.LastCommentAsync(conversation, "Und noch etwas.");
        (await _office.BodiesAsync(conversation)).ShouldBe(
            ["Bitte schicken Sie die Belege.", "Die Belege kommen morgen.", "Und noch etwas."]);
        await _office.OutcomesAreAsync(conversation, "Comment", "Comment", "NotSender");

        // The office is shown what became nothing.
        var shown = (await _office.Anna.QueryAsync(
            "{ inboundMails { nodes { outcome from subject conversation { id } person { ... on Contact { email } } } } "
                + "}"))["inboundMails"]!["nodes"]!.AsArray()
            .Where(node => node.At("conversation.id") == conversation).ShouldHaveSingleItem();
        shown.At("outcome").ShouldBe("NOT_SENDER");
        shown.At("from").ShouldBe(Bernd);
        shown.At("subject").ShouldBe("Re: etwas");
        shown.At("person.email").ShouldBe(Dieter);

        // Seen are the comments, what is automatic, and what is known; nothing is removed.
        await Waiting.UntilAsync(async () => await _office.Mailbox.CountAsync(reply) == (5, 4), s_patience);
        (await _office.Mailbox.CountAsync(mail.From)).ShouldBe((1, 1));
        (await _office.Mailbox.CountAsync(Forged(reply))).ShouldBe((1, 0));
    }

    [Fact]
    public async Task What_cannot_be_a_comment_is_kept_and_says_why_and_holds_up_nothing()
    {
        var (conversation, mail) = await _office.BeginAsync("Formen");
        var reply = ReplyTo(mail);
        await _office.Mailbox.AppendAsync(Mail(Dieter, reply, "s1", new string('x', 60) + "\n" + Lines(40_000)));
        await _office.Mailbox.AppendAsync(Nested(Dieter, reply, "s2", 200));
        await _office.Mailbox.AppendAsync(Mail(Dieter, reply, "s3", "> nur zitiert\n> sonst nichts"));
        await _office.Mailbox.AppendAsync(
            Mail(Dieter, reply, "s4", "NUL: =00", "Content-Transfer-Encoding: quoted-printable"));
        await _office.Mailbox.AppendAsync(
            Mail(Dieter, reply, "s5", "UmsatzÃ¼bersicht", "Content-Type: text/plain; charset=us-ascii"));
        await _office.LastCommentAsync(conversation, "Umsatzübersicht");

        // What says UTF-8 and is not.
        await _office.Mailbox.AppendAsync(
            Mail(Dieter, reply, "s6", "Grüße", "Content-Type: text/plain; charset=utf-8"));
        await _office.LastCommentAsync(conversation, "Grüße");
        await _office.Mailbox.AppendAsync(WithFile(Dieter, reply, "s7", "rechnung.exe", "MZ nicht gut"));
        await _office.Mailbox.AppendAsync(WithFile(Dieter, reply, "s8", "rechnung.csv", "a;b\n1;2\n"));
        var comment = await _office.LastCommentAsync(conversation, "Anbei.");
        comment.At("files.0.name").ShouldBe("rechnung.csv");
        (await _office.DownloadAsync(comment.At("files.0.id"))).ShouldBe("a;b\n1;2\n");
        await _office.Mailbox.AppendAsync(
            Mail(
                Dieter, reply, "s9", "<p>Gern.<br>Bis dann</p><blockquote>Alt</blockquote>",
                "Content-Type: text/html; charset=utf-8"));
        await _office.LastCommentAsync(conversation, "Gern.\nBis dann");

        // A charset that there is none of, one that it is not, and mails in mails in mails.
        await _office.Mailbox.AppendAsync(
            Mail(Dieter, reply, "s10", "Größer", "Content-Type: text/plain; charset=x-niemand"));
        await _office.LastCommentAsync(conversation, "Größer");
        await _office.Mailbox.AppendAsync(
            Mail(Dieter, reply, "s10b", "Breiter", "Content-Type: text/plain; charset=utf-16"));
        await _office.LastCommentAsync(conversation, "Breiter");
        await _office.Mailbox.DeliverAsync(Enclosed(Dieter, reply, "s11", 200));
        await _office.Mailbox.DeliverAsync(Mail(Dieter, reply, "s12", "Zuletzt."));
        await _office.LastCommentAsync(conversation, "Zuletzt.");
        await _office.OutcomesAreAsync(
            conversation, "Comment", "Comment", "Comment", "Comment", "Comment", "Comment", "Comment", "Empty",
            "FileRefused", "Refused", "TooLarge", "TooManyParts", "TooManyParts");
    }

    [Fact]
    public async Task What_comes_back_has_failed_and_what_is_not_ours_changes_nothing()
    {
        var (conversation, mail) = await _office.BeginAsync("Unzustellbar");
        await _office.Mailbox.AppendAsync(
            Bounce("nobody@kanzlei.example", "ours@elsewhere.example", "failed", "5.1.1"));
        await _office.Mailbox.AppendAsync(Bounce(mail.From, mail.MessageId, "delayed", "4.4.1"));
        await _office.Mailbox.AppendAsync(Bounce(mail.From, mail.MessageId, "failed", "5.1.1"));
        const string Failed =
            "query($id: ID) { deliveries(filter: { states: [FAILED], conversationId: $id }) { nodes { address "
            + "lastError sentAt } totalCount } }";
        JsonNode? failed = null;
        await Waiting.UntilAsync(
            async () => (failed = (await _office.Anna.QueryAsync(Failed, new { id = conversation }))["deliveries"])
                .At("nodes.0.address") == Dieter,
            s_patience);
        failed.At("totalCount").ShouldBe("1");
        failed.At("nodes.0.sentAt").ShouldBeEmpty();
        failed.At("nodes.0.lastError").ShouldContain("5.1.1 no such user");
        failed.At("nodes.0.lastError").ShouldNotContain("@");
        (await _office.ScalarAsync("select count(*) from messaging.mail_problems")).ShouldBe(1L);

        // By the Message-ID alone, where a server gives it back to the mailbox itself.
        var (another, second) = await _office.BeginAsync("Noch eine");
        await _office.Mailbox.AppendAsync(Bounce("antwort@kanzlei.example", second.MessageId, "failed", "5.2.2"));
        await Waiting.UntilAsync(
            async () =>
                (await _office.Anna.QueryAsync(Failed, new { id = another })).At("deliveries.totalCount") == "1",
            s_patience);
    }

    [Fact]
    public async Task An_answer_to_a_note_is_a_note()
    {
        var (conversation, _) = await _office.BeginAsync("Intern", responsible: true);
        await _office.Anna.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { code } } }",
            new { input = new { conversationId = conversation, body = "Nur für uns.", visibility = "INTERNAL" } });
        var mail = await _office.Product.Mail.WaitForMailAsync(
            m => m.Recipients.Contains(Bernd) && m.Text.Contains("Nur für uns.", StringComparison.Ordinal),
            s_patience);
        await _office.Mailbox.AppendAsync(Mail(Bernd, ReplyTo(mail), "n1", "Sehe ich auch so."));
        (await _office.LastCommentAsync(conversation, "Sehe ich auch so.")).At("visibility").ShouldBe("INTERNAL");
    }

    /// <summary>
    /// One product for all of it; started by the first test, which may find that there is no Dovecot.
    /// </summary>
    public sealed class Shared : IAsyncDisposable
    {
        private Task<InboundOffice>? _office;

        internal Task<InboundOffice> Office => _office ??= InboundOffice.StartAsync(Old);

        public async ValueTask DisposeAsync()
        {
            if (_office is { IsCompletedSuccessfully: true }) await (await _office).DisposeAsync();
        }
    }
}
