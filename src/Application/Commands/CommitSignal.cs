namespace Messaging.Application.Commands;

/// <summary>
/// Signals inside the process that events were committed, so that their processing begins at once. PostgreSQL's NOTIFY
/// in every transaction would cost a third of the throughput; other nodes find out by polling.
/// </summary>
public sealed class CommitSignal : IDisposable
{
    private readonly Wakeup _committed = new();

    /// <summary>Raised when this node has committed events. Listeners return at once.</summary>
    public event Action? Committed;

    /// <summary>Events were committed.</summary>
    public void Set()
    {
        Committed?.Invoke();
        _committed.Set();
    }

    /// <summary>
    /// Returns when events were committed since the last time, or after the timeout. For one who waits.
    /// </summary>
    public Task WaitAsync(TimeSpan timeout, CancellationToken cancellation) =>
        _committed.WaitAsync(timeout, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _committed.Dispose();
}
