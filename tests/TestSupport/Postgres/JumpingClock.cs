using System.Globalization;

namespace Messaging.TestSupport.Postgres;

/// <summary>
/// What time it is for a process and those that it starts, by <c>libfaketime</c>: it goes on as any clock, from
/// whatever it was set to, as often as somebody sets it.
/// </summary>
/// <param name="file">
/// Says how far it is ahead; whoever runs as another has to be able to read it, so that it is in no folder of
/// somebody's own.
/// </param>
public sealed class JumpingClock(string file) : IDisposable
{
    private static readonly string[] s_libraries =
    [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
        "/usr/lib/faketime/libfaketime.so.1"
    ];

    /// <summary>Why there can be none on this machine; null where there can.</summary>
    public static string? WhyNot => Library is null ? "libfaketime is missing (Debian: faketime)" : null;

    /// <summary>Variables of the process whose clock it is.</summary>
    public Dictionary<string, string> Environment => new()
    {
        ["LD_PRELOAD"] = Library!,
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        ["FAKETIME_NO_CACHE"] = "1",

        // What has passed is what has passed; only what time it is jumps.
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
    };

    private static string? Library => s_libraries.FirstOrDefault(File.Exists);

    /// <summary>Sets it ahead of this process' clock, or behind it.</summary>
    public void Set(TimeSpan offset)
    {
        // Written beside and renamed: it is read at every look at the clock.
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{(offset < TimeSpan.Zero ? "-" : "+")}{Math.Abs(offset.TotalSeconds):0.###}");
        File.WriteAllText($"{file}.new", text + "\n");
        File.Move($"{file}.new", file, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(file);
}
