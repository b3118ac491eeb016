using Messaging.Api.Auth;
using Messaging.Application.History;

namespace Messaging.Api.History;

/// <summary>Adds the evidence of what happened.</summary>
internal static class AuditServices
{
    /// <summary>Adds it.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services, IConfiguration configuration) =>
        services
            .AddSingleton(CheckpointOptions.Read(configuration))
            .AddSingleton(provider => provider.GetRequiredService<AuthOptions>().KeyOfCheckpoints())
            .AddHostedService<AuditWriter>()
            .AddHostedService<CheckpointFiles>()
            .AddSingleton<AuditSweeps>()
            .AddSingleton<NightlySweep>()
            .AddHostedService(provider => provider.GetRequiredService<NightlySweep>());
}
