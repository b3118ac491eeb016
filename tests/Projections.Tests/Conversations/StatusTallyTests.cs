using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Conversations;

public sealed class StatusTallyTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task Counts_by_the_tally_are_those_of_the_conversations_also_once_it_is_summed_up()
    {
        var office = await Office.OpenAsync(store);
        var random = new Random(5);
        for (var i = 0; i < 12; i++) await Histories.WriteAsync(office, random, 30);
        await CheckAsync(office);

        // As if a lot had happened; the reader that finds so many rows sums them up, whoever reads beside it.
        await store.ExecuteAsync(
            "insert into messaging.status_tallies (tenant_id, status, change) select $1, 'Open', c from "
                + "generate_series(1, 1500), unnest(array[1, -1]) c",
            office.TenantId
        );
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => CheckAsync(office)));
        await CheckAsync(office);
        (
            await store.RowsAsync(
                $"select (count(*) < 50)::text from messaging.status_tallies where tenant_id = '{office.TenantId}'")
        ).ShouldBe(["true"]);
    }

    private async Task CheckAsync(Office office)
    {
        foreach (
            var filter in (ConversationFilter[])
                [
                    ConversationFilter.None, new([ConversationStatus.Open]),
                    new([ConversationStatus.Answered, ConversationStatus.Attention]), new([]), new(Unassigned: true),
                    new(Unassigned: false), new(ResponsibleAdministratorId: office.Bernd.Actor.Id),
                    new(Awaiting: Awaiting.Office), new(Awaiting: Awaiting.Customer), new(Awaiting: Awaiting.Nobody),
                    new([ConversationStatus.Open], Awaiting.Nobody, ResponsibleAdministratorId: office.Anna.Actor.Id),
                    new([ConversationStatus.Attention], Awaiting.Office)
                ]
        )
        {
            var all = (
                await store.Conversations.PageAsync(
                    office.Anna, filter, ConversationOrder.Default, First(200), Cancellation)
            )
                .Nodes()
                .ToList();
            (await store.Conversations.CountAsync(office.Anna, filter, Cancellation)).ShouldBe(
                all.Count, filter.ToString());
            var counts = await store.Conversations.CountsAsync(office.Anna, filter, Cancellation);
            (counts.Open, counts.Attention, counts.Answered, counts.Total).ShouldBe(
                (
                    Of(ConversationStatus.Open), Of(ConversationStatus.Attention), Of(ConversationStatus.Answered),
                    all.Count),
                filter.ToString()
            );

            int Of(ConversationStatus status) => all.Count(c => c.Status == status);
        }
    }
}
