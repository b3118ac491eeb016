using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>Takes an invitation up, once: sets the password and lets its person in.</summary>
/// <param name="PasswordHash">The password chosen, or that of the identity which the account is to belong to.</param>
/// <param name="IdentityId">
/// The identity that its person has proved by that password; null for one of the account's own.
/// </param>
[Stored("AcceptInvitationCommand")]
internal sealed record AcceptInvitationCommand(
    Caller Caller, string TokenHash, Guid PersonId, string PasswordHash, Guid? IdentityId = null) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("TokenHash", TokenHash);

    internal override void Read(ReadSet reads)
    {
        reads.Lookup(AccountLookups.Invitations, TokenHash);
        reads.Stream(PersonId);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.Find(AccountLookups.Invitations, TokenHash) is not { Used: false } invitation
            || invitation.ExpiresAt <= work.Now)
            return new InvitationIsNotValid();
        var person = work.State<Person>(PersonId);
        if (person is Administrator auditor && auditor.HasEnded(work.Now)) return new InvitationIsNotValid();
        if (person is not { Active: false, Joined: false } && invitation.Version is { } version
            && version != person?.InvitedAt)
            return new InvitationIsNotValid();
        var join = PersonLifecycle.Decide(new PersonCommand.Join(), person, Caller.Actor, PersonKind.OfCustomer);
        if (work.Record(PersonId, join) is { } refusal) return refusal;
        if (IdentityId is { } identity) work.Write(Identities.Lock(identity));

        // An identity whose password was changed meanwhile is not joined: the account then has the one that was proved.
        work.Write(
            $"""
            update messaging.accounts a set password_hash = {PasswordHash},
                identity_id = coalesce(i.identity_id, a.identity_id),
                password_changed_at = case when i.identity_id is null then a.password_changed_at
                    else i.password_changed_at end
            from (select) one left join (
                select identity_id, password_changed_at from messaging.accounts
                where identity_id = {IdentityId}::uuid and password_hash = {PasswordHash} and active limit 1) i on true
            where a.tenant_id = {Caller.TenantId} and a.person_id = {PersonId}
            """);
        work.Write(
            $"""
            update messaging.invitations set used_at = {work.Now}
            where tenant_id = {Caller.TenantId} and person_id = {PersonId} and used_at is null
            """);
        return null;
    }
}

/// <summary>Lets people who were invited choose a password and sign in.</summary>
public sealed class Invitations(CommandExecutor executor, NpgsqlDataSource database, Passwords passwords, SignIn signIn)
{
    /// <summary>The most characters of a token; ours have 43.</summary>
    public const int TokenMaximum = 200;

    /// <summary>Lifetime of a link.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>The stored form of a token: a reader of the database cannot use it.</summary>
    public static string HashOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>A new token, of 256 random bits.</summary>
    public static string NewToken() =>
        Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>The person whom a token can still let in: its bearer is then no stranger.</summary>
    /// <returns>Null when there is none.</returns>
    public Task<InvitedPerson?> FindAsync(string token, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select v.tenant_id, v.person_id, coalesce(p.email, c.email, '') from messaging.invitations v
            left join messaging.administrators p on p.tenant_id = v.tenant_id and p.id = v.person_id
            left join messaging.contacts c on c.tenant_id = v.tenant_id and c.id = v.person_id
            join messaging.accounts a on a.tenant_id = v.tenant_id and a.person_id = v.person_id
                and (a.access_ends_at is null or a.access_ends_at > clock_timestamp())
            where v.token_hash = {HashOf(token)} and v.used_at is null and v.expires_at > clock_timestamp()
            """).FirstAsync(
                database, r => new InvitedPerson(r.GetString(0), r.GetGuid(1), r.GetString(2)), cancellation);

    /// <summary>
    /// The accounts that sign in by the very address of an invitation. Lookalikes are others': nobody learns of them by
    /// having them invited.
    /// </summary>
    public async Task<IReadOnlyList<LocalAccount>> AccountsAsync(
        InvitedPerson invited, CancellationToken cancellation)
    {
        if (await signIn.AccountsAsync(invited.Email, cancellation) is not { Count: > 0 } found) return [];
        var addresses = (await Sql.Of(
            $"""
            select a.tenant_id, a.person_id, coalesce(p.email, c.email, '')
            from {Sql.Keys([.. found.Select(a => (a.Caller.TenantId, a.Caller.Actor.Id))])} as a(tenant_id, person_id)
            left join messaging.administrators p on p.tenant_id = a.tenant_id and p.id = a.person_id
            left join messaging.contacts c on c.tenant_id = a.tenant_id and c.id = a.person_id
            """).ListAsync(
                database, r => (Key: (r.GetString(0), r.GetGuid(1)), Email: r.GetString(2)), cancellation))
            .ToDictionary(a => a.Key, a => a.Email);
        return
        [
            .. found.Where(a =>
                IssuerAccounts.IsSame(addresses[(a.Caller.TenantId, a.Caller.Actor.Id)], invited.Email)
            ),
        ];
    }

    /// <summary>Accepts an invitation.</summary>
    /// <param name="existing">
    /// The accounts by the same address of whose password it has to be that of one, of <see cref="AccountsAsync"/>: the
    /// account then belongs to its identity. Null when the password is chosen, for an identity of its own.
    /// </param>
    /// <returns>The person who has joined, or the refusal.</returns>
    /// <exception cref="HashingIsBusyException">Too many wait.</exception>
    public async Task<(Proven? Proven, Refusal? Refusal)> AcceptAsync(
        string token, string password, CancellationToken cancellation, IReadOnlyList<LocalAccount>? existing = null)
    {
        if (await FindAsync(token, cancellation) is not { } invited) return (null, new InvitationIsNotValid());
        var (tenant, person, _) = invited;
        LocalAccount? joined = null;
        if (existing is not null)
        {
            var matching = await signIn.CheckAsync(existing, password, HashingTurn.First, cancellation);
            if (matching.Count == 0) return (null, new PasswordIsOfNoAccount());
            joined = matching[0];
        }
        else if (Passwords.Check(password, own: await signIn.KnownOfAsync(tenant, person, cancellation)) is { } weak)
        {
            return (null, weak);
        }

        var passwordHash = joined?.PasswordHash
            ?? await passwords.HashAsync(password, HashingTurn.First, cancellation);
        var command = new AcceptInvitationCommand(
            new Caller(tenant, new Actor.System()), HashOf(token), person, passwordHash, joined?.IdentityId);
        if ((await executor.ExecuteAsync(command, cancellation)).Refusal is { } refusal) return (null, refusal);
        return (await signIn.FindByHashAsync(tenant, person, passwordHash, cancellation), null);
    }
}

/// <summary>A person who was invited and has not joined yet.</summary>
/// <param name="Email">The address that the invitation went to.</param>
public sealed record InvitedPerson(string TenantId, Guid PersonId, string Email);

/// <summary>Not the password of an account that the address of the invitation has.</summary>
public sealed record PasswordIsOfNoAccount()
    : Refusal(RefusalKind.Invalid, "There is no account with this address and this password.", "password");
