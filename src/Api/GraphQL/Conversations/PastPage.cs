using System.Globalization;
using Messaging.Projections.Paging;

namespace Messaging.Api.GraphQL.Conversations;

/// <summary>Pages of a list that was replayed into memory; an item's cursor is its position.</summary>
internal static class PastPage
{
    /// <summary>The page that is asked for.</summary>
    /// <exception cref="InvalidPageException">The request contradicts itself.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public static Page<T> Of<T>(IReadOnlyList<T> all, PageRequest request)
    {
        var size = request.Size();
        var from = request.After is { } after ? Position(after, "after", all.Count) + 1 : 0;
        var to = request.Before is { } before ? Position(before, "before", all.Count) : all.Count;
        if (request.Last is not null)
            from = Math.Max(from, to - size);
        else
            to = Math.Min(to, from + size);
        var items = new List<PageItem<T>>();
        for (var i = from; i < to; i++) items.Add(new PageItem<T>(all[i], $"past-{i.ToString(CultureInfo.InvariantCulture)}"));
        return new Page<T>(items, to < all.Count, from > 0);
    }

    private static int Position(string cursor, string argument, int count) =>
        cursor.StartsWith("past-", StringComparison.Ordinal)
        && int.TryParse(cursor.AsSpan("past-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position < count
            ? position
            : throw new InvalidCursorException(argument);
}
