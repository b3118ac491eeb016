using Messaging.Domain.Conversations;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>
/// What happens while a page is asking, or before its connection is there, is not missed: whatever comes first.
/// </summary>
public sealed class LiveUpdateTests(Browser browser)
{
    private const string Subject = "Belege für Oktober";
    private const string New = "Kam dazwischen";

    private static readonly LocatorAssertionsToBeVisibleOptions s_soon = new() { Timeout = 15_000 };

    [Fact]
    public async Task A_comment_that_is_told_while_the_conversation_is_asked_for_is_there()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync(Subject);
        await using var anna = await browser.VisitAsync();
        var traffic = await Traffic.OfAsync(anna.Page);
        await anna.SignInAsync(office.Anna);
        await traffic.ReceivedAsync("connection_ack");
        await anna.UntilLoadedAsync();

        traffic.HoldAnswers("Conversation");
        await anna.Screen.LinkWith($"Anzeigen: {Subject}").ClickAsync();
        await traffic.ReceivedAsync("Conversation {", "\"conversation\":{");
        await office.CommentAsync(id, New);
        await traffic.ReceivedAsync("\"conversationUpdated\"", New);
        traffic.ReleaseAnswers("Conversation");
        await Expect(anna.Screen.Region("Kommentare").GetByText(New)).ToBeVisibleAsync(s_soon);
    }

    [Fact]
    public async Task A_comment_from_before_the_connection_is_there_also_when_the_conversation_takes_longer()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync(Subject);
        await using var anna = await browser.VisitAsync();
        var traffic = await Traffic.OfAsync(anna.Page);
        traffic.HoldSockets();
        traffic.HoldAnswers("Conversation");
        await anna.SignInAsync(office.Anna, $"/conversations/{id}");
        await traffic.ReceivedAsync("Conversation {", "\"conversation\":{");
        await office.CommentAsync(id, New);
        traffic.ReleaseSockets();

        // What the list asks for when the connection is there.
        await traffic.SentAsync("query Conversations(");
        await traffic.ReceivedAsync("Conversations {\"id\"", New);
        traffic.ReleaseAnswers("Conversation");
        await Expect(anna.Screen.Region("Kommentare").GetByText(New)).ToBeVisibleAsync(s_soon);
    }

    [Fact]
    public async Task A_comment_of_another_tab_stays_when_the_answer_is_from_before_it()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync(Subject);
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}");
        await Expect(anna.Screen.Heading(Subject)).ToBeVisibleAsync();
        var second = await anna.Page.Context.NewPageAsync();
        var traffic = await Traffic.OfAsync(second);
        traffic.HoldSockets();
        traffic.HoldAnswers("Conversation");
        await second.GotoAsync($"/conversations/{id}");
        await traffic.ReceivedAsync("Conversation {", "\"conversation\":{");
        await anna.Screen.Field("Schreiben Sie einen neuen Kommentar").FillAsync(New);
        await anna.Screen.Button("Kommentar erstellen").ClickAsync();
        var mine = anna.Screen.Region("Kommentare").GetByText(New);
        await Expect(mine).ToBeVisibleAsync();
        await Expect(anna.Screen.Locator("[data-pending]")).ToHaveCountAsync(0);
        traffic.ReleaseAnswers("Conversation");
        await Expect(second.Locator("body").Region("Kommentare").GetByText(New)).ToBeVisibleAsync(s_soon);
    }

    [Fact]
    public async Task What_gets_into_a_list_while_that_is_asked_for_is_in_it()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationAsync(Subject);
        await office.ConversationAsync("Wartet schon", status: ConversationStatus.Attention);
        var id = await office.ConversationAsync(New);
        await using var anna = await browser.VisitAsync();
        var traffic = await Traffic.OfAsync(anna.Page);
        await anna.SignInAsync(office.Anna, "/conversations?status=open");
        await traffic.ReceivedAsync("connection_ack");
        await anna.UntilLoadedAsync();

        traffic.Forget();
        traffic.HoldAnswers("Conversations");
        await anna.Screen.Locator("[data-tab=ATTENTION]").ClickAsync();
        await traffic.ReceivedAsync("Conversations {", "Wartet schon");
        await office.StatusAsync(id, ConversationStatus.Attention);
        await traffic.ReceivedAsync("\"conversationsUpdated\"", New);
        traffic.ReleaseAnswers("Conversations");
        await Expect(anna.Screen.LinkWith("Anzeigen: Wartet schon")).ToBeVisibleAsync();
        await Expect(anna.Screen.LinkWith($"Anzeigen: {New}")).ToBeVisibleAsync(s_soon);
    }

    [Fact]
    public async Task The_connection_of_a_session_before_says_nothing_of_the_one_there_is_now()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationAsync(Subject);
        await using var anna = await browser.VisitAsync();
        var traffic = await Traffic.OfAsync(anna.Page);
        await anna.SignInAsync(office.Anna);
        await traffic.ReceivedAsync("connection_ack");
        await anna.UntilLoadedAsync();

        traffic.HoldCloses();
        await anna.Screen.Locator("nav button[aria-haspopup=menu]").Last.ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Menuitem, new() { Name = "Abmelden", Exact = true }).ClickAsync();
        await Expect(anna.Screen.GetByText("Sie sind abgemeldet.")).ToBeVisibleAsync();
        traffic.Forget();
        await anna.FillInSignInAsync(office.Anna);
        await traffic.ReceivedAsync("connection_ack");
        await anna.UntilLoadedAsync();
        traffic.ReleaseCloses();
        await traffic.ReceivedAsync("closed");

        // Over the connection, in order with what it tells.
        await anna.Screen.LinkWith($"Anzeigen: {Subject}").ClickAsync();
        await Expect(anna.Screen.Heading(Subject)).ToBeVisibleAsync();
        await traffic.SentAsync("query Conversation(");
    }
}
