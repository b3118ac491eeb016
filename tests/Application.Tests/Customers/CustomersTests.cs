using Messaging.Application.Conversations;
using Messaging.Application.Customers;
using Messaging.Application.Organisation;
using Messaging.Application.Tests.Support;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;

namespace Messaging.Application.Tests.Customers;

public sealed class CustomersTests(StoreFixture store) : IClassFixture<StoreFixture>
{
    private static readonly DateOnly s_past = new(2020, 1, 31);

    [Fact]
    public async Task A_number_that_two_nodes_give_to_two_customers_at_once_is_one_customers()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        var other = Guid.CreateVersion7();
        await first.DoAsync(new RegisterCustomerCommand(office.Anna, other, "Studio Lindner"));
        for (var i = 0; i < 10; i++)
        {
            var answers = await Task.WhenAll(
                first.TryAsync(Number(office.CustomerId, $"m {i}")), second.TryAsync(Number(other, $"M {i}")));
            answers.Count(a => a is null).ShouldBe(1);
            answers.Count(a => a is CustomerNumberIsTaken).ShouldBe(1);
        }

        // What one gives up is free again, also in one batch; each may keep its own.
        await first.DoAsync(Number(office.CustomerId, "1"));
        await first.DoAsync(Number(other, "2"));
        await Task.WhenAll(first.DoAsync(Number(other, "3")), first.DoAsync(Number(office.CustomerId, "2")));
        await first.DoAsync(Number(office.CustomerId, "2"));
        (await first.TryAsync(Number(other, "2"))).ShouldBe(new CustomerNumberIsTaken());
        await first.DoAsync(Number(office.CustomerId, ""));
        await second.DoAsync(Number(other, "2"));

        // Another office has numbers of its own.
        var foreign = await Office.OpenAsync(first);
        await first.DoAsync(new UpdateCustomerCommand(foreign.Anna, foreign.CustomerId, null, "2", null, null));
        (await first.TryAsync(new UpdateCustomerCommand(foreign.Anna, other, null, "9", null, null))).ShouldBe(
            new CustomerNotFound("id"));
        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);

        UpdateCustomerCommand Number(Guid id, string number) => new(office.Anna, id, null, number, null, null);
    }

    [Fact]
    public async Task No_comment_comes_after_the_end_of_the_mandate_whichever_node_takes_it()
    {
        var first = await store.StartExecutorAsync();
        var second = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(first);
        var conversation = await office.ConverseAsync(first);
        var (written, refused) = (0, 0);
        for (var round = 0; round < 8; round++)
        {
            var nodes = new[] { first, second };
            var writers = Enumerable.Range(0, 6).Select(async i =>
            {
                for (var n = 0; n < 8; n++)
                {
                    var answer = await nodes[i % 2].TryAsync(
                        Office.Comment(i % 3 == 0 ? office.Dieter : office.Anna, conversation));
                    if (answer is null) Interlocked.Increment(ref written);
                    else if (answer is CustomerHasEnded) Interlocked.Increment(ref refused);
                    else throw new InvalidOperationException($"{answer}");
                }
            });
            var end = second.DoAsync(new EndCustomerCommand(office.Bernd, office.CustomerId, s_past));
            await Task.WhenAll([.. writers, end]);
            await first.DoAsync(new ResumeCustomerCommand(office.Bernd, office.CustomerId));
        }

        written.ShouldBeGreaterThan(0);
        refused.ShouldBeGreaterThan(0);

        // The log has no comment between an end and the going on after it.
        (await store.ScalarAsync<long>(
            """
            select count(*) from messaging.mt_events c where c.tenant_id = $1 and c.type = 'comment_added'
                and (select type from messaging.mt_events e where e.tenant_id = $1 and e.stream_id = $2
                    and e.seq_id < c.seq_id order by e.seq_id desc limit 1) = 'customer_ended'
            """, office.TenantId, office.CustomerId)).ShouldBe(0);
        await first.StopAsync(CancellationToken.None);
        await second.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_customer_that_has_ended_is_read_and_written_to_by_nobody_until_it_goes_on()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        var conversation = await office.ConverseAsync(executor);

        // The day is still to come: everything goes on.
        await executor.DoAsync(new EndCustomerCommand(office.Anna, office.CustomerId, new DateOnly(2190, 1, 1)));
        await executor.DoAsync(Office.Comment(office.Dieter, conversation));
        await executor.DoAsync(new EndCustomerCommand(office.Anna, office.CustomerId, s_past));
        foreach (var caller in (Domain.Caller[])[office.Anna, office.Dieter])
            (await executor.TryAsync(Office.Comment(caller, conversation))).ShouldBeOfType<CustomerHasEnded>();
        (await executor.TryAsync(office.Create())).ShouldBeOfType<CustomerHasEnded>();
        var outcome = await executor.ExecuteAsync(
            new ChangeStatusCommand(office.Anna, [conversation], ConversationStatus.Attention, null),
            CancellationToken.None);
        outcome.RefusedAt.Values.ShouldBe([new CustomerHasEnded()]);
        await executor.DoAsync(new MarkConversationReadCommand(office.Dieter, conversation));
        await executor.DoAsync(new AssignAdministratorCommand(office.Anna, [conversation], office.Carla.Actor.Id));

        await executor.DoAsync(new ResumeCustomerCommand(office.Anna, office.CustomerId));
        await executor.DoAsync(Office.Comment(office.Dieter, conversation));
        await executor.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task New_conversations_go_to_the_customers_administrator_while_they_act()
    {
        var executor = await store.StartExecutorAsync();
        var office = await Office.OpenAsync(executor);
        await executor.DoAsync(
            new AssignDefaultAdministratorCommand(office.Anna, office.CustomerId, office.Carla.Actor.Id));
        (await ResponsibleAsync(office.Create())).ShouldBe(office.Carla.Actor.Id);
        (await ResponsibleAsync(office.Create(responsible: office.Bernd.Actor.Id))).ShouldBe(office.Bernd.Actor.Id);
        await executor.DoAsync(new DeactivateAdministratorCommand(office.Anna, office.Carla.Actor.Id));
        (await ResponsibleAsync(office.Create())).ShouldBeNull();
        await executor.StopAsync(CancellationToken.None);

        async Task<Guid?> ResponsibleAsync(CreateConversationCommand create)
        {
            await executor.DoAsync(create);
            var created = (ConversationCreated)(await store.EventsAsync(office, create.Id))[0].Data;
            return created.ResponsibleAdministratorId;
        }
    }
}
