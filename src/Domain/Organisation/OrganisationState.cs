using System.Collections.Immutable;

namespace Messaging.Domain.Organisation;

/// <summary>
/// An event of an organisation. Names and fields are a file format: they are upcast, never edited.
/// </summary>
public abstract record OrganisationEvent;

/// <summary>The office was set up.</summary>
/// <param name="NotificationEmail">The registered address, which is notified of customers' comments.</param>
/// <param name="Locale"><c>de</c> or <c>en</c>.</param>
/// <param name="TimeZone">IANA id, such as <c>Europe/Berlin</c>.</param>
[Stored("organisation_registered")]
public sealed record OrganisationRegistered(string Name, string NotificationEmail, string Locale, string TimeZone)
    : OrganisationEvent;

/// <summary>The office has another name.</summary>
[Stored("organisation_renamed")]
public sealed record OrganisationRenamed(string Name) : OrganisationEvent;

/// <summary>The office is told at another address.</summary>
[Stored("notification_email_registered")]
public sealed record NotificationEmailRegistered(string Email) : OrganisationEvent;

/// <summary>The office writes in another language.</summary>
[Stored("locale_chosen")]
public sealed record LocaleChosen(string Locale) : OrganisationEvent;

/// <summary>The office reckons in another time zone.</summary>
[Stored("time_zone_chosen")]
public sealed record TimeZoneChosen(string TimeZone) : OrganisationEvent;

/// <summary>Customers may start conversations from now on.</summary>
[Stored("customer_conversations_allowed")]
public sealed record CustomerConversationsAllowed : OrganisationEvent;

/// <summary>Customers may no longer start conversations.</summary>
[Stored("customer_conversations_disallowed")]
public sealed record CustomerConversationsDisallowed : OrganisationEvent;

/// <summary>Customers are told from now on that a conversation is answered.</summary>
[Stored("answered_told")]
public sealed record AnsweredTold : OrganisationEvent;

/// <summary>Customers are no longer told that a conversation is answered.</summary>
[Stored("answered_no_longer_told")]
public sealed record AnsweredNoLongerTold : OrganisationEvent;

/// <summary>The mails about conversations that say what was written.</summary>
[Stored("mail_content")]
public enum MailContent
{
    /// <summary>All of them, but those about customers who want otherwise.</summary>
    Full = 0,

    /// <summary>Those to the registered address. All others say only that there is a new message.</summary>
    RegisteredAddressOnly = 1,

    /// <summary>No mail does.</summary>
    None = 2,
}

/// <summary>The office decided on which mails say what was written.</summary>
[Stored("mail_content_chosen")]
public sealed record MailContentChosen(MailContent Content) : OrganisationEvent;

/// <summary>Who works in the office signs in with a second factor from this instant on.</summary>
/// <param name="From">Until then nobody is kept out.</param>
[Stored("second_factor_required")]
public sealed record SecondFactorRequired(DateTimeOffset From) : OrganisationEvent;

/// <summary>A second factor is everybody's own choice again.</summary>
[Stored("second_factor_no_longer_required")]
public sealed record SecondFactorNoLongerRequired : OrganisationEvent;

/// <summary>
/// When the office works, from a day on: what was said of that day and those after it holds no longer.
/// </summary>
/// <param name="From">The first day, in the office's time zone.</param>
/// <param name="Hours">At most one for each weekday; without any the office is closed then.</param>
/// <param name="Land">Whose holidays are free; null for none.</param>
/// <param name="DaysOff">Days that are free besides.</param>
[Stored("calendar_changed")]
public sealed record CalendarChanged(
    DateOnly From, ImmutableArray<OfficeHours> Hours, Land? Land, ImmutableArray<DateOnly> DaysOff)
    : OrganisationEvent
{
    /// <summary>Equal with the same hours and days in the same order.</summary>
    public bool Equals(CalendarChanged? other) =>
        other is not null && From == other.From && Land == other.Land && Hours.SequenceEqual(other.Hours)
        && DaysOff.SequenceEqual(other.DaysOff);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(From, Land, Hours.Length, DaysOff.Length);
}

/// <summary>Nobody is shown times of a person any more.</summary>
[Stored("personal_times_hidden")]
public sealed record PersonalTimesHidden : OrganisationEvent;

/// <summary>Owners are shown times of each person again, and everybody their own.</summary>
[Stored("personal_times_shown")]
public sealed record PersonalTimesShown : OrganisationEvent;

/// <summary>What the office has of a customer is kept for these years, each from the end of a calendar year.</summary>
/// <param name="MandateYears">From the year in which the mandate ended.</param>
/// <param name="CommentYears">From the year of the last comment.</param>
/// <param name="FileYears">From the year of the last file.</param>
[Stored("retention_changed")]
public sealed record RetentionChanged(int MandateYears, int CommentYears, int FileYears) : OrganisationEvent;

/// <summary>The operator looked which customers nothing keeps any more. Nothing went by it.</summary>
/// <param name="On">The day that was asked of, in the office's time zone.</param>
/// <param name="Customers">The number of customers that were looked at.</param>
/// <param name="Due">The number of those that nothing keeps any more.</param>
[Stored("retention_checked")]
public sealed record RetentionChecked(DateOnly On, int Customers, int Due) : OrganisationEvent;

/// <summary>The operator ended the office's access: nobody signs in, and nothing is mailed.</summary>
[Stored("organisation_deactivated")]
public sealed record OrganisationDeactivated : OrganisationEvent;

/// <summary>The operator gave the office its access back.</summary>
[Stored("organisation_reactivated")]
public sealed record OrganisationReactivated : OrganisationEvent;

/// <summary>An archive was taken out: of all, or of what one customer may show.</summary>
/// <param name="TreeSize">The number of events that it is of.</param>
/// <param name="CustomerId">The only customer that it is of; null for all.</param>
/// <param name="From">The first day of it; null for the first of all.</param>
/// <param name="To">The last day of it; null for the last of all.</param>
/// <param name="WithNotes">False when internal notes were left out.</param>
[Stored("exported")]
public sealed record Exported(long TreeSize, Guid? CustomerId, DateOnly? From, DateOnly? To, bool WithNotes)
    : OrganisationEvent;

/// <summary>The write state of an accounting office, the tenant.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Version">The number of events so far.</param>
/// <param name="NotificationEmail">The registered address, which is notified of customers' comments.</param>
/// <param name="Locale"><c>de</c> or <c>en</c>.</param>
/// <param name="TimeZone">IANA id.</param>
/// <param name="CustomersMayStartConversations">True when customers may start conversations.</param>
public sealed record OrganisationState(
    Guid Id, long Version, string Name, string NotificationEmail, string Locale, string TimeZone,
    bool CustomersMayStartConversations)
{
    /// <summary>False while the operator has deactivated it.</summary>
    public bool Active { get; init; } = true;

    /// <summary>True when customers are told that a conversation is answered.</summary>
    public bool CustomersAreToldAnswered { get; init; }

    /// <summary>The mails that say what was written.</summary>
    public MailContent MailContent { get; init; }

    /// <summary>The instant from which a second factor is required; null while it is not.</summary>
    public DateTimeOffset? SecondFactorRequiredFrom { get; init; }

    /// <summary>The calendars of its own, in the order of their first days.</summary>
    public ImmutableArray<BusinessCalendar> Calendars { get; init; } = [];

    /// <summary>False where nobody is shown times of a person.</summary>
    public bool ShowsPersonalTimes { get; init; } = true;

    /// <summary>The years that what there is of a customer is kept.</summary>
    public RetentionYears Retention { get; init; } = RetentionYears.Default;

    /// <summary>
    /// The state after one more event. Throws for nothing that has happened: what happened, happened.
    /// </summary>
    public static OrganisationState? Evolve(OrganisationState? state, Guid id, OrganisationEvent @event)
    {
        if (@event is OrganisationRegistered registered)
            return new OrganisationState(
                id, (state?.Version ?? 0) + 1, registered.Name, registered.NotificationEmail, registered.Locale,
                registered.TimeZone, false);
        if (state is null)
            return null;
        state = state with { Version = state.Version + 1 };
        return @event switch
        {
            OrganisationRenamed e => state with { Name = e.Name },
            NotificationEmailRegistered e => state with { NotificationEmail = e.Email },
            LocaleChosen e => state with { Locale = e.Locale },
            TimeZoneChosen e => state with { TimeZone = e.TimeZone },
            SecondFactorRequired e => state with { SecondFactorRequiredFrom = e.From },
            SecondFactorNoLongerRequired => state with { SecondFactorRequiredFrom = null },
            Exported or RetentionChecked => state,
            RetentionChanged e => state with
            {
                Retention = new RetentionYears(e.MandateYears, e.CommentYears, e.FileYears),
            },
            CalendarChanged e => state with { Calendars = BusinessCalendar.After(state.Calendars, e) },
            PersonalTimesHidden => state with { ShowsPersonalTimes = false },
            PersonalTimesShown => state with { ShowsPersonalTimes = true },
            OrganisationDeactivated => state with { Active = false },
            OrganisationReactivated => state with { Active = true },
            CustomerConversationsAllowed => state with { CustomersMayStartConversations = true },
            CustomerConversationsDisallowed => state with { CustomersMayStartConversations = false },
            AnsweredTold => state with { CustomersAreToldAnswered = true },
            AnsweredNoLongerTold => state with { CustomersAreToldAnswered = false },
            MailContentChosen e => state with { MailContent = e.Content },
            _ => throw new UnknownEventException(@event),
        };
    }
}
