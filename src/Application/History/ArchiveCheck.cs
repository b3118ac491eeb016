using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;

namespace Messaging.Application.History;

/// <summary>
/// Proves an archive, without a database: recomputes each leaf of its event and the tree of the leaves, compares the
/// root with the signed checkpoint and with those that were kept elsewhere, and each file with its sum. Holds one event
/// in memory at a time.
/// </summary>
public sealed partial class ArchiveCheck(string directory)
{
    private const long MostBytesOfManifest = 64 * 1024 * 1024;
    private const long MostBytesOfNote = 64 * 1024;

    private static readonly string[] s_unlisted = [ExportManifest.File, ExportManifest.Note, ExportSink.Sums];
    private static readonly string s_file = EventNames.Of(typeof(FileAttached));

    private readonly string _directory = Path.GetFullPath(directory);
    private readonly List<string> _ofEvents = [];
    private readonly List<string> _ofFiles = [];
    private readonly List<string> _ofCopies = [];
    private readonly HashSet<UInt128> _sums = [];
    private int _findings;
    private long _withheld;
    private long _erased;
    private CheckpointKeys? _keys;

    /// <summary>The checkpoint of the archive, once it was proved.</summary>
    public CheckpointNote? Checkpoint { get; private set; }

    /// <summary>The checkpoint's text.</summary>
    public string Note { get; private set; } = "";

    /// <summary>Proves it.</summary>
    /// <param name="key">The public key that it has to be signed by; null for the one that it names.</param>
    /// <param name="kept">Checkpoints that were kept elsewhere: a name, and the text.</param>
    public async Task<AuditOutcome> RunAsync(
        string? key, IReadOnlyList<(string Name, string Note)> kept, CancellationToken cancellation)
    {
        try
        {
            return await CheckAsync(key, kept, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unknown($"{e.Message.TrimEnd('.')}.");
        }
    }

    private static AuditOutcome Unknown(string why) =>
        new(AuditVerdict.Unknown, $"It cannot be told whether the archive was altered. {why}");

    private static AuditOutcome Altered(string what, int findings = 1) =>
        new(AuditVerdict.Altered, $"The archive was altered. {what}", findings);

    private async Task<AuditOutcome> CheckAsync(
        string? key, IReadOnlyList<(string Name, string Note)> kept, CancellationToken cancellation)
    {
        if (!Directory.Exists(_directory)) return Unknown($"There is no directory {_directory}.");
        if (!File.Exists(PathOf(ExportManifest.File)))
        {
            return Unknown(
                File.Exists(PathOf(ExportManifest.Unfinished)) || File.Exists(PathOf(ExportManifest.Checkpoint))
                    ? $"The archive in {_directory} was not finished: the same 'export' goes on with it."
                    : $"There is no archive in {_directory}: it has no {ExportManifest.File}.");
        }

        var (manifest, bytes) = await ReadManifestAsync(cancellation);
        if (manifest is null) return Unknown($"{ExportManifest.File} is damaged, or none of an archive.");
        if (manifest.Format != ExportManifest.CurrentFormat)
            return Unknown(
                $"The archive is of format {manifest.Format}, of version {manifest.Version}; this version reads format "
                    + $"{ExportManifest.CurrentFormat}.");
        if (CheckpointNote.ReadVerifier(manifest.PublicKey) is not { } signer
            || signer.TenantId != manifest.OrganisationId)
            return Altered($"{ExportManifest.File} names no key of organisation {manifest.OrganisationId}.");
        if (key is not null)
        {
            if (CheckpointNote.ReadVerifier(key.Trim()) is not { } given)
                return Unknown("The key that was given is none of an organisation of this product.");
            if (given.TenantId != signer.TenantId)
                return Unknown(
                    $"The key that was given is of organisation {given.TenantId}, and the archive of organisation "
                        + $"{signer.TenantId}.");
            if (!given.Public.AsSpan().SequenceEqual(signer.Public)
                && !(await KeysAsync(manifest, cancellation)).Leads(signer.TenantId, given.Public, signer.Public))
                return Unknown("The archive is not signed by the key that was given.");
        }

        if (await ReadNoteAsync(ExportManifest.Note, cancellation) is not { } note)
            return Altered($"{ExportManifest.Note} is missing.");
        if (!CheckpointNote.IsOfArchive(note, signer.TenantId, SHA256.HashData(bytes), signer.Public))
            return Altered($"{ExportManifest.File} is not what was signed.");
        if (!File.Exists(PathOf(ExportSink.Sums))) return Altered($"{ExportSink.Sums} is missing.");
        if (await SumAsync(PathOf(ExportSink.Sums), cancellation) != manifest.Sums)
            return Altered($"{ExportSink.Sums} is not what was recorded.");
        var files = await CheckFilesAsync(cancellation);
        if (await ReadNoteAsync(ExportManifest.Checkpoint, cancellation) is not { } text)
            return Altered($"{ExportManifest.Checkpoint} is missing.");
        var checkpoint = CheckpointNote.Read(text, signer.Public, out var why);
        if (checkpoint is null) return Altered($"{ExportManifest.Checkpoint} {why}.");
        if (checkpoint.TenantId != signer.TenantId || checkpoint.Size != manifest.TreeSize
            || Convert.ToBase64String(checkpoint.Root) != manifest.Root)
            return Altered($"{ExportManifest.Checkpoint} is another than {ExportManifest.File} names.");
        var copies = new List<KeptCheckpoint>();
        foreach (var (name, content) in kept)
        {
            var copy = CheckpointNote.Read(content, signer.Public, out why)
                ?? (await KeysAsync(manifest, cancellation)).Read(content, signer.Public, out why);
            if (copy is null)
                return Unknown($"{name} {why.Replace("this installation", "the archive", StringComparison.Ordinal)}.");
            if (copy.TenantId != signer.TenantId)
                return Unknown($"{name} is of organisation {copy.TenantId}, and the archive of another.");
            if (copy.Size > checkpoint.Size)
                return Unknown(
                    $"{name} is of {copy.Size} events, and the archive of an earlier moment, with {checkpoint.Size}.");
            copies.Add(new KeptCheckpoint(name, copy));
        }

        var events = await new Walk(this, manifest, signer.Public, checkpoint, copies).RunAsync(cancellation);
        (Checkpoint, Note) = (checkpoint, text);
        return Outcome(manifest, key, events, files, copies.Count);
    }

    // Only where another key was given than the one that signed: the events are read once more for it.
    private async Task<CheckpointKeys> KeysAsync(ExportManifest manifest, CancellationToken cancellation)
    {
        if (_keys is not null) return _keys;
        var changes = new List<CheckpointKeyChange>();
        var path = PathOf(ExportManifest.Events);
        if (!File.Exists(path)) return _keys = new CheckpointKeys(changes);
        await foreach (var line in File.ReadLinesAsync(path, cancellation))
        {
            if (line.Contains(CheckpointKeys.Event, StringComparison.Ordinal)
                && ChangeIn(line, manifest.OrganisationId) is { } change) changes.Add(change);
        }

        return _keys = new CheckpointKeys(changes);
    }

    private static CheckpointKeyChange? ChangeIn(string line, string organisation)
    {
        try
        {
            using var json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 1_000 });
            if (json.RootElement.GetProperty("type").GetString() != CheckpointKeys.Event) return null;
            var data = json.RootElement.GetProperty("data");
            return new CheckpointKeyChange(
                organisation, data.GetProperty("previousKey").GetString() ?? "",
                data.GetProperty("key").GetString() ?? "", data.GetProperty("note").GetString() ?? "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            // The walk over the events says what is wrong with it.
            return null;
        }
    }

    private AuditOutcome Outcome(ExportManifest manifest, string? key, long events, long files, int copies)
    {
        if (_findings > 0)
        {
            // What was changed of an event says more than that the file with it is another.
            var first = _ofEvents.Concat(_ofFiles).Concat(_ofCopies).First();
            return Altered(first + (_findings == 1 ? "" : $" {_findings - 1} more things were found."), _findings);
        }

        if (_withheld > 0)
            return Unknown(
                $"The keys of {_withheld} events are gone, so that what they say cannot be compared; the others are "
                    + "what was signed.");
        var scope = manifest.Scope is { } limit
            ? $" It has what customer {limit.CustomerId} may show, and of the other of {manifest.TreeSize} events the "
                + "hashes only."
            : "";
        var missing = manifest.Missing.Count == 0
            ? ""
            : $" {manifest.Missing.Count} files are missing that the file store did not have when it was written.";
        var erased = _erased == 0 ? "" : $" {_erased} of the events were erased with their people.";
        var kept = copies == 0 ? "" : $", and {copies} kept checkpoints say the same";
        var own = key is null
            ? $" The key is the one that it names itself; compare it with the one that you wrote down: "
                + $"{manifest.PublicKey}"
            : "";
        return new AuditOutcome(
            AuditVerdict.Proved,
            $"The archive is what was signed: {events} events of organisation {manifest.OrganisationId}, {files} files"
                + $"{kept}.{scope}{erased}{missing}{own}");
    }

    private async Task<(ExportManifest? Manifest, byte[] Bytes)> ReadManifestAsync(CancellationToken cancellation)
    {
        var path = PathOf(ExportManifest.File);
        if (new FileInfo(path).Length > MostBytesOfManifest) return (null, []);
        var bytes = await File.ReadAllBytesAsync(path, cancellation);
        try
        {
            var manifest = JsonSerializer.Deserialize<ExportManifest>(bytes, ExportManifest.Json);
            return manifest is
            {
                OrganisationId: not null, PublicKey: not null, Root: not null, Sums: not null,
                Missing: not null, Counts: not null
            }
                    ? (manifest, bytes)
                    : (null, []);
        }
        catch (JsonException)
        {
            return (null, []);
        }
    }

    private async Task<string?> ReadNoteAsync(string name, CancellationToken cancellation)
    {
        var file = new FileInfo(PathOf(name));
        if (!file.Exists) return null;
        return file.Length > MostBytesOfNote ? "" : await File.ReadAllTextAsync(file.FullName, cancellation);
    }

    private async Task<long> CheckFilesAsync(CancellationToken cancellation)
    {
        var count = 0L;
        await foreach (var line in File.ReadLinesAsync(PathOf(ExportSink.Sums), cancellation))
        {
            if (Listed().Match(line) is not { Success: true } match)
            {
                Find(_ofFiles, $"{ExportSink.Sums} has a line that is none.");
                continue;
            }

            count++;
            var (sum, path) = (match.Groups["sum"].Value, match.Groups["path"].Value);
            if (!File.Exists(PathOf(path))) Find(_ofFiles, $"{path} is missing.");
            else if (await SumAsync(PathOf(path), cancellation) != sum)
            {
                Find(_ofFiles, $"{path} is not what was recorded.");
            }
            else if (path.StartsWith(ExportSink.FilesFolder, StringComparison.Ordinal))
            {
                if (path[ExportSink.FilesFolder.Length..] != sum)
                    Find(_ofFiles, $"{path} has another sum than its name.");
                else _sums.Add(Half(sum));
            }
        }

        var there = Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories).LongCount();
        if (there <= count + s_unlisted.Length) return count;
        var listed = new HashSet<string>(s_unlisted, StringComparer.Ordinal);
        await foreach (var line in File.ReadLinesAsync(PathOf(ExportSink.Sums), cancellation))
            listed.Add(line[Math.Min(line.Length, 66)..]);
        foreach (var file in Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(_directory, f).Replace('\\', '/'))
            .Where(f => !listed.Contains(f)).Order(StringComparer.Ordinal).Take(1))
            Find(_ofFiles, $"{ExportText.Escape(file)} is not of the archive: it was added, or renamed.");
        return count;
    }

    private void Find(List<string> list, string sentence)
    {
        _findings++;
        if (list.Count < 10) list.Add(sentence);
    }

    private string PathOf(string path) => Path.Combine(_directory, path);

    private static UInt128 Half(string sum) => BinaryPrimitives.ReadUInt128BigEndian(Convert.FromHexString(sum));

    private static async Task<string> SumAsync(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }

    // Paths are the product's own: nothing of another place is read.
    [GeneratedRegex("^(?<sum>[0-9a-f]{64})  (?<path>[a-z0-9][a-zA-Z0-9-]*([./][a-zA-Z0-9-]+)*)$")]
    private static partial Regex Listed();

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Sum();

    /// <summary>Goes through events and tiles side by side.</summary>
    private sealed class Walk(
        ArchiveCheck check, ExportManifest manifest, byte[] publicKey, CheckpointNote checkpoint,
        IEnumerable<KeptCheckpoint> kept)
    {
        private readonly MerkleEdge _tiles = new();
        private readonly MerkleEdge _leaves = new();
        private readonly Dictionary<(int Level, long Index), byte[]> _nodes = [];
        private readonly Queue<KeptCheckpoint> _kept = new(kept.OrderBy(k => k.Note.Size));
        private byte[] _hashes = [];
        private List<string> _entries = [];
        private string _entriesOf = "";
        private long _tile = -1;
        private bool _isCut;

        private bool IsWhole => manifest.Scope is null;

        public async Task<long> RunAsync(CancellationToken cancellation)
        {
            await using var own = KeptInArchiveAsync(cancellation).GetAsyncEnumerator(cancellation);
            var (line, next, hasOwn) = (0L, 0L, await own.MoveNextAsync());
            await CompareAsync();
            if (!File.Exists(check.PathOf(ExportManifest.Events)))
                return 0;
            await foreach (var text in File.ReadLinesAsync(check.PathOf(ExportManifest.Events), cancellation))
            {
                line++;
                if (Read(text) is not var (index, salt, e))
                {
                    check.Find(check._ofEvents, $"{ExportManifest.Events} cannot be read at line {line}.");
                    return line - 1;
                }

                if (index < next || index >= checkpoint.Size || (IsWhole && index != next))
                {
                    check.Find(
                        check._ofEvents,
                        $"Line {line} of {ExportManifest.Events} is not in its place: event {e.Id} says place {index}, "
                            + $"and the next is {next}{(index > next ? ": one was removed" : "")}.");
                    return line - 1;
                }

                for (; next < index; next++)
                {
                    if (!await AppendAsync(next, null)) return line - 1;
                    await CompareAsync();
                }

                if (!await TakeAsync(index, salt, e)) return line - 1;
                next = index + 1;
                await CompareAsync();
            }

            if (IsWhole && next < checkpoint.Size)
            {
                check.Find(
                    check._ofEvents,
                    $"{ExportManifest.Events} ends after {next} of {checkpoint.Size} events.");
                return line;
            }

            for (; next < checkpoint.Size; next++)
            {
                if (!await AppendAsync(next, null)) return line;
                await CompareAsync();
            }

            if (manifest.Counts.GetValueOrDefault("events") != line)
                check.Find(
                    check._ofEvents,
                    $"{ExportManifest.Events} has {line} events, and the manifest says "
                        + $"{manifest.Counts.GetValueOrDefault("events")}.");
            await EndAsync(cancellation);
            return line;

            async Task CompareAsync()
            {
                while (_kept.TryPeek(out var copy) && copy.Note.Size <= _tiles.Size) Compare(_kept.Dequeue());
                while (hasOwn && own.Current.Note.Size <= _tiles.Size)
                {
                    Compare(own.Current);
                    hasOwn = await own.MoveNextAsync();
                }
            }
        }

        private async Task EndAsync(CancellationToken cancellation)
        {
            var isOfLeaves = IsWhole && !_isCut && check._withheld + check._erased == 0
                && _leaves.Root().AsSpan().SequenceEqual(checkpoint.Root);
            if (isOfLeaves)
            {
                // The events are what was signed: whatever differs is in the tiles, whose files were named.
                check._findings -= check._ofEvents.Count(f => f.StartsWith("Event ", StringComparison.Ordinal));
                check._ofEvents.RemoveAll(f => f.StartsWith("Event ", StringComparison.Ordinal));
            }

            if (!_tiles.Root().AsSpan().SequenceEqual(checkpoint.Root))
                check.Find(check._ofFiles, "The hashes in tile/0 do not lead to the root that was signed.");
            else await CompareTilesAboveAsync(cancellation);
        }

        // Proofs are made of them, and the root is not: the database that they came from may have been altered.
        private async Task CompareTilesAboveAsync(CancellationToken cancellation)
        {
            for (var level = 1; checkpoint.Size >> (Merkle.TileHeight * level) is > 0 and var count; level++)
            {
                for (var first = 0L; first < count; first += Merkle.TileWidth)
                {
                    var width = (int)Math.Min(Merkle.TileWidth, count - first);
                    var name = ExportManifest.TileOf(
                        level.ToString(CultureInfo.InvariantCulture), first / Merkle.TileWidth, width);
                    var made = Enumerable.Range(0, width).SelectMany(i => _nodes[(level, first + i)]);
                    if (!File.Exists(check.PathOf(name))
                        || !(await File.ReadAllBytesAsync(check.PathOf(name), cancellation)).SequenceEqual(made))
                        check.Find(check._ofFiles, $"{name} is not what the hashes in tile/0 make.");
                }
            }
        }

        private void Compare(KeptCheckpoint copy)
        {
            if (copy.Note.Size == _tiles.Size && copy.Note.Root.AsSpan().SequenceEqual(_tiles.Root())) return;
            check.Find(
                check._ofCopies,
                $"{copy.Name} has another root for the first {copy.Note.Size} events: history was rewritten in them, "
                    + "and the tree with it.");
        }

        private async Task<bool> TakeAsync(long index, byte[]? salt, StoredEvent e)
        {
            var named = $"Event {e.Id} ({e.Type}, version {e.Version} of stream {e.StreamId})";
            if (e.Type == s_file && FileOf(e) is { } sum && !check._sums.Contains(Half(sum))
                && !manifest.Missing.Contains(sum))
                check.Find(check._ofFiles, $"The file {sum} that event {e.Id} names is not in the archive.");
            if (salt is null)
            {
                if (ErasedEvent.IsMasked(e)) check._erased++;
                else check._withheld++;
                return await AppendAsync(index, null);
            }

            string entry;
            try
            {
                entry = AuditLeaf.OfSalted(e, index, salt);
            }
            catch (JsonException)
            {
                check.Find(check._ofEvents, $"{named} is not what was recorded: it cannot be read.");
                return false;
            }

            var leaf = Merkle.Leaf(Encoding.UTF8.GetBytes(entry));
            if (!await AppendAsync(index, leaf)) return false;
            if (!leaf.AsSpan().SequenceEqual(HashAt(index)))
            {
                var recorded = await EntryAsync(index);
                var what = recorded is null ? null : AuditLeaf.Difference(recorded, entry);
                check.Find(
                    check._ofEvents,
                    $"{named} is not what was recorded: its {what ?? "time, actor or content"} was changed.");
            }

            return true;
        }

        private async Task<bool> AppendAsync(long index, byte[]? leaf)
        {
            if (index / Merkle.TileWidth != _tile)
            {
                _tile = index / Merkle.TileWidth;
                var path = check.PathOf(ExportManifest.TileOf("0", _tile, WidthOf(_tile)));
                _hashes = File.Exists(path) ? await File.ReadAllBytesAsync(path) : [];
            }

            if (_hashes.Length != WidthOf(_tile) * SHA256.HashSizeInBytes)
            {
                check.Find(
                    check._ofFiles,
                    $"{ExportManifest.TileOf("0", _tile, WidthOf(_tile))} is missing, or of another length.");
                _isCut = true;
                return false;
            }

            var hash = HashAt(index).ToArray();
            _tiles.Append(hash, (level, at, node) => _nodes[(level, at)] = node);
            _leaves.Append(leaf ?? hash, (_, _, _) => { });
            return true;
        }

        private ReadOnlySpan<byte> HashAt(long index) =>
            _hashes.AsSpan((int)(index % Merkle.TileWidth) * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes);

        private int WidthOf(long tile) =>
            (int)Math.Min(Merkle.TileWidth, checkpoint.Size - (tile * Merkle.TileWidth));

        // Only for what differs: it says what of it.
        private async Task<string?> EntryAsync(long index)
        {
            var tile = index / Merkle.TileWidth;
            var path = check.PathOf(ExportManifest.TileOf("entries", tile, WidthOf(tile)));
            if (path != _entriesOf)
            {
                (_entriesOf, _entries) = (path, []);
                var bytes = File.Exists(path) ? await File.ReadAllBytesAsync(path) : [];
                for (var at = 0; at + 2 <= bytes.Length;)
                {
                    var length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
                    if (at + 2 + length > bytes.Length) break;
                    _entries.Add(Encoding.UTF8.GetString(bytes, at + 2, length));
                    at += 2 + length;
                }
            }

            var place = (int)(index % Merkle.TileWidth);
            return place < _entries.Count ? _entries[place] : null;
        }

        private async IAsyncEnumerable<KeptCheckpoint> KeptInArchiveAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
        {
            var path = check.PathOf(ExportManifest.Checkpoints);
            if (!File.Exists(path)) yield break;
            var (note, size) = (new StringBuilder(), 0L);
            await foreach (var line in File.ReadLinesAsync(path, cancellation))
            {
                if (note.Length == 0 && line.Length == 0) continue;
                note.Append(line).Append('\n');
                if (note.Length > MostBytesOfNote) yield break;
                if (!line.StartsWith('\u2014')) continue;
                var read = CheckpointNote.Read(note.ToString(), publicKey, out _);
                note.Clear();
                if (read is null || read.TenantId != checkpoint.TenantId || read.Size < size
                    || read.Size > checkpoint.Size)
                {
                    check.Find(check._ofFiles, $"{ExportManifest.Checkpoints} has one that is none of this archive.");
                    yield break;
                }

                size = read.Size;
                yield return new KeptCheckpoint(ExportManifest.Checkpoints, read);
            }
        }

        private (long Index, byte[]? Salt, StoredEvent Event)? Read(string line)
        {
            try
            {
                using var json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 1_000 });
                var e = json.RootElement;
                var headers = e.GetProperty("headers");
                var time = DateTimeOffset.ParseExact(
                    e.GetProperty("time").GetString()!, AuditLeaf.TimeFormat, CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
                return (
                    e.GetProperty("index").GetInt64(),
                    e.GetProperty("salt").GetString() is { } salt ? Convert.FromHexString(salt) : null,
                    new StoredEvent(
                        manifest.OrganisationId, 0, e.GetProperty("sequence").GetInt64(), e.GetProperty("id").GetGuid(),
                        e.GetProperty("stream").GetGuid(), e.GetProperty("version").GetInt64(),
                        e.GetProperty("type").GetString()!, time, e.GetProperty("correlation").GetString(),
                        e.GetProperty("data").GetRawText(),
                        headers.ValueKind == JsonValueKind.Null ? "" : headers.GetRawText()));
            }
            catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException
                or KeyNotFoundException)
            {
                return null;
            }
        }

        private static string? FileOf(StoredEvent e)
        {
            try
            {
                using var data = JsonDocument.Parse(e.Data);
                return data.RootElement.ValueKind == JsonValueKind.Object
                    && data.RootElement.TryGetProperty("sha256", out var sum)
                    && sum.ValueKind == JsonValueKind.String && Sum().IsMatch(sum.GetString()!)
                        ? sum.GetString()
                        : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
