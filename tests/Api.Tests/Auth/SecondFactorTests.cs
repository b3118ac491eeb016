using Messaging.Api.Auth;
using Messaging.Api.Security;
using Messaging.Api.Tests.Hosting;
using Messaging.Api.Tests.Security;
using Messaging.Application.Accounts;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using OtpNet;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>
/// Whoever has a second factor signs in with it, whatever the way in; and whoever loses it is let in again by those who
/// may, and by nobody else.
/// </summary>
public sealed class SecondFactorTests
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Carla = "carla.herbst@kanzlei-sommer.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Password = "messaging-demo";

    private const string SignIn =
        "mutation($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { "
            + "accessToken viewer { id } challenge { token kinds expiresAt passkeyOptions } errors { code message "
            + "reason } } }";

    private const string Complete =
        "mutation($challenge: String!, $code: String, $recoveryCode: String) { completeSignIn(input: { challenge: "
            + "$challenge, code: $code, recoveryCode: $recoveryCode }) { accessToken viewer { email } errors { code "
            + "path reason } } }";

    private const string Begin =
        "mutation($challenge: String, $password: String) { beginAuthenticator(input: { challenge: $challenge, "
            + "currentPassword: $password }) { id secret uri errors { code path reason } } }";

    private const string Confirm =
        "mutation($id: ID!, $code: String!, $challenge: String, $name: String) { confirmAuthenticator(input: { id: "
            + "$id, code: $code, challenge: $challenge, name: $name }) { accessToken viewer { email } recoveryCodes "
            + "errors { code path reason } } }";

    private const string Remove =
        "mutation($id: ID!, $password: String) { removeSecondFactor(input: { id: $id, currentPassword: $password }) { "
            + "errors { code path reason } } }";

    private const string Codes =
        "mutation($password: String) { createRecoveryCodes(input: { currentPassword: $password }) { recoveryCodes "
            + "errors { code reason } } }";

    private const string Require =
        "mutation($is: Boolean!, $days: Int) { requireSecondFactor(input: { isRequired: $is, graceDays: $days }) { "
            + "organisation { settings { secondFactorRequiredFrom } } errors { code path reason } } }";

    private const string Reset =
        "mutation($id: ID!) { resetSecondFactor(input: { id: $id }) { errors { code path } } }";

    private const string State =
        "{ viewer { email secondFactors { factors { id kind name createdAt lastUsedAt } recoveryCodesLeft "
            + "requiredFrom } } }";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_has_an_app_signs_in_with_a_code_of_it_that_works_once_on_all_nodes()
    {
        var (lines, clock) = (new SecurityLines(), new MovedClock());
        await using var product = await StartAsync(clock, lines);
        var anna = await product.SignInAsync(Anna);
        var began = await anna.QueryAsync(Begin, new { password = "not it" });
        began.At("beginAuthenticator.errors.0.path").ShouldBe("""["currentPassword"]""");
        began = await anna.QueryAsync(Begin, new { password = Password });
        var secret = Base32Encoding.ToBytes(began.At("beginAuthenticator.secret"));
        secret.Length.ShouldBe(20);
        began.At("beginAuthenticator.uri").ShouldStartWith("otpauth://totp/Kanzlei%20Sommer:anna.sommer%40");
        var id = began.At("beginAuthenticator.id");

        // It does not count before a code of it was given.
        (await anna.QueryAsync(State)).At("viewer.secondFactors.factors").ShouldBe("[]");
        (await ChallengeAsync(product, Anna)).ShouldBeNull();
        (await anna.QueryAsync(Confirm, new { id, code = "000000" })).At("confirmAuthenticator.errors.0").ShouldBe(
            """{"code":"INVALID","path":["code"],"reason":"SECOND_FACTOR_IS_WRONG"}""");
        var code = CodeAt(secret, clock);
        var added = await anna.QueryAsync(Confirm, new { id, code, name = "Handy" });
        added.At("confirmAuthenticator.errors").ShouldBe("[]");
        added["confirmAuthenticator"]!["recoveryCodes"]!.AsArray().Count.ShouldBe(10);
        var state = (await anna.QueryAsync(State))["viewer"]!["secondFactors"]!;
        (state.At("factors.0.kind"), state.At("factors.0.name"), state.At("recoveryCodesLeft")).ShouldBe(
            ("AUTHENTICATOR", "Handy", "10"));

        // A client of before is told in words, and gets no token.
        var before = await product.Anonymous.QueryAsync(SignIn, new { email = Anna, password = Password });
        before.At("signIn.accessToken").ShouldBe("");
        (before.At("signIn.errors.0.code"), before.At("signIn.errors.0.reason")).ShouldBe(
            ("CONFLICT", "SECOND_FACTOR_IS_NEEDED"));
        before.At("signIn.challenge.kinds").ShouldBe("""["AUTHENTICATOR"]""");
        before.At("signIn.viewer").ShouldBe("");

        // The code that confirmed it is used up, and so is one that signed in, also on another node.
        await using var other = await product.StartNodeAsync(services: s => s.AddSingleton<TimeProvider>(clock));
        var challenge = before.At("signIn.challenge.token");
        (await CompleteAsync(other, challenge, code)).ShouldBe(Wrong("code"));
        clock.Move(TimeSpan.FromSeconds(30));
        code = CodeAt(secret, clock);
        (await CompleteAsync(product, challenge, code)).ShouldBe(Anna);
        (await CompleteAsync(product, challenge, code)).ShouldBe(Ended);
        foreach (var node in (RunningProduct[])[product, other])
            (await CompleteAsync(node, (await ChallengeAsync(node, Anna))!, code)).ShouldBe(Wrong("code"));

        // Of ten who have the same code at once, one gets in.
        clock.Move(TimeSpan.FromSeconds(60));
        code = CodeAt(secret, clock);
        var challenges = new List<string>();
        for (var i = 0; i < 6; i++) challenges.Add((await ChallengeAsync(product, Anna))!);
        var answers = await Task.WhenAll(
            challenges.Select((c, i) => CompleteAsync(i % 2 == 0 ? product : other, c, code)));
        answers.Count(a => a == Anna).ShouldBe(1);

        var told = await MailAsync(product, Anna, "zweiter Faktor");
        told.Text.ShouldContain("eine Authenticator-App eingerichtet");
        told.Text.ShouldContain("https://nachrichten.example/profile#second-factor");
        lines.Of(SecurityEvent.SecondFactorRefused).ShouldNotBeEmpty();
        lines.Of(SecurityEvent.SecondFactorChanged).Count.ShouldBe(1);
        (await ScalarAsync(
            product, "select count(*) from messaging.mt_events where type = 'administrator_second_factor_changed'"))
            .ShouldBe(1L);
    }

    [Fact]
    public async Task No_other_way_leads_past_the_second_factor()
    {
        var clock = new MovedClock();
        await using var product = await StartAsync(clock);
        var anna = await product.SignInAsync(Anna);
        using var page = new CookieClient(product.Address);
        await page.SignInAsync(Anna);
        await using var socket = await LiveClient.OpenAsync(product.Address, page.Api);
        var script = new GraphQLClient(product.Http, await ApiTokenAsync(anna));
        var old = await TokenWithoutSessionAsync(product, anna);
        (await old.QueryAsync("{ viewer { email } }")).At("viewer.email").ShouldBe(Anna);
        var (secret, codes) = await AddAsync(anna, clock);

        // What began with the password alone has ended, but for the session that added it and for scripts.
        (await page.Api.SendAsync("{ viewer { id } }")).ErrorCode.ShouldBe("UNAUTHENTICATED");
        (await page.RefreshAsync()).At("accessToken").ShouldBe("");
        while (await socket.ReceiveAsync() is not null)
        {
        }

        socket.CloseCode.ShouldNotBeNull();
        await Waiting.UntilAsync(async () => (await old.SendAsync("{ viewer { id } }")).ErrorCode == "UNAUTHENTICATED");
        (await anna.QueryAsync("{ viewer { email } }")).At("viewer.email").ShouldBe(Anna);
        (await script.QueryAsync("{ viewer { email } }")).At("viewer.email").ShouldBe(Anna);

        // A session that a node of the version before began is none.
        var signedIn = await SignedInAsync(product, Anna, secret, clock);
        (await signedIn.SendAsync("{ viewer { id } }")).Status.ShouldBe(200);
        await ExecuteAsync(product, "update messaging.sessions set second_factor = null");
        await Waiting.UntilAsync(async () =>
            (await signedIn.SendAsync("{ viewer { id } }")).ErrorCode == "UNAUTHENTICATED");

        // Another password by a link of a mail is no second factor; nor is a password of one's own choice.
        await product.Anonymous.QueryAsync(
            "mutation($email: String!) { requestPasswordReset(input: { email: $email }) { errors { code } } }",
            new { email = Anna });
        var mail = await MailAsync(product, Anna, "Neues Passwort");
        var token = mail.Message.TextBody!.Split("#token=")[1][..43];
        var reset = await product.Anonymous.QueryAsync(
            "mutation($token: String!) { resetPassword(input: { token: $token, password: \"Zwetschgen 27 x\" }) { "
                + "errors { code } } }", new { token });
        reset.At("resetPassword.errors").ShouldBe("[]");
        (await ChallengeAsync(product, Anna)).ShouldBeNull();
        var asked = await product.Anonymous.QueryAsync(SignIn, new { email = Anna, password = "Zwetschgen 27 x" });
        (asked.At("signIn.accessToken"), asked.At("signIn.errors.0.reason")).ShouldBe(("", "SECOND_FACTOR_IS_NEEDED"));

        // A challenge adds no factor to who has one, and ends with the password that it followed.
        var challenge = asked.At("signIn.challenge.token");
        (await product.Anonymous.QueryAsync(Begin, new { challenge })).At("beginAuthenticator.errors.0.code").ShouldBe(
            "NOT_FOUND");
        var again = await FinishAsync(
            product, challenge, new { challenge, recoveryCode = codes[0] });
        var changed = await again.QueryAsync(
            "mutation { changePassword(input: { currentPassword: \"Zwetschgen 27 x\", newPassword: \"Pflaumen 11 y\" "
                + "}) { accessToken errors { code } } }");
        changed.At("changePassword.errors").ShouldBe("[]");
        var after = new GraphQLClient(product.Http, changed.At("changePassword.accessToken"));
        (await after.QueryAsync(State)).At("viewer.secondFactors.recoveryCodesLeft").ShouldBe("9");
        var stale = (await product.Anonymous.QueryAsync(
            SignIn, new { email = Anna, password = "Pflaumen 11 y" })).At("signIn.challenge.token");
        await ExecuteAsync(
            product, "update messaging.accounts set password_changed_at = now() where is_owner");
        clock.Move(TimeSpan.FromMinutes(2));
        (await CompleteAsync(product, stale, CodeAt(secret, clock))).ShouldBe(Ended);
    }

    [Fact]
    public async Task Guesses_are_few_and_keep_nobody_out_who_has_more_than_a_code()
    {
        var clock = new MovedClock();
        await using var product = await StartAsync(clock);
        var anna = await product.SignInAsync(Anna);
        var (secret, codes) = await AddAsync(anna, clock);

        // Five answers to one challenge, whatever they are.
        var challenge = (await ChallengeAsync(product, Anna))!;
        for (var i = 0; i < 5; i++) (await CompleteAsync(product, challenge, $"00000{i}")).ShouldBe(Wrong("code"));
        (await CompleteAsync(product, challenge, CodeAt(secret, clock))).ShouldBe(Ended);

        // Ten within an hour, whatever challenges.
        for (var i = 0; i < 5; i++)
            (await CompleteAsync(product, (await ChallengeAsync(product, Anna))!, $"10000{i}")).ShouldBe(Wrong("code"));
        clock.Move(TimeSpan.FromSeconds(60));
        challenge = (await ChallengeAsync(product, Anna))!;
        (await product.Anonymous.SendAsync(Complete, new { challenge, code = CodeAt(secret, clock) })).ErrorCode
            .ShouldBe("RATE_LIMITED");

        // A recovery code cannot be guessed, and works at once; each works once.
        (await FinishAsync(product, challenge, new { challenge, recoveryCode = codes[3] })).ShouldNotBeNull();
        challenge = (await ChallengeAsync(product, Anna))!;
        (await AnswerAsync(product, new { challenge, recoveryCode = codes[3] })).ShouldBe(Wrong("recoveryCode"));
        (await AnswerAsync(product, new { challenge, recoveryCode = "0000-0000-0000-0000" })).ShouldBe(
            Wrong("recoveryCode"));
        (await AnswerAsync(product, new { challenge, recoveryCode = codes[4].ToUpperInvariant() })).ShouldBe(Anna);
        (await MailAsync(product, Anna, "Anmeldung mit einem Wiederherstellungscode")).Text.ShouldContain(
            "gilt nicht mehr");
        (await AnswerAsync(product, new { challenge = "guessed", code = "123456" })).ShouldBe(Ended);
        (await AnswerAsync(product, new { challenge })).ShouldContain("\"code\":\"INVALID\",\"path\":null");

        // A device that the account was used on before has attempts of its own.
        using var page = new CookieClient(product.Address);
        challenge = (await page.SendAsync("signIn", SignIn, new { email = Anna, password = Password })).At(
            "challenge.token");
        (await page.SendAsync("completeSignIn", Complete, new { challenge, recoveryCode = codes[5] })).At(
            "viewer.email").ShouldBe(Anna);
        clock.Move(TimeSpan.FromSeconds(60));
        challenge = (await page.SendAsync("signIn", SignIn, new { email = Anna, password = Password })).At(
            "challenge.token");
        (await page.SendAsync("completeSignIn", Complete, new { challenge, code = CodeAt(secret, clock) })).At(
            "viewer.email").ShouldBe(Anna);

        // The number of challenges is bounded.
        for (var i = 0; i < 25; i++) await ChallengeAsync(product, Anna);
        (await ScalarAsync(product, "select count(*) from messaging.sign_in_challenges")).ShouldBe(20L);
        await ExecuteAsync(product, "update messaging.sign_in_challenges set expires_at = now()");
        (await AnswerAsync(product, new { challenge, recoveryCode = codes[6] })).ShouldBe(Ended);
    }

    [Fact]
    public async Task Factors_and_codes_are_their_persons_to_change_with_the_password()
    {
        var clock = new MovedClock();
        await using var product = await StartAsync(clock);
        var dieter = await product.SignInAsync(Dieter);
        (await dieter.QueryAsync(Codes, new { password = Password })).At("createRecoveryCodes.errors.0.code").ShouldBe(
            "CONFLICT");
        var (secret, codes) = await AddAsync(dieter, clock);
        var first = (await dieter.QueryAsync(State)).At("viewer.secondFactors.factors.0.id");

        // Ten minutes after the sign-in the password is asked for.
        await ExecuteAsync(product, "update messaging.sessions set started_at = started_at - interval '10 min'");
        foreach (var (operation, name) in (ValueTuple<string, string>[])
            [(Begin, "beginAuthenticator"), (Codes, "createRecoveryCodes"), (Remove, "removeSecondFactor")])
        {
            var refused = await dieter.QueryAsync(operation, new { id = first });
            refused.At($"{name}.errors.0.reason").ShouldBe("PASSWORD_IS_NEEDED");
            var wrong = await dieter.QueryAsync(operation, new { id = first, password = "not it" });
            wrong.At($"{name}.errors.0.code").ShouldBe("INVALID");
        }

        var made = await dieter.QueryAsync(Codes, new { password = Password });
        var later = made["createRecoveryCodes"]!["recoveryCodes"]!.AsArray().Select(c => (string)c!).ToList();
        later.Intersect(codes).ShouldBeEmpty();
        var challenge = (await ChallengeAsync(product, Dieter))!;
        (await AnswerAsync(product, new { challenge, recoveryCode = codes[0] })).ShouldBe(Wrong("recoveryCode"));

        // Somebody else's code is nobody's.
        var (_, annas) = await AddAsync(await product.SignInAsync(Anna), clock);
        (await AnswerAsync(product, new { challenge, recoveryCode = annas[0] })).ShouldBe(Wrong("recoveryCode"));
        (await AnswerAsync(product, new { challenge, recoveryCode = later[0] })).ShouldBe(Dieter);

        // Another app as well gets no other codes; with the last factor the codes go.
        var second = await dieter.QueryAsync(Begin, new { password = Password });
        var more = await dieter.QueryAsync(
            Confirm,
            new
            {
                id = second.At("beginAuthenticator.id"),
                code = CodeAt(Base32Encoding.ToBytes(second.At("beginAuthenticator.secret")), clock),
            });
        (more.At("confirmAuthenticator.errors"), more.At("confirmAuthenticator.recoveryCodes")).ShouldBe(("[]", "[]"));
        var factors = (await dieter.QueryAsync(State))["viewer"]!["secondFactors"]!["factors"]!.AsArray();
        foreach (var factor in factors)
        {
            (await product.SignInAsync("eva.lindner@studio-lindner.example")).ShouldNotBeNull();
            (await dieter.QueryAsync(Remove, new { id = factor.At("id"), password = Password })).At(
                "removeSecondFactor.errors").ShouldBe("[]");
        }

        (await dieter.QueryAsync(Remove, new { id = first, password = Password })).At(
            "removeSecondFactor.errors.0.code").ShouldBe("NOT_FOUND");
        (await dieter.QueryAsync(State))["viewer"]!["secondFactors"]!.ToJsonString().ShouldBe(
            """{"factors":[],"recoveryCodesLeft":0,"requiredFrom":null}""");
        (await product.SignInAsync(Dieter)).ShouldNotBeNull();
        (await ScalarAsync(product, "select count(*) from messaging.recovery_codes")).ShouldBe(10L);
        _ = secret;
    }

    [Fact]
    public async Task An_office_requires_it_of_its_own_people_who_can_do_nothing_before_they_have_one()
    {
        var clock = new MovedClock();
        await using var product = await StartAsync(clock);
        var anna = await product.SignInAsync(Anna);
        (await anna.QueryAsync(
            "mutation($id: ID!) { changeAdministratorRole(input: { id: $id, role: AUDITOR }) { errors { code } } }",
            new { id = await IdOfAsync(anna, Carla) })).At("changeAdministratorRole.errors").ShouldBe("[]");
        var (bernd, carla, dieter) = (
            await product.SignInAsync(Bernd), await product.SignInAsync(Carla), await product.SignInAsync(Dieter));
        var script = new GraphQLClient(product.Http, await ApiTokenAsync(bernd));
        (await anna.QueryAsync(Require, new { @is = true })).At("requireSecondFactor.errors.0").ShouldBe(
            """{"code":"CONFLICT","path":["isRequired"],"reason":"SECOND_FACTOR_IS_MISSING"}""");
        var (annas, _) = await AddAsync(anna, clock);
        (await anna.QueryAsync(Require, new { @is = true, days = 91 })).At("requireSecondFactor.errors.0.path")
            .ShouldBe("""["graceDays"]""");

        // During the grace nobody is kept out, and whoever signs in is told.
        var soon = await anna.QueryAsync(Require, new { @is = true, days = 7 });
        var from = DateTimeOffset.Parse(
            soon.At("requireSecondFactor.organisation.settings.secondFactorRequiredFrom"),
            System.Globalization.CultureInfo.InvariantCulture);
        (from - DateTimeOffset.UtcNow).TotalDays.ShouldBeInRange(6.9, 7.1);
        (await bernd.QueryAsync(State)).At("viewer.secondFactors.requiredFrom").ShouldNotBeEmpty();
        (await dieter.QueryAsync(State)).At("viewer.secondFactors.requiredFrom").ShouldBe("");
        (await product.SignInAsync(Bernd)).ShouldNotBeNull();

        // The end of it ends what began with a password alone, by itself.
        await ExecuteAsync(
            product, "update messaging.second_factor_requirements set required_from = now() + interval '10 s'");
        var late = await product.SignInAsync(Carla);
        await using var open = await LiveClient.OpenAsync(product.Address, late);
        await Waiting.UntilAsync(async () =>
            (await late.SendAsync("{ viewer { id } }")).ErrorCode == "UNAUTHENTICATED");
        while (await open.ReceiveAsync() is not null)
        {
        }

        await using var socket = await LiveClient.OpenAsync(product.Address, dieter);
        (await anna.QueryAsync(Require, new { @is = true })).At("requireSecondFactor.errors").ShouldBe("[]");
        foreach (var client in (GraphQLClient[])[bernd, carla])
        {
            await Waiting.UntilAsync(async () =>
                (await client.SendAsync("{ viewer { id } }")).ErrorCode == "UNAUTHENTICATED");
        }

        (await dieter.QueryAsync("{ viewer { email } }")).At("viewer.email").ShouldBe(Dieter);
        (await script.QueryAsync("{ viewer { email } }")).At("viewer.email").ShouldBe(Bernd);
        (await product.SignInAsync(Dieter)).ShouldNotBeNull();

        // An administrator and an auditor are led to it, and are signed in by it.
        foreach (var email in (string[])[Bernd, Carla])
        {
            var asked = await product.Anonymous.QueryAsync(SignIn, new { email, password = Password });
            (asked.At("signIn.accessToken"), asked.At("signIn.errors.0.reason"), asked.At("signIn.challenge.kinds"))
                .ShouldBe(("", "SECOND_FACTOR_IS_MISSING", "[]"));
            var challenge = asked.At("signIn.challenge.token");
            (await AnswerAsync(product, new { challenge, code = "123456" })).ShouldBe(Wrong("code"));
            var began = await product.Anonymous.QueryAsync(Begin, new { challenge });
            var secret = Base32Encoding.ToBytes(began.At("beginAuthenticator.secret"));
            var added = await product.Anonymous.QueryAsync(
                Confirm, new { id = began.At("beginAuthenticator.id"), code = CodeAt(secret, clock), challenge });
            added.At("confirmAuthenticator.viewer.email").ShouldBe(email);
            added["confirmAuthenticator"]!["recoveryCodes"]!.AsArray().Count.ShouldBe(10);
            var client = new GraphQLClient(product.Http, added.At("confirmAuthenticator.accessToken"));
            var factor = (await client.QueryAsync(State)).At("viewer.secondFactors.factors.0.id");
            (await client.QueryAsync(Remove, new { id = factor, password = Password })).At(
                "removeSecondFactor.errors.0.reason").ShouldBe("SECOND_FACTOR_IS_REQUIRED");
            (await product.Anonymous.QueryAsync(Begin, new { challenge })).At("beginAuthenticator.errors.0.code")
                .ShouldBe("NOT_FOUND");
        }

        // So is whoever joins.
        const string gerd = "gerd@kanzlei-sommer.example";
        await anna.QueryAsync(
            "mutation($email: String!) { inviteAdministrator(input: { email: $email, displayName: \"Gerd\" }) { errors "
                + "{ code } } }", new { email = gerd });
        var invitation = (await product.Mail.WaitForMailAsync(m => m.Recipients.Contains(gerd))).Message.TextBody!;
        var joined = await product.Anonymous.QueryAsync(
            "mutation($token: String!) { acceptInvitation(input: { token: $token, password: \"Pflaumen 11 y\" }) { "
                + "accessToken challenge { token kinds } errors { reason } } }",
            new { token = invitation.Split("#token=")[1][..43] });
        (joined.At("acceptInvitation.accessToken"), joined.At("acceptInvitation.errors.0.reason"),
            joined.At("acceptInvitation.challenge.kinds")).ShouldBe(("", "SECOND_FACTOR_IS_MISSING", "[]"));

        // Lists show who has one.
        var list = await anna.QueryAsync("{ administrators { nodes { email hasSecondFactor } } }");
        list["administrators"]!["nodes"]!.AsArray().ToDictionary(n => n.At("email"), n => n.At("hasSecondFactor"))
            .ShouldBe(
                new Dictionary<string, string>
                {
                    [Anna] = "true",
                    [Bernd] = "true",
                    [Carla] = "true",
                    [gerd] = "false",
                    ["pruefung@kanzlei-sommer.example"] = "false",
                },
                ignoreOrder: true);
        (await anna.QueryAsync(Require, new { @is = false })).At("requireSecondFactor.errors").ShouldBe("[]");
        (await product.Anonymous.QueryAsync(SignIn, new { email = gerd, password = "Pflaumen 11 y" })).At(
            "signIn.errors").ShouldBe("[]");
        _ = annas;
    }

    [Fact]
    public async Task Whoever_lost_it_is_let_in_by_the_office_or_the_operator_and_told()
    {
        var clock = new MovedClock();
        await using var product = await StartAsync(clock);
        var (anna, bernd, dieter) = (
            await product.SignInAsync(Anna), await product.SignInAsync(Bernd), await product.SignInAsync(Dieter));
        var (annas, bernds, dieters) = (await IdAsync(anna), await IdAsync(bernd), await IdAsync(dieter));
        await AddAsync(anna, clock);
        await AddAsync(bernd, clock);
        await AddAsync(dieter, clock);

        // Nobody resets their own, an administrator none of the office, a stranger nobody's.
        (await anna.QueryAsync(Reset, new { id = annas })).At("resetSecondFactor.errors.0.code").ShouldBe("INVALID");
        (await bernd.QueryAsync(Reset, new { id = annas })).At("resetSecondFactor.errors.0.code").ShouldBe("FORBIDDEN");
        var other = await product.SignInAsync("owner@treuhand-nord.example");
        (await other.QueryAsync(Reset, new { id = bernds })).At("resetSecondFactor.errors.0.code").ShouldBe(
            "NOT_FOUND");
        (await other.QueryAsync(Reset, new { id = dieters })).At("resetSecondFactor.errors.0.code").ShouldBe(
            "NOT_FOUND");
        (await anna.QueryAsync(Reset, new { id = bernds })).At("resetSecondFactor.errors").ShouldBe("[]");
        (await anna.QueryAsync(Reset, new { id = bernds })).At("resetSecondFactor.errors.0.code").ShouldBe("NOT_FOUND");

        // Their sessions end, the password alone is enough again, and they hear of it.
        await Waiting.UntilAsync(async () =>
            (await bernd.SendAsync("{ viewer { id } }")).ErrorCode == "UNAUTHENTICATED");
        bernd = await product.SignInAsync(Bernd);
        await Waiting.UntilAsync(() => product.Mail.Received.Any(m =>
            m.Recipients.Contains(Bernd) && m.Text.Contains("zurückgesetzt", StringComparison.Ordinal)));
        (await ScalarAsync(
            product, "select count(*) from messaging.mt_events where type = 'administrator_second_factor_changed' and "
                + "data->>'change' = 'Reset'")).ShouldBe(1L);

        // Administrators do it for contacts.
        (await bernd.QueryAsync(Reset, new { id = dieters })).At("resetSecondFactor.errors").ShouldBe("[]");
        (await product.SignInAsync(Dieter)).ShouldNotBeNull();

        // The only owner asks the operator.
        (await ChallengeAsync(product, Anna)).ShouldNotBeNull();
        foreach (var (words, code) in (ValueTuple<string[], int>[])
            [
                (["reset-second-factor", "--email", "nobody@nowhere.example"], 1),
                (["reset-second-factor", "--email", Dieter], 1),
                (["reset-second-factor", "--email", Anna, "--organisation", "x"], 2),
                (["reset-second-factor"], 2),
                (["reset-second-factor", "--email", Anna], 0),
                (["reset-second-factor", "--email", Anna], 1),
            ])
        {
            (await OperatorsCommand.RunAsync(product.ConnectionString, product.DataDirectory, words)).Code.ShouldBe(
                code, string.Join(' ', words));
        }

        (await product.SignInAsync(Anna)).ShouldNotBeNull();
        (await ScalarAsync(product, "select count(*) from messaging.second_factors")).ShouldBe(0L);
        (await ScalarAsync(product, "select count(*) from messaging.recovery_codes")).ShouldBe(0L);
    }

    [Fact]
    public async Task An_office_takes_from_an_identity_of_several_offices_only_what_is_its_own()
    {
        var clock = new MovedClock();
        await using var product = await StartAsync(clock);
        var (anna, bernd) = (await product.SignInAsync(Anna), await product.SignInAsync(Bernd));
        await AddAsync(bernd, clock);

        // The owner of the other office is the same person.
        await ExecuteAsync(
            product,
            "update messaging.accounts set identity_id = (select identity_id from messaging.accounts where email_key = "
                + "'owner@treuhand-nord.example') where email_key = 'bernd.winter@kanzlei-sommer.example'");
        await ExecuteAsync(
            product,
            "update messaging.second_factors set identity_id = (select identity_id from messaging.accounts where "
                + "email_key = 'owner@treuhand-nord.example')");
        (await ChallengeAsync(product, "owner@treuhand-nord.example")).ShouldNotBeNull();
        (await anna.QueryAsync(Reset, new { id = await IdOfAsync(anna, Bernd) })).At("resetSecondFactor.errors")
            .ShouldBe("[]");
        (await product.SignInAsync(Bernd)).ShouldNotBeNull();
        (await ChallengeAsync(product, "owner@treuhand-nord.example")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Secrets_are_nowhere_but_with_their_owner()
    {
        var clock = new MovedClock();
        await using var product = await StartAsync(clock);
        var anna = await product.SignInAsync(Anna);
        var (secret, codes) = await AddAsync(anna, clock);
        var challenge = (await ChallengeAsync(product, Anna))!;
        foreach (
            var table in (string[])
                [
                    "mt_events", "second_factors", "recovery_codes", "sign_in_challenges", "sessions", "deliveries",
                    "receipts", "snapshots",
                ])
        {
            foreach (
                var text in (string[])
                    [
                        Base32Encoding.ToString(secret), Convert.ToHexStringLower(secret), codes[0],
                        codes[0].Replace("-", "", StringComparison.Ordinal), challenge,
                    ])
            {
                (await ScalarAsync(product, $"select count(*) from messaging.{table} t where t::text ilike '%{text}%'"))
                    .ShouldBe(0L, table);
            }
        }

        // With another key than the one that they were encrypted with, codes are wrong, and recovery codes are not.
        await product.StopAsync();
        await product.StartAgainAsync(
            new() { ["Messaging:Auth:SigningKey"] = Convert.ToBase64String(new byte[48]) });
        clock.Move(TimeSpan.FromSeconds(60));
        challenge = (await ChallengeAsync(product, Anna))!;
        (await CompleteAsync(product, challenge, CodeAt(secret, clock))).ShouldBe(Wrong("code"));
        (await AnswerAsync(product, new { challenge, recoveryCode = codes[0] })).ShouldBe(Anna);
    }

    private const string Ended = """{"code":"NOT_FOUND","path":["challenge"],"reason":null}""";

    private static string Wrong(string field) =>
        $$"""{"code":"INVALID","path":["{{field}}"],"reason":"SECOND_FACTOR_IS_WRONG"}""";

    private static Task<RunningProduct> StartAsync(MovedClock clock, SecurityLines? lines = null) =>
        RunningProduct.StartAsync(
            settings: new()
            {
                ["Logging:LogLevel:Messaging.Security"] = lines is null ? "None" : "Information",
            },
            services: services =>
            {
                services.AddSingleton<TimeProvider>(clock);
                if (lines is not null) services.AddSingleton<ILoggerProvider>(lines);
            });

    private static string CodeAt(byte[] secret, TimeProvider clock) =>
        AuthenticatorCodes.At(secret, clock.GetUtcNow());

    private static async Task<(byte[] Secret, IReadOnlyList<string> Codes)> AddAsync(
        GraphQLClient client, MovedClock clock)
    {
        var began = await client.QueryAsync(Begin, new { password = Password });
        var secret = Base32Encoding.ToBytes(began.At("beginAuthenticator.secret"));
        var added = await client.QueryAsync(
            Confirm, new { id = began.At("beginAuthenticator.id"), code = CodeAt(secret, clock) });
        added.At("confirmAuthenticator.errors").ShouldBe("[]");
        clock.Move(TimeSpan.FromSeconds(30));
        return (
            secret,
            [.. added["confirmAuthenticator"]!["recoveryCodes"]!.AsArray().Select(code => (string)code!)]);
    }

    private static async Task<string?> ChallengeAsync(RunningProduct product, string email)
    {
        var token = (await product.Anonymous.QueryAsync(SignIn, new { email, password = Password })).At(
            "signIn.challenge.token");
        return token.Length == 0 ? null : token;
    }

    private static Task<string> CompleteAsync(RunningProduct product, string challenge, string code) =>
        AnswerAsync(product, new { challenge, code });

    // The address of whoever is signed in, or the refusal.
    private static async Task<string> AnswerAsync(RunningProduct product, object variables)
    {
        var answer = (await product.Anonymous.QueryAsync(Complete, variables))["completeSignIn"]!;
        return answer["errors"]!.AsArray() is [{ } error] ? error.ToJsonString() : answer.At("viewer.email");
    }

    private static async Task<GraphQLClient> FinishAsync(RunningProduct product, string challenge, object variables)
    {
        _ = challenge;
        var answer = (await product.Anonymous.QueryAsync(Complete, variables))["completeSignIn"]!;
        answer.At("errors").ShouldBe("[]");
        return new GraphQLClient(product.Http, answer.At("accessToken"));
    }

    private static async Task<GraphQLClient> SignedInAsync(
        RunningProduct product, string email, byte[] secret, MovedClock clock)
    {
        clock.Move(TimeSpan.FromSeconds(60));
        var challenge = (await ChallengeAsync(product, email))!;
        return await FinishAsync(product, challenge, new { challenge, code = CodeAt(secret, clock) });
    }

    // As a version before sessions issued it.
    private static async Task<GraphQLClient> TokenWithoutSessionAsync(RunningProduct product, GraphQLClient client)
    {
        var viewer = (await client.QueryAsync("{ viewer { id organisation { id } } }"))["viewer"]!;
        var key = product.Services.GetRequiredService<AuthOptions>().SigningKey;
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = "messaging",
            Audience = "messaging",
            Claims = new Dictionary<string, object>
            {
                ["sub"] = viewer.At("id"),
                ["org"] = viewer.At("organisation.id"),
            },
            Expires = DateTime.UtcNow.AddHours(1),
            SigningCredentials = new SigningCredentials(
                new SymmetricSecurityKey(key), SecurityAlgorithms.HmacSha256),
        });
        return new GraphQLClient(product.Http, token);
    }

    private static async Task<string> ApiTokenAsync(GraphQLClient client) =>
        (
            await client.QueryAsync(
                "mutation($until: DateTime!) { createApiToken(input: { name: \"S\", expiresAt: $until, scope: READ, "
                    + "currentPassword: \"messaging-demo\" }) { secret errors { code message } } }",
                new { until = DateTimeOffset.UtcNow.AddDays(5) })
        ).At("createApiToken.secret");

    private static async Task<string> IdAsync(GraphQLClient client) =>
        (await client.QueryAsync("{ viewer { id } }")).At("viewer.id");

    private static async Task<string> IdOfAsync(GraphQLClient client, string email) =>
        (await client.QueryAsync("{ administrators { nodes { id email } } }"))["administrators"]!["nodes"]!.AsArray()
            .Single(n => n.At("email") == email).At("id");

    private static Task<ReceivedMail> MailAsync(RunningProduct product, string email, string subject) =>
        product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(email)
            && (m.Message.Subject ?? "").Contains(subject, StringComparison.Ordinal));

    private static async Task ExecuteAsync(RunningProduct product, string sql)
    {
        await using var source = NpgsqlDataSource.Create(product.ConnectionString);
#pragma warning disable CA2100
        await using var command = source.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<object?> ScalarAsync(RunningProduct product, string sql)
    {
        await using var source = NpgsqlDataSource.Create(product.ConnectionString);
#pragma warning disable CA2100
        await using var command = source.CreateCommand(sql);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(Cancellation);
    }

    private sealed class MovedClock : TimeProvider
    {
        private TimeSpan _off;

        public void Move(TimeSpan by) => _off += by;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _off;
    }
}
