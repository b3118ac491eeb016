using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>Ends the change of address that waits for its confirmation: its link works no more.</summary>
/// <param name="PersonId">The caller, or one whose address they may change.</param>
[Stored("WithdrawEmailChangeCommand")]
public sealed record WithdrawEmailChangeCommand(Caller Caller, Guid PersonId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => PersonId;

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId);

    internal override void Read(ReadSet reads) => reads.Stream(PersonId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var withdraw = PersonLifecycle.Decide(
            new PersonCommand.WithdrawEmailChange(), work.State<Person>(PersonId), Caller.Actor,
            PersonKind.Of(Caller.Actor));
        if (work.Record(PersonId, withdraw) is { } refusal) return refusal;
        work.EndEmailChanges(PersonId);
        return null;
    }
}
