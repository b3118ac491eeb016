using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Application.History;

/// <summary>
/// Appends events to the trees of their organisations, in the order of the log, as soon as they are settled. Leaves and
/// progress commit together, so that each event has one leaf, whatever is cut off; of several nodes one writes at a
/// time. Who appends events knows nothing of it.
/// </summary>
public sealed partial class AuditWriter(NpgsqlDataSource database, CommitSignal committed, ILogger<AuditWriter> logger)
    : BackgroundService
{
    [Stored("audit_progress")]
    internal const string Name = "events";

    private const int Most = 1_000;

    // Under load events come all the time: many at once cost least.
    private static readonly TimeSpan s_together = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly SettledEvents _settled = new(database);
    private long _saidUntil;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var news = new Wakeup();
        committed.Committed += news.Set;
        try
        {
            await Repeatedly.WithoutEndAsync(
                s_look,
                async cancellation =>
                {
                    while (await AppendAsync(cancellation) == Most)
                    {
                        // There may be more.
                    }

                    await news.WaitAsync(s_look, cancellation);
                    await Task.Delay(s_together, cancellation);
                },
                SayFailed,
                stoppingToken);
        }
        finally
        {
            committed.Committed -= news.Set;
        }
    }

    /// <summary>Appends the next events that are settled; none while another node does.</summary>
    /// <returns>The number of events.</returns>
    internal async Task<int> AppendAsync(CancellationToken cancellation)
    {
        await _settled.LookAsync(cancellation);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);

        // Only where there is none: a conflict would wait for the node that is at it.
        await Sql.Of(
            $"""
             insert into messaging.audit_progress (name, seq_id)
             select {Name}, 0 where not exists (select from messaging.audit_progress where name = {Name})
             on conflict do nothing
             """).ExecuteAsync(connection, cancellation);
        var progress = await Sql.Of(
                $"select seq_id from messaging.audit_progress where name = {Name} for update skip locked")
            .ReturningAsync(connection, r => r.GetInt64(0), cancellation);
        if (progress is not [var after]) return 0;
        var events = await Sql.Of(
                $"""
                 select {StoredEvent.Columns} from messaging.mt_events e
                 where e.seq_id > {after} and e.seq_id <= {_settled.Number} order by e.seq_id limit {Most}
                 """)
            .ReturningAsync(connection, r => Subjected.Of(StoredEvent.Of(r)), cancellation);
        if (events.Count == 0) return 0;
        var keys = await KeysAsync(connection, events, cancellation);
        foreach (var ofTenant in events.GroupBy(e => e.Event.TenantId))
            await AppendAsync(connection, ofTenant.Key, [.. ofTenant], keys, cancellation);
        await Sql.Of($"update messaging.audit_progress set seq_id = {events[^1].Event.SeqId} where name = {Name}")
            .ExecuteAsync(connection, cancellation);
        await transaction.CommitAsync(cancellation);
        return events.Count;
    }

    private static async Task AppendAsync(
        NpgsqlConnection connection, string tenant, IReadOnlyList<Subjected> events,
        Dictionary<(string, Guid), byte[]> keys, CancellationToken cancellation)
    {
        var edge = await AuditTree.EdgeAsync(connection, tenant, cancellation);
        var first = edge.Size;
        var (entries, hashes) = (new string[events.Count], new byte[events.Count][]);
        var nodes = new List<(int Level, long Index, byte[] Hash)>();
        for (var i = 0; i < events.Count; i++)
        {
            entries[i] = AuditLeaf.Of(events[i].Event, edge.Size, keys[(tenant, events[i].Subject)]);
            hashes[i] = Merkle.Leaf(Encoding.UTF8.GetBytes(entries[i]));
            edge.Append(hashes[i], (level, index, hash) => nodes.Add((level, index, hash)));
        }

        await Sql.Of(
            $"""
             insert into messaging.audit_leaves (tenant_id, index, seq_id, event_id, subject_id, entry, hash)
             select {tenant}, l.* from unnest(
                 {Enumerable.Range(0, events.Count).Select(i => first + i).ToArray()}::bigint[],
                 {events.Select(e => e.Event.SeqId).ToArray()}::bigint[],
                 {events.Select(e => e.Event.Id).ToArray()}::uuid[],
                 {events.Select(e => e.Subject).ToArray()}::uuid[], {entries}::text[], {hashes}::bytea[]) as l
             """).ExecuteAsync(connection, cancellation);
        if (nodes.Count > 0)
        {
            await Sql.Of(
                $"""
                 insert into messaging.audit_nodes (tenant_id, level, index, hash)
                 select {tenant}, n.* from unnest(
                     {nodes.Select(n => n.Level).ToArray()}::int[], {nodes.Select(n => n.Index).ToArray()}::bigint[],
                     {nodes.Select(n => n.Hash).ToArray()}::bytea[]) as n
                 """).ExecuteAsync(connection, cancellation);
        }

        await Sql.Of(
            $"""
             insert into messaging.audit_trees (tenant_id, size, root, grown_at)
             values ({tenant}, {edge.Size}, {edge.Root()}, clock_timestamp())
             on conflict (tenant_id) do update
                 set size = excluded.size, root = excluded.root, grown_at = excluded.grown_at
             """).ExecuteAsync(connection, cancellation);
    }

    private static async Task<Dictionary<(string, Guid), byte[]>> KeysAsync(
        NpgsqlConnection connection, IReadOnlyList<Subjected> events, CancellationToken cancellation)
    {
        var subjects = events.Select(e => (e.Event.TenantId, e.Subject)).Distinct().ToList();
        var keys = await FindAsync(subjects);

        // Most are there.
        var missing = subjects.FindAll(s => !keys.ContainsKey(s));
        if (missing.Count == 0) return keys;
        var fresh = missing.Select(_ => RandomNumberGenerator.GetBytes(AuditLeaf.KeyBytes)).ToArray();
        await Sql.Of(
            $"""
             insert into messaging.audit_subjects (tenant_id, subject_id, key)
             select * from unnest(
                 {missing.Select(s => s.TenantId).ToArray()}::text[],
                 {missing.Select(s => s.Subject).ToArray()}::uuid[], {fresh}::bytea[])
             on conflict do nothing
             """).ExecuteAsync(connection, cancellation);
        foreach (var (subject, key) in await FindAsync(missing)) keys[subject] = key;
        return keys;

        async Task<Dictionary<(string, Guid), byte[]>> FindAsync(IReadOnlyCollection<(string, Guid)> of)
        {
            var found = await Sql.Of(
                $"""
                 select s.tenant_id, s.subject_id, s.key from {Sql.Keys(of)} as k(tenant, id)
                 join messaging.audit_subjects s on s.tenant_id = k.tenant and s.subject_id = k.id
                 """).ReturningAsync(
                connection, r => (Key: (r.GetString(0), r.GetGuid(1)), Value: r.GetFieldValue<byte[]>(2)),
                cancellation);
            return found.ToDictionary(k => k.Key, k => k.Value);
        }
    }

    /// <summary>An event, and what is read of it once: whose key salts it.</summary>
    private readonly record struct Subjected(StoredEvent Event, Guid Subject)
    {
        public static Subjected Of(StoredEvent e) => new(e, e.Subject);
    }

    // A line a minute: a database that is away is said by others, too.
    private void SayFailed(Exception e)
    {
        var now = Environment.TickCount64;
        if (now < _saidUntil) return;
        _saidUntil = now + 60_000;
        LogFailed(e);
    }

    [LoggerMessage(LogLevel.Warning, "Events could not be added to the tree that proves them; it is tried again")]
    private partial void LogFailed(Exception e);
}
