using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>The overview has the times of replies, and each number opens the conversations that it counts.</summary>
public sealed class TimesTests(Browser browser)
{
    [Fact]
    public async Task Each_number_opens_what_it_counts_by_keyboard_and_on_a_phone_too()
    {
        var office = await Office.OpenAsync(browser.Product);
        var replied = await office.ConversationAsync("Frage zur Umsatzsteuer");
        await office.CommentAsync(replied, "Und im Ausland?", office.Dieter);
        await office.CommentAsync(replied, "Das geht so.", office.Bernd);
        var waiting = await office.ConversationAsync("Wartet noch auf uns");
        await office.CommentAsync(waiting, "Wann?", office.Dieter);
        await using var anna = await browser.VisitAsync(
            office.Anna, "/overview", new() { Width = 390, Height = 780 });
        var times = anna.Page.GetByRole(AriaRole.Region, new() { Name = "Zeiten" });
        var number = times.GetByRole(
            AriaRole.Button, new() { Name = $"{office.Bernd.Name}: 1 beantwortet anzeigen" });
        await number.FocusAsync();
        await anna.Page.Keyboard.PressAsync("Enter");
        var dialog = anna.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByRole(AriaRole.Link, new() { Name = "Frage zur Umsatzsteuer" })).ToBeVisibleAsync();
        await Expect(dialog.GetByText("Wartet noch auf uns")).ToHaveCountAsync(0);
        await anna.Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);

        await times.GetByText("Kunde", new() { Exact = true }).First.ClickAsync();
        await times.GetByRole(AriaRole.Button, new() { Name = "Alle: 1 wartet noch anzeigen" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Link, new() { Name = "Wartet noch auf uns" }).ClickAsync();
        await Expect(anna.Page.GetByRole(AriaRole.Heading, new() { Name = "Wartet noch auf uns" }).First)
            .ToBeVisibleAsync();
        (await anna.ScrollsSidewaysAsync()).ShouldBeFalse();
        anna.Complaints.ShouldBeEmpty();
    }
}
