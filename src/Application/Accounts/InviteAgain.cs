using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>
/// Invites again a person who has not joined yet. The e-mail with a new link follows from the event; links sent before
/// do not work any more.
/// </summary>
/// <param name="PersonId">A person of the office or a contact.</param>
[Stored("InviteAgainCommand")]
public sealed record InviteAgainCommand(Caller Caller, Guid PersonId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId);

    /// <summary>Limits on the caller's invitations.</summary>
    public InvitationLimits Limits { get; init; } = InvitationLimits.Default;

    internal override void Read(ReadSet reads)
    {
        reads.Stream(PersonId);
        InvitationLimits.Read(reads, PersonId, Caller.Actor.Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var invite = PersonLifecycle.Decide(
            new PersonCommand.InviteAgain(), work.State<Person>(PersonId), Caller.Actor, PersonKind.OfCustomer);
        if (work.Record(PersonId, invite) is { } refusal) return refusal;
        work.Write(
            $"""
            update messaging.invitations set used_at = {work.Now}
            where tenant_id = {Caller.TenantId} and person_id = {PersonId} and used_at is null
            """);
        return Limits.Ask(work, this, PersonId, again: true);
    }
}
