namespace Messaging.Api.Files;

/// <summary>Removes files that arrived and that nobody kept, such as those of a process that was killed.</summary>
internal sealed class StagedFilesSweep(FolderFileStore store, TimeProvider clock, ILogger<StagedFilesSweep> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromHours(1);

    // No upload takes that long.
    private static readonly TimeSpan s_stale = TimeSpan.FromHours(24);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        do
        {
            try
            {
                var removed = store.RemoveStaged(clock.GetUtcNow() - s_stale);
                if (removed > 0) logger.LogInformation("Removed {Count} staged files that nobody kept", removed);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                logger.LogWarning(e, "Could not remove staged files that nobody kept");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
