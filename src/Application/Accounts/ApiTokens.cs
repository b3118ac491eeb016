using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>The owner of an API token.</summary>
/// <param name="Caller">The owner as a caller, with the token's scope and session.</param>
/// <param name="ExpiresAt">The instant at which it expires.</param>
/// <param name="IsElsewhere">True when the network differs from the one last recorded.</param>
public sealed record KnownApiToken(Caller Caller, DateTimeOffset ExpiresAt, bool IsElsewhere);

/// <summary>An API token, as its owner sees it.</summary>
/// <param name="PersonId">The person or service account that its bearer acts as.</param>
/// <param name="Preview">Its first and last characters, to recognise it by.</param>
/// <param name="CreatedBy">Its creator: the person, or an owner of the office.</param>
/// <param name="LastUsedAt">Precise to some minutes; null when it was never used.</param>
/// <param name="Network">The network that it was used from then.</param>
public sealed record ApiTokenRow(
    Guid Id, Guid PersonId, string Name, ApiTokenScope Scope, string Preview, Guid CreatedBy, DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt, string? Network);

/// <summary>
/// The API tokens of people and service accounts (<c>messaging.api_tokens</c>), by which a script acts as them without
/// signing in. Each has a session of the same id: it ends with that, for commands at once and for everything else
/// within five seconds, on any node. A new password leaves them, unless told otherwise; who leaves the office or the
/// customer leaves them all behind. All times are those of the database's clock.
/// </summary>
public sealed class ApiTokens(NpgsqlDataSource database)
{
    /// <summary>The longest that one works.</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(366);

    /// <summary>The most of a person or a service account that work at once.</summary>
    public const int Maximum = 50;

    /// <summary>The most characters of a name.</summary>
    public const int NameMaximum = 100;

    /// <summary>
    /// Time for which an expired token is still listed, so that its owner sees why something has stopped; then the row
    /// is removed.
    /// </summary>
    public static readonly TimeSpan ListedAfterExpiry = TimeSpan.FromDays(30);

    /// <summary>The most that are listed of a person or a service account.</summary>
    public const int ListedMaximum = 2 * Maximum;

    // Precision of the last use, and of the network recorded with it.
    private static readonly TimeSpan s_coarsely = TimeSpan.FromMinutes(5);

    private static readonly Sql s_columns = Sql.Raw(
        """
        t.id, t.person_id, t.name, t.scope, t.preview, t.created_by, t.created_at, t.expires_at, t.last_used_at,
        t.network
        """);

    // Columns of a token that identify its owner.
    private static readonly Sql s_foundColumns = Sql.Of(
        $"{SignIn.AccountColumns}, t.id, t.scope, t.expires_at, t.network");

    /// <summary>Selects the working tokens; callers append conditions.</summary>
    internal const string Working =
        $"""
        from messaging.api_tokens t
        join messaging.sessions s on s.tenant_id = t.tenant_id and s.id = t.id and s.person_id = t.person_id
        join messaging.accounts a on a.tenant_id = t.tenant_id and a.person_id = t.person_id
            and {OpenAccounts.IsOpen}
        where {Sessions.IsLive}
        """;

    /// <summary>Finds the owner of a token and records its use.</summary>
    /// <param name="token">As it came, well-formed or not.</param>
    /// <param name="network">
    /// The network it came from; at most <see cref="SessionPlace.NetworkMaximum"/> characters.
    /// </param>
    /// <returns>Null when there is no such token, it has ended, or its person is gone.</returns>
    public async Task<KnownApiToken?> FindAsync(string token, string network, CancellationToken cancellation)
    {
        if (!ApiTokenSecret.IsWellFormed(token)) return null;
        var found = await Sql.Of(
            $"""
            select {s_foundColumns}, coalesce(t.last_used_at < clock_timestamp() - {s_coarsely}, true)
            {Sql.Raw(Working)} and t.token_hash = {ApiTokenSecret.HashOf(token)}
            """).FirstAsync(
                database, r => FoundOf(r) with { IsOld = r.GetBoolean(SignIn.AfterAccount + 4) }, cancellation);
        if (found is null) return null;
        if (found.IsOld)
        {
            await Sql.Of(
                $"""
                update messaging.api_tokens set last_used_at = clock_timestamp(), network = {network}
                where tenant_id = {found.Caller.TenantId} and id = {found.Caller.SessionId}
                    and coalesce(last_used_at < clock_timestamp() - {s_coarsely}, true)
                """).ExecuteAsync(database, cancellation);
        }

        return new KnownApiToken(
            found.Caller, found.ExpiresAt, found.IsOld && found.Network is { } before && before != network);
    }

    /// <summary>The current owner of a token.</summary>
    /// <returns>Null when it has ended or its owner is gone.</returns>
    public async Task<Caller?> FindAsync(string tenantId, Guid id, CancellationToken cancellation)
    {
        var found = await Sql.Of(
            $"select {s_foundColumns} {Sql.Raw(Working)} and t.tenant_id = {tenantId} and t.id = {id}")
            .FirstAsync(database, FoundOf, cancellation);
        return found?.Caller;
    }

    /// <summary>
    /// The tokens of people and service accounts that work, or have expired lately, of each the latest first; at most
    /// <see cref="ListedMaximum"/>.
    /// </summary>
    public async Task<ILookup<Guid, ApiTokenRow>> ListAsync(
        string tenantId, IReadOnlyCollection<Guid> of, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            select r.* from unnest({of.Distinct().ToArray()}) as p(id)
            cross join lateral (
                select {s_columns} {Listed(tenantId)} and t.person_id = p.id order by t.created_at desc, t.id desc
                limit {ListedMaximum}) r
            """).ListAsync(database, RowOf, cancellation);
        return rows.ToLookup(r => r.PersonId);
    }

    /// <summary>One of them.</summary>
    /// <returns>Null when it is not listed any more.</returns>
    public Task<ApiTokenRow?> FindRowAsync(string tenantId, Guid id, CancellationToken cancellation) =>
        Sql.Of($"select {s_columns} {Listed(tenantId)} and t.id = {id}").FirstAsync(database, RowOf, cancellation);

    /// <summary>Ends a token: one of the caller's, or, for an owner, of a service account of the office.</summary>
    /// <returns>True when there was one that had not ended.</returns>
    public async Task<bool> EndAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        var isOwner = caller.Actor is Actor.Administrator { IsOwner: true };
        var ended = await Sql.Of(
            $"""
            with ended as (
                update messaging.api_tokens t set ended_at = clock_timestamp()
                where t.tenant_id = {caller.TenantId} and t.id = {id} and t.ended_at is null
                    and (t.person_id = {caller.Actor.Id}
                        or ({isOwner} and exists (
                            select from messaging.administrators a
                            where a.tenant_id = t.tenant_id and a.id = t.person_id
                                and a.email = {ServiceAccount.Email})))
                returning t.tenant_id, t.id),
            session as (
                update messaging.sessions s set ended_at = clock_timestamp(), expires_at = clock_timestamp()
                from ended e where s.tenant_id = e.tenant_id and s.id = e.id and {Sql.Raw(Sessions.IsLive)})
            select id from ended
            """).ReturningAsync(database, r => r.GetGuid(0), cancellation);
        return ended.Count > 0;
    }

    // A session is gone a day after it has expired.
    private static Sql Listed(string tenantId) => Sql.Of(
        $"""
        from messaging.api_tokens t left join messaging.sessions s on s.tenant_id = t.tenant_id and s.id = t.id
        where t.tenant_id = {tenantId} and t.ended_at is null and s.ended_at is null
            and t.expires_at > clock_timestamp() - {ListedAfterExpiry}
        """);

    private static Found FoundOf(NpgsqlDataReader row)
    {
        const int at = SignIn.AfterAccount;
        var caller = SignIn.CallerOf(row) with
        {
            SessionId = row.GetGuid(at),
            ApiToken = row.Enumeration<ApiTokenScope>(at + 1),
        };
        return new Found(caller, row.Instant(at + 2), row.StringOrNull(at + 3), IsOld: false);
    }

    private static ApiTokenRow RowOf(NpgsqlDataReader row) =>
        new(
            row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.Enumeration<ApiTokenScope>(3), row.GetString(4),
            row.GetGuid(5), row.Instant(6), row.Instant(7), row.InstantOrNull(8), row.StringOrNull(9));

    private sealed record Found(Caller Caller, DateTimeOffset ExpiresAt, string? Network, bool IsOld);
}
