using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Projections.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Reports;

public sealed class WeeklyTests(Store store) : IClassFixture<Store>
{
    // Monday in Berlin, at 07:00 of the first working day after the clock went forward.
    private static readonly DateTimeOffset s_monday = new(2026, 3, 30, 5, 0, 0, TimeSpan.Zero);

    private WeeklyQueries Weekly => new(store.Database);

    [Fact]
    public void Weeks_and_closes_are_those_of_the_clock_also_when_it_changes()
    {
        var frame = WeeklyFrame.Of(new OfficeCalendar("Europe/Berlin", [], true), s_monday);
        frame.Weeks.Select(w => (w.From, w.To, w.ClosedAt)).ShouldBe([
            (At("2026-03-22T23:00"), At("2026-03-29T22:00"), At("2026-03-27T16:00")),
            (At("2026-03-15T23:00"), At("2026-03-22T23:00"), At("2026-03-20T16:00")),
            (At("2026-03-08T23:00"), At("2026-03-15T23:00"), At("2026-03-13T16:00")),
            (At("2026-03-01T23:00"), At("2026-03-08T23:00"), At("2026-03-06T16:00")),
            (At("2026-02-22T23:00"), At("2026-03-01T23:00"), At("2026-02-27T16:00")),
        ]);
        frame.WorkingDay.ShouldBe(TimeSpan.FromHours(9));

        // Before it opens, the last working day is over, and the ten last ones are.
        (frame.LongAgoForUs, frame.LongAgoForCustomers).ShouldBe((At("2026-03-26T16:00"), At("2026-03-13T16:00")));
    }

    [Theory]
    [InlineData("2026-03-25T09:00", "2026-03-24T09:00", "2026-03-11T09:00", "2026-03-20T16:00")]
    [InlineData("2026-03-30T08:30", "2026-03-27T09:30", "2026-03-16T09:30", "2026-03-27T16:00")]
    [InlineData("2026-03-28T12:00", "2026-03-26T16:00", "2026-03-13T16:00", "2026-03-20T16:00")]
    [InlineData("2026-03-29T21:59", "2026-03-26T16:00", "2026-03-13T16:00", "2026-03-20T16:00")]
    public void Working_days_are_counted_in_hours_of_business(
        string now, string longAgoForUs, string longAgoForCustomers, string closedAt)
    {
        var frame = WeeklyFrame.Of(new OfficeCalendar("Europe/Berlin", [], true), At(now));
        (frame.LongAgoForUs, frame.LongAgoForCustomers, frame.LastWeek.ClosedAt).ShouldBe(
            (At(longAgoForUs), At(longAgoForCustomers), At(closedAt)));
    }

    [Fact]
    public void A_holiday_on_Friday_has_Thursdays_close_and_a_week_without_hours_that_of_a_week_before()
    {
        // From Thursday, 2 April 2026, to Easter Monday nobody works, nor in the week that begins with it.
        var daysOff = Enumerable.Range(7, 4).Select(day => new DateOnly(2026, 4, day));
        var office = new OfficeCalendar(
            "Europe/Berlin",
            [
                new BusinessCalendar(
                    new DateOnly(2026, 1, 1),
                    [
                        .. BusinessCalendar.Default.Hours.Take(4), OfficeHours.Of(Weekday.Friday, "08:00", "12:00"),
                    ],
                    Land.Bayern, [.. daysOff]),
            ],
            true);
        WeeklyFrame.Of(office, At("2026-04-07T09:00")).LastWeek.ClosedAt.ShouldBe(At("2026-04-02T15:00"));
        var later = WeeklyFrame.Of(office, At("2026-04-13T09:00"));
        later.Weeks.Take(2).Select(w => w.ClosedAt).ShouldBe([At("2026-04-02T15:00"), At("2026-04-02T15:00")]);

        // 40 hours in five days: eight hours, whichever day it is.
        (later.WorkingDay, later.LastWeek.WorkingDay).ShouldBe((TimeSpan.FromHours(8), TimeSpan.FromHours(8)));
        later.Weeks[^1].WorkingDay.ShouldBe(TimeSpan.FromHours(8));
    }

    [Fact]
    public void An_office_that_was_closed_for_years_has_nothing_that_waits_too_long()
    {
        var begins = new BusinessCalendar(
            new DateOnly(2020, 1, 1), [OfficeHours.Of(Weekday.Sunday, "08:00", "12:00")], null,
            [.. Enumerable.Range(0, 170).Select(n => new DateOnly(2023, 1, 1).AddDays(7 * n))]);
        var frame = WeeklyFrame.Of(new OfficeCalendar("Nowhere/Unknown", [begins], true), At("2026-03-25T09:00"));
        (frame.LongAgoForUs, frame.LongAgoForCustomers).ShouldBe((null, null));
        frame.LastWeek.ClosedAt.ShouldBe(At("2026-03-23T00:00"));
    }

    [Fact]
    public async Task Each_number_is_the_length_of_its_list_and_what_the_events_say()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(49);
        var happened = new List<(Guid Id, DateTimeOffset At, ConversationEvent Data)>();
        office.Now = s_monday.AddDays(-37);
        while (office.Now < s_monday.AddDays(-1))
        {
            var (id, events) = await Histories.WriteAsync(office, random, 12);
            happened.AddRange(events.Select(e => (id, e.At, e.Data)));
            office.Now = office.Now.AddHours(random.Next(20, 60));
        }

        await office.ConverseAsync(office.Frank);
        var frame = await Weekly.FrameAsync(office.Anna, s_monday, Cancellation);
        var weeks = await Weekly.WeeksAsync(office.Anna, frame, Cancellation);
        weeks.Select(w => w.Week).ShouldBe(frame.Weeks);
        foreach (var week in weeks)
        {
            var (from, to) = (week.Week.From, week.Week.To);
            var changes = happened.Where(h => h.At >= from && h.At < to).ToList();
            (await CountAsync(WeeklyList.Started, week.Week)).ShouldBe(week.Started);
            (await CountAsync(WeeklyList.Answered, week.Week)).ShouldBe(week.Answered);
            (await CountAsync(WeeklyList.Reopened, week.Week)).ShouldBe(week.Reopened);
            (await CountAsync(WeeklyList.Backlog, week.Week)).ShouldBe(week.Open + week.Attention);
            week.Answered.ShouldBe(changes.Count(h =>
                h.Data is StatusChanged { To: ConversationStatus.Answered } c && c.From != c.To));
            week.Reopened.ShouldBe(changes.Count(h =>
                h.Data is StatusChanged { From: ConversationStatus.Answered } c && c.From != c.To));
            var report = WaitReport.Of(WaitKind.OfficeReply, from, to);
            var times = await store.Waits.FiguresAsync(
                office.Anna, report, null, TimeBasis.Business, Cancellation);
            (week.Replies.Count, week.Replies.Median, week.Replies.P90).ShouldBe(
                (times.Total.Count, times.Total.Median, times.Total.P90));
            var waits = await store.Waits.PageAsync(
                office.Anna, report, new WaitFilter(WaitOutcome.Replied, null, false, null), TimeBasis.Business,
                First(200), Cancellation);
            week.Replies.WithinDay.ShouldBe(waits.Items.Count(i => i.Node.Seconds <= 9 * 3600));
        }

        weeks.Sum(w => w.Answered).ShouldBeGreaterThan(3);
        weeks.Sum(w => w.Reopened).ShouldBeGreaterThan(3);
        weeks.ShouldContain(w => w.Replies.Count > w.Replies.WithinDay || w.Replies.WithinDay > 0);
        foreach (var of in Enum.GetValues<WeeklyList>()) await CountAsync(of, frame.LastWeek);

        var customers = await Weekly.CustomersAsync(office.Anna, frame, 10, Cancellation);
        customers.Sum(c => c.Comments).ShouldBe(await CountAsync(WeeklyList.Written, frame.LastWeek));
        foreach (var customer in customers)
        {
            var entries = await EntriesAsync(
                office.Anna, frame, new WeeklySelection(WeeklyList.Written, frame.LastWeek, customer.CustomerId));
            (entries.Count, entries.Select(e => e.ConversationId).Distinct().Count()).ShouldBe(
                (customer.Comments, customer.Conversations));
        }

        async Task<int> CountAsync(WeeklyList of, ReportedWeek week)
        {
            var which = new WeeklySelection(of, week, null);
            var entries = await EntriesAsync(office.Anna, frame, which);
            entries.Select(e => e.At).ShouldBeInOrder();
            entries.Distinct().Count().ShouldBe(entries.Count);
            return entries.Count;
        }
    }

    [Fact]
    public async Task What_waits_too_long_and_what_is_nobodys_is_told_by_the_offices_clock()
    {
        var office = await Office.OpenAsync(store);

        // A moment before and after the limit of a working day, which is Thursday's close.
        office.Now = At("2026-03-26T15:59");
        var old = await office.ConverseAsync(office.Dieter, responsible: office.Bernd.Actor.Id);
        office.Now = At("2026-03-26T16:00");
        await office.ConverseAsync(office.Dieter, responsible: office.Anna.Actor.Id);

        // An internal note changes nothing.
        office.Now = At("2026-03-27T10:00");
        await office.CommentAsync(old, office.Anna, "Nur für uns.", CommentVisibility.Internal);
        office.Now = At("2026-03-27T18:00");
        var late = await office.ConverseAsync(office.Frank);
        office.Now = At("2026-03-13T15:59");
        var silent = await office.ConverseAsync(
            office.Anna, office.Krause, status: ConversationStatus.Attention, responsible: office.Anna.Actor.Id);
        await office.ConverseAsync(
            office.Anna, office.Krause, status: ConversationStatus.Answered);
        office.Now = At("2026-03-13T16:00");
        await office.ConverseAsync(
            office.Anna, office.Krause, status: ConversationStatus.Attention, responsible: office.Anna.Actor.Id);

        (await IdsAsync(office.Anna, WeeklyList.WaitingForUs)).ShouldBe([old]);
        (await IdsAsync(office.Anna, WeeklyList.CameIn)).ShouldBe([late]);
        (await IdsAsync(office.Anna, WeeklyList.WaitingForCustomers)).ShouldBe([silent]);
        (await IdsAsync(office.Anna, WeeklyList.NobodyResponsible)).ShouldBe([late]);

        // Of somebody it is what they are responsible for.
        var all = await Weekly.FrameAsync(office.Anna, s_monday, Cancellation);
        (await EntriesAsync(
            office.Anna, all,
            new WeeklySelection(WeeklyList.WaitingForUs, all.LastWeek, null, office.Bernd.Actor.Id)))
            .Select(e => e.ConversationId).ShouldBe([old]);
        foreach (var of in Enum.GetValues<WeeklyList>())
        {
            (await EntriesAsync(
                office.Anna, all, new WeeklySelection(of, all.LastWeek, null, office.Paul.Actor.Id))).ShouldBeEmpty();
        }

        // Whoever left is responsible for nothing.
        await office.AppendAsync(office.Bernd.Actor.Id, new AdministratorDeactivated());
        (await IdsAsync(office.Anna, WeeklyList.NobodyResponsible)).ShouldBe([old, late]);
        (await IdsAsync(office.Paul, WeeklyList.NobodyResponsible)).ShouldBe([old, late]);

        // Who is limited gets theirs.
        await office.AppendAsync(office.Paul.Actor.Id, new AdministratorLimited([office.Lehmann], []));
        var limited = office.Paul with { IsLimited = true };
        (await IdsAsync(limited, WeeklyList.NobodyResponsible)).ShouldBe([late]);
        (await IdsAsync(limited, WeeklyList.WaitingForUs)).ShouldBeEmpty();
        var frame = await Weekly.FrameAsync(limited, s_monday, Cancellation);
        foreach (var of in Enum.GetValues<WeeklyList>())
        {
            (await EntriesAsync(limited, frame, new WeeklySelection(of, frame.LastWeek, office.Krause)))
                .ShouldBeEmpty();
        }

        (await Weekly.CustomersAsync(limited, frame, 10, Cancellation)).Select(c => c.CustomerId).ShouldBe(
            [office.Lehmann]);
        (await Weekly.CustomersAsync(office.Anna, frame, 1, Cancellation)).ShouldBe(
            [new WeekCustomerRow(office.Krause, 2, 2)]);

        // Others are not told of it, nor has another office anything of this one.
        await Should.ThrowAsync<InvalidOperationException>(() => Weekly.FrameAsync(
            office.Dieter, s_monday, Cancellation));
        await Should.ThrowAsync<InvalidOperationException>(() => Weekly.CustomersAsync(
            office.Dieter, frame, 10, Cancellation));
        var other = await Office.OpenAsync(store);
        foreach (var of in Enum.GetValues<WeeklyList>())
        {
            (await EntriesAsync(other.Anna, frame, new WeeklySelection(of, frame.LastWeek, null))).ShouldBeEmpty();
            await Should.ThrowAsync<InvalidOperationException>(() => EntriesAsync(
                office.Dieter, frame, new WeeklySelection(of, frame.LastWeek, null)));
        }

        await Should.ThrowAsync<InvalidCursorException>(() => Weekly.PageAsync(
            office.Anna, frame, new WeeklySelection(WeeklyList.CameIn, frame.LastWeek, null),
            First(5, Cursor.Of("weekly.CameIn", "1.x", office.Id)), Cancellation));

        async Task<List<Guid>> IdsAsync(Caller caller, WeeklyList of)
        {
            var weekly = await Weekly.FrameAsync(caller, s_monday, Cancellation);
            var entries = await EntriesAsync(caller, weekly, new WeeklySelection(of, weekly.LastWeek, null));
            return [.. entries.Select(e => e.ConversationId)];
        }
    }

    [Fact]
    public async Task People_have_their_work_and_times_only_for_those_who_may_see_them()
    {
        var office = await Office.OpenAsync(store);
        office.Now = At("2026-03-24T09:00");
        var (first, second) = (await office.ConverseAsync(office.Dieter), await office.ConverseAsync(office.Frank));
        office.Now = At("2026-03-24T10:00");
        await office.CommentAsync(first, office.Anna);
        office.Now = At("2026-03-24T12:00");
        await office.CommentAsync(second, office.Bernd);
        await office.ConverseAsync(office.Dieter, responsible: office.Bernd.Actor.Id);
        var (anna, bernd) = (office.Anna.Actor.Id, office.Bernd.Actor.Id);

        (await PeopleAsync(office.Anna)).ShouldBe(
            [(bernd, 1, 1, 10_800d), (null, 0, null, null), (anna, 0, 1, 3_600d)]);
        (await PeopleAsync(office.Bernd)).ShouldBe(
            [(bernd, 1, 1, 10_800d), (null, 0, null, null), (anna, 0, null, null)]);
        (await PeopleAsync(office.Anna, 1)).ShouldBe([(bernd, 1, 1, 10_800d)]);

        // Whoever left and has nothing any more is there with what they replied.
        await office.AppendAsync(anna, new AdministratorDeactivated());
        (await PeopleAsync(office.Anna)).ShouldContain((anna, 0, 1, 3_600d));
        await office.AppendAsync(office.Id, new PersonalTimesHidden());
        (await PeopleAsync(office.Anna)).ShouldBe([(bernd, 1, null, null), (null, 0, null, null)]);

        async Task<List<(Guid?, int, int?, double?)>> PeopleAsync(Caller caller, int most = 10)
        {
            var frame = await Weekly.FrameAsync(caller, s_monday, Cancellation);
            return
            [
                .. (await Weekly.PeopleAsync(caller, frame, most, Cancellation)).Select(p => (
                    p.Workload.AdministratorId, p.Workload.AwaitingOffice, p.Replies?.Count, p.Replies?.Median)),
            ];
        }
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text + "Z", null);

    // All pages, and the number beside them.
    private async Task<List<WeeklyEntry>> EntriesAsync(Caller caller, WeeklyFrame frame, WeeklySelection which)
    {
        var all = new List<WeeklyEntry>();
        string? after = null;
        while (true)
        {
            var page = await Weekly.PageAsync(caller, frame, which, First(7, after), Cancellation);
            all.AddRange(page.Items.Select(i => i.Node));
            if (!page.HasNextPage) break;
            after = page.Items[^1].Cursor;
        }

        (await Weekly.CountAsync(caller, frame, which, Cancellation)).ShouldBe(all.Count, which.Of.ToString());
        var last = await Weekly.PageAsync(caller, frame, which, Last(3), Cancellation);
        last.Items.Select(i => i.Node).ShouldBe(all.TakeLast(3));
        return all;
    }
}
