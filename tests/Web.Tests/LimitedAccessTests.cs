using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>An owner gives somebody of the office some of the customers.</summary>
public sealed class LimitedAccessTests(Browser browser)
{
    [Fact]
    public async Task Whoever_is_given_one_customer_sees_that_one_and_all_again_later()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationAsync("Belege Krause");
        await office.ConversationAsync("Belege Lindner", customer: office.Lindner);
        await using var carla = await browser.VisitAsync(office.Carla, visit: new() { Width = 390, Height = 780 });
        await Expect(carla.Screen.GetByText("Belege Krause").First).ToBeVisibleAsync();
        await using var anna = await browser.VisitAsync(office.Anna, "/administrators");

        var dialog = await OpenAccessAsync(anna);
        await dialog.GetByLabel("nur diese Kunden").CheckAsync();
        await Expect(dialog.GetByText("So sieht die Person keinen Kunden.")).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Kunden", Exact = true }).FillAsync("lindn");
        await anna.Page.GetByRole(AriaRole.Option, new() { Name = "Studio Lindner" }).ClickAsync();
        await dialog.Button("Speichern").ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(anna.Screen.GetByText("1 Kunde").First).ToBeVisibleAsync();

        await carla.Page.ReloadAsync();
        await Expect(carla.Screen.GetByText("Belege Krause")).ToHaveCountAsync(0);
        await Expect(carla.Screen.GetByText("Belege Lindner").First).ToBeVisibleAsync();
        await carla.Page.GotoAsync("/customers");
        await Expect(carla.Screen.GetByText("Studio Lindner").First).ToBeVisibleAsync();
        await Expect(carla.Screen.GetByText("Krause")).ToHaveCountAsync(0);

        dialog = await OpenAccessAsync(anna);
        await dialog.GetByLabel("alle Kunden").CheckAsync();
        await dialog.Button("Speichern").ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        await carla.Page.GotoAsync("/conversations");
        await Expect(carla.Screen.GetByText("Belege Krause").First).ToBeVisibleAsync();
        anna.Complaints.ShouldBeEmpty();
    }

    private static async Task<ILocator> OpenAccessAsync(Visitor anna)
    {
        await anna.Screen.Button("Aktionen für Carla Herbst").ClickAsync();
        await anna.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Zugriff auf Kunden …" }).ClickAsync();
        var dialog = anna.Screen.Dialog("Zugriff von Carla Herbst");
        await Expect(dialog.GetByLabel("alle Kunden")).ToBeVisibleAsync();
        return dialog;
    }
}
