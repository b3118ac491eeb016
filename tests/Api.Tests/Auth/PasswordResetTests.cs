using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Messaging.Api.Security;
using Messaging.Api.Tests.Security;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>
/// Who forgot their password is let in again by a link, and nobody else learns or gets anything by it.
/// </summary>
public sealed partial class PasswordResetTests
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Chosen = "Zwetschgen 27 x";

    private const string Ask =
        "mutation($email: String!) { requestPasswordReset(input: { email: $email }) { errors { code message path "
            + "} } }";

    private const string Reset =
        "mutation($token: String!, $password: String!, $end: Boolean) { resetPassword(input: { token: $token, "
            + "password: $password, endApiTokens: $end }) { errors { code path reason } } }";

    private const string Send =
        "mutation($id: ID!) { sendPasswordReset(input: { id: $id }) { recipient { ... on Contact { email } ... on "
            + "Administrator { email } } errors { code message path } } }";

    [Fact]
    public async Task A_forgotten_password_is_chosen_anew_by_a_link_and_ends_every_session()
    {
        var lines = new SecurityLines();
        await using var product = await StartAsync(lines);
        var before = await product.SignInAsync(Dieter);
        var script = new GraphQLClient(product.Http, await TokenAsync(before));

        (await AskAsync(product, Dieter.ToUpperInvariant())).ShouldBe("""{"errors":[]}""");
        var mail = await MailAsync(product, Dieter);
        mail.Message.Subject.ShouldBe("Neues Passwort für die Nachrichten von Kanzlei Sommer");
        mail.Text.ShouldContain("https://nachrichten.example/reset-password#token=");
        mail.Text.ShouldContain("nur einmal");
        mail.Html.ShouldContain("Neues Passwort wählen");

        // A weak one is refused, and the link still works.
        (await ResetAsync(product, TokenOf(mail), "passwort1")).ShouldBe(
            """{"errors":[{"code":"INVALID","path":["password"],"reason":"PASSWORD_IS_COMMON"}]}""");
        (await ResetAsync(product, TokenOf(mail), "kurz")).ShouldContain("PASSWORD_IS_TOO_SHORT");
        (await ResetAsync(product, TokenOf(mail), "dieter krause")).ShouldContain("INVALID");
        (await ResetAsync(product, TokenOf(mail), Chosen)).ShouldBe("""{"errors":[]}""");

        (await before.SendAsync("{ viewer { id } }")).ErrorCode.ShouldBe("UNAUTHENTICATED");
        (await product.SignInAsync(Dieter, Chosen)).ShouldNotBeNull();
        await Should.ThrowAsync<InvalidOperationException>(() => product.SignInAsync(Dieter));

        // An API token goes on, unless it is to end.
        (await script.QueryAsync("{ viewer { email } }")).At("viewer.email").ShouldBe(Dieter);

        var told = await product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(Dieter) && SubjectOf(m).Contains("wurde geändert", StringComparison.Ordinal));
        told.Text.ShouldContain("https://nachrichten.example/forgot-password");
        told.Text.ShouldNotContain("token=");

        // Once.
        (await ResetAsync(product, TokenOf(mail), "Anderes 99 Wort")).ShouldBe(NotValid);
        (await product.SignInAsync(Dieter, Chosen)).ShouldNotBeNull();
        lines.Of(SecurityEvent.PasswordReset).Count.ShouldBe(1);
        lines.Of(SecurityEvent.PasswordResetRequested).ShouldNotBeEmpty();
        lines.Of(SecurityEvent.PasswordResetRefused).ShouldNotBeEmpty();
        lines.Of(SecurityEvent.PasswordResetRequested)[0].Fields.Values.ShouldNotContain(v =>
            v.Contains("krause", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Whether_there_is_an_account_is_told_neither_by_the_answer_nor_by_its_time()
    {
        await using var product = await StartAsync();
        string[] emails =
        [
            Dieter, "niemand@nirgends.example", Anna, "niemand@baeckerei-krause.example",
            "eva.lindner@studio-lindner.example", "ganz-anders@nirgends.example",
        ];
        await AskAsync(product, "warm@up.example");
        var times = new List<double>[2] { [], [] };
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < emails.Length; i++)
            {
                var clock = Stopwatch.StartNew();
                (await AskAsync(product, emails[i])).ShouldBe("""{"errors":[]}""");
                times[i % 2].Add(clock.Elapsed.TotalMilliseconds);
            }
        }

        // Other work of the machine is in all of them: what is told is where one kind is always quicker than the other.
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"known {times[0].Min():0.0} to {times[0].Max():0.0} ms, unknown {times[1].Min():0.0} to "
                    + $"{times[1].Max():0.0} ms"));
        times[0].Min().ShouldBeLessThan(times[1].Max());
        times[1].Min().ShouldBeLessThan(times[0].Max());

        // What is no address is said to be none, whatever accounts there are.
        (await AskAsync(product, "nobody")).ShouldContain("""{"code":"INVALID","message":""");
        await MailAsync(product, Dieter);
        product.Mail.Received.ShouldNotContain(m =>
            m.Recipients.Any(r => r.StartsWith("niemand", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_stranger_has_nobody_mailed_often_and_takes_no_budget_from_the_office()
    {
        await using var product = await StartAsync();
        for (var i = 0; i < 5; i++) (await AskAsync(product, Dieter)).ShouldBe("""{"errors":[]}""");
        (await product.Anonymous.SendAsync(Ask, new { email = Dieter })).ErrorCode.ShouldBe("RATE_LIMITED");
        await Waiting.UntilAsync(() => ResetsTo(product, Dieter).Count == 3);

        // Others are not kept waiting; addresses without an account have the same limit.
        (await AskAsync(product, Bernd)).ShouldBe("""{"errors":[]}""");
        for (var i = 0; i < 5; i++) await AskAsync(product, "nobody@nowhere.example");
        (await product.Anonymous.SendAsync(Ask, new { email = "nobody@nowhere.example" })).ErrorCode.ShouldBe(
            "RATE_LIMITED");
        await MailAsync(product, Bernd);
        ResetsTo(product, Dieter).Count.ShouldBe(3);

        // The network has a limit, too, whatever addresses it tries.
        var limited = 0;
        for (var i = 0; i < 60; i++)
        {
            var answer = await product.Anonymous.SendAsync(Ask, new { email = $"nobody{i}@nowhere.example" });
            if (answer.ErrorCode == "RATE_LIMITED") limited++;
        }

        limited.ShouldBeInRange(15, 25);

        // One request asks for one.
        var two = await product.Anonymous.SendAsync(
            """
            mutation {
                a: requestPasswordReset(input: { email: "a@b.example" }) { errors { code } }
                b: requestPasswordReset(input: { email: "c@b.example" }) { errors { code } }
            }
            """);
        two.ErrorMessage.ShouldBe("requestPasswordReset must be the only field of its mutation.");
    }

    [Fact]
    public async Task Each_of_two_links_works_until_one_was_used()
    {
        await using var product = await StartAsync();
        await AskAsync(product, Dieter);
        await AskAsync(product, Dieter);
        await Waiting.UntilAsync(() => ResetsTo(product, Dieter).Count == 2);
        var links = ResetsTo(product, Dieter).Select(TokenOf).ToList();
        (await ResetAsync(product, links[0], Chosen)).ShouldBe("""{"errors":[]}""");
        (await ResetAsync(product, links[1], "Anderes 99 Wort")).ShouldBe(NotValid);

        // Of ten that use one at once, one does.
        await AskAsync(product, Bernd);
        var token = TokenOf(await MailAsync(product, Bernd));
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => ResetAsync(product, token, $"Zwetschgen 27 x{i}")));
        answers.Count(a => a == """{"errors":[]}""").ShouldBe(1);
        answers.Count(a => a == NotValid).ShouldBe(9);
    }

    [Fact]
    public async Task A_link_ends_after_an_hour_with_a_new_password_and_with_the_account()
    {
        await using var product = await StartAsync();
        var anna = await product.SignInAsync(Anna);

        // Expired.
        await AskAsync(product, Dieter);
        var expired = TokenOf(await MailAsync(product, Dieter));
        const string later = "update messaging.password_resets set expires_at = expires_at - interval ";
        (await ExecuteAsync(product, $"{later} '59 min'")).ShouldBe(1);
        (await ScalarAsync(product, "select expires_at - now() < interval '1 min' from messaging.password_resets"))
            .ShouldBe(true);
        await ExecuteAsync(product, $"{later} '1 min'");
        (await ResetAsync(product, expired, Chosen)).ShouldBe(NotValid);

        // The password was remembered after all, and changed.
        await AskAsync(product, Bernd);
        var remembered = TokenOf(await MailAsync(product, Bernd));
        var bernd = await product.SignInAsync(Bernd);
        (
            await bernd.QueryAsync(
                "mutation($p: String!) { changePassword(input: { currentPassword: \"messaging-demo\", newPassword: "
                    + "$p }) { errors { code } } }", new { p = Chosen })
        ).ToJsonString().ShouldContain("\"errors\":[]");
        (await ResetAsync(product, remembered, "Anderes 99 Wort")).ShouldBe(NotValid);

        // Somebody who has left meanwhile: the link is none, and another is not sent.
        await ExecuteAsync(product, "delete from messaging.invitations_asked");
        await AskAsync(product, Dieter);
        await Waiting.UntilAsync(() => ResetsTo(product, Dieter).Count == 2);
        var left = ResetsTo(product, Dieter).Select(TokenOf).Single(t => t != expired);
        await anna.QueryAsync(
            "mutation($id: ID!) { deactivateContact(input: { id: $id }) { errors { code } } }",
            new { id = await IdAsync(anna, Dieter) });
        (await ResetAsync(product, left, Chosen)).ShouldBe(NotValid);
        await AskAsync(product, Dieter);
        await AskAsync(product, "eva.lindner@studio-lindner.example");
        await MailAsync(product, "eva.lindner@studio-lindner.example");
        ResetsTo(product, Dieter).Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_office_sends_a_link_and_whoever_has_not_joined_is_invited_again()
    {
        await using var product = await StartAsync();
        var (anna, bernd) = (await product.SignInAsync(Anna), await product.SignInAsync(Bernd));
        var dieter = await IdAsync(anna, Dieter);
        var sent = await bernd.QueryAsync(Send, new { id = dieter });
        sent.At("sendPasswordReset.recipient.email").ShouldBe(Dieter);
        var mail = await MailAsync(product, Dieter);
        mail.Text.ShouldContain("Bernd Winter schickt Ihnen einen Link");
        (await ResetAsync(product, TokenOf(mail), Chosen)).ShouldBe("""{"errors":[]}""");

        // Those of the office are the owners' matter.
        var annas = await IdAsync(anna, Anna);
        (await bernd.QueryAsync(Send, new { id = annas })).At("sendPasswordReset.errors.0.code").ShouldBe("FORBIDDEN");
        var bernds = await IdAsync(anna, Bernd);
        (await anna.QueryAsync(Send, new { id = bernds })).At("sendPasswordReset.errors").ShouldBe("[]");
        var german = await MailAsync(product, Bernd);
        TokenOf(german).Length.ShouldBe(43);

        // Neither unknown ids nor too many.
        var nobody = await anna.QueryAsync(Send, new { id = Guid.NewGuid() });
        nobody.At("sendPasswordReset.errors.0.code").ShouldBe("NOT_FOUND");
        for (var i = 0; i < 2; i++) await anna.QueryAsync(Send, new { id = dieter });
        var often = await anna.QueryAsync(Send, new { id = dieter });
        often.At("sendPasswordReset.errors.0.code").ShouldBe("CONFLICT");

        await anna.QueryAsync(
            "mutation { inviteAdministrator(input: { email: \"gerd@kanzlei-sommer.example\", displayName: "
                + "\"Gerd\" }) { errors { message } } }");
        const string gerd = "gerd@kanzlei-sommer.example";
        await product.Mail.WaitForMailAsync(m => m.Recipients.Contains(gerd));
        (await AskAsync(product, gerd)).ShouldBe("""{"errors":[]}""");
        await Waiting.UntilAsync(() => product.Mail.Received.Count(m => m.Recipients.Contains(gerd)) == 2);
        product.Mail.Received.Where(m => m.Recipients.Contains(gerd)).ShouldAllBe(m =>
            SubjectOf(m).StartsWith("Einladung", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_office_of_an_address_has_a_link_of_its_own()
    {
        await using var product = await StartAsync();
        const string email = "gruber@mehrere.example";
        foreach (var owner in (string[])[Anna, "owner@treuhand-nord.example"])
        {
            await (await product.SignInAsync(owner)).QueryAsync(
                "mutation($email: String!) { inviteAdministrator(input: { email: $email, displayName: \"G\" }) "
                    + "{ errors { code } } }", new { email });
        }

        await Waiting.UntilAsync(() => product.Mail.Received.Count(m => m.Recipients.Contains(email)) == 2);
        foreach (var mail in product.Mail.Received.Where(m => m.Recipients.Contains(email)).ToList())
        {
            await product.Anonymous.QueryAsync(
                "mutation($token: String!) { acceptInvitation(input: { token: $token, password: \"Pflaumen 11 y\" }) "
                    + "{ errors { code } } }", new { token = TokenOf(mail) });
        }

        await AskAsync(product, email);
        await Waiting.UntilAsync(() => ResetsTo(product, email).Count == 2);
        var links = ResetsTo(product, email);
        links.Select(m => m.Message.Subject).Distinct().Count().ShouldBe(2);
        var one = links.Single(m => m.Text.Contains("Treuhand Nord", StringComparison.Ordinal));
        (await ResetAsync(product, TokenOf(one), Chosen)).ShouldBe("""{"errors":[]}""");

        // That of the other office is another account's, which has the password of before.
        (await OfficeAsync(Chosen)).ShouldBe("Treuhand Nord");
        (await OfficeAsync("Pflaumen 11 y")).ShouldBe("Kanzlei Sommer");

        async Task<string> OfficeAsync(string password) =>
            (await (await product.SignInAsync(email, password)).QueryAsync("{ viewer { organisation { name } } }")).At(
                "viewer.organisation.name");
    }

    [Fact]
    public async Task An_account_that_another_issuer_vouches_for_is_told_so_and_gets_no_password()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var product = await StartAsync(issuer: issuer);
        const string email = "ida@kanzlei-sommer.example";
        await (await product.SignInAsync(Anna)).QueryAsync(
            "mutation($email: String!) { inviteAdministrator(input: { email: $email, displayName: \"Ida\" }) "
                + "{ errors { code } } }", new { email });
        await product.Mail.WaitForMailAsync(m => m.Recipients.Contains(email));
        (await new GraphQLClient(product.Http, issuer.Issue(email, subject: "i-1")).QueryAsync("{ viewer { email } }"))
            .At("viewer.email").ShouldBe(email);

        (await AskAsync(product, email)).ShouldBe("""{"errors":[]}""");
        await Waiting.UntilAsync(() => ResetsTo(product, email).Count == 1);
        var mail = ResetsTo(product, email).Single();
        mail.Text.ShouldContain("Konto Ihres Unternehmens");
        mail.Text.ShouldNotContain("token=");
        (await ScalarAsync(product, "select count(*) from messaging.password_resets")).ShouldBe(0L);
    }

    [Fact]
    public async Task A_link_that_somebody_else_opens_while_signed_in_is_its_persons()
    {
        await using var product = await StartAsync();
        await AskAsync(product, Dieter);
        var token = TokenOf(await MailAsync(product, Dieter));
        var anna = await product.SignInAsync(Anna);
        var chosen = await anna.QueryAsync(Reset, new { token, password = Chosen, end = true });
        chosen.At("resetPassword.errors").ShouldBe("[]");
        (await anna.QueryAsync("{ viewer { email } }")).At("viewer.email").ShouldBe(Anna);
        (await product.SignInAsync(Dieter, Chosen)).ShouldNotBeNull();
        (await product.SignInAsync(Anna)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Secrets_are_nowhere_but_in_the_mail()
    {
        await using var product = await StartAsync();
        await AskAsync(product, Dieter);
        var token = TokenOf(await MailAsync(product, Dieter));
        foreach (var table in (string[])["mt_events", "password_resets", "deliveries", "receipts", "snapshots"])
        {
            (await ScalarAsync(product, $"select count(*) from messaging.{table} t where t::text like '%{token}%'"))
                .ShouldBe(0L, table);
        }

        (
            await ScalarAsync(
                product,
                "select count(*) from wolverine.wolverine_incoming_envelopes t where encode(body, 'escape') like "
                    + $"'%{token}%'")
        ).ShouldBe(0L);
    }

    private const string NotValid = """{"errors":[{"code":"NOT_FOUND","path":["token"],"reason":null}]}""";

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

    private static async Task<string> AskAsync(RunningProduct product, string email) =>
        (await product.Anonymous.QueryAsync(Ask, new { email }))["requestPasswordReset"]!.ToJsonString();

    private static async Task<string> ResetAsync(RunningProduct product, string token, string password) =>
        (await product.Anonymous.QueryAsync(Reset, new { token, password }))["resetPassword"]!.ToJsonString();

    private static Task<ReceivedMail> MailAsync(RunningProduct product, string email) =>
        product.Mail.WaitForMailAsync(m => IsReset(m, email));

    private static List<ReceivedMail> ResetsTo(RunningProduct product, string email) =>
        [.. product.Mail.Received.Where(m => IsReset(m, email))];

    private static bool IsReset(ReceivedMail mail, string email) =>
        mail.Recipients.Contains(email) && SubjectOf(mail).StartsWith("Neues Passwort", StringComparison.Ordinal);

    private static string SubjectOf(ReceivedMail mail) => mail.Message.Subject ?? "";

    private static string TokenOf(ReceivedMail mail) => Token().Match(mail.Message.TextBody!).Groups[1].Value;

    private static async Task<string> IdAsync(GraphQLClient client, string email)
    {
        var data = await client.QueryAsync(
            "{ administrators { nodes { id email } } customers { nodes { contacts { id email } } } }");
        return data["administrators"]!["nodes"]!.AsArray()
            .Concat(data["customers"]!["nodes"]!.AsArray().SelectMany(c => c!["contacts"]!.AsArray()))
            .Single(p => p.At("email") == email).At("id");
    }

    private static async Task<string> TokenAsync(GraphQLClient client) =>
        (
            await client.QueryAsync(
                "mutation($until: DateTime!) { createApiToken(input: { name: \"S\", expiresAt: $until, scope: READ, "
                    + "currentPassword: \"messaging-demo\" }) { secret errors { code message } } }",
                new { until = DateTimeOffset.UtcNow.AddDays(5) })
        ).At("createApiToken.secret");

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
