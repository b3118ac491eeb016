using Npgsql;

namespace Messaging.Projections.Storage;

/// <summary>
/// The settled part of the log of events: each number up to there is a readable event, or will never be one. Numbers
/// are assigned before transactions commit, so a gap may still become an event or may belong to a transaction that
/// failed; PostgreSQL knows which.
/// <para>
/// A transaction that appends locks the table of streams or of events before it takes a number, and keeps that lock
/// until it ends, when its writes become visible. So once all holders of such a lock at a moment have ended, the
/// numbers assigned by then are settled: exactly, without waiting for any time-out, and whatever else is open, such as
/// a long report or a backup. A process that is killed loses its locks, too.
/// </para>
/// </summary>
public sealed class SettledEvents(NpgsqlDataSource database)
{
    private Observation? _awaited;

    /// <summary>Every number up to this one is settled, as far as was looked.</summary>
    public long Number { get; private set; }

    /// <summary>Looks once more. Events settled by then are visible to statements that begin after this one.</summary>
    /// <returns>True when more is settled than before.</returns>
    public async Task<bool> LookAsync(CancellationToken cancellation)
    {
        var (last, writers) = await ObserveAsync(cancellation);
        var before = Number;
        if (_awaited is { } awaited)
        {
            awaited.Writers.IntersectWith(writers);
            if (awaited.Writers.Count == 0)
            {
                Number = Math.Max(Number, awaited.Last);
                _awaited = null;
            }
        }

        if (writers.Count == 0)
        {
            Number = Math.Max(Number, last);
            _awaited = null;
        }
        else
        {
            _awaited ??= new Observation(last, writers);
        }

        return Number > before;
    }

    // The number first: who took it holds the lock, or has ended, when the locks are looked at after that. A
    // transaction is named by the process that carries it out and a count of its own, which no other has until the
    // server starts anew.
    private async Task<Observation> ObserveAsync(CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        batch.Add($"select case when is_called then last_value else 0 end from messaging.mt_events_sequence");
        batch.Add(
            $"""
            select distinct virtualtransaction from pg_locks
            where locktype = 'relation' and mode = 'RowExclusiveLock' and granted
                and database = (select oid from pg_database where datname = current_database())
                and relation in ('messaging.mt_events'::regclass, 'messaging.mt_streams'::regclass)
            """);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var last = reader.GetInt64(0);
        await reader.NextResultAsync(cancellation);
        var writers = new HashSet<string>();
        while (await reader.ReadAsync(cancellation)) writers.Add(reader.GetString(0));
        return new Observation(last, writers);
    }

    /// <summary>
    /// The last number that was given out, and the transactions that may have one and had not ended after that.
    /// </summary>
    private sealed record Observation(long Last, HashSet<string> Writers);
}
