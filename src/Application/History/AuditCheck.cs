using System.Data;
using System.Globalization;
using System.Text;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.History;

/// <summary>What the comparison of the log with its trees came to.</summary>
public enum AuditVerdict
{
    /// <summary>The log is what its trees say, and the copies say the same.</summary>
    Proved,

    /// <summary>It is not.</summary>
    Altered,

    /// <summary>That cannot be told.</summary>
    Unknown,
}

/// <summary>The result of comparing the log with its trees.</summary>
/// <param name="Sentence">What was found, or what was compared.</param>
/// <param name="Findings">The number of things that were found.</param>
public sealed record AuditOutcome(AuditVerdict Verdict, string Sentence, int Findings = 0);

/// <summary>A checkpoint that was kept elsewhere.</summary>
/// <param name="Name">What it is called in sentences, such as the name of its file.</param>
public sealed record KeptCheckpoint(string Name, CheckpointNote Note);

/// <summary>
/// Compares the log with the trees of its organisations, in one snapshot: recomputes each leaf of its event, each tree
/// of its leaves, and compares both with what is stored, and the roots with checkpoints that were kept elsewhere. Holds
/// a page of events in memory.
/// </summary>
public sealed class AuditCheck(NpgsqlDataSource database)
{
    private const int Page = 1_000;
    private const int MostNamed = 100;

    private readonly List<(string TenantId, long Index, string Sentence)> _found = [];
    private readonly List<string> _unknown = [];
    private readonly HashSet<(string TenantId, Guid Id)> _erasedPeople = [];
    private long _events;
    private long _erased;
    private long _trees;

    /// <summary>Compares.</summary>
    /// <param name="kept">The checkpoints that were kept elsewhere.</param>
    public async Task<AuditOutcome> RunAsync(
        IReadOnlyCollection<KeptCheckpoint> kept, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(
            IsolationLevel.RepeatableRead, cancellation);
        var tenants = await Sql.Of(
            $"""
             select tenant_id from messaging.audit_trees union select tenant_id from messaging.audit_leaves
             union select unnest({kept.Select(k => k.Note.TenantId).ToArray()}::text[]) order by 1
             """).ReturningAsync(connection, r => r.GetString(0), cancellation);
        _erasedPeople.UnionWith(
            await Sql.Of(
                $"select tenant_id, stream_id from messaging.mt_events where type = any({ErasedEvent.Types})")
                .ReturningAsync(connection, r => (r.GetString(0), r.GetGuid(1)), cancellation));
        foreach (var tenant in tenants)
        {
            await CheckTreeAsync(
                connection, tenant, [.. kept.Where(k => k.Note.TenantId == tenant).OrderBy(k => k.Note.Size)],
                cancellation);
        }

        await FindInsertedAsync(connection, cancellation);
        await FindGapsAsync(connection, cancellation);
        var later = await Sql.Of(
            $"""
             select count(*) from messaging.mt_events
             where seq_id > coalesce((select max(seq_id) from messaging.audit_progress), 0)
             """).ReturningAsync(connection, r => r.GetInt64(0), cancellation);
        await transaction.RollbackAsync(cancellation);
        return Outcome(later[0], kept.Count);
    }

    private AuditOutcome Outcome(long later, int kept)
    {
        if (_found.Count > 0)
        {
            var first = _found.OrderBy(f => f.TenantId, StringComparer.Ordinal).ThenBy(f => f.Index).First();
            var more = _found.Count == 1 ? "" : $" {_found.Count - 1} more things were found behind it.";
            return new AuditOutcome(AuditVerdict.Altered, $"The log was altered. {first.Sentence}{more}", _found.Count);
        }

        if (_unknown.Count > 0)
        {
            return new AuditOutcome(
                AuditVerdict.Unknown, $"It cannot be told whether the log was altered. {_unknown[0]}");
        }

        if (_events == 0 && later > 0)
        {
            return new AuditOutcome(
                AuditVerdict.Unknown,
                $"It cannot be told whether the log was altered. None of its {later} events is in a tree yet: the "
                    + "product adds them when it runs.");
        }

        var copies = kept == 0 ? "" : $", and {kept} kept checkpoints say the same";
        var behind = later == 0 ? "" : $" {later} events are not in a tree yet, and not compared.";
        var erased = _erased == 0
            ? ""
            : $" {_erased} of them were erased with their people: who did what when is proved, and what they said is "
                + "gone.";
        return new AuditOutcome(
            AuditVerdict.Proved,
            $"The log is what its trees say: {_events} events of {_trees} organisations{copies}.{erased}{behind}");
    }

    private async Task CheckTreeAsync(
        NpgsqlConnection connection, string tenant, IReadOnlyList<KeptCheckpoint> kept, CancellationToken cancellation)
    {
        var walk = new Walk(this, tenant, kept);
        var count = Page;
        for (var next = 0L; count == Page; next = walk.Next)
        {
            var rows = await Sql.Of(
                $"""
                 select l.index, l.seq_id, l.event_id, l.subject_id, l.entry, l.hash, s.key, z.salt,
                     {StoredEvent.Columns}
                 from messaging.audit_leaves l
                 left join messaging.mt_events e on e.tenant_id = l.tenant_id and e.id = l.event_id
                 left join messaging.audit_subjects s on s.tenant_id = l.tenant_id and s.subject_id = l.subject_id
                 left join messaging.audit_salts z on z.tenant_id = l.tenant_id and z.event_id = l.event_id
                 where l.tenant_id = {tenant} and l.index >= {next} order by l.index limit {Page}
                 """).ReturningAsync(connection, Row.Of, cancellation);
            count = rows.Count;
            foreach (var row in rows) walk.Take(row);
        }

        var tree = await Sql.Of($"select size, root from messaging.audit_trees where tenant_id = {tenant}")
            .ReturningAsync(
                connection, r => (Size: r.GetInt64(0), Root: r.GetFieldValue<byte[]>(1)), cancellation);
        var nodes = await Sql.Of(
            $"select level, index, hash from messaging.audit_nodes where tenant_id = {tenant} order by level, index")
            .ReturningAsync(
                connection, r => (r.GetInt32(0), r.GetInt64(1), r.GetFieldValue<byte[]>(2)), cancellation);
        walk.End(tree.Count == 0 ? null : tree[0], nodes);
        (_events, _trees) = (_events + walk.Size, _trees + 1);
    }

    private async Task FindInsertedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var inserted = await Sql.Of(
            $"""
             select {StoredEvent.Columns}, (
                 select coalesce(max(l.index), -1) from messaging.audit_leaves l
                 where l.tenant_id = e.tenant_id and l.seq_id < e.seq_id) from messaging.mt_events e
             where e.seq_id <= coalesce((select max(seq_id) from messaging.audit_progress), 0) and not exists (
                 select from messaging.audit_leaves l where l.tenant_id = e.tenant_id and l.event_id = e.id)
             order by e.seq_id limit {MostNamed}
             """).ReturningAsync(connection, r => (Event: StoredEvent.Of(r), After: r.GetInt64(11)), cancellation);
        foreach (var (e, after) in inserted)
            _found.Add((e.TenantId, after + 1, $"{Named(e)} was inserted later: no leaf of the tree is of it."));
    }

    private async Task FindGapsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var gaps = await Gaps(Sql.Of($"true"), MostNamed).ReturningAsync(connection, Gap, cancellation);
        foreach (var (tenant, stream, version, count) in gaps)
        {
            _found.Add((
                tenant, long.MaxValue,
                $"Stream {stream} of organisation {tenant} is of version {version}, and has {count} events."));
        }
    }

    /// <summary>The streams that have another number of events than their version says, read by <see cref="Gap"/>.
    /// </summary>
    /// <param name="which">A condition on a stream <c>s</c>.</param>
    internal static Sql Gaps(Sql which, int most) => Sql.Of(
        $"""
         select s.tenant_id, s.id, s.version, count(e.id) from messaging.mt_streams s
         left join messaging.mt_events e on e.tenant_id = s.tenant_id and e.stream_id = s.id
         where {which} group by 1, 2, 3
         having count(e.id) <> s.version or coalesce(max(e.version), 0) <> s.version
         order by 1, 2 limit {Sql.Number(most)}
         """);

    /// <summary>A row of <see cref="Gaps"/>.</summary>
    internal static (string Tenant, Guid Stream, long Version, long Events) Gap(NpgsqlDataReader r) =>
        (r.GetString(0), r.GetGuid(1), r.GetInt64(2), r.GetInt64(3));

    private static string Named(StoredEvent e) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"Event {e.Id} ({e.Type}, version {e.Version} of stream {e.StreamId}, organisation {e.TenantId})");

    /// <summary>A leaf, and the event that it is of.</summary>
    private sealed record Row(
        long Index, long SeqId, Guid EventId, Guid SubjectId, string Entry, byte[] Hash, byte[]? Salt,
        StoredEvent? Event)
    {
        public static Row Of(NpgsqlDataReader r) => new(
            r.GetInt64(0), r.GetInt64(1), r.GetGuid(2), r.GetGuid(3), r.GetString(4), r.GetFieldValue<byte[]>(5),
            !r.IsDBNull(7) ? r.GetFieldValue<byte[]>(7)
                : r.IsDBNull(6) ? null : AuditLeaf.Salt(r.GetGuid(2), r.GetFieldValue<byte[]>(6)),
            r.IsDBNull(8) ? null : StoredEvent.Of(r, 8));

        // As the entry names it, of an event that is gone.
        public string Named
        {
            get
            {
                if (Event is not null) return AuditCheck.Named(Event);
                var lines = Entry.Split('\n').Select(l => l.Split(' ')).Where(l => l.Length > 2).ToLookup(l => l[0]);
                var (type, stream) = (lines["event"].FirstOrDefault(), lines["stream"].FirstOrDefault());
                return $"Event {EventId}" + (type is null || stream is null
                    ? ""
                    : $" ({type[2]}, version {stream[2]} of stream {stream[1]})");
            }
        }
    }

    /// <summary>Goes through the leaves of one tree.</summary>
    private sealed class Walk(AuditCheck check, string tenant, IReadOnlyList<KeptCheckpoint> kept)
    {
        private readonly MerkleEdge _edge = new();
        private readonly Dictionary<(int Level, long Index), byte[]> _nodes = [];
        private int _compared;
        private long _proved;
        private Row? _last;

        public long Size => _edge.Size;

        public long Next { get; private set; }

        public void Take(Row row)
        {
            if (_edge.Size == 0 && _last is null) CompareKept();
            if (row.Index != Next)
            {
                Say(
                    Next,
                    $"The tree of organisation {tenant} has no leaf {Next}"
                        + (row.Index == Next + 1 ? "." : $" to {row.Index - 1}."));
            }

            Next = row.Index + 1;
            var leaf = Merkle.Leaf(Encoding.UTF8.GetBytes(row.Entry));
            if (row.Event is not { } e) Say(row.Index, $"{row.Named} was removed.");
            else if (row.Salt is not { } salt) check._unknown.Add(
                $"The key of {row.SubjectId} is gone, so that what {row.Named} says cannot be compared.");
            else if (AuditLeaf.Difference(row.Entry, AuditLeaf.OfSalted(e, row.Index, salt)) is not { } what)
                CheckPlace(row, e);
            else if (what == AuditLeaf.Content && check._erasedPeople.Contains((tenant, e.Subject))
                && ErasedEvent.IsMasked(e))
            {
                check._erased++;
                CheckPlace(row, e);
            }
            else
            {
                Say(row.Index, $"{row.Named} is not what was recorded: its {what} was changed.");
            }

            if (!leaf.AsSpan().SequenceEqual(row.Hash))
                Say(row.Index, $"The leaf of the tree for {row.Named} is not what was recorded.");
            _edge.Append(leaf, (level, index, hash) => _nodes[(level, index)] = hash);
            _last = row;
            CompareKept();
        }

        private void CheckPlace(Row row, StoredEvent e)
        {
            if (e.SeqId != row.SeqId)
                Say(
                    row.Index,
                    $"{row.Named} was moved: its number in the log was changed from {row.SeqId} to {e.SeqId}.");
            else if (_last is not null && _last.SeqId >= row.SeqId)
                Say(row.Index, $"{row.Named} is not in its place: it was put behind a later one.");
        }

        public void End((long Size, byte[] Root)? tree, IReadOnlyList<(int Level, long Index, byte[] Hash)> nodes)
        {
            if (_edge.Size == 0 && _last is null) CompareKept();
            foreach (var (level, index, hash) in nodes)
            {
                if (!_nodes.Remove((level, index), out var computed))
                    Change(level, index, "has more nodes than leaves make");
                else if (!computed.AsSpan().SequenceEqual(hash))
                    Change(level, index, "has other leaves than it was made of");
            }

            foreach (var (level, index) in _nodes.Keys) Change(level, index, "lacks a node");
            if (tree is null || tree.Value.Size != _edge.Size)
                Say(
                    _edge.Size,
                    $"The tree of organisation {tenant} has {_edge.Size} leaves, and says that it has "
                        + $"{tree?.Size ?? 0}.");
            else if (!tree.Value.Root.AsSpan().SequenceEqual(_edge.Root()))
                Say(_edge.Size, $"The tree of organisation {tenant} has another root than its leaves make.");
            foreach (var copy in kept.Skip(_compared).Take(1))
            {
                Say(
                    _edge.Size,
                    $"{copy.Name} says that organisation {tenant} had {copy.Note.Size} events, and the tree has "
                        + $"{_edge.Size}: those from number {_edge.Size} on, counted from 0, were removed after "
                        + $"{_last?.Named ?? "the beginning"}.");
            }
        }

        private void CompareKept()
        {
            var proved = _proved;
            for (; _compared < kept.Count && kept[_compared].Note.Size == _edge.Size; _compared++)
            {
                var copy = kept[_compared];
                if (copy.Note.Root.AsSpan().SequenceEqual(_edge.Root()))
                {
                    _proved = _edge.Size;
                    continue;
                }

                // The copy is of the whole beginning: it was rewritten somewhere behind what an older one proves.
                Say(
                    proved,
                    $"{copy.Name} has another root for the first {copy.Note.Size} events of organisation {tenant}: "
                        + $"history was rewritten, the tree with it, in the events from number {proved} to "
                        + $"{_edge.Size - 1}, counted from 0, of which the last is {_last?.Named ?? "none"}.");
            }
        }

        private void Change(int level, long index, string what)
        {
            var (first, count) = (index << (Merkle.TileHeight * level), 1L << (Merkle.TileHeight * level));

            // Behind whatever was found in an event of it, which says more.
            Say(
                first + count - 1,
                $"The tree of organisation {tenant} {what}, in the events from number {first} to {first + count - 1}, "
                    + "counted from 0.");
        }

        private void Say(long index, string sentence)
        {
            if (check._found.Count < MostNamed) check._found.Add((tenant, index, sentence));
        }
    }
}
