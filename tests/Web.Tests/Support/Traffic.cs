using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Messaging.Web.Tests.Support;

/// <summary>
/// What goes between a page and the product, by HTTP and over its WebSockets, and what of it is kept back: so that a
/// test decides what comes first. Nothing is made up; whatever is kept back goes on as it is.
/// </summary>
internal sealed class Traffic
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _answers = [];
    private readonly List<string> _sent = [];
    private readonly List<string> _received = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource? _opening;
    private TaskCompletionSource? _closing;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Traffic()
    {
    }

    /// <summary>That of a page which has opened nothing yet.</summary>
    public static async Task<Traffic> OfAsync(IPage page)
    {
        var traffic = new Traffic();
        await page.RouteAsync("**/graphql", traffic.OnRequestAsync);
        await page.RouteWebSocketAsync(new Regex("/graphql$"), traffic.OnSocket);
        return traffic;
    }

    /// <summary>
    /// From now on answers to a query are kept back: the server has given them, and the page has not got them.
    /// </summary>
    public void HoldAnswers(string query) => _answers[query] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReleaseAnswers(string query)
    {
        if (_answers.TryRemove(query, out var held)) held.SetResult();
    }

    /// <summary>From now on no WebSocket gets to say who it is.</summary>
    public void HoldSockets() => _opening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReleaseSockets() => Release(ref _opening);

    /// <summary>From now on the page does not hear that a WebSocket has closed which it closed itself.</summary>
    public void HoldCloses() => _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReleaseCloses() => Release(ref _closing);

    /// <summary>Waits until the page has sent something over a WebSocket that has all of these in it.</summary>
    public Task SentAsync(params string[] parts) => UntilAsync(_sent, parts);

    /// <summary>
    /// Waits until the server has sent something, by HTTP or over a WebSocket, that has all of these in it; the page
    /// may not have got it.
    /// </summary>
    public Task ReceivedAsync(params string[] parts) => UntilAsync(_received, parts);

    /// <summary>Forgets what was sent and received so far.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _sent.Clear();
            _received.Clear();
        }
    }

    private static void Release(ref TaskCompletionSource? held) => Interlocked.Exchange(ref held, null)?.SetResult();

    private async Task OnRequestAsync(IRoute route)
    {
        try
        {
            var response = await route.FetchAsync();
            var query = QueryIn(route.Request.PostData);
            Note(_received, $"{query} {await response.TextAsync()}");
            await AnswersOf(query);
            await route.FulfillAsync(new() { Response = response });
        }
        catch (PlaywrightException)
        {
            // The page has left, or gave it up.
        }
    }

    private void OnSocket(IWebSocketRoute page)
    {
        var server = page.ConnectToServer();
        var queries = new ConcurrentDictionary<string, string>();
        var (toServer, toPage, later) = (Task.CompletedTask, Task.CompletedTask, Task.CompletedTask);
        page.OnMessage(frame =>
        {
            var message = JsonNode.Parse(frame.Text!)!;
            if (message["id"] is { } id && QueryIn(frame.Text) is { } query) queries[(string)id!] = query;
            var opening = _opening?.Task ?? Task.CompletedTask;
            toServer = InTurnAsync(toServer, opening, () =>
            {
                server.Send(frame.Text!);
                Note(_sent, frame.Text!);
            });
        });
        server.OnMessage(frame =>
        {
            var message = JsonNode.Parse(frame.Text!)!;
            var query = message["id"] is { } id ? queries.GetValueOrDefault((string)id!) : null;
            Note(_received, $"{query} {frame.Text}");
            if (AnswersOf(query) is { IsCompleted: false } held)
                later = InTurnAsync(later, held, () => page.Send(frame.Text!));
            else
                toPage = InTurnAsync(toPage, Task.CompletedTask, () => page.Send(frame.Text!));
        });
        page.OnClose((code, reason) => _ = server.CloseAsync(new() { Code = code, Reason = reason }));
        server.OnClose((code, reason) => _ = ClosedAsync(code, reason));
        return;

        async Task ClosedAsync(int? code, string? reason)
        {
            await (_closing?.Task ?? Task.CompletedTask);
            await page.CloseAsync(new() { Code = code, Reason = reason });
            Note(_received, "closed");
        }
    }

    private Task AnswersOf(string? query) =>
        query is not null && _answers.TryGetValue(query, out var held) ? held.Task : Task.CompletedTask;

    private static async Task InTurnAsync(Task before, Task held, Action act)
    {
        await before;
        await held;
        try
        {
            act();
        }
        catch (PlaywrightException)
        {
            // It has closed.
        }
    }

    private static string? QueryIn(string? text) =>
        text is not null && Regex.Match(text, @"""query (\w+)") is { Success: true } match
            ? match.Groups[1].Value
            : null;

    private void Note(List<string> list, string text)
    {
        lock (_lock)
        {
            list.Add(text);
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task UntilAsync(List<string> list, string[] parts)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (list.Exists(text => parts.All(part => text.Contains(part, StringComparison.Ordinal)))) return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(limit.Token);
        }
    }
}
