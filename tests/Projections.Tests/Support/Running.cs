using Messaging.Projections.Storage;

namespace Messaging.Projections.Tests.Support;

/// <summary>What every test says.</summary>
public static class Running
{
    /// <summary>Ends what the test started when the run is ended.</summary>
    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static PageRequest First(int count, string? after = null) => new(count, after, null, null);

    public static PageRequest Last(int count, string? before = null) => new(null, null, count, before);

    public static IEnumerable<T> Nodes<T>(this Page<T> page) => page.Items.Select(i => i.Node);

    /// <summary>
    /// Walks a whole list forward, then backward, and checks that both are the same and that the flags say where it
    /// ends.
    /// </summary>
    public static async Task<List<T>> WalkAsync<T>(int size, Func<PageRequest, Task<Page<T>>> read)
    {
        var forward = new List<T>();
        string? cursor = null;
        for (Page<T> page; ; cursor = page.Items[^1].Cursor)
        {
            page = await read(First(size, cursor));
            forward.AddRange(page.Nodes());
            page.HasPreviousPage.ShouldBe(cursor is not null);
            if (page.HasNextPage)
            {
                page.Items.Count.ShouldBe(size);
                continue;
            }

            break;
        }

        var backward = new List<T>();
        cursor = null;
        for (Page<T> page; ; cursor = page.Items[0].Cursor)
        {
            page = await read(Last(size, cursor));
            backward.InsertRange(0, page.Nodes());
            page.HasNextPage.ShouldBe(cursor is not null);
            if (!page.HasPreviousPage) break;
        }

        backward.ShouldBe(forward);
        return forward;
    }
}
