using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;

namespace Messaging.Application.Accounts;

/// <summary>
/// Creates an API token for the caller or, when an owner asks, for a service account. The caller has just proved their
/// identity again, by the password.
/// </summary>
/// <param name="Id">The token, and its session; the client's choice or a new one.</param>
/// <param name="PersonId">The account that the token's bearer acts as.</param>
/// <param name="Secret">
/// The token itself, of which only the hash is kept. A repeat (<see cref="CommandOutcome.IsRepeat"/>) ignores it: the
/// token keeps the first command's secret, which nobody has any more.
/// </param>
[Stored("CreateApiTokenCommand")]
public sealed record CreateApiTokenCommand(
    Caller Caller, Guid Id, Guid PersonId, string Name, ApiTokenScope Scope, DateTimeOffset ExpiresAt,
    string Secret) : Command(Caller)
{
    private static readonly Sql s_areFew = Sql.Raw(
        ConcurrencyConflict.Unless(
            FormattableString.Invariant($"count(*) <= {ApiTokens.Maximum}"), "There are more API tokens."));

    internal override IReadOnlyList<Guid> IdempotencyKeys => [Id];

    internal override Guid PartitionKey => PersonId;

    internal override void Describe(ReceiptContent content) => content
        .Add("PersonId", PersonId).Add("Name", Name).Add("Scope", (int)Scope).Add("ExpiresAt", ExpiresAt);

    internal override void Read(ReadSet reads)
    {
        reads.Stream(PersonId);
        reads.Lookup(AccountLookups.ApiTokens, PersonId);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (PersonId != Caller.Actor.Id)
        {
            if (Caller.Actor is not Actor.Administrator { IsOwner: true })
                return new OnlyOwnersManageServiceAccounts();
            if (work.State<Administrator>(PersonId) is not { Active: true, IsServiceAccount: true })
                return new ServiceAccountNotFound("serviceAccountId");
        }

        if (Text.CheckLine(Name, "name", ApiTokens.NameMaximum) is { } name)
            return name;
        if (ExpiresAt <= work.Now || ExpiresAt > work.Now + ApiTokens.LongestLifetime)
            return new ExpiryIsNotPossible();
        if (work.Find(AccountLookups.ApiTokens, PersonId) >= ApiTokens.Maximum)
            return new TooManyApiTokens();

        // Commands that create a token for the same person wait for each other here, until the commit.
        work.Write(
            $"""
            select pg_advisory_xact_lock(
                hashtextextended('API tokens ' || {Caller.TenantId} || ' ' || {PersonId}::uuid, 0))
            """);

        // An id that names a session already creates nothing.
        work.Write(
            $"""
            with session as (
                insert into messaging.sessions (
                    tenant_id, id, person_id, started_at, last_used_at, expires_at, ends_at, password_set_at, network,
                        device)
                select a.tenant_id, {Id}, a.person_id, clock_timestamp(), clock_timestamp(), t.expires_at, t.expires_at,
                    a.password_changed_at, '', 'API token'
                from messaging.accounts a cross join (select {ExpiresAt.ToUniversalTime()}::timestamptz as expires_at) t
                where a.tenant_id = {Caller.TenantId} and a.person_id = {PersonId} and {Sql.Raw(OpenAccounts.IsOpen)}
                on conflict do nothing returning tenant_id, id, person_id, started_at, expires_at)
            insert into messaging.api_tokens (tenant_id, id, person_id, token_hash, name, scope, preview, created_by,
                created_at, expires_at)
            select tenant_id, id, person_id, {ApiTokenSecret.HashOf(Secret)}, {Name}, {Scope.ToString()},
                {ApiTokenSecret.PreviewOf(Secret)}, {Caller.Actor.Id}, started_at, expires_at
            from session
            """);

        // Another node may have created one since they were counted.
        work.Write(
            $"""
            select {s_areFew} {Sql.Raw(ApiTokens.Working)}
                and t.tenant_id = {Caller.TenantId} and t.person_id = {PersonId}
            """);
        work.Set(AccountLookups.ApiTokens, PersonId, work.Find(AccountLookups.ApiTokens, PersonId) + 1);

        // Each creation also removes some tokens that are no longer visible to anybody.
        work.Write(
            $"""
            delete from messaging.api_tokens where tenant_id = {Caller.TenantId} and id = any(array(
                select id from messaging.api_tokens
                    where tenant_id = {Caller.TenantId} and person_id = {PersonId}
                    and least(expires_at, ended_at) < clock_timestamp() - {ApiTokens.ListedAfterExpiry}::interval
                limit 20))
            """);
        return null;
    }
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
public sealed record ApiTokenNotFound() : Refusal(RefusalKind.NotFound, "There is no such API token of yours.", "id");
