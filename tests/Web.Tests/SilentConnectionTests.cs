using System.Diagnostics;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>A connection that stays open and says nothing any more.</summary>
public sealed class SilentConnectionTests(Browser browser)
{
    [Fact]
    public async Task One_that_went_silent_is_noticed_within_15_seconds_and_queries_go_another_way_meanwhile()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await office.ConversationAsync("Kassenbuch");
        await using var proxy = new FadingProxy(browser.Product.Address);
        await using var anna = await browser.VisitAsync(
            office.Anna, $"/conversations/{id}", new() { Address = proxy.Address });
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await anna.UntilLoadedAsync();
        await Task.Delay(2_000, TestContext.Current.CancellationToken);

        proxy.Silence();
        var since = Stopwatch.StartNew();
        await office.CommentAsync(id, "Kommt das noch an?");

        // Another conversation is there before the connection is given up.
        await anna.Screen.LinkWith("Anzeigen: Kassenbuch").ClickAsync();
        await Expect(anna.Screen.Heading("Kassenbuch")).ToBeVisibleAsync(new() { Timeout = 10_000 });
        await anna.Screen.LinkWith("Anzeigen: Belege für Oktober").ClickAsync();
        await Expect(anna.Screen.Region("Kommentare").GetByText("Kommt das noch an?"))
            .ToBeVisibleAsync(new() { Timeout = 20_000 });

        // It is open again, and what comes now comes live.
        while (since.Elapsed < TimeSpan.FromSeconds(18)) await Task.Delay(200, TestContext.Current.CancellationToken);
        await office.CommentAsync(id, "Wieder da");
        await Expect(anna.Screen.Region("Kommentare").GetByText("Wieder da"))
            .ToBeVisibleAsync(new() { Timeout = 5_000 });
    }

    [Fact]
    public async Task Also_those_by_which_everything_else_is_asked_are_given_up_when_they_went_silent()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var proxy = new FadingProxy(browser.Product.Address);
        await using var anna = await browser.VisitAsync(
            office.Anna, $"/conversations/{id}", new() { Address = proxy.Address });
        var places = anna.Page.GetByRole(AriaRole.Navigation, new() { Name = "Hauptnavigation" });

        // The parts of the pages are there already; their data is not.
        await places.Link("Kunden").ClickAsync();
        await Expect(anna.Screen.Link("Studio Lindner")).ToBeVisibleAsync();
        await places.Link("Nachrichten").ClickAsync();
        await anna.Screen.LinkWith("Anzeigen: Belege für Oktober").ClickAsync();
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await anna.UntilLoadedAsync();
        await Task.Delay(2_000, TestContext.Current.CancellationToken);

        proxy.SilenceAll();
        var since = Stopwatch.StartNew();
        await anna.Screen.Field("Schreiben Sie einen neuen Kommentar").FillAsync("In die Stille");
        await anna.Screen.Button("Kommentar erstellen").ClickAsync();
        await places.Link("Kunden").ClickAsync();
        await anna.Screen.GetByRole(AriaRole.Searchbox).FillAsync("Lindner");
        await Expect(anna.Screen.Link("Bäckerei Krause GmbH")).ToHaveCountAsync(0);
        await Expect(anna.Screen.Link("Studio Lindner")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"The list of customers was there after {since.Elapsed.TotalSeconds:0.0} s.");
        since.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(25));
        await places.Link("Nachrichten").ClickAsync();
        await anna.Screen.LinkWith("Anzeigen: Belege für Oktober").ClickAsync();
        var mine = anna
            .Screen.Region("Kommentare")
            .GetByRole(AriaRole.Article)
            .Filter(new() { HasText = "In die Stille" });
        await Expect(mine).ToHaveCountAsync(1);
        await Expect(mine).Not.ToContainTextAsync("gesendet", new() { Timeout = 45_000 });
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"The comment had arrived after {since.Elapsed.TotalSeconds:0.0} s.");
    }

    [Fact]
    public async Task It_is_said_when_nothing_comes_through_at_all()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var proxy = new FadingProxy(browser.Product.Address);
        await using var anna = await browser.VisitAsync(
            office.Anna, $"/conversations/{id}", new() { Address = proxy.Address });
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await anna.UntilLoadedAsync();
        proxy.StaySilent();
        var since = Stopwatch.StartNew();
        await Expect(anna.Screen.GetByText("Die Verbindung ist unterbrochen."))
            .ToBeVisibleAsync(new() { Timeout = 25_000 });
        since.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }
}
