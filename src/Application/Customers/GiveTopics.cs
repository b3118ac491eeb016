using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;

namespace Messaging.Application.Customers;

/// <summary>Limits a contact to conversations of some topics, or gives them all of the customer's back.</summary>
/// <param name="Topics">Tags of conversations; none for all conversations.</param>
[Stored("GiveTopicsCommand")]
public sealed record GiveTopicsCommand(Caller Caller, Guid Id, IReadOnlyList<string> Topics) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("Id", Id).Add("Topics", Topics);

    internal override void Read(ReadSet reads) => reads.Stream(Id);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var decision = ContactDecider.Decide(new GiveTopics([.. Topics]), work.State<Contact>(Id), Caller.Actor);
        if (work.Record(Id, decision) is { } refusal) return refusal;
        work.LimitAccount(Id, !work.State<Contact>(Id)!.Topics.IsEmpty);
        return null;
    }
}
