using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>Takes one of the caller's own second factors away; with the last one the recovery codes go.</summary>
[Stored("RemoveSecondFactorCommand")]
public sealed record RemoveSecondFactorCommand(Caller Caller, Guid FactorId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => Caller.Actor.Id;

    internal override void Describe(ReceiptContent content) => content.Add("FactorId", FactorId);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Caller.Actor.Id);
        reads.Lookup(AccountLookups.SecondFactors, Caller.Actor.Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var person = Caller.Actor.Id;
        if (work.Find(AccountLookups.SecondFactors, person) is not { } kept
            || kept.Factors.FirstOrDefault(f => f.Id == FactorId) is not { IsConfirmed: true } factor)
            return new SecondFactorNotFound();
        var isLast = kept.Factors.Count(f => f.IsConfirmed) == 1;
        if (isLast && kept.IsRequired) return new SecondFactorIsRequired();
        var change = factor.Kind == SecondFactorKind.Passkey
            ? SecondFactorChange.PasskeyRemoved
            : SecondFactorChange.AuthenticatorRemoved;
        if (work.RecordFactor(Caller, change) is { } refusal) return refusal;
        work.Write(
            $"delete from messaging.second_factors where identity_id = {kept.IdentityId} and id = {FactorId}");
        if (isLast) work.ReplaceRecoveryCodes(kept.IdentityId, []);
        work.Set(
            AccountLookups.SecondFactors, person,
            kept with
            {
                Factors = kept.Factors.Remove(factor),
                RecoveryCodesLeft = isLast ? 0 : kept.RecoveryCodesLeft,
            });
        return null;
    }
}

/// <summary>No factor of the caller's, or one that was not begun, or too long ago.</summary>
public sealed record SecondFactorNotFound()
    : Refusal(RefusalKind.NotFound, "You have no such second factor.", "id");

/// <summary>The office requires one.</summary>
public sealed record SecondFactorIsRequired()
    : Refusal(
        RefusalKind.Conflict, "Your office requires a second factor, and this is your last one: add another first.",
        "id", RefusalReason.SecondFactorIsRequired);
