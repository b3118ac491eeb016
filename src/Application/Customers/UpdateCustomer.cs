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

    /// <summary>True: mails about its conversations do not say what was written.</summary>
    public bool? MailsWithoutContent { get; init; }

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content)
    {
        content.Add("Id", Id).Add("Name", Name).Add("Number", Number).Add("Notes", Notes).Add("Tags", Tags);
        if (MailsWithoutContent is { } without) content.Add("MailsWithoutContent", without);
    }

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
            Name, Number, owner is { } other && other != Id, Notes, Tags is null ? null : [.. Tags])
        {
            MailsWithoutContent = MailsWithoutContent,
        };
        if (work.Record(Id, CustomerDecider.Decide(update, state, Caller.Actor)) is { } refusal) return refusal;
        if (Number is not null) work.MoveNumber(Id, CustomerNumbers.KeyOf(state!.Number), key);
        if (MailsWithoutContent == true)
        {
            work.Write(
                $"""
                insert into messaging.customers_without_mail_content (tenant_id, customer_id)
                values ({Caller.TenantId}, {Id}) on conflict do nothing
                """);
        }
        else if (MailsWithoutContent == false)
        {
            work.Write(
                $"""
                delete from messaging.customers_without_mail_content
                where tenant_id = {Caller.TenantId} and customer_id = {Id}
                """);
        }

        return null;
    }
}
