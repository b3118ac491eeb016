using System.Net;
using System.Text;
using Messaging.Api.Security;
using Messaging.Domain;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Security;

/// <summary>
/// Whoever watches the log sees what happens to the doors, without reading who people are, and no attack fills the disk
/// with it.
/// </summary>
public sealed class SecurityLogTests
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Eva = "eva.lindner@studio-lindner.example";
    private const string Auditor = "pruefung@kanzlei-sommer.example";
    private const string Password = "messaging-demo";
    private const string SignIn =
        "mutation($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { "
            + "accessToken errors { code } } }";

    private static readonly Dictionary<string, string?> s_settings = new()
    {
        ["Messaging:Proxies"] = "127.0.0.1",
        ["Logging:LogLevel:Messaging.Security"] = "Information",
    };

    [Fact]
    public async Task It_tells_of_everything_that_happens_to_the_doors_and_of_nobody_by_name()
    {
        var lines = new SecurityLines();
        await using var product = await RunningProduct.StartAsync(
            settings: new(s_settings) { ["Messaging:Auth:SignInAttempts"] = "3" },
            services: s => s.AddSingleton<ILoggerProvider>(lines));
        var cancellation = TestContext.Current.CancellationToken;
        product.Http.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.77");
        var anna = await product.SignInAsync(Anna);
        var eva = await product.SignInAsync(Eva);
        var auditor = await product.SignInAsync(Auditor);
        var evasId = (await eva.QueryAsync("{ viewer { id organisation { id } } }")).At("viewer.id");

        // Each in its way, with what must not be told.
        for (var i = 0; i < 3; i++)
            await product.Anonymous.SendAsync(
                SignIn, new { email = "Fremder.Name@example.org", password = "geheimes-kennwort" });
        (
            await product.Anonymous.SendAsync(
                SignIn, new { email = "fremder.name@example.org", password = "geheimes-kennwort" })
        ).ErrorCode.ShouldBe("RATE_LIMITED");
        await product.Anonymous.SendAsync(
            """mutation { acceptInvitation(input: { token: "geheimer-token", password: "Zwetschgen 27 x" }) { """
                + """errors { code } } }"""
        );
        await eva.SendAsync(
            """mutation { changePassword(input: { currentPassword: "geheimes-kennwort", """
                + """newPassword: "Zwetschgen 27 x" }) { errors { code } } }"""
        );
        await eva.SendAsync(
            """mutation { changePassword(input: { currentPassword: "messaging-demo", newPassword: "Zwetschgen """
                + """27 x" }) { errors { code } } }"""
        );
        await new GraphQLClient(product.Http, "geheimer-token").SendAsync("{ viewer { id } }");
        await new GraphQLClient(product.Http, "geheimer-token").GetAsync($"/files/{Guid.NewGuid()}");
        await product.Anonymous.GetAsync($"/files/{Guid.NewGuid()}");
        await product.Anonymous.SendAsync("{ geheim: viewer { id } }");
        await (await product.SignInAsync(Eva, "Zwetschgen 27 x")).SendAsync(
            "{ geheim: administrators { nodes { id } } }");
        await auditor.SendAsync(
            """mutation { registerCustomer(input: { name: "Geheim GmbH" }) { errors { code } } }"""
        );
        using var large = new ByteArrayContent(
            Encoding.UTF8.GetBytes("{\"query\":\"" + new string('x', 2 * 1024 * 1024)))
        {
            Headers = { ContentType = new("application/json") },
        };

        // It waits for leave to send: the answer comes before the body, and whoever still sends then may see a broken
        // connection instead.
        using var patient = new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(1) };
        using var other = new HttpClient(patient)
        {
            BaseAddress = new Uri(product.Address),
            DefaultRequestHeaders = { { "X-Forwarded-For", "203.0.113.78" }, { "Expect", "100-continue" } },
        };
        (await other.PostAsync("/graphql", large, cancellation)).StatusCode.ShouldBe(
            HttpStatusCode.RequestEntityTooLarge);
        await anna.QueryAsync(
            """mutation { inviteAdministrator(input: { email: "neu.hier@kanzlei-sommer.example", """
                + """displayName: "Nele Neu" }) { errors { code } } }"""
        );
        var mail = await product.Mail.WaitForMailAsync(m => m.Recipients.Contains("neu.hier@kanzlei-sommer.example"));
        var token = System
            .Text.RegularExpressions.Regex.Match(mail.Message.TextBody!, @"#token=([\w-]{43})")
            .Groups[1]
            .Value;
        (
            await product.Anonymous.QueryAsync(
                "mutation($token: String!) { acceptInvitation(input: { token: $token, password: \"Zwetschgen 27 "
                    + "x\" }) { errors { code } } }",
                new { token }
            )
        )
            .At("acceptInvitation.errors")
            .ShouldBe("[]");

        lines.Of(SecurityEvent.SignedIn).Select(l => l.Fields["Person"]).ShouldContain(evasId);
        lines.Of(SecurityEvent.SignInRefused).Count.ShouldBe(1);
        var account = lines.Of(SecurityEvent.SignInRefused)[0].Fields["Account"];
        account.ShouldBe(product.Services.GetRequiredService<SecurityLog>().NameOf("fremder.name@example.org"));
        lines.Of(SecurityEvent.SignInLimited).Single().Fields["Account"].ShouldBe(account);
        lines.Of(SecurityEvent.InvitationRefused).Count.ShouldBe(1);
        lines.Of(SecurityEvent.InvitationAccepted).Count.ShouldBe(1);
        lines.Of(SecurityEvent.PasswordRefused).Single().Fields["Person"].ShouldBe(evasId);
        lines.Of(SecurityEvent.PasswordChanged).Single().Fields["Person"].ShouldBe(evasId);
        lines.Of(SecurityEvent.TokenRefused).Count.ShouldBe(2);
        lines
            .Of(SecurityEvent.AccessDenied)
            .Select(l => l.Fields["Detail"])
            .Order(StringComparer.Ordinal)
            .ShouldBe(["RegisterCustomerCommand", "administrators", "files", "viewer"]);
        lines
            .Of(SecurityEvent.AccessDenied)
            .Single(l => l.Fields["Detail"] == "administrators")
            .Fields["Person"]
            .ShouldBe(evasId);
        lines.Of(SecurityEvent.RequestRefused).Single().Fields["Detail"].ShouldBe("status 413");
        lines.All.ShouldAllBe(l => l.Fields["Network"] == "203.0.113.0/24");

        foreach (
            var secret in (string[])
                [
                    "@", "Fremder", "fremder", "example.org", "eheim", "Sommer", "Nele", "neu.hier", "Zwetschgen",
                    Password, token, anna.Token!, "203.0.113.77"
                ]
        )
            lines.All.ShouldAllBe(l => !l.Text.Contains(secret, StringComparison.Ordinal), secret);
    }

    [Fact]
    public async Task What_is_repeated_is_counted_and_told_once_a_minute()
    {
        var (log, lines, clock) = Create();
        await log.StartAsync(CancellationToken.None);
        for (var i = 0; i < 500; i++)
            log.Record(
                SecurityEvent.SignInRefused, Network.Of(IPAddress.Parse("198.51.100.9")), account: "eva@example.org");
        lines.All.Count.ShouldBe(1);
        await AfterAMinuteAsync(clock, () => lines.All.Count == 2);
        lines.All.Sum(l => l.Times).ShouldBe(500);

        // It begins anew.
        log.Record(
            SecurityEvent.SignInRefused, Network.Of(IPAddress.Parse("198.51.100.9")), account: "eva@example.org");
        lines.All.Count.ShouldBe(3);
        await log.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task An_attack_from_everywhere_on_everybody_fills_no_disk_and_hides_nothing_else()
    {
        var (log, lines, clock) = Create();
        await log.StartAsync(CancellationToken.None);
        for (var i = 0; i < 10_000; i++)
            log.Record(
                SecurityEvent.SignInRefused, Network.Of(new IPAddress([10, (byte)(i / 250), (byte)(i % 250), 1])),
                account: $"nobody-{i}@example.org");
        var eva = new Caller("org", new Actor.Contact(Guid.NewGuid(), Guid.NewGuid()));
        log.Record(SecurityEvent.PasswordChanged, Network.Of(IPAddress.Loopback), eva);
        lines.Of(SecurityEvent.SignInRefused).Count.ShouldBe(SecurityLog.MostLines);
        lines.Of(SecurityEvent.PasswordChanged).Single().Fields["Person"].ShouldBe(eva.Actor.Id.ToString());
        await AfterAMinuteAsync(clock, () => lines.Of(SecurityEvent.SignInRefused).Count == SecurityLog.MostLines + 1);
        lines.Of(SecurityEvent.SignInRefused).Sum(l => l.Times).ShouldBe(10_000);
        lines.Of(SecurityEvent.SignInRefused).ShouldAllBe(l => l.Text.Length < 300);
        await log.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task What_was_gathered_is_told_when_the_product_stops()
    {
        var (log, lines, _) = Create();
        await log.StartAsync(CancellationToken.None);
        for (var i = 0; i < 3; i++) log.Record(SecurityEvent.TokenRefused, Network.Of(IPAddress.Loopback));
        await log.StopAsync(CancellationToken.None);
        lines.All.Sum(l => l.Times).ShouldBe(3);
    }

    [Theory]
    [InlineData("203.0.113.5", "203.0.113.5", "203.0.113.0/24", "")]
    [InlineData("::ffff:203.0.113.5", "203.0.113.5", "203.0.113.0/24", "")]
    [InlineData("2001:db8:0:1::7", "2001:db8:0:1::/64", "2001:db8:0:1::/64", "2001:db8::/56 2001:db8::/48")]
    [InlineData(
        "2001:db8:0:1ff:8000::", "2001:db8:0:1ff::/64", "2001:db8:0:1ff::/64", "2001:db8:0:100::/56 2001:db8::/48")]
    [InlineData("fe80::1%1", "fe80::/64", "fe80::/64", "fe80::/56 fe80::/48")]
    public void A_network_is_one_thing_everywhere(string address, string name, string shown, string wider)
    {
        var network = Network.Of(IPAddress.Parse(address));
        (network.Name, network.Shown, string.Join(' ', network.Wider)).ShouldBe((name, shown, wider));
    }

    private static (SecurityLog Log, SecurityLines Lines, FakeTimeProvider Clock) Create()
    {
        var (lines, clock) = (new SecurityLines(), new FakeTimeProvider());
        return (new SecurityLog(new byte[32], LoggerFactory.Create(b => b.AddProvider(lines)), clock), lines, clock);
    }

    // The timer may not be waiting yet.
    private static async Task AfterAMinuteAsync(FakeTimeProvider clock, Func<bool> isTold)
    {
        for (var i = 0; i < 200 && !isTold(); i++)
        {
            clock.Advance(SecurityLog.Period);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        isTold().ShouldBeTrue();
    }
}
