using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>Takes an invitation up, once: sets the password and lets its person in.</summary>
[Stored("AcceptInvitationCommand")]
internal sealed record AcceptInvitationCommand(Caller Caller, string TokenHash, Guid PersonId, string PasswordHash)
    : Command(Caller)
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
        if (person is not { Active: false, Joined: false } && invitation.Version is { } version
            && version != person?.InvitedAt)
            return new InvitationIsNotValid();
        var join = PersonLifecycle.Decide(new PersonCommand.Join(), person, Caller.Actor, PersonKind.OfCustomer);
        if (work.Record(PersonId, join) is { } refusal) return refusal;
        work.Write(
            $"""
            update messaging.accounts set password_hash = {PasswordHash}
            where tenant_id = {Caller.TenantId} and person_id = {PersonId}
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

    /// <summary>
    /// The organisation of the invitation that a token can still accept: its bearer is then no stranger.
    /// </summary>
    /// <returns>Null when there is none.</returns>
    public Task<string?> TenantOfAsync(string token, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select tenant_id from messaging.invitations
            where token_hash = {HashOf(token)} and used_at is null and expires_at > clock_timestamp()
            """).FirstAsync(database, r => r.GetString(0), cancellation);

    /// <summary>Accepts an invitation.</summary>
    /// <returns>The person who has joined, or the refusal.</returns>
    /// <exception cref="HashingIsBusyException">Too many wait.</exception>
    public async Task<(Proven? Proven, Refusal? Refusal)> AcceptAsync(
        string token, string password, CancellationToken cancellation)
    {
        var hash = HashOf(token);
        var invitations = await Sql.Of(
            $"select tenant_id, person_id from messaging.invitations where token_hash = {hash}").ListAsync(
                database, r => (TenantId: r.GetString(0), PersonId: r.GetGuid(1)), cancellation);
        if (invitations is not [var (tenant, person)]) return (null, new InvitationIsNotValid());
        if (Passwords.Check(password, own: await signIn.KnownOfAsync(tenant, person, cancellation)) is { } weak)
            return (null, weak);
        var passwordHash = await passwords.HashAsync(password, HashingTurn.First, cancellation);
        var command = new AcceptInvitationCommand(new Caller(tenant, new Actor.System()), hash, person, passwordHash);
        if ((await executor.ExecuteAsync(command, cancellation)).Refusal is { } refusal) return (null, refusal);
        return (await signIn.FindByHashAsync(tenant, person, passwordHash, cancellation), null);
    }
}
