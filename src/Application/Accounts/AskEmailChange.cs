using System.Collections.Immutable;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Accounts;

namespace Messaging.Application.Accounts;

/// <summary>
/// Has a link mailed to another address, by which it becomes that of a person; word of it goes to the address that they
/// have. An earlier change that was not confirmed is replaced. Whether the address is somebody else's is looked up for
/// the office alone: everybody else is answered the same, after the same time.
/// </summary>
/// <param name="PersonId">A person of the office or a contact; the caller, for a wish of their own.</param>
/// <param name="ByThemselves">
/// True for a wish of the caller's own, who has proved their password; false for the office's.
/// </param>
[Stored("AskEmailChangeCommand")]
public sealed record AskEmailChangeCommand(Caller Caller, Guid PersonId, string Email, bool ByThemselves)
    : Command(Caller)
{
    private readonly Guid _id = Guid.CreateVersion7();

    internal override IReadOnlyList<Guid> IdempotencyKeys => [_id];

    internal override Guid PartitionKey => PersonId;

    internal override void Describe(ReceiptContent content) => content.Add("PersonId", PersonId).Add("Email", Email);

    /// <summary>Limits on the caller's invitations, of which these links of the office are.</summary>
    public InvitationLimits Limits { get; init; } = InvitationLimits.Default;

    internal override void Read(ReadSet reads)
    {
        reads.Stream(PersonId);
        reads.Lookup(AccountLookups.EmailChangesAsked, PersonId);
        if (ByThemselves) return;
        reads.EmailFor(Email, PersonId);
        InvitationLimits.Read(reads, PersonId, Caller.Actor.Id);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        var person = work.State<Person>(PersonId);
        var isTheirs = person is not null && EmailKey.Of(person.Email) == EmailKey.Of(Email);
        var ask = PersonLifecycle.Decide(
            new PersonCommand.AskEmailChange(
                Email, isTheirs, !ByThemselves && work.IsOthersEmail(Email, person), ByThemselves),
            person, Caller.Actor, PersonKind.Of(Caller.Actor));
        if (work.Record(PersonId, ask) is { } refusal) return refusal;
        work.EndEmailChanges(PersonId);
        work.Write(
            $"""
            delete from messaging.email_changes
            where tenant_id = {Caller.TenantId} and person_id = {PersonId}
                and expires_at < clock_timestamp() - interval '1 day'
            """);
        return EmailChangeLimits.Ask(work, this);
    }
}

/// <summary>
/// Limits on the links that confirm another address, since whoever has an account can have them sent to anybody.
/// Counted by the events of the person.
/// </summary>
internal static class EmailChangeLimits
{
    /// <summary>The most for one person within an hour.</summary>
    public const int PerHour = 3;

    /// <summary>The most for one person within a day.</summary>
    public const int PerDay = 6;

    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    /// <summary>Counts one more; the mails follow from the event.</summary>
    /// <returns>The refusal; null when they go out.</returns>
    public static Refusal? Ask(UnitOfWork work, AskEmailChangeCommand command)
    {
        var (person, by) = (command.PersonId, command.Caller.Actor.Id);
        var asked = work.Find(AccountLookups.EmailChangesAsked, person) is { IsDefault: false } found
            ? found
            : ImmutableArray<DateTimeOffset>.Empty;
        if (asked.Count(at => at > work.Now - s_hour) >= PerHour)
            return new EmailChangeIsAskedTooOften(PerHour, "hour");
        if (asked.Length >= PerDay) return new EmailChangeIsAskedTooOften(PerDay, "day");
        work.Set(AccountLookups.EmailChangesAsked, person, asked.Add(work.Now));
        if (command.ByThemselves) return null;
        if (work.AskedOf(command.Email) >= command.Limits.PerAddressAndDay)
            return new AddressIsMailedTooOften(command.Limits.PerAddressAndDay);
        var mine = InvitationLimits.AskedOf(work, by).Count(a => a.By == by && a.At > work.Now - s_hour);
        if (mine >= command.Limits.PerHour) return new TooManyInvitations(command.Limits.PerHour);
        InvitationLimits.Record(work, command, new Asked(person, by, Again: true, work.Now), command.Email);
        return null;
    }
}

/// <summary>Another address was asked for often enough.</summary>
public sealed record EmailChangeIsAskedTooOften(int Maximum, string Within)
    : Refusal(
        RefusalKind.Conflict,
        $"Another e-mail address was asked for {Maximum} times within one {Within}. When it is over it can be asked "
            + "for again.",
        "email", RefusalReason.EmailChangeIsAskedTooOften);

/// <summary>An address has been mailed links often enough.</summary>
public sealed record AddressIsMailedTooOften(int Maximum)
    : Refusal(
        RefusalKind.Conflict,
        $"This address was mailed {Maximum} links within a day. Tomorrow one can be sent again.", "email",
        RefusalReason.EmailChangeIsAskedTooOften);
