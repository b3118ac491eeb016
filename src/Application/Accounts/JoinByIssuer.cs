using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>Somebody who was invited comes in by another issuer, and needs no password for it.</summary>
[Stored("JoinByIssuerCommand")]
internal sealed record JoinByIssuerCommand(Caller Caller, Guid PersonId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId);

    internal override void Read(ReadSet reads) => reads.Stream(PersonId);

    internal override Refusal? Decide(UnitOfWork work) =>
        work.Record(
            PersonId,
            PersonLifecycle.Decide(
                new PersonCommand.Join(), work.State<Person>(PersonId), Caller.Actor, PersonKind.OfCustomer));
}
