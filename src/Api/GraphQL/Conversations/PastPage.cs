using System.Globalization;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Transport;
using Messaging.Projections.History;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Conversations;

/// <summary>
/// Pages of what a conversation had at a moment, which does not change any more; an item's cursor is its position.
/// </summary>
internal static class PastPage
{
    /// <summary>The page that is asked for. Nothing is loaded for an empty one.</summary>
    /// <param name="count">The number of items in the whole list.</param>
    /// <exception cref="InvalidPageException">The request contradicts itself.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public static IDataLoaderResult<Page<T>> Of<T>(
        PastConversation then, int count, PageRequest request, Func<PastPart, IDataLoaderResult<IReadOnlyList<T>>> load)
    {
        var size = request.Size();
        var from = request.After is { } after ? Position(after, "after", count) + 1 : 0;
        var to = request.Before is { } before ? Position(before, "before", count) : count;
        if (request.Last is not null)
            from = Math.Max(from, to - size);
        else
            to = Math.Min(to, from + size);
        return to <= from
            ? LoaderResults.Done(Page([]))
            : load(new PastPart(then.Header.Id, then.Header.Version, from, to - from, count)).Then(Page);

        Page<T> Page(IReadOnlyList<T> rows) =>
            new(
                [
                    .. rows.Select(
                        (row, i) => new PageItem<T>(row, $"past-{(from + i).ToString(CultureInfo.InvariantCulture)}")),
                ],
                to < count,
                from > 0
            );
    }

    private static int Position(string cursor, string argument, int count) =>
        cursor.StartsWith("past-", StringComparison.Ordinal)
        && int.TryParse(
            cursor.AsSpan("past-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var position)
        && position < count
            ? position
            : throw new InvalidCursorException(argument);
}
