using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Messaging.Domain.Organisation;

/// <summary>A command to an organisation.</summary>
public abstract record OrganisationCommand;

/// <summary>Sets an office up. Nobody signed in does this.</summary>
public sealed record RegisterOrganisation(string Name, string NotificationEmail, string Locale, string TimeZone)
    : OrganisationCommand;

/// <summary>Changes settings; null leaves one as it is.</summary>
public sealed record UpdateSettings(
    string? Name, string? NotificationEmail, string? Locale, string? TimeZone,
    bool? CustomersMayStartConversations) : OrganisationCommand
{
    /// <summary>True to tell customers that a conversation is answered.</summary>
    public bool? CustomersAreToldAnswered { get; init; }

    /// <summary>The mails that say what was written.</summary>
    public MailContent? MailContent { get; init; }

    /// <summary>False to show nobody times of a person.</summary>
    public bool? ShowsPersonalTimes { get; init; }
}

/// <summary>Says when the office works, from a day on.</summary>
public sealed record ChangeCalendar(BusinessCalendar Calendar) : OrganisationCommand;

/// <summary>Requires a second factor of whoever works in the office, or no longer does.</summary>
/// <param name="From">The instant from which it is required; null when it is not.</param>
/// <param name="HasOne">True when the actor signs in with one themselves.</param>
public sealed record RequireSecondFactor(DateTimeOffset? From, bool HasOne) : OrganisationCommand;

/// <summary>Ends the office's access. Only the operator does this; again, it is nothing.</summary>
public sealed record DeactivateOrganisation : OrganisationCommand;

/// <summary>Gives the office its access back. Only the operator does this; again, it is nothing.</summary>
public sealed record ReactivateOrganisation : OrganisationCommand;

/// <summary>Takes an archive out.</summary>
/// <param name="TreeSize">The number of events that it is of.</param>
/// <param name="CustomerId">The only customer that it is of; null for all.</param>
/// <param name="From">The first day of it; null for the first of all.</param>
/// <param name="To">The last day of it; null for the last of all.</param>
/// <param name="WithNotes">False to leave internal notes out.</param>
public sealed record TakeArchive(long TreeSize, Guid? CustomerId, DateOnly? From, DateOnly? To, bool WithNotes)
    : OrganisationCommand;

/// <summary>Decides organisation commands.</summary>
public static partial class OrganisationDecider
{
    /// <summary>The longest name, in characters.</summary>
    public const int NameMaximum = 200;

    /// <summary>The longest id of a time zone, in characters: twice the longest there is.</summary>
    public const int TimeZoneMaximum = 64;

    /// <summary>The longest tag of a language, in characters (RFC 5646 4.4.1 recommends 35).</summary>
    public const int LocaleMaximum = 35;

    /// <summary>The languages the product writes in.</summary>
    public static readonly ImmutableArray<string> Locales = ["de", "en"];

    /// <summary>Answers a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="state">The organisation so far; null when there is none.</param>
    /// <param name="actor">The actor who gives the command.</param>
    public static Decision<OrganisationEvent> Decide(
        OrganisationCommand command, OrganisationState? state, Actor actor) =>
        command switch
        {
            RegisterOrganisation c => Register(c, state, actor),
            UpdateSettings c => Update(c, state, actor),
            RequireSecondFactor c => RequireFactor(c, state, actor),
            TakeArchive c => Take(c, state, actor),
            ChangeCalendar c => Change(c.Calendar, state, actor),
            ChangeRetention c => Change(c, state, actor),
            CheckRetention c => Check(c, state, actor),
            DeactivateOrganisation => Close(false, new OrganisationDeactivated(), state, actor),
            ReactivateOrganisation => Close(true, new OrganisationReactivated(), state, actor),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "An unknown command."),
        };

    private static Decision<OrganisationEvent> Register(RegisterOrganisation c, OrganisationState? state, Actor actor)
    {
        if (actor is not Actor.System)
            return new OnlyTheSystemRegisters();
        if (state is not null)
            return new OrganisationExists();
        if (Check(c.Name, c.NotificationEmail, c.Locale, c.TimeZone) is { } refusal)
            return refusal;
        return Domain.Decide.Accept<OrganisationEvent>(
            new OrganisationRegistered(c.Name, c.NotificationEmail, c.Locale, c.TimeZone));
    }

    private static Decision<OrganisationEvent> Close(
        bool active, OrganisationEvent @event, OrganisationState? state, Actor actor)
    {
        if (actor is not Actor.System) return new OnlyTheSystemRegisters();
        if (state is null) return new OrganisationNotFound();
        return state.Active == active ? Domain.Decide.Accept<OrganisationEvent>() : Domain.Decide.Accept(@event);
    }

    private static Decision<OrganisationEvent> Take(TakeArchive c, OrganisationState? state, Actor actor)
    {
        if (actor is not (Actor.System or Actor.Auditor or Actor.Administrator { IsOwner: true }))
            return new OnlyOwnersTakeArchives();
        if (state is null) return new OrganisationNotFound();
        if (c.To < c.From) return new ArchiveEndsBeforeItBegins();
        return Domain.Decide.Accept<OrganisationEvent>(
            new Exported(c.TreeSize, c.CustomerId, c.From, c.To, c.WithNotes));
    }

    private static Decision<OrganisationEvent> RequireFactor(
        RequireSecondFactor c, OrganisationState? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersChangeSettings();
        if (state is null) return new OrganisationNotFound();
        if (c.From is { } && !c.HasOne) return new RequiresWhatOneHas();
        if (c.From == state.SecondFactorRequiredFrom) return Domain.Decide.Accept<OrganisationEvent>();
        return c.From is { } from
            ? Domain.Decide.Accept<OrganisationEvent>(new SecondFactorRequired(from))
            : Domain.Decide.Accept<OrganisationEvent>(new SecondFactorNoLongerRequired());
    }

    private static Decision<OrganisationEvent> Change(
        BusinessCalendar calendar, OrganisationState? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersChangeSettings();
        if (state is null) return new OrganisationNotFound();
        if (calendar.Check() is { } refusal) return refusal;

        // Said again it is nothing; but before one that is to come it takes that one's place.
        if (!state.Calendars.IsEmpty && state.Calendars[^1].IsSameAs(calendar))
            return Domain.Decide.Accept<OrganisationEvent>();
        var changed = new CalendarChanged(calendar.From, calendar.Hours, calendar.Land, calendar.DaysOff);
        return BusinessCalendar.After(state.Calendars, changed).Length > BusinessCalendar.CalendarsMaximum
            ? new TooManyCalendars()
            : Domain.Decide.Accept<OrganisationEvent>(changed);
    }

    private static Decision<OrganisationEvent> Change(ChangeRetention c, OrganisationState? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersChangeSettings();
        if (state is null) return new OrganisationNotFound();
        var before = state.Retention;
        var years = new RetentionYears(c.Mandate ?? before.Mandate, c.Comment ?? before.Comment, c.File ?? before.File);
        if (years.Check() is { } refusal) return refusal;
        return years == before
            ? Domain.Decide.Accept<OrganisationEvent>()
            : Domain.Decide.Accept<OrganisationEvent>(new RetentionChanged(years.Mandate, years.Comment, years.File));
    }

    private static Decision<OrganisationEvent> Check(CheckRetention c, OrganisationState? state, Actor actor)
    {
        if (actor is not Actor.System) return new OnlyTheSystemChecksRetention();
        if (state is null) return new OrganisationNotFound();
        return Domain.Decide.Accept<OrganisationEvent>(new RetentionChecked(c.On, c.Customers, c.Due));
    }

    private static Decision<OrganisationEvent> Update(UpdateSettings c, OrganisationState? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersChangeSettings();
        if (state is null) return new OrganisationNotFound();
        var name = c.Name == state.Name ? null : c.Name;
        var email =
            c.NotificationEmail is not null && EmailAddress.AreSame(c.NotificationEmail, state.NotificationEmail)
                ? null
                : c.NotificationEmail;
        if (Check(name, email, c.Locale, c.TimeZone) is { } refusal)
            return refusal;
        var events = ImmutableArray.CreateBuilder<OrganisationEvent>();
        if (c.Name is not null && c.Name != state.Name) events.Add(new OrganisationRenamed(c.Name));
        if (email is not null) events.Add(new NotificationEmailRegistered(email));
        if (c.Locale is not null && c.Locale != state.Locale) events.Add(new LocaleChosen(c.Locale));
        if (c.TimeZone is not null && c.TimeZone != state.TimeZone) events.Add(new TimeZoneChosen(c.TimeZone));
        if (c.CustomersMayStartConversations is { } may && may != state.CustomersMayStartConversations)
            events.Add(may ? new CustomerConversationsAllowed() : new CustomerConversationsDisallowed());
        if (c.CustomersAreToldAnswered is { } told && told != state.CustomersAreToldAnswered)
            events.Add(told ? new AnsweredTold() : new AnsweredNoLongerTold());
        if (c.MailContent is { } content && content != state.MailContent) events.Add(new MailContentChosen(content));
        if (c.ShowsPersonalTimes is { } shows && shows != state.ShowsPersonalTimes)
            events.Add(shows ? new PersonalTimesShown() : new PersonalTimesHidden());
        return new Decision<OrganisationEvent>.Accepted(events.ToImmutable());
    }

    private static Refusal? Check(string? name, string? notificationEmail, string? locale, string? timeZone)
    {
        if (name is not null && Messaging.Domain.Name.CheckCompany(name, "name", NameMaximum) is { } n)
            return n;
        if (notificationEmail is not null && EmailAddress.Check(notificationEmail, "notificationEmail") is { } e)
            return e;
        if (locale is not null && !Locales.Contains(locale))
            return new LocaleIsUnknown();
        return timeZone is not null && !IsTimeZone(timeZone) ? new TimeZoneIsUnknown() : null;
    }

    // Only IANA ids as IANA writes them: the platform also finds Windows names, other cases and files beside the zones,
    // which other clients do not know.
    private static bool IsTimeZone(string id) =>
        id.Length <= TimeZoneMaximum
        && IanaId().IsMatch(id)
        && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone)
        && zone.HasIanaId
        && zone.Id == id;

    [GeneratedRegex(@"\A(UTC|[A-Z][A-Za-z]*(/[A-Z][A-Za-z0-9_+-]*){1,2})\z", RegexOptions.CultureInvariant)]
    private static partial Regex IanaId();
}

/// <summary>No such organisation.</summary>
public sealed record OrganisationNotFound() : Refusal(RefusalKind.NotFound, "There is no such organisation.");

/// <summary>The organisation is set up already.</summary>
public sealed record OrganisationExists() : Refusal(RefusalKind.Conflict, "This organisation exists already.");

/// <summary>A signed-in caller tried to set an organisation up.</summary>
public sealed record OnlyTheSystemRegisters()
    : Refusal(RefusalKind.Forbidden, "Organisations are set up by whoever operates the product.");

/// <summary>Settings are the owners'.</summary>
public sealed record OnlyOwnersChangeSettings()
    : Refusal(RefusalKind.Forbidden, "Only an owner may change the organisation's settings.");

/// <summary>An archive says everything.</summary>
public sealed record OnlyOwnersTakeArchives()
    : Refusal(RefusalKind.Forbidden, "Only owners and auditors take the archive out.");

/// <summary>The last day is before the first.</summary>
public sealed record ArchiveEndsBeforeItBegins() : Refusal(RefusalKind.Invalid, "to must not be before from.", "to");

/// <summary>Whoever requires a second factor would be the first who is kept out.</summary>
public sealed record RequiresWhatOneHas()
    : Refusal(
        RefusalKind.Conflict, "Add a second factor to your own account before you require one of others.", "isRequired",
        RefusalReason.SecondFactorIsMissing);

/// <summary>Not a language the product writes in.</summary>
public sealed record LocaleIsUnknown() : Refusal(RefusalKind.Invalid, "locale must be de or en.", "locale");

/// <summary>Not a time zone.</summary>
public sealed record TimeZoneIsUnknown()
    : Refusal(RefusalKind.Invalid, "timeZone must be an IANA time zone, such as Europe/Berlin.", "timeZone");
