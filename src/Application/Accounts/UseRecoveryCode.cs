using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>Uses one of the caller's recovery codes up, in place of a second factor.</summary>
/// <param name="CodeHash">Its stored form.</param>
[Stored("UseRecoveryCodeCommand")]
public sealed record UseRecoveryCodeCommand(Caller Caller, string CodeHash) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => Caller.Actor.Id;

    internal override void Describe(ReceiptContent content) => content.Add("CodeHash", CodeHash);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Caller.Actor.Id);
        reads.Lookup(AccountLookups.SecondFactors, Caller.Actor.Id);
        reads.Lookup(AccountLookups.RecoveryCodes, CodeHash);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var person = Caller.Actor.Id;
        if (work.Find(AccountLookups.SecondFactors, person) is not { HasOne: true } kept
            || work.Find(AccountLookups.RecoveryCodes, CodeHash) is not { } owner
            || owner != kept.IdentityId)
            return new SecondFactorIsWrong("recoveryCode");
        if (work.RecordFactor(Caller, SecondFactorChange.RecoveryCodeUsed) is { } refusal) return refusal;
        work.Write(
            $"""
            update messaging.recovery_codes set used_at = {work.Now}
            where identity_id = {kept.IdentityId} and code_hash = {CodeHash}
            """);

        // Whoever uses the same code in the same batch finds it used.
        work.Set(AccountLookups.RecoveryCodes, CodeHash, null);
        work.Set(
            AccountLookups.SecondFactors, person, kept with { RecoveryCodesLeft = kept.RecoveryCodesLeft - 1 });
        return null;
    }
}

/// <summary>A code, a recovery code or a passkey that is not right, or was used already: the same answer.</summary>
public sealed record SecondFactorIsWrong(string Field)
    : Refusal(
        RefusalKind.Invalid, "It is not right, or was used already.", Field, RefusalReason.SecondFactorIsWrong);
