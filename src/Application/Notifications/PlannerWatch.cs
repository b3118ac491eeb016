using JasperFx;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Messaging.Application.Notifications;

/// <summary>
/// Watches the planner on this node. What it cannot plan it does not skip: it stops, and says so here. Most causes pass, such as a database that
/// was away, so it is started again and again.
/// </summary>
public sealed partial class PlannerWatch(IServiceProvider services, ILogger<PlannerWatch> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);

    private volatile string? _problem;

    /// <summary>Why the planner does not work; null when it does, or works on another node.</summary>
    public string? Problem => _problem;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await LookAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The product stops.
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            // Resolved late: the coordinator needs the store, and the store the subscriptions.
            var coordinator = services.GetRequiredService<Marten.Events.Daemon.Coordination.IProjectionCoordinator>();
            foreach (var daemon in await coordinator.AllDaemonsAsync())
            {
                if (daemon.CurrentAgents().FirstOrDefault(a => a.Name.Name == NotificationPlanner.Name) is not { } agent) continue;
                if (agent.Status == AgentStatus.Running)
                {
                    _problem = null;
                    continue;
                }

                _problem = $"The planner of notifications is {agent.Status}.";
                LogStopped(agent.Status);
                await daemon.StartAgentAsync(agent.Name, cancellation);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _problem = "The planner of notifications cannot be started.";
            LogNotStarted(e);
        }
    }

    [LoggerMessage(LogLevel.Error, "The planner of notifications is {Status}, and is started again")]
    private partial void LogStopped(AgentStatus status);

    [LoggerMessage(LogLevel.Error, "The planner of notifications cannot be started")]
    private partial void LogNotStarted(Exception e);
}
