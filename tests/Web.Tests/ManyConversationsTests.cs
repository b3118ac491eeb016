using System.Globalization;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>An office that has worked with the product for years.</summary>
public sealed class ManyConversationsTests(Browser browser, ITestOutputHelper output)
{
    private const int Count = 10_000;

    private const string OpenAndWait =
        """
        async ([subject, newest]) => {
          const begun = performance.now();
          [...document.querySelectorAll('[data-conversation]')].find((row) =>
              row.textContent.includes(subject)).click();
          const shown = () => [...document.querySelectorAll('main article *')].some((e) =>
              e.children.length === 0 && e.textContent === newest);
          while (!shown()) await new Promise(requestAnimationFrame);
          return performance.now() - begun;
        }
        """;

    private static readonly string[] s_customers = ["Erste", "Zweite", "Dritte"];

    // Scrolls as a wheel does, a little with every frame, and notes how long the frames and the tasks between them
    // took, how many rows there were at most, and how many were put into the page on the way.
    private const string ScrollFor =
        """
        async (pixels) => {
          const frames = 300;
          const scroller = document.querySelector('[data-conversation]').closest('ul').parentElement;
          const tasks = [];
          const observer = new PerformanceObserver((list) =>
              tasks.push(...list.getEntries().map((entry) => entry.duration)));
          observer.observe({ entryTypes: ['longtask'] });
          let added = 0;
          const additions = new MutationObserver((records) =>
              records.forEach((record) => record.addedNodes.forEach((node) =>
                  added += node.querySelectorAll ? node.querySelectorAll('[data-conversation]').length
                      + (node.matches('[data-conversation]') ? 1 : 0) : 0)));
          additions.observe(scroller, { childList: true, subtree: true });
          const height = document.querySelector('[data-conversation]').closest('li').getBoundingClientRect().height;
          const times = [];
          let most = 0;
          let before = await new Promise(requestAnimationFrame);
          for (let i = 0; i < frames; i++) {
            scroller.scrollTop += pixels;
            const now = await new Promise(requestAnimationFrame);
            times.push(now - before);
            before = now;
            most = Math.max(most, document.querySelectorAll('[data-conversation]').length);
          }
          observer.disconnect();
          additions.disconnect();
          times.sort((a, b) => a - b);
          return [times[Math.floor(frames / 2)], times[Math.floor(frames * 0.95)], times.at(-1), tasks.length,
              Math.max(0, ...tasks), most, scroller.scrollTop, added, scroller.scrollTop / height];
        }
        """;

    [Fact]
    public async Task Ten_thousand_of_them_scroll_with_few_rows_in_the_page()
    {
        var office = await Office.OpenAsync(browser.Product);
        await office.ConversationsAsync(Count, i => string.Create(CultureInfo.InvariantCulture, $"Vorgang {i:00000}"));
        await using var anna = await browser.VisitAsync(office.Anna);
        await Expect(anna.Screen.LinkWith("Anzeigen: Vorgang").First).ToBeVisibleAsync();
        var all = anna.Screen.GetByRole(AriaRole.Navigation, new() { Name = "Nach Status" }).LinkWith("alle");
        await Expect(all).ToHaveTextAsync("10.000alle");

        // Live updates come in order: once this one is there, those of the many have been, too, and only what scrolling
        // takes is measured.
        await office.ConversationAsync("Der letzte Vorgang");
        await Expect(anna.Screen.LinkWith("Anzeigen: Der letzte Vorgang")).ToBeVisibleAsync();
        await anna.Page.ReloadAsync();
        await Expect(anna.Screen.LinkWith("Anzeigen: Der letzte Vorgang")).ToBeVisibleAsync();
        await anna.UntilLoadedAsync();

        var figures = await anna.Page.EvaluateAsync<double[]>(ScrollFor, 90);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"300 frames of 90 px: median {figures[0]:0.0} ms, 95 % {figures[1]:0.0} ms, worst {figures[2]:0.0} ms; "
                    + $"{figures[3]} long tasks, the longest {figures[4]:0} ms; {figures[5]} rows at most; "
                    + $"{figures[8]:0} rows went by, {figures[7]} were put into the page"
            )
        );

        // Only rows in sight and some around them are in the page, more of them come as one gets there, and each is put
        // into it once on the way. How long that takes is not for a test: other tests take the processors, too.
        figures[5].ShouldBeLessThan(80);
        figures[6].ShouldBeGreaterThan(10_000);
        figures[7].ShouldBeInRange(0.9 * figures[8] - 80, 1.1 * figures[8] + 80);
        anna.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_conversation_of_a_thousand_comments_shows_the_newest_and_older_ones_on_the_way_up()
    {
        var office = await Office.OpenAsync(browser.Product);
        foreach (var customer in s_customers)
        {
            var id = await office.ConversationAsync($"{customer} Buchhaltung", "Der Anfang");
            await office.CommentsAsync(id, 998, i =>
                string.Create(CultureInfo.InvariantCulture, $"Kommentar {i:0000}")
            );
            await office.CommentAsync(id, Newest(customer));
        }

        // The first visitor opens what nobody has opened before; the second finds a product that has done so, but comes
        // with an empty cache too.
        await using (var bernd = await browser.VisitAsync(office.Bernd)) await OpenAllAsync(bernd);
        await using var anna = await browser.VisitAsync(office.Anna);
        await OpenAllAsync(anna);

        var main = anna.Screen.GetByRole(AriaRole.Main);
        await Expect(main.Text(Newest("Dritte"))).ToBeInViewportAsync();
        (await main.GetByText("Kommentar 0").CountAsync()).ShouldBeLessThan(120);
        var oldestThere = await main.GetByRole(AriaRole.Article).First.InnerTextAsync();
        await main.GetByRole(AriaRole.Article).First.HoverAsync();
        await anna.Page.Mouse.WheelAsync(0, -100_000);
        await Expect(main.GetByRole(AriaRole.Article).First).Not.ToHaveTextAsync(oldestThere);
        anna.Complaints.ShouldBeEmpty();
    }

    // Notes how long it takes from the click until the newest comment is there.
    private async Task OpenAllAsync(Visitor who)
    {
        await Expect(who.Screen.LinkWith("Anzeigen: Dritte Buchhaltung")).ToBeVisibleAsync();
        await who.UntilLoadedAsync();
        var times = new List<string>();
        foreach (var customer in s_customers)
        {
            var took = await who.Page.EvaluateAsync<double>(
                OpenAndWait, new[] { $"{customer} Buchhaltung", Newest(customer) });
            times.Add(string.Create(CultureInfo.InvariantCulture, $"{took:0} ms"));
        }

        output.WriteLine($"The newest of 1,000 comments shows after {string.Join(", then ", times)}");
    }

    private static string Newest(string customer) => $"{customer} Buchhaltung: der allerneueste Kommentar";
}
