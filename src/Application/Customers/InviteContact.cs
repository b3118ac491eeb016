using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Customers;

/// <summary>Asks somebody to write for a customer. The e-mail with the link follows from the event.</summary>
/// <param name="Id">The new stream.</param>
/// <param name="PasswordHash">Set for the demonstration only: no mail is sent then.</param>
[Stored("InviteContactCommand")]
public sealed record InviteContactCommand(
    Caller Caller, Guid Id, Guid CustomerId, string Email, string DisplayName,
    string? PasswordHash = null) : Command(Caller)
{
    /// <summary>The topics that they are limited to; none for all of the customer's conversations.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];

    /// <summary>Limits on the caller's invitations.</summary>
    public InvitationLimits Limits { get; init; } = InvitationLimits.Default;

    internal override IReadOnlyList<Guid> IdempotencyKeys => [Id];

    internal override void Describe(ReceiptContent content)
    {
        content.Add("CustomerId", CustomerId).Add("Email", Email).Add("DisplayName", DisplayName);
        if (Topics.Count > 0) content.Add("Topics", Topics);
    }

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Caller.OrganisationId);
        reads.Stream(CustomerId);
        reads.Stream(Id);
        reads.Email(Email);
        InvitationLimits.Read(reads, Id, Caller.Actor.Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var asked = work.AskedOf(Email);
        if (work.State<OrganisationState>(Caller.OrganisationId) is not { } organisation)
            return new OrganisationNotFound();
        var invite = new InviteContact(
            work.State<Customer>(CustomerId), DisplayName, Email, organisation.Locale,
            work.IsEmailTaken(Email, CustomerId))
        {
            Topics = [.. Topics],
        };
        if (
            work.Record(Id, ContactDecider.Decide(invite, work.State<Contact>(Id), Caller.Actor)) is
            { } refusal
        )
            return refusal;
        new Newcomer(Id, DisplayName, Email, PasswordHash) { IsLimited = Topics.Count > 0 }.OpenAccount(
            work, Caller, Role.Customer, isOwner: false, CustomerId);
        return PasswordHash is null
            ? Limits.Ask(work, this, Id, Email, again: false, asked)
            : work.Record(
                Id, ContactDecider.Decide(new PersonCommand.Join(), work.State<Contact>(Id), Caller.Actor));
    }
}
