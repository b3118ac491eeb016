using System.Globalization;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Reports;

public sealed class ActivityTests(Store store) : IClassFixture<Store>
{
    [Theory]
    [InlineData(Interval.Day)]
    [InlineData(Interval.Week)]
    [InlineData(Interval.Month)]
    public async Task What_happened_in_each_part_is_what_the_events_say(Interval interval)
    {
        // Over the night in which clocks are put forward.
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var office = await Office.OpenAsync(store);
        var other = await Office.OpenAsync(store);
        var random = new Random(3);
        var histories = new List<List<(DateTimeOffset At, ConversationEvent Data)>>();
        for (var i = 0; i < 40; i++)
        {
            office.Now = new DateTimeOffset(2026, 2, 25, 21, 58, 0, TimeSpan.Zero).AddHours(random.Next(24 * 60));
            histories.Add((await Histories.WriteAsync(office, random, 12)).Events);
            await Histories.WriteAsync(other, random, 3);
        }

        var from = new DateTimeOffset(2026, 3, 3, 10, 0, 0, TimeSpan.Zero);
        var to = new DateTimeOffset(2026, 4, 20, 10, 0, 0, TimeSpan.Zero);
        var expected = new Dictionary<string, int>();
        foreach (var events in histories)
        {
            var latest = DateTimeOffset.MinValue;
            foreach (var (at, data) in events)
            {
                latest = at > latest ? at : latest;
                switch (data)
                {
                    case ConversationCreated:
                        Count(at, "created");
                        break;
                    case CommentAdded c:
                        Count(at, c.Author.Kind == ParticipantKind.Contact ? "customers" : "office");
                        break;
                    case FileAttached:
                        Count(at, "files");
                        break;
                    case StatusChanged { To: ConversationStatus.Answered, From: not ConversationStatus.Answered }:
                        Count(latest, "answered");
                        break;
                    case StatusChanged { From: ConversationStatus.Answered, To: not ConversationStatus.Answered }:
                        Count(latest, "reopened");
                        break;
                }
            }
        }

        var rows = await store.Activity.ActivityAsync(office.Anna, from, to, interval, Cancellation);
        rows.Count.ShouldBe(interval switch { Interval.Day => 49, Interval.Week => 8, _ => 2 });
        foreach (var row in rows)
        {
            var key = Key(row.Start);
            row.ShouldBe(
                new ActivityRow(
                    row.Start, Of("created"), Of("answered"), Of("reopened"), Of("office"), Of("customers"),
                    Of("files")),
                key
            );

            // It begins at midnight there, and not a moment earlier.
            TimeZoneInfo.ConvertTime(row.Start, berlin).TimeOfDay.ShouldBe(TimeSpan.Zero);
            Key(row.Start.AddTicks(-1)).ShouldNotBe(key);
            int Of(string what) => expected.GetValueOrDefault($"{key} {what}");
        }

        rows.Sum(r =>
                r.Created + r.Answered + r.Reopened + r.CommentsByOffice + r.CommentsByCustomers + r.FilesAttached
            )
            .ShouldBe(expected.Values.Sum());
        rows.Sum(r => r.Reopened).ShouldBeGreaterThan(0);

        void Count(DateTimeOffset at, string what)
        {
            if (at < from || at >= to) return;
            var key = $"{Key(at)} {what}";
            expected[key] = expected.GetValueOrDefault(key) + 1;
        }

        string Key(DateTimeOffset at)
        {
            var local = TimeZoneInfo.ConvertTime(at, berlin).DateTime;
            return interval switch
            {
                Interval.Day => local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                Interval.Week => $"{ISOWeek.GetYear(local)} {ISOWeek.GetWeekOfYear(local)}",
                _ => local.ToString("yyyy-MM", CultureInfo.InvariantCulture),
            };
        }
    }

    [Fact]
    public async Task A_day_begins_when_it_begins_there()
    {
        // In Santiago clocks are put forward at midnight: the day of 2026-09-06 begins at 01:00. In Berlin a day has 25
        // hours in October.
        var office = await Office.OpenAsync(store);
        await office.AppendAsync(office.Id, new TimeZoneChosen("America/Santiago"));
        var rows = await store.Activity.ActivityAsync(
            office.Anna, new(2026, 9, 5, 12, 0, 0, TimeSpan.Zero), new(2026, 9, 7, 12, 0, 0, TimeSpan.Zero),
            Interval.Day, Cancellation);
        rows.Select(r => r.Start.UtcDateTime.ToString("dd HH:mm", CultureInfo.InvariantCulture))
            .ShouldBe(["05 04:00", "06 04:00", "07 03:00"]);
        await office.AppendAsync(office.Id, new TimeZoneChosen("Europe/Berlin"));
        rows = await store.Activity.ActivityAsync(
            office.Anna, new(2026, 10, 24, 12, 0, 0, TimeSpan.Zero), new(2026, 10, 26, 12, 0, 0, TimeSpan.Zero),
            Interval.Day, Cancellation);
        rows.Select(r => r.Start.UtcDateTime.ToString("dd HH:mm", CultureInfo.InvariantCulture))
            .ShouldBe(["23 22:00", "24 22:00", "25 23:00"]);
    }

    [Fact]
    public async Task A_range_is_bounded()
    {
        var office = await Office.OpenAsync(store);
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.FromHours(1));
        (
            await store.Activity.ActivityAsync(office.Anna, start, start.AddDays(365), Interval.Day, Cancellation)
        ).Count.ShouldBe(365);
        foreach (
            var (from, to) in ((DateTimeOffset, DateTimeOffset)[])
                [
                    (start, start.AddDays(367)), (start, start), (start, start.AddDays(-1)),
                    (DateTimeOffset.MinValue, start), (start, DateTimeOffset.MaxValue)
                ]
        )
        {
            await Should.ThrowAsync<InvalidReportException>(() =>
                store.Activity.ActivityAsync(office.Anna, from, to, Interval.Day, Cancellation)
            );
        }

        await Should.ThrowAsync<InvalidOperationException>(() =>
            store.Activity.ActivityAsync(office.Dieter, start, start.AddDays(1), Interval.Day, Cancellation)
        );
    }
}
