using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>Records that the operator looked which customers nothing keeps any more.</summary>
/// <param name="On">The day that was asked of, in the office's time zone.</param>
/// <param name="Customers">The number of customers that were looked at.</param>
/// <param name="Due">The number of those that nothing keeps any more.</param>
[Stored("CheckRetentionCommand")]
public sealed record CheckRetentionCommand(Caller Caller, DateOnly On, int Customers, int Due) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("On", On).Add("Customers", Customers).Add("Due", Due);

    internal override void Read(ReadSet reads) => reads.Stream(Caller.OrganisationId);

    internal override Refusal? Decide(UnitOfWork work) =>
        work.Record(
            Caller.OrganisationId,
            OrganisationDecider.Decide(
                new CheckRetention(On, Customers, Due), work.State<OrganisationState>(Caller.OrganisationId),
                Caller.Actor));
}
