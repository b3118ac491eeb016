using System.Diagnostics.Metrics;

namespace Messaging.Api.Files;

/// <summary>How many bytes of files come and go.</summary>
internal static class FileTelemetry
{
    private static readonly Meter s_meter = new("Messaging.Files");
    private static readonly Counter<long> s_bytes = s_meter.CreateCounter<long>("messaging.files.io", "By", "Bytes of files, by direction: receive or transmit.");
    private static readonly Counter<long> s_files = s_meter.CreateCounter<long>("messaging.files", "{file}", "Files received, or transmitted in whole or in part, by direction.");

    public static void Received(long bytes) => Count("receive", bytes);

    public static void Transmitted(long bytes) => Count("transmit", bytes);

    private static void Count(string direction, long bytes)
    {
        var tag = new KeyValuePair<string, object?>("direction", direction);
        s_bytes.Add(bytes, tag);
        s_files.Add(1, tag);
    }
}
