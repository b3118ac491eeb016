using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Accounts;

/// <summary>Ends the restriction of what is kept about somebody. They come back by a reactivation only.</summary>
[Stored("LiftRestrictionCommand")]
public sealed record LiftRestrictionCommand(Caller Caller, Guid PersonId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => PersonId;

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId);

    internal override void Read(ReadSet reads) => reads.Stream(PersonId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        work.HeldState<Administrator>(Caller.Actor.Id);
        return work.Record(
            PersonId,
            PersonLifecycle.Decide(
                new PersonCommand.LiftRestriction(), work.State<Person>(PersonId), Caller.Actor,
                PersonKind.OfCustomer));
    }
}
