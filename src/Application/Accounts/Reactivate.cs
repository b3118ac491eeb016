using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>
/// Lets somebody back who was deactivated, with their id and history. They get an invitation and choose a password: the
/// one of before, and whatever was opened with it, stays ended.
/// </summary>
/// <param name="Email">
/// The address that they come back with, of before or another; null where nobody is known by the id.
/// </param>
/// <param name="Kind">The kind of those whom it lets back.</param>
/// <typeparam name="TPerson">Their write state.</typeparam>
public abstract record ReactivateCommand<TPerson>(Caller Caller, Guid Id, string? Email, PersonKind Kind)
    : Command(Caller)
    where TPerson : Person
{
    private readonly Guid _id = Guid.CreateVersion7();

    /// <summary>Limits on the caller's invitations.</summary>
    public InvitationLimits Limits { get; init; } = InvitationLimits.Default;

    internal sealed override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal sealed override void Describe(ReceiptContent content) => content.Add("Id", Id).Add("Email", Email);

    internal sealed override void Read(ReadSet reads)
    {
        reads.Stream(Id);
        if (Email is not null) reads.Email(Email);
        InvitationLimits.Read(reads, Id, Caller.Actor.Id);
    }

    internal sealed override Refusal? Decide(UnitOfWork work)
    {
        var before = work.State<TPerson>(Id);
        var holder = Email is null ? null : work.HolderOf(Email, before?.CustomerId());
        var decision = PersonLifecycle.Decide(
            new PersonCommand.Reactivate(Email, holder), before, Caller.Actor, Kind);
        if (work.Record(Id, decision) is { } refusal) return refusal;
        if (Email is null || before!.Active) return null;
        var asked = work.AskedOf(Email);
        work.ReopenAccount(before, Email);
        return Limits.Ask(work, this, Id, Email, again: false, asked);
    }
}
