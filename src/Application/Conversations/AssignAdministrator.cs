using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;

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

    internal override Refusal? DecideOne(Guid conversationId, UnitOfWork work)
    {
        var assign = new AssignAdministrator(
            AdministratorId, AdministratorId is { } id ? work.HeldState<Administrator>(id) : null);
        var decision = ConversationDecider.Decide(assign, work.State<Conversation>(conversationId), Caller.Actor);
        return work.Record(conversationId, decision);
    }
}
