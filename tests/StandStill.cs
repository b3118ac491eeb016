using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using Xunit.v3;

[assembly: Messaging.Tests.StandStill]

namespace Messaging.Tests;

/// <summary>
/// Ends the process of a test project in which for ten minutes no test has begun or ended, and says which ones run:
/// else somebody waits without end for what stands still, and learns nothing. No test takes so long.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class StandStillAttribute : BeforeAfterTestAttribute
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);
    private static readonly ConcurrentDictionary<string, DateTime> s_running = new();
    private static readonly Timer s_look = new(_ => Look(), null, s_longest, TimeSpan.FromMinutes(1));
    private static string s_last = "none";
    private static long s_moved = Environment.TickCount64;

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        s_running[test.TestDisplayName] = DateTime.UtcNow;
        Volatile.Write(ref s_moved, Environment.TickCount64);
    }

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        s_running.TryRemove(test.TestDisplayName, out _);
        s_last = test.TestDisplayName;
        Volatile.Write(ref s_moved, Environment.TickCount64);
    }

    private static void Look()
    {
        if (Environment.TickCount64 - Volatile.Read(ref s_moved) < s_longest.TotalMilliseconds) return;
        s_look.Dispose();
        var running = s_running.Select(one =>
            string.Create(CultureInfo.InvariantCulture, $"{one.Key}, since {one.Value:HH:mm:ss}"));
        Environment.FailFast(
            $"Nothing has gone on for {s_longest}. Running: {string.Join("; ", running.DefaultIfEmpty("no test"))}. "
                + $"Ended last: {s_last}.");
    }
}
