using Messaging.Domain.Customers;
using Messaging.Projections.Live;
using Messaging.Projections.Storage;
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
            values (nextval('messaging.mt_events_sequence'), gen_random_uuid(), '{{slow}}', 1, '{ "name": "slow" }',
                'customer_registered', 't', now())
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

    [Fact]
    public async Task A_customer_may_know_of_what_is_named_and_of_nothing_else()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await RegisterAsync();
        var tail = new EventTail(store.Database);
        await tail.StartAsync(cancellation);
        var id = Guid.CreateVersion7();
        string[] types = [.. EventNames.OfConversations, "something_new"];
        var events = types
            .Select((type, i) => $"{i + 1}, '{{}}', '{type}'")
            .Append($$"""{{types.Length + 1}}, '{ "visibility": "Public" }', 'comment_added'""");
        await store.ExecuteAsync(
            $"""
             insert into messaging.mt_streams (tenant_id, id, version) values ('t', '{id}', {types.Length + 1});
             insert into messaging.mt_events (seq_id, id, stream_id, version, data, type, tenant_id, timestamp)
             select nextval('messaging.mt_events_sequence'), gen_random_uuid(), '{id}', e.version, e.data::jsonb,
                 e.type, 't', now()
             from (values {string.Join(", ", events.Select(e => $"({e})"))}) as e(version, data, type);
             """);

        // Whoever adds an event decides here whether customers may know of it.
        (await tail.ReadAsync(cancellation))
            .Where(e => e.StreamId == id)
            .GroupBy(e => e.Type)
            .ToDictionary(e => e.Key, e => e.Count(each => each.IsPublic))
            .ShouldBe(
                new Dictionary<string, int>
                {
                    ["conversation_created"] = 1,
                    ["comment_added"] = 1,
                    ["file_attached"] = 0,
                    ["status_changed"] = 1,
                    ["administrator_assigned"] = 1,
                    ["administrator_unassigned"] = 1,
                    ["admins_notified"] = 0,
                    ["conversation_tagged"] = 0,
                    ["conversation_untagged"] = 0,
                    ["something_new"] = 0,
                },
                ignoreOrder: true);
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
        await store.AppendAsync(
            new Happened("t", id, new CustomerRegistered("Later"), DateTimeOffset.UtcNow, Domain.Participant.System));
        return id;
    }
}
