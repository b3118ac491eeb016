using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;

namespace Messaging.Application.Accounts;

/// <summary>What a passkey's authenticator answered, as it is kept.</summary>
public sealed record NewPasskey(
    byte[] CredentialId, byte[] PublicKey, uint SignCount, IReadOnlyList<string> Transports);

/// <summary>
/// Adds a second factor that the caller has just shown to work. With the first one they get recovery codes, and
/// whatever they signed in with their password alone ends, but for the session that asks.
/// </summary>
/// <param name="FactorId">The factor, which was begun.</param>
/// <param name="Name">By which its owner tells it from others; at most <see cref="SecondFactors.NameMaximum"/>.</param>
/// <param name="Step">The time step of the code that was given; of a passkey null.</param>
/// <param name="Passkey">Of an app null.</param>
/// <param name="Codes">Hashes of recovery codes, where there are none yet.</param>
[Stored("AddSecondFactorCommand")]
public sealed record AddSecondFactorCommand(
    Caller Caller, Guid FactorId, string Name, long? Step, NewPasskey? Passkey, IReadOnlyList<string> Codes)
    : Command(Caller)
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
            || kept.Factors.FirstOrDefault(f => f.Id == FactorId) is not { IsConfirmed: false } factor)
            return new SecondFactorNotFound();
        if (Name.Length > 0 && Text.CheckLine(Name, "name", SecondFactors.NameMaximum) is { } name) return name;
        if (kept.Factors.Count(f => f.IsConfirmed) >= SecondFactors.Maximum) return new TooManySecondFactors();
        var change = Passkey is null ? SecondFactorChange.AuthenticatorAdded : SecondFactorChange.PasskeyAdded;
        if (work.RecordFactor(Caller, change) is { } refusal) return refusal;
        work.Write(
            $"""
            update messaging.second_factors set confirmed_at = {work.Now}, name = {Name}, last_step = {Step}::bigint,
                credential_id = {Passkey?.CredentialId}::bytea, public_key = {Passkey?.PublicKey}::bytea,
                sign_count = {(long?)Passkey?.SignCount}::bigint, transports = {Passkey?.Transports.ToArray()}::text[],
                options = null
            where identity_id = {kept.IdentityId} and id = {FactorId}
            """);
        if (kept.GetsCodes) work.ReplaceRecoveryCodes(kept.IdentityId, Codes);
        work.Write(
            $"""
            update messaging.sessions set second_factor = {factor.Kind.ToString()}
            where tenant_id = {Caller.TenantId} and id = {Caller.SessionId}::uuid and second_factor is null
            """);
        work.EndSessionsOf(kept.IdentityId, Sql.Of($"s.second_factor is null"));
        work.Set(
            AccountLookups.SecondFactors, person,
            kept with
            {
                Factors = kept.Factors.Replace(factor, factor with { IsConfirmed = true }),
                RecoveryCodesLeft = kept.GetsCodes ? Codes.Count : kept.RecoveryCodesLeft,
            });
        return null;
    }
}

/// <summary>So many are enough.</summary>
public sealed record TooManySecondFactors()
    : Refusal(
        RefusalKind.Conflict, $"You have {SecondFactors.Maximum} second factors already; remove one first.", "id");
