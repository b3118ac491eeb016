using System.Collections.Immutable;
using Messaging.Domain;
using Messaging.Projections.Organisation;

namespace Messaging.Projections.Reports;

/// <summary>A week of the weekly report, from Monday to Sunday of the office's clock.</summary>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive.</param>
/// <param name="ClosedAt">
/// The last close of business until its end: Friday's, mostly. Of a week in which the office was closed, one before it.
/// </param>
/// <param name="WorkingDay">The length of a working day then.</param>
public sealed record ReportedWeek(
    DateTimeOffset From, DateTimeOffset To, DateTimeOffset ClosedAt, TimeSpan WorkingDay);

/// <summary>The instants that a weekly report is about: those of the office's calendar at an instant.</summary>
/// <param name="WorkingDay">The length of a working day: the hours of the calendar's week over its days.</param>
/// <param name="LongAgoForUs">What waits since before has waited longer than a working day; null for nothing.</param>
/// <param name="LongAgoForCustomers">
/// The same of <see cref="CustomerDays"/> working days; null for nothing.
/// </param>
/// <param name="Weeks">The last week that is over, and the four before it.</param>
public sealed record WeeklyFrame(
    DateTimeOffset AsOf, OfficeCalendar Office, TimeSpan WorkingDay, DateTimeOffset? LongAgoForUs,
    DateTimeOffset? LongAgoForCustomers, ImmutableArray<ReportedWeek> Weeks)
{
    /// <summary>The number of weeks: the last one, and those that it is compared with.</summary>
    public const int WeekCount = 5;

    /// <summary>The working days after which a customer has had long enough to answer.</summary>
    public const int CustomerDays = 10;

    // Whoever was closed for so long has no working days to count.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(WaitReport.DaysMaximum);

    /// <summary>The last week that is over.</summary>
    public ReportedWeek LastWeek => Weeks[0];

    /// <summary>That of an office at an instant.</summary>
    public static WeeklyFrame Of(OfficeCalendar office, DateTimeOffset now)
    {
        var zone = Day.ZoneOf(office.TimeZone);
        var today = Day.Of(now, zone);
        var monday = Day.MondayOf(today);
        var time = BusinessTime.Of(office, now - s_longest, now);
        var weeks = ImmutableArray.CreateBuilder<ReportedWeek>(WeekCount);
        for (var ago = 1; ago <= WeekCount; ago++)
        {
            var next = monday.AddDays(-7 * (ago - 1));
            var to = Day.StartOf(next, zone);
            weeks.Add(new ReportedWeek(
                Day.StartOf(next.AddDays(-7), zone), to, time.ClosedBefore(to) ?? to,
                WorkingDayOn(office, next.AddDays(-1))));
        }

        var day = WorkingDayOn(office, today);
        var passed = time.At(now);
        return new WeeklyFrame(
            now, office, day, time.Reached(passed - day), time.Reached(passed - (day * CustomerDays)),
            weeks.MoveToImmutable());
    }

    // Hours of different days count alike: a working day is as long on Friday as on Monday.
    private static TimeSpan WorkingDayOn(OfficeCalendar office, DateOnly day) =>
        TimeSpan.FromMinutes(office.On(day).Hours.Average(h => h.Closes - h.Opens));
}
