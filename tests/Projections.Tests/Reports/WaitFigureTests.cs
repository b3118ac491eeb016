using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Reports;

public sealed class WaitFigureTests(Store store) : IClassFixture<Store>
{
    private static readonly WaitFilter s_all = new(null, null, false, null);

    [Fact]
    public async Task Figures_of_any_range_are_those_of_their_waits()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(71);
        var start = office.Now;
        for (var i = 0; i < 12; i++)
        {
            await Histories.WriteAsync(office, random, 40);
            await TalkAsync(office, random);
            office.Now = office.Now.AddHours(random.Next(1, 40));
        }

        var length = (int)(office.Now - start).TotalMinutes;
        foreach (var kind in Enum.GetValues<WaitKind>())
        {
            // The last one is up to now, and the others of the past.
            for (var n = 0; n < 12; n++)
            {
                var from = start.AddMinutes(random.Next(-100, length));
                var to = n == 0 ? office.Now.AddDays(900) : from.AddMinutes(random.Next(1, length));
                var report = WaitReport.Of(kind, from, to);
                var rows = await WaitsAsync(office.Anna, report, s_all);
                var all = await store.Waits.FiguresAsync(office.Anna, report, null, TimeBasis.Calendar, Cancellation);
                ShouldBe(all.Total, rows);
                (all.Groups.Count, all.GroupCount, all.TimeZone).ShouldBe((0, 0, "Europe/Berlin"));
                all.AsOf.ShouldBe(n == 0 ? all.AsOf : to);
                foreach (var by in Enum.GetValues<WaitGrouping>())
                {
                    var grouped = await store.Waits.FiguresAsync(
                        office.Anna, report, by, TimeBasis.Calendar, Cancellation);
                    grouped.Total.ShouldBe(all.Total);
                    grouped.GroupCount.ShouldBe(grouped.Groups.Count);
                    grouped.Groups.Sum(g => g.Count).ShouldBe(all.Total.Count);
                    grouped.Groups.Sum(g => g.Untimed).ShouldBe(all.Total.Untimed);
                    grouped.Groups.Sum(g => g.StillWaiting).ShouldBe(all.Total.StillWaiting);
                    foreach (var group in grouped.Groups)
                    {
                        var filter = by == WaitGrouping.Customer
                            ? s_all with { CustomerId = group.GroupId }
                            : s_all with { AdministratorId = group.GroupId, Nobody = group.GroupId is null };
                        ShouldBe(group, await WaitsAsync(office.Anna, report, filter));
                    }
                }
            }
        }
    }

    [Fact]
    public async Task Ranges_that_follow_one_another_add_up_and_pages_have_each_wait_once()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(3);
        var start = office.Now;
        for (var i = 0; i < 6; i++) await Histories.WriteAsync(office, random, 60);
        var whole = WaitReport.Of(WaitKind.OfficeReply, start.AddDays(-1), office.Now.AddDays(1));
        var instants = new[] { whole.From }
            .Concat(Enumerable.Range(0, 9).Select(_ => start.AddMicroseconds(random.NextInt64(100_000_000))))
            .Append(whole.To).Order().Distinct().ToList();
        var parts = new List<WaitFigure>();
        for (var i = 1; i < instants.Count; i++)
        {
            var part = WaitReport.Of(WaitKind.OfficeReply, instants[i - 1], instants[i]);
            parts.Add(
                (await store.Waits.FiguresAsync(office.Anna, part, null, TimeBasis.Calendar, Cancellation)).Total);
        }

        var total = (await store.Waits.FiguresAsync(office.Anna, whole, null, TimeBasis.Calendar, Cancellation)).Total;
        total.Count.ShouldBeGreaterThan(10);
        (parts.Sum(p => p.Count), parts.Sum(p => p.Untimed), parts[^1].StillWaiting).ShouldBe(
            (total.Count, total.Untimed, total.StillWaiting));

        var page = await store.Waits.PageAsync(office.Anna, whole, s_all, TimeBasis.Calendar, First(7), Cancellation);
        var seen = page.Items.Select(i => i.Node).ToList();
        while (page.HasNextPage)
        {
            page = await store.Waits.PageAsync(
                office.Anna, whole, s_all, TimeBasis.Calendar, First(7, page.Items[^1].Cursor), Cancellation);
            seen.AddRange(page.Items.Select(i => i.Node));
        }

        seen.ShouldBe(await WaitsAsync(office.Anna, whole, s_all));
        var last = await store.Waits.PageAsync(office.Anna, whole, s_all, TimeBasis.Calendar, Last(5), Cancellation);
        last.Items.Select(i => i.Node).ShouldBe(seen.TakeLast(5));
        await Should.ThrowAsync<InvalidCursorException>(() => store.Waits.PageAsync(
            office.Anna, whole, s_all, TimeBasis.Calendar, First(5, Cursor.Of("waits", "1.x", office.Id)),
            Cancellation));
    }

    [Fact]
    public async Task Times_of_a_person_are_for_owners_and_that_person_and_customers_for_who_sees_them()
    {
        var office = await Office.OpenAsync(store);
        var start = office.Now;
        foreach (var (customer, by, hours) in ((Caller, Caller, int)[])
            [(office.Dieter, office.Anna, 1), (office.Frank, office.Anna, 2), (office.Eva, office.Bernd, 3)])
        {
            office.Now = start;
            var id = await office.ConverseAsync(customer);
            office.Now = start.AddHours(hours);
            await office.CommentAsync(id, by);
        }

        await office.ConverseAsync(office.Frank);
        var report = WaitReport.Of(WaitKind.OfficeReply, start, start.AddDays(1));
        (await GroupsAsync(office.Anna)).ShouldBe([
            (office.Anna.Actor.Id, 2), (office.Bernd.Actor.Id, 1), ((Guid?)null, 0)], ignoreOrder: true);
        (await GroupsAsync(office.Bernd)).ShouldBe(
            [(office.Bernd.Actor.Id, 1), ((Guid?)null, 0)], ignoreOrder: true);
        (await GroupsAsync(office.Paul)).ShouldBe([((Guid?)null, 0)]);
        (await store.Waits.FiguresAsync(
            office.Paul, report, WaitGrouping.Administrator, TimeBasis.Calendar, Cancellation)).Total
            .ShouldSatisfyAllConditions(t => t.Count.ShouldBe(3), t => t.Median.ShouldBe(7200d));
        (await WaitsAsync(office.Bernd, report, s_all)).Select(w => w.AdministratorId).Distinct()
            .ShouldBe([null, office.Bernd.Actor.Id], ignoreOrder: true);
        (await WaitsAsync(office.Anna, report, s_all with { AdministratorId = office.Anna.Actor.Id })).Count
            .ShouldBe(2);

        // As somebody who is not there.
        foreach (var id in (Guid[])[office.Anna.Actor.Id, Guid.NewGuid()])
            (await WaitsAsync(office.Bernd, report, s_all with { AdministratorId = id })).ShouldBeEmpty();

        var other = await Office.OpenAsync(store);
        (await store.Waits.FiguresAsync(other.Anna, report, null, TimeBasis.Calendar, Cancellation)).Total.Count
            .ShouldBe(0);
        (await WaitsAsync(other.Anna, report, s_all with { CustomerId = office.Krause })).ShouldBeEmpty();

        await office.AppendAsync(office.Bernd.Actor.Id, new AdministratorLimited([office.Lehmann], []));
        var limited = office.Bernd with { IsLimited = true };
        (await store.Waits.FiguresAsync(limited, report, WaitGrouping.Customer, TimeBasis.Calendar, Cancellation))
            .ShouldSatisfyAllConditions(
                f => f.Total.Count.ShouldBe(1), f => f.Groups.Single().GroupId.ShouldBe(office.Lehmann));
        (await store.Waits.CountAsync(limited, report, s_all, Cancellation)).ShouldBe(2);
        (await store.Waits.CountAsync(limited, report, s_all with { CustomerId = office.Krause }, Cancellation))
            .ShouldBe(0);
        await Should.ThrowAsync<InvalidOperationException>(() => store.Waits.FiguresAsync(
            office.Dieter, report, null, TimeBasis.Calendar, Cancellation));
        await Should.ThrowAsync<InvalidOperationException>(() => store.Waits.PageAsync(
            office.Dieter, report, s_all, TimeBasis.Calendar, First(5), Cancellation));

        async Task<List<(Guid? Id, int Count)>> GroupsAsync(Caller caller) =>
            [
                .. (await store.Waits.FiguresAsync(
                    caller, report, WaitGrouping.Administrator, TimeBasis.Calendar, Cancellation)).Groups
                    .Select(g => (g.GroupId, g.Count)),
            ];
    }

    [Fact]
    public async Task Backlogs_of_many_instants_are_those_of_each()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(400);
        var happened = new List<DateTimeOffset>();
        for (var i = 0; i < 8; i++)
        {
            happened.AddRange((await Histories.WriteAsync(office, random, 25)).Events.Select(e => e.At));
            office.Now = office.Now.AddMinutes(-10);
        }

        var instants = happened.SelectMany(t => new[] { t.AddMicroseconds(-1), t, t.AddMicroseconds(1) }).Distinct()
            .OrderBy(_ => random.Next()).Take(40)
            .Concat([DateTimeOffset.MinValue, DateTimeOffset.MaxValue, office.Now.AddYears(100)]).ToList();
        var rows = await store.Reports.BacklogsAsync(office.Anna, instants, Cancellation);
        rows.Count.ShouldBe(instants.Count);
        for (var i = 0; i < instants.Count; i++)
        {
            var alone = await store.Reports.BacklogAsync(office.Anna, instants[i], Cancellation);
            (rows[i].Open, rows[i].Attention).ShouldBe((alone.Open, alone.Attention), instants[i].ToString("O"));
            if (instants[i] < DateTimeOffset.UtcNow) rows[i].At.ShouldBe(instants[i]);
            else rows[i].At.ShouldBeLessThan(DateTimeOffset.UtcNow.AddHours(1));
        }

        rows.ShouldContain(r => r.Open > 1);
        (await store.Reports.BacklogsAsync(office.Anna, [], Cancellation)).ShouldBeEmpty();
        (await store.Reports.BacklogsAsync(office.Anna, [instants[0], instants[0]], Cancellation)).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("2026-01-02", "2026-01-02", "after 'from'")]
    [InlineData("2026-01-02", "2026-01-01", "after 'from'")]
    [InlineData("2023-01-01", "2026-01-07", "1,100 days")]
    [InlineData("1899-12-31", "1900-01-01", "1900 to 2200")]
    public void A_range_that_cannot_be_is_refused(string from, string to, string why) =>
        Should.Throw<InvalidReportException>(() => WaitReport.Of(
            WaitKind.OfficeReply, DateTimeOffset.Parse(from + "T00:00:00Z", null),
            DateTimeOffset.Parse(to + "T00:00:00Z", null))).Message.ShouldContain(why);

    private static void ShouldBe(WaitFigure figure, List<WaitRow> rows)
    {
        var times = rows
            .Where(r => r.Outcome is WaitOutcome.Replied or WaitOutcome.CustomerAnswered or WaitOutcome.Resolved)
            .Select(r => (r.EndedAt!.Value - r.Since).TotalSeconds).Order().ToList();
        figure.Count.ShouldBe(times.Count);
        figure.StillWaiting.ShouldBe(rows.Count(r => r.Outcome == WaitOutcome.StillWaiting));
        figure.Untimed.ShouldBe(rows.Count - figure.Count - figure.StillWaiting);
        if (times.Count == 0)
        {
            (figure.Mean ?? figure.Median ?? figure.P90 ?? figure.Longest).ShouldBeNull();
            return;
        }

        figure.Mean!.Value.ShouldBe(times.Average(), 1e-6);
        figure.Median!.Value.ShouldBe(At(0.5), 1e-6);
        figure.P90!.Value.ShouldBe(At(0.9), 1e-6);
        figure.Longest!.Value.ShouldBe(times[^1], 1e-6);

        double At(double part)
        {
            var place = part * (times.Count - 1);
            var (low, high) = (times[(int)Math.Floor(place)], times[(int)Math.Ceiling(place)]);
            return low + ((high - low) * (place - Math.Floor(place)));
        }
    }

    // Customers of their own, and replies of whoever.
    private static async Task TalkAsync(Office office, Random random)
    {
        Caller[] contacts = [office.Dieter, office.Frank];
        Caller[] administrators = [office.Anna, office.Bernd];
        var contact = contacts[random.Next(2)];
        var id = await office.ConverseAsync(contact);
        for (var n = 0; n < 4; n++)
        {
            office.Now = office.Now.AddMinutes(random.Next(0, 300));
            await office.CommentAsync(id, administrators[random.Next(2)]);
            office.Now = office.Now.AddMinutes(random.Next(0, 300));
            await office.CommentAsync(id, contact);
        }

        if (random.Next(2) == 0) await office.StatusAsync(id, ConversationStatus.Open, ConversationStatus.Answered);
    }

    private async Task<List<WaitRow>> WaitsAsync(Caller caller, WaitReport report, WaitFilter filter)
    {
        var rows = new List<WaitRow>();
        string? after = null;
        while (true)
        {
            var page = await store.Waits.PageAsync(
                caller, report, filter, TimeBasis.Calendar, First(200, after), Cancellation);
            rows.AddRange(page.Items.Select(i => i.Node));
            if (!page.HasNextPage) break;
            after = page.Items[^1].Cursor;
        }

        (await store.Waits.CountAsync(caller, report, filter, Cancellation)).ShouldBe(rows.Count);
        return rows;
    }
}
