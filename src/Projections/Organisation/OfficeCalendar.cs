using System.Collections.Immutable;
using Messaging.Domain.Organisation;

namespace Messaging.Projections.Organisation;

/// <summary>When an office works, and in which time zone.</summary>
/// <param name="TimeZone">IANA id.</param>
/// <param name="Calendars">Those of its own, in the order of their first days.</param>
/// <param name="ShowsPersonalTimes">False where nobody is shown times of a person.</param>
public sealed record OfficeCalendar(
    string TimeZone, ImmutableArray<BusinessCalendar> Calendars, bool ShowsPersonalTimes)
{
    /// <summary>When it was read, by the database's clock, which events are dated by.</summary>
    public DateTimeOffset ReadAt { get; init; }

    /// <summary>All that hold one after the other: first the default, until the first of its own begins.</summary>
    public IEnumerable<BusinessCalendar> All => Calendars.Prepend(BusinessCalendar.Default);

    /// <summary>The one that holds on a day.</summary>
    public BusinessCalendar On(DateOnly day)
    {
        for (var i = Calendars.Length - 1; i >= 0; i--)
            if (Calendars[i].From <= day) return Calendars[i];
        return BusinessCalendar.Default;
    }
}
