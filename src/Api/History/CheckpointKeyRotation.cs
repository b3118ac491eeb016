using Messaging.Api.Auth;
using Messaging.Application;
using Messaging.Application.History;

namespace Messaging.Api.History;

/// <summary>
/// Where the operator changed the key that signs and gives the one of before, each organisation's log says so, signed
/// by the one of before: what it signed proves history after it, too.
/// </summary>
internal sealed partial class CheckpointKeyRotation(
    AuthOptions options, CheckpointKey key, AuditTree trees, AccessLog log, ILogger<CheckpointKeyRotation> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.PreviousSigningKey is null) return;
        using var done = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await Repeatedly.EveryAsync(
            s_pause,
            async cancellation =>
            {
                await RecordAsync(cancellation);
                await done.CancelAsync();
            },
            LogFailed,
            done.Token);
    }

    /// <summary>Records it, of each organisation that has checkpoints; once more has no effect.</summary>
    internal async Task RecordAsync(CancellationToken cancellation)
    {
        if (options.PreviousKeyOfCheckpoints() is not { } previous) return;
        foreach (var (tenant, _, _) in await trees.TreesAsync(cancellation))
            await CheckpointKeys.RecordAsync(log, tenant, previous, key);
    }

    [LoggerMessage(LogLevel.Warning, "That the key of checkpoints changed could not be recorded; it is tried again")]
    private partial void LogFailed(Exception e);
}
