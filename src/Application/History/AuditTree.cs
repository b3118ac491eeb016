using System.Buffers.Binary;
using System.Text;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.History;

/// <summary>The head of an organisation's tree.</summary>
/// <param name="Size">The number of events in it.</param>
/// <param name="GrownAt">The instant at which the last one was added; null while there is none.</param>
/// <param name="Lag">The number of events that are not in it yet, counted to <see cref="AuditTree.MostLag"/>.</param>
public sealed record AuditHead(long Size, byte[] Root, DateTimeOffset? GrownAt, int Lag);

/// <summary>Reads the trees.</summary>
public sealed class AuditTree(NpgsqlDataSource database)
{
    /// <summary>The most hashes of a tile.</summary>
    public const int TileWidth = Merkle.TileWidth;

    /// <summary>The most that a lag is counted to.</summary>
    public const int MostLag = 10_000;

    /// <summary>The head of an organisation's tree, as of now.</summary>
    public async Task<AuditHead> HeadAsync(string tenantId, CancellationToken cancellation)
    {
        var heads = await Sql.Of(
            $"""
             select coalesce(t.size, 0), t.root, t.grown_at, (
                 select count(*) from (
                     select from messaging.mt_events e
                     where e.seq_id > coalesce((select max(seq_id) from messaging.audit_progress), 0)
                         and e.tenant_id = {tenantId} limit {MostLag}) behind)::int
             from (select) one left join messaging.audit_trees t on t.tenant_id = {tenantId}
             """).ListAsync(
            database,
            r => new AuditHead(
                r.GetInt64(0), r.IsDBNull(1) ? Merkle.Empty : r.GetFieldValue<byte[]>(1), r.InstantOrNull(2),
                r.GetInt32(3)),
            cancellation);
        return heads[0];
    }

    /// <summary>The root of an organisation's tree, as of now.</summary>
    public async Task<byte[]> RootAsync(string tenantId, CancellationToken cancellation) =>
        (await Sql.Of($"select root from messaging.audit_trees where tenant_id = {tenantId}")
            .ListAsync(database, r => r.GetFieldValue<byte[]>(0), cancellation)) is [var root] ? root : Merkle.Empty;

    /// <summary>All trees.</summary>
    public Task<List<(string TenantId, long Size, byte[] Root)>> TreesAsync(CancellationToken cancellation) =>
        Sql.Of($"select tenant_id, size, root from messaging.audit_trees order by tenant_id").ListAsync(
            database, r => (r.GetString(0), r.GetInt64(1), r.GetFieldValue<byte[]>(2)), cancellation);

    /// <summary>The proof that an event is in a tree: its index and entry, the hashes, and the tree.</summary>
    /// <returns>Null when it is not, or not yet.</returns>
    public async Task<(long Index, string Entry, IReadOnlyList<byte[]> Path, long Size, byte[] Root)?> ProveAsync(
        string tenantId, Guid eventId, CancellationToken cancellation)
    {
        var found = await Sql.Of(
            $"""
             select l.index, l.entry, t.size, t.root from messaging.audit_leaves l
             join messaging.audit_trees t on t.tenant_id = l.tenant_id
             where l.tenant_id = {tenantId} and l.event_id = {eventId}
             """).ListAsync(
            database,
            r => (Index: r.GetInt64(0), Entry: r.GetString(1), Size: r.GetInt64(2), Root: r.GetFieldValue<byte[]>(3)),
            cancellation);
        if (found is not [var (index, entry, size, root)]) return null;
        var hashes = new Dictionary<(int, long), byte[]>();
        foreach (var (level, tile) in InclusionProof.Tiles(index, size))
        {
            var first = tile * Merkle.TileWidth;
            var of = await TileAsync(tenantId, level, tile, Merkle.TileWidth, cancellation);
            for (var i = 0; i < of.Count; i++) hashes[(level, first + i)] = of[i];
        }

        return (index, entry, new InclusionProof((level, at) => hashes[(level, at)]).Of(index, size), size, root);
    }

    /// <summary>The first hashes of a tile; fewer where there are no more.</summary>
    public Task<List<byte[]>> TileAsync(
        string tenantId, int level, long tile, int width, CancellationToken cancellation)
    {
        var (from, to) = (tile * Merkle.TileWidth, (tile * Merkle.TileWidth) + width);
        var sql = level == 0
            ? Sql.Of($"select hash from messaging.audit_leaves where tenant_id = {tenantId}")
            : Sql.Of($"select hash from messaging.audit_nodes where tenant_id = {tenantId} and level = {level}");
        return Sql.Of($"{sql} and index >= {from} and index < {to} order by index").ListAsync(
            database, r => r.GetFieldValue<byte[]>(0), cancellation);
    }

    /// <summary>The first entries of a tile of leaves; fewer where there are no more.</summary>
    public Task<List<byte[]>> EntriesAsync(string tenantId, long tile, int width, CancellationToken cancellation)
    {
        var (from, to) = (tile * Merkle.TileWidth, (tile * Merkle.TileWidth) + width);
        return Sql.Of(
            $"""
             select entry from messaging.audit_leaves
             where tenant_id = {tenantId} and index >= {from} and index < {to} order by index
             """).ListAsync(database, r => Encoding.UTF8.GetBytes(r.GetString(0)), cancellation);
    }

    /// <summary>Writes an entry as tiles of entries have it: behind its length.</summary>
    public static void WriteEntry(Stream tile, byte[] entry)
    {
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)entry.Length));
        tile.Write(length);
        tile.Write(entry);
    }

    /// <summary>The right edge of a tree, to append to it in the transaction of the connection.</summary>
    internal static async Task<MerkleEdge> EdgeAsync(
        NpgsqlConnection connection, string tenantId, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
             with tree as (select size from messaging.audit_trees where tenant_id = {tenantId})
             select size, -1, ''::bytea, 0 from tree
             union all
             select t.size, 0, l.hash, l.index from tree t
             join messaging.audit_leaves l on l.tenant_id = {tenantId} and l.index >= (t.size >> 8) << 8
             union all
             select t.size, n.level, n.hash, n.index from tree t
             cross join generate_series(1, 6) as at(level)
             join messaging.audit_nodes n on n.tenant_id = {tenantId} and n.level = at.level
                 and n.index >= (t.size >> (8 * (at.level + 1))) << 8
             order by 2, 4
             """).ReturningAsync(
            connection,
            r => (Size: r.GetInt64(0), Level: r.GetInt32(1), Hash: r.GetFieldValue<byte[]>(2)), cancellation);
        return rows.Count == 0
            ? new MerkleEdge()
            : MerkleEdge.Of(rows[0].Size, rows.Skip(1).Select(r => (r.Level, r.Hash)));
    }
}
