using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>
/// Deactivates a person of the office: they can no longer sign in, and their tokens stop working.
/// </summary>
[Stored("DeactivateAdministratorCommand")]
public sealed record DeactivateAdministratorCommand(Caller Caller, Guid Id) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("Id", Id);

    internal override void Read(ReadSet reads) => reads.Stream(Id);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var decision = AdministratorDecider.Decide(
            new PersonCommand.Deactivate(), work.State<Administrator>(Id), Caller.Actor);
        if (work.Record(Id, decision) is { } refusal)
            return refusal;
        work.EndAccount(Id);
        return null;
    }
}
