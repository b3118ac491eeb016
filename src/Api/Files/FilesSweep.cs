using Messaging.Application.Files;

namespace Messaging.Api.Files;

/// <summary>
/// Removes files that nobody needs: what arrived and was not kept, such as of a process that was killed, and what was
/// taken back or has been attached to nothing for a day.
/// </summary>
internal sealed partial class FilesSweep(
    FolderFileStore store, UploadBacklog uploads, TimeProvider clock, ILogger<FilesSweep> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(15);

    // No upload takes that long.
    private static readonly TimeSpan s_stale = TimeSpan.FromHours(24);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        try
        {
            await TryAsync(() => uploads.CountUsageAsync(stoppingToken));
            do
            {
                await TryAsync(() => SweepAsync(stoppingToken));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The product stops.
        }
    }

    /// <summary>Removes what is to go now.</summary>
    internal async Task SweepAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var staged = store.RemoveStaged(now - s_stale);
        var unattached = await uploads.DiscardUnattachedAsync(now, cancellation);
        await uploads.RemoveDiscardedAsync(now, cancellation);
        if (staged + unattached > 0) LogRemoved(staged, unattached);
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(LogLevel.Information,
        "Removed {Staged} files that nobody kept and {Unattached} that were attached to nothing")]
    private partial void LogRemoved(int staged, int unattached);

    [LoggerMessage(LogLevel.Warning, "Files that nobody needs could not be removed")]
    private partial void LogFailed(Exception e);
}
