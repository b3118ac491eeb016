using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>
/// Gives somebody the address whose mail has this link, once. Sessions, API tokens and the password stay theirs; links
/// for another password that went to the address of before end.
/// </summary>
/// <param name="Email">The address that the link was mailed to.</param>
[Stored("ConfirmEmailChangeCommand")]
internal sealed record ConfirmEmailChangeCommand(Caller Caller, string TokenHash, Guid PersonId, string Email)
    : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    // Of two people who confirm one address at once, the second finds it taken.
    internal override Guid PartitionKey =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(EmailKey.Of(Email))).AsSpan(0, 16));

    internal override void Describe(ReceiptContent content) => content.Add("TokenHash", TokenHash);

    internal override void Read(ReadSet reads)
    {
        reads.Lookup(AccountLookups.EmailChanges, TokenHash);
        reads.Stream(PersonId);
        reads.EmailFor(Email, PersonId);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (work.Find(AccountLookups.EmailChanges, TokenHash) is not { Used: false } link
            || link.PersonId != PersonId
            || link.ExpiresAt <= work.Now)
            return new EmailChangeIsNotValid();
        var before = work.State<Person>(PersonId);
        var isTheirOwn = before?.EmailChange is { ByThemselves: true };
        var change = PersonLifecycle.Decide(
            new PersonCommand.ConfirmEmailChange(link.Version, work.IsOthersEmail(Email, before)), before,
            Caller.Actor, PersonKind.OfCustomer);
        if (work.Record(PersonId, change) is { } refusal) return refusal;
        var person = work.State<Person>(PersonId)!;

        // Whoever uses the same link in the same batch finds it used.
        work.Set(AccountLookups.EmailChanges, TokenHash, link with { Used = true });
        work.ChangeEmail(person, isTheirOwn ? work.Find(AccountLookups.Identities, PersonId) : null);

        // The office may have named a mailbox of its own: by a link to it nobody gets into accounts elsewhere.
        if (!isTheirOwn) work.SetApart(PersonId);
        work.EndEmailChanges(PersonId);
        work.EndPasswordResets(PersonId);
        return null;
    }
}

/// <summary>A link that confirms another address, as whoever has it may know of it.</summary>
/// <param name="Person">The person whose address it is to be.</param>
/// <param name="DisplayName">Their name.</param>
/// <param name="OrganisationName">The office that they belong to or write to.</param>
/// <param name="Email">The address that the link was mailed to.</param>
/// <param name="Before">The address that they have until it is confirmed.</param>
public sealed record EmailChangeLink(
    Caller Person, string DisplayName, string OrganisationName, string Email, string Before);

/// <summary>Lets people confirm by a link that they read the mail to another address.</summary>
public sealed class ConfirmEmailChange(CommandExecutor executor, NpgsqlDataSource database)
{
    /// <summary>Lifetime of a link.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(60);

    /// <summary>What a link confirms, while it can: its bearer is then no stranger.</summary>
    /// <returns>Null when it confirms nothing.</returns>
    public Task<EmailChangeLink?> FindAsync(string token, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select {SignIn.AccountColumns}, coalesce(p.display_name, c.display_name), o.name, l.email,
                coalesce(p.email, c.email)
            from messaging.email_changes l
            join messaging.accounts a on a.tenant_id = l.tenant_id and a.person_id = l.person_id
                and {Sql.Raw(OpenAccounts.IsOpen)}
            join messaging.organisations o on o.tenant_id = l.tenant_id
            left join messaging.administrators p on p.tenant_id = a.tenant_id and p.id = a.person_id
            left join messaging.contacts c on c.tenant_id = a.tenant_id and c.id = a.person_id
            where l.token_hash = {Invitations.HashOf(token)} and l.used_at is null
                and l.expires_at > clock_timestamp()
            """).FirstAsync(
                database,
                r => new EmailChangeLink(
                    SignIn.CallerOf(r), r.GetString(SignIn.AfterAccount), r.GetString(SignIn.AfterAccount + 1),
                    r.GetString(SignIn.AfterAccount + 2), r.GetString(SignIn.AfterAccount + 3)),
                cancellation);

    /// <summary>
    /// Makes the address of a link its person's, in the accounts of their identity that have the address of before:
    /// each in its organisation. One where the address is somebody else's keeps that of before; so do all when the
    /// office asked for it, which sets the account apart.
    /// </summary>
    /// <param name="link">What the link confirms: <see cref="FindAsync"/>.</param>
    /// <param name="token">The token of the link.</param>
    /// <returns>The refusal; null when it is theirs.</returns>
    public async Task<Refusal?> ConfirmAsync(EmailChangeLink link, string token, CancellationToken cancellation)
    {
        var command = new ConfirmEmailChangeCommand(
            new Caller(link.Person.TenantId, new Actor.System()), Invitations.HashOf(token), link.Person.Actor.Id,
            link.Email);
        if ((await executor.ExecuteAsync(command, cancellation)).Refusal is { } refusal) return refusal;
        foreach (var (tenant, person) in await OthersAsync(link, cancellation))
        {
            var caller = new Caller(tenant, new Actor.System());
            await executor.ExecuteAsync(
                new FollowEmailChangeCommand(caller, person, link.Before, link.Email), cancellation);
        }

        return null;
    }

    private Task<List<(string TenantId, Guid PersonId)>> OthersAsync(
        EmailChangeLink link, CancellationToken cancellation) =>
        Sql.Of(
            $"""
            select a.tenant_id, a.person_id
            from {Identities.AccountsOf(link.Person.TenantId, link.Person.Actor.Id)} i
            join messaging.accounts a on a.tenant_id = i.tenant_id and a.person_id = i.person_id and a.active
            where a.email_key = any({EmailKey.AllOf(link.Before)}) and a.person_id <> {link.Person.Actor.Id}
            order by a.person_id limit {Identities.AccountsMaximum}
            """).ListAsync(database, r => (r.GetString(0), r.GetGuid(1)), cancellation);
}
