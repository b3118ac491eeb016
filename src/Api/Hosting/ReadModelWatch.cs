using Messaging.Application;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// Looks twice a second whether the read models are still whole and of this version's format: while another node
/// rebuilds them, or a node of another version has, this one answers nothing from them and does nothing by them. Writes
/// are kept apart by <see cref="ReadModelFence"/>, whatever is seen here.
/// </summary>
internal sealed partial class ReadModelWatch(
    NpgsqlDataSource database, NodeState state, IHostApplicationLifetime lifetime,
    ILogger<ReadModelWatch> logger) : BackgroundService
{
    /// <summary>Time after which all other nodes have noticed a rebuild, and have ended their reads.</summary>
    public static readonly TimeSpan Noticed = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    /// <summary>The read models, for what waits until they can be used.</summary>
    public ReadModelAccess Access { get; } =
        new(() => state.WhyNotReadModels is null, lifetime.ApplicationStopping);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.EveryAsync(s_period, LookAsync, LeaveIt, stoppingToken);

    private async Task LookAsync(CancellationToken stopping)
    {
        var why = await database.WhyNotUsableAsync(stopping);
        if (why is null != Access.CanBeUsed)
        {
            if (why is null) LogUsable();
            else LogNotUsable(why);
        }

        state.SetReadModels(why);
    }

    // The database is away, or too busy: the next caller that needs it finds out.
    private static void LeaveIt(Exception e)
    {
    }

    [LoggerMessage(LogLevel.Warning, "This node stands still. {Why}")]
    private partial void LogNotUsable(string why);

    [LoggerMessage(LogLevel.Warning, "The read models can be used again: this node goes on")]
    private partial void LogUsable();
}
