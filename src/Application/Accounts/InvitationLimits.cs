using System.Collections.Immutable;
using Messaging.Application.Commands;
using Messaging.Domain;

namespace Messaging.Application.Accounts;

/// <summary>
/// Limits on invitations by mail, which go from the office's address to any address that somebody types. Counted in the
/// database over one day; nodes that invite at the same moment may each miss the other's uncommitted invitation.
/// </summary>
/// <param name="PerHour">Invitations by one person of the office.</param>
/// <param name="PerAddressAndDay">Invitations to one address, repeats included.</param>
public sealed record InvitationLimits(int PerHour = 100, int PerAddressAndDay = 5)
{
    /// <summary>Shortest time between two invitations of the same person.</summary>
    public static readonly TimeSpan UntilAgain = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    /// <summary>The limits when nothing is configured.</summary>
    public static InvitationLimits Default { get; } = new();

    /// <summary>Names what <see cref="Ask"/> needs.</summary>
    internal static void Read(ReadSet reads, Guid person, Guid by)
    {
        reads.Lookup(AccountLookups.Asked, person, by);
    }

    /// <summary>Records an invitation and its sender; the mail follows from the event.</summary>
    /// <param name="email">The address that it goes to.</param>
    /// <param name="again">True when they were invited before.</param>
    /// <param name="askedOfAddress">
    /// The invitations that the address got within a day, whoever it belonged to; 0 where it is the person's own.
    /// </param>
    /// <returns>The refusal; null when they are invited.</returns>
    internal Refusal? Ask(
        UnitOfWork work, Command command, Guid person, string email, bool again, int askedOfAddress = 0)
    {
        var (by, now) = (command.Caller.Actor.Id, work.Now);
        var (those, mine) = (AskedOf(work, person), AskedOf(work, by));
        if (
            again
            && those.Where(a => a.PersonId == person && a.Again).MaxBy(a => a.At) is { } last
            && last.At > now - UntilAgain
        )
            return new InvitedAgainJustNow((int)Math.Ceiling((last.At + UntilAgain - now).TotalMinutes));
        var asked = those.Count(a => a.PersonId == person && a.At > now - s_day);
        if (Math.Max(asked, askedOfAddress) >= PerAddressAndDay)
            return new AddressIsInvitedTooOften(PerAddressAndDay);
        if (mine.Count(a => a.By == by && a.At > now - s_hour) >= PerHour) return new TooManyInvitations(PerHour);
        Record(work, command, new Asked(person, by, again, now), email);
        return null;
    }

    /// <summary>Records that somebody is mailed a link, for the limits of those who ask next.</summary>
    /// <param name="email">The address that is invited; null for other links, which invitations do not count.</param>
    internal static void Record(UnitOfWork work, Command command, Asked asked, string? email = null)
    {
        var (tenant, now) = (command.Caller.TenantId, work.Now);
        work.Set(AccountLookups.Asked, asked.PersonId, AskedOf(work, asked.PersonId).Add(asked));
        if (asked.By != asked.PersonId)
            work.Set(AccountLookups.Asked, asked.By, AskedOf(work, asked.By).Add(asked));
        work.Write(
            $"""
            delete from messaging.invitations_asked
            where tenant_id = {tenant} and asked_by = {asked.By} and asked_at <= {now - s_day}
            """);
        work.Write(
            $"""
            insert into messaging.invitations_asked (tenant_id, person_id, asked_by, again, asked_at, email_key)
            values ({tenant}, {asked.PersonId}, {asked.By}, {asked.Again}, {asked.At},
                {(email is null ? null : EmailKey.Of(email))}::text)
            """);
    }

    /// <summary>What a person was mailed within a day, and had mailed within an hour.</summary>
    internal static ImmutableArray<Asked> AskedOf(UnitOfWork work, Guid person) =>
        work.Find(AccountLookups.Asked, person) is { IsDefault: false } asked ? asked : [];
}

/// <summary>The person was invited again a moment ago.</summary>
/// <param name="Minutes">Minutes until it is possible again.</param>
public sealed record InvitedAgainJustNow(int Minutes)
    : Refusal(
        RefusalKind.Conflict, $"The invitation was sent again a moment ago. In {Minutes} min it can be sent once more.",
        "id");

/// <summary>An address has been written to often enough.</summary>
public sealed record AddressIsInvitedTooOften(int Maximum)
    : Refusal(
        RefusalKind.Conflict,
        $"This person was invited {Maximum} times within a day. Tomorrow it can be sent once more.", "id");

/// <summary>The caller invites more people than anybody does by hand.</summary>
public sealed record TooManyInvitations(int Maximum)
    : Refusal(
        RefusalKind.Conflict,
        $"You have sent {Maximum} invitations within an hour. More can be sent when that hour is over.");
