using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>An account, as read to authenticate its person.</summary>
/// <param name="Caller">The person.</param>
/// <param name="PasswordHash">Null until its person has joined.</param>
/// <param name="PasswordChangedAt">
/// The instant of the latest password change, in whole seconds; null while it is the first one.
/// </param>
/// <param name="IdentityId">Whoever signs in to it; see <see cref="Identities"/>.</param>
/// <param name="UsedAt">The instant of the latest sign-in to it; null when there is none that is known.</param>
public sealed record LocalAccount(
    Caller Caller, string? PasswordHash, DateTimeOffset? PasswordChangedAt, Guid IdentityId, DateTimeOffset? UsedAt)
{
    /// <summary>The person, once they have proved their identity.</summary>
    public Proven ToProven() => new(Caller, PasswordChangedAt);

    /// <summary>True when whoever signs in to the one has signed in to the other.</summary>
    public bool IsOfIdentity(LocalAccount other) =>
        IdentityId == other.IdentityId && PasswordChangedAt == other.PasswordChangedAt;
}

/// <summary>Finds out who signs in.</summary>
public sealed class SignIn(NpgsqlDataSource database, Passwords passwords)
{
    /// <summary>
    /// Columns of an account <c>a</c> that identify its person, the first of a row: <see cref="CallerOf"/>.
    /// </summary>
    internal static readonly Sql AccountColumns = Sql.Raw(
        "a.tenant_id, a.person_id, a.role, a.is_owner, a.customer_id, a.is_limited is true and not a.is_owner, "
            + "a.access_ends_at, a.without_notes is true, a.sees_from, "
            + "a.sees_to");

    /// <summary>The first column after <see cref="AccountColumns"/>.</summary>
    internal const int AfterAccount = 10;

    /// <summary>Columns of an account <c>a</c>, the first of a row: <see cref="LocalAccountOf"/>.</summary>
    internal static readonly Sql LocalAccountColumns = Sql.Of(
        $"{AccountColumns}, a.password_hash, a.password_changed_at, a.identity_id, a.used_at");

    /// <summary>The first column after <see cref="LocalAccountColumns"/>.</summary>
    internal const int AfterLocalAccount = AfterAccount + 4;

    // Identities of one address that a password is compared with: each costs a hash.
    private const int IdentitiesMaximum = 10;

    /// <summary>
    /// The accounts of an address that have a password, the oldest first; at most
    /// <see cref="Identities.AccountsMaximum"/>.
    /// </summary>
    public async Task<IReadOnlyList<LocalAccount>> AccountsAsync(string email, CancellationToken cancellation)
    {
        if (Text.Check(email, "email", Text.EmailMaximum) is not null) return [];
        return await Sql.Of(
            $"""
            select {LocalAccountColumns}
            from messaging.accounts a
            where email_key = any({EmailKey.AllOf(email)}) and {Sql.Raw(OpenAccounts.IsOpen)}
                and password_hash is not null
            order by person_id limit {Identities.AccountsMaximum}
            """).ListAsync(database, LocalAccountOf, cancellation);
    }

    /// <summary>
    /// Checks a password against the identities of some accounts. A hash by an earlier version is replaced.
    /// </summary>
    /// <param name="turn">The place in the queue for hashing.</param>
    /// <returns>
    /// The accounts of the identities whose password it is, also those by other addresses; the oldest first. Empty when
    /// there is none or the password is wrong; the two look alike and take the same time.
    /// </returns>
    /// <exception cref="HashingIsBusyException">Too many wait.</exception>
    public async Task<IReadOnlyList<LocalAccount>> CheckAsync(
        IReadOnlyList<LocalAccount> accounts, string password, HashingTurn turn, CancellationToken cancellation)
    {
        if (Text.Check(password, "password", Passwords.Maximum) is not null)
            (accounts, password) = ([], "");
        var identities = accounts
            .DistinctBy(account => (account.IdentityId, account.PasswordChangedAt)).Take(IdentitiesMaximum).ToList();
        var verified = await passwords.VerifyAsync(
            [.. identities.Select(account => account.PasswordHash!)], password, turn, cancellation);
        if (verified.Better is var (index, hash))
            await ReplaceAsync(identities[index], hash, cancellation);
        if (verified.Matching.Count == 0) return [];
        var proven = verified.Matching.Select(matching => identities[matching]).ToList();
        var all = await Sql.Of(
            $"""
            select {LocalAccountColumns}
            from messaging.accounts a
            where identity_id = any({proven.Select(account => account.IdentityId).ToArray()})
                and {Sql.Raw(OpenAccounts.IsOpen)}
            order by person_id limit {Identities.AccountsMaximum}
            """).ListAsync(database, LocalAccountOf, cancellation);
        return [.. all.Where(account => proven.Any(account.IsOfIdentity))];
    }

    /// <summary>The person who proved to own the password stored as this hash.</summary>
    /// <returns>Null when they are gone or have changed the password since.</returns>
    internal async Task<Proven?> FindByHashAsync(
        string tenantId, Guid personId, string passwordHash, CancellationToken cancellation)
    {
        var account = await Sql.Of(
            $"""
            select {LocalAccountColumns}
            from messaging.accounts a where tenant_id = {tenantId} and person_id = {personId}
                and {Sql.Raw(OpenAccounts.IsOpen)} and password_hash = {passwordHash}
            """).FirstAsync(database, LocalAccountOf, cancellation);
        return account?.ToProven();
    }

    /// <summary>Finds the person of a token without a session, as they are now.</summary>
    /// <param name="issuedAt">
    /// The instant at which the token was issued, in whole seconds; null when it does not matter.
    /// </param>
    /// <returns>Null when they are gone, or have chosen another password since.</returns>
    public async Task<Caller?> FindAsync(
        string tenantId, Guid personId, DateTimeOffset? issuedAt,
        CancellationToken cancellation) => (await FindProvenAsync(tenantId, personId, issuedAt, cancellation))?.Caller;

    /// <summary>The same, for a session to begin in place of such a token.</summary>
    public async Task<Proven?> FindProvenAsync(
        string tenantId, Guid personId, DateTimeOffset? issuedAt, CancellationToken cancellation)
    {
        var account = await Sql.Of(
            $"""
            select {LocalAccountColumns}
            from messaging.accounts a where tenant_id = {tenantId} and person_id = {personId}
                and {Sql.Raw(OpenAccounts.IsOpen)}
                and ({issuedAt}::timestamptz is null or ((password_changed_at is null
                    or password_changed_at <= {issuedAt}::timestamptz) and {Sql.Raw(SecondFactors.IsNotAsked)}))
            """).FirstAsync(database, LocalAccountOf, cancellation);
        return account?.ToProven();
    }

    /// <summary>
    /// Facts that others know about a person and try as their password: names and addresses of the person, the office
    /// and the customer.
    /// </summary>
    internal async Task<IReadOnlyList<string>> KnownOfAsync(
        string tenantId, Guid personId, CancellationToken cancellation)
    {
        return await Sql.Of(
            $"""
            select k.word
            from messaging.organisations o
            left join messaging.administrators p on p.tenant_id = o.tenant_id and p.id = {personId}
            left join messaging.contacts c on c.tenant_id = o.tenant_id and c.id = {personId}
            left join messaging.customers u on u.tenant_id = c.tenant_id and u.id = c.customer_id
            cross join lateral unnest(array[p.display_name, p.email, c.display_name, c.email, o.name,
                o.notification_email, u.name]) k(word)
            where o.tenant_id = {tenantId} and k.word is not null
            """).ListAsync(database, r => r.GetString(0), cancellation);
    }

    /// <summary>The name of a person's office, and the address that they sign in with.</summary>
    public async Task<(string Office, string Address)> LabelsOfAsync(
        string tenantId, Guid personId, CancellationToken cancellation)
    {
        var labels = await Sql.Of(
            $"""
            select o.name, coalesce(p.email, c.email, '')
            from messaging.organisations o
            left join messaging.administrators p on p.tenant_id = o.tenant_id and p.id = {personId}
            left join messaging.contacts c on c.tenant_id = o.tenant_id and c.id = {personId}
            where o.tenant_id = {tenantId}
            """).ListAsync(database, r => (r.GetString(0), r.GetString(1)), cancellation);
        return labels is [var (office, address)] ? (office, EmailAddress.ForPeople(address)) : ("", "");
    }

    /// <summary>The owner of the account in a row, which begins with <see cref="AccountColumns"/>.</summary>
    internal static Caller CallerOf(NpgsqlDataReader row)
    {
        var (tenant, person) = (row.GetString(0), row.GetGuid(1));
        return new(tenant, AccountRoles.Read(row, 2) switch
        {
            Role.Administrator => new Actor.Administrator(person, row.GetBoolean(3)),
            Role.Auditor => new Actor.Auditor(person),
            Role.Customer => new Actor.Contact(person, row.GetGuid(4)),
        })
        {
            IsLimited = row.GetBoolean(5),
            Scope = ScopeOf(row),
        };
    }

    private static AuditorScope? ScopeOf(NpgsqlDataReader row) =>
        new AuditorScope(
            row.InstantOrNull(6), !row.GetBoolean(7), row.InstantOrNull(8), row.InstantOrNull(9)) is var scope
        && scope == AuditorScope.None
            ? null
            : scope;

    /// <summary>The account of a row, which begins with <see cref="LocalAccountColumns"/>.</summary>
    internal static LocalAccount LocalAccountOf(NpgsqlDataReader row) =>
        new(
            CallerOf(row), row.StringOrNull(AfterAccount), row.InstantOrNull(AfterAccount + 1),
            row.GetGuid(AfterAccount + 2), row.InstantOrNull(AfterAccount + 3));

    // Nobody decides on it, so it is no command. A password changed meanwhile stays.
    private Task<int> ReplaceAsync(LocalAccount account, string hash, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            update messaging.accounts set password_hash = {hash}
            where identity_id = {account.IdentityId} and password_hash = {account.PasswordHash}
            """).ExecuteAsync(database, cancellation);
}
