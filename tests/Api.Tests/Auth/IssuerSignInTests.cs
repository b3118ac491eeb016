using System.Security.Claims;
using System.Security.Cryptography;
using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>
/// Whoever comes back from the issuer's page is who it vouches for, in this sign-in and for this client, or nobody. The
/// page itself, of a certified provider, is in the tests of the web client.
/// </summary>
public sealed class IssuerSignInTests
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Client = "messaging-web";
    private const string Back = "https://nachrichten.example/sign-in/issuer";

    private const string Enter =
        "mutation($code: String!, $nonce: String!) { signInWithIssuer(input: { code: $code, codeVerifier: "
            + "\"verifier\", nonce: $nonce, redirectUri: \"https://nachrichten.example/sign-in/issuer\" }) { accessToken viewer { "
            + "email } errors { code path reason message } } }";

    [Fact]
    public async Task Whoever_the_issuer_vouches_for_in_this_sign_in_has_a_session_that_needs_no_other_factor()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var product = await StartAsync(issuer);
        IFormCollection? sent = null;
        issuer.Tokens = form =>
        {
            sent = form;
            return form["code"] == "good" ? new { id_token = TokenOf(issuer, Anna), access_token = "a" } : null;
        };
        (await EnterAsync(product, "bad")).ShouldBe("INVALID code");
        var entered = await product.Anonymous.QueryAsync(Enter, new { code = "good", nonce = "n-1" });
        entered.At("signInWithIssuer.viewer.email").ShouldBe(Anna);
        (sent!["grant_type"].ToString(), sent["client_id"].ToString(), sent["redirect_uri"].ToString(),
            sent["code_verifier"].ToString(), sent.ContainsKey("client_secret")).ShouldBe(
            ("authorization_code", Client, Back, "verifier", false));

        // A session as any: it is listed and ends. The issuer's factor counts where the office requires one.
        var anna = new GraphQLClient(product.Http, entered.At("signInWithIssuer.accessToken"));
        (await anna.QueryAsync("{ viewer { sessions { isCurrent } } }")).At("viewer.sessions").ShouldContain("true");
        (await anna.QueryAsync("mutation { requireSecondFactor(input: { isRequired: true }) { errors { code } } }")).At(
            "requireSecondFactor.errors").ShouldBe("[]");
        (await anna.QueryAsync("{ viewer { email } }")).At("viewer.email").ShouldBe(Anna);
        issuer.Tokens = _ => new { id_token = TokenOf(issuer, Bernd) };
        (await EnterAsync(product, "good")).ShouldBe(Bernd);
        (await product.Anonymous.QueryAsync(
            "mutation($email: String!) { signIn(input: { email: $email, password: \"messaging-demo\" }) { errors { "
                + "reason } } }", new { email = Bernd })).At("signIn.errors.0.reason").ShouldBe(
            "SECOND_FACTOR_IS_MISSING");
        (await anna.QueryAsync("mutation { signOut { errors { code } } }")).At("signOut.errors").ShouldBe("[]");
        await Waiting.UntilAsync(async () =>
            (await anna.SendAsync("{ viewer { id } }")).ErrorCode == "UNAUTHENTICATED");
    }

    [Fact]
    public async Task What_the_issuer_did_not_say_to_us_in_this_sign_in_is_nothing()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var product = await StartAsync(issuer);
        using var rsa = RSA.Create(2048);
        var key = new RsaSecurityKey(rsa) { KeyId = "key-1" };
        foreach (
            var (why, token) in (ValueTuple<string, string>[])
                [
                    ("nonce", issuer.Issue(Anna, audience: Client, more: new Claim("nonce", "n-2"))),
                    ("no nonce", issuer.Issue(Anna, audience: Client)),
                    ("audience", issuer.Issue(Anna, more: new Claim("nonce", "n-1"))),
                    ("party", TokenOf(issuer, Anna, new Claim("azp", "another"))),
                    ("issuer", issuer.Issue(
                        Anna, audience: Client, issuer: "https://evil.example", more: new Claim("nonce", "n-1"))),
                    ("key", issuer.Issue(Anna, audience: Client, key: key, more: new Claim("nonce", "n-1"))),
                    ("expired", issuer.Issue(
                        Anna, audience: Client, expires: DateTime.UtcNow.AddMinutes(-2),
                        more: new Claim("nonce", "n-1"))),
                    ("nothing", "abc"),
                ])
        {
            issuer.Tokens = _ => new { id_token = token };
            (await EnterAsync(product, "good")).ShouldBe("INVALID code", why);
        }

        issuer.Tokens = _ => new { access_token = "a" };
        (await EnterAsync(product, "good")).ShouldBe("INVALID code");
        issuer.Tokens = _ => "neither";
        (await EnterAsync(product, "good")).ShouldBe("INVALID code");

        // It knows them, and nobody here does; or it does not vouch for the address.
        issuer.Tokens = _ => new { id_token = TokenOf(issuer, "nobody@nowhere.example") };
        (await EnterAsync(product, "good")).ShouldBe("NOT_FOUND code ISSUER_VOUCHES_FOR_NOBODY");
        issuer.Tokens = _ => new
        {
            id_token = issuer.Issue(Anna, verified: false, audience: Client, more: new Claim("nonce", "n-1")),
        };
        (await EnterAsync(product, "good")).ShouldBe("NOT_FOUND code ISSUER_VOUCHES_FOR_NOBODY");

        // It fails, or says nothing.
        issuer.Instead = OidcIssuer.Fails;
        var away = await product.Anonymous.SendAsync(Enter, new { code = "good", nonce = "n-1" });
        away.ErrorMessage.ShouldBe("The issuer of this access token does not answer at the moment; try again.");
        (await product.SignInAsync(Anna)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Whoever_was_invited_and_comes_by_the_issuer_has_joined()
    {
        const string nele = "nele@kanzlei-sommer.example";
        const string people = "{ administrators { nodes { email joined invitedAt } } }";
        await using var issuer = await OidcIssuer.StartAsync();
        await using var product = await StartAsync(issuer);
        var anna = await product.SignInAsync(Anna);
        await anna.QueryAsync(
            "mutation($email: String!) { inviteAdministrator(input: { email: $email, displayName: \"Nele\" }) { errors { "
                + "code } } }", new { email = nele });
        (await NeleAsync()).At("joined").ShouldBe("false");
        issuer.Tokens = _ => new { id_token = TokenOf(issuer, nele) };
        (await EnterAsync(product, "good")).ShouldBe(nele);
        (await NeleAsync()).ToJsonString().ShouldBe($$"""{"email":"{{nele}}","joined":true,"invitedAt":null}""");
        (await EnterAsync(product, "good")).ShouldBe(nele);

        async Task<System.Text.Json.Nodes.JsonNode> NeleAsync() =>
            (await anna.QueryAsync(people))["administrators"]!["nodes"]!.AsArray().Single(n => n.At("email") == nele)!;
    }

    [Fact]
    public async Task An_address_that_only_user_info_has_counts_and_so_does_how_people_signed_in_there()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var product = await StartAsync(issuer, acr: "gold silver");
        issuer.Tokens = _ => new
        {
            id_token = issuer.IssueWithoutAddress("s-1", Client, new Claim("nonce", "n-1"), new Claim("acr", "silver")),
            access_token = "secret",
        };
        issuer.UserInfo = by => by == "Bearer secret" ? new { sub = "s-2", email = Anna, email_verified = true } : null;
        (await EnterAsync(product, "good")).ShouldBe("NOT_FOUND code ISSUER_VOUCHES_FOR_NOBODY");
        issuer.UserInfo = by => by == "Bearer secret" ? new { sub = "s-1", email = Anna, email_verified = true } : null;
        (await EnterAsync(product, "good")).ShouldBe(Anna);
        issuer.Tokens = _ => new { id_token = TokenOf(issuer, Anna, new Claim("acr", "bronze")) };
        (await EnterAsync(product, "good")).ShouldBe("INVALID code");
        issuer.Tokens = _ => new { id_token = TokenOf(issuer, Anna) };
        (await EnterAsync(product, "good")).ShouldBe("INVALID code");
    }

    [Fact]
    public async Task The_page_is_told_of_the_issuer_only_where_one_signs_in_by_it()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var product = await StartAsync(issuer, acr: "gold");
        await Waiting.UntilAsync(async () =>
            (await product.Http.GetStringAsync("/settings.json")).Contains(
                $"\"issuer\":{{\"authorizationEndpoint\":\"{issuer.Authority}/authorize\",\"clientId\":\"messaging-web\","
                    + "\"scope\":\"openid email\",\"acrValues\":\"gold\"}",
                StringComparison.Ordinal));
        await using var other = await RunningProduct.StartAsync();
        (await other.Http.GetStringAsync("/settings.json", TestContext.Current.CancellationToken)).ShouldContain(
            "\"issuer\":null");
        (await EnterAsync(other, "good")).ShouldBe("CONFLICT");
    }

    private static string TokenOf(OidcIssuer issuer, string email, params Claim[] more) =>
        issuer.Issue(email, audience: Client, more: [new Claim("nonce", "n-1"), .. more]);

    private static async Task<string> EnterAsync(RunningProduct product, string code)
    {
        var answer = (await product.Anonymous.QueryAsync(Enter, new { code, nonce = "n-1" }))["signInWithIssuer"]!;
        return answer["errors"]!.AsArray() is [{ } error]
            ? $"{error.At("code")} {error.At("path.0")} {error.At("reason")}".TrimEnd()
            : answer.At("viewer.email");
    }

    private static Task<RunningProduct> StartAsync(OidcIssuer issuer, string? acr = null) =>
        RunningProduct.StartAsync(settings: new()
        {
            ["Messaging:Auth:Oidc:Authority"] = issuer.Authority,
            ["Messaging:Auth:Oidc:Audience"] = "messaging-api",
            ["Messaging:Auth:Oidc:ClientId"] = Client,
            ["Messaging:Auth:Oidc:RequireHttps"] = "false",
            ["Messaging:Auth:Oidc:AcrValues"] = acr,
        });
}
