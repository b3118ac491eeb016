using System.Collections.Immutable;
using Messaging.Application.Commands;
using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;

namespace Messaging.Application.Accounts;

/// <summary>Changes that commands make to accounts.</summary>
internal static class AccountChanges
{
    /// <summary>Reads whether somebody has an address.</summary>
    public static void Email(this ReadSet reads, string address) =>
        reads.Lookup(AccountLookups.Emails, EmailKey.AllOf(address));

    /// <summary>True when the address is somebody's whom it has to differ from: <see cref="HolderOf"/>.</summary>
    /// <param name="customerId">The customer; null for people of the office.</param>
    public static bool IsEmailTaken(this UnitOfWork work, string address, Guid? customerId) =>
        work.HolderOf(address, customerId) is not null;

    /// <summary>
    /// The name of whoever has the address and keeps others from it; null when it is free, as that of somebody who
    /// left. One person may write for several customers. The address of a person of the office is nobody's else there:
    /// a contact by it would pass for them.
    /// </summary>
    /// <param name="customerId">The customer of the contact who is to have it; null for people of the office.</param>
    public static string? HolderOf(this UnitOfWork work, string address, Guid? customerId) =>
        EmailKey.AllOf(address)
            .Select(key => work.Find(AccountLookups.Emails, key)?.Holders)
            .Select(holders => customerId is { } customer
                ? holders?.GetValueOrDefault(customer) ?? holders?.GetValueOrDefault(Guid.Empty)
                : holders?.Values.FirstOrDefault())
            .FirstOrDefault(holder => holder is not null)
            ?.Name;

    /// <summary>Reads whether somebody may have another address.</summary>
    public static void EmailFor(this ReadSet reads, string address, Guid personId)
    {
        reads.Email(address);
        reads.Lookup(AccountLookups.Identities, personId);
    }

    /// <summary>
    /// True when an address is somebody else's of the organisation, so that a person cannot change theirs to it. Of
    /// several accounts of one identity each may have it.
    /// </summary>
    public static bool IsOthersEmail(this UnitOfWork work, string address, Person? person)
    {
        var identity = person is null ? Guid.Empty : work.Find(AccountLookups.Identities, person.Id);
        return EmailKey.AllOf(address)
            .SelectMany(key => work.Find(AccountLookups.Emails, key)?.Holders.Values ?? [])
            .Any(holder => holder.IdentityId != identity);
    }

    /// <summary>The customer that somebody writes for; null for people of the office.</summary>
    public static Guid? CustomerId(this Person person) => (person as Contact)?.CustomerId;

    /// <summary>The number of invitations that the address got within a day.</summary>
    public static int AskedOf(this UnitOfWork work, string address) =>
        EmailKey.AllOf(address).Sum(key => work.Find(AccountLookups.Emails, key)?.Asked ?? 0);

    /// <summary>
    /// Claims the address for the person that the command invites. Its index keeps it from two people of the office, or
    /// contacts of one customer; what another node gives to a contact while this one gives it to somebody of the
    /// office, or the other way round, waits, and is decided again.
    /// </summary>
    /// <param name="customerId">The customer that they write for; null for people of the office.</param>
    /// <param name="write">The statement that writes it to their account.</param>
    /// <param name="identityId">Their identity; null for one that is new.</param>
    public static void TakeEmail(
        this UnitOfWork work, string address, string name, Guid? customerId, Sql write, Guid? identityId = null)
    {
        var key = EmailKey.Of(address);
        var holders = work.Find(AccountLookups.Emails, key)?.Holders ?? ImmutableDictionary<Guid, EmailHolder>.Empty;
        var holder = new EmailHolder(name, identityId);
        work.Set(
            AccountLookups.Emails, key,
            new EmailUse(holders.SetItem(customerId ?? Guid.Empty, holder), work.AskedOf(address) + 1));
        work.Write(
            $"select pg_advisory_xact_lock(hashtextextended('address ' || {work.TenantId} || ' ' || {key}, 0))");
        work.Write(write);
        var isOnce = ConcurrencyConflict.Unless(
            """
            not exists (
                select from messaging.accounts o join messaging.accounts c
                    on c.tenant_id = o.tenant_id and c.email_key = o.email_key and c.active
                        and c.customer_id is not null and c.identity_id <> o.identity_id
                where o.tenant_id = k.tenant_id and o.email_key = k.email_key and o.active and o.customer_id is null)
            """,
            "An address has become that of somebody else");
        work.Write(
            $"select {Sql.Raw(isOnce)} from (select {work.TenantId}::text, {key}::text) as k(tenant_id, email_key)");
    }

    /// <summary>Gives the account of a person their other address, which they sign in with from then on.</summary>
    /// <param name="identityId">Their identity; null for one that is new.</param>
    public static void ChangeEmail(this UnitOfWork work, Person person, Guid? identityId = null)
    {
        work.TakeEmail(
            person.Email, person.DisplayName, person.CustomerId(),
            Sql.Of(
                $"""
                update messaging.accounts set email_key = {EmailKey.Of(person.Email)}
                where tenant_id = {work.TenantId} and person_id = {person.Id}
                """),
            identityId);
    }

    /// <summary>Ends the links by which a person's address was to be another.</summary>
    public static void EndEmailChanges(this UnitOfWork work, Guid personId) =>
        work.EndEmailChanges(work.Account(personId));

    /// <summary>The same, of some accounts.</summary>
    /// <param name="accounts">A source of rows <c>tenant_id</c> and <c>person_id</c>.</param>
    public static void EndEmailChanges(this UnitOfWork work, Sql accounts) => work.Write(
        $"""
        update messaging.email_changes c set used_at = clock_timestamp()
        from {accounts} i where c.tenant_id = i.tenant_id and c.person_id = i.person_id and c.used_at is null
        """);

    /// <summary>
    /// Opens the account of somebody again who was deactivated. It has no password until they take the invitation up,
    /// and what was begun with an earlier one stays ended. It has an identity of its own, whatever it belonged to.
    /// </summary>
    public static void ReopenAccount(this UnitOfWork work, Person person, string address)
    {
        work.TakeEmail(
            address, person.DisplayName, person.CustomerId(),
            Sql.Of(
                $"""
                update messaging.accounts set active = true, email_key = {EmailKey.Of(address)}, password_hash = null,
                    identity_id = gen_random_uuid(),
                    password_changed_at = greatest(date_trunc('second', {work.Now}::timestamptz) + interval '1 second',
                        password_changed_at + interval '1 second')
                where tenant_id = {work.TenantId} and person_id = {person.Id}
                """));
    }

    /// <summary>
    /// Sets the password of somebody's identity: of all its accounts. Their sessions end, and the links for another
    /// password or address that were mailed.
    /// </summary>
    /// <param name="changedAt">
    /// In whole seconds, by the clock that issues tokens; after every token of this second.
    /// </param>
    /// <param name="keepsApiTokens">True when the sessions of API tokens go on.</param>
    public static void ChangePassword(
        this UnitOfWork work, Guid personId, string passwordHash, DateTimeOffset changedAt, bool keepsApiTokens)
    {
        work.Write(Identities.Lock(work.TenantId, personId));
        work.Write(
            $"""
            update messaging.accounts a set password_hash = {passwordHash},
                password_changed_at = greatest({changedAt}, a.password_changed_at + interval '1 second')
            from {Identities.AccountsOf(work.TenantId, personId)} i
            where a.tenant_id = i.tenant_id and a.person_id = i.person_id
            """);
        var all = Identities.AccountsOf(work.TenantId, personId);
        work.EndPasswordResets(all);
        work.EndEmailChanges(all);
        work.Write(Sessions.EndOf(all, keepsApiTokens));
    }

    /// <summary>
    /// Gives an account an identity of its own, where it shares one: whoever signs in to the others reaches it no more,
    /// nor the other way round. For what others than its person change about how one signs in to it.
    /// </summary>
    public static void SetApart(this UnitOfWork work, Guid personId) => work.Write(
        $"""
        update messaging.accounts a set identity_id = gen_random_uuid()
        where a.tenant_id = {work.TenantId} and a.person_id = {personId} and exists (
            select from messaging.accounts o
            where o.identity_id = a.identity_id and (o.tenant_id, o.person_id) <> (a.tenant_id, a.person_id))
        """);

    /// <summary>Ends the links for another password that were mailed for an account.</summary>
    public static void EndPasswordResets(this UnitOfWork work, Guid personId) =>
        work.EndPasswordResets(work.Account(personId));

    /// <summary>The same, of some accounts.</summary>
    /// <param name="accounts">A source of rows <c>tenant_id</c> and <c>person_id</c>.</param>
    public static void EndPasswordResets(this UnitOfWork work, Sql accounts) => work.Write(
        $"""
        update messaging.password_resets r set used_at = clock_timestamp()
        from {accounts} i where r.tenant_id = i.tenant_id and r.person_id = i.person_id and r.used_at is null
        """);

    /// <summary>Says of an account whether its person is limited to some of what their role sees.</summary>
    public static void LimitAccount(this UnitOfWork work, Guid personId, bool isLimited) => work.Write(
        $"""
        update messaging.accounts set is_limited = {isLimited}
        where tenant_id = {work.TenantId} and person_id = {personId}
        """);

    /// <summary>
    /// Says of the account of an auditor what its access is limited to. Sessions end with it; an API token that ended
    /// earlier for that reason only goes on for as long as it was made for.
    /// </summary>
    public static void ScopeAccount(this UnitOfWork work, Administrator auditor)
    {
        var (personId, scope) = (auditor.Id, auditor.Scope ?? AuditorScope.None);
        var until = scope.Until;
        work.Write(
            $"""
            update messaging.accounts set access_ends_at = {until}::timestamptz,
                without_notes = {!scope.WithNotes}, sees_from = {scope.From}::timestamptz,
                sees_to = {scope.To}::timestamptz, role = {AccountRoles.Of(auditor)}
            where tenant_id = {work.TenantId} and person_id = {personId}
            """);
        work.Write(
            $"""
            update messaging.sessions s set
                expires_at = least(coalesce(t.expires_at, s.expires_at), {until}::timestamptz),
                ends_at = least(coalesce(t.expires_at, s.ends_at), {until}::timestamptz)
            from messaging.sessions o
            left join messaging.api_tokens t on t.tenant_id = o.tenant_id and t.id = o.id
            where o.tenant_id = {work.TenantId} and o.person_id = {personId} and o.ended_at is null
                and s.tenant_id = o.tenant_id and s.id = o.id
            """);
    }

    /// <summary>Ends the access of a person: their account, its links to other issuers, and all sessions.</summary>
    public static void EndAccount(this UnitOfWork work, Guid personId)
    {
        work.Write(
            $"""
            update messaging.accounts set active = false
            where tenant_id = {work.TenantId} and person_id = {personId}
            """);
        work.Write(
            $"""
            delete from messaging.issuer_links
            where tenant_id = {work.TenantId} and person_id = {personId}
            """);
        work.EndPasswordResets(personId);
        work.EndEmailChanges(personId);
        work.EndSessions(personId);
    }

    /// <summary>
    /// Ends all sessions of an account. Call it after the statement that changes the account: the lock on that row
    /// keeps new sessions waiting.
    /// </summary>
    public static void EndSessions(this UnitOfWork work, Guid personId) =>
        work.Write(Sessions.EndOf(work.Account(personId), keepsApiTokens: false));

    // A source of one row.
    private static Sql Account(this UnitOfWork work, Guid personId) =>
        Sql.Of($"(select {work.TenantId}::text as tenant_id, {personId}::uuid as person_id)");
}
