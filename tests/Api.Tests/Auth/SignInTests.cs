using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Messaging.Api.Tests.Hosting;
using Messaging.TestSupport;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

public sealed class SignInTests
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Carla = "carla.herbst@kanzlei-sommer.example";
    private const string SignIn =
        "mutation($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { "
            + "accessToken expiresAt viewer { displayName role } errors { code message path } } }";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_works_until_it_expires()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var product = await RunningProduct.StartAsync(services: s => s.AddSingleton<TimeProvider>(clock));
        var anna = await product.SignInAsync(Anna);
        (await anna.QueryAsync("{ viewer { displayName } }")).At("viewer.displayName").ShouldBe("Anna Sommer");
        clock.Advance(TimeSpan.FromMinutes(719));
        (await anna.SendAsync("{ viewer { displayName } }")).Status.ShouldBe(200);
        clock.Advance(TimeSpan.FromMinutes(2));
        var late = await anna.SendAsync("{ viewer { displayName } }");
        (late.Status, late.ErrorCode).ShouldBe((401, "UNAUTHENTICATED"));
    }

    [Fact]
    public async Task An_unknown_address_and_a_wrong_password_get_the_same_answer()
    {
        await using var product = await RunningProduct.StartAsync();
        var wrong = await product.Anonymous.SendAsync(SignIn, new { email = Anna, password = "wrong-password" });
        var unknown = await product.Anonymous.SendAsync(
            SignIn, new { email = "nobody@kanzlei-sommer.example", password = "wrong-password" });
        var odd = await product.Anonymous.SendAsync(SignIn, new { email = "\0", password = "\0" });
        wrong.Data.At("signIn.errors.0.code").ShouldBe("INVALID");
        unknown.Body.ToJsonString().ShouldBe(wrong.Body.ToJsonString());
        odd.Body.ToJsonString().ShouldBe(wrong.Body.ToJsonString());
        var right = await product.Anonymous.SendAsync(
            SignIn, new { email = " Anna.SOMMER@kanzlei-sommer.example ", password = "messaging-demo" });
        right.Data.At("signIn.viewer.displayName").ShouldBe("Anna Sommer");
    }

    [Fact]
    public async Task Guessing_is_slowed_down()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:SignInAttempts"] = "3" });
        for (var i = 0; i < 3; i++)
            (await product.Anonymous.SendAsync(SignIn, new { email = Anna, password = $"guess-{i}-guess" }))
                .Data.At("signIn.errors.0.code")
                .ShouldBe("INVALID");
        (
            await product.Anonymous.SendAsync(SignIn, new { email = Anna, password = "messaging-demo" })
        ).ErrorCode.ShouldBe("RATE_LIMITED");
        (await product.Anonymous.SendAsync(SignIn, new { email = Carla, password = "messaging-demo" }))
            .Data.At("signIn.viewer.displayName")
            .ShouldBe("Carla Herbst");
    }

    [Fact]
    public async Task Guessing_is_no_faster_at_once_by_aliases_in_batches_or_over_a_WebSocket()
    {
        const int most = 3;
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:SignInAttempts"] = $"{most}" });
        var bernd = await product.SignInAsync("bernd.winter@kanzlei-sommer.example");
        string Guess(string email, int i) =>
            $$"""signIn(input: { email: "{{email}}", password: "guess-{{i}}-guess" }) """
                + $$"""{ accessToken errors { code } }""";

        // One attempt at most in a request, so that none of these counts.
        var aliases = await product.Anonymous.SendAsync(
            "mutation { " + string.Join(' ', Enumerable.Range(0, 10).Select(i => $"a{i}: {Guess(Anna, i)}")) + " }");
        aliases.ErrorCode.ShouldBe("QUERY_TOO_COMPLEX");
        using var batch = new StringContent(
            JsonSerializer.Serialize(
                Enumerable
                    .Range(0, 10)
                    .Select(i => new { query = $"mutation {{ {Guess("batch@kanzlei-sommer.example", i)} }}" })
            ),
            Encoding.UTF8,
            "application/json"
        );
        var answers = JsonNode
            .Parse(
                await (await product.Http.PostAsync("/graphql", batch, Cancellation)).Content.ReadAsStringAsync(
                    Cancellation)
            )!
            .AsArray();
        answers.Count(a => a.At("data.signIn.errors.0.code") == "INVALID").ShouldBe(1);
        answers.Count(a => a.At("errors.0.extensions.code") == "QUERY_TOO_COMPLEX").ShouldBe(9);

        // At once, and the rest over a WebSocket, where somebody of the office guesses another's.
        var guesses = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => product.Anonymous.SendAsync($"mutation {{ {Guess(Carla, i)} }}")));
        guesses.Count(g => g.ErrorCode == "RATE_LIMITED").ShouldBe(12 - most);
        await using var live = await LiveClient.OpenAsync(product.Address, bernd);
        for (var i = 0; i < most + 2; i++)
        {
            await live.SendAsync(
                new
                {
                    id = $"{i}",
                    type = "subscribe",
                    payload = new { query = $"mutation {{ {Guess(Anna, i)} }}" },
                }
            );
            var answer = (await live.NextPayloadAsync($"{i}"))!;
            if (i < most) answer.At("data.signIn.errors.0.code").ShouldBe("INVALID");
            else answer.At("errors.0.extensions.code").ShouldBe("RATE_LIMITED");
            await live.ReceiveAsync();
        }
        (
            await product.Anonymous.SendAsync(SignIn, new { email = Anna, password = "messaging-demo" })
        ).ErrorCode.ShouldBe("RATE_LIMITED");
    }

    [Fact]
    public async Task One_network_address_tries_ten_times_as_often_whomever_it_guesses()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:SignInAttempts"] = "1" });
        for (var i = 0; i < 10; i++)
            (
                await product.Anonymous.SendAsync(
                    SignIn, new { email = $"nobody-{i}@kanzlei-sommer.example", password = "guess-guess" })
            )
                .Data.At("signIn.errors.0.code")
                .ShouldBe("INVALID");
        (
            await product.Anonymous.SendAsync(
                SignIn, new { email = "nobody-10@kanzlei-sommer.example", password = "guess-guess" })
        ).ErrorCode.ShouldBe("RATE_LIMITED");
        var invitation = await product.Anonymous.SendAsync(
            """mutation { acceptInvitation(input: { token: "guess", password: "guess-guess" }) { errors { code } } }"""
        );
        invitation.ErrorCode.ShouldBe("RATE_LIMITED");
    }

    [Theory]
    [InlineData("127.0.0.1, ::1", true)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData(null, false)]
    public async Task Who_comes_through_a_trusted_proxy_has_an_address_of_their_own_and_nobody_else_can_say_so(
        string? proxies, bool isTrusted)
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:SignInAttempts"] = "1", ["Messaging:Proxies"] = proxies });
        for (var i = 0; i < 12; i++)
        {
            // The last address is what the proxy itself saw; what stands before it anybody can write.
            using var http = new HttpClient
            {
                BaseAddress = new Uri(product.Address),
                DefaultRequestHeaders = { { "X-Forwarded-For", $"203.0.113.1, 198.51.100.{i}" } },
            };
            var answer = await new GraphQLClient(http, null).SendAsync(
                SignIn, new { email = $"nobody-{i}@kanzlei-sommer.example", password = "guess-guess" });
            if (isTrusted || i < 10)
                answer.Data.At("signIn.errors.0.code").ShouldBe("INVALID");
            else
                answer.ErrorCode.ShouldBe("RATE_LIMITED");
        }
    }

    [Fact]
    public async Task A_proxy_that_is_no_address_is_said_at_the_start() =>
        (
            await Should.ThrowAsync<InvalidOperationException>(
                RunningProduct.StartAsync(settings: new() { ["Messaging:Proxies"] = "proxy.example" }))
        ).Message.ShouldContain("proxy.example");

    [Fact]
    public async Task Whoever_is_deactivated_is_out()
    {
        await using var product = await RunningProduct.StartAsync();
        var (anna, carla) = (await product.SignInAsync(Anna), await product.SignInAsync(Carla));
        var id = (await carla.QueryAsync("{ viewer { id } }")).At("viewer.id");
        (
            await anna.QueryAsync(
                "mutation($id: ID!) { deactivateAdministrator(input: { id: $id }) { administrator { active } "
                    + "errors { code } } }",
                new { id }
            )
        )
            .At("deactivateAdministrator.administrator.active")
            .ShouldBe("false");

        // At once, where it was done; another node asks some seconds later.
        (await carla.SendAsync("mutation { registerCustomer(input: { name: \"N\" }) { errors { code } } }"))
            .ErrorCode.ShouldBe("UNAUTHENTICATED");
        (await carla.SendAsync("{ conversations { nodes { id } } }")).ErrorCode.ShouldBe("UNAUTHENTICATED");
        (await product.Anonymous.SendAsync(SignIn, new { email = Carla, password = "messaging-demo" }))
            .Data.At("signIn.errors.0.code")
            .ShouldBe("INVALID");
    }

    [Fact]
    public async Task Somebody_invited_joins_by_the_link_in_the_mail_once()
    {
        await using var product = await RunningProduct.StartAsync();
        var anna = await product.SignInAsync(Anna);
        var invited = await anna.QueryAsync(
            """mutation { inviteAdministrator(input: { email: "neu@kanzlei-sommer.example", displayName: "Nele """
                + """Neu" }) { administrator { id active } errors { code message } } }"""
        );
        invited.At("inviteAdministrator.errors").ShouldBe("[]");
        var mail = await product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains("neu@kanzlei-sommer.example") && m.Text.Contains("#token=", StringComparison.Ordinal)
        );
        var link = mail.Text.Split('\n', ' ').First(l => l.Contains("#token=", StringComparison.Ordinal)).Trim();
        link.ShouldStartWith("https://nachrichten.example/invitation#token=");
        var token = link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..];
        const string accept =
            "mutation($token: String!, $password: String!) { acceptInvitation(input: { token: $token, password: "
                + "$password }) { accessToken viewer { displayName } errors { code path } } }";
        foreach (
            var weak in (string[])["short", "Nele Neu 1", "neu@kanzlei-sommer.example", "KanzleiSommer", "passwort"])
            (await product.Anonymous.QueryAsync(accept, new { token, password = weak }))
                .At("acceptInvitation.errors.0.path")
                .ShouldBe("[\"password\"]", weak);
        var joined = await product.Anonymous.QueryAsync(accept, new { token, password = "ein langes Passwort" });
        joined.At("acceptInvitation.viewer.displayName").ShouldBe("Nele Neu");
        (await product.Anonymous.QueryAsync(accept, new { token, password = "ein anderes Passwort" }))
            .At("acceptInvitation.errors.0.code")
            .ShouldBe("NOT_FOUND");
        var nele = await product.SignInAsync("neu@kanzlei-sommer.example", "ein langes Passwort");
        (await nele.QueryAsync("{ conversationCounts { total } }")).At("conversationCounts.total").ShouldBe("5");
    }

    [Fact]
    public async Task An_external_issuer_says_who_somebody_is_and_their_account_what_they_may()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var product = await RunningProduct.StartAsync(settings: new()
        {
            ["Messaging:Auth:Oidc:Authority"] = issuer.Authority,
            ["Messaging:Auth:Oidc:Audience"] = "messaging-api",
            ["Messaging:Auth:Oidc:RequireHttps"] = "false",
        });
        GraphQLClient With(string token) => new(product.Http, token);
        async Task<string> ViewerAsync(string token) =>
            (await With(token).SendAsync("{ viewer { displayName role organisation { name } } }"))
                is { Status: 200 } answer
                ? answer.Data.At("viewer.displayName")
                : "nobody";

        (await ViewerAsync(issuer.Issue(Anna))).ShouldBe("Anna Sommer");
        (await ViewerAsync(issuer.Issue("eva.lindner@studio-lindner.example"))).ShouldBe("Eva Lindner");
        (await ViewerAsync((await product.SignInAsync(Anna)).Token!)).ShouldBe("Anna Sommer");

        (await ViewerAsync(issuer.Issue(Anna, verified: false))).ShouldBe("nobody");
        (await ViewerAsync(issuer.Issue(Anna, verified: "perhaps"))).ShouldBe("nobody");
        (await ViewerAsync(issuer.Issue("nobody@kanzlei-sommer.example"))).ShouldBe("nobody");
        (await ViewerAsync(issuer.Issue(Anna, audience: "another-api"))).ShouldBe("nobody");
        (await ViewerAsync(issuer.Issue(Anna, issuer: "https://somebody.example"))).ShouldBe("nobody");
        (await ViewerAsync(issuer.Issue(Anna, expires: DateTime.UtcNow.AddMinutes(-5)))).ShouldBe("nobody");
        using var rsa = RSA.Create(2048);
        (await ViewerAsync(issuer.Issue(Anna, key: new RsaSecurityKey(rsa) { KeyId = "key-1" }))).ShouldBe("nobody");
        (
            await ViewerAsync(
                issuer.Issue(
                    Anna, key: new SymmetricSecurityKey(issuer.PublicKey) { KeyId = "key-1" },
                    algorithm: SecurityAlgorithms.HmacSha256)
            )
        ).ShouldBe("nobody");
    }

    [Fact]
    public async Task With_a_tenant_claim_the_organisation_comes_from_the_token()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var product = await RunningProduct.StartAsync(
            settings: new()
            {
                ["Messaging:Auth:Oidc:Authority"] = issuer.Authority,
                ["Messaging:Auth:Oidc:Audience"] = "messaging-api",
                ["Messaging:Auth:Oidc:RequireHttps"] = "false",
                ["Messaging:Auth:Oidc:TenantClaim"] = "organisation",
            }
        );
        var sommer = (await (await product.SignInAsync(Anna)).QueryAsync("{ organisation { id } }")).At(
            "organisation.id");
        async Task<int> StatusAsync(params Claim[] claims) =>
            (
                await new GraphQLClient(product.Http, issuer.Issue(Anna, more: claims)).SendAsync("{ viewer { id } }")
            ).Status;

        (await StatusAsync(new Claim("organisation", sommer))).ShouldBe(200);
        (await StatusAsync(new Claim("organisation", Guid.CreateVersion7().ToString()))).ShouldBe(401);
        (await StatusAsync()).ShouldBe(401);
    }

    [Fact]
    public async Task Outside_Development_there_are_no_demo_accounts_and_the_first_owner_comes_by_a_command()
    {
        await using var database = await TestDatabase.CreateAsync();
        using var directory = new TempDirectory();
        var (code, _, error) = await RunAsync(
            database, directory, "", "create-organisation", "--name", "Kanzlei Beispiel");
        (code, error).ShouldSatisfyAllConditions(
            () => code.ShouldBe(2), () => error.ShouldContain("--email is missing"));
        (code, _, error) = await RunAsync(database, directory, "short", [.. s_createOrganisation]);
        (code, error).ShouldSatisfyAllConditions(
            () => code.ShouldBe(1), () => error.ShouldContain("password must have at least 8 characters"));
        (code, _, error) = await RunAsync(database, directory, "Kanzlei-Beispiel", [.. s_createOrganisation]);
        (code, error).ShouldSatisfyAllConditions(
            () => code.ShouldBe(1), () => error.ShouldContain("password is hardly more than a name"));
        (code, var output, error) = await RunAsync(
            database, directory, "ein langes Passwort", [.. s_createOrganisation]);
        code.ShouldBe(0, error);
        output.ShouldContain("Created organisation");

        await using var product = await RunningProduct.StartAsync(
            "Production", new() { ["ConnectionStrings:Messaging"] = database.ConnectionString });
        var erika = await product.SignInAsync("erika@beispiel.example", "ein langes Passwort");
        var seen = await erika.QueryAsync(
            "{ viewer { displayName organisation { name settings { notificationEmail } } } conversationCounts { "
                + "total } administrators { nodes { isOwner } } }"
        );
        seen.At("viewer.organisation.name").ShouldBe("Kanzlei Beispiel");
        seen.At("conversationCounts.total").ShouldBe("0");
        seen.At("administrators.nodes.0.isOwner").ShouldBe("true");
        (await product.Anonymous.SendAsync(SignIn, new { email = Anna, password = "messaging-demo" }))
            .Data.At("signIn.errors.0.code")
            .ShouldBe("INVALID");
        (await erika.SendAsync("{ __schema { queryType { name } } }")).ErrorCode.ShouldBe("BAD_USER_INPUT");
    }

    private static readonly string[] s_createOrganisation =
    [
        "create-organisation", "--name", "Kanzlei Beispiel", "--email", "buchhaltung@beispiel.example", "--owner-name",
        "Erika Muster", "--owner-email", "erika@beispiel.example"
    ];

    private static Task<(int Code, string Output, string Error)> RunAsync(
        TestDatabase database, TempDirectory directory, string password, params string[] arguments) =>
        OperatorsCommand.RunAsync(
            database.ConnectionString, directory.Path, arguments, ("MESSAGING_OWNER_PASSWORD", password));
}
