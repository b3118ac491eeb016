using System.Text.Json;

namespace Messaging.Application.History;

/// <summary>
/// What an archive is. Written last, so that an archive without it is none; <c>manifest.note</c> signs it.
/// </summary>
/// <param name="Format">Format of the archive; raised when it is laid out otherwise.</param>
/// <param name="Version">Version of the product that wrote it.</param>
/// <param name="LeafFormat">Format of the tree's entries.</param>
/// <param name="OrganisationId">The organisation.</param>
/// <param name="PublicKey">The key that checkpoint and manifest are signed by, as <c>signed-note</c> has it.</param>
/// <param name="TreeSize">The number of events in the tree.</param>
/// <param name="Root">The root of the tree, in Base64.</param>
/// <param name="WrittenAt">When it was written.</param>
/// <param name="Scope">The customer and the days that it is limited to; null for all.</param>
/// <param name="Counts">Numbers of what is in it.</param>
/// <param name="Missing">SHA-256 of files that the file store did not have as they were recorded.</param>
/// <param name="Sums">The SHA-256 of <c>SHA256SUMS</c>, in hexadecimal.</param>
public sealed record ExportManifest(
    int Format, string Version, string LeafFormat, string OrganisationId, string PublicKey, long TreeSize, string Root,
    DateTimeOffset WrittenAt, ExportScope? Scope, IReadOnlyDictionary<string, long> Counts,
    IReadOnlyList<string> Missing, string Sums)
{
    /// <summary>The format of newly written archives.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The name of its file.</summary>
    public const string File = "manifest.json";

    /// <summary>The name of the file that signs it.</summary>
    public const string Note = "manifest.note";

    /// <summary>The checkpoint of the tree.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>All checkpoints that were kept.</summary>
    public const string Checkpoints = "checkpoints.txt";

    /// <summary>The events.</summary>
    public const string Events = "events.ndjson";

    /// <summary>What an archive that is not whole is to be, so that the same command goes on with it.</summary>
    public const string Unfinished = "manifest.json.unfinished";

    /// <summary>The form of its file.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The path of a tile, as C2SP's <c>tlog-tiles</c> has it.</summary>
    /// <param name="level">The level, or <c>entries</c>.</param>
    internal static string TileOf(string level, long tile, int width)
    {
        var path = (tile % 1000).ToString("D3", System.Globalization.CultureInfo.InvariantCulture);
        for (var rest = tile / 1000; rest > 0; rest /= 1000)
            path = $"x{(rest % 1000).ToString("D3", System.Globalization.CultureInfo.InvariantCulture)}/{path}";
        return width < Merkle.TileWidth ? $"tile/{level}/{path}.p/{width}" : $"tile/{level}/{path}";
    }
}
