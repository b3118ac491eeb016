using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;

namespace Messaging.Application.Accounts;

/// <summary>
/// Creates an API token: of the caller's own, or, for an owner, of a service account. Who it is was proved again just
/// before, by the password.
/// </summary>
/// <param name="Id">The token, and its session; the client's choice or a new one.</param>
/// <param name="PersonId">Whom whoever has it acts as.</param>
/// <param name="Secret">The token itself, of which only the hash is kept.</param>
[Stored("CreateApiTokenCommand")]
public sealed record CreateApiTokenCommand(
    Caller Caller, Guid Id, Guid PersonId, string Name, ApiTokenScope Scope, DateTimeOffset ExpiresAt,
    string Secret) : Command(Caller)
{
    private bool _wasDecided;

    /// <summary>
    /// Whether another command of this id had created it before: then its secret is another one, which nobody has any
    /// more.
    /// </summary>
    public bool IsRepeated { get; private set; }

    internal override IReadOnlyList<Guid> Ids => [Id];

    internal override Guid About => PersonId;

    internal override void Describe(ReceiptContent content) => content
        .Add("PersonId", PersonId).Add("Name", Name).Add("Scope", (int)Scope).Add("ExpiresAt", ExpiresAt);

    internal override void Read(Reads reads)
    {
        reads.Stream(PersonId);
        reads.ApiTokensOf(PersonId);
    }

    internal override Refusal? Decide(Workspace workspace)
    {
        if (PersonId != Caller.Actor.Id)
        {
            if (Caller.Actor is not Actor.Administrator { IsOwner: true })
                return new OnlyOwnersManageServiceAccounts();
            if (workspace.State<Administrator>(PersonId) is not { Active: true, IsServiceAccount: true })
                return new ServiceAccountIsUnknown("serviceAccountId");
        }

        if (Text.CheckLine(Name, "name", ApiTokens.NameMaximum) is { } name)
            return name;
        if (ExpiresAt <= workspace.Now || ExpiresAt > workspace.Now + ApiTokens.LongestLifetime)
            return new ExpiryIsNotPossible();
        if (workspace.ApiTokensOf(PersonId) >= ApiTokens.Maximum)
            return new TooManyApiTokens();

        // Those who create one for the same person wait for each other here, until the commit.
        workspace.Write(
            "select pg_advisory_xact_lock(hashtextextended('API tokens ' || ? || ' ' || ?::uuid, 0))",
            Caller.TenantId, PersonId);

        // An id that names a session already creates nothing.
        workspace.Write(
            """
            with session as (
                insert into messaging.sessions (
                    tenant_id, id, person_id, started_at, last_used_at, expires_at, ends_at, password_set_at, network,
                        device)
                select a.tenant_id, ?, a.person_id, clock_timestamp(), clock_timestamp(), t.expires_at, t.expires_at,
                    a.password_changed_at, '', 'API token'
                from messaging.accounts a cross join (select ?::timestamptz as expires_at) t
                where a.tenant_id = ? and a.person_id = ? and a.active
                on conflict do nothing returning tenant_id, id, person_id, started_at, expires_at)
            insert into messaging.api_tokens (tenant_id, id, person_id, token_hash, name, scope, preview, created_by,
                created_at, expires_at)
            select tenant_id, id, person_id, ?, ?, ?, ?, ?, started_at, expires_at from session
            """,
            Id,
            ExpiresAt.ToUniversalTime(),
            Caller.TenantId,
            PersonId,
            ApiTokenSecret.HashOf(Secret),
            Name,
            Scope.ToString(),
            ApiTokenSecret.PreviewOf(Secret),
            Caller.Actor.Id
        );

        // Another node may have created one since they were counted: then the statement fails, by dividing by zero as
        // EventAppend does, and it is decided again.
        workspace.Write(
            $"select 1 / (count(*) <= ?::int)::int {ApiTokens.Working} and t.tenant_id = ? and t.person_id = ?",
            ApiTokens.Maximum, Caller.TenantId, PersonId);
        workspace.NoteApiToken(PersonId);

        // Whoever creates one removes some that nobody sees any more.
        workspace.Write(
            """
            delete from messaging.api_tokens where tenant_id = ? and id = any(array(
                select id from messaging.api_tokens
                    where tenant_id = ? and person_id = ?
                    and least(expires_at, ended_at) < clock_timestamp() - ?::interval limit 20))
            """,
            Caller.TenantId, Caller.TenantId, PersonId, ApiTokens.ListedAfterExpiry);
        _wasDecided = true;
        return null;
    }

    // After a commit of unknown outcome this very command was carried out: its secret is the right one.
    internal override void Repeat(Workspace workspace) => IsRepeated = !_wasDecided;
}

/// <summary>A token that would have expired, or work for too long.</summary>
public sealed record ExpiryIsNotPossible()
    : Refusal(
        RefusalKind.Invalid,
        $"expiresAt must be in the future, {ApiTokens.LongestLifetime.Days} days from now at most.", "expiresAt");

/// <summary>So many tokens work already.</summary>
public sealed record TooManyApiTokens()
    : Refusal(RefusalKind.Conflict, $"There are {ApiTokens.Maximum} API tokens that work already; end one first.");

/// <summary>No token of the caller's, or one that was ended.</summary>
public sealed record ApiTokenIsUnknown() : Refusal(RefusalKind.NotFound, "There is no such API token of yours.", "id");
