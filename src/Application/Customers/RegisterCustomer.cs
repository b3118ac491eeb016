using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;

namespace Messaging.Application.Customers;

/// <summary>Registers a customer of the office.</summary>
/// <param name="Id">The new customer; the client's choice or a new one.</param>
[Stored("RegisterCustomerCommand")]
public sealed record RegisterCustomerCommand(Caller Caller, Guid Id, string Name) : Command(Caller)
{
    internal override IReadOnlyList<Guid> IdempotencyKeys => [Id];

    internal override void Describe(ReceiptContent content) => content.Add("Id", Id).Add("Name", Name);

    internal override void Read(ReadSet reads) => reads.Stream(Id);

    internal override Refusal? Decide(UnitOfWork work) =>
        work.IsStream(Id)
            ? new CustomerExists()
            : work.Record(Id, CustomerDecider.Decide(new RegisterCustomer(Name), null, Caller.Actor));
}
