using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;

namespace Messaging.Application.Customers;

/// <summary>Changes what the office keeps about a customer; null leaves it as it is.</summary>
/// <param name="Number">Empty takes the number away.</param>
/// <param name="Notes">Empty takes the notes away.</param>
/// <param name="Tags">All tags that it shall have.</param>
[Stored("UpdateCustomerCommand")]
public sealed record UpdateCustomerCommand(
    Caller Caller, Guid Id, string? Name, string? Number, string? Notes, IReadOnlyList<string>? Tags)
    : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content
        .Add("Id", Id).Add("Name", Name).Add("Number", Number).Add("Notes", Notes).Add("Tags", Tags);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Id);
        if (CustomerNumbers.KeyOf(Number) is { } key) reads.Lookup(CustomerNumbers.Owners, key);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var state = work.State<Customer>(Id);
        var key = CustomerNumbers.KeyOf(Number);
        var owner = key is null ? null : work.Find(CustomerNumbers.Owners, key);
        var update = new UpdateCustomer(
            Name, Number, owner is { } other && other != Id, Notes, Tags is null ? null : [.. Tags]);
        if (work.Record(Id, CustomerDecider.Decide(update, state, Caller.Actor)) is { } refusal) return refusal;
        if (Number is not null) work.MoveNumber(Id, CustomerNumbers.KeyOf(state!.Number), key);
        return null;
    }
}
