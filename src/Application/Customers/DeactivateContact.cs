using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;

namespace Messaging.Application.Customers;

/// <summary>
/// Deactivates a contact: they can no longer sign in, their tokens stop working, and they get no more mail.
/// </summary>
[Stored("DeactivateContactCommand")]
public sealed record DeactivateContactCommand(Caller Caller, Guid Id) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("Id", Id);

    internal override void Read(ReadSet reads) => reads.Stream(Id);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var decision = ContactDecider.Decide(
            new PersonCommand.Deactivate(), work.State<Contact>(Id), Caller.Actor);
        if (work.Record(Id, decision) is { } refusal) return refusal;
        work.EndAccount(Id);
        return null;
    }
}
