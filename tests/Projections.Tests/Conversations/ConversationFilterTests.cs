using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Conversations;

public sealed class ConversationFilterTests(Store store) : IClassFixture<Store>
{
    // Fields of one request that ask for the same share a statement, and listeners of the same a look-up.
    [Fact]
    public void Filters_that_want_the_same_are_equal_and_others_are_not()
    {
        var filter = new ConversationFilter([ConversationStatus.Open, ConversationStatus.Answered], Search: "Belege");
        filter.ShouldBe(filter with { Status = [ConversationStatus.Answered, ConversationStatus.Open] });
        filter.ShouldNotBe(filter with { Status = [ConversationStatus.Open] });
        filter.ShouldNotBe(filter with { Search = "belege" });
        new ConversationFilter([]).ShouldNotBe(ConversationFilter.None);
        new ConversationFilter().ShouldBe(ConversationFilter.None);
    }

    [Fact]
    public async Task Filters_by_status_by_who_is_awaited_by_customer_and_by_who_is_responsible()
    {
        var office = await Office.OpenAsync(store);
        var asked = await office.ConverseAsync(office.Dieter);
        var attention = await office.ConverseAsync(
            status: ConversationStatus.Attention, responsible: office.Anna.Actor.Id);
        var answered = await office.ConverseAsync(
            customer: office.Lehmann, status: ConversationStatus.Answered, responsible: office.Bernd.Actor.Id);
        var open = await office.ConverseAsync();

        await office.ShouldListAsync(store, new(Status: [ConversationStatus.Open]), asked, open);
        await office.ShouldListAsync(
            store, new(Status: [ConversationStatus.Answered, ConversationStatus.Attention]), attention, answered);
        await office.ShouldListAsync(store, new(Status: []));
        await office.ShouldListAsync(store, new(Awaiting: Awaiting.Office), asked);
        await office.ShouldListAsync(store, new(Awaiting: Awaiting.Customer), attention);
        await office.ShouldListAsync(store, new(Awaiting: Awaiting.Nobody), answered, open);
        await office.ShouldListAsync(store, new(CustomerId: office.Lehmann), answered);
        await office.ShouldListAsync(store, new(ResponsibleAdministratorId: office.Anna.Actor.Id), attention);
        await office.ShouldListAsync(store, new(Unassigned: true), asked, open);
        await office.ShouldListAsync(store, new(Unassigned: false), attention, answered);
        await office.ShouldListAsync(store, new(Unassigned: true, ResponsibleAdministratorId: office.Anna.Actor.Id));
        await office.ShouldListAsync(
            store, new(CustomerId: office.Krause, Status: [ConversationStatus.Open], Awaiting: Awaiting.Nobody), open);
    }

    [Fact]
    public async Task Filters_by_when_from_is_inclusive_and_to_is_exclusive()
    {
        var office = await Office.OpenAsync(store);
        var start = office.Now;
        var first = await office.ConverseAsync();
        office.Now = start.AddHours(1);
        var second = await office.ConverseAsync();
        office.Now = start.AddHours(2);
        await office.CommentAsync(first, office.Anna);

        await office.ShouldListAsync(store, new(CreatedFrom: start), first, second);
        await office.ShouldListAsync(store, new(CreatedFrom: start.AddMicroseconds(1)), second);
        await office.ShouldListAsync(store, new(CreatedTo: start.AddHours(1)), first);
        await office.ShouldListAsync(store, new(CreatedTo: start.AddHours(1).AddMicroseconds(1)), first, second);
        await office.ShouldListAsync(store, new(UpdatedFrom: start.AddHours(2)), first);
        await office.ShouldListAsync(store, new(UpdatedTo: start.AddHours(2)), second);
        await office.ShouldListAsync(
            store, new(UpdatedFrom: start.AddHours(1).ToOffset(TimeSpan.FromHours(5)), UpdatedTo: start.AddHours(2)),
            second);
        await office.ShouldListAsync(
            store, new(CreatedFrom: DateTimeOffset.MinValue, CreatedTo: DateTimeOffset.MaxValue), first, second);
    }

    [Fact]
    public async Task Unread_is_what_others_wrote_after_the_read_marker()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        await CheckAsync(office.Anna, 0);
        await CheckAsync(office.Bernd, 1);
        await CheckAsync(office.Dieter, 1);
        await CheckAsync(office.Frank, 0);

        await office.ReadAsync(office.Dieter, conversation, 2);
        await CheckAsync(office.Dieter, 0);
        await office.CommentAsync(conversation, office.Dieter);
        await CheckAsync(office.Dieter, 0);
        await CheckAsync(office.Eva, 2);
        await CheckAsync(office.Anna, 1);
        await CheckAsync(office.Bernd, 2);

        await office.CommentAsync(conversation, office.Anna, visibility: CommentVisibility.Internal);
        await CheckAsync(office.Dieter, 0);
        await CheckAsync(office.Anna, 1);
        await CheckAsync(office.Bernd, 3);
        await office.ReadAsync(office.Bernd, conversation, 3);
        await CheckAsync(office.Bernd, 1);

        async Task CheckAsync(Caller caller, int count)
        {
            var unknown = Guid.NewGuid();
            (await store.Conversations.UnreadCountsAsync(caller, [conversation, unknown], Cancellation))
                .ShouldBe(new Dictionary<Guid, int> { [conversation] = count, [unknown] = 0 }, ignoreOrder: true);
            var unread = count > 0 ? 1 : 0;
            (await store.Conversations.CountAsync(caller, new(Unread: true), Cancellation)).ShouldBe(unread);
            (await store.Conversations.CountAsync(caller, new(Unread: false), Cancellation)).ShouldBe(
                caller == office.Frank ? 0 : 1 - unread);
            (await store.Conversations.CountsAsync(caller, ConversationFilter.None, Cancellation)).Unread.ShouldBe(
                unread);
        }
    }

    [Fact]
    public async Task Counts_follow_the_filter()
    {
        var office = await Office.OpenAsync(store);
        await office.ConverseAsync();
        await office.ConverseAsync(office.Dieter);
        await office.ConverseAsync(status: ConversationStatus.Attention);
        var lehmann = await office.ConverseAsync(customer: office.Lehmann, status: ConversationStatus.Answered);
        (await store.Conversations.CountsAsync(office.Anna, ConversationFilter.None, Cancellation)).ShouldBe(
            new ConversationCounts(2, 1, 1, 4, 1));
        (await store.Conversations.CountsAsync(office.Frank, ConversationFilter.None, Cancellation)).ShouldBe(
            new ConversationCounts(0, 0, 1, 1, 1));
        (await store.Conversations.CountsAsync(office.Anna, new(CustomerId: office.Lehmann), Cancellation)).ShouldBe(
            new ConversationCounts(0, 0, 1, 1, 0));
        await office.StatusAsync(lehmann, ConversationStatus.Answered, ConversationStatus.Open);
        (await store.Conversations.CountsAsync(office.Anna, ConversationFilter.None, Cancellation)).ShouldBe(
            new ConversationCounts(3, 1, 0, 4, 1));
    }

    [Theory]
    [InlineData("belege")]
    [InlineData("BELEGE MÄRZ")]
    [InlineData("märz bel")]
    [InlineData("kontoauszüge")]
    [InlineData("belege konto")]
    [InlineData("rechnung 2026")]
    [InlineData("rechnung-2026.pdf")]
    [InlineData("pdf")]
    [InlineData("ma\u0308rz")]
    [InlineData("buchhaltung@sommer.example")]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("'belege' & !(")]
    [InlineData("日本語")]
    public async Task Words_are_found_wherever_they_are_in_the_conversation(string search)
    {
        var office = await SearchedAsync();
        (await store.Conversations.CountAsync(office.Anna, new(Search: search), Cancellation)).ShouldBe(1, search);
    }

    [Theory]
    [InlineData("belegt märz")]
    [InlineData("bel ")]
    [InlineData("elege")]
    [InlineData("belege lohn")]
    [InlineData("\0")]
    [InlineData("belege\0")]
    [InlineData("!&|():*'\\<->")]
    [InlineData("😀")]
    [InlineData("€")]
    [InlineData(" § ")]
    [InlineData("---")]
    [InlineData("%")]
    [InlineData("\u0301")]
    [InlineData("\u200b")]
    public async Task What_is_nowhere_is_not_found(string search)
    {
        var office = await SearchedAsync();
        (await store.Conversations.CountAsync(office.Anna, new(Search: search), Cancellation)).ShouldBe(0, search);
    }

    [Fact]
    public async Task Lone_surrogates_are_nowhere()
    {
        // Not inline data: attributes are kept as UTF-8, which has none.
        var office = await SearchedAsync();
        foreach (var search in (string[])["\ud800belege", "belege\udc00", "\udc00\ud800"])
            (await store.Conversations.CountAsync(office.Anna, new(Search: search), Cancellation)).ShouldBe(0);
    }

    [Fact]
    public async Task Whatever_characters_a_comment_has_its_words_are_found()
    {
        var office = await Office.OpenAsync(store);
        await office.ConverseAsync(
            subject: "\uFFFE\uFFFF\u200B", body: "\uFFFEAnlage\uFFFF \U0001FFFE ½ ﬁnden \u001F \U0010FFFF");
        foreach (var search in (string[])["\uFFFEanlage\uFFFE", "finden"])
            (await store.Conversations.CountAsync(office.Anna, new(Search: search), Cancellation)).ShouldBe(1);
    }

    [Fact]
    public async Task Endless_text_is_searched_for_without_an_error()
    {
        var office = await SearchedAsync();
        (
            await store.Conversations.CountAsync(office.Anna, new(Search: new string('x', 100_000)), Cancellation)
        ).ShouldBe(0);
        (
            await Should.ThrowAsync<InvalidSearchException>(
                store.Conversations.CountAsync(
                    office.Anna, new(Search: string.Concat(Enumerable.Repeat("belege ", 11))), Cancellation)
            )
        ).Message.ShouldBe("search has 11 words; at most 10 are allowed.");
        (
            await store.Conversations.CountAsync(
                office.Anna, new(Search: string.Concat(Enumerable.Repeat("belege ", 10))), Cancellation)
        ).ShouldBe(1);
        await office.ConverseAsync(subject: new string('y', 200), body: new string('z', 20_000));
        (
            await store.Conversations.CountAsync(office.Anna, new(Search: new string('z', 19_000)), Cancellation)
        ).ShouldBe(1);
    }

    [Fact]
    public async Task Lists_in_another_order_than_what_they_are_filtered_by_are_whole_page_by_page()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(7);
        var ids = new List<Guid>();
        for (var i = 0; i < 40; i++)
        {
            office.Now = office.Now.AddMinutes(random.Next(1, 90));
            ids.Add(
                await office.ConverseAsync(
                    by: random.Next(2) == 0 ? office.Anna : office.Dieter,
                    status: random.Next(2) == 0 ? ConversationStatus.Open : ConversationStatus.Answered)
            );
            office.Now = office.Now.AddMinutes(1);
            if (random.Next(2) == 0)
                await office.CommentAsync(ids[random.Next(ids.Count)], office.Anna);
        }

        var all = (
            await store.Conversations.PageAsync(
                office.Anna, ConversationFilter.None, ConversationOrder.Default, First(100), Cancellation)
        )
            .Nodes()
            .ToList();
        all.Count.ShouldBe(40);
        var (early, late) = (
            all.Select(c => c.CreatedAt).Order().ElementAt(10), all.Select(c => c.CreatedAt).Order().ElementAt(30));
        foreach (
            var (filter, isLetThrough) in ((ConversationFilter, Func<ConversationRow, bool>)[])
                [
                    (new(CreatedFrom: early, CreatedTo: late), c => c.CreatedAt >= early && c.CreatedAt < late),
                    (new(CreatedFrom: early), c => c.CreatedAt >= early),
                    (new(CreatedTo: late), c => c.CreatedAt < late),
                    (new(UpdatedFrom: early, UpdatedTo: late), c => c.UpdatedAt >= early && c.UpdatedAt < late),
                    (new(UpdatedFrom: late), c => c.UpdatedAt >= late),
                    (new(UpdatedTo: early), c => c.UpdatedAt < early),
                    (new([ConversationStatus.Open]), c => c.Status == ConversationStatus.Open),
                    (new(Awaiting: Awaiting.Office), c => c.Awaiting == Awaiting.Office),
                ]
        )
        {
            foreach (var field in Enum.GetValues<ConversationOrderField>())
            {
                DateTimeOffset KeyOf(ConversationRow c) =>
                    field switch
                    {
                        ConversationOrderField.CreatedAt => c.CreatedAt,
                        ConversationOrderField.AwaitingSince => c.AwaitingSince!.Value,
                        _ => c.UpdatedAt,
                    };
                var sorted = all.Where(isLetThrough).OrderBy(KeyOf).Select(c => c.Id).ToList();
                sorted.Count.ShouldBeInRange(1, 39, filter.ToString());
                foreach (var descending in (bool[])[false, true])
                {
                    var found = await WalkAsync(3, page =>
                        store.Conversations.PageAsync(
                            office.Anna, filter, new ConversationOrder(field, descending), page, Cancellation)
                    );
                    found
                        .Select(c => c.Id)
                        .ShouldBe(
                            descending ? sorted.AsEnumerable().Reverse() : sorted,
                            $"{filter} by {field}, descending {descending}");
                }
            }
        }
    }

    private async Task<Office> SearchedAsync()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        await office.CommentAsync(
            conversation, office.Dieter, "Die (Kontoauszüge) an buchhaltung@sommer.example? 日本語",
            files: "Rechnung-2026.PDF");
        return office;
    }
}

internal static class Lists
{
    public static async Task ShouldListAsync(
        this Office office, Store store, ConversationFilter filter, params Guid[] ids) =>
        (await store.Conversations.PageAsync(office.Anna, filter, ConversationOrder.Default, First(50), Cancellation))
            .Nodes()
            .Select(c => c.Id)
            .ShouldBe(ids, ignoreOrder: true, filter.ToString());
}
