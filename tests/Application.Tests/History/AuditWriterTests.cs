using System.Globalization;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Messaging.Application.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.Application.Tests.History;

public sealed class AuditWriterTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private CommandExecutor _executor = null!;
    private Office _office = null!;
    private Guid _conversation;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _executor = await store.StartExecutorAsync();
        _office = await Office.OpenAsync(_executor);
        _conversation = await _office.ConverseAsync(_executor);
    }

    public async ValueTask DisposeAsync() => await _executor.StopAsync(CancellationToken.None);

    [Fact]
    public async Task Events_of_before_and_new_ones_have_a_leaf_each_in_the_order_of_the_log()
    {
        await AppendAllAsync();
        await Task.WhenAll(
            Enumerable.Range(0, 300).Select(i => _executor.DoAsync(
                Office.Comment(_office.Anna, _conversation, $"Nr. {i} \U0001f600 \u202e"))));
        await AppendAllAsync();
        var events = await EventsAsync();
        events.Count.ShouldBeGreaterThan(300);
        (await LeavesAsync()).ShouldBe(events);
        var check = await new AuditCheck(store.Database).RunAsync([], Cancellation);
        check.Verdict.ShouldBe(AuditVerdict.Proved, check.Sentence);

        var tree = new AuditTree(store.Database);
        var head = await tree.HeadAsync(_office.TenantId, Cancellation);
        head.Size.ShouldBe(events.Count);
        head.Lag.ShouldBe(0);
        var proof = (await tree.ProveAsync(_office.TenantId, events[^1], Cancellation))!.Value;
        proof.Index.ShouldBe(events.Count - 1);
        proof.Root.ShouldBe(head.Root);
        (await tree.ProveAsync(_office.TenantId, Guid.CreateVersion7(), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task An_event_whose_transaction_commits_later_than_one_with_a_higher_number_has_its_place_before_it()
    {
        await AppendAllAsync();
        await using var connection = await store.Database.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using (var late = new NpgsqlCommand(
            """
            with stream as (
                insert into messaging.mt_streams (tenant_id, id, version, timestamp)
                values ($1, gen_random_uuid(), 1, now()) returning id)
            insert into messaging.mt_events (
                seq_id, id, stream_id, version, data, type, tenant_id, timestamp, headers, is_archived)
            select nextval('messaging.mt_events_sequence'), gen_random_uuid(), id, 1, '{}', 'late', $1, now(),
                '{"sequence": 0}', false from stream
            """, connection)
        {
            Parameters = { new() { Value = _office.TenantId } },
        })
        {
            await late.ExecuteNonQueryAsync(Cancellation);
        }

        await _executor.DoAsync(Office.Comment(_office.Anna, _conversation));
        var before = (await LeavesAsync()).Count;
        await AppendAllAsync();
        (await LeavesAsync()).Count.ShouldBe(before);
        await transaction.CommitAsync(Cancellation);
        await AppendAllAsync();
        (await LeavesAsync()).ShouldBe(await EventsAsync());
    }

    [Fact]
    public async Task Of_several_nodes_one_writes_at_a_time_and_what_was_cut_off_is_written_once()
    {
        await using (var connection = await store.Database.OpenConnectionAsync(Cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(Cancellation))
        {
            // Another node is at it, and is killed then.
            await AppendAllAsync();
            await _executor.DoAsync(Office.Comment(_office.Anna, _conversation));
            await using var hold = new NpgsqlCommand(
                "update messaging.audit_progress set seq_id = seq_id + 1000", connection);
            await hold.ExecuteNonQueryAsync(Cancellation);
            (await Writer().AppendAsync(Cancellation)).ShouldBe(0);
        }

        var writers = Enumerable.Range(0, 4).Select(_ => Writer()).ToList();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => _executor.DoAsync(
            Office.Comment(_office.Anna, _conversation, i.ToString(CultureInfo.InvariantCulture)))));
        for (var i = 0; i < 3; i++) await Task.WhenAll(writers.Select(w => w.AppendAsync(Cancellation)));
        await AppendAllAsync();
        (await LeavesAsync()).ShouldBe(await EventsAsync());
    }

    [Fact]
    public async Task While_it_runs_an_event_is_in_the_tree_by_itself()
    {
        using var committed = new CommitSignal();
        using var writer = new AuditWriter(store.Database, committed, NullLogger<AuditWriter>.Instance);
        await writer.StartAsync(Cancellation);
        await _executor.DoAsync(Office.Comment(_office.Anna, _conversation));
        committed.Set();
        var last = (await EventsAsync())[^1];
        await TestSupport.Waiting.UntilAsync(async () => (await LeavesAsync()).LastOrDefault() == last);
        await writer.StopAsync(Cancellation);
    }

    private AuditWriter Writer() => new(store.Database, new CommitSignal(), NullLogger<AuditWriter>.Instance);

    private async Task AppendAllAsync()
    {
        var writer = Writer();
        while (await writer.AppendAsync(Cancellation) > 0)
        {
            // There may be more.
        }
    }

    private Task<List<Guid>> EventsAsync() =>
        IdsAsync("select id from messaging.mt_events where tenant_id = $1 order by seq_id");

    private Task<List<Guid>> LeavesAsync() =>
        IdsAsync("select event_id from messaging.audit_leaves where tenant_id = $1 order by index");

    private async Task<List<Guid>> IdsAsync(string sql)
    {
        await using var command = store.Database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = _office.TenantId });
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(Cancellation)) ids.Add(reader.GetGuid(0));
        return ids;
    }
}
