using Npgsql;

namespace Messaging.Application.Ports;

/// <summary>
/// The read models, for what reads them of its own accord rather than for a request: while they are rebuilt, or another version of the product keeps them,
/// it would decide by what is not there, and waits instead.
/// </summary>
public interface IReadModelAccess
{
    /// <summary>Whether they can be used, as far as this node knows: it looks twice a second.</summary>
    bool CanBeUsed { get; }

    /// <summary>Waits until they can be used, as far as this node knows.</summary>
    /// <exception cref="OperationCanceledException">The product stops.</exception>
    Task WaitAsync(CancellationToken cancellation);

    /// <summary>
    /// Adds the statements that hold them as they are until the transaction ends, in front of those that use them. They fail where the read models
    /// cannot be used, whatever this node knows.
    /// </summary>
    /// <returns>How many results, of no interest, come first.</returns>
    int HoldIn(NpgsqlBatch batch);

    /// <summary>Whether a transaction failed for that reason.</summary>
    bool IsRefusal(Exception exception);
}
