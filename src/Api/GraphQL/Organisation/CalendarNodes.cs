using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Domain.Organisation;

namespace Messaging.Api.GraphQL.Organisation;

/// <summary>When the office works, from a day on.</summary>
[Name("Calendar")]
[Allow(Access.Office)]
public sealed class CalendarNode(BusinessCalendar calendar)
{
    /// <summary>True of what holds until the office says otherwise.</summary>
    public bool IsDefault => calendar.IsDefault;

    /// <summary>The first day, in the office's time zone; null of the default.</summary>
    public DateOnly? From => calendar.IsDefault ? null : calendar.From;

    /// <summary>The hours of each weekday that has some.</summary>
    public IEnumerable<OfficeHoursNode> Hours => calendar.Hours.OrderBy(h => h.Day).Select(h => new OfficeHoursNode(h));

    /// <summary>The Land whose public holidays are free; null for none.</summary>
    public Land? Land => calendar.Land;

    /// <summary>Days that are free besides, in their order: at most 200.</summary>
    public IEnumerable<DateOnly> DaysOff => calendar.DaysOff.Order();
}

/// <summary>The hours of a weekday: business time is while the office's clock shows a time within them.</summary>
[Name("OfficeHours")]
[Allow(Access.Office)]
public sealed class OfficeHoursNode(OfficeHours hours)
{
    /// <summary>The weekday.</summary>
    public Weekday Day => hours.Day;

    /// <summary>The first minute within, such as 08:00.</summary>
    public string Opens => OfficeHours.TimeOf(hours.Opens);

    /// <summary>The first minute after, such as 17:00; 24:00 for midnight.</summary>
    public string Closes => OfficeHours.TimeOf(hours.Closes);
}
