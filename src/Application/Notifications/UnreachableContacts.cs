using Messaging.Domain;
using Messaging.Projections;
using Messaging.Projections.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Notifications;

/// <summary>The reason for which what is written to a contact may not be read.</summary>
public enum UnreachableReason
{
    /// <summary>They were invited, and have never signed in.</summary>
    NeverSignedIn,

    /// <summary>The latest mail to their address was given up, came back or was perhaps sent.</summary>
    MailFails,
}

/// <summary>A contact who may not be reached.</summary>
/// <param name="Since">The instant of the latest invitation, or since which mails fail.</param>
public sealed record UnreachableContact(
    Guid ContactId, Guid CustomerId, UnreachableReason Reason, DateTimeOffset Since);

/// <summary>The active contacts who may not be reached, for administrators and auditors.</summary>
public sealed class UnreachableContacts(NpgsqlDataSource database)
{
    private const string List = "unreachable";

    /// <summary>A page of them, those who have been so the longest first.</summary>
    /// <param name="reason">Only for this reason; null for both.</param>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    /// <exception cref="InvalidPageException">There is no such page.</exception>
    /// <exception cref="InvalidCursorException">A cursor is none of this list.</exception>
    public async Task<Page<UnreachableContact>> PageAsync(
        Caller caller, UnreachableReason? reason, PageRequest page, CancellationToken cancellation)
    {
        var size = page.Size();
        var bounds = page.Between(Sql.Raw("(since, id, number)"), Cursor.PositionPlaces(List));
        var direction = Sql.Raw(page.Backward ? "desc" : "asc");
        var rows = await Sql.Of(
            $"""
            select id, customer_id, reason, since from ({Those(caller, reason)}) u where true{bounds}
            order by since {direction}, id {direction}, number {direction} limit {Sql.Number(size + 1)}
            """).Heavy().ListAsync(
            database,
            r => new UnreachableContact(
                r.GetGuid(0), r.GetGuid(1), r.Enumeration<UnreachableReason>(2), r.Instant(3)),
            cancellation);
        return Page<UnreachableContact>.Of(
            rows, page, r => Cursor.Of(List, r.Since, (int)r.Reason, r.ContactId));
    }

    /// <summary>Number of them.</summary>
    /// <exception cref="InvalidOperationException">The caller is a customer.</exception>
    public Task<int> CountAsync(Caller caller, UnreachableReason? reason, CancellationToken cancellation) =>
        Sql.Of($"select count(*) from ({Those(caller, reason)}) u").Heavy().CountAsync(database, cancellation);

    // An address is the key of an account, by which mails know it, too.
    private static Sql Those(Caller caller, UnreachableReason? reason)
    {
        OfficeOnly.Demand(caller);
        var (never, fails) = ((int)UnreachableReason.NeverSignedIn, (int)UnreachableReason.MailFails);
        var active = Sql.Of(
            $"""
            k.tenant_id = {caller.TenantId} and k.active{LimitedAccess.OfCustomer(caller, "k.customer_id")}
                and not {RestrictedPeople.AreHiddenFrom(caller, "k.id")}
            """);
        var neverSignedIn = Sql.Of(
            $"""
            select k.id, k.customer_id, 'NeverSignedIn' as reason, k.invited_at as since, {Sql.Number(never)} as number
            from messaging.contacts k where {active} and not k.joined and k.invited_at is not null
            """);
        var mailFails = Sql.Of(
            $"""
            select k.id, k.customer_id, 'MailFails' as reason, p.since, {Sql.Number(fails)} as number
            from messaging.mail_problems p
            join messaging.accounts a on a.tenant_id = p.tenant_id and a.email_key = p.address_key and a.active
            join messaging.contacts k on k.id = a.person_id and {active}
            where p.tenant_id = {caller.TenantId}
            """);
        return reason switch
        {
            UnreachableReason.NeverSignedIn => neverSignedIn,
            UnreachableReason.MailFails => mailFails,
            null => Sql.Of($"{neverSignedIn} union all {mailFails}"),
        };
    }
}
