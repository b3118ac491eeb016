using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.History;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.History;

public sealed class ReplayTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task The_read_models_agree_with_a_replay_of_the_events_at_every_version()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(20260301);
        for (var n = 0; n < 15; n++)
        {
            var (id, happened) = await Histories.WriteAsync(office, random, 30);
            var events = happened.Select((e, i) => new ReplayedEvent(i + 1, e.At, e.Data)).ToList();
            for (var version = 1; version <= events.Count; version++)
            {
                var then = await store.Past.AsOfAsync(office.Anna, id, version, null, Cancellation);
                ShouldBe(then, ConversationReplay.Replay(id, events.Take(version)));
                then!.Header.Version.ShouldBe(version);
            }

            var live = await LiveAsync(office.Anna, id);
            ShouldBe(live, ConversationReplay.Replay(id, events));
            ShouldBe(await store.Past.AsOfAsync(office.Anna, id, null, null, Cancellation), live);
            await CheckCustomerAsync(office, id, events);
        }
    }

    [Fact]
    public async Task The_histories_that_are_compared_have_every_event_of_a_conversation()
    {
        var office = await Office.OpenAsync(store);
        var (_, happened) = await Histories.WriteAsync(office, new Random(20260301), 200);
        happened.Select(e => EventNames.Of(e.Data.GetType())).Distinct()
            .ShouldBe(EventNames.Those<ConversationEvent>(), ignoreOrder: true);
    }

    [Fact]
    public async Task An_event_that_a_past_view_or_the_read_models_say_nothing_of_is_named()
    {
        var office = await Office.OpenAsync(store);
        var created = new ConversationCreated(
            office.Krause, office.Anna.Actor.Participant, "Belege", ConversationStatus.Open, null, false);
        ReplayedEvent[] events = [new(1, office.Now, created), new(2, office.Now, new SomethingNew())];
        Should
            .Throw<UnknownEventException>(() => ConversationReplay.Replay(Guid.CreateVersion7(), events))
            .Message.ShouldContain(nameof(SomethingNew));

        await using var batch = store.Database.CreateBatch();
        var appended = new JasperFx.Events.Event<SomethingNew>(new SomethingNew()) { Version = 3, TenantId = "t" };
        Should
            .Throw<UnknownEventException>(() => ReadModelProjection.AddTo([appended], batch))
            .Message.ShouldContain(nameof(SomethingNew));
    }

    [Fact]
    public async Task A_conversation_is_seen_as_it_was_at_an_instant()
    {
        var office = await Office.OpenAsync(store);
        var start = office.Now;
        var conversation = await office.ConverseAsync();
        office.Now = start.AddHours(1);
        await office.CommentAsync(conversation, office.Dieter, files: "Beleg.pdf");
        office.Now = start.AddHours(2);
        await office.StatusAsync(conversation, ConversationStatus.Open, ConversationStatus.Answered);

        (await AsOfAsync(start.AddMicroseconds(-1))).ShouldBeNull();
        (await AsOfAsync(start))!.Comments.Count.ShouldBe(1);
        (await AsOfAsync(start.AddHours(1).AddMicroseconds(-1)))!.Header.Version.ShouldBe(2);
        (await AsOfAsync(start.AddHours(1)))!.ShouldSatisfyAllConditions(
            c => c.Header.Awaiting.ShouldBe(Awaiting.Office), c => c.Comments.Count.ShouldBe(2),
            c => c.Files.Single().Name.ShouldBe("Beleg.pdf"));
        (await AsOfAsync(start.AddYears(1)))!.Header.Status.ShouldBe(ConversationStatus.Answered);
        (await AsOfAsync(DateTimeOffset.MaxValue))!.Header.Version.ShouldBe(5);
        (await AsOfAsync(DateTimeOffset.MinValue)).ShouldBeNull();
        (await store.Past.AsOfAsync(office.Anna, conversation, 3, start, Cancellation))!.Header.Version.ShouldBe(2);

        async Task<ConversationAsOf?> AsOfAsync(DateTimeOffset at) =>
            await store.Past.AsOfAsync(office.Paul, conversation, null, at, Cancellation);
    }

    [Fact]
    public async Task A_past_view_has_no_gaps_when_the_clock_ran_backwards()
    {
        var office = await Office.OpenAsync(store);
        var start = office.Now;
        var conversation = await office.ConverseAsync();
        office.Now = start.AddMinutes(10);
        await office.StatusAsync(conversation, ConversationStatus.Open, ConversationStatus.Attention);
        office.Now = start.AddMinutes(5);
        await office.StatusAsync(conversation, ConversationStatus.Attention, ConversationStatus.Answered);

        (
            await store.Past.AsOfAsync(office.Anna, conversation, null, start.AddMinutes(7), Cancellation)
        )!.Header.Status.ShouldBe(ConversationStatus.Open);
        var now = (await store.Conversations.ByIdsAsync(office.Anna, [conversation], Cancellation))[conversation];
        (now.Status, now.UpdatedAt).ShouldBe((ConversationStatus.Answered, start.AddMinutes(10)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public async Task There_was_no_conversation_before_its_first_version(int version)
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        (await store.Past.AsOfAsync(office.Anna, conversation, version, null, Cancellation)).ShouldBeNull();
        (await store.Past.AsOfAsync(office.Anna, conversation, int.MaxValue, null, Cancellation)).ShouldNotBeNull();
    }

    private static async Task CheckCustomerAsync(Office office, Guid id, List<ReplayedEvent> events)
    {
        var secret = events
            .Select(e => e.Data)
            .OfType<CommentAdded>()
            .Where(c => c.Visibility == CommentVisibility.Internal)
            .Select(c => c.CommentId)
            .ToHashSet();
        var known = events
            .Where(e =>
                e.Data switch
                {
                    CommentAdded c => !secret.Contains(c.CommentId),
                    FileAttached f => !secret.Contains(f.CommentId),
                    AdminsNotified or ConversationTagged or ConversationUntagged => false,
                    _ => true,
                }
            )
            .ToList();
        var latest = DateTimeOffset.MinValue;
        var updated = latest;
        foreach (var e in events)
        {
            // Time counts from the latest seen so far, of whatever event.
            latest = e.OccurredAt > latest ? e.OccurredAt : latest;
            if (known.Contains(e)) updated = latest;
        }

        var everything = ConversationReplay.Replay(id, events)!;
        var last = everything.Comments.Last(c => !secret.Contains(c.Id));
        var expected = everything.Header with
        {
            Version = known.Count,
            UpdatedAt = updated,
            CommentCount = everything.Comments.Count(c => !secret.Contains(c.Id)),
            LastCommentId = last.Id,
            LastCommentBy = last.Author.Id,
        };
        var live = await office.Store.Conversations.ByIdsAsync(office.Dieter, [id], Cancellation);
        live[id].ShouldBe(expected);
        var pages = await office.Store.Conversations.CommentPagesAsync(office.Dieter, [id], First(200), Cancellation);
        pages[id].Nodes().ShouldBe(everything.Comments.Where(c => !secret.Contains(c.Id)));
        var files = await office.Store.Conversations.FilePagesAsync(office.Dieter, [id], First(200), Cancellation);
        files[id].Nodes().ShouldBe(everything.Files.Where(f => !secret.Contains(f.CommentId)));
    }

    private async Task<ConversationAsOf> LiveAsync(Caller caller, Guid id) =>
        new(
            (await store.Conversations.ByIdsAsync(caller, [id], Cancellation))[id],
            [.. (await store.Conversations.CommentPagesAsync(caller, [id], First(200), Cancellation))[id].Nodes()],
            [.. (await store.Conversations.FilePagesAsync(caller, [id], First(200), Cancellation))[id].Nodes()]);

    private static void ShouldBe(ConversationAsOf? actual, ConversationAsOf? expected)
    {
        // Of the past it is not looked up.
        actual!.Header.ShouldBe(
            actual.Header.AwaitingSince is null ? expected!.Header with { AwaitingSince = null } : expected!.Header);
        actual.Comments.ShouldBe(expected.Comments);
        actual.Files.ShouldBe(expected.Files);
    }

    private sealed record SomethingNew : ConversationEvent;
}
