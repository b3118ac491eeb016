using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>
/// Takes an invitation back that was not taken up: its links say so, and the address is free again.
/// </summary>
/// <param name="PersonId">A person of the office or a contact.</param>
[Stored("WithdrawInvitationCommand")]
public sealed record WithdrawInvitationCommand(Caller Caller, Guid PersonId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId);

    internal override void Read(ReadSet reads) => reads.Stream(PersonId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var withdraw = PersonLifecycle.Decide(
            new PersonCommand.WithdrawInvitation(), work.State<Person>(PersonId), Caller.Actor, PersonKind.OfCustomer);
        if (work.Record(PersonId, withdraw) is { } refusal) return refusal;
        work.EndAccount(PersonId);
        return null;
    }
}
