using Dapper;
using Messaging.Domain;
using Messaging.Domain.Organisation;
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
    /// For how long one that has expired is still listed, so that its owner sees why something has stopped; later the
    /// row goes.
    /// </summary>
    public static readonly TimeSpan ListedAfterExpiry = TimeSpan.FromDays(30);

    /// <summary>The most that are listed of a person or a service account.</summary>
    public const int ListedMaximum = 2 * Maximum;

    // Precision of the last use, and of the network recorded with it.
    private static readonly TimeSpan s_coarsely = TimeSpan.FromMinutes(5);

    private const string Columns =
        """
        t.id as Id, t.person_id as PersonId, t.name as Name, t.scope as Scope, t.preview as Preview,
            t.created_by as CreatedBy, t.created_at as CreatedAt,
        t.expires_at as ExpiresAt, t.last_used_at as LastUsedAt, t.network as Network
        """;

    /// <summary>Selects the working tokens; callers append conditions.</summary>
    internal const string Working =
        $"""
        from messaging.api_tokens t
        join messaging.sessions s on s.tenant_id = t.tenant_id and s.id = t.id and s.person_id = t.person_id
        join messaging.accounts a on a.tenant_id = t.tenant_id and a.person_id = t.person_id and a.active
        where {Sessions.IsLive}
        """;

    // A session is gone a day after it has expired.
    private const string Listed =
        """
        from messaging.api_tokens t left join messaging.sessions s on s.tenant_id = t.tenant_id and s.id = t.id
        where t.tenant_id = @tenant and t.ended_at is null and s.ended_at is null
            and t.expires_at > clock_timestamp() - @listed
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
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var found = await connection.QuerySingleOrDefaultAsync<FoundRow>(new CommandDefinition(
            $"""
            select {SignIn.AccountColumns}, t.id as Id, t.scope as Scope, t.expires_at as ExpiresAt,
                t.network as Network,
                coalesce(t.last_used_at < clock_timestamp() - @coarsely, true) as IsOld
            {Working} and t.token_hash = @hash
            """,
            new { hash = ApiTokenSecret.HashOf(token), coarsely = s_coarsely }, cancellationToken: cancellation));
        if (found is null) return null;
        if (found.IsOld)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                """
                update messaging.api_tokens set last_used_at = clock_timestamp(), network = @network
                where tenant_id = @TenantId and id = @Id and coalesce(last_used_at < clock_timestamp() - @coarsely,
                    true)
                """,
                new { found.TenantId, found.Id, network, coarsely = s_coarsely }, cancellationToken: cancellation));
        }

        return new KnownApiToken(
            found.ToCaller(), Utc(found.ExpiresAt), found.IsOld && found.Network is { } before && before != network);
    }

    /// <summary>The current owner of a token.</summary>
    /// <returns>Null when it has ended or its owner is gone.</returns>
    public async Task<Caller?> FindAsync(string tenantId, Guid id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var found = await connection.QuerySingleOrDefaultAsync<FoundRow>(new CommandDefinition(
            $"""
            select {SignIn.AccountColumns}, t.id as Id, t.scope as Scope, t.expires_at as ExpiresAt,
                t.network as Network, false as IsOld
            {Working} and t.tenant_id = @tenantId and t.id = @id
            """,
            new { tenantId, id }, cancellationToken: cancellation));
        return found?.ToCaller();
    }

    /// <summary>
    /// The tokens of people and service accounts that work, or have expired lately, of each the latest first; at most
    /// <see cref="ListedMaximum"/>.
    /// </summary>
    public async Task<ILookup<Guid, ApiTokenRow>> ListAsync(
        string tenantId, IReadOnlyCollection<Guid> of, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            $"""
            select r.* from unnest(@of) as p(id)
            cross join lateral (select {Columns} {Listed} and t.person_id = p.id order by t.created_at desc, t.id desc
                limit @most) r
            """,
            new { tenant = tenantId, of = of.Distinct().ToArray(), listed = ListedAfterExpiry, most = ListedMaximum },
            cancellationToken: cancellation));
        return rows.ToLookup(r => r.PersonId, r => r.ToToken());
    }

    /// <summary>One of them.</summary>
    /// <returns>Null when it is not listed any more.</returns>
    public async Task<ApiTokenRow?> FindRowAsync(string tenantId, Guid id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(
            new CommandDefinition(
                $"select {Columns} {Listed} and t.id = @id",
                new
                {
                    tenant = tenantId,
                    id,
                    listed = ListedAfterExpiry,
                },
                cancellationToken: cancellation
            )
        );
        return row?.ToToken();
    }

    /// <summary>Ends a token: one of the caller's, or, for an owner, of a service account of the office.</summary>
    /// <returns>True when there was one that had not ended.</returns>
    public async Task<bool> EndAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var ended = await connection.QueryAsync<Guid>(new CommandDefinition(
            $"""
            with ended as (
                update messaging.api_tokens t set ended_at = clock_timestamp()
                where t.tenant_id = @tenant and t.id = @id and t.ended_at is null
                    and (t.person_id = @me or (@isOwner and exists (
                        select from messaging.administrators a
                        where a.tenant_id = t.tenant_id and a.id = t.person_id and a.email = @serviceAccount)))
                returning t.tenant_id, t.id),
            session as (
                update messaging.sessions s set ended_at = clock_timestamp(), expires_at = clock_timestamp()
                from ended e where s.tenant_id = e.tenant_id and s.id = e.id and {Sessions.IsLive})
            select id from ended
            """,
            new
            {
                tenant = caller.TenantId,
                id,
                me = caller.Actor.Id,
                isOwner = caller.Actor is Actor.Administrator { IsOwner: true },
                serviceAccount = ServiceAccount.Email,
            },
            cancellationToken: cancellation));
        return ended.Any();
    }

    private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));

    private sealed record FoundRow(
        string TenantId, Guid PersonId, string Role, bool IsOwner, Guid? CustomerId, Guid Id, string Scope,
        DateTime ExpiresAt, string? Network, bool IsOld)
    {
        public Caller ToCaller() =>
            SignIn.CallerOf(TenantId, PersonId, Role, IsOwner, CustomerId) with
            {
                SessionId = Id,
                ApiToken = Enum.Parse<ApiTokenScope>(Scope),
            };
    }

    private sealed record Row(
        Guid Id, Guid PersonId, string Name, string Scope, string Preview, Guid CreatedBy, DateTime CreatedAt,
        DateTime ExpiresAt, DateTime? LastUsedAt, string? Network)
    {
        public ApiTokenRow ToToken() =>
            new(
                Id, PersonId, Name, Enum.Parse<ApiTokenScope>(Scope), Preview, CreatedBy, Utc(CreatedAt),
                Utc(ExpiresAt), LastUsedAt is { } used ? Utc(used) : null, Network);
    }
}
