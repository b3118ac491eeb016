using System.Diagnostics.Metrics;

namespace Messaging.Api.Files;

/// <summary>Metrics of bytes of files that come and go.</summary>
internal static class FileTelemetry
{
    private static readonly Meter s_meter = new("Messaging.Files");
    private static readonly Counter<long> s_bytes = s_meter.CreateCounter<long>(
        "messaging.files.io", "By", "Bytes of files, by direction: receive or transmit.");
    private static readonly Counter<long> s_files = s_meter.CreateCounter<long>(
        "messaging.files", "{file}", "Files received, or transmitted in whole or in part, by direction.");

    private static readonly Counter<long> s_thumbnails = s_meter.CreateCounter<long>(
        "messaging.files.thumbnails", "{picture}", "Thumbnails, by outcome: made, none (of such a picture), or later.");

    private static readonly Counter<long> s_scans = s_meter.CreateCounter<long>(
        "messaging.files.scans", "{file}",
            "Files scanned, by outcome: clean, found, or unavailable (to be tried again).");

    private static readonly Counter<long> s_damaged = s_meter.CreateCounter<long>(
        "messaging.files.damaged", "{file}",
        "Files that were asked for, or looked at by night, and are not what was attached.");

    public static void Damaged() => s_damaged.Add(1);

    public static void Thumbnail(string outcome) => s_thumbnails
        .Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public static void Scanned(string outcome) => s_scans.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public static void Received(long bytes) => Count("receive", bytes);

    public static void Transmitted(long bytes) => Count("transmit", bytes);

    private static void Count(string direction, long bytes)
    {
        var tag = new KeyValuePair<string, object?>("direction", direction);
        s_bytes.Add(bytes, tag);
        s_files.Add(1, tag);
    }
}
