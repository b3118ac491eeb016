using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Messaging.Application.Commands;
using Messaging.Application.Files;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.Application.History;

/// <summary>What an export came to.</summary>
/// <param name="Missing">SHA-256 of files that the file store did not have as they were recorded.</param>
public sealed record ExportOutcome(
    long TreeSize, long Events, long Conversations, long Files, IReadOnlyList<string> Missing);

/// <summary>
/// Writes an archive of an organisation: complete as of one size of its tree, whatever is written meanwhile, and
/// such that it is proved without the product.
/// </summary>
/// <param name="checkpoints">The folder into which checkpoints are written; null for none.</param>
/// <param name="version">The product's.</param>
public sealed class ArchiveExport(
    NpgsqlDataSource database, IFileStore files, CheckpointKey key, TimeProvider clock, string? checkpoints,
    string version)
{
    private const int MostIdle = 150;

    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(200);

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly AuditTree _tree = new(database);

    /// <summary>
    /// The organisation's tree as of now, signed, with what happened until now in it.
    /// </summary>
    /// <exception cref="ExportException">There is no such tree.</exception>
    public async Task<string> CheckpointAsync(string tenantId, CancellationToken cancellation)
    {
        // The product does it while it runs; here it does as well, so that nothing is left out where it does not.
        using var signal = new CommitSignal();
        using var writer = new AuditWriter(database, signal, NullLogger<AuditWriter>.Instance);
        var last = await Sql.Of(
                $"select coalesce(max(seq_id), 0) from messaging.mt_events where tenant_id = {tenantId}")
            .ListAsync(database, r => r.GetInt64(0), cancellation);

        // However many there are. Where nothing goes on (somebody holds a number), what there is has to do.
        for (var idle = 0; idle < MostIdle && await ProgressAsync(cancellation) < last[0];)
        {
            if (await writer.AppendAsync(cancellation) > 0) continue;
            idle++;
            await Task.Delay(s_settle, cancellation);
        }

        var head = await _tree.HeadAsync(tenantId, cancellation);

        if (head.Size == 0) throw new ExportException($"There is no organisation {tenantId}, or nothing in its tree");
        return key.Sign(tenantId, head.Size, head.Root);
    }

    /// <summary>Chooses the checkpoint of an archive: when there is what is asked for.</summary>
    /// <exception cref="ExportException">There is not.</exception>
    public async Task<string> ChooseAsync(string tenantId, ExportScope? scope, CancellationToken cancellation)
    {
        var note = await CheckpointAsync(tenantId, cancellation);
        await ExportSource.OpenAsync(database, tenantId, Read(tenantId, note).Size, scope, cancellation);
        return note;
    }

    /// <summary>
    /// Records that an archive leaves, before anything of it is written: once, however often it is gone on with.
    /// </summary>
    /// <param name="id">The archive's.</param>
    /// <param name="note">The checkpoint that it is of.</param>
    /// <param name="executeAsync">Carries the command out, and says the refusal.</param>
    /// <exception cref="ExportException">It was refused.</exception>
    public async Task RecordAsync(
        Caller caller, Guid id, string note, ExportScope? scope,
        Func<RecordExportCommand, Task<Refusal?>> executeAsync)
    {
        var command = new RecordExportCommand(caller, id, Read(caller.TenantId, note).Size, scope);
        if (await executeAsync(command) is { } refusal) throw new ExportException(refusal.Message);
    }

    /// <summary>Writes it.</summary>
    /// <param name="note">The checkpoint that it is of.</param>
    /// <exception cref="ExportException">It cannot be.</exception>
    public async Task<ExportOutcome> WriteAsync(
        string tenantId, string note, ExportScope? scope, ExportSink sink, CancellationToken cancellation)
    {
        var checkpoint = Read(tenantId, note);
        var source = await ExportSource.OpenAsync(database, tenantId, checkpoint.Size, scope, cancellation);
        await TextAsync(sink, ExportManifest.Checkpoint, page => page.WriteAsync(note), cancellation);
        await TextAsync(
            sink, ExportManifest.Checkpoints, page => WriteKeptAsync(checkpoint, note, page, cancellation),
            cancellation);
        await WriteTilesAsync(source, sink, cancellation);
        var events = 0L;
        await sink.AddAsync(
            ExportManifest.Events,
            async stream => events = await WriteEventsAsync(source, stream, cancellation), cancellation);
        var (count, missing) = await WriteFilesAsync(source, sink, cancellation);
        var conversations = await WriteConversationsAsync(source, sink, cancellation);
        await TextAsync(
            sink, "index.html",
            async page =>
            {
                await page.WriteAsync(ExportPages.Index(source, note));
                await foreach (var batch in source.ConversationsAsync(cancellation))
                    foreach (var begun in batch) await page.WriteAsync(ExportPages.IndexRow(source, begun));
                await page.WriteAsync($"</tbody>\n</table>\n{ExportPages.End}");
            },
            cancellation);
        if (scope is null)
        {
            await TextAsync(
                sink, "verfahrensdokumentation-anhang.html",
                page => ExportPages.WriteAnnexAsync(source, version, page, cancellation), cancellation);
        }

        foreach (var table in ExportTables.All)
        {
            await TextAsync(
                sink, $"gobd/{table.File}",
                async page =>
                {
                    await page.WriteAsync(ExportText.Row(table.Columns.Select(c => c.Name)));
                    await foreach (var row in table.Rows(source, cancellation))
                        await page.WriteAsync(ExportText.Row(row));
                },
                cancellation);
        }

        await TextAsync(
            sink, "gobd/index.xml", page => page.WriteAsync(ExportTables.Index(source)), cancellation);
        var files = sink.Files;
        var sums = await sink.WriteSumsAsync(cancellation);
        if (events == 0) events = await CountAsync(source, cancellation);
        var manifest = new ExportManifest(
            ExportManifest.CurrentFormat, version, AuditLeaf.Format, tenantId, key.VerifierOf(tenantId),
            checkpoint.Size, Convert.ToBase64String(checkpoint.Root), clock.GetUtcNow(), scope,
            new Dictionary<string, long>
            {
                ["events"] = events,
                ["conversations"] = conversations,
                ["attachments"] = count,
                ["files"] = files,
            },
            missing, sums);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(manifest, ExportManifest.Json);
        await sink.WriteAsync(
            ExportManifest.Note,
            async stream => await stream.WriteAsync(
                Encoding.UTF8.GetBytes(key.SignArchive(tenantId, SHA256.HashData(bytes))), cancellation),
            cancellation);
        await sink.WriteAsync(
            ExportManifest.File, async stream => await stream.WriteAsync(bytes, cancellation), cancellation);
        await sink.RemoveAsync(ExportManifest.Unfinished);
        return new ExportOutcome(checkpoint.Size, events, conversations, count, missing);
    }

    private async Task<long> ProgressAsync(CancellationToken cancellation) =>
        (await Sql.Of($"select coalesce(max(seq_id), 0) from messaging.audit_progress")
            .ListAsync(database, r => r.GetInt64(0), cancellation))[0];

    private CheckpointNote Read(string tenantId, string note)
    {
        var checkpoint = CheckpointNote.Read(note, key.Public, out var why);
        return checkpoint?.TenantId == tenantId
            ? checkpoint
            : throw new ExportException(
                "The checkpoint that the archive was begun with "
                    + (checkpoint is null ? why : "is of another organisation"));
    }

    private static Task TextAsync(
        ExportSink sink, string path, Func<TextWriter, Task> writeAsync, CancellationToken cancellation) =>
        sink.AddAsync(
            path,
            async stream =>
            {
                await using var page = new StreamWriter(stream, new UTF8Encoding(false), 16 * 1024, leaveOpen: true);
                await writeAsync(page);
            },
            cancellation);

    private static async Task<long> CountAsync(ExportSource source, CancellationToken cancellation)
    {
        var count = 0L;
        await foreach (var _ in source.EventsAsync(cancellation)) count++;
        return count;
    }

    // Those that were kept, up to the size of the archive, the smallest first, and the archive's own.
    private async Task WriteKeptAsync(
        CheckpointNote own, string note, TextWriter page, CancellationToken cancellation)
    {
        var folder = checkpoints is null ? null : Path.Combine(checkpoints, own.TenantId);
        foreach (var file in folder is not null && Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.checkpoint").Order(StringComparer.Ordinal)
            : Enumerable.Empty<string>())
        {
            var kept = await File.ReadAllTextAsync(file, cancellation);
            if (CheckpointNote.Read(kept, key.Public, out _) is { } read && read.TenantId == own.TenantId
                && read.Size < own.Size) await page.WriteAsync($"{kept}\n");
        }

        await page.WriteAsync($"{note}\n");
    }

    private async Task WriteTilesAsync(ExportSource source, ExportSink sink, CancellationToken cancellation)
    {
        for (var level = 0; source.Size >> (Merkle.TileHeight * level) is > 0 and var count; level++)
        {
            var name = level.ToString(CultureInfo.InvariantCulture);
            await WriteTilesAsync(
                sink, name, count, (tile, width) => _tree.TileAsync(source.TenantId, level, tile, width, cancellation),
                static (stream, hash) => stream.Write(hash), cancellation);
        }

        // An entry says who did what when, of whomever: with one customer's archive go the hashes of all leaves only.
        if (source.Scope is not null) return;
        await WriteTilesAsync(
            sink, "entries", source.Size,
            (tile, width) => _tree.EntriesAsync(source.TenantId, tile, width, cancellation),
            AuditTree.WriteEntry, cancellation);
    }

    private static async Task WriteTilesAsync(
        ExportSink sink, string level, long count, Func<long, int, Task<List<byte[]>>> readAsync,
        Action<MemoryStream, byte[]> write, CancellationToken cancellation)
    {
        for (var tile = 0L; tile * Merkle.TileWidth < count; tile++)
        {
            var (number, width) = (tile, (int)Math.Min(Merkle.TileWidth, count - (tile * Merkle.TileWidth)));
            await sink.AddAsync(
                ExportManifest.TileOf(level, tile, width),
                async stream =>
                {
                    var parts = await readAsync(number, width);
                    if (parts.Count < width)
                        throw new ExportException(
                            $"The tree lacks hashes in tile {number} of level {level}: 'verify' says what was altered");
                    using var body = new MemoryStream();
                    foreach (var part in parts) write(body, part);
                    await stream.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), cancellation);
                },
                cancellation);
        }
    }

    // Data and headers as the database writes them, so that the leaf of each line follows from it.
    private static async Task<long> WriteEventsAsync(
        ExportSource source, Stream stream, CancellationToken cancellation)
    {
        var (next, count) = (0L, 0L);
        using var line = new MemoryStream();
        await using var json = new Utf8JsonWriter(line, s_json);
        await foreach (var e in source.EventsAsync(cancellation))
        {
            if (source.Scope is null && e.Index != next)
                throw new ExportException(
                    $"The event at place {next} of the tree is not in the log: 'verify' says what was altered");
            next = e.Index + 1;
            count++;
            line.SetLength(0);
            json.Reset();
            json.WriteStartObject();
            json.WriteNumber("index", e.Index);
            json.WriteNumber("sequence", e.Stored.Sequence);
            json.WriteString("id", e.Stored.Id);
            json.WriteString("stream", e.Stored.StreamId);
            json.WriteNumber("version", e.Stored.Version);
            json.WriteString("type", e.Stored.Type);
            json.WriteString("time", AuditLeaf.TimeOf(e.Stored.At));
            if (e.Stored.CorrelationId is { } correlation) json.WriteString("correlation", correlation);
            else json.WriteNull("correlation");
            if (e.Salt is { } salt) json.WriteString("salt", Convert.ToHexStringLower(salt));
            else json.WriteNull("salt");
            json.WritePropertyName("data");
            json.WriteRawValue(e.Stored.Data, skipInputValidation: true);
            json.WritePropertyName("headers");
            if (e.Stored.Headers.Length == 0) json.WriteNullValue();
            else json.WriteRawValue(e.Stored.Headers, skipInputValidation: true);
            json.WriteEndObject();
            json.Flush();
            line.WriteByte((byte)'\n');
            await stream.WriteAsync(line.GetBuffer().AsMemory(0, (int)line.Length), cancellation);
        }

        if (source.Scope is null && next != source.Size)
            throw new ExportException(
                $"The event at place {next} of the tree is not in the log: 'verify' says what was altered");
        return count;
    }

    private async Task<(long Count, IReadOnlyList<string> Missing)> WriteFilesAsync(
        ExportSource source, ExportSink sink, CancellationToken cancellation)
    {
        // By half of each sum: a million of them are 32 MB.
        var written = new HashSet<UInt128>();
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var e in source.EventsAsync<FileAttached>(cancellation))
        {
            if (e.Data is not FileAttached { Sha256: { Length: 64 } sum } file || !IsSum(sum)) continue;
            var half = BinaryPrimitives.ReadUInt128BigEndian(Convert.FromHexString(sum));
            if (written.Contains(half)) continue;
            if (!await sink.TryKeepAsync($"{ExportSink.FilesFolder}{sum}", cancellation)
                && !await sink.TryAddFileAsync(files, file.FileId, sum, cancellation))
            {
                missing.Add(sum);
                continue;
            }

            written.Add(half);
            missing.Remove(sum);
        }

        return (written.Count, [.. missing]);
    }

    private static bool IsSum(string text) => text.All(c => c is >= '0' and <= '9' or >= 'a' and <= 'f');

    private static async Task<long> WriteConversationsAsync(
        ExportSource source, ExportSink sink, CancellationToken cancellation)
    {
        var count = 0L;
        await foreach (var batch in source.ConversationsAsync(cancellation))
        {
            count += batch.Count;
            var begun = new Dictionary<Guid, ExportedEvent>();
            foreach (var e in batch)
            {
                if (!await sink.TryKeepAsync(PathOf(e.Stored.StreamId), cancellation)) begun[e.Stored.StreamId] = e;
            }

            if (begun.Count == 0) continue;
            await using var events = source.OfStreamsAsync(begun.Keys, isWithComments: true, cancellation)
                .GetAsyncEnumerator(cancellation);
            var isThere = await events.MoveNextAsync();
            while (isThere)
            {
                var id = events.Current.Stored.StreamId;
                await TextAsync(
                    sink, PathOf(id),
                    async page =>
                    {
                        await page.WriteAsync(ExportPages.Conversation(source, begun[id]));
                        for (; isThere && events.Current.Stored.StreamId == id; isThere = await events.MoveNextAsync())
                            await page.WriteAsync(ExportPages.Happening(source, events.Current));
                        await page.WriteAsync(ExportPages.End);
                    },
                    cancellation);
            }
        }

        return count;

        static string PathOf(Guid id) => $"conversations/{id}.html";
    }
}
