using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>
/// Invites a person to join the office, as an administrator or as an auditor. The e-mail with the link follows from the
/// event.
/// </summary>
/// <param name="Id">The new stream.</param>
/// <param name="PasswordHash">Set for the demonstration only: no mail is sent then.</param>
[Stored("InviteAdministratorCommand")]
public sealed record InviteAdministratorCommand(
    Caller Caller, Guid Id, string Email, string DisplayName, Role Role, string? PasswordHash = null) : Command(Caller)
{
    /// <summary>The only customers that they shall see; null for all of them.</summary>
    public GivenCustomers? Given { get; init; }

    /// <summary>What an auditor's access is limited to besides; null when it is to nothing.</summary>
    public AuditorScope? Scope { get; init; }

    /// <summary>Limits on the caller's invitations.</summary>
    public InvitationLimits Limits { get; init; } = InvitationLimits.Default;

    internal override IReadOnlyList<Guid> IdempotencyKeys => [Id];

    internal override void Describe(ReceiptContent content)
    {
        Given.Describe(content.Add("Email", Email).Add("DisplayName", DisplayName).Add("Role", (int)Role));
        Scope.Describe(content);
    }

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Caller.OrganisationId);
        reads.Stream(Id);
        reads.Email(Email);
        Given.ReadCustomers(reads);
        InvitationLimits.Read(reads, Id, Caller.Actor.Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var asked = work.AskedOf(Email);
        if (work.State<OrganisationState>(Caller.OrganisationId) is not { } office)
            return new OrganisationNotFound();
        var newcomer = new Newcomer(Id, DisplayName, Email, PasswordHash) { IsLimited = Given is not null };
        var limit = new LimitAccess(Given, id => work.State<Customer>(id) is not null, "access.");
        var scope = Scope is null ? null : new ScopeAuditor(Scope, work.Now);
        if (newcomer.InviteAdministrator(
            work, Caller, Role, isOwner: false, office.Locale, limit, scope) is { } refusal)
            return refusal;
        return PasswordHash is null ? Limits.Ask(work, this, Id, Email, again: false, asked) : null;
    }
}
