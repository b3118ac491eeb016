using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Messaging.Api.Auth;
using Messaging.Api.Security;
using Messaging.Api.Tests.Security;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>Another issuer's tokens are of whom it linked them to, and no trouble of the issuer's is ours.</summary>
public sealed class IssuerTokenTests
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Viewer = "{ viewer { email } }";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_subject_is_linked_once_and_found_by_itself_from_then_on()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        var lines = new SecurityLines();
        await using var product = await StartAsync(issuer, lines);

        foreach (
            var alike in (string[])
                [
                    "\uff41nna.sommer@kanzlei-sommer.example", "anna.\u017fommer@kanzlei-sommer.example",
                    "anna.sommer@\u212aanzlei-sommer.example", "anna.sommer\uff20kanzlei-sommer.example", Anna + " "
                ]
        )
            (await AskAsync(product, issuer.Issue(alike, subject: "thief"))).ShouldBe("401");
        (await AskAsync(product, issuer.Issue(Anna.ToUpperInvariant(), subject: "a-1"))).ShouldBe(Anna);
        (await AskAsync(product, issuer.Issue("anna.neu@anderswo.example", subject: "a-1"))).ShouldBe(Anna);
        (await AskAsync(product, issuer.Issue(Anna, subject: "thief"))).ShouldBe("401");
        (await AskAsync(product, issuer.Issue(Bernd, subject: "b-1"))).ShouldBe(Bernd);
        lines.Of(SecurityEvent.IssuerLinked).Count.ShouldBe(2);
        lines.Of(SecurityEvent.TokenRefused).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task While_the_issuer_is_away_only_its_own_tokens_wait()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        issuer.Instead = OidcIssuer.Fails;
        await using var product = await StartAsync(issuer);
        var own = await product.SignInAsync(Anna);

        var theirs = new GraphQLClient(product.Http, issuer.Issue(Anna));
        var away = await theirs.SendAsync(Viewer);
        (away.Status, away.ErrorMessage).ShouldBe(
            (503, "The issuer of this access token does not answer at the moment; try again."));
        using var file = await theirs.GetAsync($"/files/{Guid.NewGuid()}");
        ((int)file.StatusCode, file.Headers.RetryAfter!.ToString()).ShouldBe((503, "5"));
        await Should.ThrowAsync<InvalidOperationException>(() => LiveClient.OpenAsync(product.Address, theirs));

        // What says that it is of somebody else, or of us, or is nothing at all, is nobody's without asking anybody.
        using var rsa = RSA.Create(2048);
        var key = new RsaSecurityKey(rsa) { KeyId = "key-1" };
        foreach (
            var token in (string[])
                [
                    issuer.Issue(Anna, issuer: "https://somebody.example"), issuer.Issue(Anna, issuer: "messaging"),
                    "abc", "e30.e30.x", Jwt("{\"alg\":\"HS256\"}", "{}")
                ]
        )
            (await AskAsync(product, token)).ShouldBe("401");
        (await own.SendAsync(Viewer)).Status.ShouldBe(200);

        // Nobody makes it be asked more often.
        var asked = issuer.Asked;
        var clock = Stopwatch.StartNew();
        foreach (
            var answer in await Task.WhenAll(
                Enumerable.Range(0, 40).Select(i => AskAsync(product, issuer.Issue(Anna, subject: $"s{i}", key: key))))
        )
            answer.ShouldBe("503");
        (issuer.Asked - asked).ShouldBeLessThanOrEqualTo(2 + (int)(clock.Elapsed / Issuer.ShortestPause));

        issuer.Instead = null;
        for (var i = 0; i < 300 && await AskAsync(product, issuer.Issue(Anna)) == "503"; i++)
            await Task.Delay(100, Cancellation);
        (await AskAsync(product, issuer.Issue(Anna))).ShouldBe(Anna);

        // What it said stays true while it is away again.
        issuer.Instead = OidcIssuer.Fails;
        asked = issuer.Asked;
        (await AskAsync(product, issuer.Issue(Bernd))).ShouldBe(Bernd);
        issuer.Asked.ShouldBe(asked);
    }

    [Fact]
    public async Task An_issuer_that_hangs_holds_nobody_for_longer_than_it_may()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        issuer.Instead = OidcIssuer.Hangs;
        await using var product = await StartAsync(issuer);
        var own = await product.SignInAsync(Anna);
        var clock = Stopwatch.StartNew();
        var waiting = Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => AskAsync(product, issuer.Issue(Anna, subject: $"s{i}"))));
        (await own.SendAsync(Viewer)).Status.ShouldBe(200);
        (await waiting).ShouldAllBe(answer => answer == "503");
        clock.Elapsed.ShouldBeLessThan(Issuer.Patience + TimeSpan.FromSeconds(5));
        issuer.Asked.ShouldBeLessThanOrEqualTo(2);

        // From then on nobody waits, also while it is asked again.
        for (var i = 0; i < 300 && issuer.Asked < 2; i++) await Task.Delay(100, Cancellation);
        issuer.Asked.ShouldBe(2);
        clock.Restart();
        (await AskAsync(product, issuer.Issue(Anna))).ShouldBe("503");
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Keys_that_nobody_knows_make_the_issuer_be_asked_once()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var product = await StartAsync(issuer);
        (await AskAsync(product, issuer.Issue(Anna))).ShouldBe(Anna);
        var asked = issuer.Asked;
        using var rsa = RSA.Create(2048);
        for (var i = 0; i < 30; i++)
            (
                await AskAsync(
                    product,
                    issuer.Issue(Anna, subject: $"s{i}", key: new RsaSecurityKey(rsa) { KeyId = $"unknown-{i}" }))
            ).ShouldBe("401");
        (issuer.Asked - asked).ShouldBeLessThanOrEqualTo(2);
    }

    private static Task<RunningProduct> StartAsync(OidcIssuer issuer, SecurityLines? lines = null) =>
        RunningProduct.StartAsync(
            settings: new()
            {
                ["Messaging:Auth:Oidc:Authority"] = issuer.Authority,
                ["Messaging:Auth:Oidc:Audience"] = "messaging-api",
                ["Messaging:Auth:Oidc:RequireHttps"] = "false",
                ["Logging:LogLevel:Messaging.Security"] = lines is null ? "None" : "Information",
                ["Logging:LogLevel:Messaging.Api.Auth.Issuer"] = "None",
            },
            services: services =>
            {
                if (lines is not null)
                    services.AddSingleton<ILoggerProvider>(lines);
            }
        );

    // Whose a token is, or the status.
    private static async Task<string> AskAsync(RunningProduct product, string token)
    {
        var answer = await new GraphQLClient(product.Http, token).SendAsync(Viewer);
        return answer.Status == 200 ? answer.Data.At("viewer.email") : $"{answer.Status}";
    }

    private static string Jwt(string header, string payload) =>
        $"{Base64UrlEncoder.Encode(Encoding.UTF8.GetBytes(header))}.{Base64UrlEncoder.Encode(Encoding.UTF8.GetBytes(payload))}.abc";
}
