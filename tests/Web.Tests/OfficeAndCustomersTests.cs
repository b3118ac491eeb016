using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>Who belongs to the office, its customers, its settings, and its past.</summary>
public sealed class OfficeAndCustomersTests(Browser browser)
{
    [Fact]
    public async Task The_registered_address_is_in_the_settings_and_another_one_is_written_to_from_then_on()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna);
        await anna.Screen.Link("Organisationseinstellungen").ClickAsync();
        var address = anna.Screen.Field("E-Mail-Adresse für eingehende Nachrichten");
        await Expect(address).ToHaveValueAsync(office.RegisteredAddress);
        await address.FillAsync("keine Adresse");
        await anna.Screen.Button("Speichern").ClickAsync();
        await Expect(anna.Screen.GetByText("Das ist keine E-Mail-Adresse.")).ToBeVisibleAsync();
        await address.FillAsync(office.Address("eingang"));
        await anna.Screen.Button("Speichern").ClickAsync();
        await Expect(anna.Screen.GetByText("Gespeichert", new() { Exact = true })).ToBeVisibleAsync();
        await anna.Page.ReloadAsync();
        await Expect(address).ToHaveValueAsync(office.Address("eingang"));

        await office.CommentAsync(id, "An die neue Adresse");
        await browser.MailAsync(mail =>
            mail.Recipients.Contains(office.Address("eingang"))
            && mail.Text.Contains("An die neue Adresse", StringComparison.Ordinal)
        );
        browser.Product.Mail.Received.ShouldAllBe(mail => !mail.Recipients.Contains(office.RegisteredAddress));

        // Only owners change it.
        await using var bernd = await browser.VisitAsync(office.Bernd, "/settings");
        await Expect(bernd.Screen.Field("E-Mail-Adresse für eingehende Nachrichten"))
            .ToHaveAttributeAsync("readonly", "");
        await Expect(bernd.Screen.Button("Speichern")).ToHaveCountAsync(0);
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_customer_is_registered_a_contact_invited_takes_it_up_and_writes()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var bernd = await browser.VisitAsync(office.Bernd, "/customers");
        await bernd.Screen.Button("Kunden anlegen").ClickAsync();
        await bernd.Screen.GetByRole(AriaRole.Dialog).Field("Name").FillAsync("Tischlerei Yılmaz & Söhne");
        await bernd.Page.Keyboard.PressAsync("Enter");
        await Expect(bernd.Screen.Heading("Tischlerei Yılmaz & Söhne")).ToBeVisibleAsync();
        await bernd.Screen.Button("Ansprechpartner einladen").First.ClickAsync();
        var dialog = bernd.Screen.Dialog("Ansprechpartner einladen");
        await dialog.Field("Name").FillAsync("Murat Yılmaz");
        await dialog.GetByRole(AriaRole.Textbox).Nth(1).FillAsync(office.Address("murat"));
        await bernd.Page.Keyboard.PressAsync("Enter");
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(bernd.Screen.GetByText(office.Address("murat"))).ToBeVisibleAsync();

        var mail = await browser.MailAsync(mail => mail.Recipients.Contains(office.Address("murat")));
        var link = mail.Text.Split().First(word => word.Contains("/invitation#token=", StringComparison.Ordinal));
        var path = new Uri(link).PathAndQuery + new Uri(link).Fragment;

        // Opened where somebody is signed in, it says so: they may be somebody else.
        var elsewhere = await bernd.Page.Context.NewPageAsync();
        await elsewhere.GotoAsync(path);
        await Expect(elsewhere.GetByText("In diesem Browser ist Bernd Winter angemeldet.")).ToBeVisibleAsync();
        await elsewhere.CloseAsync();
        await using var murat = await browser.VisitAsync();
        await murat.Page.GotoAsync(path);
        await murat.Screen.Field("Passwort").FillAsync("Murat Yilmaz 1");
        await murat.Screen.Button("Einladung annehmen").ClickAsync();
        await Expect(murat.Screen.GetByText("kaum mehr als ein Name oder eine Adresse")).ToBeVisibleAsync();
        await murat.Screen.Field("Passwort").FillAsync(Office.Password);
        await murat.Screen.Button("Einladung annehmen").ClickAsync();
        await Expect(murat.Screen.GetByText("Noch keine Gespräche")).ToBeVisibleAsync();
        murat.Page.Url.ShouldNotContain("token");

        // A link works once.
        await using var thief = await browser.VisitAsync();
        await thief.Page.GotoAsync(path);
        await thief.Screen.Field("Passwort").FillAsync("ein anderes Passwort 1");
        await thief.Screen.Button("Einladung annehmen").ClickAsync();
        await Expect(thief.Screen.GetByText("Diese Einladung gilt nicht mehr")).ToBeVisibleAsync();
        bernd.Complaints.ShouldBeEmpty();
        murat.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_customer_is_numbered_tagged_and_ended_and_goes_on()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, "/customers");
        await anna.Screen.GetByText("Bäckerei Krause").First.ClickAsync();
        var details = anna.Screen.Region("Angaben");
        await details.Field("Kundennummer").FillAsync("M-4711");
        await details.Combobox("Schlagwörter").FillAsync("Lohn");
        await anna.Page.Keyboard.PressAsync("Enter");
        await details.Field("Notizen").FillAsync("Ruft lieber an");
        await details.Button("Speichern").ClickAsync();
        await Expect(details.GetByText("Gespeichert", new() { Exact = true })).ToBeVisibleAsync();
        var end = anna.Screen.Region("Ende des Mandats");
        await end.Button("Mandat beenden").ClickAsync();
        await anna.Screen.Dialog("Mandat beenden").Field("Tag").FillAsync("2020-01-31");
        await anna.Screen.Dialog("Mandat beenden").Button("Mandat beenden").ClickAsync();
        await Expect(end.GetByText("Beendet am 31.01.2020")).ToBeVisibleAsync();

        // The list finds it by number and tag; both sides read, and nobody writes.
        await anna.Page.GotoAsync("/customers?q=4711&tag=lohn");
        await Expect(anna.Screen.GetByText("Nr. M-4711")).ToBeVisibleAsync();
        await Expect(anna.Screen.GetByText("Beendet am 31.01.2020")).ToBeVisibleAsync();
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{id}");
        await Expect(dieter.Screen.GetByText("Das Mandat ist beendet")).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByText("Ruft lieber an")).ToHaveCountAsync(0);

        await anna.Screen.GetByText("Nr. M-4711").ClickAsync();
        await end.Button("Mandat fortsetzen").ClickAsync();
        await Expect(end.Button("Mandat fortsetzen")).ToHaveCountAsync(0);
        await dieter.Page.ReloadAsync();
        await Expect(dieter.Screen.Region("Kommentare")).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByText("Das Mandat ist beendet")).ToHaveCountAsync(0);
        anna.Complaints.ShouldBeEmpty();
        dieter.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_customer_begins_a_conversation_where_the_office_allows_it()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var dieter = await browser.VisitAsync(office.Dieter);
        await Expect(dieter.Screen.Heading("Nachrichten")).ToBeVisibleAsync();
        await Expect(dieter.Screen.Link("Erstellen")).ToHaveCountAsync(0);
        await using var anna = await browser.VisitAsync(office.Anna, "/settings");
        await anna
            .Screen.GetByRole(AriaRole.Switch, new() { Name = "Kunden dürfen Gespräche beginnen" })
            .CheckAsync(new() { Force = true });
        await anna.Screen.Button("Speichern").ClickAsync();
        await Expect(anna.Screen.GetByText("Gespeichert", new() { Exact = true })).ToBeVisibleAsync();

        await dieter.Page.ReloadAsync();
        await dieter.Screen.Link("Erstellen").First.ClickAsync();
        var form = dieter.Screen.GetByRole(AriaRole.Form, new() { Name = "Neues Gespräch" });
        foreach (var officeOnly in new[] { "Kunde", "Zuständiger Administrator" })
            await Expect(form.Combobox(officeOnly)).ToHaveCountAsync(0);
        await Expect(form.GetByRole(AriaRole.Radiogroup)).ToHaveCountAsync(0);
        await form.Field("Betreff").FillAsync("Eine Frage zur Kasse");
        await form.Field("Nachricht").FillAsync("Brauchen wir eine neue?");
        await form.Button("Erstellen").ClickAsync();
        await Expect(dieter.Screen.Region("Kommentare").GetByText("Brauchen wir eine neue?")).ToBeVisibleAsync();

        await anna.Page.GotoAsync("/conversations");
        await anna.Screen.LinkWith("Anzeigen: Eine Frage zur Kasse").ClickAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Brauchen wir eine neue?")).ToBeVisibleAsync();
        await browser.MailAsync(mail =>
            mail.Recipients.Contains(office.RegisteredAddress)
            && mail.Text.Contains("Brauchen wir eine neue?", StringComparison.Ordinal)
        );
        anna.Complaints.ShouldBeEmpty();
        dieter.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_history_shows_each_event_and_the_conversation_as_it_was()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await office.CommentAsync(id, "Der erste Kommentar");
        await office.CommentAsync(id, "Der zweite Kommentar");
        await office.StatusAsync(id, Domain.Conversations.ConversationStatus.Answered);
        await using var petra = await browser.VisitAsync(office.Petra, $"/conversations/{id}");
        await petra.Screen.Link("Verlauf").ClickAsync();
        var past = petra.Screen.Region("Das Gespräch, wie es war");
        await Expect(past.GetByText("Der zweite Kommentar")).ToBeVisibleAsync();
        await Expect(past.GetByText("beantwortet")).ToBeVisibleAsync();

        await petra.Screen.Button("Zum ersten Ereignis").ClickAsync();
        await Expect(past.GetByText("So war das Gespräch nach Ereignis 1.")).ToBeVisibleAsync();
        await Expect(past.GetByText("Der erste Kommentar")).ToHaveCountAsync(0);
        for (var i = 0; i < 2; i++) await petra.Screen.Button("Nächstes Ereignis").ClickAsync();
        await Expect(past.GetByText("Der erste Kommentar")).ToBeVisibleAsync();
        await Expect(past.GetByText("Der zweite Kommentar")).ToHaveCountAsync(0);
        await petra.Screen.GetByRole(AriaRole.Slider).First.FocusAsync();
        await petra.Page.Keyboard.PressAsync("End");
        await Expect(past.GetByText("beantwortet")).ToBeVisibleAsync();
        petra.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_history_speaks_the_language_of_the_page()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        foreach (var (locale, told) in new[] { ("de-DE", "mit Status offen begonnen"), ("en-GB", "with status open") })
        {
            await using var petra = await browser.VisitAsync(
                office.Petra, $"/conversations/{id}/history", new() { Locale = locale });
            await Expect(petra.Screen.GetByText(told)).ToBeVisibleAsync();
        }
    }

    [Fact]
    public async Task An_auditor_reads_everything_and_is_offered_nothing_to_do()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await office.CommentAsync(id, "Unter uns", office.Bernd, Domain.Conversations.CommentVisibility.Internal);
        await using var petra = await browser.VisitAsync(office.Petra, $"/conversations/{id}");
        await Expect(petra.Screen.Region("Kommentare").GetByText("Unter uns")).ToBeVisibleAsync();
        await Expect(petra.Screen.GetByText("Als Prüfer/in lesen Sie mit")).ToBeVisibleAsync();
        foreach (var button in new[] { "Kommentar erstellen", "Erstellen" })
            await Expect(petra.Screen.Button(button)).ToHaveCountAsync(0);
        await Expect(petra.Screen.Link("Erstellen")).ToHaveCountAsync(0);
        await Expect(petra.Screen.Combobox("Aktionsauswahl")).ToHaveCountAsync(0);
        await petra.Page.GotoAsync("/administrators");
        await Expect(petra.Screen.GetByText("Carla Herbst")).ToBeVisibleAsync();
        await Expect(petra.Screen.Button("Administrator einladen")).ToHaveCountAsync(0);
    }
}
