using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.History;

public sealed class HistoryTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task The_history_tells_what_happened_who_did_it_and_when()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        office.Now = office.Now.AddHours(1);
        var commentId = Guid.CreateVersion7();
        var comment = new CommentAdded(
            commentId, office.Dieter.Actor.Participant, "Äpfel\u2028🧾", CommentVisibility.Public);
        await store.AppendAsync(
            office.Event(conversation, comment, office.Dieter) with
            {
                CorrelationId = "request-7",
            }
        );

        var history = (await store.History.HistoryPageAsync(office.Paul, conversation, null, First(10), Cancellation))
            .Nodes()
            .ToList();
        history
            .Select(e => (e.Type, e.Version))
            .ShouldBe([("conversation_created", 1), ("comment_added", 2), ("comment_added", 3)]);
        history.Select(e => e.Sequence).ShouldBeInOrder();
        history.ShouldAllBe(e => e.StreamId == conversation);
        history[0].Actor.ShouldBe(office.Anna.Actor.Participant);
        history[2]
            .ShouldSatisfyAllConditions(
                e => e.Actor.ShouldBe(office.Dieter.Actor.Participant), e => e.OccurredAt.ShouldBe(office.Now),
                e => e.Data.ShouldBe(comment), e => e.DataJson.ShouldContain("\"body\": \"Äpfel\u2028🧾\""),
                e => e.CorrelationId.ShouldBe("request-7"));
        history[0].CorrelationId.ShouldBeNull();
        (await store.History.HistoryCountAsync(office.Anna, conversation, null, Cancellation)).ShouldBe(3);
        (await store.History.HistoryCountAsync(office.Anna, conversation, 2, Cancellation)).ShouldBe(2);
        (await store.History.HistoryPageAsync(office.Anna, conversation, 2, Last(1), Cancellation))
            .Nodes()
            .ShouldBe([history[1]]);
        (await store.History.EventsByIdsAsync(office.Anna, [history[1].Id, Guid.NewGuid()], Cancellation)).ShouldBe(
            new Dictionary<Guid, Projections.History.HistoryEvent> { [history[1].Id] = history[1] });
    }

    [Fact]
    public async Task Another_organisation_reads_nothing_of_it()
    {
        var office = await Office.OpenAsync(store);
        var other = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        var ids = (await store.History.HistoryPageAsync(office.Anna, conversation, null, First(10), Cancellation))
            .Nodes()
            .Select(e => e.Id)
            .ToList();
        (
            await store.History.HistoryPageAsync(other.Anna, conversation, null, First(10), Cancellation)
        ).Items.ShouldBeEmpty();
        (await store.History.HistoryCountAsync(other.Anna, conversation, null, Cancellation)).ShouldBe(0);
        (await store.History.EventsByIdsAsync(other.Anna, ids, Cancellation)).ShouldBeEmpty();
        (await store.Past.AsOfAsync(other.Anna, conversation, null, null, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Streams_of_people_are_no_conversations()
    {
        var office = await Office.OpenAsync(store);
        (
            await store.History.HistoryPageAsync(office.Anna, office.Dieter.Actor.Id, null, First(10), Cancellation)
        ).Items.ShouldBeEmpty();
        (await store.History.HistoryCountAsync(office.Anna, office.Dieter.Actor.Id, null, Cancellation)).ShouldBe(0);
        (await store.Past.AsOfAsync(office.Anna, office.Dieter.Actor.Id, null, null, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Customers_are_shown_no_history()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync(office.Dieter);
        await Should.ThrowAsync<InvalidOperationException>(async () =>
            await store.History.HistoryPageAsync(office.Dieter, conversation, null, First(10), Cancellation)
        );
        await Should.ThrowAsync<InvalidOperationException>(async () =>
            await store.History.HistoryCountAsync(office.Dieter, conversation, null, Cancellation)
        );
        await Should.ThrowAsync<InvalidOperationException>(async () =>
            await store.History.EventsByIdsAsync(office.Dieter, [], Cancellation)
        );
        await Should.ThrowAsync<InvalidOperationException>(async () =>
            await store.Past.AsOfAsync(office.Dieter, conversation, null, null, Cancellation)
        );
    }

    [Fact]
    public async Task What_no_command_caused_is_the_products_own()
    {
        var office = await Office.OpenAsync(store);
        var conversation = Guid.CreateVersion7();
        await using (var session = store.Marten.LightweightSession(office.TenantId))
        {
            session.Events.StartStream(
                conversation,
                new ConversationCreated(
                    office.Krause, Participant.System, "Übernommen", ConversationStatus.Answered, null, false)
            );
            await session.SaveChangesAsync(Cancellation);
        }

        (await store.History.HistoryPageAsync(office.Anna, conversation, null, First(10), Cancellation))
            .Nodes()
            .Single()
            .Actor.ShouldBe(Participant.System);
    }
}
