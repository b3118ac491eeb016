using Messaging.Domain;
using Messaging.Projections.Audit;
using Messaging.Projections.Paging;

namespace Messaging.Projections.Tests.Support;

/// <summary>What is asked for many conversations at once, for one.</summary>
internal static class HistoryOfOne
{
    public static async Task<Page<HistoryEvent>> HistoryPageAsync(
        this HistoryQueries history, Caller caller, Guid conversationId, int? until, PageRequest page, CancellationToken cancellation) =>
        (await history.HistoryPagesAsync(caller, [conversationId], until, page, cancellation))[conversationId];

    public static async Task<int> HistoryCountAsync(this HistoryQueries history, Caller caller, Guid conversationId, int? until, CancellationToken cancellation) =>
        (await history.HistoryCountsAsync(caller, [conversationId], until, cancellation)).GetValueOrDefault(conversationId);
}
