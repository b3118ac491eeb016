using JasperFx.Events;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Storage;

public sealed class SchemaTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task What_was_created_once_needs_no_change_at_the_next_start() =>
        await store.Marten.Storage.Database.AssertDatabaseMatchesConfigurationAsync(Cancellation);

    [Fact]
    public async Task One_transaction_may_span_organisations()
    {
        var (here, there) = (await Office.OpenAsync(store), await Office.OpenAsync(store));
        var id = Guid.CreateVersion7();
        await store.AppendAsync([
            .. ((Office[])[here, there]).SelectMany(o =>
                (Happened[])
                    [
                        o.Event(
                            id,
                            new ConversationCreated(
                                o.Krause, o.Anna.Actor.Participant, $"Von {o.Id}", ConversationStatus.Open, null, false)
                        ),
                        o.Event(
                            id,
                            new CommentAdded(
                                Guid.CreateVersion7(), o.Anna.Actor.Participant, "Guten Tag.", CommentVisibility.Public)
                        ),
                    ]
            ),
        ]);
        foreach (var office in (Office[])[here, there])
        {
            var conversation = (await store.Conversations.ByIdsAsync(office.Anna, [id], Cancellation))[id];
            (conversation.Subject, conversation.Version, conversation.CommentCount).ShouldBe(
                ($"Von {office.Id}", 2, 1));
        }
    }

    [Fact]
    public async Task An_append_that_comes_too_late_leaves_no_rows()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        await office.CommentAsync(conversation, office.Dieter);
        var before = (await store.Conversations.ByIdsAsync(office.Anna, [conversation], Cancellation))[conversation];

        await using var session = store.Marten.LightweightSession(office.TenantId);
        var late = new CommentAdded(Guid.CreateVersion7(), Participant.System, "Zu spät.", CommentVisibility.Public);
        session.Events.Append(conversation, 3, late);
        await Should.ThrowAsync<EventStreamUnexpectedMaxEventIdException>(session.SaveChangesAsync(Cancellation));
        (await store.Conversations.ByIdsAsync(office.Anna, [conversation], Cancellation))[conversation]
            .ShouldBe(before);
        (await store.Conversations.CommentsByIdsAsync(office.Anna, [late.CommentId], Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_append_that_does_not_say_which_version_it_expects_is_refused()
    {
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync();
        await using var session = store.Marten.LightweightSession(office.TenantId);
        session.Events.Append(conversation, new AdminsNotified(Guid.CreateVersion7()));
        (
            await Should.ThrowAsync<Exception>(session.SaveChangesAsync(Cancellation))
        ).InnerException.ShouldBeOfType<InvalidOperationException>();
        (await store.History.HistoryCountAsync(office.Anna, conversation, null, Cancellation)).ShouldBe(2);
    }
}
