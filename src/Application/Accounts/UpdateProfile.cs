using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Accounts;

/// <summary>
/// Changes what the caller is called and the language they are written to in; null leaves it as it is.
/// </summary>
[Stored("UpdateProfileCommand")]
public sealed record UpdateProfileCommand(Caller Caller, string? DisplayName, string? Locale) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => Caller.Actor.Id;

    internal override void Describe(ReceiptContent content) => content
        .Add("DisplayName", DisplayName).Add("Locale", Locale);

    internal override void Read(ReadSet reads) => reads.Stream(Caller.Actor.Id);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var id = Caller.Actor.Id;
        return Caller.Actor is Actor.Contact
            ? work.Record(
                id,
                ContactDecider.Decide(
                    new UpdateContactProfile(DisplayName, Locale), work.State<Contact>(id), Caller.Actor)
            )
            : work.Record(
                id,
                AdministratorDecider.Decide(
                    new UpdateAdministratorProfile(DisplayName, Locale), work.State<Administrator>(id),
                    Caller.Actor)
            );
    }
}
