using Messaging.Application.Notifications.Inbound;

namespace Messaging.Api.Email.Inbound;

/// <summary>Adds what takes answers by mail in.</summary>
internal static class InboundServices
{
    /// <summary>Adds it where <c>Messaging:Inbound:Host</c> is set.</summary>
    /// <exception cref="InvalidOperationException">
    /// A setting cannot be right; the host does not start with it.
    /// </exception>
    public static IServiceCollection AddInbound(this IServiceCollection services, IConfiguration configuration)
    {
        var options = InboundOptions.Read(configuration);
        services.AddSingleton(options);
        services.AddSingleton<InboundMails>();
        if (!options.IsOn) return services;
        services.AddSingleton<ReplyAddresses>();
        services.AddSingleton<InboundReplies>();
        services.AddSingleton<InboundReader>();
        services.AddHostedService<InboundMailbox>();
        return services;
    }
}
