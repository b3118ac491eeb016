using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Organisation;

/// <summary>
/// Deactivates an organisation, by the operator's hand, or reactivates it. While it is deactivated none of its accounts
/// works, whatever way in: which of them were ended by this is kept with each.
/// </summary>
/// <param name="IsClosed">True to deactivate.</param>
[Stored("CloseOrganisationCommand")]
public sealed record CloseOrganisationCommand(Caller Caller, bool IsClosed) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("IsClosed", IsClosed);

    internal override void Read(ReadSet reads) => reads.Stream(Caller.OrganisationId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var tenant = Caller.TenantId;
        var decision = OrganisationDecider.Decide(
            IsClosed ? new DeactivateOrganisation() : new ReactivateOrganisation(),
            work.State<OrganisationState>(Caller.OrganisationId), Caller.Actor);
        if (work.Record(Caller.OrganisationId, decision) is { } refusal) return refusal;
        if (!IsClosed)
        {
            work.Write($"delete from messaging.closed_organisations where tenant_id = {tenant}");
            work.Write(
                $"""
                update messaging.accounts set active = true, closed_with_organisation = null
                where tenant_id = {tenant} and closed_with_organisation
                """);
            return null;
        }

        work.Write(
            $"""
            insert into messaging.closed_organisations (tenant_id, closed_at) values ({tenant}, {work.Now})
            on conflict do nothing
            """);
        work.Write(
            $"""
            update messaging.accounts set active = false, closed_with_organisation = true
            where tenant_id = {tenant} and active
            """);
        work.Write(
            $"""
            update messaging.password_resets set used_at = clock_timestamp()
            where tenant_id = {tenant} and used_at is null
            """);
        work.Write(
            $"""
            update messaging.email_changes set used_at = clock_timestamp()
            where tenant_id = {tenant} and used_at is null
            """);
        work.Write(
            $"""
            update messaging.sessions set ended_at = clock_timestamp(),
                expires_at = least(expires_at, clock_timestamp())
            where tenant_id = {tenant} and ended_at is null
            """);
        return null;
    }
}
