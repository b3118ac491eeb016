using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Projections;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>
/// Has a mail sent again that is about no account, and failed or was perhaps sent: all of the mail, where it told of
/// several things. Whatever is under way or was sent stays as it is, so that repeating it is harmless. It goes as any
/// other mail: within the budget of its address, and with what the recipient may see by then.
/// </summary>
/// <param name="DeliveryId">A delivery of the mail.</param>
[Stored("ResendDeliveryCommand")]
public sealed record ResendDeliveryCommand(Caller Caller, Guid DeliveryId) : Command(Caller)
{
    internal override void Read(ReadSet reads) => reads.Lookup(DeliveryLookups.Seen, (DeliveryId, Caller.Actor.Id));

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (Caller.Actor is Actor.Auditor) return new AuditorsWriteNothing();
        if (Caller.Actor is not Actor.Administrator) return new ResendingIsForAdministrators();
        if (work.Find(DeliveryLookups.Seen, (DeliveryId, Caller.Actor.Id)) is not { } delivery)
            return new DeliveryNotFound();
        if (DeliveryTable.OfAccounts.Contains(delivery.Kind)) return new DeliveryIsOfAnAccount();
        if (delivery.State == nameof(DeliveryState.NotNeeded)) return new DeliveryIsNotNeeded();

        // As if it were new: the others of the mail wait for the one that is looked at, and go along.
        work.Write(
            $"""
            update messaging.deliveries x
            set state = 'Pending', mail_id = null, mailed_at = null, perhaps_until = null, lease_until = null,
                is_bundled = null, due_at = {work.Now}, try_at = case when x.id = d.id then {work.Now}::timestamptz end,
                resent_at = {work.Now}, resent_by = {Caller.Actor.Id}
            from messaging.deliveries d
            where d.tenant_id = {Caller.TenantId} and d.id = {DeliveryId} and d.state in ('Failed', 'PerhapsSent')
                and x.tenant_id = d.tenant_id and x.address_key = d.address_key and x.sent_at is null
                and (x.id = d.id or x.mail_id = d.mail_id) and x.state in ('Failed', 'PerhapsSent')
            """);
        return null;
    }
}

/// <summary>Lookups of deliveries for commands.</summary>
internal static class DeliveryLookups
{
    /// <summary>
    /// A delivery for somebody of the office; null when there is none of that id that they see. Whoever is limited
    /// sees those of conversations only.
    /// </summary>
    public static readonly CommandLookup<(Guid Delivery, Guid Person), DeliveryOutcome?> Seen = new SeenLookup();

    private sealed class SeenLookup : CommandLookup<(Guid Delivery, Guid Person), DeliveryOutcome?>
    {
        protected internal override Sql Find(
            IReadOnlyCollection<(string Tenant, (Guid Delivery, Guid Person) Key)> keys)
        {
            var all = keys.ToArray();
            return Sql.Of(
                $"""
                select k.tenant, k.id, k.person, d.kind, d.state
                from unnest({all.Select(k => k.Tenant).ToArray()}::text[],
                    {all.Select(k => k.Key.Delivery).ToArray()}::uuid[],
                    {all.Select(k => k.Key.Person).ToArray()}::uuid[]) as k(tenant, id, person)
                cross join lateral (select * from messaging.deliveries
                    where tenant_id = k.tenant and id = k.id offset 0) d
                left join lateral (select tenant_id, customer_id from messaging.conversations
                    where tenant_id = k.tenant and id = d.conversation_id offset 0) c on true
                where case when d.conversation_id is null
                    then not exists (select from messaging.administrators p
                        where p.tenant_id = k.tenant and p.id = k.person and p.limited and not p.is_owner)
                    else c.customer_id is not null
                        and not {LimitedAccess.IsHiddenFrom("k.person", "c.customer_id")} end
                """);
        }

        protected internal override void Read(
            NpgsqlDataReader row,
            Dictionary<(string Tenant, (Guid Delivery, Guid Person) Key), DeliveryOutcome?> values) =>
            values.Add(
                (row.GetString(0), (row.GetGuid(1), row.GetGuid(2))),
                new DeliveryOutcome(row.GetString(3), row.GetString(4)));
    }
}

/// <summary>What became of a delivery.</summary>
internal sealed record DeliveryOutcome(string Kind, string State);

/// <summary>Only administrators have mails sent again.</summary>
public sealed record ResendingIsForAdministrators()
    : Refusal(RefusalKind.Forbidden, "Only administrators have mails sent again.");

/// <summary>No such delivery that the caller may see.</summary>
public sealed record DeliveryNotFound() : Refusal(RefusalKind.NotFound, "There is no such delivery.", "id");

/// <summary>Its link is of then.</summary>
public sealed record DeliveryIsOfAnAccount()
    : Refusal(
        RefusalKind.Conflict,
        "A mail about an account is not sent again: invite the person again, or have another link sent.", "id");

/// <summary>Nobody needs it any more.</summary>
public sealed record DeliveryIsNotNeeded()
    : Refusal(
        RefusalKind.Conflict,
        "The mail is not needed any more: its recipient no longer takes part, or it says what is not so by now.", "id");
