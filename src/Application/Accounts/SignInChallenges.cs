using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>A sign-in that has come as far as the password.</summary>
/// <param name="Proven">Whoever proved the password.</param>
/// <param name="Token">The token by which it goes on.</param>
/// <param name="ExpiresAt">The instant at which it ends.</param>
/// <param name="Options">What a passkey is asked, in JSON; null when the person has none.</param>
public sealed record SignInChallenge(Proven Proven, string Token, DateTimeOffset ExpiresAt, string? Options);

/// <summary>
/// Sign-ins that have come as far as the password (<c>messaging.sign_in_challenges</c>): each goes on once, within
/// <see cref="Lifetime"/>, by a token of 256 random bits, unless the password is changed before. All times are those of
/// the database's clock.
/// </summary>
public sealed class SignInChallenges(NpgsqlDataSource database)
{
    /// <summary>Time in which the second step has to be taken; an app may have to be installed in it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>The most answers to one; then the password is asked for again.</summary>
    public const int AttemptsMaximum = 5;

    /// <summary>The most of one person; the oldest ends when there is one more.</summary>
    public const int Maximum = 20;

    /// <summary>Begins one.</summary>
    /// <returns>Null when the person is gone or has changed the password since the proof.</returns>
    public async Task<SignInChallenge?> BeginAsync(Proven proven, string? options, CancellationToken cancellation)
    {
        var (tenant, person) = (proven.Caller.TenantId, proven.Caller.Actor.Id);
        var token = Invitations.NewToken();
        var begun = await Sql.Of(
            $"""
            insert into messaging.sign_in_challenges (
                token_hash, tenant_id, person_id, password_set_at, created_at, expires_at, attempts, options)
            select {Invitations.HashOf(token)}, a.tenant_id, a.person_id, a.password_changed_at, t.now,
                t.now + {Lifetime}, 0, {options}::text
            from messaging.accounts a cross join (select clock_timestamp() as now) t
            where a.tenant_id = {tenant} and a.person_id = {person} and {Sql.Raw(OpenAccounts.IsOpen)}
                and a.password_changed_at is not distinct from {proven.PasswordSetAt}::timestamptz
            returning expires_at
            """).ReturningAsync(database, r => r.Instant(0), cancellation);
        if (begun is not [var expires]) return null;

        // Each also removes what is surplus or over, of whomever.
        await Sql.Of(
            $"""
            delete from messaging.sign_in_challenges where token_hash = any(array(
                select token_hash from messaging.sign_in_challenges
                where tenant_id = {tenant} and person_id = {person} order by created_at desc offset {Maximum})
                || array(select token_hash from messaging.sign_in_challenges
                    where expires_at < clock_timestamp() limit 20))
            """).ExecuteAsync(database, cancellation);
        return new SignInChallenge(proven, token, expires, options);
    }

    /// <summary>The sign-in of a token.</summary>
    /// <returns>Null when there is none that can go on.</returns>
    public Task<SignInChallenge?> FindAsync(string token, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select {SignIn.AccountColumns}, c.password_set_at, c.expires_at, c.options
            from messaging.sign_in_challenges c
            join messaging.accounts a on a.tenant_id = c.tenant_id and a.person_id = c.person_id
                and {Sql.Raw(OpenAccounts.IsOpen)}
                and a.password_changed_at is not distinct from c.password_set_at
            where c.token_hash = {Invitations.HashOf(token)} and {s_goesOn}
            """).FirstAsync(
                database,
                r => new SignInChallenge(
                    new Proven(SignIn.CallerOf(r), r.InstantOrNull(SignIn.AfterAccount)), token,
                    r.Instant(SignIn.AfterAccount + 1), r.StringOrNull(SignIn.AfterAccount + 2)),
                cancellation);

    /// <summary>Counts an answer to one before it is looked at.</summary>
    /// <returns>False when there were too many, or it has ended.</returns>
    public async Task<bool> TryAsync(string token, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            update messaging.sign_in_challenges c set attempts = attempts + 1
            where c.token_hash = {Invitations.HashOf(token)} and {s_goesOn}
            """).ExecuteAsync(database, cancellation) == 1;

    /// <summary>Uses one up.</summary>
    /// <returns>False when it was used already.</returns>
    public async Task<bool> UseAsync(string token, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            update messaging.sign_in_challenges set used_at = clock_timestamp()
            where token_hash = {Invitations.HashOf(token)} and used_at is null
            """).ExecuteAsync(database, cancellation) == 1;

    private static readonly Sql s_goesOn = Sql.Of(
        $"c.used_at is null and c.expires_at > clock_timestamp() and c.attempts < {AttemptsMaximum}");
}
