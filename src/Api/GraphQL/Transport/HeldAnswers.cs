using System.Diagnostics;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Keeps back what refuses somebody for a moment: who asks again at once, in a loop, then asks twice a second rather
/// than as fast as processors can say no. The number of looks after which a password was found wrong is not seen
/// either. So many are kept back at once; further ones go at once.
/// </summary>
internal sealed class HeldAnswers
{
    /// <summary>From when what is refused began, or from the refusal where it was at once.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromMilliseconds(400);

    /// <summary>The most at once, on one node.</summary>
    public const int Most = 2_000;

    private static readonly object s_began = new();

    private int _held;

    /// <summary>The answer to this request is to be kept back.</summary>
    /// <param name="began">The start of the refused work, as <see cref="Stopwatch.GetTimestamp"/> has it.</param>
    public static void Hold(HttpContext? context, long began)
    {
        // Fields are resolved side by side.
        if (context is null) return;
        lock (s_began) context.Items[s_began] = began;
    }

    /// <summary>Waits until it is time for the answer.</summary>
    /// <param name="isRateLimited">True when the answer says that somebody has to wait.</param>
    public async Task WaitAsync(HttpContext context, bool isRateLimited)
    {
        var left =
            isRateLimited ? Time
            : context.Items.TryGetValue(s_began, out var began) ? Time - Stopwatch.GetElapsedTime((long)began!)
            : TimeSpan.Zero;
        if (left <= TimeSpan.Zero)
            return;
        try
        {
            if (Interlocked.Increment(ref _held) <= Most) await Task.Delay(left, context.RequestAborted);
        }
        finally
        {
            Interlocked.Decrement(ref _held);
        }
    }
}
