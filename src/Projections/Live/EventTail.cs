using System.Diagnostics;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Projections.Live;

/// <summary>An event in a stream.</summary>
/// <param name="Sequence">Its place in the log of all organisations.</param>
/// <param name="Type">Its name in the store, such as <c>comment_added</c>.</param>
/// <param name="IsPublic">True when a customer may know of it.</param>
public sealed record LiveEvent(long Sequence, string TenantId, Guid StreamId, Guid Id, string Type, bool IsPublic);

/// <summary>A notification in somebody's profile.</summary>
public sealed record LiveNotification(string TenantId, Guid RecipientId, Guid Id);

/// <summary>
/// The events from now on, each of them once. Numbers are assigned before transactions commit, so that a lower number
/// may appear after a higher one: gaps below the highest number seen are looked up again until they are settled.
/// </summary>
public sealed class EventTail(NpgsqlDataSource database)
{
    // As NotificationPlanner of Messaging.Application has it.
    [Stored("progression_of_planner")]
    private const string PlannersProgression = "notifications:All";

    // Events that a customer may always know of. The statement decides on comments and files; customers are told of
    // nothing else.
    private static readonly string[] s_public = [.. EventNames.Those<IKnownToCustomers>()];

    private const int Most = 1_000;

    // More than all nodes have under way together; some megabytes.
    private const int MostMissing = 100_000;

    // Most transactions end sooner: only for older gaps is it worth asking whether they can still be filled.
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    private readonly SettledEvents _settled = new(database);
    private readonly Dictionary<long, long> _missing = [];
    private readonly List<LiveEvent> _found = [];
    private long _highest;
    private long _planned;

    /// <summary>True while notifications of events that were read are still to be planned.</summary>
    public bool IsPlannerBehind { get; private set; }

    /// <summary>Number of gaps: assigned numbers that may or may not become events.</summary>
    internal int Missing => _missing.Count;

    /// <summary>Starts the tail at this moment. Events that are just being committed count as later.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var now = Stopwatch.GetTimestamp();
        await _settled.LookAsync(cancellation);
        var gaps = await Sql.Of(
            $"""
             select s.last, n.number from (
                 select (select case when is_called then last_value else 0 end
                     from messaging.mt_events_sequence) as last,
                     (select coalesce(max(last_seq_id), 0) from messaging.mt_event_progression
                         where name = 'HighWaterMark') as settled) s
             left join lateral (
                 select number from generate_series(greatest(s.last - {MostMissing}, s.settled, {_settled.Number}) + 1,
                     s.last) as number
                 where not exists (select from messaging.mt_events where seq_id = number)) n on true
             """).ListAsync(database, r => (Last: r.GetInt64(0), Missing: r.Int64OrNull(1)), cancellation);
        foreach (var (last, missing) in gaps)
        {
            _highest = last;
            if (missing is { } number) _missing[number] = now;
        }

        _planned = await PlannedAsync(cancellation);
    }

    /// <summary>Reads the events since the last call.</summary>
    public async Task<IReadOnlyList<LiveEvent>> ReadAsync(CancellationToken cancellation)
    {
        // Events found stay found when a later step fails. Gaps are looked up once more after they are known to be
        // settled.
        var now = Stopwatch.GetTimestamp();
        if (_missing.Values.Any(since => Stopwatch.GetElapsedTime(since, now) > s_patience))
            await _settled.LookAsync(cancellation);
        while (true)
        {
            var late =
                _missing.Count == 0
                    ? []
                    : await EventsAsync(Sql.Of($"e.seq_id = any({_missing.Keys.ToArray()})"), cancellation);
            foreach (var e in late)
                _missing.Remove(e.Sequence);
            _found.AddRange(late);

            var next = await EventsAsync(Sql.Of($"e.seq_id > {_highest}"), cancellation);
            foreach (var e in next)
            {
                for (var number = Math.Max(_highest + 1, e.Sequence - MostMissing); number < e.Sequence; number++)
                    _missing[number] = now;
                _highest = e.Sequence;
            }

            _found.AddRange(next);
            if (next.Count < Most) break;
        }

        foreach (var number in _missing.Keys)
        {
            if (number <= _settled.Number || _missing.Count > MostMissing) _missing.Remove(number);
        }

        IsPlannerBehind = _planned < _highest;
        IReadOnlyList<LiveEvent> found = [.. _found];
        _found.Clear();
        return found;
    }

    /// <summary>Reads the notifications of these people since the last call, as far as planning has come.</summary>
    public async Task<IReadOnlyList<LiveNotification>> ReadNotificationsAsync(
        IReadOnlyCollection<Guid> recipients, CancellationToken cancellation)
    {
        var planned = await PlannedAsync(cancellation);
        if (planned <= _planned) return [];
        var found = await Sql.Of(
            $"""
             select n.tenant_id, n.recipient_id, n.id from messaging.notifications n
             where n.sequence > {_planned} and n.sequence <= {planned} and n.recipient_id = any({recipients.ToArray()})
                 order by n.sequence
             """).ListAsync(
             database, r => new LiveNotification(r.GetString(0), r.GetGuid(1), r.GetGuid(2)), cancellation);
        _planned = planned;
        IsPlannerBehind = _planned < _highest;
        return found;
    }

    private Task<List<LiveEvent>> EventsAsync(Sql which, CancellationToken cancellation) =>
        Sql.Of(
            $"""
             select e.seq_id, e.tenant_id, e.stream_id, e.id, e.type,
                 case e.type
                     when 'comment_added' then coalesce(e.data ->> 'visibility' = 'Public', false)
                     when 'file_attached' then exists (
                         select from messaging.files f where f.tenant_id = e.tenant_id
                             and f.id = (e.data ->> 'fileId')::uuid and f.visibility = 'Public')
                     else e.type = any({s_public}) end
             from messaging.mt_events e where {which} order by e.seq_id limit {Most}
             """).ListAsync(
            database,
            r => new LiveEvent(
                r.GetInt64(0), r.GetString(1), r.GetGuid(2), r.GetGuid(3), r.GetString(4), r.GetBoolean(5)),
            cancellation);

    // The planner commits how far it has come together with what it has planned.
    private async Task<long> PlannedAsync(CancellationToken cancellation)
    {
        var planned = await Sql.Of(
            $"""
            select coalesce(max(last_seq_id), 0) from messaging.mt_event_progression where name = {PlannersProgression}
            """).ListAsync(database, r => r.GetInt64(0), cancellation);
        return planned[0];
    }
}
