using Messaging.Domain;
using Messaging.Projections.Conversations;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Storage;

/// <summary>
/// Statements that may look at a large part of what an organisation has say so, since few of these run at once.
/// </summary>
public sealed class HeavyStatementTests(Store store) : IClassFixture<Store>
{
    private static readonly Dictionary<string, Func<Store, Caller, Task>> s_heavy = new()
    {
        ["activity"] = (store, caller) =>
            store.Activity.ActivityAsync(
                caller, DateTimeOffset.UtcNow.AddDays(-300), DateTimeOffset.UtcNow, Interval.Day, Cancellation),
        ["backlog"] = (store, caller) => store.Reports.BacklogAsync(caller, null, Cancellation),
        ["past backlog"] = (store, caller) =>
            store.Reports.BacklogAsync(caller, DateTimeOffset.UtcNow.AddDays(-1), Cancellation),
        ["backlogs"] = (store, caller) =>
            store.Reports.BacklogsAsync(caller, [DateTimeOffset.UtcNow.AddDays(-1)], Cancellation),
        ["times"] = (store, caller) => store.Waits.FiguresAsync(
            caller, Year, WaitGrouping.Customer, TimeBasis.Calendar, Cancellation),
        ["waits"] = (store, caller) =>
            store.Waits.PageAsync(
                caller, Year, new(null, null, false, null), TimeBasis.Calendar, First(10), Cancellation),
        ["count of waits"] = (store, caller) =>
            store.Waits.CountAsync(caller, Year, new(null, null, false, null), Cancellation),
        ["workload"] = (store, caller) => store.Reports.WorkloadAsync(caller, Cancellation),
        ["search"] = (store, caller) =>
            store.Conversations.PageAsync(
                caller, Searched, ConversationOrder.Default, First(10), Cancellation),
        ["count of a search"] = (store, caller) =>
            store.Conversations.CountAsync(caller, Searched, Cancellation),
        ["counts of a search"] = (store, caller) =>
            store.Conversations.CountsAsync(caller, Searched, Cancellation),
        ["search with customers"] = (store, caller) =>
            store.Conversations.PagesByCustomerAsync(
                caller, [Guid.CreateVersion7()], Searched, First(10), Cancellation),
        ["count by time"] = (store, caller) =>
            store.Conversations.CountAsync(
                caller, new ConversationFilter(CreatedFrom: DateTimeOffset.UnixEpoch), Cancellation),
        ["counts by time"] = (store, caller) =>
            store.Conversations.CountsAsync(
                caller, new ConversationFilter(UpdatedFrom: DateTimeOffset.UnixEpoch), Cancellation),
        ["all tags"] = (store, caller) =>
            store.Conversations.AllTagsAsync(caller, Cancellation),
        ["search of customers"] = (store, caller) =>
            store.Customers.CustomersPageAsync(
                caller, "krause", null, First(10), Cancellation),
        ["count of a search of customers"] = (store, caller) =>
            store.Customers.CustomersCountAsync(caller, "krause", null, Cancellation),
    };

    private static readonly Dictionary<string, Func<Store, Caller, Task>> s_light = new()
    {
        ["page"] = (store, caller) =>
            store.Conversations.PageAsync(
                caller, ConversationFilter.None, ConversationOrder.Default, First(50), Cancellation),
        ["count of all"] = (store, caller) =>
            store.Conversations.CountAsync(caller, ConversationFilter.None, Cancellation),
        ["counts of all"] = (store, caller) =>
            store.Conversations.CountsAsync(caller, ConversationFilter.None, Cancellation),
        ["customers"] = (store, caller) =>
            store.Customers.CustomersPageAsync(
                caller, null, null, First(50), Cancellation),
        ["comments"] = (store, caller) =>
            store.Conversations.CommentPagesAsync(
                caller, [Guid.CreateVersion7()], First(50), Cancellation),
    };

    private static WaitReport Year => WaitReport.Of(
        WaitKind.OfficeReply, DateTimeOffset.UtcNow.AddDays(-365), DateTimeOffset.UtcNow);

    private static ConversationFilter Searched => new(Search: "Belege Kassenbericht");

    public static TheoryData<string> Heavy => [.. s_heavy.Keys];

    public static TheoryData<string> Light => [.. s_light.Keys];

    [Theory]
    [MemberData(nameof(Heavy))]
    public async Task What_may_look_at_much_says_so(string what) =>
        (await SentAsync(s_heavy[what])).ShouldContain(true);

    [Theory]
    [MemberData(nameof(Light))]
    public async Task What_every_page_shows_does_not_wait_for_those(string what) =>
        (await SentAsync(s_light[what])).ShouldAllBe(isHeavy => !isHeavy);

    // Whether each of the statements was heavy.
    private async Task<List<bool>> SentAsync(Func<Store, Caller, Task> ask)
    {
        var office = await Office.OpenAsync(store);
        await office.ConverseAsync();
        var scope = new Turns();
        ReadScope.Current = scope;
        await ask(store, office.Anna);
        scope.Sent.ShouldNotBeEmpty();
        return scope.Sent;
    }

    private sealed class Turns : ReadScope, IDisposable
    {
        public List<bool> Sent { get; } = [];

        public override ValueTask<IDisposable> EnterAsync(bool isHeavy, CancellationToken cancellation)
        {
            Sent.Add(isHeavy);
            return new(this);
        }

        public override void Spend(long bytes)
        {
        }

        public void Dispose()
        {
        }
    }
}
