using System.Numerics;
using System.Security.Cryptography;

namespace Messaging.Application.History;

/// <summary>Hashes of a tree of RFC 9162 (and 6962), with SHA-256.</summary>
internal static class Merkle
{
    /// <summary>A tile has 256 hashes: C2SP's <c>tlog-tiles</c>, height 8.</summary>
    public const int TileHeight = 8;

    /// <summary>The most hashes of a tile.</summary>
    public const int TileWidth = 1 << TileHeight;

    /// <summary>The hash of nothing: the root of an empty tree.</summary>
    public static byte[] Empty => SHA256.HashData([]);

    /// <summary>The hash of an entry.</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> entry) => SHA256.HashData([0, .. entry]);

    /// <summary>The hash of two others.</summary>
    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        SHA256.HashData([1, .. left, .. right]);

    /// <summary>
    /// The root of a row of subtrees. All are full and of the same height, but for the last one, which may be smaller.
    /// </summary>
    public static byte[] Root(ReadOnlySpan<byte[]> row)
    {
        if (row.Length == 0) return Empty;
        if (row.Length == 1) return row[0];
        var split = (int)Split(row.Length);
        return Node(Root(row[..split]), Root(row[split..]));
    }

    /// <summary>The number of leaves on the left: the largest power of two below the number of all.</summary>
    public static long Split(long count) => 1L << (63 - BitOperations.LeadingZeroCount((ulong)(count - 1)));
}

/// <summary>
/// The right edge of a tree: for each height of tiles the hashes that fill no tile yet. It is all that is needed to
/// append, and to know the root.
/// </summary>
internal sealed class MerkleEdge
{
    private readonly List<List<byte[]>> _levels = [];

    /// <summary>The number of leaves.</summary>
    public long Size { get; private set; }

    /// <summary>Takes up a tree where it ended.</summary>
    /// <param name="size">The number of its leaves.</param>
    /// <param name="hashes">The hashes of the tiles that are not full, in order; level 0 has the leaves.</param>
    /// <exception cref="InvalidOperationException">They are not all of them, or more.</exception>
    public static MerkleEdge Of(long size, IEnumerable<(int Level, byte[] Hash)> hashes)
    {
        var edge = new MerkleEdge { Size = size };
        for (var rest = size; rest > 0; rest >>= Merkle.TileHeight) edge._levels.Add([]);
        foreach (var (level, hash) in hashes)
        {
            if (level >= edge._levels.Count)
                throw new InvalidOperationException($"The tree of {size} events has too many levels.");
            edge._levels[level].Add(hash);
        }

        for (var level = 0; level < edge._levels.Count; level++)
        {
            var expected = (int)((size >> (Merkle.TileHeight * level)) % Merkle.TileWidth);
            if (edge._levels[level].Count != expected)
                throw new InvalidOperationException(
                    $"The tree of {size} events has {edge._levels[level].Count} hashes at its edge, on level {level}, "
                        + $"instead of {expected}.");
        }

        return edge;
    }

    /// <summary>Appends a leaf.</summary>
    /// <param name="filled">Is told of each node that a full tile makes: level, index, hash.</param>
    public void Append(byte[] leaf, Action<int, long, byte[]> filled)
    {
        Size++;
        var hash = leaf;
        for (var level = 0; ; level++)
        {
            if (level == _levels.Count) _levels.Add([]);
            var tile = _levels[level];
            tile.Add(hash);
            if (tile.Count < Merkle.TileWidth) return;
            hash = Merkle.Root([.. tile]);
            tile.Clear();
            filled(level + 1, (Size >> (Merkle.TileHeight * (level + 1))) - 1, hash);
        }
    }

    /// <summary>The root.</summary>
    public byte[] Root()
    {
        byte[]? root = null;
        foreach (var tile in _levels)
        {
            if (root is null && tile.Count == 0) continue;
            root = Merkle.Root(root is null ? [.. tile] : [.. tile, root]);
        }

        return root ?? Merkle.Empty;
    }
}

/// <summary>
/// Proves that a leaf is in a tree (RFC 9162, 2.1.3), of the hashes of tiles.
/// </summary>
/// <param name="node">Finds a hash by level of tiles and index; level 0 has the leaves.</param>
internal sealed class InclusionProof(Func<int, long, byte[]> node)
{
    /// <summary>The tiles that are needed: the one of the leaf, those above it, and those at the edge.</summary>
    public static IEnumerable<(int Level, long Tile)> Tiles(long index, long size)
    {
        for (var level = 0; size >> (Merkle.TileHeight * level) > 0; level++)
        {
            var height = Merkle.TileHeight * (level + 1);
            yield return (level, index >> height);
            if (index >> height != size >> height) yield return (level, size >> height);
        }
    }

    /// <summary>The hashes from the leaf to the root.</summary>
    public List<byte[]> Of(long index, long size)
    {
        var path = new List<byte[]>();
        Walk(path, index, 0, size);
        return path;
    }

    private void Walk(List<byte[]> path, long index, long from, long count)
    {
        if (count == 1) return;
        var split = Merkle.Split(count);
        var isLeft = index < from + split;
        Walk(path, index, isLeft ? from : from + split, isLeft ? split : count - split);
        path.Add(isLeft ? Subtree(from + split, count - split) : Subtree(from, split));
    }

    private byte[] Subtree(long from, long count)
    {
        if (!BitOperations.IsPow2(count))
        {
            var split = Merkle.Split(count);
            return Merkle.Node(Subtree(from, split), Subtree(from + split, count - split));
        }

        var height = BitOperations.Log2((ulong)count);
        var (level, first) = (height / Merkle.TileHeight, from >> (height / Merkle.TileHeight * Merkle.TileHeight));
        return Merkle.Root(
            [.. Enumerable.Range(0, 1 << (height % Merkle.TileHeight)).Select(i => node(level, first + i))]);
    }
}
