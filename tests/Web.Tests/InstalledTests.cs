using System.Text.Json;
using Messaging.TestSupport;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Npgsql;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>
/// The client as something that is installed, such as on a phone, and that opens without a connection.
/// </summary>
public sealed class InstalledTests(Browser browser)
{
    private const string Kept =
        """
        async () => {
          const paths = [];
          for (const name of await caches.keys())
            for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname);
          return paths;
        }
        """;

    private const string Shown =
        """
        async () => (await (await navigator.serviceWorker.ready).getNotifications())
          .map(({ title, body, data }) => [title, body, data].join("|"))
        """;

    [Theory]
    [InlineData("de-DE", "Nachrichten")]
    [InlineData("en-GB", "Messages")]
    public async Task It_can_be_installed_in_the_readers_language(string locale, string name)
    {
        await using var visitor = await browser.VisitAsync(new Visit { Locale = locale, Worker = true, Width = 390 });
        await visitor.Page.GotoAsync("/sign-in");
        await WorksAsync(visitor.Page);
        var chromium = await visitor.Page.Context.NewCDPSessionAsync(visitor.Page);
        var manifest = (await chromium.SendAsync("Page.getAppManifest"))!.Value;
        manifest.GetProperty("errors").GetArrayLength().ShouldBe(0);
        using var content = JsonDocument.Parse(manifest.GetProperty("data").GetString()!);
        content.RootElement.GetProperty("name").GetString().ShouldBe(name);

        // Each of a test's browsers is an incognito window, which installs nothing.
        (await chromium.SendAsync("Page.getInstallabilityErrors"))!.Value.GetProperty("installabilityErrors")
            .EnumerateArray().Select(e => e.GetProperty("errorId").GetString()).ShouldBe(["in-incognito"]);
        visitor.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_connection_it_opens_says_so_and_goes_on_when_there_is_one()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(
            office.Dieter, $"/conversations/{id}", new() { Width = 390, Worker = true });
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await WorksAsync(dieter.Page);

        // Its second visit is the first one that the worker has seen whole.
        await dieter.Page.ReloadAsync();
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();

        await dieter.Page.Context.SetOfflineAsync(true);
        await dieter.Page.ReloadAsync();
        await Expect(dieter.Page.GetByText("Der Server antwortet nicht. Es wird weiter versucht …")).ToBeVisibleAsync();
        await dieter.Page.Context.SetOfflineAsync(false);
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Nothing_that_people_wrote_or_attached_is_kept_for_it()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(
            office.Dieter, $"/conversations/{id}", new() { Worker = true });
        await WorksAsync(dieter.Page);
        await dieter.Page.ReloadAsync();
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        var kept = await dieter.Page.EvaluateAsync<string[]>(Kept);
        kept.ShouldContain("/");
        kept.ShouldContain(path => path.StartsWith("/assets/", StringComparison.Ordinal));
        kept.ShouldAllBe(path => path == "/" || path.StartsWith("/assets/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_it_is_told_of_opens_the_conversation_in_the_page_that_is_there()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(office.Dieter, "/conversations", new() { Worker = true });
        await WorksAsync(dieter.Page);

        // As when a notification is clicked, which no test can do: this only brings the page to the front.
        await InWorkerAsync(dieter.Page, $"open('/conversations/{id}').catch(() => {{}})");
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        dieter.Page.Context.Pages.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("de-DE", "Nachrichten", "Es gibt etwas Neues für Sie.")]
    [InlineData("en-GB", "Messages", "There is something new for you.")]
    public async Task While_no_page_is_open_it_says_that_there_is_something_and_not_what(
        string locale, string title, string body)
    {
        await using var visitor = await browser.VisitAsync(new Visit { Locale = locale, Worker = true });
        var page = visitor.Page;
        await page.Context.GrantPermissionsAsync(["notifications"]);
        await page.GotoAsync("/sign-in");
        await WorksAsync(page);
        var origin = new Uri(page.Url).GetLeftPart(UriPartial.Authority);
        var chromium = await page.Context.NewCDPSessionAsync(page);
        var registered = new TaskCompletionSource<string>();
        chromium.Event("ServiceWorker.workerRegistrationUpdated").OnEvent += (_, said) =>
        {
            foreach (var registration in said!.Value.GetProperty("registrations").EnumerateArray())
            {
                if (registration.GetProperty("scopeURL").GetString() == $"{origin}/")
                    registered.TrySetResult(registration.GetProperty("registrationId").GetString()!);
            }
        };
        await chromium.SendAsync("ServiceWorker.enable");
        var push = new Dictionary<string, object>
        {
            ["origin"] = origin,
            ["registrationId"] = await registered.Task.WaitAsync(
                TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken),
            ["data"] = "",
        };

        // Whoever sees the page sees it there.
        await chromium.SendAsync("ServiceWorker.deliverPushMessage", push);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        (await page.EvaluateAsync<string[]>(Shown)).ShouldBeEmpty();

        await page.GotoAsync("about:blank");
        for (var i = 0; i < 2; i++) await chromium.SendAsync("ServiceWorker.deliverPushMessage", push);
        await page.GotoAsync("/sign-in");
        await page.WaitForFunctionAsync($"async () => (await ({Shown})()).length > 0");
        (await page.EvaluateAsync<string[]>(Shown)).ShouldBe([$"{title}|{body}|/notifications"]);
    }

    [Fact]
    public async Task A_browser_that_shows_notifications_is_told_of_them_until_that_is_turned_off()
    {
        // Chromium has no service here that it could subscribe at.
        const string service =
            """
            let subscribed = null;
            PushManager.prototype.getSubscription = async () => subscribed;
            PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
              if (!/^[\w-]{87}$/.test(key)) throw new Error(key);
              subscribed = {
                endpoint: "https://fcm.googleapis.com/fcm/send/of-a-test",
                options: { applicationServerKey: null },
                unsubscribe: async () => (subscribed = null),
              };
              return subscribed;
            };
            """;
        var office = await Office.OpenAsync(browser.Product);
        await using var dieter = await browser.VisitAsync(
            office.Dieter, "/conversations", new() { Worker = true, AtStart = service });
        await dieter.Page.Context.GrantPermissionsAsync(["notifications"]);
        await WorksAsync(dieter.Page);
        await dieter.Page.GotoAsync("/profile");
        var choice = dieter.Page.GetByRole(
            AriaRole.Switch, new() { NameRegex = new("im Hintergrund oder geschlossen") });
        (await SubscriptionsAsync()).ShouldBe(0);
        await choice.CheckAsync();
        await Waiting.UntilAsync(async () => await SubscriptionsAsync() == 1);
        await dieter.Page.ReloadAsync();
        await Expect(choice).ToBeCheckedAsync();
        await choice.UncheckAsync();
        await Waiting.UntilAsync(async () => await SubscriptionsAsync() == 0);
        dieter.Complaints.ShouldBeEmpty();

        async Task<long> SubscriptionsAsync()
        {
            await using var database = NpgsqlDataSource.Create(browser.Product.ConnectionString);
            await using var command = database.CreateCommand(
                "select count(*) from messaging.push_subscriptions where tenant_id = $1");
            command.Parameters.Add(new() { Value = office.Anna.Caller.TenantId });
            return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        }
    }

    // A worker takes the page over when it is ready.
    private static async Task WorksAsync(IPage page) =>
        await page.WaitForFunctionAsync("() => navigator.serviceWorker.controller?.state === 'activated'");

    private static async Task InWorkerAsync(IPage page, string expression)
    {
        var chromium = await page.Context.NewCDPSessionAsync(page);
        var targets = (await chromium.SendAsync("Target.getTargets"))!.Value.GetProperty("targetInfos");
        var worker = targets.EnumerateArray().Single(t =>
            t.GetProperty("type").GetString() == "service_worker"
            && page.Url.StartsWith(new Uri(t.GetProperty("url").GetString()!).GetLeftPart(UriPartial.Authority),
                StringComparison.Ordinal));
        var session = (await chromium.SendAsync("Target.attachToTarget", new()
        {
            ["targetId"] = worker.GetProperty("targetId").GetString()!,
            ["flatten"] = false,
        }))!.Value.GetProperty("sessionId").GetString()!;
        await chromium.SendAsync("Target.sendMessageToTarget", new()
        {
            ["sessionId"] = session,
            ["message"] = JsonSerializer.Serialize(
                new { id = 1, method = "Runtime.evaluate", @params = new { expression } }),
        });
    }
}
