using Messaging.Application.Customers;
using Messaging.Domain.Conversations;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>
/// Nothing is sent or changed that was not meant: by pasting, by a key, or by a draft that was somebody else's.
/// </summary>
public sealed class SecondThoughtTests(Browser browser)
{
    private const string Write = "Schreiben Sie einen neuen Kommentar";
    private const string Note = "Schreiben Sie eine interne Notiz";
    private const string Files = "Fügen Sie hier Ihre Dateien hinzu";

    /// <summary>
    /// Puts into the clipboard what Office puts there for cells: text, HTML, and a picture of it; or a picture alone.
    /// </summary>
    private const string Copy =
        """
        async (withText) => {
          const canvas = document.createElement('canvas');
          canvas.width = canvas.height = 4;
          const png = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
          const text = { 'text/plain': new Blob(['Umsatz\t4.200'], { type: 'text/plain' }),
              'text/html': new Blob(['<table><tr><td>Umsatz</td><td>4.200</td></tr></table>'], { type: 'text/html' }) };
          await navigator.clipboard.write([new ClipboardItem({ ...(withText && text), 'image/png': png })]);
        }
        """;

    [Fact]
    public async Task Text_wins_over_its_picture_when_pasting_and_only_where_one_writes_something_is_pasted()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await anna.Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        var attached = anna.Screen.GetByRole(AriaRole.List, new() { Name = Files }).GetByRole(AriaRole.Listitem);
        await anna.Screen.Field(Write).FocusAsync();
        await anna.Page.EvaluateAsync(Copy, true);
        await anna.Page.Keyboard.PressAsync("Control+v");
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("Umsatz\t4.200");
        await Expect(attached).ToHaveCountAsync(0);

        await anna.Page.EvaluateAsync(Copy, false);
        await anna.Page.Keyboard.PressAsync("Control+v");
        await Expect(attached).ToHaveCountAsync(1);
        await Task.Delay(1_100, TestContext.Current.CancellationToken);
        await anna.Page.Keyboard.PressAsync("Control+v");
        await Expect(attached).ToHaveCountAsync(2);
        var names = await attached.AllInnerTextsAsync();
        names.ShouldAllBe(name => name.StartsWith("Bild 20", StringComparison.Ordinal));
        names.Distinct().Count().ShouldBe(2);

        // The search takes text, and nothing else does anything with what is pasted.
        await anna.Screen.Field("Gespräche durchsuchen").FocusAsync();
        await anna.Page.Keyboard.PressAsync("Control+v");
        await anna.Screen.Region("Kommentare").FocusAsync();
        await anna.Page.Keyboard.PressAsync("Control+v");
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await Expect(attached).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task An_internal_draft_never_becomes_public_by_a_key()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await anna.Screen.Region("Kommentare").FocusAsync();
        await anna.Page.Keyboard.PressAsync("n");
        await Expect(anna.Screen.Field(Note)).ToBeFocusedAsync();
        await anna.Page.Keyboard.TypeAsync("INTERN: Mandant zahlt nie pünktlich");
        await anna.Page.Keyboard.PressAsync("Escape");
        await anna.Screen.Region("Kommentare").FocusAsync();
        await anna.Page.Keyboard.PressAsync("r");
        await Expect(anna.Screen.Field(Note)).ToBeFocusedAsync();
        await anna.Page.Keyboard.PressAsync("Control+Enter");
        await Expect(anna.Screen.Region("Kommentare").GetByText("INTERN: Mandant zahlt nie pünktlich"))
            .ToBeVisibleAsync();
        var seen = await (await browser.Product.SignInAsync(office.Dieter.Email, Office.Password)).QueryAsync(
            "query($id: ID!) { conversation(id: $id) { comments { nodes { body } } } }", new { id });
        seen.ToJsonString().ShouldNotContain("INTERN");
    }

    [Fact]
    public async Task A_draft_of_a_new_conversation_belongs_to_its_customer()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/new?customer={office.Krause}");
        await anna.Screen.Field("Betreff").FillAsync("Gehalt von Herrn Krause");
        await anna.Screen.Field("Nachricht").FillAsync("4.200 €");
        await anna.Page.GotoAsync($"/conversations?customer={office.Lindner}");
        await anna.Screen.Link("Erstellen").ClickAsync();
        await Expect(anna.Screen.Combobox("Kunde")).ToHaveValueAsync("Studio Lindner");
        await Expect(anna.Screen.Field("Betreff")).ToHaveValueAsync("");
        await Expect(anna.Screen.Field("Nachricht")).ToHaveValueAsync("");
        await anna.Screen.Field("Betreff").FillAsync("Homepage");

        await anna.Page.GotoAsync($"/conversations/new?customer={office.Krause}");
        await Expect(anna.Screen.Field("Betreff")).ToHaveValueAsync("Gehalt von Herrn Krause");
        await Expect(anna.Screen.Combobox("Kunde")).ToHaveValueAsync("Bäckerei Krause GmbH");

        // Without a customer one begins anew, and finds what was begun.
        await anna.Page.GotoAsync("/conversations/new");
        await Expect(anna.Screen.Field("Betreff")).ToHaveValueAsync("");
        await anna.Screen.Button("Homepage").ClickAsync();
        await Expect(anna.Screen.Combobox("Kunde")).ToHaveValueAsync("Studio Lindner");
        await Expect(anna.Screen.Field("Betreff")).ToHaveValueAsync("Homepage");
    }

    [Fact]
    public async Task Whom_one_writes_to_is_plain_before_one_writes()
    {
        var office = await Office.OpenAsync(browser.Product);
        foreach (var i in Enumerable.Range(1, 25))
            await office.RunAsync(
                new RegisterCustomerCommand(office.Anna.Caller, Guid.CreateVersion7(), $"Mandant {i:00}"));
        var other = Guid.CreateVersion7();
        await office.CustomerAsync(other, "Bäckerei Krause GmbH", "Zweiter Krause", "zweiter");
        await using var anna = await browser.VisitAsync(office.Anna, "/conversations/new");
        var options = anna.Screen.GetByRole(AriaRole.Option);

        // That there are more than are shown is said.
        await anna.Screen.Combobox("Kunde").ClickAsync();
        await Expect(options.Last).ToHaveTextAsync("Es gibt noch mehr. Bitte tippen Sie den Namen.");

        // Those of one name are told apart.
        await anna.Screen.Combobox("Kunde").FillAsync("Krause");
        await Expect(options).ToHaveCountAsync(2);
        (await options.AllInnerTextsAsync())
            .Order()
            .ShouldBe(
                new[]
                {
                    $"Bäckerei Krause GmbH · {office.Dieter.Email}",
                    $"Bäckerei Krause GmbH · {office.Address("zweiter")}",
                }.Order()
            );
        await anna
            .Screen.GetByRole(AriaRole.Option, new() { Name = $"Bäckerei Krause GmbH · {office.Address("zweiter")}" })
            .ClickAsync();
        await Expect(anna.Screen.GetByText("ist niemand eingeladen")).ToHaveCountAsync(0);

        // Where nobody reads it is said.
        await anna.Screen.Combobox("Kunde").FillAsync("Mandant 07");
        await anna.Screen.GetByRole(AriaRole.Option, new() { Name = "Mandant 07" }).ClickAsync();
        await Expect(anna.Screen.GetByText("Für Mandant 07 ist niemand eingeladen")).ToBeVisibleAsync();

        // A second customer of a name is no accident.
        await anna.Page.GotoAsync("/customers");
        await anna.Screen.Button("Kunden anlegen").ClickAsync();
        var form = anna.Screen.Dialog("Kunden anlegen");
        await form.Field("Name").FillAsync("mandant  07");
        await form.Button("Kunden anlegen").ClickAsync();
        await Expect(form.GetByRole(AriaRole.Alert)).ToContainTextAsync("Es gibt schon einen Kunden mit dem Namen");
        await form.Button("Trotzdem anlegen").ClickAsync();
        await Expect(anna.Screen.Heading("mandant  07").Or(anna.Screen.Heading("mandant 07"))).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Keys_change_nothing_unless_what_they_change_has_the_focus_and_what_they_changed_can_be_undone()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        var keys = anna.Page.Keyboard;

        // Out of the field, and on with the sentence.
        await anna.Screen.Field(Write).FillAsync("x");
        await keys.PressAsync("Escape");
        await keys.TypeAsync("alles erledigt, ja, nur noch Kasse und Rechnung?");
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await Expect(anna.Screen.Field(Write)).ToHaveValueAsync("x");
        await Expect(anna.Screen.Dialog("Tastenkürzel")).ToHaveCountAsync(0);
        new Uri(anna.Page.Url).AbsolutePath.ShouldBe($"/conversations/{id}");
        (await StatusesAsync(office, id)).ShouldBe([ConversationStatus.Open.ToString()]);

        // Nor from a row of the list, nor behind the sheet of keys.
        await anna.Screen.LinkWith("Anzeigen: Belege für Oktober").FocusAsync();
        await keys.PressAsync("e");
        await anna.Screen.Region("Kommentare").FocusAsync();
        await keys.PressAsync("?");
        await Expect(anna.Screen.Dialog("Tastenkürzel")).ToBeVisibleAsync();
        await keys.PressAsync("e");
        await keys.PressAsync("c");
        await keys.PressAsync("Escape");
        await Expect(anna.Screen.Dialog("Tastenkürzel")).ToHaveCountAsync(0);
        (await StatusesAsync(office, id)).ShouldBe([ConversationStatus.Open.ToString()]);
        new Uri(anna.Page.Url).AbsolutePath.ShouldBe($"/conversations/{id}");

        // Where the conversation has the focus it does what it says; and that is taken back, for everybody to see.
        await anna.Screen.Region("Kommentare").FocusAsync();
        await keys.PressAsync("e");
        await Expect(anna.Screen.GetByRole(AriaRole.Radio, new() { Name = "beantwortet", Exact = true }))
            .ToBeCheckedAsync();
        await anna.Screen.Button("Rückgängig").ClickAsync();
        await Expect(anna.Screen.GetByRole(AriaRole.Radio, new() { Name = "offen", Exact = true })).ToBeCheckedAsync();
        (await StatusesAsync(office, id)).ShouldBe(["Open", "Answered", "Open"]);

        // Held down it is pressed once, and one key after the other is no surprise.
        await anna.Screen.Region("Kommentare").FocusAsync();
        for (var i = 0; i < 5; i++) await keys.DownAsync("a");
        await keys.UpAsync("a");
        await Expect(anna.Screen.GetByRole(AriaRole.Radio, new() { Name = "aufmerksam", Exact = true }))
            .ToBeCheckedAsync();
        await Expect(anna.Screen.GetByText("Inzwischen hat sich")).ToHaveCountAsync(0);
        (await StatusesAsync(office, id)).ShouldBe(["Open", "Answered", "Open", "Attention"]);

        // Out of the field twice, one is in the conversation.
        await anna.Screen.Field(Write).FocusAsync();
        await keys.PressAsync("Escape");
        await keys.PressAsync("Escape");
        await Expect(anna.Screen.Region("Kommentare")).ToBeFocusedAsync();
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Undoing_never_undoes_what_has_happened_since()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober", status: ConversationStatus.Attention);
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await anna.Screen.Region("Kommentare").FocusAsync();
        await anna.Page.Keyboard.PressAsync("e");
        await Expect(anna.Screen.Button("Rückgängig")).ToBeVisibleAsync();
        await office.CommentAsync(id, "Noch eine Frage", office.Dieter);
        await Expect(anna.Screen.Region("Kommentare").GetByText("Noch eine Frage")).ToBeVisibleAsync();
        await anna.Screen.Button("Rückgängig").ClickAsync();
        await Expect(anna.Screen.GetByText("Inzwischen hat sich in diesem Gespräch etwas geändert."))
            .ToBeVisibleAsync();
        (await StatusesAsync(office, id)).ShouldBe(["Attention", "Answered", "Open"]);
    }

    [Fact]
    public async Task Keys_can_be_turned_off_and_the_search_has_one_on_a_German_keyboard_too()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await anna.Screen.Region("Kommentare").FocusAsync();

        // As a German keyboard says it: Shift and 7.
        var tools = await anna.Page.Context.NewCDPSessionAsync(anna.Page);
        foreach (var type in new[] { "keyDown", "keyUp" })
            await tools.SendAsync(
                "Input.dispatchKeyEvent",
                new()
                {
                    ["type"] = type,
                    ["modifiers"] = 8,
                    ["key"] = "/",
                    ["code"] = "Digit7",
                    ["text"] = type == "keyDown" ? "/" : "",
                    ["windowsVirtualKeyCode"] = 55,
                }
            );
        await Expect(anna.Screen.Field("Gespräche durchsuchen")).ToBeFocusedAsync();

        await anna.Page.GotoAsync("/profile");
        await anna
            .Screen.GetByRole(AriaRole.Switch, new() { Name = "Tastenkürzel" })
            .ClickAsync(new() { Force = true });
        await anna.Page.GotoAsync($"/conversations/{id}");
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await anna.Screen.Region("Kommentare").FocusAsync();
        foreach (var key in new[] { "e", "r", "c", "/", "j" }) await anna.Page.Keyboard.PressAsync(key);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await Expect(anna.Screen.Region("Kommentare")).ToBeFocusedAsync();
        (await StatusesAsync(office, id)).ShouldBe(["Open"]);
    }

    /// <summary>The statuses that a conversation has had, from its history.</summary>
    private async Task<List<string>> StatusesAsync(Office office, Guid id)
    {
        var data = await (await browser.Product.SignInAsync(office.Anna.Email, Office.Password)).QueryAsync(
            "query($id: ID!) { conversation(id: $id) { history { nodes { type data } } } }", new { id });
        return
        [
            .. data["conversation"]!["history"]!["nodes"]!
                .AsArray()
                .Select(e => e!["data"]!)
                .Select(e => e["status"] ?? e["to"] ?? e["Status"] ?? e["To"])
                .Where(e => e is not null)
                .Select(e => StatusOf(e!.ToString())),
        ];
    }

    private static string StatusOf(string written) =>
        Enum.Parse<ConversationStatus>(written, ignoreCase: true).ToString();
}
