using System.Collections.Concurrent;
using System.Diagnostics;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Commands;

/// <summary>
/// The latest states of streams that this node has read or written, so that a command on one of them need not read it
/// again. Correctness does not depend on them: the commit checks each against the version of its stream, and after a
/// change by another node everything is read again.
/// <para>
/// Written states go into the table of snapshots twice a minute, many streams at once, for other nodes and for the time
/// after a restart. A reader of a snapshot adds the events after it; so its age does not matter.
/// </para>
/// </summary>
internal sealed class StateCache
{
    // Most states kept, of about a kilobyte each.
    private const int Maximum = 20_000;

    // The clock of the database, as told by our own between two readings of it.
    private static readonly TimeSpan s_clockIsTrusted = TimeSpan.FromSeconds(1);

    // Pause after a conflict: when several nodes write to the same streams, deciding on cached states costs more than
    // it saves.
    private static readonly TimeSpan s_backOff = TimeSpan.FromSeconds(10);

    private const int SnapshotsAtOnce = 500;

    private readonly ConcurrentDictionary<(string Tenant, Guid Id), CachedState> _streams = [];
    private readonly ConcurrentDictionary<(string Tenant, Guid Id), CachedState> _withoutSnapshot = [];
    private volatile ClockReading? _clock;
    private long _backedOffAt = long.MinValue;

    /// <summary>The state of a stream at a version.</summary>
    public sealed record CachedState(long Version, object State);

    /// <summary>
    /// The database's clock; null when it was not read lately, or when a cached state has just proved outdated.
    /// </summary>
    public DateTimeOffset? Now
    {
        get
        {
            var backedOff = Volatile.Read(ref _backedOffAt);
            if (backedOff != long.MinValue && Stopwatch.GetElapsedTime(backedOff) < s_backOff)
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

    /// <summary>
    /// The database's clock, of whichever time ago it was read, for what nothing is decided by; null before.
    /// </summary>
    public DateTimeOffset? Clock => _clock is { } clock ? clock.Time + Stopwatch.GetElapsedTime(clock.At) : null;

    /// <summary>The database's clock was read just now.</summary>
    public void SetClock(DateTimeOffset now) => _clock = new ClockReading(now, Stopwatch.GetTimestamp());

    /// <summary>The latest state of a stream; null when it has to be read.</summary>
    public CachedState? Find(string tenant, Guid id) => _streams.GetValueOrDefault((tenant, id));

    /// <summary>Caches the state of a stream that was read. A cached later version stays.</summary>
    public void Remember(string tenant, Guid id, long version, object state)
    {
        if (_streams.Count >= Maximum) _streams.Clear();
        Latest(_streams, (tenant, id), new CachedState(version, state));
    }

    /// <summary>A stream was written.</summary>
    public void Committed(string tenant, Guid id, long version, object state)
    {
        Remember(tenant, id, version, state);
        Latest(_withoutSnapshot, (tenant, id), new CachedState(version, state));
    }

    /// <summary>Drops the cached state of a stream, which may be outdated.</summary>
    public void Forget(string tenant, Guid id) => _streams.TryRemove((tenant, id), out _);

    /// <summary>Another node writes to the same streams: for a while everything is read.</summary>
    public void BackOff() => Volatile.Write(ref _backedOffAt, Stopwatch.GetTimestamp());

    /// <summary>Writes snapshots of the states that have changed since the last time.</summary>
    public async Task WriteSnapshotsAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        foreach (var some in _withoutSnapshot.ToArray().Chunk(SnapshotsAtOnce))
        {
            // In one order on every node, so that two of them never wait for each other's rows in a circle.
            var changed = some.OrderBy(s => s.Key.Id).ToList();
            await Sql.Of(
                $"""
                insert into messaging.snapshots as s (tenant_id, stream_id, kind, format, version, state)
                select * from unnest(
                    {changed.ConvertAll(s => s.Key.Tenant).ToArray()}::text[],
                    {changed.ConvertAll(s => s.Key.Id).ToArray()}::uuid[],
                    {changed.ConvertAll(s => Aggregates.OfState(s.Value.State).Name).ToArray()}::text[],
                    {changed.ConvertAll(s => Aggregates.OfState(s.Value.State).Format).ToArray()}::int[],
                    {changed.ConvertAll(s => s.Value.Version).ToArray()}::bigint[],
                    {changed.ConvertAll(s => Aggregate.Snapshot(s.Value.State)).ToArray()}::jsonb[])
                on conflict (tenant_id, stream_id) do update
                set kind = excluded.kind, format = excluded.format, version = excluded.version, state = excluded.state
                """).ExecuteAsync(database, cancellation);

            // States that have changed again meanwhile stay.
            foreach (var written in changed) _withoutSnapshot.TryRemove(written);
        }
    }

    private static void Latest(
        ConcurrentDictionary<(string Tenant, Guid Id), CachedState> streams, (string Tenant, Guid Id) key,
        CachedState now) =>
        streams.AddOrUpdate(
            key, (_, given) => given, (_, cached, given) => cached.Version > given.Version ? cached : given, now);

    private sealed record ClockReading(DateTimeOffset Time, long At);
}
