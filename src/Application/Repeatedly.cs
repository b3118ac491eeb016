using System.Security.Cryptography;

namespace Messaging.Application;

/// <summary>
/// Repeats the work of a hosted service until the product stops. A failure ends nothing: it is reported, and the work
/// goes on.
/// </summary>
public static class Repeatedly
{
    /// <summary>
    /// A pause of 80 to 120 % of the one given: what failed together is not tried together. Nobody needs to guess it.
    /// </summary>
    public static TimeSpan Spread(TimeSpan pause) =>
        pause * (0.8 + (0.4 * RandomNumberGenerator.GetInt32(1_000) / 1_000));

    /// <summary>
    /// Runs work now and then at the end of every period. Work that takes longer than a period is followed by the next
    /// run at once.
    /// </summary>
    /// <param name="period">From one time to the next.</param>
    /// <param name="work">The work.</param>
    /// <param name="failed">Called with each failure; the next run is a period later all the same.</param>
    /// <param name="stopping">Ends it.</param>
    /// <param name="clock">Measures the period; the machine's unless given.</param>
    /// <param name="atOnce">True when the first run is now; otherwise it is after one period.</param>
    /// <returns>Completes when the product stops; never with an exception of the work.</returns>
    public static async Task EveryAsync(
        TimeSpan period, Func<CancellationToken, Task> work, Action<Exception> failed, CancellationToken stopping,
        TimeProvider? clock = null, bool atOnce = true)
    {
        using var timer = new PeriodicTimer(period, clock ?? TimeProvider.System);
        try
        {
            if (atOnce) await TryAsync(work, failed, stopping);
            while (await timer.WaitForNextTickAsync(stopping)) await TryAsync(work, failed, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The product stops.
        }
    }

    /// <summary>Repeats work that itself waits for its next turn; after a failure, pauses first.</summary>
    /// <param name="pause">After a failure.</param>
    /// <param name="work">
    /// The work; returning at once, without having waited for anything, would keep a processor busy.
    /// </param>
    /// <param name="failed">Is told of what went wrong.</param>
    /// <param name="stopping">Ends it.</param>
    /// <returns>Completes when the product stops; never with an exception of the work.</returns>
    public static async Task WithoutEndAsync(
        TimeSpan pause, Func<CancellationToken, Task> work, Action<Exception> failed, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                if (!await TryAsync(work, failed, stopping)) await Task.Delay(pause, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The product stops.
        }
    }

    private static async Task<bool> TryAsync(
        Func<CancellationToken, Task> work, Action<Exception> failed, CancellationToken stopping)
    {
        try
        {
            stopping.ThrowIfCancellationRequested();
            await work(stopping);
            return true;
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            failed(e);
            return false;
        }
    }
}
