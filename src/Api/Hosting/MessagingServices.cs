using Marten;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Customers.Import;
using Messaging.Application.Files;
using Messaging.Application.History;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>Adds the core of the product: events, commands, and their consequences.</summary>
internal static class MessagingServices
{
    /// <summary>Adds them.</summary>
    public static void AddMessaging(this WebApplicationBuilder builder)
    {
        // First, so that they are stopped last: what the others do until they end is still written.
        builder.Services.AddSingleton<CommandExecutor>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<CommandExecutor>());
        builder.Services.AddSingleton<AccessLog>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<AccessLog>());
        builder.Services.AddSingleton(provider => new Lazy<AccessLog>(provider.GetRequiredService<AccessLog>));
        builder.Services.AddSingleton<OpenedConversations>();
        builder.Services.AddSingleton<DamagedFiles>();
        builder.Services.AddSingleton<FailedSignIns>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<FailedSignIns>());
        builder.UseMessagingBus(
            builder.Services.AddMarten(options => options.UseMessaging()).UseLightweightSessions().UseNpgsqlDataSource()
        );
        builder.Services.AddSingleton<HandOver>();
        builder.Services.AddSingleton<LostSight>();
        builder.Services.AddSingleton<ReadModelWatch>();
        builder.Services.AddSingleton(provider => provider.GetRequiredService<ReadModelWatch>().Access);
        builder.Services.AddHostedService(provider => provider.GetRequiredService<ReadModelWatch>());
        builder.Services.AddHostedService<TableStatistics>();
        builder.Services.AddSingleton<Uploads>();
        builder.Services.AddSingleton<ImportSignal>();
        builder.Services.AddSingleton<CustomerImports>();
        builder.Services.AddHostedService<ImportWorker>();
        builder.Services.AddSingleton<Erasures>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Erasures>());
        builder.Services.AddSingleton<SharedParts>();
        builder.Services.AddSingleton<DemoData>();
        builder.Services.AddSingleton(provider => new DemoOrganisations(
            builder.Environment.IsDevelopment(), provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<ILogger<DemoOrganisations>>()));
    }
}
