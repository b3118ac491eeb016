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

    internal override IReadOnlyList<Guid> Ids => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("ConversationIds", ConversationIds).Add("Status", (int)Status).Add("ExpectedVersion", ExpectedVersion);

    internal override void Read(Reads reads)
    {
        foreach (var id in ConversationIds.Take(Maximum)) reads.Stream(id);
    }

    internal override Refusal? DecideOne(Guid conversationId, Workspace workspace) =>
        ExpectedVersion is not null && ConversationIds.Count > 1
            ? new ExpectedVersionNeedsOneConversation()
            : workspace.Carry(
                conversationId,
                ConversationDecider.Decide(
                    new ChangeStatus(Status, ExpectedVersion), workspace.State<Conversation>(conversationId),
                    Caller.Actor)
            );
}

/// <summary>A version was expected of several conversations.</summary>
public sealed record ExpectedVersionNeedsOneConversation()
    : Refusal(RefusalKind.Invalid, "expectedVersion can be given for one conversation only.", "expectedVersion");
