using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application;

/// <summary>
/// Access to the read models for background work rather than a request: while they are being rebuilt, or another
/// version of the product keeps them, the work would decide on missing rows, and so waits instead.
/// </summary>
/// <param name="canBeUsed">True when they can be used, as far as this node knows.</param>
/// <param name="stopping">The product stops.</param>
public sealed class ReadModelAccess(Func<bool> canBeUsed, CancellationToken stopping)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    /// <summary>True when they can be used, as far as this node knows: it looks twice a second.</summary>
    public bool CanBeUsed => canBeUsed();

    /// <summary>Waits until they can be used, as far as this node knows.</summary>
    /// <exception cref="OperationCanceledException">The product stops.</exception>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        if (CanBeUsed) return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stopping);
        while (!CanBeUsed) await Task.Delay(s_look, either.Token);
    }

    /// <summary>
    /// True when a transaction failed because they could not be used (<see cref="ReadModelFence.Refusal"/>).
    /// </summary>
    public static bool IsRefusal(Exception? exception) => exception switch
    {
        null => false,
        PostgresException refused => refused.SqlState == ReadModelFence.Refusal,
        _ => IsRefusal(exception.InnerException),
    };
}
