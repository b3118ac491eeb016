using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Accounts;

/// <summary>
/// Records that what is kept about somebody is to go, and ends their access. <see cref="Erasures"/> carries it out from
/// then on, whatever is cut off. The caller has to be an owner still when it is committed; whether anything has to be
/// kept was looked up before.
/// </summary>
[Stored("ErasePersonCommand")]
public sealed record ErasePersonCommand(Caller Caller, Guid PersonId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => PersonId;

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId);

    internal override void Read(ReadSet reads) => reads.Stream(PersonId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        work.HeldState<Administrator>(Caller.Actor.Id);
        var decision = PersonLifecycle.Decide(
            new PersonCommand.Erase(), work.State<Person>(PersonId), Caller.Actor, PersonKind.OfCustomer);
        if (work.Record(PersonId, decision) is { } refusal) return refusal;
        work.EndAccount(PersonId);
        work.Write(
            $"""
            insert into messaging.erasures (tenant_id, person_id, asked_at, taken_until)
            values ({Caller.TenantId}, {PersonId}, {work.Now}, {work.Now}) on conflict do nothing
            """);
        return null;
    }
}
