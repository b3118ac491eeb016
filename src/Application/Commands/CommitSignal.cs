using JasperFx.Events.Daemon.HighWater;

namespace Messaging.Application.Commands;

/// <summary>
/// Says inside the process that events were committed, so that what follows from them begins at once. PostgreSQL's NOTIFY in every transaction
/// would cost a third of the throughput; other nodes find out by polling.
/// </summary>
public sealed class CommitSignal : IDaemonWakeup
{
    // Under load events arrive all the time: looking for them more often than this would only take from those who append.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _committed = new(0, 1);

    /// <summary>Events were committed by this node. Whoever listens returns at once.</summary>
    public event Action? Committed;

    /// <summary>Events were committed.</summary>
    public void Set()
    {
        Committed?.Invoke();
        try
        {
            if (_committed.CurrentCount == 0) _committed.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another commit said so at the same moment.
        }
    }

    /// <inheritdoc/>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken token)
    {
        await Task.Delay(s_shortest < timeout ? s_shortest : timeout, token);
        if (timeout > s_shortest) await _committed.WaitAsync(timeout - s_shortest, token);
    }

    /// <inheritdoc/>
    public void Dispose() => _committed.Dispose();
}
