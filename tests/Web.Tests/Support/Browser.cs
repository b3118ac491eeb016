using Messaging.TestSupport;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(Messaging.Web.Tests.Support.Browser))]

namespace Messaging.Web.Tests.Support;

/// <summary>
/// The product as a developer runs it, and the installed Chromium; one of each for all tests. A test opens an
/// <see cref="Office"/> of its own, so that they don't see each other.
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>How long anything may take to show, in ms; a machine that runs other tests, too, is slow.</summary>
    private const float Patience = 120_000;

    /// <summary>What a file may have, in bytes.</summary>
    public const int LargestFile = 1_000_000;

    private static readonly string[] s_programs =
    [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    ];

    // The first line is of windows that nobody sees, whose address bars alone are two processes each that run scripts:
    // half of what Chromium kept the processors busy with. The others are Playwright's own; what is given here takes
    // the place of its list.
    private static readonly string[] s_unused =
    [
        "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "PreloadTopChromeWebUI", "AimEnabled",
        "AutoDeElevate", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
        "BlockOriginHeaderModificationOnRedirect", "DestroyProfileOnBrowserClose", "DialMediaRouteProvider",
        "GlobalMediaControls", "HttpsUpgrades", "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying",
        "OptimizationHints", "PaintHolding", "ThirdPartyStoragePartitioning", "Translate",
    ];

    private IPlaywright _playwright = null!;
    private IBrowser _chromium = null!;

    private RunningProduct _product = null!;

    public RunningProduct Product
    {
        get
        {
            ShouldBeThere();
            return _product;
        }
    }

    private static string? Program => Array.Find(s_programs, File.Exists);

    public async ValueTask InitializeAsync()
    {
        // A test says what is missing, not the fixture of all.
        if (Program is not { } program || !PagesAreBuilt) return;
        Assertions.SetDefaultExpectTimeout(Patience);
        _product = await RunningProduct.StartAsync(
            settings: new() { ["Messaging:Files:MaximumBytes"] = $"{LargestFile}" });
        _playwright = await Playwright.CreateAsync();
        _chromium = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program,
            Args = ["--no-sandbox", $"--disable-features={string.Join(',', s_unused)}"],
        });
    }

    /// <summary>An empty page of somebody who reads a language; what the browser complains about is noted.</summary>
    public async Task<(IPage Page, List<string> Complaints)> OpenAsync(
        string locale = "de-DE", RunningProduct? product = null)
    {
        var visitor = await VisitAsync(new() { Locale = locale, Address = (product ?? Product).Address });
        return (visitor.Page, visitor.Complaints);
    }

    /// <summary>Somebody with a browser of their own: nothing is kept in it yet.</summary>
    public async Task<Visitor> VisitAsync(Visit? visit = null)
    {
        ShouldBeThere();
        visit ??= new();
        var context = await _chromium.NewContextAsync(new()
        {
            Locale = visit.Locale,
            TimezoneId = "Europe/Berlin",
            BaseURL = visit.Address ?? Product.Address,
            ViewportSize = new() { Width = visit.Width, Height = visit.Height },
            ColorScheme = visit.Dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            AcceptDownloads = true,
            StorageState = visit.Kept,

            // A test that answers for the server sees only what the page asks for, not its worker.
            ServiceWorkers = visit.Worker ? ServiceWorkerPolicy.Allow : ServiceWorkerPolicy.Block,
        });
        context.SetDefaultTimeout(Patience);
        if (visit.AtStart is { } script) await context.AddInitScriptAsync(script);
        return new Visitor(await context.NewPageAsync());
    }

    /// <summary>Somebody who has signed in and is where they wanted to go.</summary>
    public async Task<Visitor> VisitAsync(Person person, string path = "/conversations", Visit? visit = null)
    {
        var visitor = await VisitAsync(visit);
        await visitor.SignInAsync(person, path);
        return visitor;
    }

    /// <summary>Waits for a mail of the shared product's.</summary>
    public Task<ReceivedMail> MailAsync(Func<ReceivedMail, bool> condition) =>
        Product.Mail.WaitForMailAsync(condition, TimeSpan.FromMilliseconds(Patience));

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null) await _chromium.DisposeAsync();
        _playwright?.Dispose();
        if (_product is not null) await _product.DisposeAsync();
    }

    private static bool PagesAreBuilt =>
        File.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot", "web", "index.html"));

    private static void ShouldBeThere()
    {
        Needed.OrSkip(Program is not null, "There is no Chromium: './dev test' installs it on Debian and Ubuntu.");
        Needed.OrSkip(PagesAreBuilt, "The pages are not built: './dev pages' builds them, with Node.js.");
    }
}

/// <summary>How somebody visits.</summary>
public sealed record Visit
{
    /// <summary>What their browser asks for.</summary>
    public string Locale { get; init; } = "de-DE";

    /// <summary>In CSS pixels.</summary>
    public int Width { get; init; } = 1440;

    /// <summary>In CSS pixels.</summary>
    public int Height { get; init; } = 900;

    /// <summary>Whether their system is dark.</summary>
    public bool Dark { get; init; }

    /// <summary>Where the product is; the shared one when null.</summary>
    public string? Address { get; init; }

    /// <summary>What their browser has kept from another visit.</summary>
    public string? Kept { get; init; }

    /// <summary>Whether the page has its service worker, which keeps it.</summary>
    public bool Worker { get; init; }

    /// <summary>A script that runs in each page before its own.</summary>
    public string? AtStart { get; init; }
}
