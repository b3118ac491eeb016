using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Customers;

/// <summary>
/// Takes the legal hold off a customer. The caller has to be an owner still when it is committed.
/// </summary>
[Stored("ReleaseCustomerCommand")]
public sealed record ReleaseCustomerCommand(Caller Caller, Guid Id) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("Id", Id);

    internal override void Read(ReadSet reads) => reads.Stream(Id);

    internal override Refusal? Decide(UnitOfWork work)
    {
        work.HeldState<Administrator>(Caller.Actor.Id);
        return work.Record(
            Id, CustomerDecider.Decide(new ReleaseCustomer(), work.State<Customer>(Id), Caller.Actor));
    }
}
