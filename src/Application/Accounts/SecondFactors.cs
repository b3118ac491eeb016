using System.Security.Cryptography;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>What somebody proved besides their password, as their session keeps it.</summary>
[Stored("proven_factor")]
public enum ProvenFactor
{
    /// <summary>A code of an app.</summary>
    Authenticator = 0,

    /// <summary>A passkey.</summary>
    Passkey = 1,

    /// <summary>A recovery code.</summary>
    RecoveryCode = 2,

    /// <summary>Whatever the issuer asks for, which vouched for them.</summary>
    Issuer = 3,
}

/// <summary>A second factor, as its owner sees it.</summary>
public sealed record SecondFactorRow(
    Guid Id, SecondFactorKind Kind, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

/// <summary>The second factors of somebody.</summary>
/// <param name="RecoveryCodesLeft">The number of recovery codes that were not used.</param>
/// <param name="RequiredFrom">The instant from which their office requires one of them; null when it does not.</param>
public sealed record SecondFactorState(
    IReadOnlyList<SecondFactorRow> Factors, int RecoveryCodesLeft, DateTimeOffset? RequiredFrom);

/// <summary>A passkey, as it is kept.</summary>
/// <param name="CredentialId">As the authenticator named it.</param>
/// <param name="PublicKey">In COSE's form (RFC 9052).</param>
/// <param name="SignCount">The number of signatures that it said at the latest use.</param>
/// <param name="UserHandle">By which the authenticator knows its owner: random.</param>
/// <param name="Transports">The ways to reach it, as the browser named them.</param>
public sealed record Passkey(
    Guid IdentityId, Guid Id, byte[] CredentialId, byte[] PublicKey, uint SignCount, byte[] UserHandle,
    IReadOnlyList<string> Transports);

/// <summary>
/// What identities prove besides their passwords (<c>messaging.second_factors</c>), and what stands in for it. A factor
/// counts once it was confirmed. The secrets of apps are encrypted, of recovery codes there are hashes only.
/// </summary>
/// <param name="secrets">Encrypts secrets of apps.</param>
public sealed class SecondFactors(NpgsqlDataSource database, FactorSecrets secrets, TimeProvider clock)
{
    /// <summary>The most of an identity, those of kinds together.</summary>
    public const int Maximum = 10;

    /// <summary>The most characters of a name.</summary>
    public const int NameMaximum = 60;

    /// <summary>The most characters of what a passkey answers; today's authenticators say some 2,000.</summary>
    public const int AnswerMaximum = 20_000;

    /// <summary>Time in which a factor has to be confirmed after it was asked for.</summary>
    public static readonly TimeSpan Pending = TimeSpan.FromMinutes(15);

    /// <summary>Condition on an account <c>a</c>: its identity has a second factor.</summary>
    internal const string HasOne =
        """
        exists (
            select from messaging.second_factors f where f.identity_id = a.identity_id and f.confirmed_at is not null)
        """;

    /// <summary>
    /// Condition on an account <c>a</c>: its identity has no second factor, and its office requires none of it.
    /// </summary>
    internal const string IsNotAsked =
        $"""
        not {HasOne}
        and not exists (
            select from messaging.second_factor_requirements d
            where d.tenant_id = a.tenant_id and d.required_from <= clock_timestamp()
                and a.role in {AccountRoles.OfOffice})
        """;

    /// <summary>
    /// The instant from which the office of an account <c>a</c> requires a second factor of it; null when it does not.
    /// </summary>
    internal const string RequiredFrom =
        $"""
        (select d.required_from from messaging.second_factor_requirements d
            where d.tenant_id = a.tenant_id and a.role in {AccountRoles.OfOffice})
        """;

    /// <summary>The second factors of a person, the oldest first.</summary>
    public async Task<SecondFactorState> StateAsync(
        string tenantId, Guid personId, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            select {Sql.Raw(RequiredFrom)},
                (select count(*)::int from messaging.recovery_codes r
                    where r.identity_id = a.identity_id and r.used_at is null),
                f.id, f.kind, f.name, f.created_at, f.last_used_at
            from messaging.accounts a
            left join messaging.second_factors f on f.identity_id = a.identity_id and f.confirmed_at is not null
            where a.tenant_id = {tenantId} and a.person_id = {personId}
            order by f.created_at, f.id
            """).ListAsync(
                database,
                r => (
                    From: r.InstantOrNull(0), Codes: r.GetInt32(1),
                    Factor: r.IsDBNull(2)
                        ? null
                        : new SecondFactorRow(
                            r.GetGuid(2), r.Enumeration<SecondFactorKind>(3), r.GetString(4), r.Instant(5),
                            r.InstantOrNull(6))),
                cancellation);
        return rows is []
            ? new SecondFactorState([], 0, null)
            : new SecondFactorState(
                [.. rows.Select(r => r.Factor).OfType<SecondFactorRow>()], rows[0].Codes, rows[0].From);
    }

    /// <summary>True when a recovery code, given as it is stored, is a person's and was not used.</summary>
    public async Task<bool> HasCodeAsync(
        string tenantId, Guid personId, string hash, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select count(*) from messaging.recovery_codes r
            join messaging.accounts a on a.identity_id = r.identity_id
            where a.tenant_id = {tenantId} and a.person_id = {personId} and r.code_hash = {hash} and r.used_at is null
            """).CountAsync(database, cancellation) > 0;

    /// <summary>Those of an organisation's people who have a second factor.</summary>
    public async Task<IReadOnlySet<Guid>> WhoHasOneAsync(
        string tenantId, IReadOnlyCollection<Guid> people, CancellationToken cancellation) =>
        (await Sql.Of(
            $"""
            select a.person_id from messaging.accounts a
            where a.tenant_id = {tenantId} and a.person_id = any({Sql.Ids(people)})
                and {Sql.Raw(HasOne)}
            """).ListAsync(database, r => r.GetGuid(0), cancellation)).ToHashSet();

    /// <summary>True when a second factor is asked of somebody who has proved their password.</summary>
    public async Task<bool> IsAskedAsync(Proven proven, CancellationToken cancellation) =>
        proven.SecondFactor is null
        && (await Sql.Of(
            $"""
            select {Sql.Raw(IsNotAsked)} from messaging.accounts a
            where a.tenant_id = {proven.Caller.TenantId} and a.person_id = {proven.Caller.Actor.Id}
            """).ListAsync(database, r => r.GetBoolean(0), cancellation)) is [false];

    /// <summary>The instant from which an organisation requires a second factor; null when it does not.</summary>
    public async Task<DateTimeOffset?> RequiredFromAsync(string tenantId, CancellationToken cancellation) =>
        (await Sql.Of(
            $"select required_from from messaging.second_factor_requirements where tenant_id = {tenantId}")
            .ListAsync(database, r => (DateTimeOffset?)r.Instant(0), cancellation)).FirstOrDefault();

    /// <summary>Makes the secret of an app, which counts once a code of it was given.</summary>
    /// <returns>The factor, and the secret; null when there is no such account.</returns>
    public async Task<(Guid Id, byte[] Secret)?> BeginAuthenticatorAsync(
        string tenantId, Guid personId, CancellationToken cancellation)
    {
        var (id, secret) = (Guid.CreateVersion7(), RandomNumberGenerator.GetBytes(AuthenticatorCodes.SecretBytes));
        var begun = await BeginAsync(
            tenantId, personId, id, SecondFactorKind.Authenticator, secrets.Encrypt(id, secret), null, null,
            cancellation);
        return begun ? (id, secret) : null;
    }

    /// <summary>Keeps what an authenticator is asked for a new passkey.</summary>
    /// <param name="options">What it is asked, in JSON.</param>
    /// <param name="userHandle">By which it will know its owner.</param>
    /// <returns>The factor; null when there is no such account.</returns>
    public async Task<Guid?> BeginPasskeyAsync(
        string tenantId, Guid personId, string options, byte[] userHandle, CancellationToken cancellation)
    {
        var id = Guid.CreateVersion7();
        return await BeginAsync(
            tenantId, personId, id, SecondFactorKind.Passkey, null, options, userHandle, cancellation) ? id : null;
    }

    /// <summary>What an authenticator was asked for a passkey that is not confirmed yet.</summary>
    /// <returns>Null when there is none, or it was too long ago.</returns>
    public Task<string?> OptionsOfAsync(string tenantId, Guid personId, Guid id, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select f.options from messaging.second_factors f
            join messaging.accounts a on a.identity_id = f.identity_id
            where a.tenant_id = {tenantId} and a.person_id = {personId} and f.id = {id} and f.confirmed_at is null
                and f.options is not null and f.created_at > clock_timestamp() - {Pending}
            """).FirstAsync(database, r => r.GetString(0), cancellation);

    /// <summary>The time step of a code of an app that is not confirmed yet.</summary>
    /// <returns>Null when the code is wrong, or there is no such app.</returns>
    public async Task<long?> StepOfPendingAsync(
        string tenantId, Guid personId, Guid id, string code, CancellationToken cancellation)
    {
        var kept = await Sql.Of(
            $"""
            select f.secret from messaging.second_factors f
            join messaging.accounts a on a.identity_id = f.identity_id
            where a.tenant_id = {tenantId} and a.person_id = {personId} and f.id = {id} and f.confirmed_at is null
                and f.secret is not null and f.created_at > clock_timestamp() - {Pending}
            """).FirstAsync(database, r => r.GetFieldValue<byte[]>(0), cancellation);
        return kept is null || secrets.Decrypt(id, kept) is not { } secret
            ? null
            : AuthenticatorCodes.StepOf(secret, code, clock.GetUtcNow());
    }

    /// <summary>
    /// Checks a code of an app, and uses it up: neither it nor one before it is taken again, on whichever node.
    /// </summary>
    public async Task<bool> TakeCodeAsync(
        string tenantId, Guid personId, string code, CancellationToken cancellation)
    {
        var apps = await Sql.Of(
            $"""
            select f.identity_id, f.id, f.secret from messaging.second_factors f
            join messaging.accounts a on a.identity_id = f.identity_id
            where a.tenant_id = {tenantId} and a.person_id = {personId} and f.confirmed_at is not null
                and f.secret is not null
            order by f.created_at limit {Maximum}
            """).ListAsync(
                database, r => (Identity: r.GetGuid(0), Id: r.GetGuid(1), Secret: r.GetFieldValue<byte[]>(2)),
                cancellation);
        foreach (var (identity, id, kept) in apps)
        {
            if (secrets.Decrypt(id, kept) is not { } secret
                || AuthenticatorCodes.StepOf(secret, code, clock.GetUtcNow()) is not { } step)
                continue;
            return await Sql.Of(
                $"""
                update messaging.second_factors set last_step = {step}, last_used_at = clock_timestamp()
                where identity_id = {identity} and id = {id} and coalesce(last_step, 0) < {step}
                """).ExecuteAsync(database, cancellation) == 1;
        }

        return false;
    }

    /// <summary>The passkeys of a person.</summary>
    public async Task<IReadOnlyList<Passkey>> PasskeysAsync(
        string tenantId, Guid personId, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select {s_passkey} from messaging.second_factors f
            join messaging.accounts a on a.identity_id = f.identity_id
            where a.tenant_id = {tenantId} and a.person_id = {personId} and f.confirmed_at is not null
                and f.credential_id is not null
            order by f.created_at limit {Maximum}
            """).ListAsync(database, PasskeyOf, cancellation);

    /// <summary>The passkey of a credential, whoever's it is.</summary>
    public Task<Passkey?> FindPasskeyAsync(byte[] credentialId, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select {s_passkey} from messaging.second_factors f
            where f.credential_id = {credentialId} and f.confirmed_at is not null
            """).FirstAsync(database, PasskeyOf, cancellation);

    /// <summary>
    /// Takes note that a passkey was used. A count that does not go up is that of a copy (WebAuthn, 6.1.1), unless the
    /// authenticator does not count.
    /// </summary>
    /// <returns>False when another use had the count already.</returns>
    public async Task<bool> CountAsync(Passkey passkey, uint count, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            update messaging.second_factors set sign_count = {(long)count}, last_used_at = clock_timestamp()
            where identity_id = {passkey.IdentityId} and id = {passkey.Id}
                and (sign_count < {(long)count} or (sign_count = 0 and {(long)count} = 0))
            """).ExecuteAsync(database, cancellation) == 1;

    /// <summary>Takes note that a question to whichever passkey was answered.</summary>
    /// <param name="question">The question, at most 200 characters.</param>
    /// <param name="kept">Time for which it could be answered again.</param>
    /// <returns>False when it was answered before.</returns>
    public async Task<bool> UseQuestionAsync(string question, TimeSpan kept, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            insert into messaging.sign_in_challenges (
                token_hash, tenant_id, person_id, created_at, expires_at, attempts, used_at)
            values ({Invitations.HashOf(question)}, '', {Guid.Empty}, clock_timestamp(), clock_timestamp() + {kept}, 0,
                clock_timestamp())
            on conflict do nothing
            """).ExecuteAsync(database, cancellation) == 1;

    /// <summary>The accounts of an identity that sign in with a password, the oldest first; at most ten.</summary>
    public async Task<IReadOnlyList<Proven>> AccountsOfAsync(Guid identityId, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select {SignIn.AccountColumns}, a.password_changed_at from messaging.accounts a
            where a.identity_id = {identityId} and {Sql.Raw(OpenAccounts.IsOpen)} and a.password_hash is not null
            order by a.person_id limit 10
            """).ListAsync(
                database, r => new Proven(SignIn.CallerOf(r), r.InstantOrNull(SignIn.AfterAccount)), cancellation);

    private static readonly Sql s_passkey = Sql.Raw(
        "f.identity_id, f.id, f.credential_id, f.public_key, f.sign_count, f.user_handle, f.transports");

    private static Passkey PasskeyOf(NpgsqlDataReader r) =>
        new(
            r.GetGuid(0), r.GetGuid(1), r.GetFieldValue<byte[]>(2), r.GetFieldValue<byte[]>(3), (uint)r.GetInt64(4),
            r.GetFieldValue<byte[]>(5), r.GetFieldValue<string[]>(6));

    // What was asked for before and never confirmed is forgotten.
    private async Task<bool> BeginAsync(
        string tenantId, Guid personId, Guid id, SecondFactorKind kind, byte[]? secret, string? options,
        byte[]? userHandle, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            with account as materialized (
                select identity_id from messaging.accounts
                where tenant_id = {tenantId} and person_id = {personId} and active),
            forgotten as (
                delete from messaging.second_factors f using account a
                where f.identity_id = a.identity_id and f.confirmed_at is null and f.kind = {kind.ToString()})
            insert into messaging.second_factors (identity_id, id, kind, name, created_at, secret, options, user_handle)
            select a.identity_id, {id}, {kind.ToString()}, '', clock_timestamp(), {secret}::bytea, {options}::text,
                {userHandle}::bytea
            from account a
            """).ExecuteAsync(database, cancellation) > 0;
}
