using Npgsql;

namespace Messaging.Application;

/// <summary>
/// Adds the statements that hold the read models as they are until the transaction ends, and fail where they cannot be
/// used.
/// </summary>
/// <returns>Number of leading results to skip.</returns>
public delegate int HoldReadModels(NpgsqlBatch batch);

/// <summary>
/// Access to the read models for background work rather than a request: while they are being rebuilt, or another
/// version of the product keeps them, the work would decide on missing rows, and so waits instead.
/// </summary>
/// <param name="hold">Holds them, whatever this node knows.</param>
/// <param name="canBeUsed">True when they can be used, as far as this node knows.</param>
/// <param name="stopping">The product stops.</param>
public sealed class ReadModelAccess(HoldReadModels hold, Func<bool> canBeUsed, CancellationToken stopping)
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
    /// Adds, in front of the statements that use them, those that hold the read models unchanged until the transaction
    /// ends. They fail where the read models cannot be used, whatever this node knows.
    /// </summary>
    /// <returns>Number of leading results to skip.</returns>
    public int HoldIn(NpgsqlBatch batch) => hold(batch);

    /// <summary>
    /// True when a transaction failed for that reason: by the root of a negative number that ReadModelFence raises.
    /// </summary>
    public static bool IsRefusal(Exception? exception) => exception switch
    {
        null => false,
        PostgresException refused => refused.SqlState == PostgresErrorCodes.InvalidArgumentForPowerFunction,
        _ => IsRefusal(exception.InnerException),
    };
}
