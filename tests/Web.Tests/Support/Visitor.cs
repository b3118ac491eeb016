using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Messaging.Web.Tests.Support;

/// <summary>Somebody at a browser of their own, and what went on in it.</summary>
public sealed class Visitor : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(30);
    private static readonly Regex s_busy = new("einigen Sekunden|some seconds|Zu viele Versuche|Too many attempts");

    // No test looks at one page for so long. What is asked of a page by a script has no limit of its own.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(8);

    private readonly CancellationTokenSource _over = new(s_longest);
    private readonly List<(IRequest Request, Task<string> Text)> _answers = [];
    private readonly HashSet<IRequest> _finished = [];
    private readonly List<string> _frames = [];

    internal Visitor(IPage page)
    {
        Page = page;
        _over.Token.Register(() => _ = CloseAsync(page.Context));
        page.Console += (_, message) =>
        {
            // Playwright's own word where a visit has no service worker.
            if (message.Type is "error" or "warning"
                && !message.Text.EndsWith("blocked by Playwright", StringComparison.Ordinal))
                Complaints.Add(message.Text.Length > 300 ? message.Text[..300] : message.Text);
        };
        page.PageError += (_, error) => Complaints.Add(error);
        page.Dialog += (_, dialog) =>
        {
            Dialogs.Add($"{dialog.Type}: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.Response += (_, response) =>
        {
            lock (_answers) _answers.Add((response.Request, TextAsync(response)));
        };
        page.RequestFinished += (_, request) =>
        {
            lock (_answers) _finished.Add(request);
        };
        page.WebSocket += (_, socket) => socket.FrameReceived += (_, frame) =>
        {
            lock (_frames) _frames.Add(frame.Text ?? "");
        };
    }

    public IPage Page { get; }

    /// <summary>All of the page.</summary>
    public ILocator Screen => Page.Locator("body");

    /// <summary>
    /// Errors and warnings of the console, such as what the content security policy refused, and exceptions of scripts.
    /// </summary>
    public List<string> Complaints { get; } = [];

    /// <summary>What <c>alert</c> and its like asked.</summary>
    public List<string> Dialogs { get; } = [];

    /// <summary>Signs in with the form, and gets to where one wanted to go.</summary>
    public async Task SignInAsync(Person person, string path = "/conversations")
    {
        await Page.GotoAsync($"/sign-in?to={Uri.EscapeDataString(path)}");
        await FillInSignInAsync(person);
        var there = Page.WaitForURLAsync(
            url => new Uri(url).PathAndQuery == path, new() { WaitUntil = WaitUntilState.Commit });

        // Where other tests keep the processors busy, the queue for hashing is full at times, and the page says so. A
        // page that has said nothing for a minute is loaded once more, as anybody would.
        for (var waits = 1; await Task.WhenAny(there, Task.Delay(s_pause)) != there; waits++)
        {
            if (await Page.GetByText(s_busy).CountAsync() > 0)
            {
                await Page.Locator("button[type=submit]").ClickAsync(new() { Force = true });
            }
            else if (waits == 12)
            {
                await Page.GotoAsync($"/sign-in?to={Uri.EscapeDataString(path)}");
                await Task.WhenAny(there, FillInSignInAsync(person));
            }
        }

        try
        {
            await there;
        }
        catch (TimeoutException e)
        {
            // What the page says then is what tells why.
            throw new TimeoutException($"{Page.Url} says: {await Screen.InnerTextAsync()}", e);
        }
    }

    /// <summary>Fills the form in, in whichever of our languages it is, and sends it.</summary>
    public async Task FillInSignInAsync(Person person)
    {
        await Page.Locator("input[type=email]").FillAsync(person.Email);
        await Page.Locator("input[type=password]").FillAsync(Office.Password);
        await Page.Locator("button[type=submit]").ClickAsync();
    }

    /// <summary>
    /// Everything that the server said to the page so far: answers that are text, and what came over WebSockets.
    /// </summary>
    public async Task<IReadOnlyList<string>> HeardAsync()
    {
        List<(IRequest Request, Task<string> Text)> answers;
        lock (_answers) answers = [.. _answers];

        // The text of an answer that was under way when the page was left may never come: nobody read it either.
        await Task.WhenAny(Task.WhenAll(answers.Select(a => a.Text)), Task.Delay(s_answer, _over.Token));
        lock (_answers) answers.RemoveAll(a => !a.Text.IsCompleted && !_finished.Contains(a.Request));
        var texts = await Task.WhenAll(answers.Select(a => a.Text)).WaitAsync(_over.Token);
        lock (_frames) return [.. texts, .. _frames];
    }

    /// <summary>
    /// Whether any element that is shown reaches out of the page to the right, so that one has to scroll sideways.
    /// </summary>
    public Task<bool> ScrollsSidewaysAsync() =>
        Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > document.documentElement.clientWidth");

    /// <summary>Waits until nothing is being loaded that says so.</summary>
    public async Task UntilLoadedAsync()
    {
        await Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        await Expect(Page.Locator("[aria-busy=true]")).ToHaveCountAsync(0);
    }

    public async ValueTask DisposeAsync()
    {
        await Page.Context.DisposeAsync().AsTask().WaitAsync(_over.Token);
        _over.Dispose();
    }

    // Whatever still waits for the page fails.
    private static async Task CloseAsync(IBrowserContext context)
    {
        try
        {
            await context.CloseAsync(new() { Reason = $"The visit took more than {s_longest}." });
        }
        catch (PlaywrightException)
        {
            // It is closed already.
        }
    }

    private static async Task<string> TextAsync(IResponse response)
    {
        var type = response.Headers.GetValueOrDefault("content-type") ?? "";
        if (!type.Contains("json", StringComparison.Ordinal) && !type.Contains("text/html", StringComparison.Ordinal))
            return "";
        try
        {
            return await response.TextAsync();
        }
        catch (PlaywrightException)
        {
            // The page left before the answer was complete, so that nobody read it.
            return "";
        }
    }
}
