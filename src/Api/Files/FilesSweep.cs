using Messaging.Application;
using Messaging.Application.Files;

namespace Messaging.Api.Files;

/// <summary>
/// Removes files that nobody needs: those that arrived and were not kept, as after a process was killed, and those that
/// were taken back or have been attached to nothing for a day.
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
        var isCounted = false;
        await Repeatedly.EveryAsync(s_period, CountAndSweepAsync, LogFailed, stoppingToken, clock);

        async Task CountAndSweepAsync(CancellationToken stopping)
        {
            if (!isCounted) await uploads.CountUsageAsync(stopping);
            isCounted = true;
            await SweepAsync(stopping);
        }
    }

    /// <summary>Removes the files that are due now.</summary>
    internal async Task SweepAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var staged = store.RemoveStaged(now - s_stale);
        var unattached = await uploads.DiscardUnattachedAsync(now, cancellation);
        await uploads.RemoveDiscardedAsync(now, cancellation);
        if (staged + unattached > 0) LogRemoved(staged, unattached);
    }

    [LoggerMessage(LogLevel.Information,
        "Removed {Staged} files that nobody kept and {Unattached} that were attached to nothing")]
    private partial void LogRemoved(int staged, int unattached);

    [LoggerMessage(LogLevel.Warning, "Files that nobody needs could not be removed")]
    private partial void LogFailed(Exception e);
}
