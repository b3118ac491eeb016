using Messaging.Application.Tests.Support;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Tests.Commands;

/// <summary>What a command leaves in the store.</summary>
public sealed class StoredEventsTests(StoreFixture store) : IClassFixture<StoreFixture>
{
    [Fact]
    public async Task A_conversation_and_a_comment_are_stored_with_contiguous_versions_and_who_did_it()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        var conversation = await office.ConverseAsync(executor, office.Anna, ConversationStatus.Attention, office.Bernd.Actor.Id);
        await executor.DoAsync(Office.Comment(office.Dieter, conversation) with { CorrelationId = "request-1" });

        await using var session = store.Store.LightweightSession(office.TenantId);
        var events = await session.Events.FetchStreamAsync(conversation, token: TestContext.Current.CancellationToken);
        events.Select(e => e.Data.GetType()).ShouldBe(
            [typeof(ConversationCreated), typeof(CommentAdded), typeof(CommentAdded), typeof(StatusChanged)]);
        events.Select(e => e.Version).ShouldBe([1, 2, 3, 4]);
        events.Select(e => e.Sequence).ShouldBeInOrder();
        events.ShouldAllBe(e => e.Id.Version == 7 && e.TenantId == office.TenantId);
        events.ShouldAllBe(e => e.Timestamp > DateTimeOffset.UtcNow.AddMinutes(-5) && e.Timestamp.Offset == TimeSpan.Zero);
        events[2].Timestamp.ShouldBe(events[3].Timestamp);
        events.Select(e => e.CorrelationId).ShouldBe([null, null, "request-1", "request-1"]);
        events[3].UserName.ShouldBe(office.Dieter.Actor.Id.ToString());
        events[3].Headers!["actor_kind"].ToString().ShouldBe("Contact");
        events[3].Headers!["actor_id"].ToString().ShouldBe(office.Dieter.Actor.Id.ToString());
        events[3].Headers!["actor_role"].ToString().ShouldBe("Customer");
        await executor.StopAsync(CancellationToken.None);
    }
}
