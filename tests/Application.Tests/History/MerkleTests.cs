using System.Globalization;
using System.Text;
using Messaging.Application.History;

namespace Messaging.Application.Tests.History;

/// <summary>The vectors are those that implementations of RFC 6962 share: the eight inputs of its first log.</summary>
public sealed class MerkleTests
{
    private static readonly byte[][] s_inputs =
    [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        [
            0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f
        ],
    ];

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [InlineData(6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void The_roots_are_those_of_other_implementations(int size, string root)
    {
        var edge = new MerkleEdge();
        foreach (var input in s_inputs.Take(size)) edge.Append(Merkle.Leaf(input), (_, _, _) => { });
        Convert.ToHexStringLower(edge.Root()).ShouldBe(root);
    }

    [Fact]
    public void At_every_size_the_edge_has_the_root_of_all_leaves_and_is_taken_up_where_it_ended()
    {
        var nodes = new Dictionary<(int Level, long Index), byte[]>();
        var edge = new MerkleEdge();
        for (var size = 1; size <= 600; size++)
        {
            nodes[(0, size - 1)] = LeafOf(size - 1);
            edge.Append(LeafOf(size - 1), (level, index, hash) => nodes.Add((level, index), hash));
            if (size % 7 == 0)
            {
                edge = MerkleEdge.Of(
                    size,
                    nodes.Where(n => n.Key.Index >= size >> (8 * (n.Key.Level + 1)) << 8).OrderBy(n => n.Key)
                        .Select(n => (n.Key.Level, n.Value)));
            }

            edge.Root().ShouldBe(Naive(0, size), $"{size}");
        }

        nodes.Keys.Count(k => k.Level == 1).ShouldBe(2);
    }

    [Fact]
    public void A_proof_leads_from_a_leaf_to_the_root_over_three_levels_of_tiles()
    {
        const int Size = 66_000;
        var nodes = new Dictionary<(int Level, long Index), byte[]>();
        var edge = new MerkleEdge();
        for (var i = 0; i < Size; i++)
        {
            nodes[(0, i)] = LeafOf(i);
            edge.Append(LeafOf(i), (level, index, hash) => nodes.Add((level, index), hash));
        }

        nodes.ShouldContainKey((2, 0));
        foreach (var index in (long[])[0, 1, 255, 256, 40_000, 65_535, 65_536, 65_999])
        {
            var tiles = InclusionProof.Tiles(index, Size).ToHashSet();
            var path = new InclusionProof((level, at) =>
            {
                tiles.ShouldContain((level, at >> 8));
                return nodes[(level, at)];
            }).Of(index, Size);
            RootOf(LeafOf(index), index, Size, path).ShouldBe(edge.Root(), $"{index}");
        }
    }

    // RFC 9162, 2.1.3.2.
    private static byte[] RootOf(byte[] leaf, long index, long size, List<byte[]> path)
    {
        var (fn, sn, r) = (index, size - 1, leaf);
        foreach (var p in path)
        {
            sn.ShouldNotBe(0);
            if ((fn & 1) == 1 || fn == sn)
            {
                r = Merkle.Node(p, r);
                for (; (fn & 1) == 0 && fn != 0; sn >>= 1) fn >>= 1;
            }
            else
            {
                r = Merkle.Node(r, p);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        sn.ShouldBe(0);
        return r;
    }

    private static byte[] LeafOf(long i) =>
        Merkle.Leaf(Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture)));

    // The definition, word for word (RFC 9162, 2.1.1).
    private static byte[] Naive(int from, int count)
    {
        if (count == 1) return LeafOf(from);
        var k = 1;
        while (k * 2 < count) k *= 2;
        return Merkle.Node(Naive(from, k), Naive(from + k, count - k));
    }
}
