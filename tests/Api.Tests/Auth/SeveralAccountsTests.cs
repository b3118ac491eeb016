using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Messaging.Api.Security;
using Messaging.Api.Tests.Security;
using Messaging.Application.Accounts;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>
/// One person with accounts of several customers and offices: one sign-in, one password, and nothing of one account
/// through another.
/// </summary>
public sealed class SeveralAccountsTests : IAsyncLifetime
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Olaf = "owner@treuhand-nord.example";
    private const string Vera = "vera@mehrere.example";
    private const string Chosen = "Zwetschgen 27 x";
    private const string Other = "Mirabellen 28 y";

    private const string Accounts =
        "{ viewer { id displayName accounts { organisationId personId organisationName customerId customerName role "
            + "isOwner displayName isCurrent } } }";

    private const string Switch =
        "mutation($organisationId: ID!, $personId: ID!, $cookie: Boolean) { switchAccount(input: { organisationId: "
            + "$organisationId, personId: $personId, cookie: $cookie }) { accessToken sessionId "
            + "sessionExpiresAt viewer "
            + "{ id organisation { name } customer { name } } errors { code message path } } }";

    private const string Conversations = "{ conversations { nodes { id subject customer { name } } } }";

    private readonly SecurityLines _lines = new();
    private RunningProduct _product = null!;
    private GraphQLClient _anna = null!;
    private GraphQLClient _olaf = null!;

    public async ValueTask InitializeAsync()
    {
        _product = await RunningProduct.StartAsync(
            settings: new() { ["Logging:LogLevel:Messaging.Security"] = "Information" },
            services: services => services.AddSingleton<ILoggerProvider>(_lines));
        _anna = await _product.SignInAsync(Anna);
        _olaf = await _product.SignInAsync(Olaf);
    }

    public ValueTask DisposeAsync() => _product.DisposeAsync();

    [Fact]
    public async Task One_password_opens_two_customers_of_an_office_and_the_owners_chair_of_another()
    {
        await JoinEverywhereAsync();
        var vera = new GraphQLClient(_product.Http, (await SignInAsync(Chosen)).At("accessToken"));
        var accounts = (await vera.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        accounts.Select(a => $"{a!.At("organisationName")} / {a.At("customerName")} / {a.At("role")}").ShouldBe([
            "Kanzlei Sommer / Bäckerei Krause GmbH / CUSTOMER", "Kanzlei Sommer / Weingut Adler / CUSTOMER",
            "Treuhand Nord /  / ADMINISTRATOR"
        ]);
        accounts.Count(a => a!.At("isCurrent") == "true").ShouldBe(1);

        // Each sees its own, and nothing of the others, though one person is signed in to all of them.
        var seen = new Dictionary<string, (string[] Ids, GraphQLClient Client)>();
        foreach (var account in accounts)
        {
            var switched = await SwitchAsync(vera, account!);
            switched.At("errors").ShouldBe("[]");
            switched.At("viewer.organisation.name").ShouldBe(account!.At("organisationName"));
            switched.At("viewer.customer.name").ShouldBe(account.At("customerName"));
            var client = new GraphQLClient(_product.Http, switched.At("accessToken"));
            var nodes = (await client.QueryAsync(Conversations))["conversations"]!["nodes"]!.AsArray();
            if (account.At("customerName") is { Length: > 0 } customer)
                nodes.Select(n => n!.At("customer.name")).Distinct().ShouldBeSubsetOf([customer]);
            seen.Add(account.At("personId"), ([.. nodes.Select(n => n!.At("id"))], client));
        }

        seen.Count.ShouldBe(3);
        seen.Values.Sum(s => s.Ids.Length).ShouldBe(seen.Values.SelectMany(s => s.Ids).Distinct().Count());
        foreach (var (ids, _) in seen.Values)
            foreach (var id in ids)
            {
                var found = 0;
                foreach (var (_, client) in seen.Values)
                {
                    var answer = await client.QueryAsync(
                        "query($id: ID!) { conversation(id: $id) { id } }", new { id });
                    if (answer.At("conversation.id") == id) found++;
                }

                found.ShouldBe(1);
            }
    }

    [Fact]
    public async Task A_new_password_is_that_of_all_and_ends_every_session()
    {
        await JoinEverywhereAsync();
        var first = new GraphQLClient(_product.Http, (await SignInAsync(Chosen)).At("accessToken"));
        var accounts = (await first.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        var others = new List<GraphQLClient>();
        foreach (var account in accounts.Where(a => a!.At("isCurrent") != "true"))
            others.Add(new GraphQLClient(_product.Http, (await SwitchAsync(first, account!)).At("accessToken")));
        others.Count.ShouldBe(2);

        // All that is signed in is listed, whichever the account.
        var sessions = (await first.QueryAsync(
            "{ viewer { sessions { id isCurrent account { organisationName customerName } } } "
                + "}"))["viewer"]!["sessions"]!
            .AsArray();
        sessions.Select(s => $"{s!.At("account.organisationName")} {s.At("account.customerName")}").Distinct().Count()
            .ShouldBe(3);
        var changed = await others[0].QueryAsync(
            "mutation($from: String!, $to: String!) { changePassword(input: { currentPassword: $from, "
                + "newPassword: $to }) "
                + "{ accessToken errors { code } } }", new { from = Chosen, to = Other });
        changed.At("changePassword.errors").ShouldBe("[]");
        foreach (var client in others.Append(first))
            await Waiting.UntilAsync(async () => (await client.SendAsync(Accounts)).Status == 401);
        (await SignInAsync(Chosen)).At("accessToken").ShouldBe("");
        var again = new GraphQLClient(_product.Http, (await SignInAsync(Other)).At("accessToken"));
        (await again.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_address_is_confirmed_once_for_all_accounts_that_had_the_one_of_before_but_where_it_is_taken()
    {
        const string moved = "vera@umgezogen.example";
        await JoinEverywhereAsync();

        // At one of the offices somebody has the new address already.
        await _olaf.QueryAsync(
            "mutation($e: String!) { inviteAdministrator(input: { email: $e, displayName: \"N\" }) { errors { code } } "
                + "}", new { e = moved });
        var vera = new GraphQLClient(_product.Http, (await SignInAsync(Chosen)).At("accessToken"));
        var accounts = (await vera.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        var krause = accounts.Single(a => a!.At("customerName").StartsWith("Bäckerei", StringComparison.Ordinal))!;
        vera = new GraphQLClient(_product.Http, (await SwitchAsync(vera, krause)).At("accessToken"));
        (await vera.QueryAsync(
            "mutation($email: String!, $p: String!) { requestEmailChange(input: { email: $email, currentPassword: $p "
                + "}) { errors { code } } }", new { email = moved, p = Chosen })).At("requestEmailChange.errors")
            .ShouldBe("[]");
        var mail = await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(moved) && m.Text.Contains("confirm-email#token=", StringComparison.Ordinal));
        (await _product.Anonymous.QueryAsync(
            "mutation($token: String!) { confirmEmailChange(input: { token: $token }) { errors { code } } }",
            new { token = TokenOf(mail.Message.TextBody!) })).At("confirmEmailChange.errors").ShouldBe("[]");

        var addresses = new List<string>();
        foreach (var account in accounts)
        {
            var switched = await SwitchAsync(vera, account!);
            var client = new GraphQLClient(_product.Http, switched.At("accessToken"));
            var now = await client.QueryAsync("{ viewer { email organisation { name } } }");
            addresses.Add($"{now.At("viewer.organisation.name")} {now.At("viewer.email")}");
        }

        addresses.ShouldBe(
            [$"Kanzlei Sommer {moved}", $"Kanzlei Sommer {moved}", $"Treuhand Nord {Vera}"], ignoreOrder: true);

        // The office that changes an address changes one account, which is then an identity of its own.
        var person = krause.At("personId");
        await _anna.QueryAsync(
            "mutation($id: ID!) { sendEmailChange(input: { id: $id, email: \"vera@buero.example\" }) { errors { code } "
                + "} }", new { id = person });
        var link = await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains("vera@buero.example")
            && m.Text.Contains("confirm-email#token=", StringComparison.Ordinal));
        (await _product.Anonymous.QueryAsync(
            "mutation($token: String!) { confirmEmailChange(input: { token: $token }) { errors { code } } }",
            new { token = TokenOf(link.Message.TextBody!) })).At("confirmEmailChange.errors").ShouldBe("[]");
        (await vera.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().Count.ShouldBe(1);
        (await vera.QueryAsync("{ viewer { email } }")).At("viewer.email").ShouldBe("vera@buero.example");
    }

    [Fact]
    public async Task A_forgotten_password_is_asked_for_once_and_chosen_for_all()
    {
        await JoinEverywhereAsync();
        await _product.Anonymous.QueryAsync(
            "mutation($email: String!) { requestPasswordReset(input: { email: $email }) { errors { code } } }",
            new { email = Vera });
        var mail = await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(Vera) && m.Text.Contains("reset-password#token=", StringComparison.Ordinal));
        var token = TokenOf(mail.Message.TextBody!);
        (await _product.Anonymous.QueryAsync(
            "mutation($token: String!, $password: String!) { resetPassword(input: { token: $token, password: $password "
                + "}) { errors { code } } "
                + "}", new { token, password = Other })).At("resetPassword.errors").ShouldBe("[]");
        var vera = new GraphQLClient(_product.Http, (await SignInAsync(Other)).At("accessToken"));
        (await vera.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().Count.ShouldBe(3);

        // She is told of the new password once; by then a second link would have come, too.
        await _product.Mail.WaitForMailAsync(m => m.Recipients.Contains(Vera) && IsOfNewPassword(m.Text));
        _product.Mail.Received.Count(m =>
            m.Recipients.Contains(Vera) && m.Text.Contains("reset-password#token=", StringComparison.Ordinal))
            .ShouldBe(1);
        _product.Mail.Received.Count(m => m.Recipients.Contains(Vera) && IsOfNewPassword(m.Text)).ShouldBe(1);
    }

    [Fact]
    public async Task Nobody_is_joined_without_the_password_and_no_office_learns_of_another()
    {
        var (krause, adler) = (await CustomerAsync("Bäckerei Krause"), await RegisterAsync("Weingut Adler"));
        var first = await InviteAsync(krause);
        (await AcceptAsync(first, Chosen)).At("errors").ShouldBe("[]");

        // The office is answered alike, whether an address has an account elsewhere or not.
        var there = await InviteOfficeAsync(_olaf, Vera);
        var unknown = await InviteOfficeAsync(_olaf, "niemand@nirgends.example");
        WithoutIds(there).ShouldBe(
            WithoutIds(unknown).Replace("niemand@nirgends.example", Vera, StringComparison.Ordinal));

        // A link and another password than the account's: refused as long as it is to be the account's.
        var second = await InviteAsync(adler);
        var wrong = await AcceptAsync(second, Other, existing: true);
        (wrong.At("accessToken"), wrong.At("errors.0.code"), wrong.At("errors.0.path.0"))
            .ShouldBe(("", "INVALID", "password"));

        // Chosen anew, it is a sign-in of its own.
        (await AcceptAsync(second, Other)).At("errors").ShouldBe("[]");
        var one = new GraphQLClient(_product.Http, (await SignInAsync(Chosen)).At("accessToken"));
        var two = new GraphQLClient(_product.Http, (await SignInAsync(Other)).At("accessToken"));
        var ofOne = (await one.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        var ofTwo = (await two.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        (ofOne.Count, ofTwo.Count).ShouldBe((1, 1));
        foreach (var (from, to) in new[] { (one, ofTwo[0]!), (two, ofOne[0]!) })
            (await SwitchAsync(from, to)).At("errors.0.code").ShouldBe("NOT_FOUND");
        var nobody = (await SwitchAsync(one, new JsonObject
        {
            ["organisationId"] = Guid.NewGuid().ToString(),
            ["personId"] = Guid.NewGuid().ToString(),
        })).ToJsonString();
        (await SwitchAsync(one, ofTwo[0]!)).ToJsonString().ShouldBe(nobody);

        // Whoever proves both may join them. From then on the one password opens both.
        (await JoinAsync(one, Vera, "geraten geraten")).At("errors.0.code").ShouldBe("INVALID");
        (await JoinAsync(one, Vera, Other)).At("errors").ShouldBe("[]");
        (await one.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().Count.ShouldBe(2);
        (await SwitchAsync(one, ofTwo[0]!)).At("errors").ShouldBe("[]");
        await Waiting.UntilAsync(async () => (await two.SendAsync(Accounts)).Status == 401);
        (await SignInAsync(Other)).At("accessToken").ShouldBe("");
        (await JoinAsync(one, Vera, Chosen)).At("errors").ShouldBe("[]");
        await _product.Mail.WaitForMailAsync(m => m.Recipients.Contains(Vera) && IsOfNewPassword(m.Text));
    }

    [Fact]
    public async Task An_account_that_is_deactivated_ends_alone_and_comes_back_by_itself()
    {
        await JoinEverywhereAsync();
        var first = new GraphQLClient(_product.Http, (await SignInAsync(Chosen)).At("accessToken"));
        var accounts = (await first.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        var clients = new Dictionary<string, GraphQLClient>();
        foreach (var account in accounts)
        {
            clients.Add(
                account!.At("customerName") is { Length: > 0 } name ? name : "Nord",
                new GraphQLClient(_product.Http, (await SwitchAsync(first, account!)).At("accessToken")));
        }

        var gone = accounts.Single(a => a!.At("customerName") == "Weingut Adler")!.At("personId");
        (await _anna.QueryAsync(
            "mutation($id: ID!) { deactivateContact(input: { id: $id }) { errors { code } } }", new { id = gone }))
            .At("deactivateContact.errors").ShouldBe("[]");
        await Waiting.UntilAsync(async () => (await clients["Weingut Adler"].SendAsync(Accounts)).Status == 401);
        foreach (var name in (string[])["Bäckerei Krause GmbH", "Nord"])
        {
            (await clients[name].QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray()
                .Select(a => a!.At("personId")).ShouldNotContain(gone);
            (await SwitchAsync(clients[name], accounts.Single(a => a!.At("personId") == gone)!))
                .At("errors.0.code").ShouldBe("NOT_FOUND");
        }

        // Let back, she takes the invitation up with the password that she has.
        (await _anna.QueryAsync(
            "mutation($id: ID!) { reactivateContact(input: { id: $id }) { errors { code } } }", new { id = gone }))
            .At("reactivateContact.errors").ShouldBe("[]");
        (await clients["Nord"].QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().Count.ShouldBe(2);
        var links = _product.Mail.Received.Count(IsInvitation);
        await Waiting.UntilAsync(() => _product.Mail.Received.Count(IsInvitation) >= 4);
        links.ShouldBeGreaterThan(0);
        var latest = TokenOf(_product.Mail.Received.Last(IsInvitation).Message.TextBody!);
        (await AcceptAsync(latest, Chosen, existing: true)).At("errors").ShouldBe("[]");
        (await clients["Nord"].QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().Count.ShouldBe(3);
    }

    [Fact]
    public async Task Who_signs_in_is_where_they_were_last()
    {
        await JoinEverywhereAsync();
        var first = await SignInAsync(Chosen);
        var client = new GraphQLClient(_product.Http, first.At("accessToken"));
        foreach (var account in (await client.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray())
        {
            await SwitchAsync(client, account!);
            var again = await SignInAsync(Chosen);
            again.At("viewer.id").ShouldBe(account!.At("personId"));

            // A client that names the account is there, wherever they were before.
            (await SignInAsync(Chosen, account.At("organisationId"), account.At("personId")))
                .At("viewer.id").ShouldBe(account.At("personId"));
        }
    }

    [Fact]
    public async Task Two_tabs_of_a_browser_go_on_with_two_accounts_and_signing_out_ends_both()
    {
        await JoinEverywhereAsync();
        using var browser = new Browser(_product.Address);
        var signedIn = await browser.SignInAsync(Vera, Chosen);
        var accounts = (await browser.As(signedIn).QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        var here = accounts.Single(a => a!.At("isCurrent") == "true")!;
        var others = accounts.Where(a => a != here).Select(a => a!).ToList();
        var tabs = new Dictionary<string, JsonNode> { [here.At("personId")] = signedIn };
        foreach (var other in others)
        {
            tabs[other.At("personId")] = (await browser.AskAsync(
                Switch,
                new
                {
                    organisationId = other.At("organisationId"),
                    personId = other.At("personId"),
                    cookie = true,
                }, signedIn.At("accessToken")))["switchAccount"]!;
        }

        browser.Cookies.Count.ShouldBe(3);

        // Each tab gets the next token of its own account, as often as it likes, in whatever order.
        for (var round = 0; round < 3; round++)
            foreach (var account in accounts.Reverse())
            {
                var next = await browser.RefreshAsync(account!.At("organisationId"), account.At("personId"));
                next.At("viewer.id").ShouldBe(account.At("personId"));
                next.At("sessionId").ShouldBe(tabs[account.At("personId")].At("sessionId"));
            }

        // A page that says nothing goes on as whoever signed in; one of somebody else's account with nothing.
        (await browser.RefreshAsync()).At("viewer.id").ShouldBe(here.At("personId"));
        (await browser.RefreshAsync(here.At("organisationId"), Guid.NewGuid().ToString()))
            .At("errors.0.code").ShouldBe("NOT_FOUND");
        (await browser.RefreshAsync()).At("viewer.id").ShouldBe(here.At("personId"));

        // A switch never lasts longer than what it came from.
        DateTimeOffset.Parse(tabs[others[0].At("personId")].At("sessionExpiresAt"), CultureInfo.InvariantCulture)
            .ShouldBeLessThanOrEqualTo(DateTimeOffset.UtcNow.AddMinutes(720).AddSeconds(5));

        // The account that was signed in to ends: the others go on, and a page that says nothing goes on with one.
        await browser.AskAsync("mutation { signOut { errors { code } } }", null, signedIn.At("accessToken"));
        browser.Cookies.ShouldBeEmpty();
        foreach (var tab in tabs.Values)
            await Waiting.UntilAsync(async () => (await browser.As(tab).SendAsync(Accounts)).Status == 401);
    }

    [Fact]
    public async Task A_device_on_which_somebody_switched_to_an_account_is_no_new_one_for_it()
    {
        await JoinEverywhereAsync();
        using var browser = new Browser(_product.Address);
        var signedIn = await browser.SignInAsync(Vera, Chosen);
        var other = (await browser.As(signedIn).QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray()
            .First(a => a!.At("isCurrent") != "true")!;
        var there = new { organisationId = other.At("organisationId"), personId = other.At("personId"), cookie = true };
        var switched = await browser.AskAsync(Switch, there, signedIn.At("accessToken"));
        switched.At("switchAccount.errors").ShouldBe("[]");
        await browser.AskAsync(
            "mutation { signOut { errors { code } } }", null, switched.At("switchAccount.accessToken"));
        var before = _lines.Of(SecurityEvent.NewDevice).Count;
        var again = await browser.SignInAsync(Vera, Chosen);
        again.At("viewer.id").ShouldBe(other.At("personId"));
        _lines.Of(SecurityEvent.NewDevice).Count.ShouldBe(before);
        using var elsewhere = new Browser(_product.Address);
        await elsewhere.SignInAsync(Vera, Chosen);
        _lines.Of(SecurityEvent.NewDevice).Count.ShouldBe(before + 1);
    }

    [Fact]
    public async Task A_page_goes_on_with_another_account_when_that_of_the_sign_in_has_ended()
    {
        await JoinEverywhereAsync();
        using var browser = new Browser(_product.Address);
        var signedIn = await browser.SignInAsync(Vera, Chosen);
        var accounts = (await browser.As(signedIn).QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        var (krause, nord) = (
            accounts.Single(a => a!.At("customerName") == "Bäckerei Krause GmbH")!,
            accounts.Single(a => a!.At("organisationName") == "Treuhand Nord")!);
        var first = await browser.SignInAsync(Vera, Chosen, krause.At("organisationId"), krause.At("personId"));
        await browser.AskAsync(
            Switch,
            new
            {
                organisationId = nord.At("organisationId"),
                personId = nord.At("personId"),
                cookie = true,
            }, first.At("accessToken"));
        await _anna.QueryAsync(
            "mutation($id: ID!) { deactivateContact(input: { id: $id }) { errors { code } } }",
            new { id = krause.At("personId") });
        (await browser.RefreshAsync(krause.At("organisationId"), krause.At("personId")))
            .At("errors.0.code").ShouldBe("NOT_FOUND");
        (await browser.RefreshAsync()).At("viewer.id").ShouldBe(nord.At("personId"));
    }

    [Fact]
    public async Task A_script_with_a_token_of_one_account_has_nothing_of_the_others()
    {
        await JoinEverywhereAsync();
        var vera = new GraphQLClient(_product.Http, (await SignInAsync(Chosen)).At("accessToken"));
        var accounts = (await vera.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        var created = await vera.QueryAsync(
            "mutation($expiresAt: DateTime!, $password: String!) { createApiToken(input: { name: \"N\", "
                + "scope: READ_WRITE, "
                + "expiresAt: $expiresAt, currentPassword: $password }) { secret errors { code } } }",
            new { expiresAt = DateTimeOffset.UtcNow.AddDays(1), password = Chosen });
        var script = new GraphQLClient(_product.Http, created.At("createApiToken.secret"));
        (await script.SendAsync(Accounts)).ErrorCode.ShouldBe("FORBIDDEN");
        var answer = await script.SendAsync(
            Switch,
            new
            {
                organisationId = accounts[0]!.At("organisationId"),
                personId = accounts[0]!.At("personId"),
            });
        answer.ErrorCode.ShouldBe("FORBIDDEN");
    }

    [Fact]
    public async Task One_address_is_one_contact_of_each_customer_or_one_person_of_the_office()
    {
        await JoinEverywhereAsync();
        var krause = await CustomerAsync("Bäckerei Krause");
        (await TryInviteAsync(krause, Vera.ToUpperInvariant())).At("errors.0.code").ShouldBe("CONFLICT");
        (await InviteOfficeAsync(_olaf, Vera)).At("errors.0.code").ShouldBe("CONFLICT");

        // Who is of an office writes for none of its customers by the same address, and the other way round.
        (await InviteOfficeAsync(_anna, Vera)).At("errors.0.code").ShouldBe("CONFLICT");
        (await TryInviteAsync(krause, Anna)).At("errors.0.code").ShouldBe("CONFLICT");
    }

    [Fact]
    public async Task An_office_that_gives_somebody_another_address_gets_into_none_of_their_accounts_elsewhere()
    {
        await JoinEverywhereAsync();
        var vera = new GraphQLClient(_product.Http, (await SignInAsync(Chosen)).At("accessToken"));
        var accounts = (await vera.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        var adler = accounts.Single(a => a!.At("customerName") == "Weingut Adler")!.At("personId");
        const string mailbox = "postfach@kanzlei-sommer.example";
        (await _anna.QueryAsync(
            "mutation($id: ID!, $email: String!) { sendEmailChange(input: { id: $id, email: $email }) { errors { code } } }",
            new { id = adler, email = mailbox })).At("sendEmailChange.errors").ShouldBe("[]");
        var link = await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(mailbox) && m.Text.Contains("#token=", StringComparison.Ordinal));
        (await _product.Anonymous.QueryAsync(
            "mutation($token: String!) { confirmEmailChange(input: { token: $token }) { errors { code } } }",
            new { token = TokenOf(link.Text) })).At("confirmEmailChange.errors").ShouldBe("[]");
        await _product.Anonymous.QueryAsync(
            "mutation($email: String!) { requestPasswordReset(input: { email: $email }) { errors { code } } }",
            new { email = mailbox });
        var reset = await _product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains(mailbox) && m.Text.Contains("reset-password#token=", StringComparison.Ordinal));
        (await _product.Anonymous.QueryAsync(
            "mutation($token: String!, $password: String!) { resetPassword(input: { token: $token, password: $password "
                + "}) { errors { code } } }", new { token = TokenOf(reset.Text), password = Other }))
            .At("resetPassword.errors").ShouldBe("[]");

        var stolen = await _product.SignInAsync(mailbox, Other);
        (await stolen.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().ShouldHaveSingleItem();
        foreach (var other in accounts.Where(a => a!.At("personId") != adler))
            (await SwitchAsync(stolen, other!)).At("errors.0.code").ShouldBe("NOT_FOUND");
        (await SignInAsync(Other)).At("accessToken").ShouldBe("");
        var mine = new GraphQLClient(_product.Http, (await SignInAsync(Chosen)).At("accessToken"));
        (await mine.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_a_node_of_the_version_before_does_to_one_account_keeps_it_apart()
    {
        await JoinEverywhereAsync();
        var vera = new GraphQLClient(_product.Http, (await SignInAsync(Chosen)).At("accessToken"));
        var accounts = (await vera.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray();
        var nord = accounts.Single(a => a!.At("organisationName") == "Treuhand Nord")!;
        await using var database = NpgsqlDataSource.Create(_product.ConnectionString);

        // It knows of one account only, and changes the password of that.
        await using var change = database.CreateCommand(
            "update messaging.accounts set password_hash = $1, password_changed_at = date_trunc('second', now()) + "
                + "interval '1 second' where person_id = $2");
        change.Parameters.Add(new() { Value = new Passwords(new HashingLane(), rounds: 1000).Hash(Other) });
        change.Parameters.Add(new() { Value = Guid.Parse(nord.At("personId")) });
        (await change.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBe(1);

        // Each password opens what has it. Whoever knows the one of before gets nowhere by it that it does not open.
        var before = new GraphQLClient(_product.Http, (await SignInAsync(Chosen)).At("accessToken"));
        (await before.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().Count.ShouldBe(2);
        (await SwitchAsync(before, nord)).At("errors.0.code").ShouldBe("NOT_FOUND");
        var after = new GraphQLClient(_product.Http, (await SignInAsync(Other)).At("accessToken"));
        (await after.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().Count.ShouldBe(1);
        (await JoinAsync(after, Vera, Chosen)).At("errors").ShouldBe("[]");
        (await after.QueryAsync(Accounts))["viewer"]!["accounts"]!.AsArray().Count.ShouldBe(3);

        // It invites without knowing of identities: that account has one of its own.
        await using var insert = database.CreateCommand(
            "insert into messaging.accounts (tenant_id, person_id, email_key, role, is_owner, active) "
                + "select tenant_id, "
                + "gen_random_uuid(), 'neu@kanzlei.example', 'Auditor', false, true from messaging.accounts limit 1 "
                + "returning identity_id");
        (await insert.ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBeOfType<Guid>();
    }

    [Fact]
    public async Task Mails_say_for_which_customer_and_from_which_office()
    {
        await JoinEverywhereAsync();
        var invitations = _product.Mail.Received.Where(IsInvitation).Select(m => m.Text).ToList();
        foreach (var name in (string[])["Bäckerei Krause GmbH", "Weingut Adler"])
            invitations.ShouldContain(t => t.Contains($"Sie schreiben dort für {name}.", StringComparison.Ordinal));
        invitations.ShouldContain(text => text.Contains("Treuhand Nord", StringComparison.Ordinal)
            && !text.Contains("Sie schreiben dort", StringComparison.Ordinal));
        foreach (var name in (string[])["Bäckerei Krause GmbH", "Weingut Adler"])
        {
            await _anna.QueryAsync(
                "mutation($customerId: ID!, $subject: String!) { createConversation(input: { customerId: $customerId, "
                    + "subject: $subject, body: \"Bitte\" }) { errors { code } } }",
                new { customerId = await CustomerAsync(name), subject = $"Frage an {name}" });
            var mail = await _product.Mail.WaitForMailAsync(m =>
                m.Recipients.Contains(Vera) && m.Text.Contains($"Frage an {name}", StringComparison.Ordinal));
            mail.Text.ShouldContain($"Für: {name}");
            mail.Html.ShouldContain($"Für: <bdi>{name}</bdi>");
            mail.Text.ShouldContain("Kanzlei Sommer");
        }
    }

    private async Task JoinEverywhereAsync()
    {
        var (krause, adler) = (await CustomerAsync("Bäckerei Krause"), await RegisterAsync("Weingut Adler"));
        await _anna.QueryAsync(
            "mutation($customerId: ID!) { createConversation(input: { customerId: $customerId, subject: "
                + "\"Ernte\", body: "
                + "\"Bitte\" }) { errors { code } } }", new { customerId = adler });
        (await AcceptAsync(await InviteAsync(krause), Chosen)).At("errors").ShouldBe("[]");

        (await AcceptAsync(await InviteAsync(adler), Chosen, existing: true)).At("errors").ShouldBe("[]");
        (await InviteOfficeAsync(_olaf, Vera)).At("errors").ShouldBe("[]");
        var mail = await _product.Mail.WaitForMailAsync(m =>
            IsInvitation(m) && m.Text.Contains("Treuhand Nord", StringComparison.Ordinal));
        (await AcceptAsync(TokenOf(mail.Message.TextBody!), Chosen, existing: true)).At("errors").ShouldBe("[]");
    }

    private async Task<string> CustomerAsync(string name) =>
        (await _anna.QueryAsync("query($s: String!) { customers(search: $s) { nodes { id } } }", new { s = name }))
            .At("customers.nodes.0.id");

    private async Task<string> RegisterAsync(string name) =>
        (await _anna.QueryAsync(
            "mutation($name: String!) { registerCustomer(input: { name: $name }) { customer { id } errors { code } } }",
            new { name })).At("registerCustomer.customer.id");

    private async Task<JsonNode> TryInviteAsync(string customerId, string email) =>
        (await _anna.QueryAsync(
            "mutation($i: InviteContactInput!) { inviteContact(input: $i) { contact { id } errors { code } } }",
            new
            {
                i = new
                {
                    customerId,
                    email,
                    displayName = "Vera Müller",
                },
            }))["inviteContact"]!;

    private async Task<string> InviteAsync(string customerId)
    {
        var before = _product.Mail.Received.Count(IsInvitation);
        (await TryInviteAsync(customerId, Vera)).At("errors").ShouldBe("[]");
        await Waiting.UntilAsync(() => _product.Mail.Received.Count(IsInvitation) > before);
        return TokenOf(_product.Mail.Received.Last(IsInvitation).Message.TextBody!);
    }

    private static async Task<JsonNode> InviteOfficeAsync(GraphQLClient by, string email) =>
        (await by.QueryAsync(
            "mutation($email: String!) { inviteAdministrator(input: { email: $email, displayName: \"Vera Müller\" }) { "
                + "administrator { id email active } errors { code message path } } }", new { email }))
            ["inviteAdministrator"]!;

    private async Task<JsonNode> AcceptAsync(string token, string password, bool existing = false) =>
        (await _product.Anonymous.QueryAsync(
            "mutation($token: String!, $password: String!, $existing: Boolean) { acceptInvitation(input: "
                + "{ token: $token, "
                + "password: $password, existingAccount: $existing }) { accessToken errors { code message path } } }",
            new { token, password, existing }))["acceptInvitation"]!;

    private async Task<JsonNode> SignInAsync(string password, string? organisationId = null, string? personId = null) =>
        (await _product.Anonymous.QueryAsync(
            "mutation($i: SignInInput!) { signIn(input: $i) { accessToken viewer { id } accounts { "
                + "personId } errors { code "
                + "} } }",
            new
            {
                i = new
                {
                    email = Vera,
                    password,
                    lastUsed = true,
                    chooseOrganisation = true,
                    organisationId,
                    personId,
                },
            }))["signIn"]!;

    private static async Task<JsonNode> SwitchAsync(GraphQLClient client, JsonNode account) =>
        (await client.QueryAsync(
            Switch,
            new
            {
                organisationId = account.At("organisationId"),
                personId = account.At("personId"),
            }))["switchAccount"]!;

    private static async Task<JsonNode> JoinAsync(GraphQLClient client, string email, string password) =>
        (await client.QueryAsync(
            "mutation($email: String!, $password: String!) { joinAccounts(input: { email: $email, "
                + "password: $password }) { "
                + "viewer { id } errors { code message path } } }", new { email, password }))["joinAccounts"]!;

    private static bool IsInvitation(TestSupport.Smtp.ReceivedMail mail) =>
        mail.Recipients.Contains(Vera) && mail.Text.Contains("/invitation#token=", StringComparison.Ordinal);

    private static bool IsOfNewPassword(string text) =>
        text.Contains("Wenn Sie das waren", StringComparison.Ordinal);

    private static string TokenOf(string text) => Regex.Match(text, "#token=([A-Za-z0-9_-]{43})").Groups[1].Value;

    private static string WithoutIds(JsonNode node) =>
        Regex.Replace(node.ToJsonString(), "[0-9a-f]{8}-[0-9a-f-]{27}", "id");

    /// <summary>A browser: its cookies, and as many tabs as one likes.</summary>
    private sealed class Browser(string address) : IDisposable
    {
        private readonly CookieContainer _cookies = new();
        private HttpClient? _http;

        private HttpClient Http => _http ??= new HttpClient(new HttpClientHandler { CookieContainer = _cookies })
        {
            BaseAddress = new Uri(address),
        };

        public IReadOnlyList<Cookie> Cookies =>
        [
            .. _cookies.GetCookies(new Uri(new Uri(address), "/graphql"))
                .Where(c => !c.Name.Contains("device", StringComparison.Ordinal) && c.Value.Length > 0)
        ];

        public GraphQLClient As(JsonNode tab) => new(Http, tab.At("accessToken"));

        public async Task<JsonNode> SignInAsync(
            string email, string password, string? organisationId = null, string? personId = null) =>
            (await AskAsync(
                "mutation($i: SignInInput!) { signIn(input: $i) { accessToken sessionId viewer { id } errors "
                    + "{ code } } }",
                new
                {
                    i = new
                    {
                        email,
                        password,
                        cookie = true,
                        lastUsed = true,
                        organisationId,
                        personId,
                    },
                }))["signIn"]!;

        public async Task<JsonNode> RefreshAsync(string? organisationId = null, string? personId = null) =>
            (await AskAsync(
                "mutation($account: AccountInput) { refreshSession(account: $account) { accessToken "
                    + "sessionId viewer { id } "
                    + "errors { code } } }",
                new { account = organisationId is null ? null : new { organisationId, personId } }))["refreshSession"]!;

        public async Task<JsonNode> AskAsync(string query, object? variables, string? token = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
            {
                Content = JsonContent.Create(new { query, variables }),
            };
            if (token is not null) request.Headers.Authorization = new("Bearer", token);
            using var response = await Http.SendAsync(request);
            return JsonNode.Parse(await response.Content.ReadAsStringAsync())!["data"]!;
        }

        public void Dispose() => _http?.Dispose();
    }
}
