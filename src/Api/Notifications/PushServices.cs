using Messaging.Application.Notifications.Push;

namespace Messaging.Api.Notifications;

/// <summary>Adds what tells browsers of notifications while no page is open.</summary>
internal static class PushServices
{
    /// <summary>Adds it.</summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the host does not start with
    /// it.</exception>
    public static IServiceCollection AddPush(this IServiceCollection services, IConfiguration configuration) =>
        services.AddSingleton(PushOptions.Read(configuration))
            .AddSingleton<WebPushSender>()
            .AddSingleton<IPushSender>(provider => provider.GetRequiredService<WebPushSender>());
}
