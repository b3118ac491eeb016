using Messaging.Domain;
using Messaging.Projections.History;
using Messaging.Projections.Storage;

namespace Messaging.Projections.Tests.Support;

/// <summary>What is asked for many conversations at once, for one.</summary>
internal static class HistoryOfOne
{
    public static async Task<Page<HistoryEvent>> HistoryPageAsync(
        this HistoryQueries history,
        Caller caller,
        Guid conversationId,
        int? until,
        PageRequest page,
        CancellationToken cancellation
    ) => (await history.HistoryPagesAsync(caller, [conversationId], until, page, cancellation))[conversationId];

    public static async Task<int> HistoryCountAsync(
        this HistoryQueries history, Caller caller, Guid conversationId, int? until, CancellationToken cancellation) =>
        (await history.HistoryCountsAsync(caller, [conversationId], until, cancellation)).GetValueOrDefault(
            conversationId);

    /// <summary>A conversation as it was, with all that is read of it in parts.</summary>
    public static async Task<ConversationAsOf?> AsOfAsync(
        this PastConversations past, Caller caller, Guid conversationId, int? version, DateTimeOffset? timestamp,
        CancellationToken cancellation)
    {
        var moment = new PastMoment(conversationId, version, timestamp);
        if (!(await past.AsOfAsync(caller, [moment], cancellation)).TryGetValue(moment, out var then)) return null;
        var of = (conversationId, then.Header.Version);
        var (count, fileCount) = (then.Header.CommentCount, then.FileCount);
        var comments = new PastPart(conversationId, then.Header.Version, 0, count, count);
        var files = new PastPart(conversationId, then.Header.Version, 0, fileCount, fileCount);
        return new ConversationAsOf(
            then.Header with { UpdatedAt = (await past.UpdatedAtAsync(caller, [of], cancellation))[of] },
            (await past.CommentsAsync(caller, [comments], cancellation))[comments],
            (await past.FilesAsync(caller, [files], cancellation))[files]);
    }
}
