using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Customers;

/// <summary>Ends a customer's mandate: from that day on nobody writes, and both sides go on reading.</summary>
/// <param name="On">The day of its end in the office's time zone.</param>
[Stored("EndCustomerCommand")]
public sealed record EndCustomerCommand(Caller Caller, Guid Id, DateOnly On) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("Id", Id).Add("On", On);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Id);
        reads.Stream(Caller.OrganisationId);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.State<OrganisationState>(Caller.OrganisationId) is not { } organisation)
            return new OrganisationNotFound();
        var zone = TimeZoneInfo.FindSystemTimeZoneById(organisation.TimeZone);
        var isInRange = On >= CustomerDecider.Earliest && On <= CustomerDecider.Latest;
        var end = new EndCustomer(On, isInRange ? Day.StartOf(On, zone) : default);
        return work.Record(Id, CustomerDecider.Decide(end, work.State<Customer>(Id), Caller.Actor));
    }
}
