using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>
/// What one writes is never lost, never doubled, and never sent without its files: in several tabs, on a bad
/// connection, and when one looks elsewhere.
/// </summary>
public sealed class DraftTests(Browser browser)
{
    private const string Write = "Schreiben Sie einen neuen Kommentar";
    private const string Files = "Fügen Sie hier Ihre Dateien hinzu";

    [Fact]
    public async Task Tabs_share_one_draft_and_none_erases_what_another_wrote_or_keeps_what_was_sent()
    {
        var office = await Office.OpenAsync(browser.Product);
        var (id, other) = (
            await office.ConversationAsync("Belege für Oktober"), await office.ConversationAsync("Kassenbuch"));
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        var second = await TabAsync(anna, $"/conversations/{id}");
        await Expect(second.Field(Write)).ToBeVisibleAsync();
        await anna.Screen.Field(Write).FillAsync("In Tab 1 geschrieben");
        await Expect(second.Field(Write)).ToHaveValueAsync("In Tab 1 geschrieben");

        // Both leave, in the order in which the draft was lost once.
        await anna.Screen.LinkWith("Anzeigen: Kassenbuch").ClickAsync();
        await Expect(anna.Screen.Heading("Kassenbuch")).ToBeVisibleAsync();
        await second.LinkWith("Anzeigen: Kassenbuch").ClickAsync();
        await Expect(second.Heading("Kassenbuch")).ToBeVisibleAsync();
        await anna.Page.GotoAsync($"/conversations/{id}");
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("In Tab 1 geschrieben");

        await second.LinkWith("Anzeigen: Belege für Oktober").ClickAsync();
        await Expect(second.Field(Write)).ToHaveValueAsync("In Tab 1 geschrieben");
        await second.Button("Kommentar erstellen").ClickAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("");
        await Expect(anna.Screen.Region("Kommentare").GetByText("In Tab 1 geschrieben")).ToBeVisibleAsync();
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("");
        (await BodiesAsync(office, id)).Count(body => body == "In Tab 1 geschrieben").ShouldBe(1);
        other.ShouldNotBe(id);
    }

    [Fact]
    public async Task What_two_tabs_sent_offline_goes_once_each_when_the_network_is_back_also_when_the_tabs_are_gone()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        var second = await TabAsync(anna, $"/conversations/{id}");
        var third = await TabAsync(anna, "/profile");
        await Expect(second.Field(Write)).ToBeVisibleAsync();
        await anna.Page.Context.SetOfflineAsync(true);
        foreach (var (screen, text) in new[] { (anna.Screen, "aus Tab 1"), (second, "aus Tab 2") })
        {
            await screen.Field(Write).FillAsync(text);
            await screen.Button("Kommentar erstellen").ClickAsync();
            await Expect(screen.GetByRole(AriaRole.Article).Filter(new() { HasText = text }))
                .ToContainTextAsync("Nicht gesendet");
        }

        // It is said wherever one is.
        await Expect(third.GetByText("2 Kommentare sind noch nicht angekommen; sie werden weiter gesendet."))
            .ToBeVisibleAsync();
        await second.Page.CloseAsync();
        await anna.Page.GotoAsync("about:blank");
        await third.Page.Context.SetOfflineAsync(false);
        await Expect(third.GetByText("noch nicht angekommen")).ToHaveCountAsync(0);
        (await BodiesAsync(office, id))
            .Where(body => body.StartsWith("aus Tab", StringComparison.Ordinal))
            .Order()
            .ShouldBe(["aus Tab 1", "aus Tab 2"]);
    }

    [Fact]
    public async Task A_tab_that_is_opened_while_another_still_sends_says_so_and_sends_nothing_twice()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        var sent = 0;
        var go = new TaskCompletionSource();
        await anna.Page.Context.RouteAsync("**/graphql", async route =>
        {
            if (route.Request.PostData?.Contains("addComment", StringComparison.Ordinal) == true)
            {
                Interlocked.Increment(ref sent);
                await go.Task;
            }

            await route.ContinueAsync();
        });
        // On a busy machine a second tab takes longer than a command waits.
        await anna.Page.EvaluateAsync("() => { AbortSignal.timeout = () => new AbortController().signal; }");
        await anna.Screen.Field(Write).FillAsync("dauert etwas");
        await anna.Screen.Button("Kommentar erstellen").ClickAsync();
        var second = await TabAsync(anna, $"/conversations/{id}");
        var there = second.GetByRole(AriaRole.Article).Filter(new() { HasText = "dauert etwas" });
        await Expect(there).ToContainTextAsync("Wird gesendet");
        await Task.Delay(3_000, TestContext.Current.CancellationToken);
        await Expect(there).Not.ToContainTextAsync("Nicht gesendet");
        go.SetResult();
        await Expect(there).Not.ToContainTextAsync("Wird gesendet");
        await Expect(there).ToHaveCountAsync(1);
        sent.ShouldBe(1);
        (await BodiesAsync(office, id)).Count(body => body == "dauert etwas").ShouldBe(1);
    }

    [Fact]
    public async Task What_was_refused_says_why_and_can_be_changed_without_a_second_effect()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();

        // It arrives, and the answer is lost.
        await anna.Page.RouteAsync("**/graphql", async route =>
        {
            if (route.Request.PostData?.Contains("addComment", StringComparison.Ordinal) != true)
            {
                await route.ContinueAsync();
                return;
            }

            await route.FetchAsync();
            await route.AbortAsync();
        });
        await anna.Screen.Field(Write).FillAsync("Nur einmal");
        await anna.Screen.Button("Kommentar erstellen").ClickAsync();
        var mine = anna.Screen.GetByRole(AriaRole.Article).Filter(new() { HasText = "Nur einmal" });
        await Expect(mine.First).ToBeVisibleAsync();
        await anna.Page.UnrouteAsync("**/graphql");
        await Expect(mine).ToHaveCountAsync(1);
        await Expect(mine).Not.ToContainTextAsync("Nicht gesendet");
        await Expect(anna.Screen.Locator("[data-outbox]")).ToHaveCountAsync(0);
        (await BodiesAsync(office, id)).Count(body => body == "Nur einmal").ShouldBe(1);

        // The contact loses access: the reason is the true one, and the text is not lost.
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await dieter.Page.RouteAsync("**/graphql", route =>
            route.Request.PostData?.Contains("addComment", StringComparison.Ordinal) == true
                ? route.FulfillAsync(
                    new()
                    {
                        ContentType = "application/json",
                        Body =
                            """{"data":{"addComment":{"comment":null,"errors":[{"code":"FORBIDDEN","path":null}]}}}""",
                    }
                )
                : route.ContinueAsync()
        );
        await dieter.Screen.Field(Write).FillAsync("Darf ich noch?");
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        var refused = dieter.Screen.GetByRole(AriaRole.Article).Filter(new() { HasText = "Darf ich noch?" });
        await Expect(refused).ToContainTextAsync("Das dürfen Sie nicht.");
        await Expect(dieter.Screen.GetByText("Ein Kommentar wurde nicht angenommen.")).ToBeVisibleAsync();
        await refused.Button("Bearbeiten").ClickAsync();
        await Expect(dieter.Screen.Field(Write)).ToHaveValueAsync("Darf ich noch?");
        await Expect(refused).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_text_never_goes_without_a_file_that_is_under_way_or_failed()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        var attached = dieter.Screen.GetByRole(AriaRole.List, new() { Name = Files }).GetByRole(AriaRole.Listitem);
        await AddAsync(dieter, "Anlage1.pdf", "%PDF-1.4 eins");
        await Expect(dieter.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
        var fails = true;
        var held = new TaskCompletionSource();
        await dieter.Page.RouteAsync("**/graphql", async route =>
        {
            var isUpload = route
                .Request.Headers.GetValueOrDefault("content-type", "")
                .StartsWith("multipart", StringComparison.Ordinal);
            if (isUpload && fails)
            {
                await route.AbortAsync();
                return;
            }

            if (isUpload) await held.Task;
            await route.ContinueAsync();
        });
        await AddAsync(dieter, "Anlage2.pdf", "%PDF-1.4 zwei");
        await Expect(attached.Filter(new() { HasText = "Anlage2.pdf" })).ToContainTextAsync("wurde nicht hochgeladen");
        await dieter.Screen.Field(Write).FillAsync("Anbei der Vertrag, wie gewünscht.");
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(
                dieter.Screen.GetByText(
                    "Eine Datei wurde nicht hochgeladen. Bitte versuchen Sie es noch einmal, oder entfernen Sie sie.")
            )
            .ToBeVisibleAsync();

        // One looks elsewhere and comes back: everything is still there.
        await dieter
            .Page.GetByRole(AriaRole.Navigation, new() { Name = "Hauptnavigation" })
            .GetByRole(AriaRole.Link, new() { Name = "Profil" })
            .ClickAsync();
        await Expect(dieter.Screen.Heading("Passwort")).ToBeVisibleAsync();
        await dieter.Page.GoBackAsync();
        await Expect(attached).ToHaveCountAsync(2);
        await Expect(dieter.Screen.Field(Write)).ToHaveValueAsync("Anbei der Vertrag, wie gewünscht.");

        // Under way, it waits; and goes by itself, with all.
        fails = false;
        await dieter.Screen.Button("„Anlage2.pdf“ noch einmal hochladen").ClickAsync();
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.GetByText("Bitte warten Sie, bis alle Dateien hochgeladen sind."))
            .ToBeVisibleAsync();
        (await BodiesAsync(office, id)).ShouldNotContain("Anbei der Vertrag, wie gewünscht.");
        held.SetResult();
        var comment = dieter
            .Screen.Region("Kommentare")
            .GetByRole(AriaRole.Article)
            .Filter(new() { HasText = "Anbei der Vertrag" });
        await Expect(comment.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(2);

        // An empty file is none.
        await AddAsync(dieter, "leer.pdf", "");
        await Expect(attached).ToContainTextAsync("sie ist leer");
    }

    [Fact]
    public async Task An_upload_goes_on_when_one_looks_elsewhere_asks_before_it_is_lost_and_says_so_when_it_was()
    {
        var office = await Office.OpenAsync(browser.Product);
        var (id, _) = (
            await office.ConversationAsync("Belege für Oktober"), await office.ConversationAsync("Kassenbuch"));
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        var held = new TaskCompletionSource();
        await dieter.Page.RouteAsync("**/graphql", async route =>
        {
            if (
                route
                    .Request.Headers.GetValueOrDefault("content-type", "")
                    .StartsWith("multipart", StringComparison.Ordinal)
            )
                await held.Task;
            await route.ContinueAsync();
        });
        await AddAsync(dieter, "Vertrag.pdf", "%PDF-1.4 Vertrag");
        await dieter.Screen.LinkWith("Anzeigen: Kassenbuch").ClickAsync();
        await Expect(dieter.Screen.Heading("Kassenbuch")).ToBeVisibleAsync();
        var attached = dieter.Screen.GetByRole(AriaRole.List, new() { Name = Files }).GetByRole(AriaRole.Listitem);
        await Expect(attached).ToHaveCountAsync(0);
        held.SetResult();
        await dieter.Screen.LinkWith("Anzeigen: Belege für Oktober").ClickAsync();
        await Expect(attached).ToContainTextAsync("Vertrag.pdf");
        await Expect(dieter.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);

        // Leaving the page would lose it: the browser asks.
        held = new TaskCompletionSource();
        await AddAsync(dieter, "Zweite.pdf", "%PDF-1.4 zwei");
        await dieter.Page.EvaluateAsync(
            "() => { const event = new Event('beforeunload', { cancelable: true }); dispatchEvent(event); "
                + "window.asked = event.defaultPrevented; }"
        );
        (await dieter.Page.EvaluateAsync<bool>("() => window.asked")).ShouldBeTrue();

        // Another tab knows that it is under way, and does not send without it.
        var second = await TabAsync(dieter, $"/conversations/{id}");
        await second.Field(Write).FillAsync("Mit zwei Dateien");
        await second.Button("Kommentar erstellen").ClickAsync();
        await Expect(second.GetByText("Bitte warten Sie, bis alle Dateien hochgeladen sind.")).ToBeVisibleAsync();
        held.SetResult();
        await Expect(
                second
                    .Region("Kommentare")
                    .GetByRole(AriaRole.Article)
                    .Filter(new() { HasText = "Mit zwei Dateien" })
                    .GetByRole(AriaRole.Listitem)
            )
            .ToHaveCountAsync(2);

        // The tab is closed all the same: what is lost is said.
        held = new TaskCompletionSource();
        await AddAsync(dieter, "Dritte.pdf", "%PDF-1.4 drei");
        await Expect(second.GetByRole(AriaRole.List, new() { Name = Files }).GetByRole(AriaRole.Listitem))
            .ToContainTextAsync("Dritte.pdf");
        await dieter.Page.CloseAsync();
        await Expect(
                second.GetByText(
                    "„Dritte.pdf“ wurde nicht hochgeladen: die Seite wurde vorher geschlossen; bitte wählen Sie "
                        + "sie noch einmal"
                )
            )
            .ToBeVisibleAsync();
        held.SetResult();
    }

    [Fact]
    public async Task What_was_under_way_when_the_session_ended_by_itself_goes_on_when_one_is_back()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        var held = true;
        await anna.Page.RouteAsync("**/graphql", async route =>
        {
            var isOurs =
                route.Request.PostData?.Contains("addComment", StringComparison.Ordinal) == true
                || route
                    .Request.Headers.GetValueOrDefault("content-type", "")
                    .StartsWith("multipart", StringComparison.Ordinal);
            if (isOurs && held)
                return;
            await route.ContinueAsync();
        });
        await anna.Screen.Field(Write).FillAsync("Vor dem Abmelden gesendet");
        await anna.Screen.Button("Kommentar erstellen").ClickAsync();
        await AddAsync(anna, "Vertrag.pdf", "%PDF-1.4 Vertrag");
        await anna.Screen.Field(Write).FillAsync("Mit Vertrag");
        var attached = anna.Screen.GetByRole(AriaRole.List, new() { Name = Files }).GetByRole(AriaRole.Listitem);
        await Expect(attached).ToContainTextAsync("Vertrag.pdf");

        // From another device all others are signed out.
        await (await browser.Product.SignInAsync(office.Anna.Email, Office.Password)).QueryAsync(
            "mutation { endOtherSessions { errors { code } } }");
        await Expect(anna.Page.Locator("input[type=password]")).ToBeVisibleAsync();
        held = false;
        await anna.FillInSignInAsync(office.Anna);
        await Expect(anna.Screen.Region("Kommentare").GetByText("Vor dem Abmelden gesendet")).ToBeVisibleAsync();
        await Expect(anna.Screen.Locator("[data-outbox]")).ToHaveCountAsync(0);
        await Expect(attached).ToContainTextAsync("Vertrag.pdf");
        await Expect(anna.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
        await Expect(attached).Not.ToContainTextAsync("wurde nicht hochgeladen");
        await anna.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(
                anna.Screen.Region("Kommentare")
                    .GetByRole(AriaRole.Article)
                    .Filter(new() { HasText = "Mit Vertrag" })
                    .GetByRole(AriaRole.Listitem)
            )
            .ToHaveCountAsync(1);

        // What is shown may still be on its way.
        await Waiting.UntilAsync(
            async () => (await BodiesAsync(office, id)).Contains("Vor dem Abmelden gesendet"),
            TimeSpan.FromSeconds(15));
        (await BodiesAsync(office, id)).Count(body => body == "Vor dem Abmelden gesendet").ShouldBe(1);
    }

    [Fact]
    public async Task A_file_that_the_network_kept_from_arriving_goes_on_when_it_is_back_and_what_is_gone_is_named()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await dieter.UntilLoadedAsync();
        await dieter.Page.Context.SetOfflineAsync(true);
        await AddAsync(dieter, "Vertrag.pdf", "%PDF-1.4 Vertrag");
        await Expect(dieter.Screen.GetByText("„Vertrag.pdf“ wurde nicht hochgeladen: der Server ist nicht erreichbar"))
            .ToBeVisibleAsync();
        await dieter.Page.Context.SetOfflineAsync(false);
        await Expect(dieter.Screen.GetByText("wurde nicht hochgeladen")).ToHaveCountAsync(0);
        await Expect(dieter.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);

        // Meanwhile the server has let go of what was attached to nothing for so long.
        await dieter.Page.RouteAsync("**/graphql", async route =>
        {
            var body = route.Request.PostData;
            if (body?.Contains("addComment", StringComparison.Ordinal) != true)
            {
                await route.ContinueAsync();
                return;
            }

            var input = System.Text.Json.Nodes.JsonNode.Parse(body)!;
            input["variables"]!["input"]!["fileIds"] = new System.Text.Json.Nodes.JsonArray($"{Guid.CreateVersion7()}");
            await route.ContinueAsync(new() { PostData = System.Text.Encoding.UTF8.GetBytes(input.ToJsonString()) });
        });
        await dieter.Screen.Field(Write).FillAsync("Anbei der Vertrag");
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.GetByRole(AriaRole.Article).Filter(new() { HasText = "Anbei der Vertrag" }))
            .ToContainTextAsync("Eine Datei kann nicht angehängt werden. Bitte laden Sie sie noch einmal hoch.");
        (await BodiesAsync(office, id)).ShouldNotContain("Anbei der Vertrag");
    }

    [Fact]
    public async Task A_new_conversation_does_not_begin_without_its_files_either()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/new?customer={office.Krause}");
        await anna.Screen.Field("Betreff").FillAsync("Mit Anlage");
        await anna.Screen.Field("Nachricht").FillAsync("Anbei der Vertrag.");
        await anna.Page.RouteAsync("**/graphql", route =>
            route
                .Request.Headers.GetValueOrDefault("content-type", "")
                .StartsWith("multipart", StringComparison.Ordinal)
                ? route.AbortAsync()
                : route.ContinueAsync()
        );
        await AddAsync(anna, "Vertrag.pdf", "%PDF-1.4 Vertrag");
        await Expect(anna.Screen.GetByText("wurde nicht hochgeladen")).ToBeVisibleAsync();
        await anna.Screen.GetByRole(AriaRole.Form, new() { Name = "Neues Gespräch" }).Button("Erstellen").ClickAsync();
        await Expect(
                anna.Screen.GetByText(
                    "Eine Datei wurde nicht hochgeladen. Bitte versuchen Sie es noch einmal, oder entfernen Sie sie.")
            )
            .ToBeVisibleAsync();
        new Uri(anna.Page.Url).AbsolutePath.ShouldBe("/conversations/new");
        await anna.Page.UnrouteAsync("**/graphql");
        await anna.Screen.Button("„Vertrag.pdf“ noch einmal hochladen").ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Form, new() { Name = "Neues Gespräch" }).Button("Erstellen").ClickAsync();
        await Expect(anna.Screen.Heading("Mit Anlage")).ToBeVisibleAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Vertrag.pdf").First).ToBeVisibleAsync();
    }

    private async Task<List<string>> BodiesAsync(Office office, Guid id)
    {
        var data = await (await browser.Product.SignInAsync(office.Anna.Email, Office.Password)).QueryAsync(
            "query($id: ID!) { conversation(id: $id) { comments { nodes { body } } } }", new { id });
        return [.. data["conversation"]!["comments"]!["nodes"]!.AsArray().Select(comment => comment.At("body"))];
    }

    private static Task AddAsync(Visitor who, string name, string content) =>
        who
            .Page.Locator("input[type=file]")
            .First.SetInputFilesAsync(
                new FilePayload
                {
                    Name = name,
                    MimeType = "application/pdf",
                    Buffer = System.Text.Encoding.UTF8.GetBytes(content),
                }
            );

    private static async Task<ILocator> TabAsync(Visitor who, string path)
    {
        var page = await who.Page.Context.NewPageAsync();
        await page.GotoAsync(path);
        return page.Locator("body");
    }
}
