using Messaging.Projections.Conversations;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Storage;

/// <summary>Pages are walked while others write: what did not move is seen once, whatever moves past it.</summary>
public sealed class ConcurrentPagingTests(Store store) : IClassFixture<Store>
{
    private const int Still = 60;

    public static TheoryData<ConversationOrderField, bool, bool, string?> Walks()
    {
        var walks = new TheoryData<ConversationOrderField, bool, bool, string?>();
        foreach (var field in Enum.GetValues<ConversationOrderField>())
        {
            foreach (var descending in (bool[])[true, false])
            {
                foreach (var backward in (bool[])[true, false])
                {
                    foreach (var search in (string?[])[null, "belege"]) walks.Add(field, descending, backward, search);
                }
            }
        }

        return walks;
    }

    [Theory]
    [MemberData(nameof(Walks))]
    public async Task Conversations_that_did_not_move_are_seen_once_and_none_is_skipped(
        ConversationOrderField field, bool descending, bool backward, string? search)
    {
        var office = await Office.OpenAsync(store);
        var (still, moving) = (new List<Guid>(), new List<Guid>());
        for (var i = 0; i < Still; i++)
        {
            office.Now = office.Now.AddSeconds(i % 3);
            still.Add(await office.ConverseAsync());
            if (i % 4 == 0) moving.Add(await office.ConverseAsync());
        }

        office.Now = office.Now.AddHours(1);
        using var stop = new CancellationTokenSource();
        var written = 0;
        var writing = WriteAsync();
        var seen = new List<Guid>();
        string? cursor = null;
        while (true)
        {
            var page = await store.Conversations.PageAsync(
                office.Anna, new(Search: search), new(field, descending), backward ? Last(5, cursor) : First(5, cursor),
                Cancellation);
            seen.AddRange(page.Nodes().Select(c => c.Id));

            // So that something happens between any two pages.
            var before = Volatile.Read(ref written);
            while (!stop.IsCancellationRequested && Volatile.Read(ref written) == before)
                await Task.Delay(1, Cancellation);
            if (seen.Count > 10 * Still || !(backward ? page.HasPreviousPage : page.HasNextPage))
                break;
            cursor = backward ? page.Items[0].Cursor : page.Items[^1].Cursor;

            // What moves on to the end of the list that one walks to would be walked after for ever.
            if (seen.Count >= Still + moving.Count) await stop.CancelAsync();
        }

        await stop.CancelAsync();
        await writing;
        seen.Where(still.Contains).ShouldBe(still, ignoreOrder: true);

        async Task WriteAsync()
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                office.Now = office.Now.AddMilliseconds(1);
                if (i % 5 == 0)
                    await office.ConverseAsync();
                else
                    await office.CommentAsync(moving[i % moving.Count], office.Dieter, "Die Belege kommen.");
                Interlocked.Increment(ref written);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Comments_are_seen_once_and_none_is_skipped_while_more_are_written(bool backward)
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        for (var i = 0; i < 40; i++) await office.CommentAsync(conversation, office.Anna, $"{i}");
        var seen = new List<string>();
        string? cursor = null;
        for (var more = true; more && seen.Count < 60;)
        {
            var page = (
                await store.Conversations.CommentPagesAsync(
                    office.Anna, [conversation], backward ? Last(3, cursor) : First(3, cursor), Cancellation)
            )[conversation];
            seen.AddRange(backward ? page.Nodes().Reverse().Select(c => c.Body) : page.Nodes().Select(c => c.Body));
            await office.CommentAsync(conversation, office.Dieter, "Noch eine Frage.");
            (more, cursor) = backward
                ? (page.HasPreviousPage, page.Items[0].Cursor)
                : (page.HasNextPage, page.Items[^1].Cursor);
        }

        var numbers = Enumerable.Range(0, 40).Select(i => $"{i}");
        seen.Where(b => int.TryParse(b, out _)).ShouldBe(backward ? numbers.Reverse() : numbers);
    }
}
