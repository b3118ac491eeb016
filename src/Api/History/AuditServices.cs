using Messaging.Api.Auth;
using Messaging.Api.Hosting;
using Messaging.Application.Accounts;
using Messaging.Application.Files;
using Messaging.Application.History;
using Npgsql;

namespace Messaging.Api.History;

/// <summary>Adds the evidence of what happened.</summary>
internal static class AuditServices
{
    /// <summary>Adds it.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services, IConfiguration configuration) =>
        services
            .AddSingleton(CheckpointOptions.Read(configuration))
            .AddSingleton(provider => provider.GetRequiredService<AuthOptions>().KeyOfCheckpoints())
            .AddSingleton<RunningDownloads>()
            .AddSingleton(provider => new ArchiveExport(
                provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<IFileStore>(),
                provider.GetRequiredService<CheckpointKey>(), provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<CheckpointOptions>().Directory, ProductVersion.Whole))
            .AddSingleton<PersonReport>()
            .AddHostedService<AuditWriter>()
            .AddHostedService<CheckpointFiles>()
            .AddSingleton<CheckpointKeyRotation>()
            .AddHostedService(provider => provider.GetRequiredService<CheckpointKeyRotation>())
            .AddSingleton<AuditSweeps>()
            .AddSingleton<NightlySweep>()
            .AddHostedService(provider => provider.GetRequiredService<NightlySweep>());
}
