using System.Collections.Concurrent;
using System.Diagnostics;

namespace Messaging.Application.Commands;

/// <summary>
/// The latest states of streams that this node has read or written, so that a command on one of them need not read it again. They are assumptions:
/// the commit checks each against the version of its stream, and where another node came in between, everything is read after all.
/// </summary>
internal sealed class KnownStreams
{
    // Of the order of a kilobyte each.
    private const int Maximum = 20_000;

    // The clock of the database, as told by our own between two readings of it.
    private static readonly TimeSpan s_clockIsTrusted = TimeSpan.FromSeconds(1);

    // Where several nodes write to the same streams, assuming costs more than it saves.
    private static readonly TimeSpan s_doubt = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string Tenant, Guid Id), Known> _streams = [];
    private volatile ClockReading? _clock;
    private long _doubtedAt = long.MinValue;

    /// <summary>The state of a stream after so many events.</summary>
    public sealed record Known(long Version, object State);

    /// <summary>The database's clock; null when it was not read lately, or when assumptions have just turned out wrong.</summary>
    public DateTimeOffset? Now
    {
        get
        {
            var doubted = Volatile.Read(ref _doubtedAt);
            if (doubted != long.MinValue && Stopwatch.GetElapsedTime(doubted) < s_doubt) return null;
            if (_clock is not { } clock || Stopwatch.GetElapsedTime(clock.At) is var passed && passed > s_clockIsTrusted) return null;

            // In whole microseconds, as PostgreSQL keeps them.
            return clock.Time.AddTicks(passed.Ticks - passed.Ticks % TimeSpan.TicksPerMicrosecond);
        }
    }

    /// <summary>The database's clock was read just now.</summary>
    public void Read(DateTimeOffset now) => _clock = new ClockReading(now, Stopwatch.GetTimestamp());

    /// <summary>What is known of a stream; null when it has to be read.</summary>
    public Known? Find(string tenant, Guid id) => _streams.GetValueOrDefault((tenant, id));

    /// <summary>A stream was read or written. What is known of a later version stays.</summary>
    public void Remember(string tenant, Guid id, long version, object state)
    {
        if (_streams.Count >= Maximum) _streams.Clear();
        _streams.AddOrUpdate((tenant, id), _ => new Known(version, state), (_, known) => known.Version > version ? known : new Known(version, state));
    }

    /// <summary>What was assumed of a stream may be wrong.</summary>
    public void Forget(string tenant, Guid id) => _streams.TryRemove((tenant, id), out _);

    /// <summary>An assumption was wrong: another node writes to the same streams.</summary>
    public void Doubt() => Volatile.Write(ref _doubtedAt, Stopwatch.GetTimestamp());

    private sealed record ClockReading(DateTimeOffset Time, long At);
}
