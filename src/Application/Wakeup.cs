namespace Messaging.Application;

/// <summary>
/// Wakes the one who waits for something to do. However often it is set meanwhile, it wakes once, and what is set
/// before anybody waits is not lost: whoever wakes looks at everything that there is.
/// </summary>
public sealed class Wakeup : IDisposable
{
    private readonly SemaphoreSlim _sleeper = new(0, 1);
    private int _isSet;

    /// <summary>There is something to do. Returns at once, and may be called by many at the same time.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 0) _sleeper.Release();
    }

    /// <summary>Returns when it was set since the last time, or after the timeout. It has a single waiter.</summary>
    /// <param name="timeout">At most so long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>True when it was set.</returns>
    /// <exception cref="OperationCanceledException">The waiting was ended.</exception>
    public async Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellation) =>
        await _sleeper.WaitAsync(timeout, cancellation) && Woken();

    /// <summary>The same, by a clock that a test may have.</summary>
    /// <param name="timeout">At most so long.</param>
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

    // Before what there is to do is looked at: what is set from here on wakes once more.
    private bool Woken()
    {
        Interlocked.Exchange(ref _isSet, 0);
        return true;
    }
}
