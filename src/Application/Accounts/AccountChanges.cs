using Messaging.Application.Commands;
using Messaging.Projections.Storage;

namespace Messaging.Application.Accounts;

/// <summary>Changes that commands make to accounts.</summary>
internal static class AccountChanges
{
    /// <summary>Reads whether somebody has an address.</summary>
    public static void Email(this ReadSet reads, string address) =>
        reads.Lookup(AccountLookups.Emails, EmailKey.AllOf(address));

    /// <summary>True when an account has the address.</summary>
    public static bool IsEmailTaken(this UnitOfWork work, string address) => work.HolderOf(address) is not null;

    /// <summary>The name of whoever has the address; null when it is free, as that of somebody who left.</summary>
    public static string? HolderOf(this UnitOfWork work, string address) =>
        EmailKey.AllOf(address)
            .Select(key => work.Find(AccountLookups.Emails, key)?.Holder)
            .FirstOrDefault(holder => holder is not null);

    /// <summary>The number of invitations that the address got within a day.</summary>
    public static int AskedOf(this UnitOfWork work, string address) =>
        EmailKey.AllOf(address).Sum(key => work.Find(AccountLookups.Emails, key)?.Asked ?? 0);

    /// <summary>Claims the address for the person that the command invites.</summary>
    public static void TakeEmail(this UnitOfWork work, string address, string name) =>
        work.Set(AccountLookups.Emails, EmailKey.Of(address), new EmailUse(name, work.AskedOf(address) + 1));

    /// <summary>Gives the account of a person another address, which they sign in with from then on.</summary>
    public static void ChangeEmail(this UnitOfWork work, Guid personId, string address, string name)
    {
        work.TakeEmail(address, name);
        work.Write(
            $"""
            update messaging.accounts set email_key = {EmailKey.Of(address)}
            where tenant_id = {work.TenantId} and person_id = {personId}
            """);
    }

    /// <summary>Ends the links by which a person's address was to be another.</summary>
    public static void EndEmailChanges(this UnitOfWork work, Guid personId) => work.Write(
        $"""
        update messaging.email_changes set used_at = clock_timestamp()
        where tenant_id = {work.TenantId} and person_id = {personId} and used_at is null
        """);

    /// <summary>
    /// Opens the account of somebody again who was deactivated. It has no password until they take the invitation up,
    /// and what was begun with an earlier one stays ended.
    /// </summary>
    public static void ReopenAccount(this UnitOfWork work, Guid personId, string address, string name)
    {
        work.TakeEmail(address, name);
        work.Write(
            $"""
            update messaging.accounts set active = true, email_key = {EmailKey.Of(address)}, password_hash = null,
                password_changed_at = greatest(date_trunc('second', {work.Now}::timestamptz) + interval '1 second',
                    password_changed_at + interval '1 second')
            where tenant_id = {work.TenantId} and person_id = {personId}
            """);
    }

    /// <summary>
    /// Sets somebody's password. Their sessions end, and the links for another password or address that were mailed.
    /// </summary>
    /// <param name="changedAt">
    /// In whole seconds, by the clock that issues tokens; after every token of this second.
    /// </param>
    /// <param name="keepsApiTokens">True when the sessions of API tokens go on.</param>
    public static void ChangePassword(
        this UnitOfWork work, Guid personId, string passwordHash, DateTimeOffset changedAt, bool keepsApiTokens)
    {
        work.Write(
            $"""
            update messaging.accounts set password_hash = {passwordHash}, password_changed_at = greatest({changedAt},
                password_changed_at + interval '1 second')
            where tenant_id = {work.TenantId} and person_id = {personId}
            """);
        work.EndPasswordResets(personId);
        work.EndEmailChanges(personId);
        work.EndSessions(personId, keepsApiTokens);
    }

    /// <summary>Ends the links for another password that were mailed to a person.</summary>
    public static void EndPasswordResets(this UnitOfWork work, Guid personId) => work.Write(
        $"""
        update messaging.password_resets set used_at = clock_timestamp()
        where tenant_id = {work.TenantId} and person_id = {personId} and used_at is null
        """);

    /// <summary>Says of an account whether its person is limited to some of what their role sees.</summary>
    public static void LimitAccount(this UnitOfWork work, Guid personId, bool isLimited) => work.Write(
        $"""
        update messaging.accounts set is_limited = {isLimited}
        where tenant_id = {work.TenantId} and person_id = {personId}
        """);

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
    /// Ends all sessions of a person. Call it after the statement that changes their account: the lock on that row
    /// keeps new sessions waiting.
    /// </summary>
    /// <param name="keepsApiTokens">True when the sessions of API tokens go on.</param>
    public static void EndSessions(this UnitOfWork work, Guid personId, bool keepsApiTokens = false) => work.Write(
        $"""
        update messaging.sessions s set ended_at = clock_timestamp(), expires_at = least(expires_at, clock_timestamp())
        where tenant_id = {work.TenantId} and person_id = {personId} and {Sql.Raw(Sessions.IsLive)}
            and ({!keepsApiTokens} or {Sql.Raw(Sessions.IsSignIn)})
        """);
}
