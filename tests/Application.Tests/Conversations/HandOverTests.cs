using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Application.Tests.Support;

namespace Messaging.Application.Tests.Conversations;

public sealed class HandOverTests(StoreFixture store) : IClassFixture<StoreFixture>
{
    [Fact]
    public async Task Thousands_of_conversations_and_hundreds_of_customers_go_over_in_parts_that_are_never_in_no_list()
    {
        const int conversations = 2_300;
        const int customers = 300;
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        var bernd = office.Bernd.Actor.Id;
        foreach (var chunk in Enumerable.Range(0, conversations).Chunk(256))
            await Task.WhenAll(chunk.Select(_ => executor.DoAsync(office.Create(responsible: bernd))));
        foreach (var chunk in Enumerable.Range(0, customers).Chunk(100))
        {
            await Task.WhenAll(chunk.Select(async i =>
            {
                var id = Guid.CreateVersion7();
                await executor.DoAsync(new RegisterCustomerCommand(office.Anna, id, $"Kunde {i}"));
                await executor.DoAsync(new AssignDefaultAdministratorCommand(office.Anna, id, bernd));
            }));
        }

        await executor.DoAsync(new DeactivateAdministratorCommand(office.Anna, bernd, office.Carla.Actor.Id));
        var handOver = new HandOver(store.Database, executor);

        // The request is cut off in the middle, then another node goes on. Each part leaves every conversation with
        // somebody: the one who left, whose conversations nobody takes on, or the successor.
        using (var cut = new CancellationTokenSource(TimeSpan.FromMilliseconds(80)))
        {
            try
            {
                await handOver.GoOnAsync(office.Anna, new HandedOver(bernd, office.Carla.Actor.Id), cut.Token);
            }
            catch (OperationCanceledException)
            {
                // It was meant to be.
            }
        }

        (await OfAsync(bernd) + await OfAsync(office.Carla.Actor.Id)).ShouldBe(conversations);
        var other = await store.StartExecutorAsync();
        handOver = new HandOver(store.Database, other);
        var requests = 0;
        for (var hasMore = true; hasMore; requests++)
        {
            (var refusal, hasMore) = await handOver.GoOnAsync(
                office.Anna, new HandedOver(bernd, office.Carla.Actor.Id), CancellationToken.None);
            refusal.ShouldBeNull();
            (await OfAsync(bernd) + await OfAsync(office.Carla.Actor.Id)).ShouldBe(conversations);
        }

        requests.ShouldBeGreaterThan(2);
        (await OfAsync(bernd)).ShouldBe(0);
        (await CustomersOfAsync(bernd)).ShouldBe(0);
        (await CustomersOfAsync(office.Carla.Actor.Id)).ShouldBe(customers);

        // Each has one event, however often it was asked.
        (await store.ScalarAsync<long>(
            "select count(*) from messaging.mt_events where tenant_id = $1 and type = 'administrator_assigned'",
            office.TenantId)).ShouldBe(conversations);
        await executor.StopAsync(CancellationToken.None);
        await other.StopAsync(CancellationToken.None);

        Task<long> OfAsync(Guid who) => store.ScalarAsync<long>(
            "select count(*) from messaging.conversations where tenant_id = $1 and responsible_administrator_id = $2",
            office.TenantId, who)!;

        Task<long> CustomersOfAsync(Guid who) => store.ScalarAsync<long>(
            "select count(*) from messaging.customers where tenant_id = $1 and default_administrator_id = $2",
            office.TenantId, who)!;
    }

    [Fact]
    public async Task A_colleague_who_reassigned_one_meanwhile_keeps_it_and_nobody_is_a_successor_too()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        var (bernd, carla) = (office.Bernd.Actor.Id, office.Carla.Actor.Id);
        var (his, hers) = (office.Create(responsible: bernd), office.Create(responsible: bernd));
        await executor.DoAsync(his);
        await executor.DoAsync(hers);
        await executor.DoAsync(new AssignDefaultAdministratorCommand(office.Anna, office.CustomerId, bernd));
        await executor.DoAsync(new AssignAdministratorCommand(office.Anna, [hers.Id], carla));
        await executor.DoAsync(new DeactivateAdministratorCommand(office.Anna, bernd));
        (await new HandOver(store.Database, executor).GoOnAsync(
            office.Anna, new HandedOver(bernd, null), CancellationToken.None))
            .ShouldBe((null, false));
        (await store.ScalarAsync<long>(
            """
            select count(*) from messaging.conversations
            where tenant_id = $1 and (id = $2 and responsible_administrator_id is null
                or id = $3 and responsible_administrator_id = $4)
            """, office.TenantId, his.Id, hers.Id, carla)).ShouldBe(2);
        (await store.ScalarAsync<long>(
            """
            select count(*) from messaging.customers
            where tenant_id = $1 and id = $2 and default_administrator_id is null
            """, office.TenantId, office.CustomerId)).ShouldBe(1);
        await executor.StopAsync(CancellationToken.None);
    }
}
