using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>Sets up an office with its first owner. The operator of the product does this.</summary>
/// <param name="Caller">The product itself, in the organisation that is to be.</param>
/// <param name="OwnerId">The new owner's stream.</param>
/// <param name="OwnerPasswordHash">Null: the owner gets an invitation by e-mail.</param>
[Stored("RegisterOrganisationCommand")]
public sealed record RegisterOrganisationCommand(
    Caller Caller, string Name, string NotificationEmail, string Locale, string TimeZone, Guid OwnerId,
    string OwnerName, string OwnerEmail, string? OwnerPasswordHash) : Command(Caller)
{
    internal override IReadOnlyList<Guid> IdempotencyKeys => [Caller.OrganisationId, OwnerId];

    internal override void Describe(ReceiptContent content) => content
        .Add("Name", Name).Add("NotificationEmail", NotificationEmail).Add("Locale", Locale)
        .Add("TimeZone", TimeZone).Add("OwnerName", OwnerName).Add("OwnerEmail", OwnerEmail);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Caller.OrganisationId);
        reads.Stream(OwnerId);
        reads.Email(OwnerEmail);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var organisation = OrganisationDecider.Decide(
            new RegisterOrganisation(Name, NotificationEmail, Locale, TimeZone),
            work.State<OrganisationState>(Caller.OrganisationId), Caller.Actor);
        if (work.Record(Caller.OrganisationId, organisation) is { } refusal)
            return refusal;
        var owner = new Newcomer(OwnerId, OwnerName, OwnerEmail, OwnerPasswordHash);
        return owner.InviteAdministrator(work, Caller, Role.Administrator, isOwner: true, Locale);
    }
}
