namespace Messaging.Projections.Storage;

/// <summary>
/// Limits on the statements of one piece of work: a turn at the database for each, and memory for the rows read. A
/// statement belongs to the scope in which it is sent; statements outside of any, such as the product's own work, are
/// not limited here.
/// </summary>
public abstract class ReadScope
{
    // Memory of a row: the row, its place in lists, and the objects made of it, without its texts.
    private const int RowBytes = 400;

    private static readonly AsyncLocal<ReadScope?> s_current = new();

    /// <summary>
    /// The current scope; null outside of any. A scope that is set holds until the asynchronous method that set it
    /// returns.
    /// </summary>
    public static ReadScope? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>Waits for a turn at the database.</summary>
    /// <param name="isHeavy">True when the statement may read a large part of an organisation's rows.</param>
    /// <returns>The turn, to be disposed of when the statement has ended.</returns>
    public abstract ValueTask<IDisposable> EnterAsync(bool isHeavy, CancellationToken cancellation);

    /// <summary>Counts memory that is taken until the work has ended. Throws where it is too much.</summary>
    public abstract void Spend(long bytes);

    /// <summary>Waits for a turn at the database, where there is a scope.</summary>
    internal static async ValueTask<IDisposable?> TurnAsync(bool isHeavy, CancellationToken cancellation) =>
        Current is { } scope ? await scope.EnterAsync(isHeavy, cancellation) : null;

    /// <summary>Counts a row that was read just now.</summary>
    /// <param name="texts">Bytes of its texts in memory.</param>
    internal void SpendRow(long texts) => Spend(RowBytes + texts);
}
