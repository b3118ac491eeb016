using System.Globalization;
using Messaging.Domain;
using Messaging.Domain.History;

namespace Messaging.Application.History;

/// <summary>
/// Records that auditors opened conversations: once for each auditor, conversation and hour, whichever nodes they ask.
/// </summary>
public sealed class OpenedConversations(AccessLog log)
{
    // What was recorded lately is not asked for again. Forgetting it costs a commit, in which nothing happens.
    private const int Maximum = 100_000;

    private readonly Lock _lock = new();
    private readonly HashSet<Guid> _recorded = [];
    private string _hour = "";

    /// <summary>Somebody opened a conversation; of auditors it is recorded.</summary>
    /// <param name="correlationId">The request that they did it by.</param>
    public void Record(Caller who, Guid conversationId, Guid customerId, string? correlationId)
    {
        if (who.Actor is not Actor.Auditor) return;
        var hour = log.Now.ToString("yyyy-MM-dd HH", CultureInfo.InvariantCulture);
        var id = AccessStreams.IdOf("opened", who.TenantId, $"{who.Actor.Id}", $"{conversationId}", hour);
        lock (_lock)
        {
            if (_hour != hour || _recorded.Count >= Maximum) _recorded.Clear();
            _hour = hour;
            if (!_recorded.Add(id)) return;
        }

        var about = AccessSubject.Conversation(conversationId, customerId);
        log.Record(who, new ConversationOpened(about), correlationId, id);
    }
}
