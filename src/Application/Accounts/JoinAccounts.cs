using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>
/// Lets the accounts of one identity belong to another, whose password is theirs from then on. Their sessions end, and
/// whoever has them is told as of any new password.
/// </summary>
/// <param name="Caller">A person of the identity that joins, who has proved its password.</param>
/// <param name="PasswordHash">The password that was proved.</param>
/// <param name="Into">An account of the identity that is joined, by which it was proved.</param>
[Stored("JoinAccountsCommand")]
internal sealed record JoinAccountsCommand(Caller Caller, string PasswordHash, Caller Into) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => Caller.Actor.Id;

    // Nothing of the other organisation: what is kept of a command stays in its own.
    internal override void Describe(ReceiptContent content) => content.Add("PasswordHash", PasswordHash);

    internal override void Read(ReadSet reads) => reads.Stream(Caller.Actor.Id);

    internal override Refusal? Decide(UnitOfWork work)
    {
        var id = Caller.Actor.Id;
        var change = PersonLifecycle.Decide(
            new PersonCommand.ChangePassword(), work.State<Person>(id), Caller.Actor, PersonKind.Of(Caller.Actor));
        if (work.Record(id, change) is { } refusal) return refusal;
        Identities.Move(work, Caller, PasswordHash, Into);
        return null;
    }
}

/// <summary>Lets people who have several identities join them into one.</summary>
public sealed class JoinAccounts(CommandExecutor executor, NpgsqlDataSource database)
{
    /// <summary>Lets the accounts of other identities belong to the caller's.</summary>
    /// <param name="proven">
    /// Accounts whose passwords were proved: <see cref="SignIn.CheckAsync"/>. Those of the caller's own identity stay
    /// as they are.
    /// </param>
    /// <returns>The refusal; null when all belong to one identity.</returns>
    public async Task<Refusal?> JoinAsync(
        Caller caller, IReadOnlyList<LocalAccount> proven, CancellationToken cancellation)
    {
        var identities = new Identities(database);
        var own = await identities.ListAsync(caller, cancellation);
        var others = proven
            .Where(a => !own.Any(o => o.TenantId == a.Caller.TenantId && o.PersonId == a.Caller.Actor.Id))
            .DistinctBy(a => (a.IdentityId, a.PasswordChangedAt))
            .ToList();
        var count = proven.Count(a => others.Exists(a.IsOfIdentity));
        if (own.Count + count > Identities.AccountsMaximum) return new TooManyAccounts();
        if (await identities.HaveSecondFactorAsync([.. others.Select(a => a.IdentityId)], cancellation))
            return new SecondFactorIsElsewhere();
        foreach (var other in others)
        {
            var command = new JoinAccountsCommand(other.Caller, other.PasswordHash!, caller);
            if ((await executor.ExecuteAsync(command, cancellation)).Refusal is { } refusal) return refusal;
        }

        return null;
    }
}

/// <summary>The other accounts have a second factor, which a password alone does not pass by.</summary>
internal sealed record SecondFactorIsElsewhere()
    : Refusal(
        RefusalKind.Conflict,
        "Those accounts have a second factor. Sign in there, and add this one from there.");

/// <summary>There would be more accounts than can be listed.</summary>
internal sealed record TooManyAccounts()
    : Refusal(RefusalKind.Conflict, $"One identity has at most {Identities.AccountsMaximum} accounts.");
