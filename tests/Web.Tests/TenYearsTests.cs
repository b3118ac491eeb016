using System.Text.RegularExpressions;
using Messaging.Application.Customers;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>The years of one customer's contact in a browser, each of which changes what the one before left.</summary>
public sealed partial class TenYearsTests(Browser browser)
{
    private const string Write = "Schreiben Sie einen neuen Kommentar";

    [Fact]
    public async Task One_person_forgets_marries_joins_and_sees_a_mandate_end_and_go_on()
    {
        var office = await Office.OpenAsync(browser.Product);
        var belege = await office.ConversationAsync("Belege Krause");
        await office.ConversationAsync("Belege Lindner", customer: office.Lindner);
        await using var dieter = await browser.VisitAsync(new() { Width = 390, Height = 780 });
        await using var anna = await browser.VisitAsync(office.Anna, $"/customers/{office.Krause}");

        // He forgets his password, and the session that he has elsewhere ends.
        await using var elsewhere = await browser.VisitAsync(office.Dieter);
        await dieter.Page.GotoAsync("/sign-in");
        await dieter.Screen.GetByText("Passwort vergessen?").ClickAsync();
        await Expect(dieter.Screen.Heading("Passwort vergessen?")).ToBeVisibleAsync();
        await dieter.Screen.Field("E-Mail-Adresse").FillAsync(office.Dieter.Email);
        await dieter.Screen.Button("Link anfordern").ClickAsync();
        await Expect(dieter.Screen.Heading("Sehen Sie in Ihrem Postfach nach")).ToBeVisibleAsync();
        await dieter.Page.GotoAsync(await LinkAsync(office.Dieter.Email, ResetLink()));
        await dieter.Screen.Field("Neues Passwort").FillAsync("Zwetschgen 27 x");
        await dieter.Screen.Button("Passwort speichern").ClickAsync();
        await Expect(dieter.Screen.Heading("Ihr Passwort ist geändert")).ToBeVisibleAsync();
        await elsewhere.Page.ReloadAsync();
        await Expect(elsewhere.Page.Locator("input[type=password]")).ToBeVisibleAsync();

        // He marries: the address is another one, and the link works in the browser of whoever reads his mail.
        var married = office.Address("dieter.mueller");
        await SignInAsync(dieter, office.Dieter.Email);
        await dieter.Page.GotoAsync("/profile");
        var section = dieter.Screen.Region("E-Mail-Adresse");
        await section.Field("Neue Adresse").FillAsync(married);
        await section.Field("Ihr Passwort").FillAsync("Zwetschgen 27 x");
        await section.Button("Adresse ändern").ClickAsync();
        await Expect(section.GetByText($"Wir haben einen Link an {married} geschickt")).ToBeVisibleAsync();
        await elsewhere.Page.GotoAsync(await LinkAsync(married, ChangeLink()));
        await elsewhere.Screen.Button("Adresse bestätigen").ClickAsync();
        await Expect(elsewhere.Screen.Heading("Die Adresse ist geändert")).ToBeVisibleAsync();
        await dieter.Page.ReloadAsync();
        await Expect(section.Field("Jetzige Adresse")).ToHaveValueAsync(married);

        // He writes for another company as well: an account of his own there, which he makes one with his first.
        await office.RunAsync(
            new InviteContactCommand(
                office.Anna.Caller, Guid.CreateVersion7(), office.Lindner, married, "Dieter Müller", Office.Hash));
        var accounts = dieter.Screen.GetByRole(AriaRole.Region, new() { Name = "Zugänge" });
        await accounts.GetByRole(AriaRole.Button, new() { Name = "Weiteren Zugang hinzufügen" }).ClickAsync();
        await accounts.Field("E-Mail-Adresse dort").FillAsync(married);
        await accounts.Field("Passwort dort").FillAsync(Office.Password);
        await accounts.GetByRole(AriaRole.Button, new() { Name = "Hinzufügen", Exact = true }).ClickAsync();
        await Expect(accounts.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(2);
        await dieter.Page.GotoAsync("/conversations");
        var switcher = dieter.Page.GetByRole(AriaRole.Banner)
            .GetByRole(AriaRole.Button, new() { Name = "Zugang wechseln" });
        await switcher.ClickAsync();
        await dieter.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Studio Lindner" }).ClickAsync();
        await Expect(dieter.Screen.GetByText("Belege Lindner").First).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByText("Belege Krause")).ToHaveCountAsync(0);

        // The first mandate ends: he reads, and writes no more; the other goes on.
        await anna.Page.ReloadAsync();
        var end = anna.Screen.Region("Ende des Mandats");
        await end.Button("Mandat beenden").ClickAsync();
        await anna.Screen.Dialog("Mandat beenden").Field("Tag").FillAsync("2020-01-31");
        await anna.Screen.Dialog("Mandat beenden").Button("Mandat beenden").ClickAsync();
        await Expect(end.Button("Mandat fortsetzen")).ToBeVisibleAsync();
        await switcher.ClickAsync();
        await dieter.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Bäckerei Krause GmbH" }).ClickAsync();
        await Expect(dieter.Screen.GetByText("Belege Krause").First).ToBeVisibleAsync();
        await dieter.Page.GotoAsync($"/conversations/{belege}");
        await Expect(dieter.Screen.GetByText("Das Mandat ist beendet")).ToBeVisibleAsync();
        await Expect(dieter.Screen.Field(Write)).ToHaveCountAsync(0);

        // It is resumed, and he writes under the name that everybody knows.
        await end.Button("Mandat fortsetzen").ClickAsync();
        await Expect(end.Button("Mandat fortsetzen")).ToHaveCountAsync(0);
        await dieter.Page.ReloadAsync();
        await dieter.Screen.Field(Write).FillAsync("Wir sind wieder da.");
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.GetByText("Wir sind wieder da.").First).ToBeVisibleAsync();
        await anna.Page.GotoAsync($"/conversations/{belege}");
        await Expect(anna.Screen.GetByText("Wir sind wieder da.").First).ToBeVisibleAsync();
        foreach (var visitor in (Visitor[])[dieter, anna]) visitor.Complaints.ShouldBeEmpty();
    }

    private static async Task SignInAsync(Visitor visitor, string email)
    {
        await visitor.Page.GotoAsync("/sign-in");
        await visitor.Page.Locator("input[type=email]").FillAsync(email);
        await visitor.Page.Locator("input[type=password]").FillAsync("Zwetschgen 27 x");
        await visitor.Page.Locator("button[type=submit]").ClickAsync();
        await visitor.Page.WaitForURLAsync("**/conversations");
    }

    private async Task<string> LinkAsync(string address, Regex link)
    {
        var mail = await browser.MailAsync(m => m.Recipients.Contains(address) && link.IsMatch(m.Text));
        return link.Match(mail.Text).Value;
    }

    // Mails name the public address, which is not the test's.
    [GeneratedRegex(@"/reset-password#token=[\w-]{43}")]
    private static partial Regex ResetLink();

    [GeneratedRegex(@"/[a-z-]+#token=[\w-]{43}")]
    private static partial Regex ChangeLink();
}
