using System.Globalization;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>Whoever goes away says so, on a phone; whoever stays sees it where somebody is chosen.</summary>
public sealed class AbsenceTests(Browser browser)
{
    [Fact]
    public async Task Who_is_away_is_stood_in_for_and_others_see_it_until_it_is_ended()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für März", responsible: office.Bernd);
        var (from, to) = (DateTime.UtcNow.AddDays(-2), DateTime.UtcNow.AddDays(9));
        var until = to.ToString("dd.MM.yyyy", CultureInfo.InvariantCulture);
        var away = $"Abwesend bis {until}, Vertretung: Carla Herbst";

        await using var bernd = await browser.VisitAsync(
            office.Bernd, "/profile", visit: new() { Width = 390, Height = 780 });
        var own = bernd.Screen.Region("Abwesenheit");
        await Expect(own.GetByText("Keine Abwesenheit eingetragen.")).ToBeVisibleAsync();
        await own.Button("Speichern").ClickAsync();
        await Expect(own.GetByText("Bitte wählen Sie einen Tag.")).ToHaveCountAsync(2);
        await own.GetByLabel("Von", new() { Exact = true }).FillAsync(Day(to));
        await own.GetByLabel("Bis einschließlich").FillAsync(Day(from));
        await own.Button("Speichern").ClickAsync();
        await Expect(own.GetByText("Der letzte Tag liegt vor dem ersten.")).ToBeVisibleAsync();
        await own.GetByLabel("Von", new() { Exact = true }).FillAsync(Day(from));
        await own.GetByLabel("Bis einschließlich").FillAsync(Day(to));
        await own.Combobox("Vertretung").FillAsync("Carl");
        await bernd.Page.GetByRole(AriaRole.Option, new() { Name = "Carla Herbst" }).ClickAsync();
        await own.Button("Speichern").ClickAsync();
        await Expect(own.GetByText(away)).ToBeVisibleAsync();
        bernd.Complaints.ShouldBeEmpty();

        // What the customer writes is in the profile of whoever stands in.
        await office.CommentAsync(id, "Kommen morgen.", office.Dieter);
        await using var carla = await browser.VisitAsync(office.Carla, "/notifications");
        await Expect(carla.Screen.GetByText("Belege für März").First).ToBeVisibleAsync();

        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Combobox("Zuständiger Administrator"))
            .ToHaveValueAsync($"Bernd Winter (abwesend bis {until}, Vertretung: Carla Herbst)");
        await anna.Page.GotoAsync("/administrators");
        var row = anna.Screen.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Bernd Winter" });
        await Expect(row.GetByText(away)).ToBeVisibleAsync();

        // An owner ends it for whoever came back and forgot.
        await row.GetByRole(AriaRole.Button, new() { Name = "Bernd Winter" }).ClickAsync();
        await anna.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Abwesenheit eintragen" }).ClickAsync();
        var dialog = anna.Page.Locator("body").Dialog("Abwesenheit: Bernd Winter");
        await dialog.Button("Nicht abwesend").ClickAsync();
        await Expect(dialog.GetByText("Keine Abwesenheit eingetragen.")).ToBeVisibleAsync();
        await anna.Page.Keyboard.PressAsync("Escape");
        await Expect(row).ToBeVisibleAsync();
        await Expect(row.GetByText("Abwesend")).ToHaveCountAsync(0);
        anna.Complaints.ShouldBeEmpty();
    }

    private static string Day(DateTime day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
