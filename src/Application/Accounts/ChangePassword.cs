using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>
/// Sets the caller's password. All their sessions end, and older tokens without a session stop working.
/// </summary>
/// <param name="ChangedAt">In whole seconds, by the clock that issues tokens; after every token of this second.</param>
/// <param name="EndsApiTokens">True when their API tokens end, too.</param>
[Stored("ChangePasswordCommand")]
internal sealed record ChangePasswordCommand(
    Caller Caller, string PasswordHash, DateTimeOffset ChangedAt, bool EndsApiTokens) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => Caller.Actor.Id;

    internal override void Describe(ReceiptContent content) => content.Add("PasswordHash", PasswordHash);

    internal override void Read(ReadSet reads) => reads.Stream(Caller.Actor.Id);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var id = Caller.Actor.Id;
        var change = PersonLifecycle.Decide(
            new PersonCommand.ChangePassword(), work.State<Person>(id), Caller.Actor, PersonKind.Of(Caller.Actor));
        if (work.Record(id, change) is { } refusal) return refusal;
        work.ChangePassword(id, PasswordHash, ChangedAt, keepsApiTokens: !EndsApiTokens);
        return null;
    }
}

/// <summary>Lets people choose another password, who know the one they have.</summary>
public sealed class ChangePassword(
    CommandExecutor executor, NpgsqlDataSource database, Passwords passwords, SignIn signIn, TimeProvider clock)
{
    /// <summary>Checks the caller's current password.</summary>
    /// <returns>The refusal; null when it is right.</returns>
    /// <exception cref="HashingIsBusyException">Too many wait.</exception>
    public async Task<CurrentPasswordIsWrong?> VerifyAsync(
        Caller caller, string current, CancellationToken cancellation)
    {
        var hashes = await Sql.Of(
            $"""
            select password_hash from messaging.accounts
            where tenant_id = {caller.TenantId} and person_id = {caller.Actor.Id} and active
                and password_hash is not null
            """).ListAsync(database, r => r.GetString(0), cancellation);
        if (Text.Check(current, "currentPassword", Passwords.Maximum) is not null)
            return new CurrentPasswordIsWrong();
        var verified = await passwords.VerifyAsync(
            [.. hashes], current, HashingTurn.First, cancellation);
        return verified.Matching.Count == 0 ? new CurrentPasswordIsWrong() : null;
    }

    /// <summary>False for an account that has no password, since another issuer vouches for it.</summary>
    public async Task<bool> HasOneAsync(Caller caller, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select 1 from messaging.accounts
            where tenant_id = {caller.TenantId} and person_id = {caller.Actor.Id} and active
                and password_hash is not null
            """).ListAsync(database, r => r.GetInt32(0), cancellation) is [_];

    /// <summary>Changes the caller's password.</summary>
    /// <param name="endsApiTokens">True when their API tokens end, too.</param>
    /// <returns>The caller, proved by the new password, or the refusal.</returns>
    /// <exception cref="HashingIsBusyException">Too many wait.</exception>
    public async Task<(Proven? Proven, Refusal? Refusal)> ChangeAsync(
        Caller caller, string current, string chosen, bool endsApiTokens, CancellationToken cancellation)
    {
        var own = await signIn.KnownOfAsync(caller.TenantId, caller.Actor.Id, cancellation);
        if (Passwords.Check(chosen, "newPassword", own) is { } weak) return (null, weak);
        if (await VerifyAsync(caller, current, cancellation) is { } wrong) return (null, wrong);
        var chosenHash = await passwords.HashAsync(chosen, HashingTurn.First, cancellation);
        var changed = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds() + 1);
        var outcome = await executor.ExecuteAsync(
            new ChangePasswordCommand(caller, chosenHash, changed, endsApiTokens), cancellation);
        if (outcome.Refusal is { } refusal)
            return (null, refusal);
        return (await signIn.FindByHashAsync(caller.TenantId, caller.Actor.Id, chosenHash, cancellation), null);
    }
}

/// <summary>Not the password that the account has.</summary>
public sealed record CurrentPasswordIsWrong()
    : Refusal(RefusalKind.Invalid, "The current password is wrong.", "currentPassword");
