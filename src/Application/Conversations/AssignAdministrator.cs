using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Conversations;

/// <summary>Assigns conversations to an administrator, or to nobody.</summary>
[Stored("AssignAdministratorCommand")]
public sealed record AssignAdministratorCommand(
    Caller Caller, IReadOnlyList<Guid> ConversationIds, Guid? AdministratorId) : BulkCommand(Caller, ConversationIds)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("ConversationIds", ConversationIds).Add("AdministratorId", AdministratorId);

    internal override void Read(ReadSet reads)
    {
        foreach (var id in ConversationIds.Take(Maximum)) reads.Stream(id);
        if (AdministratorId is { } administrator) reads.Stream(administrator);
    }

    internal override void ReadFurther(ReadSet reads, Func<Guid, object?> stateOf) =>
        Responsible.ReadCustomers(reads, stateOf, AdministratorId, ConversationIds.Take(Maximum));

    internal override Refusal? DecideOne(Guid conversationId, UnitOfWork work)
    {
        var conversation = work.State<Conversation>(conversationId);
        var decision = ConversationDecider.Decide(
            work.Assign(AdministratorId, conversation), conversation, Caller.Actor);
        return work.Record(conversationId, decision);
    }
}
