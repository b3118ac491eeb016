using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Accounts;

/// <summary>
/// Restricts what is kept about somebody of the office or a contact: their access ends, and who they are is seen by
/// owners and auditors alone. The caller has to be an owner still when it is committed.
/// </summary>
[Stored("RestrictPersonCommand")]
public sealed record RestrictPersonCommand(Caller Caller, Guid PersonId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => PersonId;

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId);

    internal override void Read(ReadSet reads) => reads.Stream(PersonId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        work.HeldState<Administrator>(Caller.Actor.Id);
        var decision = PersonLifecycle.Decide(
            new PersonCommand.Restrict(), work.State<Person>(PersonId), Caller.Actor, PersonKind.OfCustomer);
        if (work.Record(PersonId, decision) is { } refusal) return refusal;
        work.EndAccount(PersonId);
        return null;
    }
}
