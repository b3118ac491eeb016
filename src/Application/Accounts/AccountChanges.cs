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
    public static bool IsEmailTaken(this UnitOfWork work, string address) =>
        EmailKey.AllOf(address).Any(key => work.Find(AccountLookups.Emails, key));

    /// <summary>Claims the address for the person that the command adds.</summary>
    public static void TakeEmail(this UnitOfWork work, string address) =>
        work.Set(AccountLookups.Emails, EmailKey.Of(address), true);

    /// <summary>
    /// Sets somebody's password. Their sessions end, and the links for another password that were mailed to them.
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
        work.EndSessions(personId, keepsApiTokens);
    }

    /// <summary>Ends the links for another password that were mailed to a person.</summary>
    public static void EndPasswordResets(this UnitOfWork work, Guid personId) => work.Write(
        $"""
        update messaging.password_resets set used_at = clock_timestamp()
        where tenant_id = {work.TenantId} and person_id = {personId} and used_at is null
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
