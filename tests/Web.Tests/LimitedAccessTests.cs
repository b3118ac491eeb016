using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>An owner gives somebody of the office some of the customers.</summary>
public sealed class LimitedAccessTests(Browser browser)
{
    private const string Write = "Schreiben Sie einen neuen Kommentar";

    [Fact]
    public async Task Whoever_is_given_one_customer_sees_that_one_and_all_again_later()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationAsync("Belege Krause");
        await office.ConversationAsync("Belege Lindner", customer: office.Lindner);
        await using var carla = await browser.VisitAsync(office.Carla, visit: new() { Width = 390, Height = 780 });
        await Expect(carla.Screen.GetByText("Belege Krause").First).ToBeVisibleAsync();
        await carla.Screen.EvaluateAsync("window.isTheSame = true");
        await using var anna = await browser.VisitAsync(office.Anna, "/administrators");

        var dialog = await OpenAccessAsync(anna);
        await dialog.GetByLabel("nur diese Kunden").CheckAsync();
        await Expect(dialog.GetByText("So sieht die Person keinen Kunden.")).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Kunden", Exact = true }).FillAsync("lindn");
        await anna.Page.GetByRole(AriaRole.Option, new() { Name = "Studio Lindner" }).ClickAsync();
        await dialog.Button("Speichern").ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(anna.Screen.GetByText("1 Kunde").First).ToBeVisibleAsync();

        await Expect(carla.Screen.GetByText("Belege Krause")).ToHaveCountAsync(0);
        await Expect(carla.Screen.GetByText("Belege Lindner").First).ToBeVisibleAsync();

        // It stays live, also for what is given and taken afterwards.
        await office.ConversationAsync("Auch für Carla", customer: office.Lindner);
        await Expect(carla.Screen.GetByText("Auch für Carla").First).ToBeVisibleAsync();
        await office.RunAsync(
            new LimitAdministratorCommand(office.Anna.Caller, office.Carla.Id, new([office.Krause], [])));
        await Expect(carla.Screen.GetByText("Belege Krause").First).ToBeVisibleAsync();
        await Expect(carla.Screen.GetByText("Belege Lindner")).ToHaveCountAsync(0);
        await office.RunAsync(
            new LimitAdministratorCommand(office.Anna.Caller, office.Carla.Id, new([office.Lindner], [])));
        await Expect(carla.Screen.GetByText("Belege Lindner").First).ToBeVisibleAsync();
        (await carla.Page.EvaluateAsync<bool>("window.isTheSame")).ShouldBeTrue();
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

    [Fact]
    public async Task What_is_taken_from_somebody_leaves_every_tab_of_theirs_at_once_and_comes_back_with_the_draft()
    {
        var office = await Office.OpenAsync(browser.Product);
        var krause = await office.ConversationAsync("Belege Krause", "Streng vertraulich", responsible: office.Carla);
        await office.ConversationAsync("Belege Lindner", customer: office.Lindner);
        var question = await office.ConversationAsync("Frage von Krause", responsible: office.Carla);
        await using var overview = await browser.VisitAsync(office.Carla, "/overview");
        var conversation = await overview.Page.Context.NewPageAsync();
        await conversation.GotoAsync($"/conversations/{krause}");
        await Expect(conversation.GetByText("Streng vertraulich").First).ToBeVisibleAsync();
        await conversation.GetByRole(AriaRole.Textbox, new() { Name = Write }).FillAsync("Mein Entwurf");
        var search = await overview.Page.Context.NewPageAsync();
        await search.GotoAsync("/conversations?q=Krause");
        await Expect(search.GetByText("Belege Krause").First).ToBeVisibleAsync();
        var bell = await overview.Page.Context.NewPageAsync();
        await bell.GotoAsync("/notifications");
        await office.CommentAsync(question, "Wann ist der Termin?");
        await Expect(bell.GetByText("Frage von Krause").First).ToBeVisibleAsync();
        await Expect(overview.Screen.GetByText("Frage von Krause").First).ToBeVisibleAsync();

        await office.RunAsync(
            new LimitAdministratorCommand(office.Anna.Caller, office.Carla.Id, new([office.Lindner], [])));
        foreach (var page in (IPage[])[overview.Page, search, bell])
        {
            await Expect(page.GetByText("Frage von Krause")).ToHaveCountAsync(0);
            await Expect(page.GetByText("Belege Krause")).ToHaveCountAsync(0);
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "ungelesen" })).ToHaveCountAsync(0);
        }

        await Expect(bell.GetByText("Noch keine Benachrichtigungen")).ToBeVisibleAsync();
        await search.GetByRole(AriaRole.Searchbox).FillAsync("Belege");
        await Expect(search.GetByText("Belege Lindner").First).ToBeVisibleAsync();
        await Expect(search.GetByText("Belege Krause")).ToHaveCountAsync(0);
        await Expect(conversation.GetByRole(AriaRole.Alert)).ToContainTextAsync("Dieses Gespräch gibt es nicht");
        (await conversation.ContentAsync()).ShouldNotContain("Streng vertraulich");
        (await conversation.ContentAsync()).ShouldNotContain("Belege Krause");

        await office.RunAsync(new LimitAdministratorCommand(office.Anna.Caller, office.Carla.Id, null));
        await Expect(conversation.GetByText("Streng vertraulich").First).ToBeVisibleAsync();
        await Expect(conversation.GetByRole(AriaRole.Textbox, new() { Name = Write }))
            .ToHaveValueAsync("Mein Entwurf");
        await Expect(search.GetByText("Belege Krause").First).ToBeVisibleAsync();
        await Expect(bell.GetByText("Frage von Krause").First).ToBeVisibleAsync();

        // In another role, what is not for it is gone from the page as well.
        await office.RunAsync(
            new ChangeAdministratorRoleCommand(office.Anna.Caller, office.Carla.Id, Role.Auditor, null));
        await Expect(conversation.GetByRole(AriaRole.Textbox, new() { Name = Write })).ToHaveCountAsync(0);
        await Expect(conversation.GetByText("Streng vertraulich").First).ToBeVisibleAsync();
        overview.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_contact_of_topics_sees_what_is_tagged_with_them_and_no_more()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationAsync("Lohn im Oktober");
        await office.ConversationAsync("Jahresabschluss");
        await using var dieter = await browser.VisitAsync(
            office.Dieter, visit: new() { Width = 390, Height = 780 });
        await Expect(dieter.Screen.GetByText("Jahresabschluss").First).ToBeVisibleAsync();

        // An administrator who is no owner does it on a phone: tags a conversation …
        await using var bernd = await browser.VisitAsync(
            office.Bernd, visit: new() { Width = 390, Height = 780 });
        await bernd.Screen.LinkWith("Anzeigen: Lohn im Oktober").ClickAsync();
        await bernd.Screen.Button("Schlagwort hinzufügen").ClickAsync();
        await bernd.Screen.Dialog("Schlagwort hinzufügen").Combobox("Schlagwörter").FillAsync("Lohn");
        await bernd.Page.Keyboard.PressAsync("Enter");
        await Expect(bernd.Screen.Link("Lohn")).ToBeVisibleAsync();

        // … and limits a contact to it.
        await bernd.Page.GotoAsync($"/customers/{office.Krause}");
        await bernd.Screen.Button("Aktionen für Dieter Krause").ClickAsync();
        await bernd.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Themen …" }).ClickAsync();
        var dialog = bernd.Screen.Dialog("Themen von Dieter Krause");
        await dialog.Combobox("Themen").FillAsync("lohn");
        await bernd.Page.Keyboard.PressAsync("Enter");
        await dialog.Button("Speichern").ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(bernd.Screen.GetByText("nur lohn")).ToBeVisibleAsync();
        await Expect(dieter.Screen.GetByText("Jahresabschluss")).ToHaveCountAsync(0);
        await Expect(dieter.Screen.GetByText("Lohn im Oktober").First).ToBeVisibleAsync();

        // What is tagged afterwards comes to them, and goes with the tag.
        var later = await office.ConversationAsync("Krankmeldung");
        await office.RunAsync(new TagConversationsCommand(office.Bernd.Caller, [later], ["LOHN"], []));
        await Expect(dieter.Screen.GetByText("Krankmeldung").First).ToBeVisibleAsync();
        await office.RunAsync(new TagConversationsCommand(office.Bernd.Caller, [later], [], ["Lohn"]));
        await Expect(dieter.Screen.GetByText("Krankmeldung")).ToHaveCountAsync(0);
        await office.RunAsync(new GiveTopicsCommand(office.Anna.Caller, office.Dieter.Id, []));
        await Expect(dieter.Screen.GetByText("Jahresabschluss").First).ToBeVisibleAsync();
        foreach (var visitor in (Visitor[])[bernd, dieter]) visitor.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_auditor_who_sees_a_part_only_finds_no_way_to_what_is_not_for_them()
    {
        var office = await Office.OpenAsync(browser.Product);
        var foreign = await office.ConversationAsync("Belege Krause", responsible: office.Carla);
        await office.CommentAsync(foreign, "Ist unterwegs.");
        var id = await office.ConversationAsync("Belege Lindner", customer: office.Lindner, responsible: office.Carla);
        await office.CommentAsync(id, "Streng vertraulich", office.Anna, CommentVisibility.Internal);
        await office.CommentAsync(id, "Kommen morgen.", office.Eva);

        // Of some customers an auditor sees everything, and of the others not even a name, whatever address they type.
        await office.RunAsync(
            new LimitAdministratorCommand(office.Anna.Caller, office.Petra.Id, new([office.Lindner], [])));
        await using var petra = await browser.VisitAsync(office.Petra);
        string[] narrow = ["Nachrichten", "Kunden", "Administratoren", "Organisationseinstellungen", "Profil"];
        string[] wide = [.. narrow[..1], "Übersicht", .. narrow[1..3], "Zustellungen", "Protokoll", .. narrow[3..]];
        await WalkAsync(petra, wide);
        await Expect(petra.Screen.GetByLabel("Wochenbericht per E-Mail")).ToHaveCountAsync(1);
        foreach (var path in (string[])
            [
                "/overview/weekly?list=came-in", "/overview/work?list=open", "/overview/undelivered", "/notifications",
                $"/customers/{office.Lindner}", $"/conversations/{id}/history", $"/log?customer={office.Krause}",
                $"/overview/undelivered?customer={office.Krause}&month=0", $"/deliveries?conversation={foreign}",
                $"/customers/{office.Krause}", $"/conversations/{foreign}", $"/conversations/{foreign}/history",
            ])
        {
            await petra.Page.GotoAsync(path);
            await petra.UntilLoadedAsync();
            await Expect(petra.Screen.GetByText("Das hat nicht geklappt")).ToHaveCountAsync(0);
        }

        // Without notes each way that is left leads to a page that asks for nothing that is refused.
        await office.RunAsync(Scope(office, AuditorScope.None with { WithNotes = false }));
        await petra.Page.GotoAsync("/conversations");
        await WalkAsync(petra, narrow);
        await Expect(petra.Screen.GetByLabel("Wochenbericht per E-Mail")).ToHaveCountAsync(0);

        // Nor do a customer, a conversation and its history, which says what is left out.
        await petra.Page.GotoAsync($"/customers/{office.Lindner}");
        await Expect(petra.Screen.Heading("Studio Lindner")).ToBeVisibleAsync();
        await petra.Screen.GetByRole(AriaRole.List, new() { Name = "Gespräche" }).LinkWith("Belege Lindner")
            .ClickAsync();
        await Expect(petra.Screen.GetByText("Kommen morgen.").First).ToBeVisibleAsync();
        await Expect(petra.Screen.Link("Wer wurde benachrichtigt?")).ToHaveCountAsync(0);
        await petra.Screen.Link("Verlauf").ClickAsync();
        await Expect(petra.Screen.GetByText("Frühere Stände des Gesprächs gehören nicht zu Ihrem Zugriff."))
            .ToBeVisibleAsync();
        await Expect(petra.Screen.GetByText("gehört nicht zu Ihrem Zugriff.")).ToBeVisibleAsync();
        await petra.Screen.Button("Gespeicherte Daten von Ereignis 1").ClickAsync();
        await Expect(petra.Screen.GetByText("Platz unter allen Ereignissen")).ToBeVisibleAsync();
        await petra.UntilLoadedAsync();

        // Addresses that somebody types say that they are not for them, and ask for nothing.
        var refused = petra.Screen.Heading("Diese Seite gehört nicht zu Ihrem Zugriff");
        foreach (var path in (string[])["/log", "/deliveries", "/overview/work", "/overview"])
        {
            await petra.Page.GotoAsync(path);
            await Expect(refused).ToBeVisibleAsync();
        }

        (await petra.HeardAsync()).ShouldAllBe(answer => !answer.Contains("FORBIDDEN") && !answer.Contains("Krause"));

        // Once they may see all of it, so does the page that is open, also when nothing told it of that.
        var traffic = await Traffic.OfAsync(petra.Page);
        traffic.HoldSockets();
        await petra.Page.ReloadAsync();
        await Expect(refused).ToBeVisibleAsync();
        await office.RunAsync(Scope(office, AuditorScope.None));
        traffic.ReleaseSockets();
        await Expect(petra.Screen.Heading("Übersicht")).ToBeVisibleAsync();
        petra.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_auditor_is_invited_with_the_limits_that_their_access_has()
    {
        var office = await Office.OpenAsync(browser.Product);
        await using var anna = await browser.VisitAsync(office.Anna, "/administrators");
        await anna.Screen.Button("Administrator einladen").ClickAsync();
        var dialog = anna.Screen.Dialog("Administrator einladen");
        await dialog.Field("Name").FillAsync("Paul Prüfer");
        await dialog.Field("E-Mail-Adresse").FillAsync(office.Address("paul"));
        await Expect(dialog.GetByText("Sieht interne Notizen")).ToHaveCountAsync(0);
        await dialog.GetByLabel("Prüfer/in").CheckAsync();
        await dialog.GetByLabel("nur diese Kunden").CheckAsync();
        await dialog.Combobox("Kunden").FillAsync("lindn");
        await anna.Page.GetByRole(AriaRole.Option, new() { Name = "Studio Lindner" }).ClickAsync();
        await dialog.GetByLabel("Sieht interne Notizen").UncheckAsync();
        await dialog.GetByLabel("Letzter Tag des Zugangs").FillAsync("2999-12-31");
        await dialog.Button("Einladung senden").ClickAsync();
        await Expect(dialog).ToHaveCountAsync(0);

        // As the server has them; the next invitation has none of them.
        var paul = anna.Screen.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Paul Prüfer" });
        foreach (var limit in (string[])["1 Kunde", "ohne interne Notizen", "Zugang bis 31.12.2999"])
            await Expect(paul).ToContainTextAsync(limit);
        await anna.Screen.Button("Administrator einladen").ClickAsync();
        await Expect(dialog.GetByLabel("alle Kunden")).ToBeCheckedAsync();
        anna.Complaints.ShouldBeEmpty();
    }

    private static LimitAdministratorCommand Scope(Office office, AuditorScope scope) =>
        new(office.Anna.Caller, office.Petra.Id, null) { Scope = scope, KeepsCustomers = true };

    /// <summary>Goes each way of the navigation, which has these and no others.</summary>
    private static async Task WalkAsync(Visitor petra, string[] names)
    {
        var ways = petra.Screen.GetByRole(AriaRole.Navigation, new() { Name = "Hauptnavigation" }).Locator("a[title]");
        await Expect(ways).ToHaveCountAsync(names.Length);
        (await ways.EvaluateAllAsync<string[]>("all => all.map(a => a.title)")).ShouldBe(names);
        for (var i = 0; i < names.Length; i++)
        {
            await ways.Nth(i).ClickAsync();
            await petra.UntilLoadedAsync();
            await Expect(petra.Screen.GetByText("Das hat nicht geklappt")).ToHaveCountAsync(0);
        }
    }

    private static async Task<ILocator> OpenAccessAsync(Visitor anna)
    {
        await anna.Screen.Button("Aktionen für Carla Herbst").ClickAsync();
        await anna.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Zugriff …" }).ClickAsync();
        var dialog = anna.Screen.Dialog("Zugriff von Carla Herbst");
        await Expect(dialog.GetByLabel("alle Kunden")).ToBeVisibleAsync();
        return dialog;
    }
}
