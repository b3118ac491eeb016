using System.Diagnostics;

namespace Messaging.TestSupport;

/// <summary>Waits for what comes to be by itself, by asking often.</summary>
public static class Waiting
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(1);

    /// <summary>Waits until something is so.</summary>
    /// <exception cref="TimeoutException">It is not in time.</exception>
    public static async Task UntilAsync(Func<Task<bool>> isSo, TimeSpan? longest = null)
    {
        for (var clock = Stopwatch.StartNew(); !await isSo(); await Task.Delay(25))
            if (clock.Elapsed > (longest ?? s_longest))
                throw new TimeoutException($"It was not so within {longest ?? s_longest}.");
    }

    /// <summary>Waits until something is so.</summary>
    /// <exception cref="TimeoutException">It is not in time.</exception>
    public static Task UntilAsync(Func<bool> isSo, TimeSpan? longest = null) =>
        UntilAsync(() => Task.FromResult(isSo()), longest);
}
