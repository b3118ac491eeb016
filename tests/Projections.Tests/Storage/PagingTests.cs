using System.Buffers.Text;
using System.Text;
using Messaging.Projections.Conversations;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Storage;

public sealed class PagingTests(Store store) : IClassFixture<Store>
{
    [Theory]
    [InlineData(5, 5, "last", "Give either first or last, not both.")]
    [InlineData(-1, null, "first", "first must not be negative.")]
    [InlineData(null, -1, "last", "last must not be negative.")]
    [InlineData(201, null, "first", "first must be at most 200.")]
    [InlineData(null, int.MaxValue, "last", "last must be at most 200.")]
    public async Task A_page_that_cannot_be_is_refused(int? first, int? last, string argument, string message)
    {
        var office = await Office.OpenAsync(store);
        var page = new PageRequest(first, null, last, null);
        var refused = await Should.ThrowAsync<InvalidPageException>(PageAsync(office, page));
        (refused.Argument, refused.Message).ShouldBe((argument, message));
        await Should.ThrowAsync<InvalidPageException>(
            store.Conversations.CommentPagesAsync(office.Anna, [], page, Cancellation));
        await Should.ThrowAsync<InvalidPageException>(
            store.Customers.CustomersPageAsync(office.Anna, null, null, page, Cancellation));
        await Should.ThrowAsync<InvalidPageException>(
            store.Notifications.NotificationsPageAsync(office.Anna, false, page, Cancellation));
        await Should.ThrowAsync<InvalidPageException>(
            store.History.HistoryPageAsync(office.Anna, office.Id, null, page, Cancellation));
    }

    [Fact]
    public async Task Nothing_of_a_list_is_an_empty_page_that_says_whether_there_is_more()
    {
        var office = await Office.OpenAsync(store);
        (await PageAsync(office, First(0))).ShouldSatisfyAllConditions(
            p => p.Items.ShouldBeEmpty(), p => p.HasNextPage.ShouldBeFalse());
        await office.ConverseAsync();
        (await PageAsync(office, First(0))).ShouldSatisfyAllConditions(
            p => p.Items.ShouldBeEmpty(), p => p.HasNextPage.ShouldBeTrue());
        (await PageAsync(office, Last(0))).ShouldSatisfyAllConditions(
            p => p.Items.ShouldBeEmpty(), p => p.HasPreviousPage.ShouldBeTrue());
    }

    [Fact]
    public async Task A_page_has_50_items_when_none_is_asked_for_and_at_most_200()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        for (var i = 0; i < 210; i++) await office.CommentAsync(conversation, office.Anna);
        (await CountAsync(PageRequest.Start)).ShouldBe(50);
        (await CountAsync(First(200))).ShouldBe(200);

        async Task<int> CountAsync(PageRequest page) =>
            (await store.Conversations.CommentPagesAsync(office.Anna, [conversation], page, Cancellation))[conversation]
                .Items
                .Count;
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("not base64!")]
    [InlineData("€")]
    [InlineData("\0")]
    public async Task A_malformed_cursor_is_refused(string cursor)
    {
        var office = await Office.OpenAsync(store);
        var refused = await Should.ThrowAsync<InvalidCursorException>(PageAsync(office, First(1, cursor)));
        (refused.Argument, refused.Message).ShouldBe(("after", "after is not a cursor of this list in this order."));
        (await Should.ThrowAsync<InvalidCursorException>(PageAsync(office, Last(1, cursor)))).Argument.ShouldBe(
            "before");
        await Should.ThrowAsync<InvalidCursorException>(
            store.Conversations.CommentPagesAsync(office.Anna, [], First(1, cursor), Cancellation));
        await Should.ThrowAsync<InvalidCursorException>(
            store.Customers.CustomersPageAsync(office.Anna, null, null, First(1, cursor), Cancellation));
        await Should.ThrowAsync<InvalidCursorException>(
            store.Notifications.NotificationsPageAsync(office.Anna, false, Last(1, cursor), Cancellation));
    }

    [Theory]
    [InlineData("conversations:UpdatedAt:desc/00000000000000000000000000000000/")]
    [InlineData("conversations:UpdatedAt:desc/00000000000000000000000000000000/9223372036854775807")]
    [InlineData("conversations:UpdatedAt:desc/00000000000000000000000000000000/-9223372036854775808")]
    [InlineData("conversations:UpdatedAt:desc/00000000000000000000000000000000/99999999999999999999999999")]
    [InlineData("conversations:UpdatedAt:desc/00000000000000000000000000000000/1.5")]
    [InlineData("conversations:UpdatedAt:desc/0/1")]
    [InlineData("conversations:UpdatedAt:asc/00000000000000000000000000000000/1")]
    [InlineData("conversations:CreatedAt:desc/00000000000000000000000000000000/1")]
    [InlineData("comments/00000000000000000000000000000000/1")]
    public async Task A_forged_cursor_is_refused(string content)
    {
        var office = await Office.OpenAsync(store);
        var cursor = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(content));
        await Should.ThrowAsync<InvalidCursorException>(PageAsync(office, First(1, cursor)));
    }

    [Fact]
    public async Task A_cursor_that_is_no_text_or_far_too_long_is_refused()
    {
        var office = await Office.OpenAsync(store);
        await Should.ThrowAsync<InvalidCursorException>(
            PageAsync(office, First(1, Base64Url.EncodeToString([0xff, 0xfe, 0x00]))));
        await Should.ThrowAsync<InvalidCursorException>(PageAsync(office, First(1, new string('A', 100_000))));
        await Should.ThrowAsync<InvalidCursorException>(PageAsync(office, First(1, "\ud800")));
        var withNul = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"customers/{Guid.Empty:N}/a\0b"));
        await Should.ThrowAsync<InvalidCursorException>(
            store.Customers.CustomersPageAsync(office.Anna, null, null, First(1, withNul), Cancellation));
    }

    [Fact]
    public async Task A_cursor_of_another_order_or_list_is_refused()
    {
        var office = await Office.OpenAsync(store);
        await office.ConverseAsync();
        var cursor = (await PageAsync(office, First(1))).Items[0].Cursor;
        cursor.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || c == '-' || c == '_');
        await Should.ThrowAsync<InvalidCursorException>(
            store.Conversations.PageAsync(
                office.Anna, ConversationFilter.None, new ConversationOrder(ConversationOrderField.CreatedAt, true),
                First(1, cursor), Cancellation)
        );
        await Should.ThrowAsync<InvalidCursorException>(
            store.Conversations.PageAsync(
                office.Anna,
                ConversationFilter.None,
                ConversationOrder.Default with
                {
                    Descending = false,
                },
                First(1, cursor),
                Cancellation
            )
        );
        await Should.ThrowAsync<InvalidCursorException>(
            store.Notifications.NotificationsPageAsync(office.Anna, false, First(1, cursor), Cancellation));
        await Should.ThrowAsync<InvalidCursorException>(
            store.Organisation.AdministratorsPageAsync(office.Anna, First(1, cursor), Cancellation));
    }

    [Theory]
    [InlineData(ConversationOrderField.UpdatedAt, true)]
    [InlineData(ConversationOrderField.UpdatedAt, false)]
    [InlineData(ConversationOrderField.CreatedAt, true)]
    [InlineData(ConversationOrderField.CreatedAt, false)]
    public async Task Conversations_that_sort_alike_are_walked_once_each_in_both_directions(
        ConversationOrderField field, bool descending)
    {
        var office = await Office.OpenAsync(store);
        var expected = new List<(DateTimeOffset At, Guid Id)>();
        foreach (var step in (int[])[0, 0, 0, 1, 0, -2, 0, 10])
        {
            office.Now = office.Now.AddMicroseconds(step);
            expected.Add((office.Now, await office.ConverseAsync()));
        }

        var order = new ConversationOrder(field, descending);

        // PostgreSQL compares uuids byte by byte, as their text does.
        var sorted = expected
            .OrderBy(c => c.At)
            .ThenBy(c => c.Id.ToString(), StringComparer.Ordinal)
            .Select(c => c.Id)
            .ToList();
        if (descending)
            sorted.Reverse();
        foreach (var size in (int[])[1, 2, 3, 7, 8, 50])
        {
            (
                await WalkAsync(size, p =>
                    store.Conversations.PageAsync(office.Anna, ConversationFilter.None, order, p, Cancellation)
                )
            )
                .Select(c => c.Id)
                .ShouldBe(sorted, $"pages of {size}");
            (
                await WalkAsync(size, p =>
                    store.Conversations.PageAsync(office.Dieter, ConversationFilter.None, order, p, Cancellation)
                )
            )
                .Select(c => c.Id)
                .ShouldBe(sorted, $"pages of {size}");
        }
    }

    [Fact]
    public async Task Both_cursors_bound_a_page()
    {
        var office = await Office.OpenAsync(store);
        for (var i = 0; i < 5; i++) await office.ConverseAsync();
        var all = (await PageAsync(office, First(5))).Items;
        var page = await PageAsync(office, new PageRequest(10, all[0].Cursor, null, all[4].Cursor));
        page.Nodes().ShouldBe(all.Skip(1).Take(3).Select(i => i.Node));
    }

    [Fact]
    public async Task Comments_files_and_history_are_walked_in_both_directions()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        for (var i = 0; i < 6; i++)
            await office.CommentAsync(conversation, office.Anna, $"{i}", files: [$"{i}a.pdf", $"{i}b.pdf"]);
        var comments = await WalkAsync(3, async p =>
            (await store.Conversations.CommentPagesAsync(office.Dieter, [conversation], p, Cancellation))[conversation]
        );
        comments.Skip(1).Select(c => c.Body).ShouldBe(["0", "1", "2", "3", "4", "5"]);
        var files = await WalkAsync(5, async p =>
            (await store.Conversations.FilePagesAsync(office.Dieter, [conversation], p, Cancellation))[conversation]
        );
        files.Select(f => f.Name).ShouldBe(Enumerable.Range(0, 6).SelectMany(i => new[] { $"{i}a.pdf", $"{i}b.pdf" }));
        var history = await WalkAsync(4, p =>
            store.History.HistoryPageAsync(office.Anna, conversation, null, p, Cancellation)
        );
        history.Select(e => e.Version).ShouldBe(Enumerable.Range(1, 20));
    }

    private Task<Page<ConversationRow>> PageAsync(Office office, PageRequest page) =>
        store.Conversations.PageAsync(
            office.Anna, ConversationFilter.None, ConversationOrder.Default, page, Cancellation);
}
