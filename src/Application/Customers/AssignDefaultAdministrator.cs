using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Customers;

/// <summary>Makes an administrator responsible for a customer's new conversations, or nobody.</summary>
[Stored("AssignDefaultAdministratorCommand")]
public sealed record AssignDefaultAdministratorCommand(Caller Caller, Guid Id, Guid? AdministratorId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("Id", Id).Add("AdministratorId", AdministratorId);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Id);
        if (AdministratorId is { } administrator) reads.Stream(administrator);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var assign = new AssignDefaultAdministrator(
            AdministratorId, AdministratorId is { } id ? work.HeldState<Administrator>(id) : null);
        return work.Record(Id, CustomerDecider.Decide(assign, work.State<Customer>(Id), Caller.Actor));
    }
}
