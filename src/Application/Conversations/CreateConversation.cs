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

    internal override IReadOnlyList<Guid> Ids => [Id, _messageId];

    internal override Guid About => Id;

    internal override void Describe(ReceiptContent content) => content
        .Add("Id", Id).Add("CustomerId", CustomerId).Add("Subject", Subject).Add("Body", Body)
        .Add("Status", (int)Status).Add("ResponsibleAdministratorId", ResponsibleAdministratorId)
        .Add("NotifyAllAdministrators", NotifyAllAdministrators).Add("FileIds", FileIds);

    internal override void Read(Reads reads)
    {
        reads.Stream(Id);
        reads.Stream(CustomerId);
        reads.Stream(Caller.OrganisationId);
        if (ResponsibleAdministratorId is { } responsible) reads.Stream(responsible);
        FileAttachments.Read(reads, FileIds);
    }

    internal override Refusal? Decide(Workspace workspace)
    {
        if (workspace.IsStream(Id)) return new ConversationExists();
        var create = new CreateConversation(
            Id, workspace.State<Customer>(CustomerId), Subject, Body, Status, ResponsibleAdministratorId,
            ResponsibleAdministratorId is { } responsible ? workspace.HeldState<Administrator>(responsible) : null,
            NotifyAllAdministrators, _messageId, FileAttachments.Find(workspace, FileIds),
            workspace.State<OrganisationState>(Caller.OrganisationId)?.CustomersMayStartConversations ?? false);
        if (workspace.Carry(Id, ConversationDecider.Decide(create, null, Caller.Actor)) is { } refusal) return refusal;
        FileAttachments.Attach(workspace, create.Files, _messageId);
        return null;
    }
}
