using System.Text;
using Messaging.Domain.Conversations;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>What the office writes for itself.</summary>
public sealed class InternalNoteTests(Browser browser)
{
    [Fact]
    public async Task Nothing_of_an_internal_note_ever_reaches_the_customers_browser()
    {
        const string Secret = "Zahlungsunfähigkeitsverdacht";
        const string Earlier = "Betriebsprüfungsvermutung";
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await office.CommentAsync(id, $"{Earlier}: bitte behutsam.", office.Bernd, CommentVisibility.Internal);
        await using var dieter = await browser.VisitAsync(office.Dieter);
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await dieter.Screen.LinkWith("Anzeigen: Belege für Oktober").ClickAsync();
        await Expect(dieter.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();

        // In the office it is unmistakable.
        var note = anna.Screen.GetByRole(AriaRole.Article, new() { Name = "Interne Notiz, Bernd Winter" });
        await Expect(note).ToContainTextAsync("nur für die Kanzlei");
        await anna.Screen.Choice("Wer es lesen darf", "Interne Notiz").ClickAsync();
        await anna.Screen.Field("Schreiben Sie eine interne Notiz").PressSequentiallyAsync(Secret);
        var chooser = await anna.Page.RunAndWaitForFileChooserAsync(() =>
            anna.Screen.Button("Fügen Sie hier Ihre Dateien hinzu").ClickAsync()
        );
        await chooser.SetFilesAsync(
            new FilePayload
            {
                Name = $"{Secret}.txt",
                MimeType = "text/plain",
                Buffer = Encoding.UTF8.GetBytes(Secret),
            }
        );
        await Expect(anna.Screen.GetByText($"{Secret}.txt")).ToBeVisibleAsync();
        await Expect(anna.Screen.GetByRole(AriaRole.Progressbar)).ToHaveCountAsync(0);
        await anna.Screen.Button("Notiz erstellen").ClickAsync();
        await Expect(anna.Screen.GetByRole(AriaRole.Article, new() { Name = "Interne Notiz, Anna Sommer" }))
            .ToContainTextAsync(Secret);

        // What comes after it has arrived: so would have the note.
        await office.CommentAsync(id, "Ein Kommentar für alle.", office.Anna);
        await Expect(dieter.Screen.Region("Kommentare").GetByText("Ein Kommentar für alle.")).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByRole(AriaRole.Article)).ToHaveCountAsync(2);
        foreach (var word in new[] { Secret, Earlier })
        {
            await dieter.Screen.Field("Gespräche durchsuchen").FillAsync(word);
            await Expect(dieter.Screen.GetByText("Nichts gefunden")).ToBeVisibleAsync();
        }

        foreach (
            var path in new[]
            {
                "/notifications",
                $"/conversations/{id}/history",
                "/overview",
                "/profile",
                $"/conversations/{id}",
            }
        )
        {
            await dieter.Page.GotoAsync(path);
            await dieter.UntilLoadedAsync();
        }

        await Expect(dieter.Screen.GetByText("Wer es lesen darf")).ToHaveCountAsync(0);
        await Expect(dieter.Screen.GetByText("Interne Notiz")).ToHaveCountAsync(0);
        var heard = await dieter.HeardAsync();
        heard.ShouldContain(text => text.Contains("Ein Kommentar für alle.", StringComparison.Ordinal));
        foreach (var word in new[] { Secret, Earlier, "INTERNAL" })
            heard.ShouldAllBe(text => !text.Contains(word, StringComparison.Ordinal), word);
        (
            await dieter.Page.EvaluateAsync<string>("() => JSON.stringify([localStorage, sessionStorage])")
        ).ShouldNotContain(Earlier);
        browser
            .Product.Mail.Received.Where(mail => mail.Recipients.Contains(office.Dieter.Email))
            .ShouldAllBe(mail => !mail.Text.Contains(Secret) && !mail.Html.Contains(Secret));
    }

    [Fact]
    public async Task That_somebody_writes_a_note_or_wrote_one_shows_to_the_office_only()
    {
        var office = await Office.OpenAsync(browser.Product);
        var first = await office.ConversationAsync("Belege für Oktober");
        await office.ConversationAsync("Kassenbuch");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{first}");
        await using var bernd = await browser.VisitAsync(office.Bernd, $"/conversations/{first}");
        await using var dieter = await browser.VisitAsync(office.Dieter, $"/conversations/{first}");
        foreach (var who in new[] { bernd, dieter })
            await Expect(who.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await anna.Screen.Choice("Wer es lesen darf", "Interne Notiz").ClickAsync();
        await anna.Screen.Field("Schreiben Sie eine interne Notiz").PressSequentiallyAsync("Unter uns");
        await Expect(bernd.Screen.GetByText("Anna Sommer schreibt …")).ToBeVisibleAsync();
        await anna.Screen.Button("Notiz erstellen").ClickAsync();
        await Expect(bernd.Screen.Region("Kommentare").GetByText("Unter uns")).ToBeVisibleAsync();

        // For the customer nothing has happened in it: it neither moves up nor counts as unread.
        await Expect(dieter.Screen.Region("Liste der Gespräche").LinkWith("Anzeigen:"))
            .ToHaveTextAsync(["Anzeigen: Kassenbuch", "Anzeigen: Belege für Oktober"]);
        (await dieter.HeardAsync()).ShouldAllBe(text => !text.Contains("\"writers\":[{", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_colleague_is_mentioned_by_the_keyboard_and_is_told_and_sees_it_marked()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für November");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        var field = anna.Screen.Field("Schreiben Sie einen neuen Kommentar");
        var options = anna.Screen.GetByRole(AriaRole.Listbox, new() { Name = "Kollegen zum Erwähnen" })
            .GetByRole(AriaRole.Option);

        // What customers read mentions nobody.
        await field.PressSequentiallyAsync("@Ber");
        await Expect(options).ToHaveCountAsync(0);
        await field.FillAsync("");
        await anna.Screen.Choice("Wer es lesen darf", "Interne Notiz").ClickAsync();
        field = anna.Screen.Field("Schreiben Sie eine interne Notiz");
        await field.PressSequentiallyAsync("Bitte @");
        await Expect(options).ToHaveTextAsync(["Bernd Winter", "Carla Herbst"]);
        await anna.Page.Keyboard.PressAsync("ArrowDown");
        await Expect(options.Nth(1)).ToHaveAttributeAsync("aria-selected", "true");
        await Expect(field).ToHaveAttributeAsync(
            "aria-activedescendant", await options.Nth(1).GetAttributeAsync("id") ?? "none");
        await field.PressSequentiallyAsync("ber");
        await Expect(options).ToHaveTextAsync(["Bernd Winter"]);
        await anna.Page.Keyboard.PressAsync("Escape");
        await Expect(options).ToHaveCountAsync(0);
        await field.PressSequentiallyAsync("n");
        await anna.Page.Keyboard.PressAsync("Enter");
        await Expect(field).ToHaveValueAsync("Bitte @Bernd Winter ");
        await field.PressSequentiallyAsync("ansehen, mail@carla.example");
        await anna.Screen.Button("Notiz erstellen").ClickAsync();
        var marked = anna.Screen.GetByRole(AriaRole.Article, new() { Name = "Interne Notiz, Anna Sommer" })
            .Locator("mark");
        await Expect(marked).ToHaveTextAsync(["@Bernd Winter"]);

        await using var bernd = await browser.VisitAsync(office.Bernd, "/notifications");
        await Expect(bernd.Screen.GetByText("Anna Sommer hat Sie in einer Notiz erwähnt")).ToBeVisibleAsync();
        await bernd.Page.GotoAsync($"/conversations/{id}");
        await Expect(bernd.Screen.Region("Kommentare").Locator("mark")).ToHaveTextAsync(["@Bernd Winter"]);
    }
}
