using Microsoft.Extensions.Hosting;

namespace Messaging.Application;

/// <summary>Waits for the host.</summary>
public static class HostLifetime
{
    /// <summary>Returns when the product has started: before that, not all tables need be there.</summary>
    /// <exception cref="OperationCanceledException">It stops before.</exception>
    public static async Task StartedAsync(this IHostApplicationLifetime lifetime, CancellationToken stopping)
    {
        using var started = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStarted, stopping);
        await Task.Delay(Timeout.Infinite, started.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.ThrowIfCancellationRequested();
    }
}
