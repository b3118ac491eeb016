using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;

namespace Messaging.Application.Organisation;

/// <summary>
/// Requires a second factor of whoever works in the office, from an instant on, or no longer does. Sessions that began
/// with a password alone end at that instant.
/// </summary>
/// <param name="Grace">Time until it is required; null when it is no longer.</param>
/// <param name="IsVouchedFor">True when an issuer vouched for the caller, whose factor is the issuer's matter.</param>
[Stored("RequireSecondFactorCommand")]
public sealed record RequireSecondFactorCommand(Caller Caller, TimeSpan? Grace, bool IsVouchedFor) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    /// <summary>The longest time until it is required.</summary>
    public static readonly TimeSpan GraceMaximum = TimeSpan.FromDays(90);

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("Grace", Grace?.ToString());

    internal override void Read(ReadSet reads)
    {
        reads.Stream(Caller.OrganisationId);
        reads.Lookup(AccountLookups.SecondFactors, Caller.Actor.Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (Grace is { } grace && (grace < TimeSpan.Zero || grace > GraceMaximum)) return new GraceIsTooLong();
        var hasOne = IsVouchedFor || work.Find(AccountLookups.SecondFactors, Caller.Actor.Id) is { HasOne: true };
        var decision = OrganisationDecider.Decide(
            new RequireSecondFactor(work.Now + Grace, hasOne),
            work.State<OrganisationState>(Caller.OrganisationId), Caller.Actor);
        if (work.Record(Caller.OrganisationId, decision) is { } refusal) return refusal;
        var tenant = Caller.TenantId;
        if (Grace is null)
        {
            work.Write($"delete from messaging.second_factor_requirements where tenant_id = {tenant}");
            return null;
        }

        var from = work.Now + Grace.Value;
        work.Write(
            $"""
            insert into messaging.second_factor_requirements (tenant_id, required_from) values ({tenant}, {from})
            on conflict (tenant_id) do update set required_from = excluded.required_from
            """);
        work.Write(
            $"""
            update messaging.sessions s set ends_at = least(s.ends_at, {from}),
                expires_at = least(s.expires_at, {from}),
                ended_at = case when {from} <= clock_timestamp() then clock_timestamp() end
            from messaging.accounts a
            where s.tenant_id = {tenant} and a.tenant_id = s.tenant_id and a.person_id = s.person_id
                and a.role in {Sql.Raw(AccountRoles.OfOffice)} and s.second_factor is null
                and {Sql.Raw(Sessions.IsLive)} and {Sql.Raw(Sessions.IsSignIn)}
            """);
        return null;
    }
}

/// <summary>Nobody remembers for longer.</summary>
public sealed record GraceIsTooLong()
    : Refusal(
        RefusalKind.Invalid, $"graceDays must be 0 to {RequireSecondFactorCommand.GraceMaximum.Days}.", "graceDays");
