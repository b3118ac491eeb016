using System.Text.Json.Nodes;
using Messaging.Domain.Conversations;
using Messaging.TestSupport.Product;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>A conversation that several people look at, and what one writes on a bad connection.</summary>
public sealed class WritingTogetherTests(Browser browser)
{
    private const string Write = "Schreiben Sie einen neuen Kommentar";

    [Fact]
    public async Task Comments_status_and_who_is_writing_show_live_on_both_sides()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();

        await dieter.Screen.Field(Write).PressSequentiallyAsync("Die Rechnung");
        await Expect(anna.Screen.GetByText("Dieter Krause schreibt …")).ToBeVisibleAsync();
        await dieter.Screen.Field(Write).PressSequentiallyAsync(" der Mühle fehlt noch.");
        await dieter.Page.Keyboard.PressAsync("Control+Enter");
        await Expect(anna.Screen.Region("Kommentare").GetByText("Die Rechnung der Mühle fehlt noch."))
            .ToBeVisibleAsync();
        await Expect(anna.Screen.GetByText("Dieter Krause schreibt …")).ToHaveCountAsync(0);
        await Expect(anna.Screen.GetByRole(AriaRole.Log)).ToHaveTextAsync("Neuer Kommentar von Dieter Krause");

        await anna.Screen.Choice("Status", "aufmerksam").ClickAsync();
        await Expect(dieter.Screen.Locator("header").GetByText("Ihre Antwort wird erwartet").First).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByText("Mit Ihrem Kommentar ist das Gespräch wieder offen.")).ToBeVisibleAsync();
        anna.Complaints.ShouldBeEmpty();
        dieter.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Unread_is_marked_until_one_looks_and_stays_unread_for_the_others()
    {
        var office = await Office.OpenAsync(browser.Product);
        var first = await office.ConversationAsync("Belege für Oktober");
        await office.ConversationAsync("Kassenbuch");
        await office.CommentAsync(first, "Längst gelesen");
        await using var anna = await browser.VisitAsync(office.Anna);
        await using var bernd = await browser.VisitAsync(office.Bernd);
        await Row(anna).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(Row(anna)).Not.ToContainTextAsync("ungelesen");
        await anna.Page.GotoAsync("/conversations");
        await office.CommentAsync(first, "Erster Kommentar");
        await office.CommentAsync(first, "Zweiter Kommentar");
        await Expect(Row(anna)).ToContainTextAsync("2 ungelesen");

        await Row(anna).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Zweiter Kommentar")).ToBeVisibleAsync();
        await Expect(anna.Screen.Region("Kommentare").Text("Neu")).ToBeVisibleAsync();
        await Expect(Row(anna)).Not.ToContainTextAsync("ungelesen");
        await Expect(Row(bernd)).ToContainTextAsync("4 ungelesen");

        static ILocator Row(Visitor of) =>
            of
                .Screen.Region("Liste der Gespräche")
                .GetByRole(AriaRole.Listitem)
                .Filter(new() { HasText = "Anzeigen: Belege für Oktober" });
    }

    [Fact]
    public async Task A_comment_whose_answer_is_lost_is_there_at_once_says_so_and_sent_again_is_there_once()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();

        // The server does it, and its answer gets lost; the first time, only.
        var posts = new List<string>();
        var held = new TaskCompletionSource();
        await dieter.Page.RouteAsync("**/graphql", async route =>
        {
            if (route.Request.PostData?.Contains("addComment", StringComparison.Ordinal) != true)
            {
                await route.ContinueAsync();
                return;
            }

            posts.Add((string)JsonNode.Parse(route.Request.PostData)!["variables"]!["input"]!["id"]!);
            var answer = await route.FetchAsync();
            if (posts.Count > 1)
            {
                await route.FulfillAsync(new() { Response = answer });
                return;
            }

            await held.Task;
            await route.AbortAsync();
        });
        // What would show that it has arrived does not come live, either.
        await dieter.Page.RouteWebSocketAsync("**/graphql", socket => socket.ConnectToServer());

        await dieter.Screen.Field(Write).FillAsync("Nur einmal, bitte.");
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.Field(Write)).ToHaveValueAsync("");
        await Expect(dieter.Screen.GetByRole(AriaRole.Article).Filter(new() { HasText = "Nur einmal, bitte." }))
            .ToHaveCountAsync(1);
        held.SetResult();
        await Expect(dieter.Screen.GetByText("Wird gesendet …")).ToHaveCountAsync(0);
        await Expect(dieter.Screen.GetByRole(AriaRole.Article).Filter(new() { HasText = "Nur einmal, bitte." }))
            .ToHaveCountAsync(1);

        var data = await (await browser.Product.SignInAsync(office.Anna.Email, Office.Password)).QueryAsync(
            "query($id: ID!) { conversation(id: $id) { comments { nodes { id body } } } }", new { id });
        data["conversation"]!["comments"]!["nodes"]!
            .AsArray()
            .Count(comment => comment.At("body") == "Nur einmal, bitte.")
            .ShouldBe(1);
        posts.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_connection_a_comment_waits_and_goes_once_by_hand_or_when_the_page_is_opened_again()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        async Task<ILocator> WriteOfflineAsync(string text)
        {
            await dieter.Page.RouteAsync("**/graphql", route => route.AbortAsync());
            await dieter.Screen.Field(Write).FillAsync(text);
            await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
            var comment = dieter.Screen.GetByRole(AriaRole.Article).Filter(new() { HasText = text });
            await Expect(comment).ToContainTextAsync("Nicht gesendet");
            await Expect(comment).ToContainTextAsync("Der Server ist nicht erreichbar.");
            return comment;
        }

        var byHand = await WriteOfflineAsync("Aus dem Zug geschrieben.");
        await dieter.Page.UnrouteAsync("**/graphql");
        await byHand.Button("Erneut senden").ClickAsync();
        await Expect(byHand).Not.ToContainTextAsync("Nicht gesendet");
        await Expect(byHand).ToHaveCountAsync(1);

        var byItself = await WriteOfflineAsync("Und zugeklappt.");
        await dieter.Page.UnrouteAsync("**/graphql");
        await dieter.Page.ReloadAsync();
        await Expect(byItself).ToHaveCountAsync(1);
        await Expect(byItself).Not.ToContainTextAsync("Nicht gesendet");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Region("Kommentare").GetByRole(AriaRole.Article)).ToHaveCountAsync(3);
    }

    [Fact]
    public async Task Drafts_of_comments_and_of_a_new_conversation_survive_a_reload()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await anna.Screen.Field(Write).FillAsync("Noch nicht fertig");
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("Noch nicht fertig");

        await anna.Page.GotoAsync("/conversations/new");
        await anna.Screen.Field("Betreff").FillAsync("Ein halber Betreff");
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Field("Betreff")).ToHaveValueAsync("Ein halber Betreff");

        // Another person at the same browser does not see them.
        await anna.Screen.GetByRole(AriaRole.Button, new() { Name = "Anna Sommer" }).ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Menuitem, new() { Name = "Abmelden" }).ClickAsync();
        await Expect(anna.Screen.Field("Passwort")).ToBeVisibleAsync();
        await anna.SignInAsync(office.Bernd, $"/conversations/{id}");
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("");
    }

    [Fact]
    public async Task A_draft_survives_that_the_page_goes_before_it_is_written_down()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await anna.Screen.Field(Write).FillAsync("Schon einmal gespeichert");
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("Schon einmal gespeichert");

        // What a browser does that lets a page go in the middle of a transaction.
        await anna.Page.EvaluateAsync(
            "() => { IDBDatabase.prototype.transaction = () => { throw new Error('The page is gone.'); }; }");
        await anna.Screen.Field(Write).FillAsync("Zuletzt geändert");
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("Zuletzt geändert");
        (await LeftAsync()).ShouldNotContain("Zuletzt");

        // From the second start on it is where everything else is kept, and is let go there.
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("Zuletzt geändert");
        (await LeftAsync()).ShouldBe("[]");
        await anna.Screen.Field(Write).FillAsync("");
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("");

        Task<string> LeftAsync() => anna.Page.EvaluateAsync<string>(
            "() => JSON.stringify(Object.entries(localStorage).filter(([name]) => name.startsWith('messaging.last.')))");
    }

    [Fact]
    public async Task What_a_tab_leaves_is_not_there_again_after_another_tab_has_sent_it()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        var other = await anna.Page.Context.NewPageAsync();
        await other.GotoAsync($"/conversations/{id}");
        await Expect(other.Locator("body").Field(Write)).ToBeVisibleAsync();
        await other.EvaluateAsync(
            "() => { IDBDatabase.prototype.transaction = () => { throw new Error('The page is gone.'); }; }");
        await other.Locator("body").Field(Write).FillAsync("Vom anderen Tab");
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("Vom anderen Tab");
        await other.CloseAsync(new() { RunBeforeUnload = false });
        await anna.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Vom anderen Tab")).ToBeVisibleAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("");
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Vom anderen Tab")).ToBeVisibleAsync();
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("");
    }

    [Fact]
    public async Task A_status_set_on_what_has_changed_meanwhile_is_asked_about()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober", status: ConversationStatus.Attention);
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();

        // The customer's comment is on its way to her when she presses the button.
        var asked = false;
        await anna.Page.RouteAsync("**/graphql", async route =>
        {
            if (!asked && route.Request.PostData?.Contains("changeStatus", StringComparison.Ordinal) == true)
            {
                asked = true;
                await office.CommentAsync(id, "Eine Frage habe ich noch.");
            }

            await route.ContinueAsync();
        });
        await anna.Screen.Choice("Status", "beantwortet").ClickAsync();
        await Expect(anna.Screen.GetByText("Inzwischen hat sich in diesem Gespräch etwas geändert."))
            .ToBeVisibleAsync();
        await Expect(anna.Screen.GetByRole(AriaRole.Radio, new() { Name = "offen", Exact = true })).ToBeCheckedAsync();
        await anna.Screen.Button("Trotzdem auf „beantwortet“ setzen").ClickAsync();
        await Expect(anna.Screen.GetByRole(AriaRole.Radio, new() { Name = "beantwortet", Exact = true }))
            .ToBeCheckedAsync();
    }

    [Fact]
    public async Task A_comment_and_its_status_are_one_act_of_which_the_customer_reads_what_is_expected()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await Expect(dieter.Screen.Button("Kommentar erstellen")).ToBeVisibleAsync();
        await Expect(dieter.Screen.Button("Kommentar erstellen und aufmerksam")).ToHaveCountAsync(0);

        await anna.Screen.Field(Write).FillAsync("Welche Belege fehlen?");
        await anna.Screen.Button("Kommentar erstellen und aufmerksam").ClickAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Welche Belege fehlen?")).ToBeVisibleAsync();
        await Expect(Status(anna, "aufmerksam")).ToBeCheckedAsync();
        await Expect(dieter.Screen.Region("Kommentare").GetByText("Welche Belege fehlen?")).ToBeVisibleAsync();
        await Expect(dieter.Screen.Locator("header").GetByText("Ihre Antwort wird erwartet").First)
            .ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByText("aufmerksam")).ToHaveCountAsync(0);

        // Her own comment has changed the version that the next one is written on.
        await anna.Screen.Field(Write).FillAsync("Hat sich erledigt.");
        await anna.Screen.Button("Kommentar erstellen und beantwortet").ClickAsync();
        await Expect(Status(anna, "beantwortet")).ToBeCheckedAsync();
        await Expect(dieter.Screen.Locator("header").GetByText("beantwortet").First).ToBeVisibleAsync();
        anna.Complaints.ShouldBeEmpty();
        dieter.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_status_that_comes_with_a_comment_is_asked_about_when_something_has_changed_meanwhile()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        var asked = false;
        await anna.Page.RouteAsync("**/graphql", async route =>
        {
            if (!asked && route.Request.PostData?.Contains("addComment", StringComparison.Ordinal) == true)
            {
                asked = true;
                await office.CommentAsync(id, "Eine Frage habe ich noch.");
            }

            await route.ContinueAsync();
        });
        await anna.Screen.Field(Write).FillAsync("Alles da.");
        await anna.Screen.Button("Kommentar erstellen und beantwortet").ClickAsync();
        await Expect(anna.Screen.GetByText("Inzwischen hat sich in diesem Gespräch etwas geändert."))
            .ToBeVisibleAsync();
        await Expect(Status(anna, "offen")).ToBeCheckedAsync();
        await anna.Screen.Button("Trotzdem auf „beantwortet“ setzen").ClickAsync();
        await Expect(Status(anna, "beantwortet")).ToBeCheckedAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Alles da.")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Whoever_comments_in_an_answered_conversation_is_asked_whether_it_stays_answered()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober", status: ConversationStatus.Answered);
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        const string question = "Dieses Gespräch ist beantwortet. Was gilt nach Ihrem Kommentar?";
        await anna.Screen.Field(Write).FillAsync("Nur zur Kenntnis.");
        await anna.Page.Keyboard.PressAsync("Control+Enter");
        await Expect(anna.Screen.Button("Bleibt beantwortet")).ToBeFocusedAsync();
        await anna.Page.Keyboard.PressAsync("Escape");
        await Expect(anna.Screen.GetByText(question)).ToHaveCountAsync(0);
        await Expect(anna.Screen.Field(Write)).ToBeFocusedAsync();
        await anna.Screen.Button("Kommentar erstellen").ClickAsync();
        await anna.Screen.Button("Bleibt beantwortet").ClickAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Nur zur Kenntnis.")).ToBeVisibleAsync();
        await Expect(Status(anna, "beantwortet")).ToBeCheckedAsync();

        await anna.Screen.Field(Write).FillAsync("Doch noch etwas.");
        await anna.Screen.Button("Kommentar erstellen").ClickAsync();
        await anna.Screen.Button("Wieder offen").ClickAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Doch noch etwas.")).ToBeVisibleAsync();
        await Expect(Status(anna, "offen")).ToBeCheckedAsync();
        anna.Complaints.ShouldBeEmpty();
    }

    private static ILocator Status(Visitor visitor, string name) =>
        visitor.Screen.GetByRole(AriaRole.Radio, new() { Name = name, Exact = true });
}
