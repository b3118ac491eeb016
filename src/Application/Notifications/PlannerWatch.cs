using JasperFx;
using JasperFx.Events.Daemon;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wolverine.Runtime;
using IAgent = Wolverine.Runtime.Agents.IAgent;

namespace Messaging.Application.Notifications;

/// <summary>
/// Watches the planner on this node. The planner skips no event that it cannot plan: it stops and reports so here. Most
/// causes pass, such as a database that was away, so it is restarted again and again. Among several nodes only the one
/// that Wolverine assigned restarts it, and the others let go of it.
/// </summary>
/// <remarks>
/// Wolverine itself leaves a planner stopped for good when another node has made progress, as happens after one of the
/// two stood still. Nor does it notice a planner that goes on after standing still.
/// </remarks>
public sealed partial class PlannerWatch(
    IServiceProvider services, NpgsqlDataSource database, ThisNode node, IHostApplicationLifetime lifetime,
    ILogger<PlannerWatch> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    // A planner that is just being started or stopped looks broken once, as a rule.
    private const int LooksUntilMended = 3;

    // As Wolverine calls it; known since some node had it.
    private Uri? _uri;
    private int _looks;
    private volatile string? _problem;

    /// <summary>The reason why the planner does not work; null when it does, or works on another node.</summary>
    public string? Problem => _problem;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.EveryAsync(s_period, LookAsync, Failed, stoppingToken, atOnce: false);

    private async Task LookAsync(CancellationToken cancellation)
    {
        // Resolved late: the coordinator needs the store, and the store the subscriptions.
        var coordinator = services.GetRequiredService<Marten.Events.Daemon.Coordination.IProjectionCoordinator>();
        foreach (var daemon in await coordinator.AllDaemonsAsync())
        {
            var agent = daemon.CurrentAgents().FirstOrDefault(a => a.Name.Name == NotificationPlanner.Name);
            if (node.Id is { } here) await LookAmongSeveralAsync(daemon, agent, here, cancellation);
            else if (agent is not null) await LookAloneAsync(daemon, agent, cancellation);
        }
    }

    private void Failed(Exception e)
    {
        // The database is away: the planner's assignment is unknown until it is back.
        if (e is NpgsqlException && node.Id is not null) return;
        _problem = "The planner of notifications cannot be started.";
        LogNotStarted(e);
    }

    private async Task LookAloneAsync(
        IProjectionDaemon daemon, ISubscriptionAgent agent, CancellationToken cancellation)
    {
        if (agent.Status == AgentStatus.Running)
        {
            _problem = null;
            return;
        }

        _problem = $"The planner of notifications is {agent.Status}.";
        LogStopped(agent.Status);
        await daemon.StartAgentAsync(agent.Name, cancellation);
    }

    /// <summary>
    /// Compares three records: Wolverine's assignment of the planner, Wolverine's agents on this node, and the
    /// subscription that runs here. Wolverine would not restart an agent here that has failed.
    /// </summary>
    private async Task LookAmongSeveralAsync(
        IProjectionDaemon daemon, ISubscriptionAgent? agent, Guid here, CancellationToken cancellation)
    {
        if (
            !lifetime.ApplicationStarted.IsCancellationRequested || lifetime.ApplicationStopping.IsCancellationRequested
        )
            return;
        var agents = services.GetRequiredService<IWolverineRuntime>().Agents;
        var isToBeHere = await IsToBeAsync(here, cancellation);
        var isHad = _uri is not null && agents.TryFindActiveAgent<IAgent>(_uri, out _);
        var runs = agent?.Status == AgentStatus.Running;
        if (isToBeHere ? isHad && runs : !isHad && agent is null) _problem = null;
        else if (++_looks < LooksUntilMended) return;
        else
        {
            if (isToBeHere) _problem = "The planner of notifications has stopped, and is started anew.";
            LogNotAsItIsToBe(isToBeHere ? "here" : "elsewhere", agent?.Status ?? AgentStatus.Stopped);
            if (_uri is not null) await agents.StopLocallyAsync(_uri);
            if (agent is not null) await daemon.StopAgentAsync(agent.Name);
            if (isToBeHere) await agents.StartLocallyAsync(_uri!);
        }

        _looks = 0;
    }

    private async Task<bool> IsToBeAsync(Guid here, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"select id, node_id = $1 from wolverine.wolverine_node_assignments where id like "
                + $"'%/{NotificationPlanner.Name}/%'"
        );
        command.Parameters.Add(new() { Value = here });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation)) return false;
        _uri = new Uri(reader.GetString(0));
        return reader.GetBoolean(1);
    }

    [LoggerMessage(LogLevel.Error, "The planner of notifications is {Status}, and is started again")]
    private partial void LogStopped(AgentStatus status);

    [LoggerMessage(
        LogLevel.Warning,
        "The planner of notifications is to be {Where}, and the one on this node is {Status}: it is ended, and "
            + "started anew if it is to be here"
    )]
    private partial void LogNotAsItIsToBe(string where, AgentStatus status);

    [LoggerMessage(LogLevel.Error, "The planner of notifications cannot be started")]
    private partial void LogNotStarted(Exception e);
}
