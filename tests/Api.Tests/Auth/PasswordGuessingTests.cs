using System.Diagnostics;
using System.Net;
using System.Text;
using Messaging.Api.Auth;
using Messaging.Api.Security;
using Messaging.Application.Accounts;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>Whoever guesses is slowed down, keeps nobody out, and makes the product slower for nobody.</summary>
public sealed class PasswordGuessingTests
{
    private const string Eva = "eva.lindner@studio-lindner.example";
    private const string Dieter = "dieter.krause@baeckerei-krause.example";
    private const string Anna = "anna.sommer@kanzlei-sommer.example";
    private const string Right = "messaging-demo";
    private const string SignIn =
        "mutation($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { "
            + "accessToken errors { code } } }";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Strangers_keep_nobody_out_of_a_device_that_they_use()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:SignInAttempts"] = "20", ["Messaging:Proxies"] = "127.0.0.1, ::1" });
        using var evas = Device(product, "198.51.100.7");
        using var dieters = Device(product, "198.51.100.7");
        (await OutcomeAsync(evas, Eva, Right)).ShouldBe("in");
        (await OutcomeAsync(dieters, Dieter, Right)).ShouldBe("in");

        await FromEverywhereAsync(product, 20, Eva);
        using var stranger = Device(product, "198.51.100.7");
        var refused = await new GraphQLClient(stranger, null).SendAsync(SignIn, new { email = Eva, password = Right });
        refused.ErrorCode.ShouldBe("RATE_LIMITED");
        ((int)refused.Body["errors"]![0]!["extensions"]!["retryAfter"]!).ShouldBeInRange(1, 15 * 60);

        // Another's device is a stranger's, and so is one that somebody made up.
        (await OutcomeAsync(dieters, Eva, Right)).ShouldBe("RATE_LIMITED");
        using var forger = Device(
            product,
            "198.51.100.7",
            cookie: "messaging-device-"
                + new Uri(product.Address).Port
                + "="
                + new string('A', 48)
                + "."
                + new string('B', 48)
        );
        (await OutcomeAsync(forger, Eva, Right)).ShouldBe("RATE_LIMITED");
        (await OutcomeAsync(evas, Eva, Right)).ShouldBe("in");
        (await OutcomeAsync(evas, Eva, "mistyped")).ShouldBe("INVALID");
        (await OutcomeAsync(evas, Eva, Right)).ShouldBe("in");
    }

    [Fact]
    public async Task A_stolen_device_guesses_no_more_often_than_a_stranger_and_keeps_nobody_out_either()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:SignInAttempts"] = "3", ["Messaging:Proxies"] = "127.0.0.1, ::1" });
        using var stolen = Device(product, "198.51.100.7");
        (await OutcomeAsync(stolen, Eva, Right)).ShouldBe("in");
        for (var i = 0; i < 3; i++) (await OutcomeAsync(stolen, Eva, $"guess {i} guess")).ShouldBe("INVALID");
        (await OutcomeAsync(stolen, Eva, Right)).ShouldBe("RATE_LIMITED");
        using var elsewhere = Device(product, "198.51.100.8");
        (await OutcomeAsync(elsewhere, Eva, Right)).ShouldBe("in");
    }

    [Fact]
    public async Task Another_password_makes_strangers_of_all_devices_but_the_one_it_was_chosen_on()
    {
        const string chosen = "Zwetschgen 27 x";
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:SignInAttempts"] = "2", ["Messaging:Proxies"] = "127.0.0.1, ::1" });
        using var one = Device(product, "198.51.100.7");
        using var other = Device(product, "198.51.100.8");
        var eva = await GraphQLClient.SignInAsync(one, Eva, Right);
        (await OutcomeAsync(other, Eva, Right)).ShouldBe("in");

        // Since when a device is known, and since when a password is, is told in whole seconds.
        await Task.Delay(1_100, Cancellation);
        (
            await eva.QueryAsync(
                "mutation($new: String!) { changePassword(input: { currentPassword: \"messaging-demo\", "
                    + "newPassword: $new }) { errors { code } } }",
                new { @new = chosen }
            )
        )
            .At("changePassword.errors")
            .ShouldBe("[]");
        await FromEverywhereAsync(product, 2, Eva);
        (await OutcomeAsync(other, Eva, chosen)).ShouldBe("RATE_LIMITED");
        (await OutcomeAsync(one, Eva, chosen)).ShouldBe("in");
    }

    [Fact]
    public async Task Who_has_a_valid_invitation_is_kept_out_by_nobody()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:SignInAttempts"] = "1" });
        var anna = await product.SignInAsync(Anna);
        await anna.QueryAsync(
            """mutation { inviteAdministrator(input: { email: "neu@kanzlei-sommer.example", displayName: "Nele """
                + """Neu" }) { errors { code } } }"""
        );
        var mail = await product.Mail.WaitForMailAsync(m =>
            m.Recipients.Contains("neu@kanzlei-sommer.example")
            && m.Text.Contains("#token=", StringComparison.Ordinal));
        var token = System
            .Text.RegularExpressions.Regex.Match(mail.Message.TextBody!, @"#token=([\w-]{43})")
            .Groups[1]
            .Value;
        const string accept =
            "mutation($token: String!) { acceptInvitation(input: { token: $token, password: \"Zwetschgen 27 x\" "
                + "}) { viewer { displayName } errors { code } } }";
        for (var i = 0; i < 10; i++)
            (await product.Anonymous.QueryAsync(accept, new { token = $"guess {i}" }))
                .At("acceptInvitation.errors.0.code")
                .ShouldBe("NOT_FOUND");
        (await product.Anonymous.SendAsync(accept, new { token = "guess" })).ErrorCode.ShouldBe("RATE_LIMITED");
        var joined = await product.Anonymous.QueryAsync(accept, new { token });
        joined.At("acceptInvitation.errors").ShouldBe("[]", $"by the link of:\n{mail.Text}");
        joined.At("acceptInvitation.viewer.displayName").ShouldBe("Nele Neu");
    }

    [Fact]
    public async Task What_is_refused_is_kept_back_a_moment_so_that_a_loop_is_slow()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:SignInAttempts"] = "1" });
        var clock = Stopwatch.StartNew();
        (await OutcomeAsync(product.Http, "nobody@example.org", "guess-guess")).ShouldBe("INVALID");
        clock.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(390));
        clock.Restart();
        (await OutcomeAsync(product.Http, "nobody@example.org", "guess-guess")).ShouldBe("RATE_LIMITED");
        clock.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(390));
    }

    [Theory]
    [InlineData("2001:db8:0:1::{0}", 10)]
    [InlineData("2001:db8:0:{0}::1", 20)]
    [InlineData("2001:db8:0:{0}00::1", 40)]
    [InlineData("::ffff:203.0.113.9", 10)]
    [InlineData("203.0.113.9", 10)]
    public void A_network_guesses_so_often_whatever_address_of_it_is_used(string addresses, int times)
    {
        var throttle = new SignInThrottle(Options(attempts: 1), new FakeTimeProvider());
        var begun = 0;
        while (begun < 100)
        {
            var from = Network.Of(
                IPAddress.Parse(
                    string.Format(
                        System.Globalization.CultureInfo.InvariantCulture, addresses,
                        (begun + 1).ToString("x", System.Globalization.CultureInfo.InvariantCulture))
                )
            );
            if (throttle.Begin($"nobody-{begun}@example.org", from).Attempt is not { } attempt)
                break;
            attempt.Failed();
            attempt.Dispose();
            begun++;
        }

        begun.ShouldBe(times);
    }

    [Fact]
    public void What_failed_counts_for_a_window_and_success_not_at_all()
    {
        var clock = new FakeTimeProvider();
        var throttle = new SignInThrottle(Options(attempts: 3), clock);
        var here = Network.Of(IPAddress.Parse("203.0.113.9"));
        void Try(bool failed)
        {
            using var attempt = throttle.Begin(Eva, here).Attempt.ShouldNotBeNull();
            if (failed) attempt.Failed();
        }

        for (var i = 0; i < 10; i++) Try(failed: false);
        for (var i = 0; i < 3; i++)
        {
            Try(failed: true);
            clock.Advance(TimeSpan.FromMinutes(4));
        }

        var (none, tooMany) = throttle.Begin(Eva.ToUpperInvariant(), here);
        none.ShouldBeNull();
        tooMany!.What.ShouldBe("account");

        // Until the first is forgotten: after the step of three minutes that it was in, and four more.
        tooMany.RetryAfter.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(3));
        clock.Advance(tooMany.RetryAfter);
        Try(failed: false);
        Try(failed: true);
        throttle.Begin(Eva, here).Attempt.ShouldBeNull();
        clock.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 3; i++) Try(failed: true);
        throttle.Begin(Eva, here).Attempt.ShouldBeNull();
    }

    [Fact]
    public void Attempts_under_way_count_until_they_have_ended()
    {
        var throttle = new SignInThrottle(Options(attempts: 2), new FakeTimeProvider());
        var here = Network.Of(IPAddress.Loopback);
        var (one, two) = (throttle.Begin(Eva, here).Attempt!, throttle.Begin(Eva, here).Attempt!);
        throttle.Begin(Eva, here).TooMany!.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        one.Dispose();
        using (var three = throttle.Begin(Eva, here).Attempt.ShouldNotBeNull()) three.Failed();
        two.Failed();
        two.Dispose();
        throttle.Begin(Eva, here).Attempt.ShouldBeNull();
        throttle.BeginOn("a device").Attempt.ShouldNotBeNull();
    }

    /// <summary>
    /// The product in a process of its own, as others use it; the machine may be busy with other tests, so that the
    /// best of some tries counts.
    /// </summary>
    [Theory]
    [InlineData("2001:db8:1:1::{0}")]
    [InlineData("203.0.113.5")]
    [InlineData("{0}")]
    public async Task Thirty_two_connections_of_wrong_passwords_make_nobody_elses_lists_slow(string addresses)
    {
        await using var product = await ProductProcess.StartAsync(
            new()
            {
                ["Messaging__Proxies"] = "127.0.0.1",
                ["Messaging__Auth__PasswordRounds"] = $"{Passwords.Rounds}",
            });
        var anna = await product.SignInAsync(Anna);
        await ListsAsync(anna, TimeSpan.FromSeconds(1));
        var (number, ratio) = (0, double.MaxValue);
        for (var time = 0; time < 5 && ratio >= 3; time++)
        {
            var quiet = await ListsAsync(anna, TimeSpan.FromSeconds(1));
            using var stop = new CancellationTokenSource();
            var attackers = Enumerable
                .Range(0, 32)
                .Select(async _ =>
                {
                    using var http = new HttpClient { BaseAddress = new Uri(product.Address) };
                    while (!stop.IsCancellationRequested)
                    {
                        var i = Interlocked.Increment(ref number);
                        using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
                        {
                            Content = new StringContent(
                                $$"""{ "query": "mutation { signIn(input: { email: \"nobody-{{i}}@example.org\", password: \"Passwort1\" }) { errors { code } } }" }""",
                                Encoding.UTF8,
                                "application/json"
                            ),
                        };
                        var address =
                            addresses == "{0}"
                                ? new IPAddress([11, (byte)(i >> 16), (byte)(i >> 8), (byte)i]).ToString()
                                : addresses.Replace(
                                    "{0}", i.ToString("x", System.Globalization.CultureInfo.InvariantCulture),
                                    StringComparison.Ordinal);
                        request.Headers.Add("X-Forwarded-For", address);
                        (await http.SendAsync(request, Cancellation)).EnsureSuccessStatusCode();
                    }
                })
                .ToList();
            await Task.Delay(500, Cancellation);
            var during = await ListsAsync(anna, TimeSpan.FromSeconds(3));
            await stop.CancelAsync();
            await Task.WhenAll(attackers);
            ratio = during / quiet;
        }

        ratio.ShouldBeLessThan(3);
    }

    private static async Task<double> ListsAsync(GraphQLClient client, TimeSpan time)
    {
        var times = new List<double>();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < time;)
        {
            var began = Stopwatch.GetTimestamp();
            await client.QueryAsync("{ viewer { id } conversations(first: 20) { nodes { id subject } } }");
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await Task.Delay(20, Cancellation);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static async Task FromEverywhereAsync(RunningProduct product, int times, string email)
    {
        for (var i = 0; i < times; i++)
        {
            using var stranger = Device(product, $"192.0.2.{i + 1}");
            (await OutcomeAsync(stranger, email, $"guess {i} guess")).ShouldBe("INVALID");
        }
    }

    // A browser of its own: it keeps its cookies.
    private static HttpClient Device(RunningProduct product, string address, string? cookie = null)
    {
        var http = new HttpClient(new HttpClientHandler { UseCookies = cookie is null })
        {
            BaseAddress = new Uri(product.Address),
            DefaultRequestHeaders = { { "X-Forwarded-For", address } },
        };
        if (cookie is not null)
            http.DefaultRequestHeaders.Add("Cookie", cookie);
        return http;
    }

    private static async Task<string> OutcomeAsync(HttpClient http, string email, string password)
    {
        var answer = await new GraphQLClient(http, null).SendAsync(SignIn, new { email, password });
        return answer.ErrorCode
            ?? (
                answer.Data.At("signIn.accessToken").Length > 0 && answer.Data["signIn"]!["accessToken"] is not null
                    ? "in"
                    : answer.Data.At("signIn.errors.0.code")
            );
    }

    private static AuthOptions Options(int attempts) =>
        new(
            new byte[32], TimeSpan.FromHours(1), TimeSpan.FromMinutes(15), TimeSpan.FromHours(1), TimeSpan.FromDays(1),
            attempts, TimeSpan.FromMinutes(15), null);
}
