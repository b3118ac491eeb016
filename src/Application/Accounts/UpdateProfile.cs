using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>
/// Changes the caller's name and the language of mail to them; null leaves a value unchanged.
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
        var update = new PersonCommand.UpdateProfile(DisplayName, Locale);
        var kind = PersonKind.Of(Caller.Actor);
        return work.Record(
            id, PersonLifecycle.Decide(update, work.State<Person>(id), Caller.Actor, kind));
    }
}
