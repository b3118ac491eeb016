using Messaging.Domain.Conversations;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>An auditor looks up on the page who did what, on a phone, too.</summary>
public sealed class LogTests(Browser browser)
{
    [Fact]
    public async Task An_auditor_finds_who_did_what_and_what_else_the_same_request_did()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für März", status: ConversationStatus.Attention);
        await office.CommentAsync(id, "Kommen morgen.");
        await using var petra = await browser.VisitAsync(office.Petra, visit: new() { Width = 390, Height = 780 });
        await petra.Screen.Button("Navigation öffnen").ClickAsync();
        await petra.Screen.GetByRole(AriaRole.Link, new() { Name = "Protokoll" }).ClickAsync();
        await Expect(petra.Screen.GetByRole(AriaRole.Heading, new() { Name = "Protokoll" })).ToBeVisibleAsync();
        var events = petra.Screen.GetByRole(AriaRole.List, new() { Name = "Ereignisse, das neueste zuerst" })
            .GetByRole(AriaRole.Listitem);

        // With times that say of which zone they are; what is last, a mail or a sign-in, is another each time.
        await Expect(events.First.Locator("time")).ToContainTextAsync("UTC+");
        await Expect(petra.Screen.GetByText("Eva Lindner von Studio Lindner eingeladen")).ToBeVisibleAsync();

        // Of one kind, chosen by the keyboard; then of one person, who is clicked in the list.
        await petra.Screen.GetByRole(AriaRole.Combobox, new() { Name = "Wovon" }).PressAsync("Enter");
        await petra.Page.GetByRole(AriaRole.Option, new() { Name = "Gespräche", Exact = true }).ClickAsync();
        await Expect(petra.Screen.GetByText("Eva Lindner von Studio Lindner eingeladen")).ToHaveCountAsync(0);
        await Expect(events).ToHaveCountAsync(4);

        // The latest first.
        await Expect(events.First).ToContainTextAsync("Status von");
        await Expect(events.First).ToContainTextAsync("Dieter Krause");
        await petra.Screen.Button("Nur, was Dieter Krause getan hat").First.ClickAsync();
        await Expect(events).ToHaveCountAsync(2);
        await Expect(petra.Screen.GetByText("Von Dieter Krause", new() { Exact = true })).ToBeVisibleAsync();
        petra.Page.Url.ShouldContain("kind=messages");

        // What is stored of one of them, and where it happened, as it was then.
        await events.First.Button(
            "Gespeicherte Daten von: Status von aufmerksam auf offen geändert, weil der Kunde geantwortet hat").ClickAsync();
        await Expect(events.First).ToContainTextAsync("CustomerReplied");
        await petra.Screen.Button("Alle Filter entfernen").ClickAsync();
        await Expect(petra.Screen.GetByText("Eva Lindner von Studio Lindner eingeladen")).ToBeVisibleAsync();
        await events.Filter(new() { HasText = "weil der Kunde geantwortet hat" })
            .GetByRole(AriaRole.Link, new() { Name = "Belege für März" }).First.ClickAsync();
        await petra.Page.WaitForURLAsync("**/history?version=4");
        petra.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_correlation_opens_its_group_and_the_log_is_for_auditors_and_owners()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationAsync("Eins");
        await office.ConversationAsync("Zwei");
        await using var anna = await browser.VisitAsync(office.Anna, "/conversations");
        var client = await browser.Product.SignInAsync(office.Anna.Email, Office.Password);
        await client.QueryAsync(
            """
            mutation { a: registerCustomer(input: { name: "Aal GmbH" }) { errors { code } }
              b: registerCustomer(input: { name: "Barsch GmbH" }) { errors { code } } }
            """);
        await client.QueryAsync(
            """mutation { registerCustomer(input: { name: "Celler GmbH" }) { errors { code } } }""");
        await anna.Screen.GetByRole(AriaRole.Link, new() { Name = "Protokoll" }).ClickAsync();
        await anna.Screen.Button("Was mit derselben Anfrage geschah wie: Kunde „Aal GmbH“ angelegt").ClickAsync();
        await Expect(anna.Screen.GetByText("Eine Anfrage")).ToBeVisibleAsync();
        await Expect(anna.Screen.GetByText("Kunde „Celler GmbH“ angelegt")).ToHaveCountAsync(0);
        await Expect(anna.Screen.GetByText("Kunde „Barsch GmbH“ angelegt")).ToBeVisibleAsync();
        await anna.Screen.Button("Nicht mehr nur diese Anfrage").ClickAsync();
        await Expect(anna.Screen.GetByText("Kunde „Celler GmbH“ angelegt")).ToBeVisibleAsync();
        anna.Complaints.ShouldBeEmpty();

        await using var bernd = await browser.VisitAsync(office.Bernd, "/conversations");
        await Expect(bernd.Screen.GetByText("Zwei").First).ToBeVisibleAsync();
        await Expect(bernd.Screen.GetByRole(AriaRole.Link, new() { Name = "Protokoll" })).ToHaveCountAsync(0);
        await bernd.Page.GotoAsync("/log");
        await bernd.Page.WaitForURLAsync("**/conversations**");
    }
}
