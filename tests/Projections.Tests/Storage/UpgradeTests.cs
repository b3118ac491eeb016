using Messaging.Projections.Conversations;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Storage;

public sealed class UpgradeTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task Read_models_of_an_older_format_are_rebuilt_once()
    {
        (await store.Marten.UpgradeReadModelsAsync(store.Database, Cancellation)).ShouldBeFalse();
        var office = await Office.OpenAsync(store);
        var conversation = await office.ConverseAsync(subject: "Rechnungen", body: "Guten Tag");
        await store.ExecuteAsync("update messaging.read_model_formats set format = 1");
        await store.ExecuteAsync("update messaging.subjects set search = 'rechnungen'");
        await store.ExecuteAsync("update messaging.conversations set search_key = null");
        await store.ExecuteAsync("update messaging.customers set search_name = null, search = null");
        (await FindAsync(office)).ShouldBeEmpty();

        (await store.Marten.UpgradeReadModelsAsync(store.Database, Cancellation)).ShouldBeTrue();
        (await FindAsync(office)).ShouldBe([conversation]);
        (await store.Customers.CustomersCountAsync(office.Anna, "krause", null, Cancellation)).ShouldBe(1);
        (await store.Marten.UpgradeReadModelsAsync(store.Database, Cancellation)).ShouldBeFalse();
    }

    private async Task<List<Guid>> FindAsync(Office office) =>
        [
            .. (
                await store.Conversations.PageAsync(
                    office.Anna, new ConversationFilter(Search: "rechnung"), ConversationOrder.Default, First(5),
                    Cancellation)
            )
                .Nodes()
                .Select(c => c.Id),
        ];
}
