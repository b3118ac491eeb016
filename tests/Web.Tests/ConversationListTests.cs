using Messaging.Domain.Conversations;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>The section <i>Nachrichten</i>.</summary>
public sealed class ConversationListTests(Browser browser)
{
    [Fact]
    public async Task Counts_and_filters_are_in_the_address_and_survive_a_reload()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationAsync(
            "Belege für Oktober", status: ConversationStatus.Attention, responsible: office.Bernd);
        await office.ConversationAsync("Jahresabschluss", status: ConversationStatus.Answered);
        await office.ConversationAsync(
            "Fahrtenbuch 2026", customer: office.Lindner, status: ConversationStatus.Attention);
        await using var anna = await browser.VisitAsync(office.Anna);
        var list = anna.Screen.Region("Liste der Gespräche");
        await Expect(list.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Bitte schicken" }))
            .ToHaveCountAsync(3);
        var tabs = anna.Screen.GetByRole(AriaRole.Navigation, new() { Name = "Nach Status" });
        await Expect(tabs.GetByRole(AriaRole.Link)).ToHaveTextAsync(["3alle", "0offen", "2aufmerksam", "1beantwortet"]);

        // One of them is where one is, and looks so.
        async Task IsChosenAsync(string label)
        {
            await Expect(tabs.Locator("[aria-current]")).ToHaveCountAsync(1);
            await Expect(tabs.Locator("[aria-current]")).ToContainTextAsync(label);
            (
                await tabs.GetByRole(AriaRole.Link)
                    .EvaluateAllAsync<int>(
                        "links => new Set(links.map((link) => getComputedStyle(link).boxShadow)).size")
            ).ShouldBe(2);
        }

        await IsChosenAsync("alle");
        await tabs.LinkWith("aufmerksam").ClickAsync();
        await Expect(list.LinkWith("Jahresabschluss")).ToHaveCountAsync(0);
        await anna.Screen.Field("Gespräche durchsuchen").FillAsync("Fahrten");
        await Expect(list.LinkWith("Anzeigen: Belege")).ToHaveCountAsync(0);
        await anna.Page.WaitForURLAsync(url =>
            url.Contains("status=attention", StringComparison.Ordinal)
            && url.Contains("q=Fahrten", StringComparison.Ordinal)
        );

        await IsChosenAsync("aufmerksam");
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.Field("Gespräche durchsuchen")).ToHaveValueAsync("Fahrten");
        await IsChosenAsync("aufmerksam");
        await Expect(list.LinkWith("Anzeigen: Fahrtenbuch 2026")).ToBeVisibleAsync();
        await Expect(list.LinkWith("Anzeigen:")).ToHaveCountAsync(1);
        await anna.Screen.Button("Suche leeren").ClickAsync();
        await Expect(list.LinkWith("Anzeigen:")).ToHaveCountAsync(2);
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Filters_of_customer_and_responsible_can_be_taken_off_one_by_one()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationAsync("Belege für Oktober", responsible: office.Bernd);
        await office.ConversationAsync("Kassenbuch", responsible: office.Carla);
        await office.ConversationAsync("Fahrtenbuch 2026", customer: office.Lindner, responsible: office.Bernd);
        await using var anna = await browser.VisitAsync(office.Anna);
        var rows = anna.Screen.Region("Liste der Gespräche").LinkWith("Anzeigen:");
        await Expect(rows).ToHaveCountAsync(3);

        await anna.Screen.Button("Filtern").ClickAsync();
        var filters = anna.Screen.Dialog("Filter");
        await filters.GetByRole(AriaRole.Combobox, new() { Name = "Zuständig" }).ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Option, new() { Name = "Bernd Winter" }).ClickAsync();
        await Expect(rows).ToHaveCountAsync(2);
        await filters.GetByRole(AriaRole.Combobox, new() { Name = "Kunde" }).FillAsync("Lind");
        await anna.Screen.GetByRole(AriaRole.Option, new() { Name = "Studio Lindner" }).ClickAsync();
        await Expect(rows).ToHaveCountAsync(1);
        await anna.Page.Keyboard.PressAsync("Escape");

        await anna.Screen.Button("Filter „Bernd Winter“ aufheben").ClickAsync();
        await Expect(rows).ToHaveCountAsync(1);
        await anna.Screen.Button("Filter „Studio Lindner“ aufheben").ClickAsync();
        await Expect(rows).ToHaveCountAsync(3);
        new Uri(anna.Page.Url).Query.ShouldBeEmpty();
    }

    [Fact]
    public async Task Several_are_handed_over_and_answered_at_once()
    {
        var office = await Office.OpenAsync(browser.Product);
        foreach (var subject in new[] { "Belege für Oktober", "Kassenbuch", "Jahresabschluss" })
            await office.ConversationAsync(subject);
        await using var anna = await browser.VisitAsync(office.Anna);
        var rows = anna
            .Screen.Region("Liste der Gespräche")
            .GetByRole(AriaRole.Listitem)
            .Filter(new() { HasText = "Bitte schicken" });
        var bar = anna.Screen.GetByLabel("Auswahl", new() { Exact = true });
        foreach (var (button, choice) in new[] { ("Zuständig", "Bernd Winter"), ("Status", "beantwortet") })
        {
            foreach (var subject in new[] { "Belege für Oktober", "Jahresabschluss" })
                await rows.GetByRole(AriaRole.Checkbox, new() { Name = $"„{subject}“ auswählen" })
                    .CheckAsync(new() { Force = true });
            await Expect(anna.Screen.GetByText("2 ausgewählt")).ToBeVisibleAsync();
            await bar.Button(button).ClickAsync();
            await anna.Screen.GetByRole(AriaRole.Menuitem, new() { Name = choice }).ClickAsync();
            await Expect(anna.Screen.GetByText("2 ausgewählt")).ToHaveCountAsync(0);
        }

        await Expect(rows.Filter(new() { HasText = "beantwortet" })).ToHaveCountAsync(2);
        await Expect(rows.Filter(new() { HasText = "Kassenbuch" })).ToContainTextAsync("offen");
        await using var bernd = await browser.VisitAsync(office.Bernd, $"/conversations?responsible={office.Bernd.Id}");
        await Expect(bernd.Screen.Region("Liste der Gespräche").LinkWith("Anzeigen:")).ToHaveCountAsync(2);
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_happens_elsewhere_shows_at_once_with_the_newest_first()
    {
        var office = await Office.OpenAsync(browser.Product);
        var first = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna);
        var list = anna.Screen.Region("Liste der Gespräche");
        var rows = list.LinkWith("Anzeigen:");
        await Expect(rows).ToHaveCountAsync(1);

        await office.ConversationAsync("Kassenbuch", author: office.Bernd);
        await Expect(rows).ToHaveTextAsync(["Anzeigen: Kassenbuch", "Anzeigen: Belege für Oktober"]);
        await office.CommentAsync(first, "Die Kassenberichte kommen heute Nachmittag.");
        await Expect(rows).ToHaveTextAsync(["Anzeigen: Belege für Oktober", "Anzeigen: Kassenbuch"]);
        await Expect(list.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Anzeigen:" }).First)
            .ToContainTextAsync("Die Kassenberichte kommen");
        await Expect(list.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Anzeigen:" }).First)
            .ToContainTextAsync("1 ungelesen");
        await office.StatusAsync(first, ConversationStatus.Answered);
        await Expect(list.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Anzeigen:" }).First)
            .ToContainTextAsync("beantwortet");
        await Expect(anna.Screen.GetByRole(AriaRole.Navigation, new() { Name = "Nach Status" }).LinkWith("beantwortet"))
            .ToHaveTextAsync("1beantwortet");
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_empty_list_says_what_to_do()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(office.Anna);
        await Expect(anna.Screen.GetByText("Noch keine Gespräche")).ToBeVisibleAsync();
        await anna.Screen.Field("Gespräche durchsuchen").FillAsync("gibt es nicht");
        await Expect(anna.Screen.GetByText("Nichts gefunden")).ToBeVisibleAsync();
        await anna.Screen.Button("Alle Filter aufheben").ClickAsync();
        await Expect(anna.Screen.GetByText("Noch keine Gespräche")).ToBeVisibleAsync();
    }
}
