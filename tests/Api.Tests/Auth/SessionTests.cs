using System.Net;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Messaging.Api.Auth;
using Messaging.Application.Accounts;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Auth;

/// <summary>Sessions: how they begin, go on and end, and that their tokens end with them, on every path.</summary>
public sealed class SessionTests(SessionTests.Started started) : IClassFixture<SessionTests.Started>
{
    private const string Krause = "dieter.krause@baeckerei-krause.example";
    private const string Eva = "eva.lindner@studio-lindner.example";
    private const string Bernd = "bernd.winter@kanzlei-sommer.example";
    private const string Viewer = "{ viewer { id displayName } }";
    private const string Rename = "mutation { updateProfile(input: { locale: \"de\" }) { errors { code message } } }";
    private const string Listen = "subscription { conversationsUpdated { removedId } }";
    private const string Change =
        "mutation($from: String!, $to: String!) { changePassword(input: { currentPassword: $from, newPassword: "
            + "$to }) { accessToken errors { code message } } }";

    private static readonly TimeSpan s_grace = Sessions.Grace + TimeSpan.FromSeconds(5);

    private readonly RunningProduct _product = started.Product;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_password_ends_all_tokens_also_of_the_same_second_and_of_who_signs_in_meanwhile()
    {
        await using var product = await RunningProduct.StartAsync();
        var eva = await product.SignInAsync(Eva);
        var thieves = new List<GraphQLClient>();
        var password = "messaging-demo";
        for (var round = 0; round < 3; round++)
        {
            // Up to the moment in which the password changes, and while it does.
            var known = password;
            using var changed = new CancellationTokenSource();
            var thief = Task.Run(
                async () =>
                {
                    while (!changed.IsCancellationRequested)
                    {
                        try
                        {
                            thieves.Add(await product.SignInAsync(Eva, known));
                        }
                        catch (InvalidOperationException)
                        {
                            return;
                        }
                    }
                },
                Cancellation);
            await Task.Delay(300, Cancellation);
            password = $"ein besseres Kennwort {round}";
            var answer = await eva.QueryAsync(Change, new { from = known, to = password });
            var after = DateTimeOffset.UtcNow;
            await changed.CancelAsync();
            await thief;
            thieves.Count.ShouldBeGreaterThan(1);

            // Those of the moment; of more than fifty at once a network would hear that it has too many connections.
            foreach (var stolen in thieves.TakeLast(20))
            {
                (await stolen.SendAsync(Rename)).ErrorCode.ShouldBe("UNAUTHENTICATED");
                (await stolen.SendAsync(Viewer)).Status.ShouldBe(401);
                await Should.ThrowAsync<InvalidOperationException>(() => LiveClient.OpenAsync(product.Address, stolen));
            }

            (DateTimeOffset.UtcNow - after).ShouldBeLessThan(TimeSpan.FromSeconds(5));
            thieves.Clear();
            eva = new GraphQLClient(product.Http, answer.At("changePassword.accessToken"));
            (await eva.SendAsync(Viewer)).Status.ShouldBe(200);
            (await eva.SendAsync(Rename)).Status.ShouldBe(200);
        }
    }

    [Fact]
    public async Task Signing_out_ends_the_token_at_once_on_every_path()
    {
        var (bernd, other) = (await _product.SignInAsync(Bernd), await _product.SignInAsync(Bernd));
        await using var live = await LiveClient.OpenAsync(_product.Address, bernd);
        await live.SubscribeAsync("1", Listen);
        await using var stays = await LiveClient.OpenAsync(_product.Address, other);
        await stays.SubscribeAsync("1", Listen);
        var file = (await other.UploadAsync("a.txt", "text/plain", "text"u8.ToArray())).Data.At("uploadFile.file.url");
        (await bernd.GetAsync(file)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var stream = await StreamAsync(bernd, Listen);

        (await bernd.QueryAsync("mutation { signOut { errors { code } } }")).At("signOut.errors").ShouldBe("[]");
        (await bernd.SendAsync(Viewer)).Status.ShouldBe(401);
        (await bernd.SendAsync(Rename)).Status.ShouldBe(401);
        (await bernd.GetAsync(file)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await bernd.UploadAsync("b.txt", "text/plain", "text"u8.ToArray())).Status.ShouldBe(401);
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4403);
        await Should.ThrowAsync<InvalidOperationException>(() => LiveClient.OpenAsync(_product.Address, bernd));
        await Should.ThrowAsync<Exception>(async () =>
        {
            await using var text = await stream.Content.ReadAsStreamAsync(Cancellation);
            while (await text.ReadAsync(new byte[100], Cancellation) > 0) { }
        });

        // The other session goes on.
        (await other.SendAsync(Viewer)).Status.ShouldBe(200);
        await stays.SubscribeAsync("2", Listen);
    }

    [Fact]
    public async Task On_other_nodes_commands_end_at_once_and_everything_else_within_five_seconds()
    {
        var several = new Dictionary<string, string?> { ["Messaging:Nodes"] = "several" };
        await using var product = await RunningProduct.StartAsync(settings: several);
        await using var second = await product.StartNodeAsync(several);
        async Task<(GraphQLClient There, LiveClient Live)> OnBothAsync(GraphQLClient here)
        {
            var there = new GraphQLClient(second.Http, here.Token);
            (await there.SendAsync(Viewer)).Status.ShouldBe(200);
            (await there.SendAsync(Rename)).Status.ShouldBe(200);
            (await there.SendAsync(Rename)).Status.ShouldBe(200);
            var live = await LiveClient.OpenAsync(second.Address, there);
            await live.SubscribeAsync("1", Listen);
            return (there, live);
        }

        async Task IsOutAsync(GraphQLClient there, LiveClient live)
        {
            // At once, though this node has just found the token to be good.
            (await there.SendAsync(Rename)).ErrorCode.ShouldBe("UNAUTHENTICATED");
            await live.SendAsync(new { id = "2", type = "subscribe", payload = new { query = Rename } });
            var answer = await live.ReceiveAsync();
            if (answer is not null)
                ((string?)answer["payload"]?["errors"]?[0]?["extensions"]?["code"]).ShouldBe("UNAUTHENTICATED");
            var until = DateTimeOffset.UtcNow.AddSeconds(7);
            while (DateTimeOffset.UtcNow < until && (await there.SendAsync(Viewer)).Status == 200)
                await Task.Delay(100, Cancellation);
            (await there.SendAsync(Viewer)).Status.ShouldBe(401);

            // It may be closed already, sooner than the command is answered.
            while (answer is not null) answer = await live.ReceiveAsync(TimeSpan.FromSeconds(7));
            live.CloseCode.ShouldBe(4403);
            await live.DisposeAsync();
        }

        var krause = await product.SignInAsync(Krause);
        var (there, live) = await OnBothAsync(krause);
        await krause.QueryAsync("mutation { signOut { errors { code } } }");
        await IsOutAsync(there, live);

        var eva = await product.SignInAsync(Eva);
        (there, live) = await OnBothAsync(eva);
        var now = await eva.QueryAsync(Change, new { from = "messaging-demo", to = "ein besseres Kennwort" });
        await IsOutAsync(there, live);
        (await new GraphQLClient(second.Http, now.At("changePassword.accessToken")).SendAsync(Rename)).Status.ShouldBe(
            200);

        var (bernd, another) = (await product.SignInAsync(Bernd), await product.SignInAsync(Bernd));
        (there, live) = await OnBothAsync(bernd);
        (await another.QueryAsync("mutation { endOtherSessions { endedCount errors { code } } }"))
            .At("endOtherSessions.endedCount")
            .ShouldBe("1");
        await IsOutAsync(there, live);
    }

    [Theory]
    [InlineData(-600)]
    [InlineData(600)]
    public async Task Clocks_of_nodes_that_are_minutes_apart_change_nothing(int seconds)
    {
        await using var product = await RunningProduct.StartAsync();
        await using var second = await product.StartNodeAsync(services: s =>
            s.AddSingleton<TimeProvider>(new OffClock(TimeSpan.FromSeconds(seconds)))
        );
        var stolen = new GraphQLClient(product.Http, (await second.SignInAsync(Eva)).Token);
        var eva = await product.SignInAsync(Eva);
        var changed = await new GraphQLClient(second.Http, eva.Token).SendAsync(
            Change, new { from = "messaging-demo", to = "ein besseres Kennwort" });

        // By a clock that is ahead the token has not begun; then it is changed where it was issued.
        if (changed.Status == 401)
            changed = await eva.SendAsync(Change, new { from = "messaging-demo", to = "ein besseres Kennwort" });
        foreach (var node in (RunningProduct[])[product, second])
            (await new GraphQLClient(node.Http, stolen.Token).SendAsync(Rename)).ErrorCode.ShouldBe("UNAUTHENTICATED");
        (await product.SignInAsync(Eva, "ein besseres Kennwort")).Token.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_token_of_the_version_before_works_for_its_time_or_until_another_password_and_becomes_a_session()
    {
        await using var product = await RunningProduct.StartAsync();
        var eva = await product.SignInAsync(Eva);
        var person = (await eva.QueryAsync(Viewer)).At("viewer.id");
        var tenant = (await eva.QueryAsync("{ organisation { id } }")).At("organisation.id");
        string Old(DateTime issued, DateTime expires) =>
            new JsonWebTokenHandler().CreateToken(
                new SecurityTokenDescriptor
                {
                    Issuer = "messaging",
                    Audience = "messaging",
                    IssuedAt = issued,
                    NotBefore = issued,
                    Expires = expires,
                    Subject = new ClaimsIdentity([new Claim("sub", person), new Claim("org", tenant)]),
                    SigningCredentials = new SigningCredentials(
                        new SymmetricSecurityKey(product.Services.GetRequiredService<AuthOptions>().SigningKey),
                        "HS256"),
                }
            );
        var expires = DateTime.UtcNow.AddHours(3);
        var old = Old(DateTime.UtcNow.AddHours(-9), expires);
        var before = new GraphQLClient(product.Http, old);
        (await before.SendAsync(Viewer)).Status.ShouldBe(200);
        (await before.SendAsync(Rename)).Status.ShouldBe(200);
        (await before.QueryAsync("mutation { signOut { errors { code } } }"))
            .At("signOut.errors.0.code")
            .ShouldBe("NOT_FOUND");

        using var page = new CookieClient(product.Address);
        var begun = await page.RefreshAsync(headers: ("Authorization", $"Bearer {old}"));
        begun.At("viewer.displayName").ShouldBe("Eva Lindner");
        DateTimeOffset.Parse(begun.At("sessionExpiresAt"), null).UtcDateTime.ShouldBe(expires, TimeSpan.FromSeconds(1));
        (await page.RefreshAsync()).At("viewer.displayName").ShouldBe("Eva Lindner");

        // One with a session is nothing to begin another with, nor is one that has ended.
        using var thief = new CookieClient(product.Address);
        (await thief.RefreshAsync(headers: ("Authorization", $"Bearer {eva.Token}")))
            .At("errors.0.code")
            .ShouldBe("NOT_FOUND");
        var sameSecond = Old(DateTime.UtcNow, expires);
        await eva.QueryAsync(Change, new { from = "messaging-demo", to = "ein besseres Kennwort" });
        (await before.SendAsync(Viewer)).Status.ShouldBe(401);
        (await new GraphQLClient(product.Http, sameSecond).SendAsync(Viewer)).Status.ShouldBe(401);
        (await page.RefreshAsync()).At("errors.0.code").ShouldBe("NOT_FOUND");
        (await thief.RefreshAsync(headers: ("Authorization", $"Bearer {sameSecond}")))
            .ToJsonString()
            .ShouldContain("UNAUTHENTICATED");
    }

    [Fact]
    public async Task A_browser_has_a_short_token_and_a_cookie_that_no_script_and_no_other_site_can_use()
    {
        using var page = new CookieClient(_product.Address);
        var answer = await page.SignInAsync(Krause);
        var expires = DateTimeOffset.Parse(answer.At("expiresAt"), null);
        expires.ShouldBe(DateTimeOffset.UtcNow.AddMinutes(15), TimeSpan.FromSeconds(10));
        var cookie = page.SetCookie!;
        cookie.ShouldStartWith($"messaging-{new Uri(_product.Address).Port}=");
        foreach (var attribute in (string[])["path=/graphql", "samesite=strict", "httponly"])
            cookie.ShouldContain(attribute, Case.Insensitive);
        cookie.ShouldNotContain("secure", Case.Insensitive);
        DateTimeOffset
            .Parse(
                cookie.Split(';').Single(p => p.Trim().StartsWith("expires=", StringComparison.Ordinal)).Split('=')[1],
                null)
            .ShouldBe(DateTimeOffset.UtcNow.AddMinutes(720), TimeSpan.FromSeconds(30));

        // By https, as a proxy says.
        await using var behind = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Proxies"] = "127.0.0.1, ::1" });
        using var https = new HttpClient
        {
            BaseAddress = new Uri(behind.Address),
            DefaultRequestHeaders = { { "X-Forwarded-Proto", "https" } },
        };
        using var signIn = new StringContent(
            """{ "query": "mutation { signIn(input: { email: \"eva.lindner@studio-lindner.example\", password: """
                + """\"messaging-demo\", cookie: true }) { accessToken } }" }""",
            System.Text.Encoding.UTF8, "application/json");
        var secure = (await https.PostAsync("/graphql", signIn, Cancellation)).Headers.GetValues("Set-Cookie")
            .Single(c => !c.Contains("messaging-device", StringComparison.Ordinal));
        secure.ShouldStartWith("__Secure-messaging-");
        secure.ShouldContain("; secure", Case.Insensitive);

        // A page of another site, or of another port.
        foreach (var site in (string[])["cross-site", "same-site"])
            (await page.RefreshAsync(null, ("Sec-Fetch-Site", site))).ToJsonString().ShouldContain("BAD_USER_INPUT");
        (await page.RefreshAsync(null, ("Sec-Fetch-Site", "same-origin")))
            .At("viewer.displayName")
            .ShouldBe("Dieter Krause");
        using var form = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Content = new StringContent("""{ "query": "mutation { signOut { errors { code } } }" }"""),
        };
        form.Headers.Add("Cookie", $"messaging-{new Uri(_product.Address).Port}={page.RefreshToken}");
        (await _product.Http.SendAsync(form, Cancellation)).StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);

        // It serves for nothing but going on and signing out.
        (await new GraphQLClient(_product.Http, null).SendAsync(Viewer)).ErrorCode.ShouldBe("UNAUTHENTICATED");
        page.Token.ShouldNotBeNull();
        (await page.SignOutAsync()).At("errors").ShouldBe("[]");
        page.SetCookie!.ShouldContain("1970");
        page.ClearSiteData.ShouldBe("\"cache\"");
        (await page.RefreshAsync(page.RefreshToken)).At("errors.0.code").ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task Two_tabs_that_ask_at_once_and_an_answer_that_was_lost_go_on_with_the_same_next_token()
    {
        using var page = new CookieClient(_product.Address);
        var session = (await page.SignInAsync(Krause)).At("sessionId");
        var first = page.RefreshToken;
        var tabs = Enumerable.Range(0, 8).Select(_ => new CookieClient(_product.Address)).ToList();
        var answers = await Task.WhenAll(tabs.Select(tab => tab.RefreshAsync(first)));
        answers.Select(a => a.At("sessionId")).Distinct().ShouldBe([session]);
        var second = tabs.Select(t => t.RefreshToken).Distinct().ShouldHaveSingleItem();
        second.ShouldNotBe(first);

        // The answer was lost: the tab has the first one still.
        using var late = new CookieClient(_product.Address);
        (await late.RefreshAsync(first)).At("sessionId").ShouldBe(session);
        late.RefreshToken.ShouldBe(second);
        (await late.RefreshAsync(second)).At("sessionId").ShouldBe(session);
        await LetPassAsync(session, s_grace);
        (await late.RefreshAsync(second)).At("sessionId").ShouldBe(session);
        late.RefreshToken.ShouldNotBe(second);
        foreach (var tab in tabs) tab.Dispose();
    }

    [Fact]
    public async Task A_refresh_token_that_was_exchanged_long_ago_ends_the_session_for_both()
    {
        using var page = new CookieClient(_product.Address);
        var session = (await page.SignInAsync(Krause)).At("sessionId");
        var stolen = page.RefreshToken;
        await page.RefreshAsync();
        await LetPassAsync(session, s_grace);
        await page.RefreshAsync();
        (await page.Api.SendAsync(Viewer)).Status.ShouldBe(200);
        var good = page.Api;

        using var thief = new CookieClient(_product.Address);
        (await thief.RefreshAsync(stolen)).At("errors.0.code").ShouldBe("NOT_FOUND");
        (await page.RefreshAsync()).At("errors.0.code").ShouldBe("NOT_FOUND");
        (await good.SendAsync(Viewer)).Status.ShouldBe(401);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_refresh_token_that_was_made_up_is_none(string made)
    {
        using var page = new CookieClient(_product.Address);
        (await page.RefreshAsync(made)).At("errors.0.code").ShouldBe("NOT_FOUND");
        await page.SignInAsync(Krause);
        var changed = page.RefreshToken[..^1] + (page.RefreshToken[^1] == 'A' ? 'E' : 'A');
        (await page.RefreshAsync(changed)).At("errors.0.code").ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task Nobody_is_signed_out_by_a_restart_nor_by_asking_another_node()
    {
        await using var product = await RunningProduct.StartAsync();
        using var page = new CookieClient(product.Address);
        var session = (await page.SignInAsync(Eva)).At("sessionId");
        var key = (await page.RefreshAsync()).At("storageKey");
        Convert.FromBase64String(key).Length.ShouldBe(32);
        await product.StopAsync();
        await product.StartAgainAsync();
        (await page.Api.SendAsync(Viewer)).Status.ShouldBe(200);
        var again = await page.RefreshAsync();
        (again.At("sessionId"), again.At("storageKey")).ShouldBe((session, key));

        await using var second = await product.StartNodeAsync();
        using var there = new CookieClient(second.Address);
        (await there.RefreshAsync(page.RefreshToken)).At("sessionId").ShouldBe(session);
        (await there.Api.SendAsync(Rename)).Status.ShouldBe(200);
        using var others = new CookieClient(product.Address);
        (await others.SignInAsync(Krause)).At("storageKey").ShouldNotBe(key);
    }

    [Fact]
    public async Task A_session_in_a_browser_ends_without_use_and_after_its_longest_time()
    {
        await using var product = await RunningProduct.StartAsync(settings: new()
        {
            ["Messaging:Auth:SessionIdleMinutes"] = "60",
            ["Messaging:Auth:SessionMinutes"] = "90",
        });
        using var page = new CookieClient(product.Address);
        var answer = await page.SignInAsync(Eva);
        var session = answer.At("sessionId");
        await LetPassAsync(product, session, TimeSpan.FromMinutes(50));
        answer = await page.RefreshAsync();
        answer.At("sessionId").ShouldBe(session);
        DateTimeOffset
            .Parse(answer.At("sessionExpiresAt"), null)
            .ShouldBe(DateTimeOffset.UtcNow.AddMinutes(40), TimeSpan.FromSeconds(30));
        await LetPassAsync(product, session, TimeSpan.FromMinutes(45));
        (await page.RefreshAsync()).At("errors.0.code").ShouldBe("NOT_FOUND");

        session = (await page.SignInAsync(Eva)).At("sessionId");
        await LetPassAsync(product, session, TimeSpan.FromMinutes(61));
        (await page.RefreshAsync()).At("errors.0.code").ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task People_see_where_they_are_signed_in_and_end_what_is_not_theirs()
    {
        await using var product = await RunningProduct.StartAsync();
        using var page = new CookieClient(product.Address);
        var mine = (await page.SignInAsync(Eva)).At("sessionId");
        var script = await product.SignInAsync(Eva);
        var krause = await product.SignInAsync(Krause);
        var sessions = (
            await page.Api.QueryAsync(
                "{ viewer { sessions { id device network inBrowser isCurrent startedAt lastUsedAt expiresAt } } }")
        )["viewer"]!["sessions"]!.AsArray();
        sessions.Count.ShouldBe(2);
        var current = sessions.Single(s => s.At("isCurrent") == "true")!;
        (current.At("id"), current.At("device"), current.At("inBrowser"), current.At("network")).ShouldBe(
            (mine, "Firefox, Windows", "true", "127.0.0.0/24"));
        var other = sessions.Single(s => s.At("isCurrent") == "false")!;
        (other.At("inBrowser"), other.At("device")).ShouldBe(("false", ""));
        DateTimeOffset
            .Parse(other.At("expiresAt"), null)
            .ShouldBe(DateTimeOffset.UtcNow.AddMinutes(720), TimeSpan.FromSeconds(30));

        const string end =
            "mutation($id: ID!) { endSession(input: { id: $id }) { viewer { sessions { id } } errors { code path } } }";
        foreach (var foreign in (string[])[other.At("id"), Guid.NewGuid().ToString(), "nonsense", "\0"])
            (await krause.QueryAsync(end, new { id = foreign })).At("endSession.errors.0.code").ShouldBe("NOT_FOUND");
        (await script.SendAsync(Viewer)).Status.ShouldBe(200);
        var ended = await page.Api.QueryAsync(end, new { id = other.At("id") });
        ended.At("endSession.errors").ShouldBe("[]");
        ended["endSession"]!["viewer"]!["sessions"]!.AsArray().Count.ShouldBe(1);
        (await script.SendAsync(Viewer)).Status.ShouldBe(401);

        // What takes the place of a browser's session ends it.
        await page.SignInAsync(Eva);
        (await page.Api.QueryAsync("{ viewer { sessions { id } } }"))["viewer"]!["sessions"]!
            .AsArray()
            .Count.ShouldBe(1);
        (await page.Api.QueryAsync("mutation { endOtherSessions { endedCount } }"))
            .At("endOtherSessions.endedCount")
            .ShouldBe("0");
    }

    [Fact]
    public async Task What_a_program_calls_itself_is_kept_short_and_harmless()
    {
        foreach (
            var (agent, device) in ((string, string)[])
                [
                    (
                        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
                            + "like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                        "Safari, iPhone"
                    ),
                    (
                        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                            + "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
                        "Edge, Windows"
                    ),
                    (
                        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
                            + "Chrome/138.0.0.0 Mobile Safari/537.36",
                        "Chrome, Android"
                    ),
                    ("curl/8.14.1", "curl"),
                    ("<script>alert(1)</script>", ""),
                    (new string('x', 500), new string('x', 40)),
                ]
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/graphql")
            {
                Content = new StringContent(
                    $$"""{ "query": "mutation { signIn(input: { email: \"{{Krause}}\", password: \"messaging-demo\" }) { accessToken } }" }""",
                    System.Text.Encoding.UTF8, "application/json"),
            };
            request.Headers.TryAddWithoutValidation("User-Agent", agent);
            using var response = await _product.Http.SendAsync(request, Cancellation);
            var token = JsonNode
                .Parse(await response.Content.ReadAsStringAsync(Cancellation))
                .At("data.signIn.accessToken");
            (await new GraphQLClient(_product.Http, token).QueryAsync("{ viewer { sessions { device isCurrent } } }"))[
                "viewer"
            ]!["sessions"]!
                .AsArray()
                .Single(s => s.At("isCurrent") == "true")
                .At("device")
                .ShouldBe(device);
        }
    }

    [Fact]
    public async Task There_are_so_many_sessions_of_a_person_and_the_oldest_goes()
    {
        await using var product = await RunningProduct.StartAsync();
        using var page = new CookieClient(product.Address);
        await page.SignInAsync(Eva);
        var browser = page.Api;
        var first = await product.SignInAsync(Eva);
        await FillAsync(product, await IdOfAsync(first), Sessions.TokensMaximum, inBrowser: false);
        (await first.SendAsync(Viewer)).Status.ShouldBe(200);
        var last = await product.SignInAsync(Eva);
        (await first.SendAsync(Rename)).ErrorCode.ShouldBe("UNAUTHENTICATED");
        (await browser.SendAsync(Viewer)).Status.ShouldBe(200);
        (await last.QueryAsync("{ viewer { sessions { id } } }"))["viewer"]!["sessions"]!
            .AsArray()
            .Count.ShouldBe(Sessions.TokensMaximum + 1);

        // Those in browsers have a number of their own, and the one that is used stays.
        await FillAsync(product, await IdOfAsync(browser), Sessions.BrowsersMaximum, inBrowser: true);
        using var another = new CookieClient(product.Address);
        await another.SignInAsync(Eva);
        (await last.QueryAsync("{ viewer { sessions { id } } }"))["viewer"]!["sessions"]!.AsArray()
            .Count.ShouldBe(Sessions.TokensMaximum + Sessions.BrowsersMaximum);
        (await another.Api.SendAsync(Viewer)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_connection_stays_with_the_next_token_of_its_session_and_ends_with_another_ones()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:BrowserTokenMinutes"] = "1" });
        using var page = new CookieClient(product.Address);
        await page.SignInAsync(Bernd);
        await using var live = await LiveClient.OpenAsync(product.Address, page.Api);
        await using var left = await LiveClient.OpenAsync(product.Address, page.Api);
        await live.SubscribeAsync("1", Listen);

        // What has begun to arrive is taken in, however long it takes.
        using var slow = new HttpRequestMessage(HttpMethod.Post, "/graphql")
        {
            Headers = { { "GraphQL-Preflight", "1" } },
        };
        slow.Headers.Authorization = new("Bearer", page.Token);
        slow.Content = new MultipartFormDataContent
        {
            {
                new StringContent(
                    """{ "query": "mutation($file: Upload!) { uploadFile(input: { file: $file }) { file { name """
                        + """} errors { code } } }", "variables": { "file": null } }"""
                ),
                "operations"
            },
            { new StringContent("""{ "0": ["variables.file"] }"""), "map" },
            { new SlowContent(TimeSpan.FromSeconds(70)), "0", "langsam.txt" },
        };
        var uploading = product.Http.SendAsync(slow, Cancellation);
        await Task.Delay(TimeSpan.FromSeconds(35), Cancellation);
        await page.RefreshAsync();
        await live.SendAsync(new { type = "ping", payload = new { authorization = $"Bearer {page.Token}" } });
        ((string?)(await live.ReceiveAsync())!["type"]).ShouldBe("pong");
        (await left.ReceiveAsync()).ShouldBeNull();
        left.CloseCode.ShouldBe(4403);
        await Task.Delay(TimeSpan.FromSeconds(5), Cancellation);
        await live.SubscribeAsync("2", Listen);
        using var uploaded = await uploading;
        (await uploaded.Content.ReadAsStringAsync(Cancellation)).ShouldContain("langsam.txt");

        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        await live.SendAsync(new { type = "ping", payload = new { authorization = $"Bearer {anna.Token}" } });
        (await live.ReceiveAsync()).ShouldBeNull();
        live.CloseCode.ShouldBe(4403);
    }

    [Theory]
    [InlineData("TokenMinutes", "1000000", "1 to 43200")]
    [InlineData("TokenMinutes", "0", "1 to 43200")]
    [InlineData("BrowserTokenMinutes", "61", "1 to 60")]
    [InlineData("SessionIdleMinutes", "130000", "1 to 129600")]
    [InlineData("SessionMinutes", "-1", "1 to 129600")]
    public async Task A_time_that_is_too_long_is_said_at_the_start(string name, string value, string says) =>
        (
            await Should.ThrowAsync<InvalidOperationException>(
                RunningProduct.StartAsync(settings: new() { [$"Messaging:Auth:{name}"] = value }))
        ).Message.ShouldContain(says);

    [Fact]
    public async Task A_token_costs_a_look_up_in_five_seconds_and_no_command_a_round_trip_more()
    {
        var bernd = await _product.SignInAsync(Bernd);
        (await bernd.SendAsync(Rename)).Status.ShouldBe(200);
        var looked = 0;
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = source => source.Name is "Npgsql",
            Sample = (ref System.Diagnostics.ActivityCreationOptions<System.Diagnostics.ActivityContext> _) =>
                System.Diagnostics.ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (
                    activity.GetTagItem("db.query.text") is string text
                    && text.Contains("messaging.sessions", StringComparison.Ordinal)
                    && text.Contains("messaging.accounts", StringComparison.Ordinal)
                )
                    Interlocked.Increment(ref looked);
            },
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);
        for (var i = 0; i < 20; i++) (await bernd.SendAsync(Viewer)).Status.ShouldBe(200);
        looked.ShouldBeLessThan(3);
    }

    private async Task<HttpResponseMessage> StreamAsync(GraphQLClient who, string query)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/graphql?query={Uri.EscapeDataString(query)}");
        request.Headers.Authorization = new("Bearer", who.Token);
        request.Headers.Accept.ParseAdd("text/event-stream");
        var response = await _product.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return response;
    }

    private static async Task<Guid> IdOfAsync(GraphQLClient who) =>
        Guid.Parse(
            (await who.QueryAsync("{ viewer { sessions { id isCurrent } } }"))["viewer"]!["sessions"]!
                .AsArray()
                .Single(s => s.At("isCurrent") == "true")
                .At("id")
        );

    private Task LetPassAsync(string session, TimeSpan time) => LetPassAsync(_product, session, time);

    // The clock is the database's, which no test may set: it is the session that is older.
    private static async Task LetPassAsync(RunningProduct product, string session, TimeSpan time)
    {
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        await using var command = database.CreateCommand(
            """
            update messaging.sessions set started_at = started_at - $2, last_used_at = last_used_at - $2,
                expires_at = expires_at - $2,
                ends_at = ends_at - $2, rotated_at = rotated_at - $2
            where id = $1
            """);
        command.Parameters.Add(new() { Value = Guid.Parse(session) });
        command.Parameters.Add(new() { Value = time });
        (await command.ExecuteNonQueryAsync(Cancellation)).ShouldBe(1);
    }

    // As if the person of a session had signed in again and again since: so many in all.
    private static async Task FillAsync(RunningProduct product, Guid session, int count, bool inBrowser)
    {
        await using var database = NpgsqlDataSource.Create(product.ConnectionString);
        await using var command = database.CreateCommand(
            """
            insert into messaging.sessions (
                tenant_id, id, person_id, started_at, last_used_at, expires_at, ends_at, password_set_at, generation,
                    network, device)
            select tenant_id, gen_random_uuid(), person_id, started_at + n * interval '1 millisecond',
                last_used_at + n * interval '1 millisecond', expires_at,
                ends_at, password_set_at, case when $3 then 0 end, network, device
            from messaging.sessions, generate_series(1, $2 - 1) as n where id = $1
            """);
        command.Parameters.Add(new() { Value = session });
        command.Parameters.Add(new() { Value = count });
        command.Parameters.Add(new() { Value = inBrowser });
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    // A thousand bytes a second, for so long: slower ones are cut off.
    private sealed class SlowContent(TimeSpan time) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var i = 0; i < time.TotalSeconds; i++)
            {
                await stream.WriteAsync(new byte[1_000]);
                await stream.FlushAsync();
                await Task.Delay(1_000);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class OffClock(TimeSpan off) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + off;
    }

    public sealed class Started : IAsyncLifetime
    {
        public RunningProduct Product { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Product = await RunningProduct.StartAsync();

        public async ValueTask DisposeAsync() => await Product.DisposeAsync();
    }
}
