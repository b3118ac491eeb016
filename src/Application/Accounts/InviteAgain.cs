using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>
/// Invites again a person who has not joined yet. The e-mail with a new link follows from the event; links sent before
/// do not work any more, nor does the address of before, when it goes to another.
/// </summary>
/// <param name="PersonId">A person of the office or a contact.</param>
/// <param name="Email">Another address to send it to; null for the one of before.</param>
[Stored("InviteAgainCommand")]
public sealed record InviteAgainCommand(Caller Caller, Guid PersonId, string? Email = null) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content)
    {
        content.Add("PersonId", PersonId);
        if (Email is not null) content.Add("Email", Email);
    }

    /// <summary>Limits on the caller's invitations.</summary>
    public InvitationLimits Limits { get; init; } = InvitationLimits.Default;

    internal override void Read(ReadSet reads)
    {
        reads.Stream(PersonId);
        if (Email is not null) reads.Email(Email);
        InvitationLimits.Read(reads, PersonId, Caller.Actor.Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var before = work.State<Person>(PersonId)?.Email;
        var isTaken = Email is not null && work.IsEmailTaken(Email, work.State<Person>(PersonId)?.CustomerId());
        var invite = PersonLifecycle.Decide(
            new PersonCommand.InviteAgain(Email, isTaken), work.State<Person>(PersonId), Caller.Actor,
            PersonKind.OfCustomer);
        if (work.Record(PersonId, invite) is { } refusal) return refusal;
        var person = work.State<Person>(PersonId)!;
        var asked = person.Email == before ? 0 : work.AskedOf(person.Email);
        if (person.Email != before)
        {
            work.ChangeEmail(person);
            work.Write(
                $"""
                delete from messaging.issuer_links
                where tenant_id = {Caller.TenantId} and person_id = {PersonId}
                """);
        }

        work.Write(
            $"""
            update messaging.invitations set used_at = {work.Now}
            where tenant_id = {Caller.TenantId} and person_id = {PersonId} and used_at is null
            """);
        return Limits.Ask(work, this, PersonId, person.Email, again: true, asked);
    }
}
