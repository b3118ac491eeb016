using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Messaging.Api.Security;
using Messaging.Api.Tests.Security;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>
/// An address changes when the mail to the new one is confirmed, whoever asks; the one of before is told, and nobody
/// learns whose an address is.
/// </summary>
public sealed partial class EmailChangeTests
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Auditor = "pruefung@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Eva = "eva.lindner@studio-lindner.example";
    private const string New = "dieter@neue-firma.example";

    private const string Person =
        "... on Contact { id email emailChange { email askedAt } } "
            + "... on Administrator { id email emailChange { email askedAt } }";

    private const string NotValid = """[{"code":"NOT_FOUND","path":["token"]}]""";

    [Theory]
    [InlineData(Dieter)]
    [InlineData(Bernd)]
    [InlineData(Auditor)]
    public async Task An_address_is_changed_by_oneself_when_the_mail_to_the_new_one_is_confirmed(string before)
    {
        var lines = new SecurityLines();
        await using var product = await StartAsync(lines);
        var (who, elsewhere) = (await product.SignInAsync(before), await product.SignInAsync(before));
        var id = (await who.QueryAsync("{ viewer { id } }")).At("viewer.id");

        (await AskAsync(who, New, "falsch")).ShouldBe("""[{"code":"INVALID","path":["currentPassword"]}]""");
        (await AskAsync(who, "niemand")).ShouldBe("""[{"code":"INVALID","path":["email"]}]""");
        (await AskAsync(who, before.ToUpperInvariant())).ShouldBe("""[{"code":"CONFLICT","path":["email"]}]""");
        (await AskAsync(who, New)).ShouldBe("[]");

        var waiting = await who.QueryAsync("{ viewer { email emailChange { email askedAt } } }");
        (waiting.At("viewer.email"), waiting.At("viewer.emailChange.email")).ShouldBe((before, New));
        var link = await MailAsync(product, New, "Neue E-Mail-Adresse");
        link.Text.ShouldContain("https://nachrichten.example/confirm-email#token=");
        link.Text.ShouldNotContain(before);
        var word = await MailAsync(product, before, "soll geändert werden");
        word.Text.ShouldNotContain("token=");
        word.Text.ShouldNotContain(New);
        word.Text.ShouldNotContain(" von Anna");

        // Until then everything is as it was.
        (await product.SignInAsync(before)).ShouldNotBeNull();
        await Should.ThrowAsync<InvalidOperationException>(() => product.SignInAsync(New));

        (await OpenAsync(product.Anonymous, TokenOf(link))).At("link.email").ShouldBe(New);
        var confirmed = await ConfirmAsync(product.Anonymous, TokenOf(link));
        confirmed["errors"]!.ToJsonString().ShouldBe("[]");
        confirmed.At("link.organisationName").ShouldBe("Kanzlei Sommer");
        confirmed.At("link.displayName").ShouldNotBeEmpty();
        (await MailAsync(product, before, "wurde geändert")).Text.ShouldNotContain(New);

        // Sessions go on, with the same id; one signs in with the new address only.
        foreach (var session in (GraphQLClient[])[who, elsewhere])
        {
            var now = await session.QueryAsync("{ viewer { id email emailChange { email } } }");
            (now.At("viewer.id"), now.At("viewer.email"), now.At("viewer.emailChange")).ShouldBe((id, New, ""));
        }

        (await product.SignInAsync(New)).ShouldNotBeNull();
        await Should.ThrowAsync<InvalidOperationException>(() => product.SignInAsync(before));

        // Once.
        (await ErrorsAsync(product.Anonymous, TokenOf(link))).ShouldBe(NotValid);
        (await OpenAsync(product.Anonymous, TokenOf(link)))["errors"]!.ToJsonString().ShouldContain("NOT_FOUND");
        lines.Of(SecurityEvent.EmailChangeAsked).Count.ShouldBe(1);
        lines.Of(SecurityEvent.EmailChanged).Count.ShouldBe(1);
        lines.Of(SecurityEvent.EmailChangeRefused).ShouldNotBeEmpty();
        lines.Of(SecurityEvent.EmailChanged)[0].Fields.Values.ShouldNotContain(v =>
            v.Contains("neue-firma", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Whether_the_new_address_is_somebodys_is_told_neither_by_the_answer_nor_by_its_time()
    {
        await using var product = await StartAsync();
        var dieter = await product.SignInAsync(Dieter);
        await AskAsync(dieter, "warm@up.example");
        string[] emails = [Eva, "niemand@nirgends.example", Bernd, "anders@nirgends.example"];
        var times = new List<double>[2] { [], [] };
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < emails.Length; i++)
            {
                // As on other days: only the number of them is limited.
                await EarlierAsync(product, "2 days");
                var clock = Stopwatch.StartNew();
                (await AskAsync(dieter, emails[i])).ShouldBe("[]");
                times[i % 2].Add(clock.Elapsed.TotalMilliseconds);
            }
        }

        // Other work of the machine is in all of them: what is told is where one kind is always quicker than the other.
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"taken {times[0].Min():0.0} to {times[0].Max():0.0} ms, free {times[1].Min():0.0} to "
                    + $"{times[1].Max():0.0} ms"));
        times[0].Min().ShouldBeLessThan(times[1].Max());
        times[1].Min().ShouldBeLessThan(times[0].Max());

        // Only whoever reads the mail there is told, and keeps it.
        await EarlierAsync(product, "2 days");
        (await AskAsync(dieter, Eva)).ShouldBe("[]");
        var latest = "";
        await MailAsync(product, Eva, "Neue E-Mail-Adresse");
        await Waiting.UntilAsync(async () =>
        {
            latest = TokenOf(product.Mail.Received.Last(m => IsTo(m, Eva, "Neue E-Mail-Adresse")));
            return (await OpenAsync(product.Anonymous, latest)).At("link.email") == Eva;
        });
        (await ErrorsAsync(product.Anonymous, latest)).ShouldBe("""[{"code":"CONFLICT","path":["token"]}]""");
        (await product.SignInAsync(Dieter)).ShouldNotBeNull();
        (await product.SignInAsync(Eva)).ShouldNotBeNull();
    }

    [Fact]
    public async Task The_office_changes_the_address_of_somebody_else_as_it_may_invite()
    {
        await using var product = await StartAsync();
        var (anna, bernd) = (await product.SignInAsync(Anna), await product.SignInAsync(Bernd));
        var dieter = await IdAsync(anna, Dieter);
        var sent = await SendAsync(bernd, dieter, New);
        sent["errors"]!.ToJsonString().ShouldBe("[]");
        (sent.At("person.email"), sent.At("person.emailChange.email")).ShouldBe((Dieter, New));
        var link = await MailAsync(product, New, "Neue E-Mail-Adresse");
        link.Text.ShouldContain("Bernd Winter möchte diese E-Mail-Adresse");
        (await MailAsync(product, Dieter, "soll geändert werden")).Text.ShouldContain("von Bernd Winter");

        // The list says so; a contact sees no other's.
        const string contacts =
            """{ customers(search: "Krause") { nodes { contacts { email emailChange { email } } } } }""";
        (await bernd.QueryAsync(contacts)).ToJsonString().ShouldContain(New);
        (await (await product.SignInAsync(Dieter)).SendAsync("{ conversations(first: 1) { nodes { customer { contacts "
            + "{ emailChange { email } } } } } }")).ErrorCode.ShouldBe("FORBIDDEN");

        // Of those of the office, owners decide, and of oneself the password.
        var (annas, bernds) = (await IdAsync(anna, Anna), await IdAsync(anna, Bernd));
        (await SendAsync(bernd, annas, "x@y.example")).At("errors.0.code").ShouldBe("FORBIDDEN");
        (await SendAsync(anna, annas, "x@y.example"))["errors"]!.ToJsonString().ShouldBe(
            """[{"code":"INVALID","path":["id"]}]""");
        (await SendAsync(anna, bernds, "bernd@neu.example"))["errors"]!.ToJsonString().ShouldBe("[]");

        // It sees everybody anyway.
        (await SendAsync(anna, bernds, Dieter))["errors"]!.ToJsonString().ShouldBe(
            """[{"code":"CONFLICT","path":["email"]}]""");
        (await SendAsync(anna, Guid.NewGuid().ToString(), "x@y.example")).At("errors.0.code").ShouldBe("NOT_FOUND");
        var foreign = await product.SignInAsync("owner@treuhand-nord.example");
        (await SendAsync(foreign, dieter, "x@y.example")).At("errors.0.code").ShouldBe("NOT_FOUND");

        // Whoever has not joined has one way: the invitation at another address.
        await anna.QueryAsync(
            "mutation { inviteAdministrator(input: { email: \"neu@kanzlei-sommer.example\", displayName: \"N\" }) { "
                + "errors { code } } }");
        var invited = await IdAsync(anna, "neu@kanzlei-sommer.example");
        (await SendAsync(anna, invited, "x@y.example"))["errors"]!.ToJsonString().ShouldBe(
            """[{"code":"CONFLICT","path":["id"]}]""");

        (await ErrorsAsync(product.Anonymous, TokenOf(link))).ShouldBe("[]");
        (await product.SignInAsync(New)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_link_ends_when_it_is_replaced_withdrawn_too_old_or_its_person_has_left()
    {
        await using var product = await StartAsync();
        var (anna, dieter) = (await product.SignInAsync(Anna), await product.SignInAsync(Dieter));
        var id = await IdAsync(anna, Dieter);
        var links = new List<string>();
        for (var i = 0; i < 2; i++) links.Add(await LinkAsync(product, dieter, $"neu{i}@firma.example"));

        // Replaced: only the later one works. Withdrawn: that one does not either.
        (await ErrorsAsync(product.Anonymous, links[0])).ShouldBe(NotValid);
        (await OpenAsync(product.Anonymous, links[1])).At("link.email").ShouldBe("neu1@firma.example");
        (await WithdrawAsync(dieter)).ShouldBe("[]");
        (await ErrorsAsync(product.Anonymous, links[1])).ShouldBe(NotValid);
        (await dieter.QueryAsync("{ viewer { emailChange { email } } }")).At("viewer.emailChange").ShouldBeEmpty();
        (await WithdrawAsync(dieter)).ShouldBe("[]");

        // The office withdraws as well; others do not.
        var third = await LinkAsync(product, dieter, "neu2@firma.example");
        (await WithdrawAsync(await product.SignInAsync(Eva), id)).ShouldContain("NOT_FOUND");
        (await WithdrawAsync(await product.SignInAsync(Auditor), id)).ShouldContain("FORBIDDEN");
        (await OpenAsync(product.Anonymous, third)).At("link.email").ShouldBe("neu2@firma.example");
        (await WithdrawAsync(anna, id)).ShouldBe("[]");
        (await ErrorsAsync(product.Anonymous, third)).ShouldBe(NotValid);

        // Often enough, within an hour and within a day.
        (await AskAsync(dieter, "neu3@firma.example")).ShouldBe("""[{"code":"CONFLICT","path":["email"]}]""");
        (await SendAsync(anna, id, "neu3@firma.example")).At("errors.0.code").ShouldBe("CONFLICT");
        await EarlierAsync(product, "2 hours");
        var fourth = await LinkAsync(product, dieter, "neu3@firma.example");

        // Too old, by an hour from its mail.
        await ExecuteAsync(
            product, "update messaging.email_changes set expires_at = expires_at - interval '59 min 50 s'");
        (await OpenAsync(product.Anonymous, fourth)).At("link.email").ShouldBe("neu3@firma.example");
        await ExecuteAsync(product, "update messaging.email_changes set expires_at = expires_at - interval '1 min'");
        (await ErrorsAsync(product.Anonymous, fourth)).ShouldBe(NotValid);

        // A new password ends what somebody may have asked for with the one of before.
        var fifth = await LinkAsync(product, dieter, "neu4@firma.example");
        (await dieter.QueryAsync(
            "mutation { changePassword(input: { currentPassword: \"messaging-demo\", newPassword: \"Zwetschgen 27 x\" "
                + "}) { errors { code } } }")).At("changePassword.errors").ShouldBe("[]");
        (await ErrorsAsync(product.Anonymous, fifth)).ShouldBe(NotValid);
        dieter = await product.SignInAsync(Dieter, "Zwetschgen 27 x");
        (await dieter.QueryAsync("{ viewer { emailChange { email } } }")).At("viewer.emailChange").ShouldBeEmpty();

        // Left meanwhile, and back again.
        var sixth = await LinkAsync(product, dieter, "neu5@firma.example", "Zwetschgen 27 x");
        (await AskAsync(dieter, "neu6@firma.example", "Zwetschgen 27 x")).ShouldContain("CONFLICT");
        await anna.QueryAsync(
            "mutation($id: ID!) { deactivateContact(input: { id: $id }) { errors { code } } }", new { id });
        (await ErrorsAsync(product.Anonymous, sixth)).ShouldBe(NotValid);
        await anna.QueryAsync(
            "mutation($id: ID!) { reactivateContact(input: { id: $id }) { errors { code } } }", new { id });
        (await ErrorsAsync(product.Anonymous, sixth)).ShouldBe(NotValid);
    }

    [Fact]
    public async Task An_address_that_was_taken_meanwhile_stays_with_its_holder_and_of_two_at_once_one_gets_it()
    {
        await using var product = await StartAsync();
        var (anna, dieter, eva) = (
            await product.SignInAsync(Anna), await product.SignInAsync(Dieter), await product.SignInAsync(Eva));
        var link = await LinkAsync(product, dieter, New);
        await anna.QueryAsync(
            "mutation($e: String!) { inviteAdministrator(input: { email: $e, displayName: \"N\" }) { errors { code } } "
                + "}", new { e = New });
        (await ErrorsAsync(product.Anonymous, link)).ShouldBe("""[{"code":"CONFLICT","path":["token"]}]""");
        (await product.SignInAsync(Dieter)).ShouldNotBeNull();

        // Two people confirm the same address at once, in whichever spelling.
        var first = await LinkAsync(product, dieter, "beide@müller.example");
        (await AskAsync(eva, "beide@xn--mller-kva.example")).ShouldBe("[]");
        await Waiting.UntilAsync(() => Links(product, "beide@xn--mller-kva.example").Count == 2);
        var second = Links(product, "beide@xn--mller-kva.example").Single(t => t != first);
        var answers = await Task.WhenAll(
            ErrorsAsync(product.Anonymous, first), ErrorsAsync(product.Anonymous, second));
        answers.Count(a => a == "[]").ShouldBe(1);
        answers.Count(a => a.Contains("CONFLICT", StringComparison.Ordinal)).ShouldBe(1);
        foreach (var spelling in (string[])["beide@müller.example", "beide@xn--mller-kva.example"])
            (await product.SignInAsync(spelling)).ShouldNotBeNull();

        // Of ten who use one link at once, one does.
        var third = await LinkAsync(product, await product.SignInAsync(Bernd), "bernd@neu.example");
        var ten = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ErrorsAsync(product.Anonymous, third)));
        ten.Count(a => a == "[]").ShouldBe(1);
        ten.Count(a => a == NotValid).ShouldBe(9);
    }

    [Fact]
    public async Task Whoever_is_signed_in_the_link_is_its_persons_and_says_so()
    {
        await using var product = await StartAsync();
        var link = await LinkAsync(product, await product.SignInAsync(Dieter), New);
        var anna = await product.SignInAsync(Anna);
        (await OpenAsync(anna, link)).At("link.displayName").ShouldBe("Dieter Krause");
        (await ConfirmAsync(anna, link)).At("link.displayName").ShouldBe("Dieter Krause");
        (await anna.QueryAsync("{ viewer { email } }")).At("viewer.email").ShouldBe(Anna);
        (await product.SignInAsync(New)).ShouldNotBeNull();
        (await product.SignInAsync(Anna)).ShouldNotBeNull();

        var two = await product.Anonymous.SendAsync(
            """
            mutation {
                a: confirmEmailChange(input: { token: "a" }) { errors { code } }
                b: confirmEmailChange(input: { token: "b" }) { errors { code } }
            }
            """);
        two.ErrorMessage.ShouldBe("confirmEmailChange must be the only field of its mutation.");
    }

    [Fact]
    public async Task What_waits_to_be_mailed_goes_to_the_new_address_and_links_to_the_one_of_before_end()
    {
        await using var product = await StartAsync();
        var (anna, dieter) = (await product.SignInAsync(Anna), await product.SignInAsync(Dieter));
        var link = await LinkAsync(product, dieter, New);

        // The mail server of the one of before does not take mail for some seconds.
        product.Mail.AlwaysTo(Dieter, SmtpReaction.Reply(450));
        await CommentAsync(anna, "Ihre Auswertung");
        await product.Anonymous.QueryAsync(
            "mutation($e: String!) { requestPasswordReset(input: { email: $e }) { errors { code } } }",
            new { e = Dieter });
        await Waiting.UntilAsync(async () =>
            (long)(await ScalarAsync(
                product, "select count(*) from messaging.deliveries where address = '" + Dieter
                    + "' and attempts > 0 and state = 'Pending' "
                    + "and kind in ('PasswordReset', 'AdministratorCommented', 'ConversationCreated')"))! >= 2);
        (await ErrorsAsync(product.Anonymous, link)).ShouldBe("[]");
        product.Mail.BehaveAgain();

        var mail = await product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(New) && m.Text.Contains("Ihre Auswertung", StringComparison.Ordinal));
        mail.Recipients.ShouldBe([New]);
        await MailAsync(product, Dieter, "wurde geändert");
        await Waiting.UntilAsync(async () =>
            (long)(await ScalarAsync(
                product, "select count(*) from messaging.deliveries where state in ('Pending', 'Sending')"))! == 0);
        product.Mail.Received.ShouldNotContain(m =>
            m.Recipients.Contains(Dieter)
            && (m.Text.Contains("Ihre Auswertung", StringComparison.Ordinal)
                || m.Text.Contains("/reset-password", StringComparison.Ordinal)));

        // What follows goes there, and the history is the same person's.
        await CommentAsync(anna, "Noch etwas");
        await product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(New) && m.Text.Contains("Noch etwas", StringComparison.Ordinal));
        (await anna.QueryAsync($$"""{ customers(search: "{{New}}") { nodes { name } } }"""))
            .At("customers.nodes.0.name").ShouldBe("Bäckerei Krause GmbH");
        (await anna.QueryAsync($$"""{ customers(search: "{{Dieter}}") { nodes { name } } }"""))["customers"]!["nodes"]!
            .AsArray().ShouldBeEmpty();

        // The address of before is free.
        var krause = (await anna.QueryAsync("""{ customers(search: "Krause") { nodes { id } } }""")).At(
            "customers.nodes.0.id");
        (await anna.QueryAsync(
            "mutation($id: ID!, $e: String!) { inviteContact(input: { customerId: $id, email: $e, displayName: \"D\" "
                + "}) { errors { code } } }", new { id = krause, e = Dieter })).At("inviteContact.errors").ShouldBe("[]");
    }

    [Fact]
    public async Task A_link_for_another_password_that_was_mailed_to_the_address_of_before_works_no_more()
    {
        await using var product = await StartAsync();
        await product.Anonymous.QueryAsync(
            "mutation($e: String!) { requestPasswordReset(input: { email: $e }) { errors { code } } }",
            new { e = Dieter });
        var reset = TokenOf(await MailAsync(product, Dieter, "Neues Passwort"));
        var link = await LinkAsync(product, await product.SignInAsync(Dieter), New);
        (await ErrorsAsync(product.Anonymous, link)).ShouldBe("[]");
        (await product.Anonymous.QueryAsync(
            "mutation($token: String!) { resetPassword(input: { token: $token, password: \"Zwetschgen 27 x\" }) { "
                + "errors { code } } }", new { token = reset })).At("resetPassword.errors.0.code").ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task An_account_that_another_issuer_vouches_for_is_changed_by_the_office_and_stays_linked()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var product = await StartAsync(issuer: issuer);
        var anna = await product.SignInAsync(Anna);
        const string email = "ida@kanzlei-sommer.example";
        await anna.QueryAsync(
            "mutation($email: String!) { inviteAdministrator(input: { email: $email, displayName: \"Ida\" }) "
                + "{ errors { code } } }", new { email });
        var invitation = await product.Mail.WaitForMailAsync(m => m.Recipients.Contains(email));
        await product.Anonymous.QueryAsync(
            "mutation($token: String!) { acceptInvitation(input: { token: $token, password: \"Pflaumen 11 y\" }) "
                + "{ errors { code } } }", new { token = TokenOf(invitation) });
        var ida = new GraphQLClient(product.Http, issuer.Issue(email, subject: "i-1"));
        var id = (await ida.QueryAsync("{ viewer { id } }")).At("viewer.id");
        await ExecuteAsync(product, $"update messaging.accounts set password_hash = null where person_id = '{id}'");

        (await AskAsync(ida, "ida@neu.example")).ShouldBe("""[{"code":"CONFLICT","path":["currentPassword"]}]""");
        (await SendAsync(anna, id, "ida@neu.example"))["errors"]!.ToJsonString().ShouldBe("[]");
        var link = TokenOf(await MailAsync(product, "ida@neu.example", "Neue E-Mail-Adresse"));
        (await ErrorsAsync(product.Anonymous, link)).ShouldBe("[]");

        // The subject is the same person's, whatever address the issuer says; nobody else is by the one of before.
        (await ida.QueryAsync("{ viewer { id email } }")).At("viewer.email").ShouldBe("ida@neu.example");
        (await new GraphQLClient(product.Http, issuer.Issue("ida@ganz-neu.example", subject: "i-1")).QueryAsync(
            "{ viewer { id } }")).At("viewer.id").ShouldBe(id);
        (await new GraphQLClient(product.Http, issuer.Issue(email, subject: "i-2")).SendAsync("{ viewer { id } }"))
            .ErrorCode.ShouldBe("UNAUTHENTICATED");
    }

    [Fact]
    public async Task Secrets_are_nowhere_but_in_the_mail_and_addresses_in_no_others_events()
    {
        await using var product = await StartAsync();
        var dieter = await product.SignInAsync(Dieter);
        var id = (await dieter.QueryAsync("{ viewer { id } }")).At("viewer.id");
        var token = await LinkAsync(product, dieter, New);
        foreach (var table in (string[])["mt_events", "email_changes", "deliveries", "receipts", "snapshots"])
        {
            (await ScalarAsync(product, $"select count(*) from messaging.{table} t where t::text like '%{token}%'"))
                .ShouldBe(0L, table);
        }

        await ErrorsAsync(product.Anonymous, token);
        (await ScalarAsync(
            product,
            $"select count(*) from messaging.mt_events where data::text like '%{New}%' and stream_id <> '{id}'"))
            .ShouldBe(0L);
    }

    [Fact]
    public async Task A_change_that_waits_survives_a_restart_and_a_rebuild()
    {
        await using var product = await StartAsync();
        var dieter = await product.SignInAsync(Dieter);
        var link = await LinkAsync(product, dieter, New);
        await product.StopAsync();
        await ExecuteAsync(product, "delete from messaging.snapshots");
        await ExecuteAsync(product, "update messaging.read_model_formats set format = 1");
        await product.StartAgainAsync(s_settings);
        (await dieter.QueryAsync("{ viewer { emailChange { email } } }")).At("viewer.emailChange.email").ShouldBe(New);
        (await ErrorsAsync(product.Anonymous, link)).ShouldBe("[]");
        (await product.SignInAsync(New)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Whoever_asked_and_the_office_see_that_the_link_does_not_arrive_and_nothing_of_others_mail_there()
    {
        await using var product = await StartAsync();
        var (anna, dieter) = (await product.SignInAsync(Anna), await product.SignInAsync(Dieter));
        var id = (await dieter.QueryAsync("{ viewer { id } }")).At("viewer.id");
        product.Mail.AlwaysTo(New, SmtpReaction.Reply(550, "5.1.1 no such mailbox"));
        var studio = (await anna.QueryAsync("""{ customers(search: "Lindner") { nodes { id } } }""")).At(
            "customers.nodes.0.id");
        var invited = (await anna.QueryAsync(
            "mutation($input: InviteContactInput!) { inviteContact(input: $input) { contact { id } } }",
            new { input = new { customerId = studio, email = New, displayName = "Ulla Müller" } })).At(
            "inviteContact.contact.id");
        await Waiting.UntilAsync(async () => (await anna.QueryAsync(
            "query($id: ID!) { node(id: $id) { ... on Contact { mailProblem { reason } } } }", new { id = invited }))
            .At("node.mailProblem.reason").StartsWith("550 ", StringComparison.Ordinal));

        // While the mail with the link is under way, that other one is none of theirs.
        product.Mail.AlwaysTo(New, SmtpReaction.Reply(451, "4.2.0 try later"));
        (await AskAsync(dieter, New)).ShouldBe("[]");
        await MailAsync(product, Dieter, "soll geändert werden");
        (await OwnAsync()).ShouldBe($$"""{"email":"{{New}}","mailProblem":null}""");
        (await OfficesAsync()).ShouldBe($$"""{"email":"{{New}}","mailProblem":null}""");

        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        product.Mail.AlwaysTo(New, SmtpReaction.Reply(550, "5.7.1 closed"));
        (await AskAsync(dieter, New)).ShouldBe("[]");
        await Waiting.UntilAsync(async () => (await OwnAsync()).Contains("5.7.1 closed", StringComparison.Ordinal));
        (await OfficesAsync()).ShouldBe(await OwnAsync());
        var since = (await dieter.QueryAsync("{ viewer { emailChange { mailProblem { since } } } }")).At(
            "viewer.emailChange.mailProblem.since");
        DateTimeOffset.Parse(since, CultureInfo.InvariantCulture).ShouldBeGreaterThan(before);

        product.Mail.BehaveAgain();
        await LinkAsync(product, dieter, New);
        (await OwnAsync()).ShouldContain("null");

        async Task<string> OwnAsync() =>
            (await dieter.QueryAsync("{ viewer { emailChange { email mailProblem { reason } } } }"))["viewer"]![
                "emailChange"]!.ToJsonString();

        async Task<string> OfficesAsync() =>
            (await anna.QueryAsync(
                "query($id: ID!) { node(id: $id) { ... on Contact { emailChange { email mailProblem { reason } } } } }",
                new { id }))["node"]!["emailChange"]!.ToJsonString();
    }

    private static readonly Dictionary<string, string?> s_settings = new()
    {
        ["Logging:LogLevel:Messaging.Security"] = "None",
    };

    private static Task<RunningProduct> StartAsync(SecurityLines? lines = null, OidcIssuer? issuer = null)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Logging:LogLevel:Messaging.Security"] = lines is null ? "None" : "Information",
        };
        if (issuer is not null)
        {
            settings["Messaging:Auth:Oidc:Authority"] = issuer.Authority;
            settings["Messaging:Auth:Oidc:Audience"] = "messaging-api";
            settings["Messaging:Auth:Oidc:RequireHttps"] = "false";
        }

        return RunningProduct.StartAsync(
            settings: settings,
            services: services =>
            {
                if (lines is not null) services.AddSingleton<ILoggerProvider>(lines);
            });
    }

    private static async Task<string> AskAsync(
        GraphQLClient who, string email, string currentPassword = "messaging-demo") =>
        (await who.QueryAsync(
            "mutation($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) { viewer { id } errors { "
                + "code path } } }", new { input = new { email, currentPassword } }))["requestEmailChange"]!["errors"]!
            .ToJsonString();

    private static async Task<JsonNode> SendAsync(GraphQLClient who, string id, string email) =>
        (await who.QueryAsync(
            "mutation($input: SendEmailChangeInput!) { sendEmailChange(input: $input) { person { " + Person
                + " } errors { code path } } }", new { input = new { id, email } }))["sendEmailChange"]!;

    private static async Task<string> WithdrawAsync(GraphQLClient who, string? id = null) =>
        (await who.QueryAsync(
            "mutation($input: WithdrawEmailChangeInput!) { withdrawEmailChange(input: $input) { viewer { id } "
                + "person { __typename } errors { code path } } }", new { input = new { id } }))["withdrawEmailChange"]!["errors"]!
            .ToJsonString();

    private static async Task<JsonNode> OpenAsync(GraphQLClient who, string token) =>
        (await who.QueryAsync(
            "mutation($token: String!) { openEmailChange(input: { token: $token }) { link { displayName email "
                + "organisationName } errors { code path } } }", new { token }))["openEmailChange"]!;

    private static async Task<JsonNode> ConfirmAsync(GraphQLClient who, string token) =>
        (await who.QueryAsync(
            "mutation($token: String!) { confirmEmailChange(input: { token: $token }) { link { displayName email "
                + "organisationName } errors { code path } } }", new { token }))["confirmEmailChange"]!;

    private static async Task<string> ErrorsAsync(GraphQLClient who, string token) =>
        (await ConfirmAsync(who, token))["errors"]!.ToJsonString();

    /// <summary>Asks for an address of one's own, and returns the token of the link that is mailed there.</summary>
    private static async Task<string> LinkAsync(
        RunningProduct product, GraphQLClient who, string email, string password = "messaging-demo")
    {
        (await AskAsync(who, email, password)).ShouldBe("[]");
        var wire = email.Replace("müller", "xn--mller-kva", StringComparison.Ordinal);
        await Waiting.UntilAsync(() => Links(product, wire).Count > 0);
        return Links(product, wire)[^1];
    }

    private static List<string> Links(RunningProduct product, string email) =>
        [.. product.Mail.Received.Where(m => IsTo(m, email, "Neue E-Mail-Adresse")).Select(TokenOf)];

    private static Task<ReceivedMail> MailAsync(RunningProduct product, string email, string subject) =>
        product.Mail.WaitForMailAsync(m => IsTo(m, email, subject));

    private static bool IsTo(ReceivedMail mail, string email, string subject) =>
        mail.Recipients.Contains(email)
        && (mail.Message.Subject ?? "").Contains(subject, StringComparison.Ordinal);

    private static string TokenOf(ReceivedMail mail) => Token().Match(mail.Message.TextBody!).Groups[1].Value;

    private static Task<int> EarlierAsync(RunningProduct product, string time) =>
        ExecuteAsync(
            product, Tampering.With(
                $"update messaging.mt_events set timestamp = timestamp - interval '{time}' where type in "
                    + "('contact_email_change_asked', 'administrator_email_change_asked')"));

    private static async Task CommentAsync(GraphQLClient anna, string body)
    {
        var krause = (await anna.QueryAsync("""{ customers(search: "Krause") { nodes { id } } }""")).At(
            "customers.nodes.0.id");
        (await anna.QueryAsync(
            "mutation($id: ID!, $body: String!) { createConversation(input: { customerId: $id, subject: \"S\", body: "
                + "$body }) { errors { message } } }", new { id = krause, body })).At("createConversation.errors")
            .ShouldBe("[]");
    }

    private static async Task<string> IdAsync(GraphQLClient client, string email)
    {
        var data = await client.QueryAsync(
            "{ administrators { nodes { id email } } customers { nodes { contacts { id email } } } }");
        return data["administrators"]!["nodes"]!.AsArray()
            .Concat(data["customers"]!["nodes"]!.AsArray().SelectMany(c => c!["contacts"]!.AsArray()))
            .Single(p => p.At("email") == email).At("id");
    }

    private static async Task<int> ExecuteAsync(RunningProduct product, string sql)
    {
        await using var source = NpgsqlDataSource.Create(product.ConnectionString);
#pragma warning disable CA2100
        await using var command = source.CreateCommand(sql);
#pragma warning restore CA2100
        return await command.ExecuteNonQueryAsync();
    }

    private static async Task<object?> ScalarAsync(RunningProduct product, string sql)
    {
        await using var source = NpgsqlDataSource.Create(product.ConnectionString);
#pragma warning disable CA2100
        await using var command = source.CreateCommand(sql);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync();
    }

    [GeneratedRegex(@"#token=([\w-]{43})")]
    private static partial Regex Token();
}
