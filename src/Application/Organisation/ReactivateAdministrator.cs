using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>
/// Lets a person of the office back who was deactivated, with their id and history. They get an invitation and choose
/// a password: the one of before, and whatever was opened with it, stays ended.
/// </summary>
/// <param name="Email">The address that they come back with, of before or another.</param>
[Stored("ReactivateAdministratorCommand")]
public sealed record ReactivateAdministratorCommand(Caller Caller, Guid Id, string Email) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    /// <summary>Limits on the caller's invitations.</summary>
    public InvitationLimits Limits { get; init; } = InvitationLimits.Default;

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("Id", Id).Add("Email", Email);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Id);
        reads.Email(Email);
        InvitationLimits.Read(reads, Id, Caller.Actor.Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var before = work.State<Administrator>(Id);
        var asked = work.AskedOf(Email);
        var decision = AdministratorDecider.Decide(
            new PersonCommand.Reactivate(Email, work.HolderOf(Email)), before, Caller.Actor);
        if (work.Record(Id, decision) is { } refusal) return refusal;
        if (before!.Active) return null;
        work.ReopenAccount(Id, Email, before.DisplayName);
        return Limits.Ask(work, this, Id, Email, again: false, asked);
    }
}
