using Messaging.Application.Commands;
using Messaging.Application.Files;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Conversations;

/// <summary>Starts a conversation with its first message.</summary>
/// <param name="Id">The new conversation; the client's choice or a new one.</param>
[Stored("CreateConversationCommand")]
public sealed record CreateConversationCommand(
    Caller Caller, Guid Id, Guid CustomerId, string Subject, string Body, ConversationStatus Status,
    Guid? ResponsibleAdministratorId, bool NotifyAllAdministrators, IReadOnlyList<Guid> FileIds) : Command(Caller)
{
    private readonly Guid _messageId = Guid.CreateVersion7();

    /// <summary>The tags that it begins with; of a contact, some of their topics.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    internal override IReadOnlyList<Guid> IdempotencyKeys => [Id, _messageId];

    internal override Guid PartitionKey => Id;

    internal override void Describe(ReceiptContent content)
    {
        content
            .Add("Id", Id).Add("CustomerId", CustomerId).Add("Subject", Subject).Add("Body", Body)
            .Add("Status", (int)Status).Add("ResponsibleAdministratorId", ResponsibleAdministratorId)
            .Add("NotifyAllAdministrators", NotifyAllAdministrators).Add("FileIds", FileIds);
        if (Tags.Count > 0) content.Add("Tags", Tags);
    }

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Id);
        reads.Stream(CustomerId);
        reads.Stream(Caller.OrganisationId);
        if (ResponsibleAdministratorId is { } responsible) reads.Stream(responsible);
        FileAttachments.Read(reads, FileIds);
    }

    internal override void ReadFurther(ReadSet reads, Func<Guid, object?> stateOf)
    {
        if (ResponsibleAdministratorId is null && (stateOf(CustomerId) as Customer)?.DefaultAdministratorId is { } id)
            reads.Stream(id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.IsStream(Id)) return new ConversationExists();
        var customer = work.HeldState<Customer>(CustomerId);
        var create = new CreateConversation(
            Id, customer, Subject, Body, Status, ResponsibleAdministratorId,
            ResponsibleAdministratorId is { } responsible ? work.HeldState<Administrator>(responsible) : null,
            NotifyAllAdministrators, _messageId, FileAttachments.Find(work, FileIds),
            work.State<OrganisationState>(Caller.OrganisationId)?.CustomersMayStartConversations ?? false)
        {
            CustomerHasEnded = customer?.HasEnded(work.Now) ?? false,
            Tags = [.. Tags],
            Default = ResponsibleAdministratorId is null && customer?.DefaultAdministratorId is { } id
                ? work.HeldState<Administrator>(id)
                : null,
        };
        if (work.Record(Id, ConversationDecider.Decide(create, null, Caller.Actor)) is { } refusal) return refusal;
        FileAttachments.Attach(work, create.Files, _messageId);
        return null;
    }
}
