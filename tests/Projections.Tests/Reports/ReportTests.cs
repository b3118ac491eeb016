using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Messaging.Projections.Conversations;
using Messaging.Projections.History;
using Messaging.Projections.Reports;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Reports;

public sealed class ReportTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task The_backlog_at_any_past_instant_is_what_a_replay_of_all_conversations_counts()
    {
        var office = await Office.OpenAsync(store);
        var other = await Office.OpenAsync(store);
        var random = new Random(7);
        var histories = new List<(Guid Id, List<(DateTimeOffset At, ConversationEvent Data)> Events)>();
        for (var i = 0; i < 8; i++)
        {
            histories.Add(await Histories.WriteAsync(office, random, 25));
            office.Now = office.Now.AddMinutes(-10);
            await Histories.WriteAsync(other, random, 5);
        }

        var instants = histories
            .SelectMany(h => h.Events)
            .Select(e => e.At)
            .SelectMany(t => new[] { t.AddMicroseconds(-1), t, t.AddMicroseconds(1) })
            .Distinct();
        foreach (var at in instants)
        {
            var then = histories
                .Select(h =>
                    ConversationReplay.Replay(
                        h.Id,
                        h.Events.TakeWhile(e => e.At <= at).Select((e, i) => new ReplayedEvent(i + 1, e.At, e.Data)))
                )
                .Where(c => c is not null)
                .Select(c => c!.Header.Status)
                .ToList();
            (await store.Reports.BacklogAsync(office.Anna, at, Cancellation)).ShouldBe(
                new ConversationCounts(
                    then.Count(s => s == ConversationStatus.Open), then.Count(s => s == ConversationStatus.Attention),
                    then.Count(s => s == ConversationStatus.Answered), then.Count, 0),
                at.ToString("O"));
        }
    }

    [Fact]
    public async Task The_backlog_of_the_future_is_that_of_now()
    {
        var office = await Office.OpenAsync(store);
        office.Now = DateTimeOffset.UtcNow.AddDays(-1);
        var conversation = await office.ConverseAsync(office.Dieter);
        await office.StatusAsync(conversation, ConversationStatus.Open, ConversationStatus.Attention);
        await office.StatusAsync(conversation, ConversationStatus.Attention, ConversationStatus.Answered);
        await office.ConverseAsync();
        var now = new ConversationCounts(1, 0, 1, 2, 0);
        (await store.Reports.BacklogAsync(office.Anna, null, Cancellation)).ShouldBe(now);
        (await store.Reports.BacklogAsync(office.Anna, DateTimeOffset.UtcNow.AddYears(1), Cancellation)).ShouldBe(now);
        (await store.Reports.BacklogAsync(office.Anna, DateTimeOffset.MaxValue, Cancellation)).ShouldBe(now);
        (await store.Reports.BacklogAsync(office.Paul, office.Now, Cancellation)).ShouldBe(now);
        (await store.Reports.BacklogAsync(office.Anna, DateTimeOffset.MinValue, Cancellation)).ShouldBe(
            new ConversationCounts(0, 0, 0, 0, 0));

        // What is unread is so now.
        foreach (var (at, unread) in (IEnumerable<(DateTimeOffset?, int)>)
            [(null, 1), (DateTimeOffset.UtcNow.AddYears(1), 1), (DateTimeOffset.UtcNow.AddHours(-1), 0)])
            (await store.Reports.UnreadAsync(office.Anna, at, Cancellation)).ShouldBe(unread);
    }

    [Fact]
    public async Task The_workload_has_a_row_for_everybody_who_works_and_one_for_nobody()
    {
        var office = await Office.OpenAsync(store);
        var start = office.Now;
        (await store.Reports.WorkloadAsync(office.Anna, Cancellation)).ShouldBe([
            new WorkloadRow(office.Anna.Actor.Id, 0, 0, 0, null), new WorkloadRow(office.Bernd.Actor.Id, 0, 0, 0, null),
            new WorkloadRow(null, 0, 0, 0, null)
        ]);

        await office.ConverseAsync(responsible: office.Anna.Actor.Id);
        await office.ConverseAsync(responsible: office.Anna.Actor.Id, status: ConversationStatus.Attention);
        await office.ConverseAsync(responsible: office.Anna.Actor.Id, status: ConversationStatus.Answered);
        var waiting = await office.ConverseAsync(office.Dieter, responsible: office.Anna.Actor.Id);
        office.Now = start.AddHours(1);
        await office.CommentAsync(waiting, office.Dieter, "Bitte!");
        await office.ConverseAsync(office.Dieter, responsible: office.Anna.Actor.Id);
        await office.ConverseAsync(office.Frank);

        // Answered and asked again: it waits since the second time.
        var again = await office.ConverseAsync(office.Eva, responsible: office.Bernd.Actor.Id);
        await office.CommentAsync(again, office.Bernd);
        office.Now = start.AddHours(2);
        await office.CommentAsync(again, office.Eva);
        await office.AppendAsync(office.Bernd.Actor.Id, new AdministratorDeactivated());
        (await store.Reports.WorkloadAsync(office.Paul, Cancellation)).ShouldBe([
            new WorkloadRow(office.Anna.Actor.Id, 3, 1, 2, start),
            new WorkloadRow(office.Bernd.Actor.Id, 1, 0, 1, start.AddHours(2)),
            new WorkloadRow(null, 1, 0, 1, start.AddHours(1)),
        ]);

        await office.StatusAsync(again, ConversationStatus.Open, ConversationStatus.Answered);
        (await store.Reports.WorkloadAsync(office.Anna, Cancellation))
            .Select(w => w.AdministratorId)
            .ShouldBe([office.Anna.Actor.Id, null]);
    }

    [Fact]
    public async Task Customers_are_shown_no_reports()
    {
        var office = await Office.OpenAsync(store);
        await Should.ThrowAsync<InvalidOperationException>(async () =>
            await store.Reports.BacklogAsync(office.Dieter, null, Cancellation)
        );
        await Should.ThrowAsync<InvalidOperationException>(async () =>
            await store.Reports.WorkloadAsync(office.Dieter, Cancellation)
        );
    }
}
