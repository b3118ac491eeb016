using Messaging.Domain;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>A person who has just proved their identity: only they may begin a session.</summary>
/// <param name="Caller">The person.</param>
/// <param name="PasswordSetAt">
/// Identifies the password of the proof: the account's <c>password_changed_at</c> at that time.
/// </param>
public sealed record Proven(Caller Caller, DateTimeOffset? PasswordSetAt)
{
    /// <summary>What they proved besides the password; null while that is all.</summary>
    public ProvenFactor? SecondFactor { get; init; }
}

/// <summary>Lifetimes of sessions.</summary>
/// <param name="Token">Lifetime of a session that is not renewed: that of its only token.</param>
/// <param name="Idle">Idle time after which a session renewed by a browser ends.</param>
/// <param name="Longest">Time after which a session ends in any case.</param>
public sealed record SessionLimits(TimeSpan Token, TimeSpan Idle, TimeSpan Longest);

/// <summary>The place of a session, by which its owner recognises it.</summary>
/// <param name="Network">The network of its last address, at most <see cref="NetworkMaximum"/> characters.</param>
/// <param name="Device">The program's own name for itself, at most <see cref="DeviceMaximum"/> characters.</param>
public sealed record SessionPlace(string Network, string Device)
{
    /// <summary>Most characters of a network: an IPv6 network with its prefix length.</summary>
    public const int NetworkMaximum = 43;

    /// <summary>The most characters of a device.</summary>
    public const int DeviceMaximum = 60;
}

/// <summary>A session that has begun or was renewed.</summary>
/// <param name="Caller">The person signed in, with the session.</param>
/// <param name="Generation">The number of its latest refresh token; null when it has none.</param>
/// <param name="ExpiresAt">The instant at which it ends unless it is used before.</param>
public sealed record LiveSession(Caller Caller, int? Generation, DateTimeOffset ExpiresAt);

/// <summary>The result of presenting a refresh token.</summary>
/// <param name="Session">The session that goes on; null when it does not.</param>
/// <param name="ReusedBy">
/// The owner of a session that was ended just now, because the token had been exchanged long before: somebody else has
/// a copy.
/// </param>
public sealed record Renewal(LiveSession? Session, Caller? ReusedBy);

/// <summary>A session, as its owner sees it.</summary>
/// <param name="InBrowser">True when a browser's cookie renews it.</param>
/// <param name="TenantId">The organisation of the account that it is signed in to.</param>
/// <param name="PersonId">The person of that account.</param>
public sealed record SessionRow(
    Guid Id, DateTimeOffset StartedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, bool InBrowser,
    string Network, string Device, string TenantId, Guid PersonId);

/// <summary>
/// The sessions of those who are signed in (<c>messaging.sessions</c>). A token names its session; when that has ended,
/// the token works no more, on whichever node. All times are those of the database's clock, so that nodes need not
/// agree on theirs. API tokens have sessions there as well, which <see cref="ApiTokens"/> lists and ends.
/// </summary>
public sealed class Sessions(NpgsqlDataSource database, SessionLimits limits)
{
    /// <summary>
    /// The most sessions of a person in browsers; the one used longest ago ends when there is one more.
    /// </summary>
    public const int BrowsersMaximum = 50;

    /// <summary>
    /// The most sessions of a person that have one token each; the oldest ends when there is one more.
    /// </summary>
    public const int TokensMaximum = 200;

    /// <summary>
    /// Time for which an exchanged refresh token still works: for a second tab, and for a lost answer.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    /// <summary>Time after a sign-in in which the password is not asked for again.</summary>
    public static readonly TimeSpan Recent = TimeSpan.FromMinutes(10);

    // Precision of a session's last use.
    private static readonly TimeSpan s_coarsely = TimeSpan.FromMinutes(5);

    // Retention of ended sessions, in which other nodes hear of them.
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(1);

    internal const string IsLive = "s.ended_at is null and s.expires_at > clock_timestamp()";

    /// <summary>
    /// Condition on a session <c>s</c>: it began with a sign-in. Sessions of API tokens are not sign-ins.
    /// </summary>
    internal const string IsSignIn =
        "not exists (select from messaging.api_tokens k where k.tenant_id = s.tenant_id and k.id = s.id)";

    // Sessions end with their account's deactivation, and with a change of password, even one by a node of an earlier
    // version.
    // One that began with a password alone ends when a second factor is asked for, whichever node began it.
    private static readonly Sql s_isOfAccount = Sql.Raw(
        $"a.tenant_id = s.tenant_id and a.person_id = s.person_id and {OpenAccounts.IsOpen} "
            + "and a.password_changed_at is not "
            + $"distinct from s.password_set_at and (s.second_factor is not null or ({SecondFactors.IsNotAsked}))");

    private static readonly Sql s_isLive = Sql.Raw(IsLive);
    private static readonly Sql s_isSignIn = Sql.Raw(IsSignIn);
    private static readonly Sql s_any = Sql.Raw("true");

    /// <summary>Begins a session.</summary>
    /// <param name="place">The place where it is used.</param>
    /// <param name="inBrowser">True when refresh tokens renew it; otherwise it ends with its only token.</param>
    /// <param name="endsAt">Latest end, when that is earlier than the settings say.</param>
    /// <returns>
    /// Null when the person is gone, has changed the password since the proof, or is asked for a second factor.
    /// </returns>
    public async Task<LiveSession?> BeginAsync(
        Proven proven, SessionPlace place, bool inBrowser, DateTimeOffset? endsAt, CancellationToken cancellation)
    {
        var (caller, id) = (proven.Caller, Guid.CreateVersion7());
        var factor = proven.SecondFactor?.ToString();
        var idle = inBrowser ? limits.Idle : limits.Token;
        var longest = inBrowser ? limits.Longest : limits.Token;

        // The lock makes a change of the account wait, which then ends this session too; or it waits for that change,
        // and finds another password.
        var begun = await Sql.Of(
            $"""
            with account as materialized (
                select a.tenant_id, a.person_id, a.password_changed_at,
                    case when {factor}::text is null then {Sql.Raw(SecondFactors.RequiredFrom)} end as required_from
                from messaging.accounts a
                where a.tenant_id = {caller.TenantId} and a.person_id = {caller.Actor.Id}
                    and {Sql.Raw(OpenAccounts.IsOpen)}
                    and a.password_changed_at is not distinct from {proven.PasswordSetAt}::timestamptz
                    and ({factor}::text is not null or ({Sql.Raw(SecondFactors.IsNotAsked)}))
                for share of a),
            times as materialized (select clock_timestamp() as now)
            insert into messaging.sessions (
                tenant_id, id, person_id, started_at, last_used_at, expires_at, ends_at, password_set_at, generation,
                network, device, second_factor)
            select a.tenant_id, {id}, a.person_id, t.now, t.now,
                least(t.now + {idle}, t.now + {longest}, {endsAt}::timestamptz, a.required_from),
                least(t.now + {longest}, {endsAt}::timestamptz, a.required_from),
                a.password_changed_at, {(inBrowser ? 0 : (int?)null)}::int, {place.Network}, {place.Device},
                {factor}::text
            from account a cross join times t
            returning expires_at
            """).ReturningAsync(database, r => r.Instant(0), cancellation);
        if (begun is not [var expiresAt]) return null;
        await TidyAsync(caller, inBrowser, cancellation);
        return new LiveSession(caller with { SessionId = id }, inBrowser ? 0 : null, expiresAt);
    }

    /// <summary>
    /// Exchanges a refresh token. The latest token is exchanged for the next one; a token exchanged a moment ago gets
    /// that same next one.
    /// </summary>
    /// <param name="personId">The owner that the session must have; null for whoever it is.</param>
    /// <param name="generation">The number of the token.</param>
    public async Task<Renewal> RenewAsync(
        string tenantId, Guid? personId, Guid id, int generation, SessionPlace place, CancellationToken cancellation)
    {
        // Exchanged at most once within the grace period: so a concurrent request with the token before is never two
        // behind. A token that is ahead was issued before the database was restored from a backup.
        var rotates = Sql.Of(
            $"""
            ({generation} >= s.generation
                and coalesce(s.rotated_at, '-infinity') <= clock_timestamp() - {Grace})
            """);
        var renewed = await Sql.Of(
            $"""
            update messaging.sessions s set
                generation = case when {rotates} then {generation + 1} else greatest(s.generation, {generation}) end,
                rotated_at = case when {rotates} then clock_timestamp() else s.rotated_at end,
                last_used_at = clock_timestamp(), expires_at = least(s.ends_at, clock_timestamp() + {limits.Idle}),
                network = {place.Network}, device = {place.Device}
            from messaging.accounts a
            where s.tenant_id = {tenantId} and s.id = {id} and {s_isLive} and {s_isOfAccount}
                and s.person_id = coalesce({personId}::uuid, s.person_id)
                and ({generation} >= s.generation
                    or ({generation} = s.generation - 1 and s.rotated_at > clock_timestamp() - {Grace}))
            returning {SignIn.AccountColumns}, s.generation, s.expires_at
            """).ReturningAsync(
                database,
                r => new LiveSession(
                    SignIn.CallerOf(r) with { SessionId = id }, r.GetInt32(SignIn.AfterAccount),
                    r.Instant(SignIn.AfterAccount + 1)),
                cancellation);
        if (renewed is [var session]) return new Renewal(session, null);

        var reused = await Sql.Of(
            $"""
            update messaging.sessions s set ended_at = clock_timestamp(), expires_at = clock_timestamp()
            from messaging.accounts a
            where s.tenant_id = {tenantId} and s.id = {id} and {s_isLive} and {s_isOfAccount}
                and s.person_id = coalesce({personId}::uuid, s.person_id) and s.generation > {generation}
                and not ({generation} = s.generation - 1 and s.rotated_at > clock_timestamp() - {Grace})
            returning {SignIn.AccountColumns}
            """).ReturningAsync(database, SignIn.CallerOf, cancellation);
        return new Renewal(null, reused.FirstOrDefault());
    }

    /// <summary>Finds the person of a token's session, as they are now.</summary>
    /// <returns>Null when the session has ended, or they are gone.</returns>
    public async Task<Caller?> FindAsync(string tenantId, Guid personId, Guid id, CancellationToken cancellation)
    {
        var found = (await Sql.Of(
            $"""
            select {SignIn.AccountColumns}, s.last_used_at < clock_timestamp() - {s_coarsely}
            from messaging.sessions s join messaging.accounts a on {s_isOfAccount}
            where s.tenant_id = {tenantId} and s.id = {id} and s.person_id = {personId} and {s_isLive}
            """).ListAsync(
                database, r => (Caller: SignIn.CallerOf(r), IsOld: r.GetBoolean(SignIn.AfterAccount)), cancellation));
        if (found is not [var (caller, isOld)]) return null;
        if (isOld)
        {
            await Sql.Of(
                $"""
                update messaging.sessions set last_used_at = clock_timestamp()
                where tenant_id = {tenantId} and id = {id} and last_used_at < clock_timestamp() - {s_coarsely}
                """).ExecuteAsync(database, cancellation);
        }

        return caller with { SessionId = id };
    }

    /// <summary>
    /// The sessions of all accounts of the caller's identity that have not ended, the one used last first; at most
    /// <see cref="BrowsersMaximum"/> and <see cref="TokensMaximum"/>.
    /// </summary>
    public async Task<IReadOnlyList<SessionRow>> ListAsync(Caller caller, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select s.id, s.started_at, s.last_used_at, s.expires_at, s.generation is not null, s.network, s.device,
                s.tenant_id, s.person_id
            from {Identities.AccountsOf(caller.TenantId, caller.Actor.Id)} i
            join messaging.sessions s on s.tenant_id = i.tenant_id and s.person_id = i.person_id
            join messaging.accounts a on {s_isOfAccount}
            where {s_isLive} and {s_isSignIn}
            order by s.last_used_at desc, s.id desc limit {BrowsersMaximum + TokensMaximum}
            """).ListAsync(
                database,
                r => new SessionRow(
                    r.GetGuid(0), r.Instant(1), r.Instant(2), r.Instant(3), r.GetBoolean(4), r.GetString(5),
                    r.GetString(6), r.GetString(7), r.GetGuid(8)),
                cancellation);

    /// <summary>What somebody proved besides their password as their session began, and whether lately.</summary>
    /// <returns>Nothing for a caller without a session.</returns>
    public async Task<(ProvenFactor? Factor, bool IsRecent)> ProofOfAsync(
        Caller caller, CancellationToken cancellation)
    {
        if (caller.SessionId is not { } id) return (null, false);
        var found = await Sql.Of(
            $"""
            select s.second_factor, s.started_at > clock_timestamp() - {Recent} from messaging.sessions s
            where s.tenant_id = {caller.TenantId} and s.id = {id} and s.person_id = {caller.Actor.Id}
            """).ListAsync(
                database, r => (r.IsDBNull(0) ? (ProvenFactor?)null : r.Enumeration<ProvenFactor>(0), r.GetBoolean(1)),
                cancellation);
        return found is [var proof] ? proof : (null, false);
    }

    /// <summary>Ends a session whose token proves whose it is.</summary>
    /// <returns>True when there was one that had not ended.</returns>
    public async Task<bool> EndAsync(string tenantId, Guid id, CancellationToken cancellation) =>
        (await EndAsync(Sql.Of($"s.tenant_id = {tenantId} and s.id = {id}"), cancellation)).Count > 0;

    /// <summary>Ends a session of the caller's identity.</summary>
    /// <returns>True when there was one that had not ended.</returns>
    public async Task<bool> EndAsync(Caller caller, Guid id, CancellationToken cancellation) =>
        (await EndAsync(Sql.Of($"{OfIdentity(caller)} and s.id = {id}"), cancellation)).Count > 0;

    /// <summary>Ends all sessions of the caller's identity except some.</summary>
    /// <returns>The ended sessions.</returns>
    public Task<IReadOnlyList<Guid>> EndOthersAsync(
        Caller caller, IReadOnlyCollection<Guid> but, CancellationToken cancellation) =>
        EndAsync(Sql.Of($"{OfIdentity(caller)} and s.id <> all({but.ToArray()})"), cancellation);

    /// <summary>The statement that ends all sessions of some accounts.</summary>
    /// <param name="accounts">A source of rows <c>tenant_id</c> and <c>person_id</c>.</param>
    /// <param name="keepsApiTokens">True when the sessions of API tokens go on.</param>
    /// <param name="which">A condition on a session <c>s</c>; null for all.</param>
    internal static Sql EndOf(Sql accounts, bool keepsApiTokens, Sql? which = null) => Sql.Of(
        $"""
        update messaging.sessions s set ended_at = clock_timestamp(),
            expires_at = least(s.expires_at, clock_timestamp())
        from {accounts} i
        where s.tenant_id = i.tenant_id and s.person_id = i.person_id and {s_isLive}
            and ({!keepsApiTokens} or {s_isSignIn}) and {which ?? s_any}
        """);

    /// <summary>
    /// The sessions that were ended lately, by whichever node, since a second factor is required or since the access of
    /// their person ended, and what time it is by the database's clock. Half a minute before is looked at again: what
    /// ends a session may commit somewhat later.
    /// </summary>
    /// <param name="since">By that clock; null is now.</param>
    public async Task<(IReadOnlyList<Guid> Ids, DateTimeOffset Now)> EndedAsync(
        DateTimeOffset? since, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            select s.id, t.now from (select clock_timestamp() as now) t
            left join lateral (
                select e.id from messaging.sessions e
                where e.ended_at is not null
                    and e.ended_at > coalesce({since}::timestamptz, t.now) - interval '30 seconds'
                union all
                select e.id from messaging.second_factor_requirements r
                join messaging.sessions e on e.tenant_id = r.tenant_id and e.ends_at = r.required_from
                where r.required_from <= t.now and e.second_factor is null
                    and r.required_from > coalesce({since}::timestamptz, t.now) - interval '30 seconds'
                union all
                select e.id from messaging.accounts a
                join messaging.sessions e on e.tenant_id = a.tenant_id and e.person_id = a.person_id
                where a.access_ends_at <= t.now
                    and a.access_ends_at > coalesce({since}::timestamptz, t.now) - interval '30 seconds') s on true
            """).ListAsync(database, r => (Id: r.GuidOrNull(0), Now: r.Instant(1)), cancellation);
        return ([.. rows.Select(r => r.Id).OfType<Guid>()], rows[0].Now);
    }

    private static Sql OfIdentity(Caller caller) => Sql.Of(
        $"""
        (s.tenant_id, s.person_id) in (
            select tenant_id, person_id from {Identities.AccountsOf(caller.TenantId, caller.Actor.Id)} i)
        """);

    private async Task<IReadOnlyList<Guid>> EndAsync(Sql which, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            update messaging.sessions s set ended_at = clock_timestamp(), expires_at = clock_timestamp()
            where {which} and {s_isLive} and {s_isSignIn}
            returning s.id
            """).ReturningAsync(database, r => r.GetGuid(0), cancellation);

    // Ends surplus sessions and removes some that ended long ago; each sign-in bears this small cost.
    private async Task TidyAsync(Caller caller, bool inBrowser, CancellationToken cancellation)
    {
        var (tenant, most) = (caller.TenantId, inBrowser ? BrowsersMaximum : TokensMaximum);
        await Sql.Of(
            $"""
            update messaging.accounts set used_at = clock_timestamp()
            where tenant_id = {tenant} and person_id = {caller.Actor.Id}
            """).ExecuteAsync(database, cancellation);
        await Sql.Of(
            $"""
            update messaging.sessions set ended_at = clock_timestamp(), expires_at = clock_timestamp()
            where tenant_id = {tenant} and id in (
                select s.id from messaging.sessions s
                where s.tenant_id = {tenant} and s.person_id = {caller.Actor.Id} and {s_isLive}
                    and (s.generation is not null) = {inBrowser} and {s_isSignIn}
                order by {Sql.Raw(inBrowser ? "s.last_used_at desc, " : "")}s.started_at desc, s.id desc offset {most})
            """).ExecuteAsync(database, cancellation);
        await Sql.Of(
            $"""
            with old as materialized (
                select tenant_id, id from messaging.sessions where expires_at < clock_timestamp() - {s_kept}
                limit 20 for update skip locked)
            delete from messaging.sessions s using old where s.tenant_id = old.tenant_id and s.id = old.id
            """).ExecuteAsync(database, cancellation);
    }
}
