using Messaging.Domain.Organisation;
using Messaging.Projections.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Reports;

/// <summary>Business time is what a look at the office's clock in each minute says, to the microsecond.</summary>
public sealed class BusinessTimeTests(Store store) : IClassFixture<Store>
{
    private static readonly WaitFilter s_all = new(null, null, false, null);

    // The nights of both changes of the clock, and the days about them, are among what is waited over.
    private static readonly DateTimeOffset s_begin = new(2026, 3, 20, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Figures_and_waits_are_those_of_the_clock_over_both_nights_of_change_and_changes_of_calendar()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(2179);
        var said = Enumerable.Range(0, 7).Select(_ => Calendar(random)).ToList();
        foreach (var changed in said) await office.AppendAsync(office.Id, changed);
        var calendar = await store.Organisation.CalendarAsync(office.Anna, Cancellation);
        calendar.TimeZone.ShouldBe("Europe/Berlin");
        calendar.Calendars.Length.ShouldBeGreaterThan(1);

        var expected = new Dictionary<Guid, double>();
        for (var i = 0; i < 60; i++)
        {
            var (from, to) = Wait(random);
            var customer = Guid.CreateVersion7();
            await KeepAsync(office, customer, from, to);
            expected[customer] = ByTheClock(said, "Europe/Berlin", from, to).TotalSeconds;
        }

        expected.Values.ShouldContain(0);
        var report = WaitReport.Of(WaitKind.OfficeReply, s_begin, s_begin.AddDays(400));
        var figures = await store.Waits.FiguresAsync(
            office.Anna, report, WaitGrouping.Customer, TimeBasis.Business, Cancellation);
        (figures.Basis, figures.IsDefaultCalendar, figures.TimeZone).ShouldBe(
            (TimeBasis.Business, false, "Europe/Berlin"));
        foreach (var group in figures.Groups)
            group.Longest!.Value.ShouldBe(expected[group.GroupId!.Value], 1e-7, group.GroupId.ToString());
        figures.GroupCount.ShouldBe(60);
        var times = expected.Values.Order().ToList();
        figures.Total.Mean!.Value.ShouldBe(times.Average(), 1e-6);
        figures.Total.Median!.Value.ShouldBe((times[29] + times[30]) / 2, 1e-6);
        figures.Total.P90!.Value.ShouldBe(times[53] + (0.1 * (times[54] - times[53])), 1e-6);
        figures.Total.Longest!.Value.ShouldBe(times[^1], 1e-6);
        var page = await store.Waits.PageAsync(
            office.Anna, report, s_all, TimeBasis.Business, First(100), Cancellation);
        page.Items.Select(i => i.Node.Seconds!.Value).Order().ShouldBe(times, 1e-6);
        (await store.Waits.FiguresAsync(office.Anna, report, null, TimeBasis.Calendar, Cancellation)).Total.Longest!
            .Value.ShouldBeGreaterThan(times[^1]);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Santiago")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Africa/Casablanca")]
    [InlineData("Pacific/Kiritimati")]
    [InlineData("Etc/GMT+12")]
    public void In_each_zone_it_is_that_of_the_clock(string zone)
    {
        var random = new Random(zone.Length);
        var said = Enumerable.Range(0, 5).Select(_ => Calendar(random)).ToList();
        var office = new OfficeCalendar(zone, [.. said.Aggregate(
            System.Collections.Immutable.ImmutableArray<BusinessCalendar>.Empty, BusinessCalendar.After)], true);
        var time = BusinessTime.Of(office, s_begin.AddDays(-20), s_begin.AddDays(400));
        for (var i = 0; i < 12; i++)
        {
            var (from, to) = Wait(random);
            time.Between(from, to).ShouldBe(ByTheClock(said, zone, from, to), $"{from:O} {to:O}");
        }
    }

    [Fact]
    public void So_much_of_it_has_passed_at_the_first_instant_that_is_found_for_it_and_ends_are_ends()
    {
        var random = new Random(22);
        var said = Enumerable.Range(0, 5).Select(_ => Calendar(random)).ToList();
        var office = new OfficeCalendar("Europe/Berlin", [.. said.Aggregate(
            System.Collections.Immutable.ImmutableArray<BusinessCalendar>.Empty, BusinessCalendar.After)], true);
        var time = BusinessTime.Of(office, s_begin, s_begin.AddDays(300));
        var all = time.At(s_begin.AddDays(400));
        for (var i = 0; i < 200; i++)
        {
            var passed = TimeSpan.FromMicroseconds(random.NextInt64(1, (long)all.TotalMicroseconds));
            var at = time.Reached(passed)!.Value;
            time.At(at).ShouldBe(passed);
            time.At(at.AddMicroseconds(-1)).ShouldBeLessThan(passed);
            var closed = time.ClosedBefore(at);
            if (closed is not { } end) continue;
            end.ShouldBeLessThanOrEqualTo(at);
            time.At(end.AddMicroseconds(-1)).ShouldBeLessThan(time.At(end));
        }

        time.At(time.Reached(all)!.Value).ShouldBe(all);
        (time.Reached(all + TimeSpan.FromTicks(1)), time.Reached(TimeSpan.Zero)).ShouldBe((null, null));
        time.ClosedBefore(s_begin.AddDays(-2)).ShouldBeNull();
        time.ClosedBefore(s_begin.AddDays(400)).ShouldBe(time.Reached(all));
    }

    [Fact]
    public void An_hour_that_the_clock_skips_has_none_and_one_that_it_shows_twice_counts_twice()
    {
        var office = new OfficeCalendar(
            "Europe/Berlin",
            [new BusinessCalendar(s_day, [OfficeHours.Of(Weekday.Sunday, "02:15", "02:45")], null, [])], true);
        var time = BusinessTime.Of(office, s_begin.AddDays(-20), s_begin.AddDays(400));
        Of(2026, 3, 22).ShouldBe(TimeSpan.FromMinutes(30));
        Of(2026, 3, 29).ShouldBe(TimeSpan.Zero);
        Of(2026, 10, 25).ShouldBe(TimeSpan.FromMinutes(60));

        TimeSpan Of(int year, int month, int day)
        {
            var noon = new DateTimeOffset(year, month, day, 12, 0, 0, TimeSpan.Zero);
            return time.Between(noon.AddDays(-1), noon);
        }
    }

    [Fact]
    public async Task Without_a_calendar_the_default_holds_and_is_said()
    {
        var office = await Office.OpenAsync(store);

        // From Friday 16:00 to Monday 09:00, over a holiday of some Land.
        await KeepAsync(
            office, office.Krause, new DateTimeOffset(2026, 10, 30, 15, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2026, 11, 2, 8, 0, 0, TimeSpan.Zero));
        var report = WaitReport.Of(WaitKind.OfficeReply, s_begin, s_begin.AddDays(400));
        var figures = await store.Waits.FiguresAsync(office.Anna, report, null, TimeBasis.Business, Cancellation);
        (figures.IsDefaultCalendar, figures.Total.Median).ShouldBe((true, 7_200d));

        // The next office has none of it.
        await office.AppendAsync(
            office.Id, new CalendarChanged(s_day, [OfficeHours.Of(Weekday.Friday, "16:30", "17:00")], null, []));
        (await store.Waits.FiguresAsync(office.Anna, report, null, TimeBasis.Business, Cancellation)).Total.Median
            .ShouldBe(1_800d);
        var other = await Office.OpenAsync(store);
        (await store.Organisation.CalendarAsync(other.Anna, Cancellation)).Calendars.ShouldBeEmpty();
        await Should.ThrowAsync<InvalidOperationException>(() => store.Organisation.CalendarAsync(
            other.Dieter, Cancellation));
    }

    [Fact]
    public async Task Hidden_times_of_people_are_shown_to_nobody_and_the_total_stays()
    {
        var office = await Office.OpenAsync(store);
        var start = office.Now;
        var id = await office.ConverseAsync(office.Dieter);
        office.Now = start.AddHours(2);
        await office.CommentAsync(id, office.Anna);
        var report = WaitReport.Of(WaitKind.OfficeReply, start, start.AddDays(1));
        (await FiguresAsync()).Groups.Single().GroupId.ShouldBe(office.Anna.Actor.Id);
        await office.AppendAsync(office.Id, new PersonalTimesHidden());
        foreach (var caller in (Domain.Caller[])[office.Anna, office.Bernd, office.Paul])
        {
            var figures = await store.Waits.FiguresAsync(
                caller, report, WaitGrouping.Administrator, TimeBasis.Calendar, Cancellation);
            (figures.Total.Count, figures.GroupCount, figures.Groups.Count).ShouldBe((1, 0, 0));
        }

        var byAnna = s_all with { AdministratorId = office.Anna.Actor.Id };
        (await store.Waits.CountAsync(office.Anna, report, byAnna, Cancellation)).ShouldBe(0);
        var page = await store.Waits.PageAsync(
            office.Anna, report, s_all, TimeBasis.Calendar, First(5), Cancellation);
        page.Items.Single().Node.AdministratorId.ShouldBeNull();
        await office.AppendAsync(office.Id, new PersonalTimesShown());
        (await FiguresAsync()).Groups.Single().Count.ShouldBe(1);
        (await store.Waits.CountAsync(office.Anna, report, byAnna, Cancellation)).ShouldBe(1);

        Task<WaitFigures> FiguresAsync() => store.Waits.FiguresAsync(
            office.Anna, report, WaitGrouping.Administrator, TimeBasis.Calendar, Cancellation);
    }

    private static readonly DateOnly s_day = new(2026, 1, 1);

    private static CalendarChanged Calendar(Random random)
    {
        var hours = Enum.GetValues<Weekday>().Where(_ => random.Next(4) > 0).Select(day =>
        {
            var opens = random.Next(0, OfficeHours.DayLength);
            return new OfficeHours(day, opens, random.Next(opens + 1, OfficeHours.DayLength + 1));
        });
        var daysOff = Enumerable.Range(0, 30).Select(_ => s_day.AddDays(random.Next(400))).Distinct();
        Land? land = random.Next(3) > 0 ? (Land)random.Next(1, 17) : null;
        return new CalendarChanged(s_day.AddDays(random.Next(50, 360)), [.. hours], land, [.. daysOff]);
    }

    // About the changes of the clock more than elsewhere; some are short, and some are over months.
    private static (DateTimeOffset From, DateTimeOffset To) Wait(Random random)
    {
        DateTimeOffset[] about =
        [
            new(2026, 3, 29, 1, 0, 0, TimeSpan.Zero), new(2026, 10, 25, 1, 0, 0, TimeSpan.Zero),
            s_begin.AddDays(random.Next(300)),
        ];
        var from = about[random.Next(3)].AddMicroseconds(random.NextInt64(-40_000_000_000, 40_000_000_000));
        var longest = random.Next(3) switch { 0 => 10_000_000_000L, 1 => 300_000_000_000L, _ => 4_000_000_000_000L };
        return (from, from.AddMicroseconds(random.NextInt64(longest)));
    }

    // The slow and obvious reading of the definition: minute by minute, what the clock on the wall shows.
    private static TimeSpan ByTheClock(
        List<CalendarChanged> said, string zoneId, DateTimeOffset from, DateTimeOffset to)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneId);
        var sum = TimeSpan.Zero;
        var minute = new DateTimeOffset(from.Ticks - (from.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        for (; minute < to; minute = minute.AddMinutes(1))
        {
            var clock = TimeZoneInfo.ConvertTime(minute, zone);
            var day = DateOnly.FromDateTime(clock.DateTime);
            if (!Works(said.LastOrDefault(c => c.From <= day), day, (clock.Hour * 60) + clock.Minute)) continue;
            var begin = from > minute ? from : minute;
            var end = to < minute.AddMinutes(1) ? to : minute.AddMinutes(1);
            sum += end - begin;
        }

        return sum;
    }

    private static bool Works(CalendarChanged? calendar, DateOnly day, int minute)
    {
        if (calendar is null)
            return day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday) && minute is >= 480 and < 1020;
        if (calendar.DaysOff.Contains(day)) return false;
        if (calendar.Land is { } land && Holidays.Has(land, day)) return false;
        return calendar.Hours.Any(h =>
            h.Day.ToString() == day.DayOfWeek.ToString() && h.Opens <= minute && minute < h.Closes);
    }

    private static async Task KeepAsync(Office office, Guid customer, DateTimeOffset from, DateTimeOffset to)
    {
        await using var command = office.Store.Database.CreateCommand(
            """
            insert into messaging.waits (tenant_id, conversation_id, kind, position, customer_id, from_at, to_at,
                outcome, administrator_id)
            values ($1, $2, 'OfficeReply', 1, $3, $4, $5, 'Replied', $6)
            """);
        foreach (var value in (object[])[
            office.TenantId, Guid.CreateVersion7(), customer, from, to, office.Anna.Actor.Id])
            command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
