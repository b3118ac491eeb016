using Messaging.Application.Commands;
using Messaging.Application.Tests.Support;
using Npgsql;

namespace Messaging.Application.Tests.Commands;

/// <summary>
/// Streams in a table that is partitioned by office, as Marten can lay it out. Of two partitions the first rows are at
/// the same place, each in its own.
/// </summary>
public sealed class PartitionedStreamsTests(StoreFixture store) : IClassFixture<StoreFixture>, IAsyncLifetime
{
    private static readonly (string Tenant, Guid Id) s_a = ("a", Guid.CreateVersion7());
    private static readonly (string Tenant, Guid Id) s_b = ("b", Guid.CreateVersion7());

    public async ValueTask InitializeAsync()
    {
        await store.ScalarAsync<int>(
            """
            create table messaging.partitioned (like messaging.mt_streams including defaults) partition by list
                (tenant_id);
            alter table messaging.partitioned add primary key (tenant_id, id);
            create table messaging.mt_streams_a partition of messaging.partitioned for values in ('a');
            create table messaging.mt_streams_b partition of messaging.partitioned for values in ('b');
            create table messaging.mt_streams_rest partition of messaging.partitioned default;
            drop table messaging.mt_streams cascade;
            alter table messaging.partitioned rename to mt_streams;
            """);
        await StartAsync(s_a, 5);
        await StartAsync(s_b, 7);
        (await store.ScalarAsync<long>("select count(distinct ctid) from messaging.mt_streams")).ShouldBe(1);

        async Task StartAsync((string Tenant, Guid Id) stream, long version) => await store.ScalarAsync<int>(
            "insert into messaging.mt_streams (tenant_id, id, version, timestamp) values ($1, $2, $3, now())",
            stream.Tenant, stream.Id, version);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Each_stream_grows_by_its_own_events()
    {
        // Both at once, then one alone.
        await AppendAsync(new(s_a.Tenant, s_a.Id, 5, 1), new(s_b.Tenant, s_b.Id, 7, 3));
        (await VersionAsync(s_a), await VersionAsync(s_b)).ShouldBe((6, 10));
        await AppendAsync(new EventAppend.Stream(s_b.Tenant, s_b.Id, 10, 2));
        (await VersionAsync(s_a), await VersionAsync(s_b)).ShouldBe((6, 12));

        // One that somebody else has appended to: neither grows.
        var conflict = await Should.ThrowAsync<PostgresException>(
            () => AppendAsync(new(s_a.Tenant, s_a.Id, 6, 1), new(s_b.Tenant, s_b.Id, 10, 1)));
        ConcurrencyConflict.Is(conflict).ShouldBeTrue();
        conflict.MessageText.ShouldBe("A stream has another version.");
        (await VersionAsync(s_a), await VersionAsync(s_b)).ShouldBe((6, 12));

        // One that was only looked at, and held, beside one that grows, and a new one.
        var c = ("c", Guid.CreateVersion7());
        await AppendAsync(
            new(s_a.Tenant, s_a.Id, 6, 0, IsHeld: true), new(s_b.Tenant, s_b.Id, 12, 1), new(c.Item1, c.Item2, 0, 4));
        (await VersionAsync(s_a), await VersionAsync(s_b), await VersionAsync(c)).ShouldBe((6, 13, 4));
    }

    private async Task AppendAsync(params EventAppend.Stream[] streams)
    {
        await using var connection = await store.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var batch = connection.CreateBatch();
        EventAppend.AddStreamsTo(batch, streams, [], isFenced: true);
        await batch.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private Task<long> VersionAsync((string Tenant, Guid Id) stream) => store.ScalarAsync<long>(
        "select version from messaging.mt_streams where tenant_id = $1 and id = $2", stream.Tenant, stream.Id);
}
