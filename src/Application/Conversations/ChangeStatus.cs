using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Conversations;

/// <summary>Sets the status of conversations.</summary>
/// <param name="ExpectedVersion">The version the client saw, with one conversation only; null when it does not
/// matter.</param>
[Stored("ChangeStatusCommand")]
public sealed record ChangeStatusCommand(
    Caller Caller, IReadOnlyList<Guid> ConversationIds, ConversationStatus Status,
    long? ExpectedVersion) : BulkCommand(Caller, ConversationIds)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("ConversationIds", ConversationIds).Add("Status", (int)Status).Add("ExpectedVersion", ExpectedVersion);

    internal override void Read(ReadSet reads)
    {
        foreach (var id in ConversationIds.Take(Maximum)) reads.Stream(id);
    }

    internal override void ReadFurther(ReadSet reads, Func<Guid, object?> stateOf)
    {
        foreach (var id in ConversationIds.Take(Maximum)) EndOfMandate.ReadOf(reads, stateOf(id));
    }

    internal override Refusal? DecideOne(Guid conversationId, UnitOfWork work)
    {
        if (ExpectedVersion is not null && ConversationIds.Count > 1) return new ExpectedVersionNeedsOneConversation();
        var conversation = work.State<Conversation>(conversationId);
        var change = new ChangeStatus(Status, ExpectedVersion) { CustomerHasEnded = work.HasEnded(conversation) };
        return work.Record(conversationId, ConversationDecider.Decide(change, conversation, Caller.Actor));
    }
}

/// <summary>A version was expected of several conversations.</summary>
public sealed record ExpectedVersionNeedsOneConversation()
    : Refusal(RefusalKind.Invalid, "expectedVersion can be given for one conversation only.", "expectedVersion");
