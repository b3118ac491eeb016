using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Customers;

/// <summary>
/// Puts a legal hold on a customer, or gives it another reason. The caller has to be an owner still when it is
/// committed.
/// </summary>
[Stored("HoldCustomerCommand")]
public sealed record HoldCustomerCommand(Caller Caller, Guid Id, string Reason) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("Id", Id).Add("Reason", Reason);

    internal override void Read(ReadSet reads) => reads.Stream(Id);

    internal override Refusal? Decide(UnitOfWork work)
    {
        work.HeldState<Administrator>(Caller.Actor.Id);
        return work.Record(
            Id, CustomerDecider.Decide(new HoldCustomer(Reason), work.State<Customer>(Id), Caller.Actor));
    }
}
