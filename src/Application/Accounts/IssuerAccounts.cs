using System.Text;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Projections.Storage;
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
public sealed record IssuersPerson(Caller? Caller, bool IsNew, string? Why)
{
    /// <summary>True when they were here before, by whatever way in.</summary>
    internal bool HasJoined { get; init; } = true;
}

/// <summary>
/// Whom the tokens of another issuer are of. The first one finds an account by its verified address, compared exactly;
/// it is linked to the issuer's subject (<c>messaging.issuer_links</c>), and from then on found by that alone:
/// addresses change, and are given to others.
/// </summary>
public sealed class IssuerAccounts(NpgsqlDataSource database, CommandExecutor executor)
{
    private const int SubjectMaximum = 255;

    /// <summary>Finds whom a token is of. Whoever was invited has joined by it.</summary>
    public async Task<IssuersPerson> FindAsync(VouchedFor token, CancellationToken cancellation)
    {
        var person = await WhoAsync(token, cancellation);
        if (person is { Caller: { } caller, HasJoined: false })
        {
            // Refused to the second of two at once, which does not matter.
            await executor.ExecuteAsync(
                new JoinByIssuerCommand(new Caller(caller.TenantId, new Actor.System()), caller.Actor.Id),
                cancellation);
        }

        return person;
    }

    private async Task<IssuersPerson> WhoAsync(VouchedFor token, CancellationToken cancellation)
    {
        // OpenID Connect Core 1.0, 2: at most 255 characters.
        if (Text.Check(token.Subject, "sub", SubjectMaximum) is not null)
            return new(null, false, "The token says no subject that could be kept.");
        if (token.TenantId is not null && !Guid.TryParse(token.TenantId, out _))
            return new(null, false, "The token names no organisation.");
        if (await LinkedAsync(token, cancellation) is { } linked)
            return linked;
        if (token.Email is null || Text.Check(token.Email, "email", Text.EmailMaximum) is not null)
            return new(null, false, "The token says no verified e-mail address.");

        var accounts = (await Sql.Of(
            $"""
            select {SignIn.LocalAccountColumns}, coalesce(p.email, c.email), coalesce(p.joined, c.joined, true),
                (select subject from messaging.issuer_links l
                    where l.tenant_id = a.tenant_id and l.person_id = a.person_id and l.issuer = {token.Issuer})
            from messaging.accounts a
            left join messaging.administrators p on p.tenant_id = a.tenant_id and p.id = a.person_id
            left join messaging.contacts c on c.tenant_id = a.tenant_id and c.id = a.person_id
            where a.email_key = any({EmailKey.AllOf(token.Email)}) and {Sql.Raw(OpenAccounts.IsOpen)}
                and ({token.TenantId}::text is null or a.tenant_id = {token.TenantId})
            order by a.used_at desc nulls last, a.person_id
            """).ListAsync(database, AddressedAccountOf, cancellation))
            .Where(a => IsSame(a.Email, token.Email)).OrderBy(a => a.Subject is not null).ToList();
        switch (accounts)
        {
            case []:
                return new(null, false, "There is no account with the e-mail address of the token.");

            // Several customers of one organisation, or several accounts of one identity: the one used last. From
            // there its person goes on with the others.
            case [var one, _, ..] when accounts.Any(a =>
                a.Account.Caller.TenantId != one.Account.Caller.TenantId && !a.Account.IsOfIdentity(one.Account)):
                return new(
                    null, false,
                    "There are several accounts with the e-mail address of the token, and it does not say which.");
            case [{ Subject: not null }, ..]:
                return new(
                    null, false, "The account with the e-mail address of the token is somebody else's at the issuer.");
        }

        var account = accounts[0].Account;
        var added = await Sql.Of(
            $"""
            insert into messaging.issuer_links (issuer, subject, tenant_id, person_id, linked_at)
            values ({token.Issuer}, {token.Subject}, {account.Caller.TenantId}, {account.Caller.Actor.Id},
                clock_timestamp())
            on conflict do nothing
            """).ExecuteAsync(database, cancellation);

        // Another request was first: theirs, or that of another owner of the address.
        return added == 1
            ? new(account.Caller, true, null) { HasJoined = accounts[0].HasJoined }
            : await LinkedAsync(token, cancellation)
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

    private async Task<IssuersPerson?> LinkedAsync(VouchedFor token, CancellationToken cancellation)
    {
        var linked = await Sql.Of(
            $"""
            select {SignIn.LocalAccountColumns}, coalesce(p.email, c.email), coalesce(p.joined, c.joined, true),
                l.subject
            from messaging.issuer_links l
            join messaging.accounts a on a.tenant_id = l.tenant_id and a.person_id = l.person_id
                and {Sql.Raw(OpenAccounts.IsOpen)}
            left join messaging.administrators p on p.tenant_id = a.tenant_id and p.id = a.person_id
            left join messaging.contacts c on c.tenant_id = a.tenant_id and c.id = a.person_id
            where l.issuer = {token.Issuer} and l.subject = {token.Subject}
                and ({token.TenantId}::text is null or l.tenant_id = {token.TenantId})
            order by a.used_at desc nulls last, a.person_id limit {Identities.AccountsMaximum}
            """).ListAsync(database, AddressedAccountOf, cancellation);
        return linked switch
        {
            [] => null,
            [var one, ..] when !linked.All(other => other.Account.IsOfIdentity(one.Account)) => new(
                null, false, "There are several accounts of this subject, and the token does not say which."),
            [var one, ..] when LooksLike(token.Email, one.Email) => new(
                null, false, "The e-mail address of the token is not that of the account, and looks like it."),
            [var one, ..] => new(one.Account.Caller, false, null) { HasJoined = one.HasJoined },
        };
    }

    // An address that only folding makes the account's is nobody's new one.
    private static bool LooksLike(string? email, string address) =>
        email is not null && EmailKey.Of(email) == EmailKey.Of(address) && !IsSame(email, address);

    private static AddressedAccount AddressedAccountOf(NpgsqlDataReader row) =>
        new(
            SignIn.LocalAccountOf(row), row.GetString(SignIn.AfterLocalAccount),
            row.GetBoolean(SignIn.AfterLocalAccount + 1), row.StringOrNull(SignIn.AfterLocalAccount + 2));

    private sealed record AddressedAccount(LocalAccount Account, string Email, bool HasJoined, string? Subject);
}
