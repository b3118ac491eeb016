using System.Globalization;
using Messaging.Web.Tests.Support;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests;

/// <summary>
/// What the first screens cost a visitor whose browser has kept nothing, measured as Lighthouse does: <c>./dev
/// weigh</c>. The figures are for people to read and compare; the build holds the weight of the script, and no test
/// depends on the time.
/// </summary>
public sealed class WeightTests(Browser browser, ITestOutputHelper output)
{
    private const int Rounds = 5;

    private const string Observe =
        """
        window.seen = { paint: 0, largest: 0, tasks: [] };
        new PerformanceObserver((list) =>
            { for (const entry of list.getEntries())
                if (entry.name === 'first-contentful-paint') seen.paint = entry.startTime; })
                .observe({ type: 'paint', buffered: true });
        new PerformanceObserver((list) => { seen.largest = list.getEntries().at(-1).startTime;
            }).observe({ type: 'largest-contentful-paint', buffered: true });
        new PerformanceObserver((list) =>
            { for (const { startTime, duration } of list.getEntries()) seen.tasks.push([startTime, duration]);
            }).observe({ type: 'longtask', buffered: true });
        """;

    // Total blocking time: of each task after the first paint what is over 50 ms.
    private const string Read =
        """
        () => {
          const resources = performance.getEntriesByType('resource');
          const of = (pattern) => resources.filter(({ name }) => pattern.test(new URL(name).pathname)).reduce((sum,
              { encodedBodySize }) => sum + encodedBodySize, 0);
          return [seen.paint, seen.largest, seen.tasks.filter(([start]) => start >= seen.paint).reduce((sum,
              [, took]) => sum + Math.max(0, took - 50), 0), of(/\.js$/), of(/\.css$/), resources.length];
        }
        """;

    [Fact(Explicit = true)]
    public async Task Of_sign_in_and_list()
    {
        var (office, _) = await Showcase.OpenAsync(browser);
        output.WriteLine(
            "| screen | network | CPU | FCP (ms) | LCP (ms) | TBT (ms) | script (KB) | styles (KB) | requests |");
        output.WriteLine("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (
            var (screen, path, person) in new[]
            {
                ("sign-in", "/sign-in", null),
                ("list", "/conversations", office.Anna),
            }
        )
        {
            await WeighAsync(screen, path, person, slow: false, cpu: 1);
            await WeighAsync(screen, path, person, slow: false, cpu: 4);
            await WeighAsync(screen, path, person, slow: true, cpu: 4);
        }
    }

    /// <param name="slow">As Lighthouse's "slow 4G": 1.6 Mbit/s, and 150 ms to the server and back.</param>
    /// <param name="cpu">How many times slower than this machine.</param>
    private async Task WeighAsync(string screen, string path, Person? person, bool slow, int cpu)
    {
        var rounds = new List<double[]>();
        for (var i = 0; i < Rounds; i++)
        {
            string? kept = null;
            if (person is not null)
            {
                await using var before = await browser.VisitAsync(person);
                kept = await before.Page.Context.StorageStateAsync();
            }

            await using var visitor = await browser.VisitAsync(
                new Visit
                {
                    Kept = kept,
                    AtStart = Observe,
                    Width = 1350,
                    Height = 940,
                }
            );
            var tools = await visitor.Page.Context.NewCDPSessionAsync(visitor.Page);
            await tools.SendAsync("Emulation.setCPUThrottlingRate", new() { ["rate"] = cpu });
            if (slow)
            {
                await tools.SendAsync("Network.emulateNetworkConditions", new()
                {
                    ["offline"] = false,
                    ["latency"] = 150,
                    ["downloadThroughput"] = 1.6e6 / 8,
                    ["uploadThroughput"] = 750e3 / 8,
                });
            }

            await visitor.Page.GotoAsync(path);
            await Expect(visitor.Screen.GetByRole(AriaRole.Heading).First).ToBeVisibleAsync();
            await visitor.UntilLoadedAsync();
            rounds.Add(await visitor.Page.EvaluateAsync<double[]>(Read));
        }

        double Median(int figure) => rounds.Select(round => round[figure]).Order().ElementAt(Rounds / 2);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"| {screen} | {(slow ? "slow 4G" : "loopback")} | {cpu}× slower | {Median(0):0} | {Median(1):0} "
                    + $"| {Median(2):0} | {Median(3) / 1000:0.0} | {Median(4) / 1000:0.0} | {Median(5):0} |"
            )
        );
    }
}
