using Messaging.Application.Customers;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>How long data is kept, who is erased after that, and which mails prove history meanwhile.</summary>
public sealed class RetentionTests(Browser browser)
{
    [Fact]
    public async Task An_owner_says_how_long_data_is_kept_and_erases_who_is_kept_no_longer()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.RunAsync(new EndCustomerCommand(office.Anna.Caller, office.Krause, new DateOnly(2020, 1, 31)));
        await using var anna = await browser.VisitAsync(office.Anna, $"/customers/{office.Krause}");
        var keeping = anna.Screen.Region("Aufbewahrung");
        await Expect(keeping).ToContainTextAsync("Aufzubewahren bis 31.12.2030 (ab Ende des Mandats).");
        var question = await EraseAsync(anna, "Dieter Krause");
        await Expect(question.GetByRole(AriaRole.Alert)).ToContainTextAsync("Eine Frist läuft");
        await question.Button("Abbrechen").ClickAsync();

        // The terms are whole years, at most 30 of them.
        await anna.Page.GotoAsync("/settings");
        var years = keeping.GetByLabel("Jahre nach dem Ende des Mandats");
        await Expect(years).ToHaveValueAsync("10");
        await years.FillAsync("31");
        await keeping.Button("Aufbewahrung speichern").ClickAsync();
        await Expect(keeping.GetByRole(AriaRole.Alert)).ToContainTextAsync("0 bis 30 ganze Jahre");
        await years.FillAsync("1");
        await keeping.Button("Aufbewahrung speichern").ClickAsync();
        await Expect(keeping.GetByRole(AriaRole.Status)).ToHaveTextAsync("Gespeichert.");
        await Expect(keeping.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await anna.Page.ReloadAsync();
        await Expect(years).ToHaveValueAsync("1");

        // Then their contact can go, and so can a colleague who did nothing for anybody who is kept.
        await anna.Page.GotoAsync($"/customers/{office.Krause}");
        await Expect(keeping).ToContainTextAsync("Frist bis 31.12.2021 (ab Ende des Mandats).");
        await Expect(await EraseAsync(anna, "Dieter Krause")).ToHaveCountAsync(0);
        await IsErasedAsync(anna, "Dieter Krause");
        await anna.Page.GotoAsync("/administrators");
        await Expect(await EraseAsync(anna, "Carla Herbst")).ToHaveCountAsync(0);
        await anna.Screen.GetByLabel("Auch Ehemalige zeigen").CheckAsync();
        await IsErasedAsync(anna, "Carla Herbst");

        // Mails that prove history, and the report of each week, are chosen in the profile.
        await anna.Page.GotoAsync("/profile");
        string[] mails = ["Wochenbericht per E-Mail", "Prüfpunkt per E-Mail"];
        foreach (var mail in mails)
        {
            await Expect(anna.Screen.GetByLabel(mail)).Not.ToBeCheckedAsync();
            await anna.Screen.GetByLabel(mail).CheckAsync();
            await Expect(anna.Screen.Region("Benachrichtigungen").GetByRole(AriaRole.Status))
                .ToHaveTextAsync("Gespeichert");
        }

        await anna.Page.ReloadAsync();
        foreach (var mail in mails) await Expect(anna.Screen.GetByLabel(mail)).ToBeCheckedAsync();
        anna.Complaints.ShouldBeEmpty();
    }

    /// <summary>Erases somebody by their menu, once their name was typed.</summary>
    /// <returns>The question, which stays when it was refused.</returns>
    private static async Task<ILocator> EraseAsync(Visitor anna, string name)
    {
        await anna.Screen.Button($"Aktionen für {name}").ClickAsync();
        await anna.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Daten löschen" }).ClickAsync();
        var question = anna.Screen.Dialog($"Daten von {name} endgültig löschen?");
        await Expect(question.Button("Daten löschen")).ToBeDisabledAsync();
        await question.GetByLabel($"Zur Bestätigung: {name}").FillAsync(name);
        await question.Button("Daten löschen").ClickAsync();
        return question;
    }

    private static async Task IsErasedAsync(Visitor anna, string name)
    {
        var nobody = anna.Screen.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "N. N." });
        await Expect(nobody).ToContainTextAsync("gelöscht");
        await Expect(anna.Screen.GetByText(name)).ToHaveCountAsync(0);
        await nobody.GetByRole(AriaRole.Button).ClickAsync();
        await Expect(anna.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Daten löschen" })).ToHaveCountAsync(0);
    }
}
