using JasperFx.Events;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Tests.Support;

internal static class Conversations
{
    public static async Task<IReadOnlyList<IEvent>> EventsAsync(this StoreFixture store, Office office, Guid stream)
    {
        await using var session = store.Store.LightweightSession(office.TenantId);
        return await session.Events.FetchStreamAsync(stream);
    }

    public static async Task<IReadOnlyList<string>> BodiesAsync(
        this StoreFixture store, Office office, Guid conversation) =>
        [
            .. (await store.EventsAsync(office, conversation))
                .Select(e => e.Data)
                .OfType<CommentAdded>()
                .Select(e => e.Body),
        ];

    public static void ShouldBeContiguous(this IReadOnlyList<IEvent> events) =>
        events.Select(e => e.Version).ShouldBe(Enumerable.Range(1, events.Count).Select(v => (long)v));
}
