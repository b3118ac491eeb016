using Npgsql;

namespace Messaging.Application;

/// <summary>
/// Adds the statements that hold the read models as they are until the transaction ends, and fail where they cannot be
/// used.
/// </summary>
/// <returns>How many results, of no interest, come first.</returns>
public delegate int HoldReadModels(NpgsqlBatch batch);

/// <summary>
/// The read models, for what reads them of its own accord rather than for a request: while they are rebuilt, or another
/// version of the product keeps them, it would decide by what is not there, and waits instead.
/// </summary>
/// <param name="hold">Holds them, whatever this node knows.</param>
/// <param name="canBeUsed">Whether they can be used, as far as this node knows.</param>
/// <param name="stopping">The product stops.</param>
public sealed class ReadModelAccess(HoldReadModels hold, Func<bool> canBeUsed, CancellationToken stopping)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether they can be used, as far as this node knows: it looks twice a second.</summary>
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
    /// Adds the statements that hold them as they are until the transaction ends, in front of those that use them. They
    /// fail where the read models cannot be used, whatever this node knows.
    /// </summary>
    /// <returns>How many results, of no interest, come first.</returns>
    public int HoldIn(NpgsqlBatch batch) => hold(batch);

    /// <summary>
    /// Whether a transaction failed for that reason: by a root of a negative number, as ReadModelFence has it.
    /// </summary>
    public static bool IsRefusal(Exception? exception) => exception switch
    {
        null => false,
        PostgresException refused => refused.SqlState == PostgresErrorCodes.InvalidArgumentForPowerFunction,
        _ => IsRefusal(exception.InnerException),
    };
}
