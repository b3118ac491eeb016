using System.Collections.Immutable;
using System.Globalization;

namespace Messaging.Domain.Organisation;

/// <summary>A day of the week.</summary>
[Stored("weekday")]
public enum Weekday
{
    /// <summary>The first day of the week.</summary>
    Monday = 1,

    /// <summary>The second day of the week.</summary>
    Tuesday = 2,

    /// <summary>The third day of the week.</summary>
    Wednesday = 3,

    /// <summary>The fourth day of the week.</summary>
    Thursday = 4,

    /// <summary>The fifth day of the week.</summary>
    Friday = 5,

    /// <summary>The sixth day of the week.</summary>
    Saturday = 6,

    /// <summary>The seventh day of the week.</summary>
    Sunday = 7,
}

/// <summary>The hours of a weekday: business time is while the office's clock shows a time within them.</summary>
/// <param name="Opens">The first minute of the day that is within; -1 where what was given is no time.</param>
/// <param name="Closes">The first one after; 1,440 for midnight.</param>
public sealed record OfficeHours(Weekday Day, int Opens, int Closes)
{
    /// <summary>The minutes of a day on the clock.</summary>
    public const int DayLength = 24 * 60;

    /// <summary>The length of a time: <c>08:00</c>.</summary>
    public const int TimeLength = 5;

    /// <summary>The hours between two times, such as 08:00 and 17:00.</summary>
    public static OfficeHours Of(Weekday day, string opens, string closes) =>
        new(day, MinuteOf(opens), MinuteOf(closes));

    /// <summary>A minute of the day as a time.</summary>
    public static string TimeOf(int minute) =>
        string.Create(CultureInfo.InvariantCulture, $"{minute / 60:00}:{minute % 60:00}");

    private static int MinuteOf(string time)
    {
        if (time == "24:00") return DayLength;
        return TimeOnly.TryParseExact(time, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var of)
            ? (of.Hour * 60) + of.Minute
            : -1;
    }
}

/// <summary>When an office works, from a day on until the calendar after it begins.</summary>
/// <param name="From">The first day; the default holds before all others, from no day on.</param>
/// <param name="Hours">At most one for each weekday; without any the office is closed then.</param>
/// <param name="Land">Whose holidays are free; null for none.</param>
/// <param name="DaysOff">Days that are free besides.</param>
public sealed record BusinessCalendar(
    DateOnly From, ImmutableArray<OfficeHours> Hours, Land? Land, ImmutableArray<DateOnly> DaysOff)
{
    /// <summary>The most own days off of a calendar.</summary>
    public const int DaysOffMaximum = 200;

    /// <summary>The most calendars that follow one another.</summary>
    public const int CalendarsMaximum = 100;

    /// <summary>The first year that a calendar may begin in or name a day of.</summary>
    public const int FirstYear = 2000;

    /// <summary>The last one.</summary>
    public const int LastYear = 2200;

    /// <summary>What holds until an office says otherwise: Monday to Friday from 08:00 to 17:00, no holidays.</summary>
    public static BusinessCalendar Default { get; } = new(
        DateOnly.MinValue, [.. Enumerable.Range(1, 5).Select(d => new OfficeHours((Weekday)d, 8 * 60, 17 * 60))], null,
        []);

    /// <summary>True of the one that holds until an office says otherwise.</summary>
    public bool IsDefault => From == DateOnly.MinValue;

    /// <summary>
    /// The calendars after one more event: it holds from its first day on, instead of whatever was said of that day and
    /// those after it.
    /// </summary>
    public static ImmutableArray<BusinessCalendar> After(
        ImmutableArray<BusinessCalendar> calendars, CalendarChanged changed) =>
        [
            .. calendars.Where(c => c.From < changed.From),
            new BusinessCalendar(changed.From, changed.Hours, changed.Land, changed.DaysOff),
        ];

    /// <summary>True when the other says the same.</summary>
    public bool IsSameAs(BusinessCalendar other) =>
        From == other.From && Land == other.Land && Hours.Order(s_byDay).SequenceEqual(other.Hours.Order(s_byDay))
        && DaysOff.Order().SequenceEqual(other.DaysOff.Order());

    /// <summary>The hours of a day; null when it is free.</summary>
    public OfficeHours? On(DateOnly day)
    {
        var weekday = WeekdayOf(day);
        foreach (var hours in Hours)
        {
            if (hours.Day == weekday)
            {
                var free = DaysOff.Contains(day) || (Land is { } land && Holidays.Has(land, day));
                return free ? null : hours;
            }
        }

        return null;
    }

    /// <summary>What cannot be right; null when there is nothing.</summary>
    internal Refusal? Check()
    {
        if (From.Year is < FirstYear or > LastYear) return new CalendarYearIsFar("from");
        if (Hours.IsEmpty) return new CalendarHasNoHours();
        var days = new HashSet<Weekday>();
        foreach (var hours in Hours)
        {
            if (hours.Opens is < 0 or >= OfficeHours.DayLength || hours.Closes is < 0 or > OfficeHours.DayLength)
                return new HoursAreNoTimes(hours.Day);
            if (hours.Closes <= hours.Opens) return new ClosesBeforeItOpens(hours.Day);
            if (!days.Add(hours.Day)) return new WeekdayIsTwice(hours.Day);
        }

        if (DaysOff.Length > DaysOffMaximum) return new TooManyDaysOff();
        var off = new HashSet<DateOnly>();
        foreach (var day in DaysOff)
        {
            if (day.Year is < FirstYear or > LastYear) return new CalendarYearIsFar("daysOff");
            if (!off.Add(day)) return new DayOffIsTwice(day);
            if (!days.Contains(WeekdayOf(day))) return new DayOffHasNoHours(day, WeekdayOf(day));
        }

        return null;
    }

    private static readonly Comparer<OfficeHours> s_byDay = Comparer<OfficeHours>.Create((a, b) => a.Day - b.Day);

    private static Weekday WeekdayOf(DateOnly day) =>
        day.DayOfWeek == DayOfWeek.Sunday ? Weekday.Sunday : (Weekday)day.DayOfWeek;
}

/// <summary>A day that is too far away to be meant.</summary>
public sealed record CalendarYearIsFar(string Of)
    : Refusal(
        RefusalKind.Invalid,
        $"{Of} must be in the years {BusinessCalendar.FirstYear} to {BusinessCalendar.LastYear}.", Of);

/// <summary>An office that is never open.</summary>
public sealed record CalendarHasNoHours()
    : Refusal(RefusalKind.Invalid, "hours must have those of a weekday at least.", "hours");

/// <summary>What was given is no time of the day.</summary>
public sealed record HoursAreNoTimes(Weekday Day)
    : Refusal(
        RefusalKind.Invalid, $"hours of {Day}: opens and closes must be times such as 08:00, and 24:00 is the last.",
        "hours");

/// <summary>Hours that are over before they begin.</summary>
public sealed record ClosesBeforeItOpens(Weekday Day)
    : Refusal(RefusalKind.Invalid, $"hours of {Day}: closes must be after opens.", "hours");

/// <summary>Hours of a weekday that are given twice.</summary>
public sealed record WeekdayIsTwice(Weekday Day)
    : Refusal(RefusalKind.Invalid, $"hours of {Day} are given twice.", "hours");

/// <summary>More own days off than the limit.</summary>
public sealed record TooManyDaysOff()
    : Refusal(RefusalKind.Invalid, $"daysOff has at most {BusinessCalendar.DaysOffMaximum} days.", "daysOff");

/// <summary>A day off that is given twice.</summary>
public sealed record DayOffIsTwice(DateOnly Day)
    : Refusal(RefusalKind.Invalid, $"daysOff has {Day:yyyy-MM-dd} twice.", "daysOff");

/// <summary>A day off on a day on which the office is closed anyway, such as a Sunday.</summary>
public sealed record DayOffHasNoHours(DateOnly Day, Weekday Weekday)
    : Refusal(
        RefusalKind.Invalid, $"daysOff has {Day:yyyy-MM-dd}, a {Weekday}: without hours it is free anyway.", "daysOff");

/// <summary>More calendars after one another than the limit.</summary>
public sealed record TooManyCalendars()
    : Refusal(
        RefusalKind.TooLarge,
        $"At most {BusinessCalendar.CalendarsMaximum} calendars follow one another; one from an earlier day takes the "
        + "place of those after it.", "from");
