using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>One person with accounts of several customers and offices, in one browser.</summary>
public sealed class SeveralAccountsTests(Browser browser)
{
    private const string Write = "Schreiben Sie einen neuen Kommentar";

    [Fact]
    public async Task One_person_switches_between_customers_and_offices_and_two_tabs_keep_to_two_accounts()
    {
        var (krause, nord, ofKrause, ofLindner, ofNord) = await OpenAsync();
        await using var dieter = await browser.VisitAsync();
        await JoinAsync(dieter, krause);

        // Where they are, and on whose behalf, with the way to the others.
        await dieter.Page.GotoAsync("/conversations");
        var switcher = dieter.Screen.GetByRole(AriaRole.Button, new() { Name = "Zugang wechseln" }).First;
        await Expect(switcher).ToContainTextAsync("Kanzlei Sommer");
        await Expect(switcher).ToContainTextAsync("Bäckerei Krause GmbH");
        await Expect(dieter.Screen.GetByText("Belege Krause").First).ToBeVisibleAsync();
        await dieter.Page.GotoAsync($"/conversations/{ofKrause}");
        await dieter.Screen.Field(Write).FillAsync("Entwurf für Krause");
        await switcher.ClickAsync();
        var menu = dieter.Page.GetByRole(AriaRole.Menu);
        await Expect(menu.GetByRole(AriaRole.Menuitem)).ToHaveCountAsync(3);
        await menu.GetByRole(AriaRole.Menuitem, new() { Name = "Treuhand Nord" }).ClickAsync();
        await Expect(switcher).ToContainTextAsync("Treuhand Nord");
        await Expect(dieter.Screen.GetByText("Kasse Nord").First).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByText("Belege Krause")).ToHaveCountAsync(0);

        // A second tab, with another account: both stay with theirs, also when they are loaded anew.
        var second = await dieter.Page.Context.NewPageAsync();
        await second.GotoAsync("/conversations");
        var there = second.Locator("body").GetByRole(AriaRole.Button, new() { Name = "Zugang wechseln" }).First;
        await there.ClickAsync();
        await second.GetByRole(AriaRole.Menuitem, new() { Name = "Studio Lindner" }).ClickAsync();
        await Expect(second.GetByText("Belege Lindner").First).ToBeVisibleAsync();
        await Expect(switcher).ToContainTextAsync("Treuhand Nord");
        for (var i = 0; i < 2; i++)
        {
            await dieter.Page.ReloadAsync();
            await second.ReloadAsync();
            await Expect(switcher).ToContainTextAsync("Treuhand Nord");
            await Expect(dieter.Screen.GetByText("Kasse Nord").First).ToBeVisibleAsync();
            await Expect(there).ToContainTextAsync("Studio Lindner");
            await Expect(second.GetByText("Belege Lindner").First).ToBeVisibleAsync();
            await Expect(second.GetByText("Kasse Nord")).ToHaveCountAsync(0);
        }

        // What is written elsewhere comes to the tab whose it is.
        await krause.CommentAsync(ofLindner, "Neues für Lindner", krause.Anna);
        await nord.CommentAsync(ofNord, "Neues für Nord", nord.Dieter);
        await Expect(second.GetByText("Neues für Lindner").First).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByText("Neues für Nord").First).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByText("Neues für Lindner")).ToHaveCountAsync(0);
        await Expect(second.GetByText("Neues für Nord")).ToHaveCountAsync(0);

        // A link of the third account: it says whose it is, and goes there. The draft is where it was written.
        await second.GotoAsync($"/conversations/{ofKrause}");
        await second.GetByRole(AriaRole.Button, new() { Name = "Als Bäckerei Krause GmbH öffnen" }).ClickAsync();
        await Expect(second.Locator("body").Field(Write)).ToHaveValueAsync("Entwurf für Krause");
        await Expect(there).ToContainTextAsync("Bäckerei Krause GmbH");
        await Expect(switcher).ToContainTextAsync("Treuhand Nord");

        // Signing out signs all of it out.
        await second.Locator("nav button[aria-haspopup=menu]").Last.ClickAsync();
        await second.GetByRole(AriaRole.Menuitem, new() { Name = "Abmelden", Exact = true }).ClickAsync();
        await Expect(dieter.Screen.GetByText("Sie sind abgemeldet.")).ToBeVisibleAsync();
        dieter.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task On_a_phone_the_switch_is_in_the_header()
    {
        var (krause, _, _, _, _) = await OpenAsync();
        await using var dieter = await browser.VisitAsync(new() { Width = 390, Height = 780 });
        await JoinAsync(dieter, krause);
        await dieter.Page.GotoAsync("/conversations");
        var header = dieter.Page.GetByRole(AriaRole.Banner);
        var switcher = header.GetByRole(AriaRole.Button, new() { Name = "Zugang wechseln" });
        await switcher.ClickAsync();
        await dieter.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Studio Lindner" }).ClickAsync();
        await Expect(switcher).ToContainTextAsync("Studio Lindner");
        await Expect(dieter.Screen.GetByText("Belege Lindner").First).ToBeVisibleAsync();
        dieter.Complaints.ShouldBeEmpty();
    }

    private async Task<(Office Krause, Office Nord, Guid OfKrause, Guid OfLindner, Guid OfNord)> OpenAsync()
    {
        var krause = await Office.OpenAsync(browser.Product);
        var nord = await Office.OpenAsync(browser.Product, "Treuhand Nord", "Hafen-Café");
        var ofKrause = await krause.ConversationAsync("Belege Krause");
        var ofLindner = await krause.ConversationAsync("Belege Lindner", customer: krause.Lindner);
        var ofNord = await nord.ConversationAsync("Kasse Nord");

        // Dieter writes for another customer as well, and works at the other office: with accounts of their own so far.
        await krause.RunAsync(
            new InviteContactCommand(
                krause.Anna.Caller, Guid.CreateVersion7(), krause.Lindner, krause.Dieter.Email, "Dieter Krause",
                Office.Hash));
        await nord.RunAsync(
            new InviteAdministratorCommand(
                nord.Anna.Caller, Guid.CreateVersion7(), krause.Dieter.Email, "Dieter Krause", Role.Administrator,
                Office.Hash));
        return (krause, nord, ofKrause, ofLindner, ofNord);
    }

    // One password at all of them, and three sign-ins: he chooses one, and in the profile makes one of all.
    private static async Task JoinAsync(Visitor dieter, Office krause)
    {
        await dieter.Page.GotoAsync("/sign-in?to=/profile");
        await dieter.FillInSignInAsync(krause.Dieter);
        await Expect(dieter.Screen.Heading("Wo möchten Sie sich anmelden?")).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByRole(AriaRole.Button, new() { Name = "Treuhand Nord" })).ToBeVisibleAsync();
        await dieter.Screen.GetByRole(AriaRole.Button, new() { Name = "Bäckerei Krause GmbH" }).ClickAsync();
        var accounts = dieter.Screen.GetByRole(AriaRole.Region, new() { Name = "Zugänge" });
        await Expect(accounts.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(1);
        await accounts.GetByRole(AriaRole.Button, new() { Name = "Weiteren Zugang hinzufügen" }).ClickAsync();
        await accounts.Field("E-Mail-Adresse dort").FillAsync(krause.Dieter.Email);
        await accounts.Field("Passwort dort").FillAsync("geraten geraten");
        await accounts.GetByRole(AriaRole.Button, new() { Name = "Hinzufügen", Exact = true }).ClickAsync();
        await Expect(accounts.GetByText("Zu dieser Adresse gibt es keinen Zugang mit diesem Passwort."))
            .ToBeVisibleAsync();
        await accounts.Field("Passwort dort").FillAsync(Office.Password);
        await accounts.GetByRole(AriaRole.Button, new() { Name = "Hinzufügen", Exact = true }).ClickAsync();
        await Expect(accounts.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(3);
    }
}
