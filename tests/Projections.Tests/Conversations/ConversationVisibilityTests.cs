using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Conversations;

/// <summary>
/// Who sees what. Krause's conversation has an internal comment with a file, and a public one with a file; Lehmann has
/// one, too.
/// </summary>
public sealed class ConversationVisibilityTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task Everybody_lists_the_conversations_they_may_see()
    {
        var (office, krause, lehmann, other) = await SceneAsync();
        foreach (var caller in (Caller[])[office.Anna, office.Bernd, office.Paul])
            (await IdsAsync(caller)).ShouldBe([krause.Id, lehmann], ignoreOrder: true);
        (await IdsAsync(office.Dieter)).ShouldBe([krause.Id]);
        (await IdsAsync(office.Frank)).ShouldBe([lehmann]);
        (await IdsAsync(other)).ShouldBeEmpty();

        async Task<List<Guid>> IdsAsync(Caller caller)
        {
            var page = await store.Conversations.PageAsync(
                caller, ConversationFilter.None, ConversationOrder.Default, First(50), Cancellation);
            (await store.Conversations.CountAsync(caller, ConversationFilter.None, Cancellation)).ShouldBe(
                page.Items.Count);
            (await store.Conversations.CountsAsync(caller, ConversationFilter.None, Cancellation)).Total.ShouldBe(
                page.Items.Count);
            var ids = page.Nodes().Select(c => c.Id).ToList();
            (
                await store.Conversations.ByIdsAsync(caller, [krause.Id, lehmann, Guid.NewGuid()], Cancellation)
            ).Keys.ShouldBe(ids, ignoreOrder: true);
            return ids;
        }
    }

    [Fact]
    public async Task A_filter_does_not_widen_what_a_contact_sees()
    {
        var (office, _, _, other) = await SceneAsync();
        foreach (
            var filter in (ConversationFilter[])
                [
                    new(CustomerId: office.Krause), new(Search: "Belege"), new(Unread: true),
                    new(Status: [ConversationStatus.Open])
                ]
        )
        {
            (await store.Conversations.CountAsync(office.Anna, filter, Cancellation)).ShouldBeGreaterThan(0);
            (
                await store.Conversations.CountAsync(
                    office.Frank,
                    filter with
                    {
                        CustomerId = office.Krause,
                    },
                    Cancellation
                )
            ).ShouldBe(0);
            (await store.Conversations.CountAsync(other, filter, Cancellation)).ShouldBe(0);
        }
    }

    [Fact]
    public async Task The_office_reads_all_comments_and_files_and_the_customer_the_public_ones()
    {
        var (office, krause, lehmann, other) = await SceneAsync();
        Guid[] conversations = [krause.Id, lehmann, Guid.NewGuid(), krause.Id];
        foreach (
            var (caller, comments, files, lehmanns) in ((Caller, int, int, int)[])
                [
                    (office.Anna, 4, 2, 1), (office.Paul, 4, 2, 1), (office.Dieter, 3, 1, 0), (office.Frank, 0, 0, 1),
                    (other, 0, 0, 0)
                ]
        )
        {
            var pages = await store.Conversations.CommentPagesAsync(caller, conversations, First(50), Cancellation);
            pages.Keys.ShouldBe(conversations.Distinct(), ignoreOrder: true);
            pages[krause.Id].Items.Count.ShouldBe(comments);
            pages[lehmann].Items.Count.ShouldBe(lehmanns);
            var all = await store.Conversations.CommentsByIdsAsync(
                caller, [krause.Internal, krause.Public], Cancellation);
            all.Count.ShouldBe(files);

            var filePages = await store.Conversations.FilePagesAsync(caller, conversations, First(50), Cancellation);
            filePages[krause.Id].Items.Count.ShouldBe(files);
            (await store.Conversations.FileCountsAsync(caller, conversations, Cancellation))[krause.Id].ShouldBe(files);
            var byComment = await store.Conversations.FilesByCommentIdsAsync(
                caller, [krause.Internal, krause.Public, krause.Public], Cancellation);
            byComment.Count.ShouldBe(2);
            byComment.Values.Sum(f => f.Count).ShouldBe(files);
            (await store.Conversations.FileByIdAsync(caller, krause.PublicFile, Cancellation) is not null).ShouldBe(
                files > 0);
            (await store.Conversations.FileByIdAsync(caller, krause.InternalFile, Cancellation) is not null).ShouldBe(
                files > 1);
        }

        var file = await store.Conversations.FileByIdAsync(office.Dieter, krause.PublicFile, Cancellation);
        file.ShouldBe(
            new FileRow(
                krause.PublicFile, krause.Id, krause.Public, "Konto.pdf", "application/pdf", 9, new string('a', 64),
                office.Anna.Actor.Participant, office.Now)
        );
    }

    [Fact]
    public async Task A_customer_notices_neither_internal_comments_nor_actions_of_the_office()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync(office.Dieter);
        var before = await RowAsync(office.Dieter);
        before.CommentCount.ShouldBe(1);
        before.Version.ShouldBe(2);

        office.Now = office.Now.AddHours(1);
        await office.CommentAsync(conversation, office.Anna, "Intern.", CommentVisibility.Internal, "Notiz.pdf");
        await office.AppendAsync(conversation, new AdminsNotified(Guid.CreateVersion7()));
        (await RowAsync(office.Dieter)).ShouldBe(before);
        (await RowAsync(office.Anna)).ShouldSatisfyAllConditions(
            c => c.Version.ShouldBe(5), c => c.UpdatedAt.ShouldBe(office.Now), c => c.CommentCount.ShouldBe(2),
            c => c.Awaiting.ShouldBe(Awaiting.Office));

        office.Now = office.Now.AddHours(1);
        var reply = await office.CommentAsync(conversation, office.Anna);
        (await RowAsync(office.Dieter)).ShouldBe(
            before with
            {
                Version = 3,
                UpdatedAt = office.Now,
                CommentCount = 2,
                LastCommentId = reply,
                LastCommentBy = office.Anna.Actor.Id,
                Awaiting = Awaiting.Nobody,
                AwaitingSince = office.Now,
            }
        );

        async Task<ConversationRow> RowAsync(Caller caller) =>
            (await store.Conversations.ByIdsAsync(caller, [conversation], Cancellation))[conversation];
    }

    [Fact]
    public async Task A_customer_finds_neither_internal_comments_nor_their_files()
    {
        var (office, _, _, _) = await SceneAsync();
        foreach (var word in (string[])["Mahnung", "Notiz"])
        {
            (
                await store.Conversations.CountAsync(office.Anna, new ConversationFilter(Search: word), Cancellation)
            ).ShouldBe(1, word);
            (
                await store.Conversations.CountAsync(office.Dieter, new ConversationFilter(Search: word), Cancellation)
            ).ShouldBe(0, word);
        }
    }

    [Fact]
    public async Task A_customer_sorts_and_filters_by_what_the_customer_knows()
    {
        var office = await Office.OpenAsync(store);
        var first = await office.ConverseAsync();
        office.Now = office.Now.AddHours(1);
        var second = await office.ConverseAsync();
        office.Now = office.Now.AddHours(1);
        await office.CommentAsync(first, office.Anna, visibility: CommentVisibility.Internal);
        (await ListAsync(office.Anna, ConversationFilter.None)).ShouldBe([first, second]);
        (await ListAsync(office.Dieter, ConversationFilter.None)).ShouldBe([second, first]);
        (await ListAsync(office.Anna, new ConversationFilter(UpdatedFrom: office.Now))).ShouldBe([first]);
        (await ListAsync(office.Dieter, new ConversationFilter(UpdatedFrom: office.Now))).ShouldBeEmpty();

        async Task<IEnumerable<Guid>> ListAsync(Caller caller, ConversationFilter filter) =>
            (await store.Conversations.PageAsync(caller, filter, ConversationOrder.Default, First(50), Cancellation))
                .Nodes()
                .Select(c => c.Id);
    }

    private async Task<(Office Office, Krause Krause, Guid Lehmann, Caller Other)> SceneAsync()
    {
        var office = await Office.OpenAsync(store);
        var other = await Office.OpenAsync(store);
        var id = await office.ConverseAsync();
        var secret = await office.CommentAsync(
            id, office.Anna, "Nächste Woche kommt die Mahnung.", CommentVisibility.Internal, "Notiz.pdf");
        var open = await office.CommentAsync(id, office.Anna, "Das Konto anbei.", files: "Konto.pdf");
        await office.CommentAsync(id, office.Dieter);
        var lehmann = await office.ConverseAsync(customer: office.Lehmann);
        var files = await store.Conversations.FilesByCommentIdsAsync(office.Anna, [secret, open], Cancellation);
        return (office, new Krause(id, secret, open, files[secret][0].Id, files[open][0].Id), lehmann, other.Anna);
    }

    private sealed record Krause(Guid Id, Guid Internal, Guid Public, Guid InternalFile, Guid PublicFile);
}
