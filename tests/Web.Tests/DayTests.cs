using Messaging.Domain.Conversations;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>What waits for oneself, who carries what, and who has not delivered: each number opens what it counts.
/// </summary>
public sealed class DayTests(Browser browser)
{
    [Fact]
    public async Task A_day_the_work_and_what_was_not_delivered_open_what_they_count_on_a_phone_too()
    {
        var office = await Office.OpenAsync(browser.Product);
        var mine = await office.ConversationAsync("Frage an Anna", responsible: office.Anna);
        await office.CommentAsync(mine, "Wann?", office.Dieter);
        await office.ConversationAsync("Belege für März", status: ConversationStatus.Attention);
        await using var anna = await browser.VisitAsync(office.Anna, "/day", new() { Width = 390, Height = 780 });
        var waits = anna.Page.GetByRole(AriaRole.Link, new() { Name = "Wartet auf mich: 1 anzeigen" });
        await Expect(waits).ToBeVisibleAsync();
        await Expect(anna.Screen.GetByRole(AriaRole.Link, new() { Name = "Frage an Anna" }).First).ToBeVisibleAsync();
        await Expect(anna.Page.GetByRole(AriaRole.Region, new() { Name = "Ich warte auf Kunden" }))
            .ToContainTextAsync("Hier ist nichts");
        (await anna.ScrollsSidewaysAsync()).ShouldBeFalse();

        await anna.Page.GotoAsync("/overview/work");
        var number = anna.Page.GetByRole(
            AriaRole.Link, new() { Name = "Niemand zuständig: 1 aufmerksam anzeigen" });
        await number.FocusAsync();
        await anna.Page.Keyboard.PressAsync("Enter");
        var dialog = anna.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByRole(AriaRole.Link, new() { Name = "Belege für März" })).ToBeVisibleAsync();
        await Expect(dialog.GetByText("Frage an Anna")).ToHaveCountAsync(0);
        await anna.Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);

        await anna.Page.GotoAsync("/overview/undelivered");
        await anna.Page.GetByRole(AriaRole.Link, new() { Name = "Bäckerei Krause GmbH" })
            .Filter(new() { HasText = "…1" }).ClickAsync();
        var month = await anna.Page.EvaluateAsync<string>(
            """
            new Intl.DateTimeFormat("de", { month: "long", year: "numeric", timeZone: "Europe/Berlin" }).format()
            """);
        var title = $"Wonach gefragt wurde: Bäckerei Krause GmbH, {month}";
        await Expect(anna.Screen.Dialog(title).GetByRole(AriaRole.List, new() { Name = title, Exact = true }))
            .ToContainTextAsync("Belege für März");
        await anna.Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);
        (await anna.ScrollsSidewaysAsync()).ShouldBeFalse();
        anna.Complaints.ShouldBeEmpty();
    }
}
