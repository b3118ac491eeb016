using System.ComponentModel;
using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Transport;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>The position of a page in its list.</summary>
[Allow(Access.SignedIn)]
public sealed class PageInfo(bool hasNextPage, bool hasPreviousPage, string? startCursor, string? endCursor)
{
    /// <summary>True when more items follow.</summary>
    public bool HasNextPage { get; } = hasNextPage;

    /// <summary>True when items precede the page.</summary>
    public bool HasPreviousPage { get; } = hasPreviousPage;

    /// <summary>The cursor of its first item.</summary>
    public string? StartCursor { get; } = startCursor;

    /// <summary>The cursor of its last item.</summary>
    public string? EndCursor { get; } = endCursor;
}

// The library finds no docstrings of generic types: their descriptions are attributes, too.

/// <summary>An item of a page, and its place in the list.</summary>
[Allow(Access.SignedIn)]
public abstract class Edge<TNode>(string cursor, TNode node)
{
    /// <summary>The cursor with which to continue before or after the item.</summary>
    [Description("The cursor with which to continue before or after the item.")]
    public string Cursor { get; } = cursor;

    /// <summary>The item.</summary>
    [Description("The item.")]
    public TNode Node { get; } = node;
}

/// <summary>A page of a list (Relay's cursor connections).</summary>
/// <param name="edges">The items of the page.</param>
/// <param name="page">The page they were made of.</param>
/// <param name="count">Counts the whole list.</param>
public abstract class Connection<TNode, TEdge>(
    IReadOnlyList<TEdge> edges, PageInfo page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    where TEdge : Edge<TNode>
{
    /// <summary>The items of the page, with their cursors.</summary>
    [Description("The items of the page, with their cursors.")]
    public IReadOnlyList<TEdge> Edges { get; } = edges;

    /// <summary>The items of the page.</summary>
    [Description("The items of the page.")]
    public IEnumerable<TNode> Nodes => Edges.Select(e => e.Node);

    /// <summary>The position of the page in the list.</summary>
    [Description("The position of the page in the list.")]
    public PageInfo PageInfo { get; } = page;

    /// <summary>The number of items in the whole list. It is counted only when selected.</summary>
    [Description("The number of items in the whole list. It is counted only when selected.")]
    public IDataLoaderResult<int> TotalCount(IResolveFieldContext context) => count(context);
}

/// <summary>Numbers that are known, or fetched for one list only.</summary>
internal static class Counts
{
    /// <summary>A number that is at hand.</summary>
    public static IDataLoaderResult<int> Known(int count) => LoaderResults.Done<int>(count);

    /// <summary>A number to fetch.</summary>
    public static IDataLoaderResult<int> Fetched(Func<CancellationToken, Task<int>> count) =>
        LoaderResults.Alone(count);

    /// <summary>The number of items of a list: at hand where the page is all of it.</summary>
    public static IDataLoaderResult<int> Of<TRow>(Page<TRow> page, Func<CancellationToken, Task<int>> count) =>
        page.IsWhole ? Known(page.Items.Count) : Fetched(count);
}

/// <summary>Pages of rows to pages of the API.</summary>
internal static class Pages
{
    /// <summary>The edges of a page.</summary>
    public static IReadOnlyList<TEdge> Edges<TRow, TEdge>(this Page<TRow> page, Func<string, TRow, TEdge> edge) =>
        [.. page.Items.Select(i => edge(i.Cursor, i.Node))];

    /// <summary>The position of the page.</summary>
    public static PageInfo Info<TRow>(this Page<TRow> page) =>
        new(
            page.HasNextPage, page.HasPreviousPage, page.Items is [var first, ..] ? first.Cursor : null,
            page.Items is [.., var last] ? last.Cursor : null);
}
