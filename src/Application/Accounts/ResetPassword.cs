using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>
/// Sets the password of whoever has a link that was mailed to them, once: all their links and sessions end.
/// </summary>
/// <param name="ChangedAt">In whole seconds, by the clock that issues tokens; after every token of this second.</param>
/// <param name="EndsApiTokens">True when their API tokens end, too.</param>
[Stored("ResetPasswordCommand")]
internal sealed record ResetPasswordCommand(
    Caller Caller, string TokenHash, Guid PersonId, string PasswordHash, DateTimeOffset ChangedAt, bool EndsApiTokens)
    : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => PersonId;

    internal override void Describe(ReceiptContent content) => content.Add("TokenHash", TokenHash);

    internal override void Read(ReadSet reads)
    {
        reads.Lookup(AccountLookups.PasswordResets, TokenHash);
        reads.Stream(PersonId);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.Find(AccountLookups.PasswordResets, TokenHash) is not { Used: false } reset
            || reset.PersonId != PersonId
            || reset.ExpiresAt <= work.Now)
            return new PasswordResetIsNotValid();
        var change = PersonLifecycle.Decide(
            new PersonCommand.ResetPassword(), work.State<Person>(PersonId), Caller.Actor, PersonKind.OfCustomer);
        if (work.Record(PersonId, change) is { } refusal) return refusal;

        // Whoever uses the same link in the same batch finds it used.
        work.Set(AccountLookups.PasswordResets, TokenHash, reset with { Used = true });
        work.ChangePassword(PersonId, PasswordHash, ChangedAt, keepsApiTokens: !EndsApiTokens);
        return null;
    }
}

/// <summary>Lets people who have a link choose another password.</summary>
public sealed class ResetPassword(
    CommandExecutor executor, NpgsqlDataSource database, Passwords passwords, SignIn signIn, TimeProvider clock)
{
    /// <summary>Lifetime of a link.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(60);

    /// <summary>The person whose password a link can still set: its bearer is then no stranger.</summary>
    /// <returns>Null when there is none.</returns>
    public Task<Caller?> FindAsync(string token, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select {SignIn.AccountColumns}
            from messaging.password_resets r
            join messaging.accounts a on a.tenant_id = r.tenant_id and a.person_id = r.person_id
                and {Sql.Raw(OpenAccounts.IsOpen)}
            where r.token_hash = {Invitations.HashOf(token)} and r.used_at is null
                and r.expires_at > clock_timestamp()
            """).FirstAsync(database, SignIn.CallerOf, cancellation);

    /// <summary>Sets the password of a person who has a link.</summary>
    /// <param name="person">The person whose link it is: <see cref="FindAsync"/>.</param>
    /// <param name="token">The token of the link.</param>
    /// <param name="endsApiTokens">True when their API tokens end, too.</param>
    /// <returns>The person, proved by the new password, or the refusal.</returns>
    /// <exception cref="HashingIsBusyException">Too many wait.</exception>
    public async Task<(Proven? Proven, Refusal? Refusal)> ResetAsync(
        Caller person, string token, string chosen, bool endsApiTokens, CancellationToken cancellation)
    {
        var (tenant, id) = (person.TenantId, person.Actor.Id);
        if (Passwords.Check(chosen, own: await signIn.KnownOfAsync(tenant, id, cancellation)) is { } weak)
            return (null, weak);
        var hash = await passwords.HashAsync(chosen, HashingTurn.First, cancellation);
        var changed = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds() + 1);
        var command = new ResetPasswordCommand(
            new Caller(tenant, new Actor.System()), Invitations.HashOf(token), id, hash, changed, endsApiTokens);
        if ((await executor.ExecuteAsync(command, cancellation)).Refusal is { } refusal) return (null, refusal);
        return (await signIn.FindByHashAsync(tenant, id, hash, cancellation), null);
    }
}
