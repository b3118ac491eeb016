using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;

namespace Messaging.Application.Customers;

/// <summary>Goes on with a mandate that has an end.</summary>
[Stored("ResumeCustomerCommand")]
public sealed record ResumeCustomerCommand(Caller Caller, Guid Id) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("Id", Id);

    internal override void Read(ReadSet reads) => reads.Stream(Id);

    internal override Refusal? Decide(UnitOfWork work) =>
        work.Record(
            Id, CustomerDecider.Decide(new ResumeCustomer(), work.State<Customer>(Id), Caller.Actor));
}
