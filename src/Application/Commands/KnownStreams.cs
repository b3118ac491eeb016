using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Messaging.Application.Commands;

/// <summary>
/// The latest states of streams that this node has read or written, so that a command on one of them need not read it
/// again. They are assumptions: the commit checks each against the version of its stream, and where another node came
/// in between, everything is read after all.
/// <para>
/// What was written goes into the table of snapshots twice a minute, many streams at once, for other nodes and for the
/// time after a restart. Whoever reads a snapshot adds the events after it; so nothing depends on how old it is.
/// </para>
/// </summary>
internal sealed class KnownStreams
{
    // Of the order of a kilobyte each.
    private const int Maximum = 20_000;

    // The clock of the database, as told by our own between two readings of it.
    private static readonly TimeSpan s_clockIsTrusted = TimeSpan.FromSeconds(1);

    // Where several nodes write to the same streams, assuming costs more than it saves.
    private static readonly TimeSpan s_doubt = TimeSpan.FromSeconds(10);

    private const int SnapshotsAtOnce = 500;

    private readonly ConcurrentDictionary<(string Tenant, Guid Id), Known> _streams = [];
    private readonly ConcurrentDictionary<(string Tenant, Guid Id), Known> _withoutSnapshot = [];
    private volatile ClockReading? _clock;
    private long _doubtedAt = long.MinValue;

    /// <summary>The state of a stream after so many events.</summary>
    public sealed record Known(long Version, object State);

    /// <summary>
    /// The database's clock; null when it was not read lately, or when assumptions have just turned out wrong.
    /// </summary>
    public DateTimeOffset? Now
    {
        get
        {
            var doubted = Volatile.Read(ref _doubtedAt);
            if (doubted != long.MinValue && Stopwatch.GetElapsedTime(doubted) < s_doubt)
                return null;
            if (
                _clock is not { } clock
                || Stopwatch.GetElapsedTime(clock.At) is var passed && passed > s_clockIsTrusted
            )
                return null;

            // In whole microseconds, as PostgreSQL keeps them.
            return clock.Time.AddTicks(passed.Ticks - passed.Ticks % TimeSpan.TicksPerMicrosecond);
        }
    }

    /// <summary>The database's clock was read just now.</summary>
    public void Read(DateTimeOffset now) => _clock = new ClockReading(now, Stopwatch.GetTimestamp());

    /// <summary>What is known of a stream; null when it has to be read.</summary>
    public Known? Find(string tenant, Guid id) => _streams.GetValueOrDefault((tenant, id));

    /// <summary>A stream was read. What is known of a later version stays.</summary>
    public void Remember(string tenant, Guid id, long version, object state)
    {
        if (_streams.Count >= Maximum) _streams.Clear();
        Latest(_streams, (tenant, id), new Known(version, state));
    }

    /// <summary>A stream was written.</summary>
    public void Changed(string tenant, Guid id, long version, object state)
    {
        Remember(tenant, id, version, state);
        Latest(_withoutSnapshot, (tenant, id), new Known(version, state));
    }

    /// <summary>What was assumed of a stream may be wrong.</summary>
    public void Forget(string tenant, Guid id) => _streams.TryRemove((tenant, id), out _);

    /// <summary>An assumption was wrong: another node writes to the same streams.</summary>
    public void Doubt() => Volatile.Write(ref _doubtedAt, Stopwatch.GetTimestamp());

    /// <summary>Writes the snapshots of what has changed since they were written last.</summary>
    public async Task WriteSnapshotsAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        foreach (var some in _withoutSnapshot.ToArray().Chunk(SnapshotsAtOnce))
        {
            // In one order on every node, so that two of them never wait for each other's rows in a circle.
            var changed = some.OrderBy(s => s.Key.Id).ToList();
            await using var command = database.CreateCommand(
                """
                insert into messaging.snapshots as s (tenant_id, stream_id, kind, format, version, state)
                select * from unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::bigint[], $6::jsonb[])
                on conflict (tenant_id, stream_id) do update
                set kind = excluded.kind, format = excluded.format, version = excluded.version, state = excluded.state
                """);
            command.Parameters.Add(new() { Value = changed.ConvertAll(s => s.Key.Tenant).ToArray() });
            command.Parameters.Add(new() { Value = changed.ConvertAll(s => s.Key.Id).ToArray() });
            command.Parameters.Add(
                new() { Value = changed.ConvertAll(s => Aggregate.OfState(s.Value.State).Name).ToArray() });
            command.Parameters.Add(
                new() { Value = changed.ConvertAll(s => Aggregate.OfState(s.Value.State).Format).ToArray() });
            command.Parameters.Add(new() { Value = changed.ConvertAll(s => s.Value.Version).ToArray() });
            command.Parameters.Add(
                new()
                {
                    Value = changed.ConvertAll(s => Aggregate.Snapshot(s.Value.State)).ToArray(),
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
                }
            );
            await command.ExecuteNonQueryAsync(cancellation);

            // What has changed again meanwhile stays.
            foreach (var written in changed) _withoutSnapshot.TryRemove(written);
        }
    }

    private static void Latest(
        ConcurrentDictionary<(string Tenant, Guid Id), Known> streams, (string Tenant, Guid Id) key, Known now) =>
        streams.AddOrUpdate(
            key, (_, given) => given, (_, known, given) => known.Version > given.Version ? known : given, now);

    private sealed record ClockReading(DateTimeOffset Time, long At);
}
