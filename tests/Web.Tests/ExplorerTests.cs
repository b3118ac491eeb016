using System.Net;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Messaging.TestSupport.Product;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace Messaging.Web.Tests;

/// <summary>GraphiQL at <c>/graphiql</c>.</summary>
public sealed class ExplorerTests(Browser browser)
{
    private const string Anna = "anna.sommer@kanzlei-sommer.example";

    [Fact]
    public async Task A_demo_account_signs_in_by_one_click_and_runs_an_example()
    {
        var (page, complaints) = await browser.OpenAsync();
        await page.GotoAsync("/graphiql");
        await page.GetByRole(AriaRole.Button, new() { Name = Anna }).ClickAsync();
        await page.GetByText($"Angemeldet: {Anna}").WaitForAsync();
        await page.GetByLabel("Beispiel öffnen").SelectOptionAsync("Die Nachrichten, die neuesten zuerst");
        await page.Locator(".graphiql-execute-button").ClickAsync();
        await page.Locator(".result-window").GetByText("subject").First.WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show Documentation Explorer" }).ClickAsync();
        await page.Locator(".graphiql-plugin")
            .GetByRole(AriaRole.Link, new() { Name = "Query", Exact = true })
            .WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Prettify" }).ClickAsync();
        await PictureAsync(page, "graphiql");
        complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_demo_account_signs_in_and_every_example_runs()
    {
        var (page, _) = await browser.OpenAsync("en-GB");
        await page.GotoAsync("/graphiql");
        var accounts = page.GetByRole(AriaRole.Group, new() { Name = "Sign in as a demo account:" })
            .GetByRole(AriaRole.Button);
        await accounts.First.WaitForAsync();
        foreach (var account in await accounts.AllAsync())
        {
            await account.ClickAsync();
            await page.GetByText($"Signed in: {(await account.TextContentAsync())!.Split(' ')[0]}").WaitForAsync();
        }

        await page.GetByRole(AriaRole.Button, new() { Name = Anna }).ClickAsync();
        await page.GetByText($"Signed in: {Anna}").WaitForAsync();
        var examples = await page.GetByLabel("Open an example")
            .Locator("option:not([disabled])")
            .AllTextContentsAsync();
        examples.Count.ShouldBe(8);
        foreach (var example in examples.Where(e => !e.Contains("right now", StringComparison.Ordinal)))
        {
            await page.GetByLabel("Open an example").SelectOptionAsync(example);
            var answered = page.WaitForResponseAsync(r => r.Url.EndsWith("/graphql", StringComparison.Ordinal));
            await page.Locator(".graphiql-execute-button").ClickAsync();
            (await (await answered).TextAsync()).ShouldStartWith("{\"data\":{", Case.Sensitive, example);
        }
    }

    [Fact]
    public async Task A_subscription_listens_as_whoever_is_signed_in()
    {
        var (page, complaints) = await browser.OpenAsync("en-GB");
        await page.GotoAsync("/graphiql");
        await page.GetByRole(AriaRole.Button, new() { Name = Anna }).ClickAsync();
        await page.GetByText($"Signed in: {Anna}").WaitForAsync();
        await page.GetByLabel("Open an example")
            .SelectOptionAsync("What changes right now (listens until it is stopped)");
        await page.Locator(".graphiql-execute-button").ClickAsync();
        await page.Locator(".graphiql-execute-button[aria-label*='Stop']").WaitForAsync();

        // It says nothing until something happens, and when it has begun cannot be seen.
        var dieter = await browser.Product.SignInAsync("dieter.krause@baeckerei-krause.example");
        var id = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At(
            "conversations.nodes.0.id");
        var heard = page.Locator(".result-window").GetByText("Ist das angekommen").First;
        for (var i = 0; i < 60 && !await heard.IsVisibleAsync(); i++)
        {
            await dieter.QueryAsync(
                "mutation($input: AddCommentInput!) { addComment(input: $input) { errors { message } } }",
                new { input = new { conversationId = id, body = "Ist das angekommen?" } });
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }

        await heard.WaitForAsync();
        await PictureAsync(page, "graphiql-subscription");
        await page.Locator(".graphiql-execute-button").ClickAsync();
        await page.Locator(".graphiql-execute-button[aria-label*='Execute']").WaitForAsync();
        complaints.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("de-DE", "de", "Beispiel öffnen")]
    [InlineData("en-GB", "en", "Open an example")]
    public async Task Our_part_of_it_speaks_the_readers_language_and_is_accessible(
        string locale, string language, string label)
    {
        var (page, complaints) = await browser.OpenAsync(locale);
        await page.GotoAsync("/graphiql");
        await page.GetByRole(AriaRole.Button, new() { Name = Anna }).WaitForAsync();
        await page.GetByLabel(label).WaitForAsync();

        (await page.Locator("html").GetAttributeAsync("lang")).ShouldBe(language);
        var found = await page.RunAxe(new AxeRunContext { Include = [new(".bar")] }, new AxeRunOptions());
        found.Violations.Select(violation => $"{violation.Impact} {violation.Id}: {violation.Help}").ShouldBeEmpty();
        complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Everything_comes_from_the_server_compressed_and_under_a_strict_policy()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/graphiql");
        request.Headers.AcceptEncoding.ParseAdd("br");
        using var response = await browser.Product.Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentEncoding.ShouldBe(["br"]);
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("script-src 'self';");

        var (page, _) = await browser.OpenAsync();
        var elsewhere = new List<string>();
        page.Request += (_, asked) =>
        {
            var uri = new Uri(asked.Url);
            if (uri.Scheme is "http" or "https" && uri.Authority != browser.Product.Http.BaseAddress!.Authority)
                elsewhere.Add(asked.Url);
        };
        await page.GotoAsync("/graphiql");
        await page.Locator(".graphiql-execute-button").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = Anna }).ClickAsync();
        await page.GetByText($"Angemeldet: {Anna}").WaitForAsync();
        elsewhere.ShouldBeEmpty();
        (await page.Locator("script:not([src])").CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Outside_development_there_is_none_unless_configured_and_never_a_demo_account()
    {
        await using var closed = await RunningProduct.StartAsync("Production");
        (await closed.Http.GetAsync("/graphiql", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(
            HttpStatusCode.NotFound);
        (
            await closed.Http.GetAsync("/graphiql/settings.json", TestContext.Current.CancellationToken)
        ).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await using var open = await RunningProduct.StartAsync(
            "Production", new() { ["Messaging:GraphQL:Explorer"] = "true" });
        (await open.Http.GetStringAsync("/graphiql/settings.json", TestContext.Current.CancellationToken)).ShouldBe(
            """{"password":"","accounts":[]}"""
        );
        var (page, _) = await browser.OpenAsync(product: open);
        await page.GotoAsync("/graphiql");
        await page.GetByLabel("Beispiel öffnen").WaitForAsync();
        (await page.GetByText("Demo").CountAsync()).ShouldBe(0);
    }

    private static Task PictureAsync(IPage page, string name) =>
        Environment.GetEnvironmentVariable("MESSAGING_TEST_PICTURES") is { } folder
            ? page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") })
            : Task.CompletedTask;
}
