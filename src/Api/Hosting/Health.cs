using Messaging.Application.Notifications;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>Whether the product works.</summary>
internal static class Health
{
    private const string Ready = "ready";

    /// <summary>Adds what is checked.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<StartUp>();
        services.AddHealthChecks()
            .AddCheck<StartUp>("start", tags: [Ready])
            .AddCheck<DatabaseHealth>("database", tags: [Ready], timeout: TimeSpan.FromSeconds(5))
            .AddCheck<NotificationsHealth>("notifications", tags: [Ready]);
        return services;
    }

    /// <summary>Maps <c>/health/live</c> (the process answers) and <c>/health/ready</c> (it can do its work); <c>/health/version</c> says which one it is.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/health/live", new() { Predicate = _ => false });
        endpoints.MapGet("/health/version", () => new { version = ProductVersion.Number, commit = ProductVersion.Commit });
        endpoints.MapHealthChecks("/health/ready", new() { Predicate = check => check.Tags.Contains(Ready) });
    }

    /// <summary>Whether the start is through: not before the schema and, in Development, the demo data are there.</summary>
    internal sealed class StartUp : IHealthCheck
    {
        private volatile bool _done;

        public void Done() => _done = true;

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(_done ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("Still starting."));
    }

    private sealed class NotificationsHealth(PlannerWatch planner) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(planner.Problem is { } problem ? HealthCheckResult.Unhealthy(problem) : HealthCheckResult.Healthy());
    }

    private sealed class DatabaseHealth(NpgsqlDataSource database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var command = database.CreateCommand("select 1");
                await command.ExecuteScalarAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (NpgsqlException e)
            {
                return HealthCheckResult.Unhealthy("PostgreSQL does not answer.", e);
            }
        }
    }
}
