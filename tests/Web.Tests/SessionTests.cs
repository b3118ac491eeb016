using System.Security.Claims;
using System.Text.Json;
using System.Text.RegularExpressions;
using Messaging.Api.Auth;
using Messaging.TestSupport.Product;
using Messaging.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>Who is signed in in a browser, in all of its tabs, and what is left of them afterwards.</summary>
public sealed class SessionTests(Browser browser)
{
    private const string Write = "Schreiben Sie einen neuen Kommentar";
    private const string Secret = "Vertraulich: der Lohn von Frau Yılmaz";

    [Fact]
    public async Task A_reload_and_a_second_tab_go_on_and_nothing_that_lets_in_is_where_scripts_could_read_it()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await anna.Screen.Field(Write).FillAsync(Secret);
        (await KeptAsync(anna.Page)).ShouldNotContain("eyJ");
        (await anna.Page.EvaluateAsync<string>("() => document.cookie")).ShouldBeEmpty();
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync(Secret);

        var second = await SecondTabAsync(anna, $"/conversations/{id}");
        await Expect(second.Locator("body").Field(Write)).ToHaveValueAsync(Secret);
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Signing_out_signs_all_tabs_out_and_leaves_nothing_that_anybody_could_read()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober", "Der Text eines Kommentars");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await anna.Screen.Field(Write).FillAsync(Secret);
        var second = await SecondTabAsync(anna, "/profile");
        await Expect(second.Locator("body").Heading("Angemeldete Geräte")).ToBeVisibleAsync();

        // A page that the browser keeps to go back to.
        var elsewhere = await SecondTabAsync(anna, $"/conversations/{id}");
        await Expect(elsewhere.Locator("body").Field(Write)).ToHaveValueAsync(Secret);
        await elsewhere.GotoAsync("/icon.svg");

        await SignOutAsync(anna);
        await Expect(second.Locator("body").GetByText("Sie sind abgemeldet.")).ToBeVisibleAsync();
        var kept = await KeptAsync(anna.Page);
        foreach (
            var secret in new[]
            {
                Secret,
                "Lohn",
                office.Anna.Name,
                office.Anna.Email,
                "Belege",
                "Kommentars",
                "eyJ",
                "Kanzlei",
                office.Anna.Caller.TenantId,
            }
        )
            kept.ShouldNotContain(secret, Case.Insensitive);
        (await SessionsOfAsync(anna)).ShouldBeEmpty();

        await elsewhere.GoBackAsync();
        await Expect(elsewhere.Locator("body").Field("Passwort")).ToBeVisibleAsync();
        (await elsewhere.ContentAsync()).ShouldNotContain(Secret);
        await second.GoBackAsync();
        (await second.ContentAsync()).ShouldNotContain(office.Anna.Name);
        await anna.Page.GotoAsync($"/conversations/{id}");
        await Expect(anna.Screen.Field("Passwort")).ToBeVisibleAsync();

        // Somebody else at the same computer finds nothing; she does.
        await anna.FillInSignInAsync(office.Bernd);
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("");
        await SignOutAsync(anna, office.Bernd);
        await anna.FillInSignInAsync(office.Anna);
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync(Secret);
    }

    [Fact]
    public async Task What_was_not_sent_yet_is_asked_about_and_kept_or_thrown_away_as_one_says()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        foreach (var keep in new[] { true, false })
        {
            var text = $"{Secret} {keep}";
            await anna.Page.RouteAsync("**/graphql", route =>
                route.Request.PostData?.Contains("AddComment", StringComparison.Ordinal) == true
                    ? route.AbortAsync()
                    : route.ContinueAsync()
            );
            await anna.Screen.Field(Write).FillAsync(text);
            await anna.Screen.Button("Kommentar erstellen").ClickAsync();
            await Expect(anna.Screen.GetByText("Der Server ist nicht erreichbar. Es wird von selbst wieder versucht."))
                .ToBeVisibleAsync();
            await ClickSignOutAsync(anna, office.Anna);
            var asked = anna.Screen.Dialog("Noch nicht alles gesendet");
            await Expect(asked).ToContainTextAsync("Ein Kommentar ist noch nicht angekommen.");
            await asked.Button("Abbrechen").ClickAsync();
            await Expect(asked).ToHaveCountAsync(0);
            await ClickSignOutAsync(anna, office.Anna);
            await asked.Button(keep ? "Behalten und abmelden" : "Verwerfen und abmelden").ClickAsync();
            await Expect(anna.Screen.GetByText("Sie sind abgemeldet.")).ToBeVisibleAsync();
            (await KeptAsync(anna.Page)).ShouldNotContain("Lohn");
            await anna.Page.UnrouteAsync("**/graphql");
            await anna.FillInSignInAsync(office.Anna);
            await Expect(anna.Screen.Region("Kommentare").GetByText($"{Secret} True")).ToBeVisibleAsync();
        }

        var data = await (await browser.Product.SignInAsync(office.Anna.Email, Office.Password)).QueryAsync(
            "query($id: ID!) { conversation(id: $id) { comments { nodes { body } } } }", new { id });
        data["conversation"]!["comments"]!["nodes"]!
            .AsArray()
            .Select(comment => comment.At("body"))
            .Where(body => body.StartsWith(Secret, StringComparison.Ordinal))
            .ShouldBe([$"{Secret} True"]);
    }

    [Fact]
    public async Task Tokens_are_exchanged_in_all_tabs_without_losing_anything_and_a_restart_signs_nobody_out()
    {
        await using var product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Auth:BrowserTokenMinutes"] = "1" });
        var office = await Office.OpenAsync(product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(
            office.Anna, $"/conversations/{id}", new() { Address = product.Address });
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        var second = await SecondTabAsync(anna, $"/conversations/{id}");
        await Expect(second.Locator("body").Heading("Belege für Oktober")).ToBeVisibleAsync();
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        var sockets = 0;
        anna.Page.WebSocket += (_, _) => Interlocked.Increment(ref sockets);
        second.WebSocket += (_, _) => Interlocked.Increment(ref sockets);
        var exchanged = 0;
        anna.Page.Request += (_, request) =>
        {
            if (request.PostData?.Contains("refreshSession", StringComparison.Ordinal) == true)
                Interlocked.Increment(ref exchanged);
        };

        // Longer than a token works.
        await Task.Delay(TimeSpan.FromSeconds(75), TestContext.Current.CancellationToken);
        exchanged.ShouldBeGreaterThan(0);
        sockets.ShouldBe(0);
        await office.CommentAsync(id, "Kam live an");
        foreach (var page in new[] { anna.Page, second })
            await Expect(page.Locator("body").Region("Kommentare").GetByText("Kam live an")).ToBeVisibleAsync();
        await second.Locator("body").Field(Write).FillAsync("Auch das geht");
        await second.Locator("body").Button("Kommentar erstellen").ClickAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Auch das geht")).ToBeVisibleAsync();

        await product.StopAsync();
        await product.StartAgainAsync();
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Auch das geht")).ToBeVisibleAsync();
        await office.At(product).CommentAsync(id, "Nach dem Neustart");
        await Expect(second.Locator("body").Region("Kommentare").GetByText("Nach dem Neustart")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_the_version_before_kept_is_taken_over_and_no_longer_there_in_plain_text()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        var key = browser.Product.Services.GetRequiredService<AuthOptions>().SigningKey;
        var issued = DateTime.UtcNow.AddHours(-1);
        var token = new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = "messaging",
                Audience = "messaging",
                IssuedAt = issued,
                NotBefore = issued,
                Expires = issued.AddHours(12),
                Subject = new ClaimsIdentity([
                    new Claim("sub", office.Anna.Id.ToString()), new Claim("org", office.Anna.Caller.TenantId)
                ]),
                SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(key), "HS256"),
            }
        );
        var before = new Dictionary<string, string>
        {
            ["messaging.language"] = "de",
            ["messaging.session"] = JsonSerializer.Serialize(
                new
                {
                    token,
                    expiresAt = issued.AddHours(12),
                    viewer = new { id = office.Anna.Id, displayName = office.Anna.Name },
                }
            ),
            [$"messaging.draft.{office.Anna.Id}.{id}"] = JsonSerializer.Serialize(
                new
                {
                    body = Secret,
                    visibility = "INTERNAL",
                    files = Array.Empty<object>(),
                }
            ),
            [$"messaging.draft.{office.Bernd.Id}.{id}"] = JsonSerializer.Serialize(
                new
                {
                    body = "Von Bernd",
                    visibility = "PUBLIC",
                    files = Array.Empty<object>(),
                }
            ),
            [$"messaging.outbox.{office.Anna.Id}"] = JsonSerializer.Serialize(
                new[]
                {
                    new
                    {
                        id = Guid.CreateVersion7(),
                        conversationId = id,
                        body = "Blieb liegen",
                        visibility = "PUBLIC",
                        files = Array.Empty<object>(),
                        at = 1,
                        failed = "network",
                    },
                }
            ),
        };
        await using var anna = await browser.VisitAsync(new Visit());
        await anna.Page.GotoAsync("/icon.svg");
        await anna.Page.EvaluateAsync(
            "kept => { for (const [name, value] of Object.entries(kept)) localStorage.setItem(name, value); }", before);
        await anna.Page.GotoAsync($"/conversations/{id}");
        await Expect(anna.Screen.Field("Schreiben Sie eine interne Notiz")).ToHaveValueAsync(Secret);
        await Expect(anna.Screen.Region("Kommentare").GetByText("Blieb liegen")).ToBeVisibleAsync();
        var kept = await KeptAsync(anna.Page);
        kept.ShouldNotContain("Lohn");
        kept.ShouldNotContain("Blieb liegen");
        kept.ShouldNotContain(token[..20]);
        kept.ShouldContain("Von Bernd");
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Field("Schreiben Sie eine interne Notiz")).ToHaveValueAsync(Secret);

        await SignOutAsync(anna);
        await anna.FillInSignInAsync(office.Bernd);
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("Von Bernd");
        (await KeptAsync(anna.Page)).ShouldNotContain("Von Bernd");
        (await anna.Page.EvaluateAsync<string>("() => localStorage.getItem('messaging.language')")).ShouldBe("de");
    }

    [Theory]
    [InlineData(
        "de-DE", "Angemeldete Geräte", "Dieses Gerät", "Alle anderen abmelden", "Alle anderen sind abgemeldet.",
        "Programm mit eigenem Zugang abmelden")]
    [InlineData(
        "en-GB", "Signed-in devices", "This device", "Sign out all others", "All others are signed out.",
        "Sign out Program with access of its own")]
    public async Task One_sees_where_one_is_signed_in_and_signs_out_there(
        string locale, string title, string mine, string others, string said, string program)
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(office.Anna, "/profile", new() { Locale = locale });
        await using var phone = await browser.VisitAsync(office.Anna, "/conversations", new() { Locale = locale });
        var script = await browser.Product.SignInAsync(office.Anna.Email, Office.Password);
        await anna.Page.ReloadAsync();
        await Expect(anna.Page.GetByText(new Regex("^Version [0-9]+[.][0-9]+[.][0-9]+"))).ToBeVisibleAsync();
        var devices = anna.Screen.Region(title);
        await Expect(devices.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(3);
        await Expect(devices.GetByRole(AriaRole.Listitem).Filter(new() { HasText = mine })).ToHaveCountAsync(1);
        await devices.Button(program).ClickAsync();
        await Expect(devices.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(2);
        (await script.SendAsync("{ viewer { id } }")).Status.ShouldBe(401);
        await devices.Button(others).ClickAsync();
        await Expect(devices.GetByRole(AriaRole.Status)).ToHaveTextAsync(said);
        await Expect(devices.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(1);
        await Expect(phone.Page.Locator("input[type=password]")).ToBeVisibleAsync();
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_password_leaves_the_tabs_of_this_browser_signed_in_and_no_other()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, "/profile");
        var second = await SecondTabAsync(anna, $"/conversations/{id}");
        await second.Locator("body").Field(Write).FillAsync(Secret);
        await using var thief = await browser.VisitAsync(office.Anna);
        await anna.Screen.Field("Jetziges Passwort").FillAsync(Office.Password);
        await anna.Screen.Field("Neues Passwort").FillAsync("ein ganz anderes Kennwort");
        await anna.Screen.Button("Passwort ändern").ClickAsync();
        await Expect(anna.Screen.GetByText("Gespeichert", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(thief.Page.Locator("input[type=password]")).ToBeVisibleAsync();

        await office.CommentAsync(id, "Danach geschrieben");
        await Expect(second.Locator("body").Region("Kommentare").GetByText("Danach geschrieben")).ToBeVisibleAsync();
        await Expect(second.Locator("body").Field(Write)).ToHaveValueAsync(Secret);
        await anna.Page.GotoAsync($"/conversations/{id}");
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync(Secret);
    }

    [Fact]
    public async Task Whoever_signed_out_while_the_server_was_away_is_signed_out_when_it_is_back()
    {
        await using var product = await RunningProduct.StartAsync();
        var office = await Office.OpenAsync(product);
        await using var anna = await browser.VisitAsync(office.Anna, visit: new() { Address = product.Address });
        await Expect(anna.Screen.Heading("Nachrichten")).ToBeVisibleAsync();
        await anna.Page.RouteAsync("**/graphql", route => route.AbortAsync());
        await SignOutAsync(anna);
        (await SessionsOfAsync(anna)).Count.ShouldBe(1);

        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.GetByText("Der Server antwortet nicht.")).ToBeVisibleAsync();
        await anna.Page.UnrouteAsync("**/graphql");
        await Expect(anna.Screen.Field("Passwort")).ToBeVisibleAsync();
        (await SessionsOfAsync(anna)).ShouldBeEmpty();
    }

    // The other cookie, of a device that is known, lets nobody in: it keeps strangers' wrong passwords from counting
    // for the device.
    private static async Task<List<string>> SessionsOfAsync(Visitor who) =>
        [
            .. (await who.Page.Context.CookiesAsync())
                .Select(cookie => cookie.Name)
                .Where(name => !name.Contains("messaging-device", StringComparison.Ordinal)),
        ];

    private static async Task<IPage> SecondTabAsync(Visitor who, string path)
    {
        var page = await who.Page.Context.NewPageAsync();
        await page.GotoAsync(path);
        return page;
    }

    private static async Task ClickSignOutAsync(Visitor who, Person person)
    {
        await who.Screen.GetByRole(AriaRole.Button, new() { Name = person.Name }).ClickAsync();
        await who.Screen.GetByRole(AriaRole.Menuitem, new() { Name = "Abmelden", Exact = true }).ClickAsync();
    }

    private static async Task SignOutAsync(Visitor who, Person? person = null)
    {
        await who.Screen.Locator("nav button[aria-haspopup=menu]").Last.ClickAsync();
        await who.Screen.GetByRole(AriaRole.Menuitem, new() { Name = "Abmelden", Exact = true }).ClickAsync();
        await Expect(who.Screen.GetByText("Sie sind abgemeldet.")).ToBeVisibleAsync();
        if (person is not null) await Expect(who.Screen.GetByText(person.Name)).ToHaveCountAsync(0);
    }

    /// <summary>Everything that a page's scripts can read of what the browser keeps.</summary>
    private static Task<string> KeptAsync(IPage page) => page.EvaluateAsync<string>(
        """
        async () => {
          const kept = [{ ...localStorage }, { ...sessionStorage }, document.cookie, document.title];
          for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) kept.push(request.url);
          const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
          for (const { name } of await indexedDB.databases()) {
            const database = await done(indexedDB.open(name));
            for (const store of database.objectStoreNames) {
              for (const record of await done(database.transaction(store).objectStore(store).getAll())) {
                for (const [key, value] of Object.entries(record)) kept.push(key,
                    value instanceof Uint8Array ? new TextDecoder('latin1').decode(value) : value);
              }
            }
            database.close();
          }
          return JSON.stringify(kept);
        }
        """);
}
