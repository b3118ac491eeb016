using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Conversations;

/// <summary>Gives conversations tags, and takes tags from them.</summary>
[Stored("TagConversationsCommand")]
public sealed record TagConversationsCommand(
    Caller Caller, IReadOnlyList<Guid> ConversationIds, IReadOnlyList<string> Tags, IReadOnlyList<string> Untags)
    : BulkCommand(Caller, ConversationIds)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("ConversationIds", ConversationIds).Add("Tags", Tags).Add("Untags", Untags);

    internal override void Read(ReadSet reads)
    {
        foreach (var id in ConversationIds.Take(Maximum)) reads.Stream(id);
    }

    internal override Refusal? DecideOne(Guid conversationId, UnitOfWork work) =>
        work.Record(
            conversationId,
            ConversationDecider.Decide(
                new ChangeTags([.. Tags], [.. Untags]), work.State<Conversation>(conversationId), Caller.Actor));
}
