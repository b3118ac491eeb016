using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>
/// Gives another account of the same identity the address that was confirmed for one, when it has the one of before.
/// </summary>
/// <param name="Before">The address of before.</param>
/// <param name="Email">The address from then on.</param>
[Stored("FollowEmailChangeCommand")]
internal sealed record FollowEmailChangeCommand(Caller Caller, Guid PersonId, string Before, string Email)
    : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => PersonId;

    internal override void Describe(ReceiptContent content) =>
        content.Add("PersonId", PersonId).Add("Before", Before).Add("Email", Email);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(PersonId);
        reads.Email(Email);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var before = work.State<Person>(PersonId);
        var hasIt = before is not null && EmailKey.Of(before.Email) == EmailKey.Of(Before);
        var change = PersonLifecycle.Decide(
            new PersonCommand.FollowEmailChange(Email, hasIt, work.IsEmailTaken(Email, before?.CustomerId())), before,
            Caller.Actor, PersonKind.OfCustomer);
        if (work.Record(PersonId, change) is { } refusal) return refusal;
        work.ChangeEmail(work.State<Person>(PersonId)!);
        work.EndEmailChanges(PersonId);
        work.EndPasswordResets(PersonId);
        return null;
    }
}
