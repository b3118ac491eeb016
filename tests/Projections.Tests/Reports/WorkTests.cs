using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Projections.History;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Reports;

/// <summary>The work at an instant is what a replay of all conversations counts, and its groups add up to it.</summary>
public sealed class WorkTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task The_work_at_any_instant_by_person_and_customer_is_what_a_replay_of_all_conversations_counts()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(20261129);
        var histories = new List<(Guid Id, List<(DateTimeOffset At, ConversationEvent Data)> Events)>();
        for (var i = 0; i < 12; i++)
        {
            histories.Add(await Histories.WriteAsync(office, random, 30, i % 3 == 0 ? office.Lehmann : office.Krause));
            office.Now = office.Now.AddMinutes(-10);
        }

        var seen = new HashSet<(int, bool)>();
        var instants = histories.SelectMany(h => h.Events).Select(e => e.At).Distinct().Order()
            .SelectMany(t => new[] { t.AddMicroseconds(-1), t }).ToList();
        foreach (var at in instants.Where((_, i) => i % 9 == 0).Append(instants[^1]))
        {
            var then = histories.Select(h => AsOf(h.Id, h.Events, at)).OfType<Then>().ToList();
            await CheckAsync(office, at, then);
            seen.UnionWith(then.Select(t => (t.Responsible is null ? 0 : 1, t.AwaitedSince is not null)));
        }

        // Now is as at an instant to come.
        var now = histories.Select(h => AsOf(h.Id, h.Events, DateTimeOffset.MaxValue)).OfType<Then>().ToList();
        await CheckAsync(office, null, now);
        await CheckAsync(office, office.Now.AddYears(50), now);
        seen.Count.ShouldBe(4, "Nobody's and somebody's, awaited and not.");
    }

    [Fact]
    public async Task Whoever_was_responsible_then_keeps_what_was_given_to_others_since_and_who_is_limited_sees_theirs()
    {
        var office = await Office.OpenAsync(store);
        var start = office.Now;
        var given = await office.ConverseAsync(office.Dieter, responsible: office.Anna.Actor.Id);
        var other = await office.ConverseAsync(office.Frank);
        office.Now = start.AddHours(2);
        await office.AppendAsync(given, new AdministratorAssigned(office.Bernd.Actor.Id));
        office.Now = start.AddHours(3);
        await office.AppendAsync(given, new AdministratorUnassigned(office.Bernd.Actor.Id));
        await office.StatusAsync(other, ConversationStatus.Open, ConversationStatus.Attention);

        (await WhoAsync(start.AddHours(1))).ShouldBe([(null, 1), (office.Anna.Actor.Id, 1)], ignoreOrder: true);
        (await WhoAsync(start.AddHours(2))).ShouldBe([(null, 1), (office.Bernd.Actor.Id, 1)], ignoreOrder: true);
        (await WhoAsync(null)).ShouldBe([(null, 2)]);

        // A clock that was set back: what it says of then counts from the latest time before.
        office.Now = start.AddHours(1);
        await office.AppendAsync(given, new AdministratorAssigned(office.Anna.Actor.Id));
        (await WhoAsync(start.AddHours(1))).ShouldBe([(null, 1), (office.Anna.Actor.Id, 1)], ignoreOrder: true);
        (await WhoAsync(start.AddHours(2))).ShouldBe([(null, 1), (office.Bernd.Actor.Id, 1)], ignoreOrder: true);
        (await WhoAsync(start.AddHours(3))).ShouldBe([(null, 1), (office.Anna.Actor.Id, 1)], ignoreOrder: true);

        await office.AppendAsync(office.Paul.Actor.Id, new AdministratorLimited([office.Lehmann], []));
        var limited = office.Paul with { IsLimited = true };
        foreach (var at in (DateTimeOffset?[])[null, start.AddHours(1)])
        {
            var (customers, count) = await store.Work.GroupsAsync(
                limited, at, WorkGrouping.Customer, First(10), Cancellation);
            count.ShouldBe(1);
            customers.Items.Select(i => i.Node.GroupId).ShouldBe([office.Lehmann]);
            (await IdsAsync(limited, at, new(null, null, false, null))).ShouldBe([other]);
            (await IdsAsync(limited, at, new(null, null, false, office.Krause))).ShouldBeEmpty();
        }

        await Should.ThrowAsync<InvalidOperationException>(() => store.Work.TotalAsync(
            office.Dieter, null, Cancellation));
        await Should.ThrowAsync<InvalidCursorException>(() => store.Work.GroupsAsync(
            office.Anna, null, WorkGrouping.Customer, First(5, Cursor.Of("work.Customer", "-1", office.Id)),
            Cancellation));
        var stranger = await Office.OpenAsync(store);
        (await store.Work.TotalAsync(stranger.Anna, start.AddHours(1), Cancellation)).ShouldBe(
            new WorkFigure(null, null, 0, 0, 0, null));

        async Task<List<(Guid?, int)>> WhoAsync(DateTimeOffset? at) =>
        [
            .. (await store.Work.GroupsAsync(office.Anna, at, WorkGrouping.Administrator, First(10), Cancellation))
                .Page.Items.Select(i => (i.Node.GroupId, i.Node.Open + i.Node.Attention)),
        ];
    }

    private sealed record Then(
        Guid Id, ConversationStatus Status, Guid? Responsible, Guid Customer, DateTimeOffset? AwaitedSince);

    private async Task CheckAsync(Office office, DateTimeOffset? at, List<Then> then)
    {
        var total = await store.Work.TotalAsync(office.Anna, at, Cancellation);
        total.ShouldBe(Figure(null, null, then), at?.ToString("O"));
        var backlog = await store.Reports.BacklogAsync(office.Anna, at, Cancellation);
        (total.Open, total.Attention).ShouldBe((backlog.Open, backlog.Attention));
        foreach (var by in Enum.GetValues<WorkGrouping>())
        {
            var groups = await GroupsAsync(office.Anna, at, by);
            List<WorkFigure> expected =
            [
                .. then.GroupBy(t => by == WorkGrouping.Customer ? t.Customer : t.Responsible)
                    .Select(g => Figure(by, g.Key, [.. g]))
                    .OrderByDescending(f => f.Open + f.Attention)
                    .ThenBy(f => (f.GroupId ?? Guid.Empty).ToString(), StringComparer.Ordinal),
            ];
            groups.ShouldBe(expected, $"{by} {at:O}");
            foreach (var group in groups)
            {
                foreach (var of in (WorkPart?[])[null, .. Enum.GetValues<WorkPart>().Cast<WorkPart?>()])
                {
                    var filter = by == WorkGrouping.Customer
                        ? new WorkFilter(of, null, false, group.GroupId)
                        : new WorkFilter(of, group.GroupId, group.GroupId is null, null);
                    (await IdsAsync(office.Anna, at, filter)).Count.ShouldBe(of switch
                    {
                        WorkPart.Open => group.Open,
                        WorkPart.Attention => group.Attention,
                        WorkPart.AwaitingReply => group.AwaitingReply,
                        null => group.Open + group.Attention,
                    });
                }
            }
        }
    }

    private static WorkFigure Figure(WorkGrouping? by, Guid? id, List<Then> of) =>
        new(
            by, id, of.Count(t => t.Status == ConversationStatus.Open),
            of.Count(t => t.Status == ConversationStatus.Attention), of.Count(t => t.AwaitedSince is not null),
            of.Min(t => t.AwaitedSince));

    // The conversation by its events until the instant, and the wait for a reply as docs/figures.md defines it; null
    // unless it was not answered.
    private static Then? AsOf(Guid id, List<(DateTimeOffset At, ConversationEvent Data)> events, DateTimeOffset at)
    {
        var happened = events.TakeWhile(e => e.At <= at).ToList();
        var header = ConversationReplay.Replay(
            id, happened.Select((e, i) => new ReplayedEvent(i + 1, e.At, e.Data)))?.Header;
        if (header is null or { Status: ConversationStatus.Answered }) return null;
        var now = DateTimeOffset.MinValue;
        DateTimeOffset? since = null;
        foreach (var (when, data) in happened)
        {
            if (when > now) now = when;
            since = data switch
            {
                CommentAdded { Visibility: CommentVisibility.Public, Author.Kind: ParticipantKind.Contact } =>
                    since ?? now,
                CommentAdded { Visibility: CommentVisibility.Public } => null,
                StatusChanged { To: not ConversationStatus.Open } => null,
                _ => since,
            };
        }

        return new Then(id, header.Status, header.ResponsibleAdministratorId, header.CustomerId, since);
    }

    private async Task<List<WorkFigure>> GroupsAsync(Caller caller, DateTimeOffset? at, WorkGrouping by)
    {
        var all = new List<WorkFigure>();
        string? after = null;
        while (true)
        {
            var (page, count) = await store.Work.GroupsAsync(caller, at, by, First(2, after), Cancellation);
            all.AddRange(page.Items.Select(i => i.Node));
            count.ShouldBe(
                page.Items.Count == 0 ? null : await store.Work.GroupCountAsync(caller, at, by, Cancellation));
            if (!page.HasNextPage) break;
            after = page.Items[^1].Cursor;
        }

        (await store.Work.GroupCountAsync(caller, at, by, Cancellation)).ShouldBe(all.Count);
        return all;
    }

    private async Task<List<Guid>> IdsAsync(Caller caller, DateTimeOffset? at, WorkFilter filter)
    {
        var all = new List<WorkEntry>();
        string? after = null;
        while (true)
        {
            var page = await store.Work.PageAsync(caller, at, filter, First(5, after), Cancellation);
            all.AddRange(page.Items.Select(i => i.Node));
            if (!page.HasNextPage) break;
            after = page.Items[^1].Cursor;
        }

        all.Select(e => e.Since).ShouldBeInOrder();
        (await store.Work.CountAsync(caller, at, filter, Cancellation)).ShouldBe(all.Count);
        return [.. all.Select(e => e.ConversationId)];
    }
}
