namespace Messaging.Application;

/// <summary>
/// Wakes a single waiter for work. Several signals wake it once, and a signal before the wait is not lost: the waiter
/// then looks at all work there is.
/// </summary>
public sealed class Wakeup : IDisposable
{
    private readonly SemaphoreSlim _sleeper = new(0, 1);
    private int _isSet;

    /// <summary>Signals that there is work. Returns at once; thread-safe.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 0) _sleeper.Release();
    }

    /// <summary>Returns when it was set since the last time, or after the timeout. For one waiter at a time.</summary>
    /// <param name="timeout">Longest wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>True when it was set.</returns>
    /// <exception cref="OperationCanceledException">The waiting was ended.</exception>
    public async Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellation) =>
        await _sleeper.WaitAsync(timeout, cancellation) && Woken();

    /// <summary>The same, with a clock that a test may supply.</summary>
    /// <param name="timeout">Longest wait.</param>
    /// <param name="clock">Measures the timeout.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>True when it was set.</returns>
    /// <exception cref="OperationCanceledException">The waiting was ended.</exception>
    public async Task<bool> WaitAsync(TimeSpan timeout, TimeProvider clock, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(timeout, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            await _sleeper.WaitAsync(ended.Token);
            return Woken();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _sleeper.Dispose();

    // Before the work is looked at: a signal from here on wakes once more.
    private bool Woken()
    {
        Interlocked.Exchange(ref _isSet, 0);
        return true;
    }
}
