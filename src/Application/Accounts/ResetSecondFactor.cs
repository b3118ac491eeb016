using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>
/// Takes the second factors of somebody away who lost them, by the office or the operator: all sessions of theirs end.
/// An identity that other offices know as well keeps its factors there: this account is set apart from it.
/// </summary>
[Stored("ResetSecondFactorCommand")]
public sealed record ResetSecondFactorCommand(Caller Caller, Guid PersonId) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => PersonId;

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(PersonId);
        reads.Lookup(AccountLookups.SecondFactors, PersonId);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var kept = work.Find(AccountLookups.SecondFactors, PersonId);
        var reset = PersonLifecycle.Decide(
            new PersonCommand.ResetSecondFactor(kept is { HasOne: true }), work.State<Person>(PersonId), Caller.Actor,
            PersonKind.OfCustomer);
        if (work.Record(PersonId, reset) is { } refusal) return refusal;
        if (kept!.IsElsewhere && Caller.Actor is not Actor.System)
        {
            work.SetApart(PersonId);
            work.EndSessions(PersonId);
        }
        else
        {
            // The lock on these rows keeps new sessions waiting.
            work.Write($"update messaging.accounts set active = active where identity_id = {kept.IdentityId}");
            work.EndSessionsOf(kept.IdentityId);
            work.Write($"delete from messaging.second_factors where identity_id = {kept.IdentityId}");
            work.ReplaceRecoveryCodes(kept.IdentityId, []);
        }

        work.Set(AccountLookups.SecondFactors, PersonId, kept with { Factors = [], RecoveryCodesLeft = 0 });
        return null;
    }
}

/// <summary>People with a second factor, for the operator.</summary>
public static class FactorOwners
{
    /// <summary>The active accounts of an address that have one.</summary>
    /// <param name="tenantId">The organisation; null for all.</param>
    public static async Task<IReadOnlyList<(string TenantId, Guid PersonId)>> OfAsync(
        NpgsqlDataSource database, string email, string? tenantId, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select a.tenant_id, a.person_id from messaging.accounts a
            where a.email_key = any({EmailKey.AllOf(email)}) and a.active
                and ({tenantId}::text is null or a.tenant_id = {tenantId})
                and {Sql.Raw(SecondFactors.HasOne)}
            order by a.person_id limit 10
            """).ListAsync(database, r => (r.GetString(0), r.GetGuid(1)), cancellation);
}
