using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>The report of the week is reached from the overview, and its numbers open what they count.</summary>
public sealed class WeeklyTests(Browser browser)
{
    [Fact]
    public async Task Each_number_opens_what_it_counts_by_keyboard_and_by_its_address_and_on_a_phone_too()
    {
        var office = await Office.OpenAsync(browser.Product);
        var nobodys = await office.ConversationAsync("Frage ohne Zuständige");
        await office.CommentAsync(nobodys, "Wann?", office.Dieter);
        await office.ConversationAsync("Frage an Anna", responsible: office.Anna);
        await using var anna = await browser.VisitAsync(office.Anna, "/overview", new() { Width = 390, Height = 780 });
        await anna.Page.GetByRole(AriaRole.Link, new() { Name = "Wochenbericht" }).ClickAsync();
        await Expect(anna.Page.GetByRole(AriaRole.Heading, new() { Name = "Wochenbericht", Level = 1 }))
            .ToBeVisibleAsync();
        await Expect(anna.Page.GetByRole(AriaRole.Link, new() { Name = "Neu seit Geschäftsschluss: 2 anzeigen" }))
            .ToBeVisibleAsync();
        (await anna.ScrollsSidewaysAsync()).ShouldBeFalse();

        var number = anna.Page.GetByRole(AriaRole.Link, new() { Name = "Niemand zuständig: 1 anzeigen" });
        await number.FocusAsync();
        await anna.Page.Keyboard.PressAsync("Enter");
        var dialog = anna.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByRole(AriaRole.Link, new() { Name = "Frage ohne Zuständige" })).ToBeVisibleAsync();
        await Expect(dialog.GetByText("Frage an Anna")).ToHaveCountAsync(0);
        await anna.Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);

        // The links of mails.
        await anna.Page.GotoAsync("/overview/weekly?list=came-in");
        await dialog.GetByRole(AriaRole.Link, new() { Name = "Frage an Anna" }).ClickAsync();
        await Expect(anna.Page.GetByRole(AriaRole.Heading, new() { Name = "Frage an Anna" }).First)
            .ToBeVisibleAsync();
        await anna.Page.GotoAsync("/overview/weekly?list=replies&week=5&person=nobody");
        await Expect(dialog.GetByText("Hier ist nichts")).ToBeVisibleAsync();
        anna.Complaints.ShouldBeEmpty();
    }
}
