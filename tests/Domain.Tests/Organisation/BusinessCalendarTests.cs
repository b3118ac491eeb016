using System.Collections.Immutable;
using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Organisation;

public sealed class BusinessCalendarTests
{
    private static readonly BusinessCalendar s_calendar = new(
        new DateOnly(2027, 1, 1), [OfficeHours.Of(Weekday.Monday, "08:00", "17:00")], Land.Sachsen,
        [new DateOnly(2027, 2, 8)]);

    [Fact]
    public void An_owner_says_when_the_office_works_and_again_is_nothing()
    {
        var changed = Changed(s_calendar);
        Registered().When(Anna, new ChangeCalendar(s_calendar)).Then(changed);
        Registered(changed).When(Anna, new ChangeCalendar(s_calendar)).ThenNothing();
        foreach (Actor actor in (Actor[])[Bernd, Auditor, Dieter])
            Registered().When(actor, new ChangeCalendar(s_calendar)).ThenRefused(new OnlyOwnersChangeSettings());
        AnOrganisation().When(Anna, new ChangeCalendar(s_calendar)).ThenRefused(new OrganisationNotFound());
    }

    [Fact]
    public void What_cannot_be_right_is_named()
    {
        var day = new DateOnly(2027, 2, 8);
        var sunday = new DateOnly(2027, 2, 7);
        Refused(s_calendar with { Hours = [] }, new CalendarHasNoHours());
        Refused(Hours("17:00", "08:00"), new ClosesBeforeItOpens(Weekday.Monday));
        Refused(Hours("08:00", "08:00"), new ClosesBeforeItOpens(Weekday.Monday));
        foreach (var no in (string[])["", "8:00", "24:01", "25:00", "acht!", "24:00", "-1:00", "08.00", "\0\u202E=cm"])
            Refused(Hours(no, "24:00"), new HoursAreNoTimes(Weekday.Monday));
        Refused(
            s_calendar with { Hours = [s_calendar.Hours[0], s_calendar.Hours[0]] }, new WeekdayIsTwice(Weekday.Monday));
        Refused(s_calendar with { DaysOff = [day, day] }, new DayOffIsTwice(day));
        Refused(s_calendar with { DaysOff = [sunday] }, new DayOffHasNoHours(sunday, Weekday.Sunday));
        Refused(
            s_calendar with { DaysOff = [.. Enumerable.Range(0, 201).Select(i => day.AddDays(7 * i))] },
            new TooManyDaysOff());
        Refused(s_calendar with { DaysOff = [new DateOnly(1999, 12, 27)] }, new CalendarYearIsFar("daysOff"));
        Refused(s_calendar with { From = new DateOnly(2201, 1, 1) }, new CalendarYearIsFar("from"));
        Refused(s_calendar with { From = new DateOnly(1999, 12, 31) }, new CalendarYearIsFar("from"));
        new DayOffHasNoHours(sunday, Weekday.Sunday).Message.ShouldBe(
            "daysOff has 2027-02-07, a Sunday: without hours it is free anyway.");

        // The first and the last time of a day are times.
        Registered().When(Anna, new ChangeCalendar(Hours("00:00", "24:00"))).ThenAccepted();
    }

    [Fact]
    public void One_from_an_earlier_day_takes_the_place_of_those_after_it()
    {
        var later = s_calendar with { From = new DateOnly(2028, 1, 1), Land = null };
        var earlier = s_calendar with { From = new DateOnly(2026, 1, 1) };
        Calendars(s_calendar, later).ShouldBe([s_calendar.From, later.From]);
        Calendars(s_calendar, later, s_calendar).ShouldBe([s_calendar.From]);
        Calendars(s_calendar, later, earlier).ShouldBe([earlier.From]);
        var many = Enumerable.Range(0, 100).Select(i => Changed(s_calendar with { From = earlier.From.AddDays(i) }));
        Registered([.. many]).When(Anna, new ChangeCalendar(later)).ThenRefused(new TooManyCalendars());
        Registered([.. many]).When(Anna, new ChangeCalendar(earlier with { Land = null })).ThenAccepted();
    }

    [Fact]
    public void Times_of_people_are_hidden_and_shown_by_owners()
    {
        var hide = new UpdateSettings(null, null, null, null, null) { ShowsPersonalTimes = false };
        Registered().When(Anna, hide).Then(new PersonalTimesHidden());
        Registered(new PersonalTimesHidden()).When(Anna, hide).ThenNothing();
        Registered(new PersonalTimesHidden()).When(Anna, hide with { ShowsPersonalTimes = true })
            .Then(new PersonalTimesShown());
        Registered().When(Anna, hide with { ShowsPersonalTimes = true }).ThenNothing();
        Registered().When(Bernd, hide).ThenRefused(new OnlyOwnersChangeSettings());
    }

    [Theory]
    [InlineData(Land.Berlin, "2018-03-08", false)]
    [InlineData(Land.Berlin, "2019-03-08", true)]
    [InlineData(Land.MecklenburgVorpommern, "2022-03-08", false)]
    [InlineData(Land.MecklenburgVorpommern, "2023-03-08", true)]
    [InlineData(Land.Bayern, "2026-03-08", false)]
    [InlineData(Land.Bayern, "2026-11-01", true)]
    [InlineData(Land.Sachsen, "2026-11-01", false)]
    [InlineData(Land.Sachsen, "2026-10-31", true)]
    [InlineData(Land.Sachsen, "2026-11-18", true)]
    [InlineData(Land.Sachsen, "2023-11-22", true)]
    [InlineData(Land.Thueringen, "2026-11-18", false)]
    [InlineData(Land.Thueringen, "2018-09-20", false)]
    [InlineData(Land.Thueringen, "2026-09-20", true)]
    [InlineData(Land.Hamburg, "2016-10-31", false)]
    [InlineData(Land.Hessen, "2017-10-31", true)]
    [InlineData(Land.Hamburg, "2018-10-31", true)]
    [InlineData(Land.Hessen, "2018-10-31", false)]
    [InlineData(Land.Berlin, "2025-05-08", true)]
    [InlineData(Land.Berlin, "2026-05-08", false)]
    [InlineData(Land.Brandenburg, "2026-04-05", true)]
    [InlineData(Land.Saarland, "2026-08-15", true)]
    [InlineData(Land.Bayern, "2026-08-15", false)]
    [InlineData(Land.NordrheinWestfalen, "2026-06-04", true)]
    [InlineData(Land.Niedersachsen, "2026-06-04", false)]
    [InlineData(Land.SachsenAnhalt, "2026-01-06", true)]
    public void A_Land_has_its_holidays_by_the_year(Land land, string day, bool isOne) =>
        Holidays.Has(land, DateOnly.Parse(day, null)).ShouldBe(isOne);

    [Theory]
    [InlineData(2000, "04-21 04-24 06-01 06-12")]
    [InlineData(2019, "04-19 04-22 05-30 06-10")]
    [InlineData(2026, "04-03 04-06 05-14 05-25")]
    [InlineData(2038, "04-23 04-26 06-03 06-14")]
    public void Every_Land_has_nine_at_least_and_those_of_Easter(int year, string ofEaster)
    {
        string[] all = ["01-01", "05-01", "10-03", "12-25", "12-26", .. ofEaster.Split(' ')];
        foreach (var land in Enum.GetValues<Land>())
        {
            var days = Holidays.Of(land, year).Select(d => d.ToString("MM-dd", null)).ToList();
            all.Except(days).ShouldBeEmpty(land.ToString());
            days.Count.ShouldBeInRange(9, 13);
        }
    }

    private static BusinessCalendar Hours(string opens, string closes) =>
        s_calendar with { Hours = [OfficeHours.Of(Weekday.Monday, opens, closes)] };

    private static void Refused(BusinessCalendar calendar, Refusal refusal) =>
        Registered().When(Anna, new ChangeCalendar(calendar)).ThenRefused(refusal);

    private static IEnumerable<DateOnly> Calendars(params BusinessCalendar[] said) =>
        said.Aggregate(
            ImmutableArray<BusinessCalendar>.Empty, (all, c) => BusinessCalendar.After(all, Changed(c)))
            .Select(c => c.From);

    private static CalendarChanged Changed(BusinessCalendar c) => new(c.From, c.Hours, c.Land, c.DaysOff);
}
