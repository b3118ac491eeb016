using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Conversations;

/// <summary>The action: tells every administrator about conversations already posted.</summary>
/// <param name="Id">The run of the action; the client's choice or a new one.</param>
[Stored("NotifyAdministratorsCommand")]
public sealed record NotifyAdministratorsCommand(Caller Caller, Guid Id, IReadOnlyList<Guid> ConversationIds)
    : BulkCommand(Caller, ConversationIds)
{
    internal override IReadOnlyList<Guid> IdempotencyKeys => [Id];

    internal override void Describe(ReceiptContent content) => content
        .Add("Id", Id).Add("ConversationIds", ConversationIds);

    internal override void Read(ReadSet reads)
    {
        foreach (var id in ConversationIds.Take(Maximum)) reads.Stream(id);
    }

    internal override Refusal? DecideOne(Guid conversationId, UnitOfWork work) =>
        work.Record(
            conversationId,
            ConversationDecider.Decide(
                new NotifyAdministrators(Id), work.State<Conversation>(conversationId), Caller.Actor)
        );
}
