using System.Security.Cryptography;
using System.Text;
using Messaging.TestSupport.Smtp;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>
/// What the product is for, step by step and in the words of the document that it was made after, with two browsers
/// side by side.
/// </summary>
public sealed class MainJobTests(Browser browser)
{
    private static readonly byte[] s_receipt = [.. "%PDF-1.4\n"u8, .. RandomNumberGenerator.GetBytes(30_000)];

    [Fact]
    public async Task An_administrator_asks_a_customer_answers_and_whoever_must_know_is_told()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(office.Anna);
        await using var dieter = await browser.VisitAsync(office.Dieter, visit: new() { Width = 390, Height = 844 });
        await Expect(dieter.Screen.GetByText("Noch keine Gespräche")).ToBeVisibleAsync();

        // „Gehen Sie zum Abschnitt ‚Nachrichten‘. Wählen Sie ‚Erstellen‘. Geben Sie die Details und die Nachricht ein.
        // Drücken Sie ‚Erstellen‘.“
        await anna
            .Screen.GetByRole(AriaRole.Navigation, new() { Name = "Hauptnavigation" })
            .Link("Nachrichten")
            .ClickAsync();
        await anna.Screen.Link("Erstellen").First.ClickAsync();
        var form = anna.Screen.GetByRole(AriaRole.Form, new() { Name = "Neues Gespräch" });
        await form.Combobox("Kunde").FillAsync("Krau");
        await anna.Screen.GetByRole(AriaRole.Option, new() { Name = "Bäckerei Krause GmbH" }).ClickAsync();
        await form.Field("Betreff").FillAsync("Belege für Oktober");
        await form.Field("Nachricht").FillAsync("Guten Tag Herr Krause,\nbitte schicken Sie uns die Kassenberichte.");
        await form.Choice("Status", "aufmerksam").ClickAsync();
        await form.Combobox("Zuständiger Administrator").ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Option, new() { Name = "Bernd Winter" }).ClickAsync();
        await form.GetByRole(AriaRole.Checkbox, new() { Name = "Administratoren benachrichtigen" }).CheckAsync();
        await AddFileAsync(anna, form, "Fügen Sie hier Ihre Dateien hinzu", "Vorlage Kassenbericht.pdf", s_receipt);
        await form.Button("Erstellen").ClickAsync();
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();

        // The customer sees it without having done anything, and is written to.
        await dieter.Screen.LinkWith("Anzeigen: Belege für Oktober").ClickAsync();
        await Expect(dieter.Screen.GetByText("Guten Tag Herr Krause,\nbitte schicken")).ToBeVisibleAsync();
        await Expect(
                dieter
                    .Screen.GetByRole(AriaRole.Banner)
                    .Or(dieter.Screen.Locator("header"))
                    .GetByText("Ihre Antwort wird erwartet")
                    .First
            )
            .ToBeVisibleAsync();
        await browser.MailAsync(mail => mail.Recipients.Contains(office.Dieter.Email));

        // „Schreiben Sie einen neuen Kommentar“, „Fügen Sie hier Ihre Dateien hinzu“, „Kommentar erstellen“
        await dieter.Screen.Field("Schreiben Sie einen neuen Kommentar").FillAsync("Hier sind die Kassenberichte.");
        await AddFileAsync(
            dieter, dieter.Screen, "Fügen Sie hier Ihre Dateien hinzu", "Kassenberichte Oktober.pdf", s_receipt);
        await dieter.Screen.Button("Kommentar erstellen").ClickAsync();
        await Expect(dieter.Screen.Field("Schreiben Sie einen neuen Kommentar")).ToHaveValueAsync("");

        // „Um eingehende Nachrichten zu sehen und zu beantworten, … gehen Sie zum Abschnitt ‚Kommentare‘.“
        var comments = anna.Screen.Region("Kommentare");
        await Expect(comments.GetByText("Hier sind die Kassenberichte.")).ToBeVisibleAsync();
        await Expect(comments.GetByRole(AriaRole.Article)).ToHaveCountAsync(2);
        await Expect(anna.Screen.GetByRole(AriaRole.Radio, new() { Name = "offen", Exact = true })).ToBeCheckedAsync();

        // „Um eine Datei aus einem Kommentar herunterzuladen, klicken Sie auf das Dateisymbol.“
        var download = await anna.Page.RunAndWaitForDownloadAsync(() =>
            comments.Button("„Kassenberichte Oktober.pdf“ herunterladen").ClickAsync()
        );
        download.SuggestedFilename.ShouldBe("Kassenberichte Oktober.pdf");
        (await File.ReadAllBytesAsync(await download.PathAsync(), TestContext.Current.CancellationToken)).ShouldBe(
            s_receipt);

        // „Sobald die Chat-Anfrage bearbeitet wurde, können Sie das Gespräch beenden, indem Sie den Status
        // ‚Beantwortet‘ wählen.“
        await anna.Screen.Choice("Status", "beantwortet").ClickAsync();
        await Expect(dieter.Screen.Locator("header").GetByText("beantwortet").First).ToBeVisibleAsync();

        // The office is told at its registered address, and whoever is responsible by mail and in their profile, too.
        await browser.MailAsync(mail =>
            mail.Recipients.Contains(office.RegisteredAddress)
            && mail.Text.Contains("Hier sind die Kassenberichte.", StringComparison.Ordinal)
        );
        await browser.MailAsync(mail =>
            mail.Recipients.Contains(office.Bernd.Email)
            && mail.Text.Contains("Hier sind die Kassenberichte.", StringComparison.Ordinal)
        );

        anna.Complaints.ShouldBeEmpty();
        dieter.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_action_tells_every_administrator_about_one_conversation_or_many()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationAsync("Belege für Oktober");
        await office.ConversationAsync("Kassenbuch");
        await office.ConversationAsync("Jahresabschluss");
        await using var anna = await browser.VisitAsync(office.Anna);
        await using var carla = await browser.VisitAsync(office.Carla, "/notifications");
        await Expect(carla.Screen.GetByText("Noch keine Benachrichtigungen")).ToBeVisibleAsync();

        // „Gehen Sie zu ‚Aktionsauswahl‘. Wählen Sie ‚Benachrichtigung an Administratoren für eine neue Nachricht
        // senden‘. Drücken Sie die Ausführtaste ‚▶‘. Wählen Sie ‚Aktion durchführen‘.“
        await anna.Screen.LinkWith("Anzeigen: Kassenbuch").ClickAsync();
        await RunActionAsync(anna, anna.Screen.Locator("header").Filter(new() { HasText = "Kassenbuch" }));
        var told = carla
            .Screen.GetByRole(AriaRole.List, new() { Name = "Liste der Benachrichtigungen" })
            .GetByRole(AriaRole.Listitem);
        await Expect(told).ToHaveCountAsync(1);
        await Expect(told.First).ToContainTextAsync("Kassenbuch");
        await Expect(told.First).ToContainTextAsync("Anna Sommer weist alle Administratoren auf dieses Gespräch hin");
        await browser.MailAsync(mail =>
            mail.Recipients.Contains(office.Carla.Email)
            && Subject(mail).Contains("Kassenbuch", StringComparison.Ordinal)
        );

        var list = anna.Screen.Region("Liste der Gespräche");
        foreach (var subject in new[] { "Belege für Oktober", "Jahresabschluss" })
            await list.GetByRole(AriaRole.Checkbox, new() { Name = $"„{subject}“ auswählen" })
                .CheckAsync(new() { Force = true });
        await Expect(anna.Screen.GetByText("2 ausgewählt")).ToBeVisibleAsync();
        await RunActionAsync(anna, anna.Screen.GetByLabel("Auswahl", new() { Exact = true }));
        await Expect(told).ToHaveCountAsync(3);
        await Expect(anna.Screen.GetByText("2 ausgewählt")).ToHaveCountAsync(0);
        foreach (var subject in new[] { "Belege für Oktober", "Jahresabschluss" })
        {
            await Expect(told.Filter(new() { HasText = subject })).ToHaveCountAsync(1);
            await browser.MailAsync(mail =>
                mail.Recipients.Contains(office.Carla.Email)
                && Subject(mail).Contains(subject, StringComparison.Ordinal)
            );
        }

        anna.Complaints.ShouldBeEmpty();
        carla.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_in_English()
    {
        var office = await Office.OpenAsync(browser.Product, locale: "en");
        var visit = new Visit { Locale = "en-GB" };
        await using var anna = await browser.VisitAsync(office.Anna, visit: visit);
        await using var dieter = await browser.VisitAsync(office.Dieter, visit: visit);

        await anna.Screen.Link("Create").First.ClickAsync();
        var form = anna.Screen.GetByRole(AriaRole.Form, new() { Name = "New conversation" });
        await form.Combobox("Customer").FillAsync("Krau");
        await anna.Screen.GetByRole(AriaRole.Option, new() { Name = "Bäckerei Krause GmbH" }).ClickAsync();
        await form.Field("Subject").FillAsync("Receipts for October");
        await form.Field("Message").FillAsync("Please send us the receipts.");
        await form.Choice("Status", "needs attention").ClickAsync();
        await form.Button("Create").ClickAsync();

        await dieter.Screen.LinkWith("Open: Receipts for October").ClickAsync();
        await dieter.Screen.Field("Write a new comment").FillAsync("Here they are.");
        await AddFileAsync(
            dieter, dieter.Screen, "Add your files here", "October.csv", Encoding.UTF8.GetBytes("day;sum\n1;10"));
        await dieter.Screen.Button("Post comment").ClickAsync();

        await Expect(anna.Screen.Region("Comments").GetByText("Here they are.")).ToBeVisibleAsync();
        await anna.Screen.Choice("Status", "answered").ClickAsync();
        await Expect(dieter.Screen.Locator("header").GetByText("answered").First).ToBeVisibleAsync();

        await anna.Screen.Combobox("Actions").ClickAsync();
        await anna
            .Screen.GetByRole(AriaRole.Option, new() { Name = "Notify administrators about a new message" })
            .ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Button, new() { Name = "▶" }).ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Dialog).Button("Run action").ClickAsync();
        await browser.MailAsync(mail =>
            mail.Recipients.Contains(office.Carla.Email) && Subject(mail).Contains("Receipts", StringComparison.Ordinal)
        );
        anna.Complaints.ShouldBeEmpty();
        dieter.Complaints.ShouldBeEmpty();
    }

    private static string Subject(ReceivedMail mail) => mail.Message.Subject ?? "";

    private static async Task RunActionAsync(Visitor who, ILocator where)
    {
        const string Action = "Benachrichtigung an Administratoren für eine neue Nachricht senden";
        await where.Combobox("Aktionsauswahl").ClickAsync();
        await who.Screen.GetByRole(AriaRole.Option, new() { Name = Action }).ClickAsync();
        await where.GetByRole(AriaRole.Button, new() { Name = "▶" }).ClickAsync();
        await who.Screen.Dialog(Action).Button("Aktion durchführen").ClickAsync();
    }

    private static async Task AddFileAsync(Visitor who, ILocator where, string button, string name, byte[] content)
    {
        var chooser = await who.Page.RunAndWaitForFileChooserAsync(() => where.Button(button).ClickAsync());
        await chooser.SetFilesAsync(
            new FilePayload
            {
                Name = name,
                MimeType = "application/octet-stream",
                Buffer = content,
            }
        );
        await Expect(where.GetByText(name)).ToBeVisibleAsync();
        await Expect(where.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
    }
}
