using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>Gives the caller other recovery codes; those of before work no more.</summary>
/// <param name="Codes">Their hashes.</param>
[Stored("MakeRecoveryCodesCommand")]
public sealed record MakeRecoveryCodesCommand(Caller Caller, IReadOnlyList<string> Codes) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => Caller.Actor.Id;

    internal override void Describe(ReceiptContent content) => content.Add("Codes", string.Join(' ', Codes));

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Caller.Actor.Id);
        reads.Lookup(AccountLookups.SecondFactors, Caller.Actor.Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.Find(AccountLookups.SecondFactors, Caller.Actor.Id) is not { HasOne: true } kept)
            return new RecoveryNeedsAFactor();
        if (work.RecordFactor(Caller, SecondFactorChange.RecoveryCodesMade) is { } refusal) return refusal;
        work.ReplaceRecoveryCodes(kept.IdentityId, Codes);
        work.Set(AccountLookups.SecondFactors, Caller.Actor.Id, kept with { RecoveryCodesLeft = Codes.Count });
        return null;
    }
}

/// <summary>Recovery codes stand in for a factor.</summary>
public sealed record RecoveryNeedsAFactor()
    : Refusal(RefusalKind.Conflict, "Add a second factor first: recovery codes stand in for it.");
