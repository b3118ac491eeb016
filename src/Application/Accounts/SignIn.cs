using Dapper;
using Messaging.Domain;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>An account, as read to authenticate its person.</summary>
/// <param name="PasswordHash">Null until its person has joined.</param>
/// <param name="PasswordChangedAt">
/// The instant of the latest password change, in whole seconds; null while it is the first one.
/// </param>
public sealed record LocalAccount(
    string TenantId, Guid PersonId, string Role, bool IsOwner, Guid? CustomerId, string? PasswordHash,
    DateTime? PasswordChangedAt)
{
    /// <summary>Who it is.</summary>
    public Caller ToCaller() => SignIn.CallerOf(TenantId, PersonId, Role, IsOwner, CustomerId);

    /// <summary>The person, once they have proved their identity.</summary>
    public Proven ToProven() => new(ToCaller(), PasswordChangedAt);
}

/// <summary>An organisation, as somebody knows it who may sign in there.</summary>
public sealed record OfficeOfAccount(string TenantId, string Name);

/// <summary>Finds out who signs in.</summary>
public sealed class SignIn(NpgsqlDataSource database, Passwords passwords)
{
    /// <summary>Columns of an account <c>a</c> that identify its person.</summary>
    internal const string AccountColumns =
        "a.tenant_id as TenantId, a.person_id as PersonId, a.role as Role, a.is_owner as IsOwner, a.customer_id "
            + "as CustomerId";

    // Columns of a LocalAccount.
    private const string LocalAccountColumns =
        $"{AccountColumns}, a.password_hash as PasswordHash, a.password_changed_at as PasswordChangedAt";

    // One address can have accounts at several offices. More than this many with one password are not told apart.
    private const int AccountsMaximum = 10;

    /// <summary>The accounts of an address that have a password, the oldest first.</summary>
    public async Task<IReadOnlyList<LocalAccount>> AccountsAsync(string email, CancellationToken cancellation)
    {
        if (Text.Check(email, "email", Text.EmailMaximum) is not null) return [];
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<LocalAccount>(new CommandDefinition(
            $"""
            select {LocalAccountColumns}
            from messaging.accounts a where email_key = any(@keys) and active and password_hash is not null
                order by person_id limit @limit
            """,
            new { keys = EmailKey.AllOf(email), limit = AccountsMaximum }, cancellationToken: cancellation))).AsList();
    }

    /// <summary>
    /// Checks a password against the accounts of an address. A hash by an earlier version is replaced.
    /// </summary>
    /// <param name="turn">The place in the queue for hashing.</param>
    /// <returns>
    /// The people whose password it is, one for each organisation. Empty when no account exists or the password is
    /// wrong; the two look alike and take the same time.
    /// </returns>
    /// <exception cref="HashingIsBusyException">Too many wait.</exception>
    public async Task<IReadOnlyList<Proven>> CheckAsync(
        IReadOnlyList<LocalAccount> accounts, string password, HashingTurn turn, CancellationToken cancellation)
    {
        if (Text.Check(password, "password", Passwords.Maximum) is not null)
            (accounts, password) = ([], "");
        var verified = await passwords.VerifyAsync(
            [.. accounts.Select(account => account.PasswordHash!)], password, turn, cancellation);
        if (verified.Better is var (index, hash))
            await ReplaceAsync(accounts[index], hash, cancellation);
        return [.. verified.Matching.Select(index => accounts[index].ToProven())];
    }

    /// <summary>Names of organisations, in the order given.</summary>
    public async Task<IReadOnlyList<OfficeOfAccount>> OfficesAsync(
        IReadOnlyList<string> tenantIds, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<OfficeOfAccount>(new CommandDefinition(
            """
            select o.tenant_id as TenantId, o.name as Name
            from unnest(@ids) with ordinality asked(id, place) join messaging.organisations o on o.tenant_id = asked.id
                order by asked.place
            """,
            new { ids = tenantIds.ToArray() }, cancellationToken: cancellation))).AsList();
    }

    /// <summary>The person who proved to own the password stored as this hash.</summary>
    /// <returns>Null when they are gone or have changed the password since.</returns>
    internal async Task<Proven?> FindByHashAsync(
        string tenantId, Guid personId, string passwordHash, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var account = await connection.QuerySingleOrDefaultAsync<LocalAccount>(new CommandDefinition(
            $"""
            select {LocalAccountColumns}
            from messaging.accounts a where tenant_id = @tenantId and person_id = @personId and active
                and password_hash = @passwordHash
            """,
            new { tenantId, personId, passwordHash }, cancellationToken: cancellation));
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
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var account = await connection.QuerySingleOrDefaultAsync<LocalAccount>(new CommandDefinition(
            $"""
            select {LocalAccountColumns}
            from messaging.accounts a where tenant_id = @tenantId and person_id = @personId and active
                and (@issuedAt::timestamptz is null or password_changed_at is null or password_changed_at <= @issuedAt)
            """,
            new { tenantId, personId, issuedAt = issuedAt?.UtcDateTime }, cancellationToken: cancellation));
        return account?.ToProven();
    }

    /// <summary>
    /// Facts that others know about a person and try as their password: names and addresses of the person, the office
    /// and the customer.
    /// </summary>
    internal async Task<IReadOnlyList<string>> KnownOfAsync(
        string tenantId, Guid personId, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<string>(new CommandDefinition(
            """
            select k.word
            from messaging.organisations o
            left join messaging.administrators p on p.tenant_id = o.tenant_id and p.id = @personId
            left join messaging.contacts c on c.tenant_id = o.tenant_id and c.id = @personId
            left join messaging.customers u on u.tenant_id = c.tenant_id and u.id = c.customer_id
            cross join lateral unnest(array[p.display_name, p.email, c.display_name, c.email, o.name,
                o.notification_email, u.name]) k(word)
            where o.tenant_id = @tenantId and k.word is not null
            """,
            new { tenantId, personId }, cancellationToken: cancellation))).AsList();
    }

    internal static Caller CallerOf(string tenantId, Guid personId, string role, bool isOwner, Guid? customerId) =>
        new(tenantId, Enum.Parse<Role>(role) switch
        {
            Role.Administrator => new Actor.Administrator(personId, isOwner),
            Role.Auditor => new Actor.Auditor(personId),
            Role.Customer => new Actor.Contact(personId, customerId!.Value),
        });

    // Nobody decides on it, so it is no command. A password changed meanwhile stays.
    private async Task ReplaceAsync(LocalAccount account, string hash, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(
            new CommandDefinition(
                "update messaging.accounts set password_hash = @hash where tenant_id = @TenantId and person_id = "
                    + "@PersonId and password_hash = @PasswordHash",
                new
                {
                    hash,
                    account.TenantId,
                    account.PersonId,
                    account.PasswordHash,
                },
                cancellationToken: cancellation
            )
        );
    }
}
