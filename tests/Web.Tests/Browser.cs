using Messaging.TestSupport.Product;
using Microsoft.Playwright;
using Xunit;

namespace Messaging.Web.Tests;

/// <summary>The product as a developer runs it, and the installed Chromium.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] s_programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

    private IPlaywright _playwright = null!;
    private IBrowser _chromium = null!;

    public RunningProduct Product { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var program = Array.Find(s_programs, File.Exists) ?? throw new InvalidOperationException("There is no Chromium: './dev test' installs it on Debian and Ubuntu.");
        Product = await RunningProduct.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _chromium = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox"] });
    }

    /// <summary>An empty page of somebody who reads a language; what the browser complains about is noted.</summary>
    public async Task<(IPage Page, List<string> Complaints)> OpenAsync(string locale = "de-DE", RunningProduct? product = null)
    {
        var context = await _chromium.NewContextAsync(new()
        {
            Locale = locale,
            BaseURL = (product ?? Product).Http.BaseAddress!.AbsoluteUri,
            ViewportSize = new() { Width = 1280, Height = 800 },
        });
        context.SetDefaultTimeout(20_000);
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") complaints.Add(message.Text.Length > 300 ? message.Text[..300] : message.Text);
        };
        page.PageError += (_, error) => complaints.Add(error);
        return (page, complaints);
    }

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null) await _chromium.DisposeAsync();
        _playwright?.Dispose();
        if (Product is not null) await Product.DisposeAsync();
    }
}
