namespace Messaging.Projections.Storage;

/// <summary>
/// The requested part of a list: from its beginning with <c>first</c> and <c>after</c>, or from its end with
/// <c>last</c> and <c>before</c>.
/// </summary>
/// <param name="First">Number of items from the beginning; 0 gives an empty page.</param>
/// <param name="After">A cursor: only what comes after it.</param>
/// <param name="Last">Number of items from the end.</param>
/// <param name="Before">A cursor: only what comes before it.</param>
public sealed record PageRequest(int? First, string? After, int? Last, string? Before)
{
    /// <summary>The size of a page when none is asked for.</summary>
    public const int Default = 50;

    /// <summary>The most items of a page.</summary>
    public const int Maximum = 200;

    /// <summary>The most characters of a cursor; all of ours are shorter.</summary>
    public const int CursorMaximum = 2000;

    /// <summary>The first page, of the default size.</summary>
    public static PageRequest Start { get; } = new(null, null, null, null);

    internal bool Backward => Last is not null;

    /// <summary>Conditions on the place of an item: it is after the one cursor, and before the other.</summary>
    /// <param name="place">That of an item, in the order of the list.</param>
    /// <param name="placeOf">That of a cursor, given with the argument that it comes from.</param>
    /// <exception cref="InvalidCursorException">A cursor is none of the list.</exception>
    internal Sql Between(Sql place, Func<string, string, Sql> placeOf)
    {
        var bounds = Sql.Nothing;
        if (After is { } after) bounds += $" and {place} > {placeOf(after, "after")}";
        if (Before is { } before) bounds += $" and {place} < {placeOf(before, "before")}";
        return bounds;
    }

    /// <summary>
    /// The <c>order by</c> of the page; nothing where it has no items: whether there is any is told without sorting.
    /// </summary>
    internal Sql Order(Sql order) => Size() == 0 ? Sql.Nothing : Sql.Of($"order by {order}");

    /// <summary>Checks the request and returns the number of items.</summary>
    /// <exception cref="InvalidPageException">It asks for what there is not.</exception>
    public int Size()
    {
        if (First is not null && Last is not null)
            throw new InvalidPageException("last", "Give either first or last, not both.");
        var (size, argument) = Backward ? (Last!.Value, "last") : (First ?? Default, "first");
        if (size < 0)
            throw new InvalidPageException(argument, $"{argument} must not be negative.");
        return size <= Maximum
            ? size
            : throw new InvalidPageException(argument, $"{argument} must be at most {Maximum}.");
    }
}

/// <summary>An item of a page, and where in the list it is.</summary>
public sealed record PageItem<T>(T Node, string Cursor);

/// <summary>A part of a list, in the list's order.</summary>
/// <param name="HasNextPage">True when there is more after it.</param>
/// <param name="HasPreviousPage">True when there is more before it.</param>
public sealed record Page<T>(IReadOnlyList<PageItem<T>> Items, bool HasNextPage, bool HasPreviousPage)
{
    /// <summary>True when it is all of the list.</summary>
    public bool IsWhole => !HasNextPage && !HasPreviousPage;

    /// <summary>
    /// Makes a page of the fetched items: one more than requested, if there is one; from the end of the list when
    /// requested from there.
    /// </summary>
    internal static Page<T> Of(List<T> fetched, PageRequest request, Func<T, string> cursor) =>
        Of(fetched, request, cursor, node => node);

    /// <summary>The same, of rows that tell more than the item.</summary>
    internal static Page<T> Of<TRow>(
        List<TRow> fetched, PageRequest request, Func<TRow, string> cursor, Func<TRow, T> item)
    {
        var size = request.Size();
        var more = fetched.Count > size;
        if (more) fetched.RemoveRange(size, fetched.Count - size);
        if (request.Backward) fetched.Reverse();
        var items = fetched.ConvertAll(row => new PageItem<T>(item(row), cursor(row)));

        // A cursor was an item of the list: there is that one at least on its other side.
        return request.Backward
            ? new Page<T>(items, request.Before is not null, more)
            : new Page<T>(items, more, request.After is not null);
    }
}

/// <summary>A page was asked for that there cannot be.</summary>
/// <param name="argument">The argument that is to blame, as the API names it.</param>
public sealed class InvalidPageException(string argument, string message) : Exception(message)
{
    /// <summary>The argument that is to blame, as the API names it.</summary>
    public string Argument => argument;
}

/// <summary>A cursor is malformed, or is one of another list or another order.</summary>
/// <param name="argument">The argument that is to blame, as the API names it.</param>
public sealed class InvalidCursorException(string argument)
    : Exception($"{argument} is not a cursor of this list in this order.")
{
    /// <summary>The argument that is to blame, as the API names it.</summary>
    public string Argument => argument;
}
