using Messaging.Domain.Customers;
using Messaging.Projections.Live;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Live;

/// <summary>The events from now on, in whatever order their transactions commit.</summary>
public sealed class EventTailTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task An_event_whose_transaction_is_open_is_found_when_it_commits_however_many_numbers_come_to_nothing()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await RegisterAsync();
        var tail = new EventTail(store.Database);
        await tail.StartAsync(cancellation);
        await using var connection = await store.Database.OpenConnectionAsync(cancellation);
        await using var writing = await connection.BeginTransactionAsync(cancellation);
        var slow = Guid.CreateVersion7();
        await using (var command = new Npgsql.NpgsqlCommand(
            $$"""
            insert into messaging.mt_streams (tenant_id, id, version) values ('t', '{{slow}}', 1);
            insert into messaging.mt_events (seq_id, id, stream_id, version, data, type, tenant_id, timestamp)
            values (nextval('messaging.mt_events_sequence'), gen_random_uuid(), '{{slow}}', 1, '{ "name": "slow" }', 'customer_registered', 't', now())
            """,
            connection)) await command.ExecuteNonQueryAsync(cancellation);
        await store.ExecuteAsync("select nextval('messaging.mt_events_sequence') from generate_series(1, 30000)");
        var later = await RegisterAsync();
        (await tail.ReadAsync(cancellation)).Select(e => e.StreamId).ShouldBe([later]);

        // Somebody who begins to listen while it is open is told of it, too.
        var second = new EventTail(store.Database);
        await second.StartAsync(cancellation);
        await Task.Delay(300, cancellation);
        (await tail.ReadAsync(cancellation)).ShouldBeEmpty();
        tail.Missing.ShouldBeGreaterThan(0);

        await writing.CommitAsync(cancellation);
        (await tail.ReadAsync(cancellation)).Select(e => e.StreamId).ShouldBe([slow]);
        (await second.ReadAsync(cancellation)).Select(e => e.StreamId).ShouldBe([slow]);
        await SettlesAsync(tail);
        await SettlesAsync(second);
    }

    [Fact]
    public async Task A_number_that_came_to_nothing_is_not_looked_for_any_longer()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var tail = new EventTail(store.Database);
        await tail.StartAsync(cancellation);
        await store.ExecuteAsync("select nextval('messaging.mt_events_sequence')");
        var later = await RegisterAsync();
        (await tail.ReadAsync(cancellation)).Select(e => e.StreamId).ShouldBe([later]);
        tail.Missing.ShouldBeGreaterThan(0);
        await SettlesAsync(tail);
    }

    private static async Task SettlesAsync(EventTail tail)
    {
        for (var i = 0; i < 20 && tail.Missing > 0; i++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            (await tail.ReadAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
        }

        tail.Missing.ShouldBe(0);
    }

    private async Task<Guid> RegisterAsync()
    {
        var id = Guid.CreateVersion7();
        await store.AppendAsync(new Happened("t", id, new CustomerRegistered("Later"), DateTimeOffset.UtcNow, Domain.Participant.System));
        return id;
    }
}
