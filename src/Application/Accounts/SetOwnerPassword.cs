using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>Sets an owner's password, by the operator's hand: their sessions and links end.</summary>
/// <param name="ChangedAt">In whole seconds, by the clock that issues tokens; after every token of this second.</param>
[Stored("SetOwnerPasswordCommand")]
internal sealed record SetOwnerPasswordCommand(
    Caller Caller, Guid PersonId, string PasswordHash, DateTimeOffset ChangedAt) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => PersonId;

    internal override void Describe(ReceiptContent content) =>
        content.Add("PersonId", PersonId).Add("PasswordHash", PasswordHash);

    internal override void Read(ReadSet reads) => reads.Stream(PersonId);

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.State<Administrator>(PersonId) is not { Active: true, IsOwner: true } owner)
            return new AdministratorNotFound();

        // An owner who has not taken the invitation up does so by this.
        if (!owner.Joined)
        {
            var join = AdministratorDecider.Decide(new PersonCommand.Join(), owner, Caller.Actor);
            if (work.Record(PersonId, join) is { } refusal) return refusal;
            owner = work.State<Administrator>(PersonId)!;
        }

        var change = AdministratorDecider.Decide(new PersonCommand.ResetPassword(), owner, Caller.Actor);
        if (work.Record(PersonId, change) is { } refused) return refused;
        work.ChangePassword(PersonId, PasswordHash, ChangedAt, keepsApiTokens: true);
        return null;
    }
}

/// <summary>Owners of organisations, for the operator.</summary>
public static class Owners
{
    /// <summary>The active owners who have an address.</summary>
    /// <param name="tenantId">The organisation; null for all.</param>
    public static async Task<IReadOnlyList<(string TenantId, Guid PersonId)>> OfAsync(
        NpgsqlDataSource database, string email, string? tenantId, CancellationToken cancellation) =>
        await Sql.Of(
            $"""
            select tenant_id, person_id from messaging.accounts
            where email_key = any({EmailKey.AllOf(email)}) and active and is_owner
                and ({tenantId}::text is null or tenant_id = {tenantId})
            order by person_id limit 10
            """).ListAsync(database, r => (r.GetString(0), r.GetGuid(1)), cancellation);

    /// <summary>Has a person mailed a link for another password, or the invitation again.</summary>
    public static Command MailLink(Caller caller, Guid personId) =>
        new AskPasswordResetCommand(caller, personId, SignsInElsewhere: false);

    /// <summary>Sets an owner's password.</summary>
    public static Command SetPassword(Caller caller, Guid personId, string passwordHash, TimeProvider clock) =>
        new SetOwnerPasswordCommand(
            caller, personId, passwordHash,
            DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds() + 1));
}
