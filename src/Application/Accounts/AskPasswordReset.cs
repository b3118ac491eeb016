using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Accounts;

/// <summary>
/// Has a link mailed to somebody, by which they choose another password; the mail follows from the event. A person who
/// was invited and has not joined yet is invited again instead.
/// </summary>
/// <param name="PersonId">A person of the office or a contact.</param>
/// <param name="SignsInElsewhere">
/// True for an account without a password that another issuer vouches for: the mail says so, and has no link.
/// </param>
[Stored("AskPasswordResetCommand")]
internal sealed record AskPasswordResetCommand(Caller Caller, Guid PersonId, bool SignsInElsewhere) : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId);

    /// <summary>Limits on the caller's invitations.</summary>
    public InvitationLimits Invitations { get; init; } = InvitationLimits.Default;

    internal override void Read(ReadSet reads)
    {
        reads.Stream(PersonId);
        InvitationLimits.Read(reads, PersonId, Caller.Actor.Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var person = work.State<Person>(PersonId);
        if (person is { Active: true, Joined: false } && !SignsInElsewhere)
            return new InviteAgainCommand(Caller, PersonId) { Limits = Invitations }.Decide(work);
        var ask = PersonLifecycle.Decide(
            new PersonCommand.AskPasswordReset(), person, Caller.Actor, PersonKind.OfCustomer);
        if (work.Record(PersonId, ask) is { } refusal) return refusal;
        work.Write(
            $"""
            delete from messaging.password_resets
            where tenant_id = {Caller.TenantId} and person_id = {PersonId}
                and expires_at < clock_timestamp() - interval '1 day'
            """);
        return ResetLimits.Ask(work, this, PersonId);
    }
}

/// <summary>
/// Limits on the links for another password, whoever asks for them: a stranger cannot have anybody mailed often, and
/// what strangers ask leaves the office some. Counted in the database, with invitations.
/// </summary>
internal static class ResetLimits
{
    /// <summary>The most to one person within an hour.</summary>
    public const int PerHour = 3;

    /// <summary>The most to one person within a day.</summary>
    public const int PerDay = 10;

    /// <summary>The most to one person within a day that nobody of the office asked for.</summary>
    public const int PerDayByThemselves = 6;

    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    /// <summary>Records what was asked; the mail follows from the event.</summary>
    /// <returns>The refusal; null when it goes out.</returns>
    public static Refusal? Ask(UnitOfWork work, Command command, Guid person)
    {
        var asked = InvitationLimits.AskedOf(work, person);
        var mine = asked.Where(a => a.PersonId == person).ToList();
        if (mine.Count(a => a.At > work.Now - s_hour) >= PerHour) return new ResetIsSentTooOften(PerHour, "hour");
        var most = command.Caller.Actor is Actor.System ? PerDayByThemselves : PerDay;
        if (mine.Count >= most) return new ResetIsSentTooOften(most, "day");
        if (
            command.Caller.Actor is not Actor.System
            && InvitationLimits.Default is { PerHour: var perHour }
            && InvitationLimits
                .AskedOf(work, command.Caller.Actor.Id)
                .Count(a => a.By == command.Caller.Actor.Id && a.At > work.Now - s_hour) >= perHour
        )
            return new TooManyInvitations(perHour);
        InvitationLimits.Record(work, command, new Asked(person, command.Caller.Actor.Id, Again: true, work.Now));
        return null;
    }
}

/// <summary>Has links mailed by which people choose another password.</summary>
public sealed class AskPasswordReset(CommandExecutor executor, NpgsqlDataSource database, InvitationLimits limits)
{
    // As many as are told apart at sign-in.
    private const int IdentitiesMaximum = 10;

    // What strangers ask leaves the office some of the invitations of a day.
    private const int InvitationsByThemselves = 3;

    /// <summary>Has a person of an office mailed a link, by somebody of that office.</summary>
    /// <returns>The refusal; null when it goes out.</returns>
    public async Task<Refusal?> AskAsync(Caller caller, Guid personId, CancellationToken cancellation)
    {
        var elsewhere = await Sql.Of(
            $"""
            select {s_signsInElsewhere} from messaging.accounts a
            where a.tenant_id = {caller.TenantId} and a.person_id = {personId}
            """).ListAsync(database, r => r.GetBoolean(0), cancellation);
        var command = new AskPasswordResetCommand(caller, personId, elsewhere is [true]) { Invitations = limits };
        return (await executor.ExecuteAsync(command, cancellation)).Refusal;
    }

    /// <summary>
    /// Has everybody who has an address mailed a link, one for each identity: from where they were last. Refusals are
    /// nobody's business: who asks was answered already.
    /// </summary>
    /// <param name="isClosed">True for an organisation where nobody may come in.</param>
    public async Task AskAsync(string email, Func<string, bool> isClosed, CancellationToken cancellation)
    {
        var accounts = await Sql.Of(
            $"""
            select {SignIn.LocalAccountColumns}, {s_signsInElsewhere} from messaging.accounts a
            where a.email_key = any({EmailKey.AllOf(email)}) and {Sql.Raw(OpenAccounts.IsOpen)}
            order by a.person_id limit {Identities.AccountsMaximum}
            """).ListAsync(
                database,
                r => (Account: SignIn.LocalAccountOf(r), Elsewhere: r.GetBoolean(SignIn.AfterLocalAccount)),
                cancellation);
        var identities = accounts
            .Where(a => !isClosed(a.Account.Caller.TenantId))
            .GroupBy(a => (a.Account.IdentityId, a.Account.PasswordChangedAt))
            .Select(identity => identity.MaxBy(a => a.Account.UsedAt ?? DateTimeOffset.MinValue))
            .Take(IdentitiesMaximum);
        foreach (var (account, elsewhere) in identities)
        {
            var (tenant, person) = (account.Caller.TenantId, account.Caller.Actor.Id);
            var most = Math.Min(limits.PerAddressAndDay, InvitationsByThemselves);
            var command = new AskPasswordResetCommand(new Caller(tenant, new Actor.System()), person, elsewhere)
            {
                Invitations = limits with { PerAddressAndDay = most },
            };
            await executor.ExecuteAsync(command, cancellation);
        }
    }

    private static readonly Sql s_signsInElsewhere = Sql.Raw(
        "(a.password_hash is null and exists (select from messaging.issuer_links l "
            + "where l.tenant_id = a.tenant_id and l.person_id = a.person_id))");
}

/// <summary>A person was mailed links often enough.</summary>
public sealed record ResetIsSentTooOften(int Maximum, string Within)
    : Refusal(
        RefusalKind.Conflict,
        $"This person was mailed {Maximum} links within one {Within}. When it is over one can be sent again.", "id");
