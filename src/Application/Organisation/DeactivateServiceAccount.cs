using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>Ends the account of a program, and all its tokens. What it did stays.</summary>
[Stored("DeactivateServiceAccountCommand")]
public sealed record DeactivateServiceAccountCommand(Caller Caller, Guid Id) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> Ids => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("Id", Id);

    internal override void Read(Reads reads) => reads.Stream(Id);

    internal override Refusal? Decide(Workspace workspace)
    {
        var decision = AdministratorDecider.Decide(
            new DeactivateServiceAccount(), workspace.State<Administrator>(Id), Caller.Actor);
        if (workspace.Carry(Id, decision) is { } refusal)
            return refusal;
        workspace.Write(
            "update messaging.accounts set active = false where tenant_id = ? and person_id = ?", Caller.TenantId, Id);
        workspace.EndSessions(Id);
        return null;
    }
}
