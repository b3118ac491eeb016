using System.Diagnostics;
using Messaging.Web.Tests.Support;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>A connection that stays open and says nothing any more.</summary>
public sealed class Silent_connections(Browser browser)
{
    [Fact]
    public async Task One_that_went_silent_is_noticed_within_15_seconds_and_queries_go_another_way_meanwhile()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await office.ConversationAsync("Kassenbuch");
        await using var proxy = new FadingProxy(browser.Product.Address);
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}", new() { Address = proxy.Address });
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
        await Expect(anna.Screen.Region("Kommentare").GetByText("Kommt das noch an?")).ToBeVisibleAsync(new() { Timeout = 20_000 });

        // It is open again, and what comes now comes live.
        while (since.Elapsed < TimeSpan.FromSeconds(18)) await Task.Delay(200, TestContext.Current.CancellationToken);
        await office.CommentAsync(id, "Wieder da");
        await Expect(anna.Screen.Region("Kommentare").GetByText("Wieder da")).ToBeVisibleAsync(new() { Timeout = 5_000 });
    }

    [Fact]
    public async Task It_is_said_when_nothing_comes_through_at_all()
    {
        var office = await Office.OpenAsync(browser.Product);
        var id = await office.ConversationAsync("Belege für Oktober");
        await using var proxy = new FadingProxy(browser.Product.Address);
        await using var anna = await browser.VisitAsync(office.Anna, $"/conversations/{id}", new() { Address = proxy.Address });
        await Expect(anna.Screen.Heading("Belege für Oktober")).ToBeVisibleAsync();
        await anna.UntilLoadedAsync();
        proxy.StaySilent();
        var since = Stopwatch.StartNew();
        await Expect(anna.Screen.GetByText("Die Verbindung ist unterbrochen.")).ToBeVisibleAsync(new() { Timeout = 25_000 });
        since.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }
}
