using System.Text;
using Dapper;
using Messaging.Domain;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>The claims that another issuer vouches for.</summary>
/// <param name="Issuer">The issuer: <c>iss</c>.</param>
/// <param name="Subject">The issuer's identifier of the person, never reassigned: <c>sub</c>.</param>
/// <param name="Email">The address that it has verified; null when the token has none.</param>
/// <param name="TenantId">The organisation that it names; null when it names none.</param>
public sealed record VouchedFor(string Issuer, string Subject, string? Email, string? TenantId);

/// <summary>The account that another issuer's token belongs to.</summary>
/// <param name="Caller">Null when it belongs to no account here.</param>
/// <param name="IsNew">True when the account was linked just now.</param>
/// <param name="Why">The reason why it belongs to no account, in English, for the token's bearer.</param>
public sealed record IssuersPerson(Caller? Caller, bool IsNew, string? Why);

/// <summary>
/// Whom the tokens of another issuer are of. The first one finds an account by its verified address, compared exactly;
/// it is linked to the issuer's subject (<c>messaging.issuer_links</c>), and from then on found by that alone:
/// addresses change, and are given to others.
/// </summary>
public sealed class IssuerAccounts(NpgsqlDataSource database)
{
    private const int SubjectMaximum = 255;

    /// <summary>Finds whom a token is of.</summary>
    public async Task<IssuersPerson> FindAsync(VouchedFor token, CancellationToken cancellation)
    {
        // OpenID Connect Core 1.0, 2: at most 255 characters.
        if (Text.Check(token.Subject, "sub", SubjectMaximum) is not null)
            return new(null, false, "The token says no subject that could be kept.");
        if (token.TenantId is not null && !Guid.TryParse(token.TenantId, out _))
            return new(null, false, "The token names no organisation.");
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (await LinkedAsync(connection, token, cancellation) is { } linked)
            return linked;
        if (token.Email is null || Text.Check(token.Email, "email", Text.EmailMaximum) is not null)
            return new(null, false, "The token says no verified e-mail address.");

        var accounts = (await connection.QueryAsync<AddressedAccount>(new CommandDefinition(
            $"""
            select {SignIn.AccountColumns}, coalesce(p.email, c.email) as Email,
                (select subject from messaging.issuer_links l
                    where l.tenant_id = a.tenant_id and l.person_id = a.person_id and l.issuer = @Issuer) as Subject
            from messaging.accounts a
            left join messaging.administrators p on p.tenant_id = a.tenant_id and p.id = a.person_id
            left join messaging.contacts c on c.tenant_id = a.tenant_id and c.id = a.person_id
            where a.email_key = any(@keys) and a.active and (@TenantId::text is null or a.tenant_id = @TenantId)
            """,
            new { keys = EmailKey.AllOf(token.Email), token.Issuer, token.TenantId },
            cancellationToken: cancellation))).Where(a => IsSame(a.Email, token.Email)).ToList();
        switch (accounts)
        {
            case []:
                return new(null, false, "There is no account with the e-mail address of the token.");
            case [_, _, ..]:
                return new(
                    null, false,
                    "There are several accounts with the e-mail address of the token, and it does not say which.");
            case [{ Subject: not null }]:
                return new(
                    null, false, "The account with the e-mail address of the token is somebody else's at the issuer.");
        }

        var account = accounts[0];
        var added = await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into messaging.issuer_links (issuer, subject, tenant_id, person_id, linked_at)
            values (@Issuer, @Subject, @tenant, @person, clock_timestamp()) on conflict do nothing
            """,
            new { token.Issuer, token.Subject, tenant = account.TenantId, person = account.PersonId },
            cancellationToken: cancellation));

        // Another request of theirs, or of somebody else who has the address, was first.
        return added == 1
            ? new(account.ToCaller(), true, null)
            : await LinkedAsync(connection, token, cancellation)
                ?? new(
                    null, false, "The account with the e-mail address of the token is somebody else's at the issuer.");
    }

    /// <summary>
    /// True when two addresses are equal: letter by letter except for the case of ASCII letters, with the domain in
    /// either of its forms (RFC 5890). Lookalikes are not equal.
    /// </summary>
    public static bool IsSame(string one, string other) =>
        IsSameText(one, other) || IsSameText(Readable(one), Readable(other));

    // Text beyond ASCII stays as it is: normalising it would turn a lookalike into the address that it imitates.
    private static string Readable(string address) =>
        Ascii.IsValid(address) ? EmailAddress.ForPeople(address) : address;

    private static bool IsSameText(string one, string other) =>
        one.Length == other.Length
        && one.Zip(other)
            .All(pair =>
                pair.First == pair.Second
                || (char.IsAsciiLetter(pair.First) && (pair.First | 0x20) == (pair.Second | 0x20))
            );

    private static async Task<IssuersPerson?> LinkedAsync(
        NpgsqlConnection connection, VouchedFor token, CancellationToken cancellation)
    {
        var linked = (await connection.QueryAsync<AddressedAccount>(new CommandDefinition(
            $"""
            select {SignIn.AccountColumns}, coalesce(p.email, c.email) as Email, l.subject as Subject
            from messaging.issuer_links l
            join messaging.accounts a on a.tenant_id = l.tenant_id and a.person_id = l.person_id and a.active
            left join messaging.administrators p on p.tenant_id = a.tenant_id and p.id = a.person_id
            left join messaging.contacts c on c.tenant_id = a.tenant_id and c.id = a.person_id
            where l.issuer = @Issuer and l.subject = @Subject and (@TenantId::text is null or l.tenant_id = @TenantId)
                limit 2
            """,
            new { token.Issuer, token.Subject, token.TenantId }, cancellationToken: cancellation))).AsList();
        return linked switch
        {
            [] => null,
            [var one] when LooksLike(token.Email, one.Email) => new(
                null, false, "The e-mail address of the token is not that of the account, and looks like it."),
            [var one] => new(one.ToCaller(), false, null),
            _ => new(null, false, "There are several accounts of this subject, and the token does not say which."),
        };
    }

    // An address that only folding makes the account's is nobody's new one.
    private static bool LooksLike(string? email, string address) =>
        email is not null && EmailKey.Of(email) == EmailKey.Of(address) && !IsSame(email, address);

    private sealed record AddressedAccount(
        string TenantId, Guid PersonId, string Role, bool IsOwner, Guid? CustomerId, string Email, string? Subject)
    {
        public Caller ToCaller() => SignIn.CallerOf(TenantId, PersonId, Role, IsOwner, CustomerId);
    }
}
