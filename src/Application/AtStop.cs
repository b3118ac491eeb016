using Microsoft.Extensions.Hosting;

namespace Messaging.Application;

/// <summary>What is to end as soon as the product is told to stop.</summary>
public static class AtStop
{
    /// <summary>
    /// Cancels, beside all others that hear of the stop: to cancel a read of a database that is silent takes as long as
    /// a connection to it may take, since Npgsql asks it to; those who wait would be answered after that only.
    /// </summary>
    /// <returns>To be disposed of when there is nothing to cancel any more.</returns>
    public static CancellationTokenRegistration CancelAtStop(
        this CancellationTokenSource source, IHostApplicationLifetime lifetime) =>
        lifetime.ApplicationStopping.UnsafeRegister(
            static source => _ = ((CancellationTokenSource)source!).CancelAsync(), source);
}
