using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>
/// Deactivates a person of the office: they can no longer sign in, and their tokens stop working. The caller has to be
/// an owner still when it is committed: of two who deactivate each other, one stays.
/// </summary>
/// <param name="HandOverTo">
/// The administrator who is to take over the conversations; null for nobody. They have to be there before anything
/// happens; <see cref="Conversations.HandOver"/> does the rest.
/// </param>
[Stored("DeactivateAdministratorCommand")]
public sealed record DeactivateAdministratorCommand(Caller Caller, Guid Id, Guid? HandOverTo = null) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content)
    {
        content.Add("Id", Id);
        if (HandOverTo is not null) content.Add("HandOverTo", HandOverTo);
    }

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Id);
        if (HandOverTo is { } to) reads.Stream(to);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        work.HeldState<Administrator>(Caller.Actor.Id);
        var decision = AdministratorDecider.Decide(
            new PersonCommand.Deactivate(), work.State<Administrator>(Id), Caller.Actor);
        if (work.Record(Id, decision) is { } refusal)
            return refusal;
        if (NobodyTakesOver.Check(work, Id, HandOverTo) is { } nobody) return nobody;
        work.EndAccount(Id);
        return null;
    }
}

/// <summary>Whoever is to take over does not belong to the office, or does not write to customers.</summary>
public sealed record NobodyTakesOver()
    : Refusal(RefusalKind.NotFound, "There is no such active administrator to take over.", "handOver.to")
{
    /// <summary>Looks whether another administrator is there, until the commit.</summary>
    /// <param name="from">The one who is responsible.</param>
    /// <param name="to">The one who takes over; null for nobody.</param>
    internal static Refusal? Check(UnitOfWork work, Guid from, Guid? to) =>
        to is not { } id
            || (id != from
                && work.HeldState<Administrator>(id) is
                { Active: true, Role: Role.Administrator, IsServiceAccount: false })
            ? null
            : new NobodyTakesOver();
}
