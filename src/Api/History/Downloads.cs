using System.Collections.Concurrent;

namespace Messaging.Api.History;

/// <summary>
/// What is being taken out: one at a time of what each is of, such as an office or a person, since each reads all of
/// that.
/// </summary>
internal sealed class RunningDownloads
{
    private readonly ConcurrentDictionary<string, bool> _running = new();

    /// <summary>True for who begins; they end it.</summary>
    public bool TryBegin(string what) => _running.TryAdd(what, true);

    /// <summary>The next may begin.</summary>
    public void End(string what) => _running.TryRemove(what, out _);
}

/// <summary>What is written while it is sent.</summary>
internal static class Downloads
{
    /// <summary>Runs what sends one; 429 where one of the same is being sent already.</summary>
    /// <param name="what">What it is of.</param>
    /// <param name="busy">What is said of that; null for nothing.</param>
    public static async Task OneAtATimeAsync(HttpContext context, string what, string? busy, Func<Task> sendAsync)
    {
        var running = context.RequestServices.GetRequiredService<RunningDownloads>();
        if (!running.TryBegin(what))
        {
            context.Response.Headers.RetryAfter = "60";
            await RefuseAsync(context, StatusCodes.Status429TooManyRequests, busy);
            return;
        }

        try
        {
            await sendAsync();
        }
        finally
        {
            running.End(what);
        }
    }

    /// <summary>Ends with the request, and when the product stops.</summary>
    public static CancellationTokenSource EndOf(HttpContext context) =>
        CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted,
            context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);

    /// <summary>
    /// Sends it. Half of it must not look like all of it: when it is cut off, whoever downloads it is told by the
    /// connection.
    /// </summary>
    /// <param name="fileName">What it is saved as.</param>
    /// <param name="writeAsync">Writes what is in it.</param>
    /// <param name="logCutOff">Logs that it was cut off.</param>
    public static async Task SendAsync(
        HttpContext context, string mediaType, string fileName, Func<Stream, Task> writeAsync,
        Action<Exception> logCutOff)
    {
        try
        {
            context.Response.ContentType = mediaType;
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
            await writeAsync(context.Response.Body);
            await context.Response.CompleteAsync();
        }
        catch (Exception e) when (context.Response.HasStarted)
        {
            logCutOff(e);
            context.Abort();
        }
    }

    /// <summary>Refuses with a sentence; null for none.</summary>
    public static async Task RefuseAsync(HttpContext context, int status, string? why)
    {
        context.Response.StatusCode = status;
        if (why is null) return;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(why, context.RequestAborted);
    }
}
