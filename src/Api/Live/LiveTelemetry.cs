using System.Diagnostics.Metrics;

namespace Messaging.Api.Live;

/// <summary>Metrics of live updates: subscriptions, and subscribers that had to be dropped.</summary>
internal static class LiveTelemetry
{
    private static readonly Meter s_meter = new("Messaging.Live");

    private static readonly UpDownCounter<int> s_subscriptions = s_meter.CreateUpDownCounter<int>(
        "messaging.live.subscriptions", "{subscription}", "Subscriptions that are open on this node.");

    private static readonly Counter<long> s_slow = s_meter.CreateCounter<long>(
        "messaging.live.slow_subscribers", "{subscription}",
        "Subscriptions that took their updates too slowly, and were let go.");

    public static void Began() => s_subscriptions.Add(1);

    public static void Ended() => s_subscriptions.Add(-1);

    public static void LetGo() => s_slow.Add(1);
}
