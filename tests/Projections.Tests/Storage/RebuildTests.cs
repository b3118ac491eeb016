using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Storage;

public sealed class RebuildTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task Rebuilt_equals_live_for_several_organisations()
    {
        var random = new Random(4711);
        for (var i = 0; i < 3; i++)
        {
            var office = await Office.OpenAsync(store);
            await office.AppendAsync(
                office.Id, new OrganisationRenamed("Kanzlei Herbst"),
                new NotificationEmailRegistered("post@herbst.example"), new LocaleChosen("en"),
                new TimeZoneChosen("Europe/Vienna"), new CustomerConversationsAllowed(),
                new CustomerConversationsDisallowed(), new CustomerConversationsAllowed());
            await office.AppendAsync(
                office.Bernd.Actor.Id, new AdministratorJoined(), new AdministratorDeactivated(),
                new AdministratorRestricted(), new AdministratorRestrictionLifted("Bernd", "bernd@a.example"));
            await office.AppendAsync(office.Eva.Actor.Id, new ContactDeactivated(), new ContactRestricted());
            await office.AppendAsync(
                office.Frank.Actor.Id, new ContactRestricted(), new ContactRestrictionLifted("Frank", "f@a.example"));
            await office.AppendAsync(office.Frank.Actor.Id, new ContactDeactivated(), new ContactErased());
            for (var j = 0; j < 4; j++) await Histories.WriteAsync(office, random, 25);
        }

        var live = await SnapshotAsync();
        live.ShouldAllBe(t => t.Value.Count > 2);
        await store.ExecuteAsync("update messaging.conversations set subject = 'wrong'");
        await store.ExecuteAsync(
            "insert into messaging.customers (tenant_id, id, name) values ('nobody', gen_random_uuid(), 'Nobody')");
        await store.Marten.RebuildReadModelsAsync(Cancellation);
        var rebuilt = await SnapshotAsync();
        foreach (var (table, rows) in live) rebuilt[table].ShouldBe(rows, table);
    }

    private async Task<Dictionary<string, List<string>>> SnapshotAsync()
    {
        var tables = new Dictionary<string, List<string>>();
        foreach (var table in ReadModelTables.All)
            tables.Add(
                table.Identifier.Name,
                await store.RowsAsync($"select t::text from {table.Identifier.QualifiedName} t order by 1"));
        return tables;
    }
}
