using Messaging.Application.Notifications;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>Health of the product.</summary>
internal static class Health
{
    /// <summary>Below which they are.</summary>
    public const string Path = "/health";

    private const string Ready = "ready";
    private const string Notifications = "notifications";

    /// <summary>Adds what is checked.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<NodeHealth>("node", tags: [Ready])
            .AddCheck<DatabaseHealth>("database", tags: [Ready], timeout: TimeSpan.FromSeconds(5))
            .AddCheck<NotificationsHealth>("notifications", tags: [Notifications]);
        return services;
    }

    /// <summary>
    /// Maps <c>/health/live</c> (the process answers), <c>/health/ready</c> (it serves: for a load balancer in front of
    /// several nodes) and <c>/health/notifications</c> (somebody is told of what happens: for an alert). Each part that
    /// is not well says so in a line. <c>/health/version</c> says which version it is.
    /// </summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks(Path + "/live", new() { Predicate = _ => false });
        endpoints.MapGet(Path + "/version", () =>
            new { version = ProductVersion.Number, commit = ProductVersion.Commit }
        );
        endpoints.MapHealthChecks(Path + "/ready", Of(Ready));
        endpoints.MapHealthChecks(Path + "/notifications", Of(Notifications));
    }

    private static HealthCheckOptions Of(string tag) =>
        new() { Predicate = check => check.Tags.Contains(tag), ResponseWriter = WriteAsync };

    // Anybody may ask: answers are sentences of the checks, never an exception's message.
    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        if (report.Status != HealthStatus.Healthy)
            context.Response.Headers.RetryAfter = Unavailable.RetryAfter;
        var lines = report
            .Entries.Where(e => e.Value.Status != HealthStatus.Healthy)
            .Select(e => $"\n{e.Key}: {e.Value.Description ?? "It does not answer."}");
        return context.Response.WriteAsync(report.Status + string.Concat(lines));
    }

    private sealed class NodeHealth(NodeState node) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context,
            CancellationToken cancellationToken = default
        ) => Task.FromResult(node.Why is { } why ? HealthCheckResult.Unhealthy(why) : HealthCheckResult.Healthy());
    }

    private sealed class NotificationsHealth(PlannerWatch planner) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(
                planner.Problem is { } problem ? HealthCheckResult.Unhealthy(problem) : HealthCheckResult.Healthy());
    }

    private sealed class DatabaseHealth(NpgsqlDataSource database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default)
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
