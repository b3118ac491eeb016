using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Projections.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Reports;

/// <summary>Who has not delivered is what the events say, month by month, and each number is the length of its list.
/// </summary>
public sealed class UndeliveredTests(Store store) : IClassFixture<Store>
{
    // A Wednesday at noon in Berlin; ten working days before it is Wednesday, 20 May.
    private static readonly DateTimeOffset s_now = new(2026, 6, 3, 10, 0, 0, TimeSpan.Zero);

    private UndeliveredQueries Undelivered => new(store.Database);

    [Fact]
    public void Months_are_those_of_the_offices_clock_in_summer_and_in_winter()
    {
        var office = new OfficeCalendar("Europe/Berlin", [], true);
        var frame = UndeliveredFrame.Of(office, new DateTimeOffset(2026, 3, 31, 22, 30, 0, TimeSpan.Zero), 3);
        frame.Months.Select(m => m.From).ShouldBe(
        [
            new(2026, 1, 31, 23, 0, 0, TimeSpan.Zero), new(2026, 2, 28, 23, 0, 0, TimeSpan.Zero),
            new(2026, 3, 31, 22, 0, 0, TimeSpan.Zero),
        ]);
        frame.Months[^1].To.ShouldBe(new DateTimeOffset(2026, 4, 30, 22, 0, 0, TimeSpan.Zero));
        foreach (var wrong in (int[])[0, 25, -1])
            Should.Throw<InvalidReportException>(() => UndeliveredFrame.Of(office, s_now, wrong));
    }

    [Fact]
    public async Task Each_cell_is_what_the_events_say_and_the_number_of_what_it_lists()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(7);
        var waits = new List<(Guid Customer, DateTimeOffset Since, UndeliveredPart Part)>();
        office.Now = s_now.AddDays(-130);
        await office.ConverseAsync(office.Anna, office.Lehmann, status: ConversationStatus.Attention);
        waits.Add((office.Lehmann, office.Now, UndeliveredPart.Late));
        var frame = await Undelivered.FrameAsync(office.Anna, s_now, 4, Cancellation);
        for (var i = 0; office.Now < s_now.AddDays(-1); i++)
        {
            var customer = i % 3 == 0 ? office.Lehmann : office.Krause;
            var (_, events) = await Histories.WriteAsync(office, random, 14, customer);
            waits.AddRange(Folded(events, frame).Select(w => (customer, w.Since, w.Part)));
            office.Now = office.Now.AddHours(random.Next(40, 130));
        }

        office.Now = s_now.AddDays(-1);
        await office.ConverseAsync(office.Anna, office.Krause, status: ConversationStatus.Attention);
        waits.Add((office.Krause, office.Now, UndeliveredPart.Open));
        var expected = waits.Where(w => w.Since >= frame.Months[0].From || IsAwaited(w.Part)).ToList();
        expected.Select(w => w.Part).Distinct().Count().ShouldBe(4, "There is one of each.");
        var all = new UndeliveredFilter(null, false);
        var rows = await RowsAsync(office.Anna, frame, all);
        rows.Select(r => r.CustomerId).ShouldBe([office.Krause, office.Lehmann], ignoreOrder: true);
        rows.Select(r => r.OldestSince ?? DateTimeOffset.MaxValue).ShouldBeInOrder();
        foreach (var row in rows)
        {
            var own = expected.Where(w => w.Customer == row.CustomerId).ToList();
            row.OldestSince.ShouldBe(own.Where(w => IsAwaited(w.Part)).Min(w => (DateTimeOffset?)w.Since));
            foreach (var (month, count) in row.Months.Prepend(row.Earlier).Index())
            {
                foreach (var part in Enum.GetValues<UndeliveredPart>())
                {
                    var those = own.Count(w => w.Part == part && MonthOf(w.Since) == month);
                    Number(count, part).ShouldBe(those, $"{month} {part}");
                    (await ListedAsync(office.Anna, frame, all, new(row.CustomerId, month, part))).ShouldBe(those);
                }
            }
        }

        var (earlier, months) = await Undelivered.TotalAsync(office.Anna, frame, all, Cancellation);
        foreach (var part in Enum.GetValues<UndeliveredPart>())
        {
            (Number(earlier, part) + months.Sum(m => Number(m, part))).ShouldBe(
                await ListedAsync(office.Anna, frame, all, new(null, null, part)));
        }

        // Of each responsible person, and of nobody: together they are all.
        var mine = await RowsAsync(office.Anna, frame, new(office.Anna.Actor.Id, false));
        var his = await RowsAsync(office.Anna, frame, new(office.Bernd.Actor.Id, false));
        var nobodys = await RowsAsync(office.Anna, frame, new(null, true));
        mine.Concat(his).Concat(nobodys).Sum(Sum).ShouldBe(rows.Sum(Sum));

        int MonthOf(DateTimeOffset since) => frame.Months.Count(m => m.From <= since);
    }

    [Fact]
    public async Task Whoever_is_limited_sees_theirs_and_customers_and_other_offices_nothing()
    {
        var office = await Office.OpenAsync(store);
        office.Now = s_now.AddDays(-1);
        await office.ConverseAsync(office.Anna, office.Krause, status: ConversationStatus.Attention);
        office.Now = s_now.AddDays(-40);
        await office.ConverseAsync(office.Anna, office.Lehmann, status: ConversationStatus.Attention);
        await office.AppendAsync(office.Paul.Actor.Id, new AdministratorLimited([office.Krause], []));
        var limited = office.Paul with { IsLimited = true };
        var all = new UndeliveredFilter(null, false);
        var frame = await Undelivered.FrameAsync(limited, s_now, 2, Cancellation);
        var row = (await RowsAsync(limited, frame, all)).ShouldHaveSingleItem();
        (row.CustomerId, row.Months[^1].Open, row.OldestSince).ShouldBe((office.Krause, 1, s_now.AddDays(-1)));
        (await ListedAsync(limited, frame, all, new(office.Lehmann, null, null))).ShouldBe(0);
        (await RowsAsync(office.Anna, frame, all)).Select(r => (r.CustomerId, r.Earlier.Late, r.Months[^1].Open))
            .ShouldBe([(office.Lehmann, 1, 0), (office.Krause, 0, 1)]);
        var other = await Office.OpenAsync(store);
        (await RowsAsync(other.Anna, frame, all)).ShouldBeEmpty();
        await Should.ThrowAsync<InvalidOperationException>(() => Undelivered.FrameAsync(
            office.Dieter, s_now, 2, Cancellation));
        await Should.ThrowAsync<InvalidOperationException>(() => Undelivered.TotalAsync(
            office.Dieter, frame, all, Cancellation));
    }

    private static bool IsAwaited(UndeliveredPart part) => part is UndeliveredPart.Late or UndeliveredPart.Open;

    private static int Number(UndeliveredCount count, UndeliveredPart part) => part switch
    {
        UndeliveredPart.Answered => count.Answered,
        UndeliveredPart.Withdrawn => count.Withdrawn,
        UndeliveredPart.Late => count.Late,
        UndeliveredPart.Open => count.Open,
    };

    private static int Sum(UndeliveredRow row) =>
        row.Months.Prepend(row.Earlier).Sum(m => m.Answered + m.Withdrawn + m.Late + m.Open);

    // The slow and obvious reading of the definition.
    private static List<(DateTimeOffset Since, UndeliveredPart Part)> Folded(
        List<(DateTimeOffset At, ConversationEvent Data)> events, UndeliveredFrame frame)
    {
        var now = DateTimeOffset.MinValue;
        DateTimeOffset? since = null;
        var waits = new List<(DateTimeOffset, UndeliveredPart)>();
        foreach (var (at, data) in events)
        {
            if (at > now) now = at;
            switch (data)
            {
                case ConversationCreated { Status: ConversationStatus.Attention }:
                    since = now;
                    break;
                case CommentAdded { Visibility: CommentVisibility.Public, Author.Kind: ParticipantKind.Contact }:
                    End(UndeliveredPart.Answered);
                    break;
                case StatusChanged s when s.From != s.To:
                    if (s.From == ConversationStatus.Attention) End(UndeliveredPart.Withdrawn);
                    if (s.To == ConversationStatus.Attention) since = now;
                    break;
            }
        }

        if (since is { } last)
            waits.Add((last, last < frame.LongAgo ? UndeliveredPart.Late : UndeliveredPart.Open));
        return waits;

        void End(UndeliveredPart part)
        {
            if (since is { } begun) waits.Add((begun, part));
            since = null;
        }
    }

    private async Task<List<UndeliveredRow>> RowsAsync(
        Caller caller, UndeliveredFrame frame, UndeliveredFilter filter)
    {
        var all = new List<UndeliveredRow>();
        string? after = null;
        while (true)
        {
            var page = await Undelivered.CustomersAsync(caller, frame, filter, First(1, after), Cancellation);
            all.AddRange(page.Items.Select(i => i.Node));
            if (!page.HasNextPage) break;
            after = page.Items[^1].Cursor;
        }

        (await Undelivered.CustomerCountAsync(caller, frame, filter, Cancellation)).ShouldBe(all.Count);
        return all;
    }

    private async Task<int> ListedAsync(
        Caller caller, UndeliveredFrame frame, UndeliveredFilter filter, UndeliveredSelection which)
    {
        var all = new List<WaitRow>();
        string? after = null;
        while (true)
        {
            var page = await Undelivered.PageAsync(caller, frame, filter, which, First(20, after), Cancellation);
            all.AddRange(page.Items.Select(i => i.Node));
            if (!page.HasNextPage) break;
            after = page.Items[^1].Cursor;
        }

        all.Select(w => w.Since).ShouldBeInOrder();
        (await Undelivered.CountAsync(caller, frame, filter, which, Cancellation)).ShouldBe(all.Count);
        return all.Count;
    }
}
