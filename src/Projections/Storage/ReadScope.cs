namespace Messaging.Projections.Storage;

/// <summary>
/// What the statements of one piece of work may take: a turn at the database each, and memory for what they read.
/// Statements belong to the scope in which they are sent; what is outside of any, such as the product's own work, is
/// not limited here.
/// </summary>
public abstract class ReadScope
{
    // A row, its place in lists, and the objects that are made of it, but for its texts.
    private const int RowBytes = 400;

    private static readonly AsyncLocal<ReadScope?> s_current = new();

    /// <summary>
    /// The scope of what runs now; null outside of any. What is set holds until the asynchronous method that sets it
    /// returns.
    /// </summary>
    public static ReadScope? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>Waits for a turn at the database.</summary>
    /// <param name="isHeavy">Whether the statement may look at a large part of what an organisation has.</param>
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
