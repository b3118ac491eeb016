using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Files;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Application.Files;

/// <summary>A scanner's verdict on a file.</summary>
[Stored("file_scan")]
public enum FileScan
{
    /// <summary>None was asked: there was none when the file arrived.</summary>
    None = 0,

    /// <summary>It is still to be asked. Until then nobody gets the file.</summary>
    Pending = 1,

    /// <summary>It found nothing.</summary>
    Clean = 2,

    /// <summary>It found something. Nobody gets the file.</summary>
    Found = 3,
}

/// <summary>The state of an uploaded file beyond its event.</summary>
/// <param name="HasThumbnail">True when there is a thumbnail.</param>
/// <param name="Scan">The scanner's verdict.</param>
/// <param name="Found">The scanner's name of the finding; null when it found nothing.</param>
public sealed record FileState(bool HasThumbnail, FileScan Scan, string? Found)
{
    /// <summary>State of a file of which only the event is known.</summary>
    public static FileState Unknown { get; } = new(false, FileScan.None, null);

    /// <summary>True when a reader of the file may have its bytes.</summary>
    public bool MayBeSent => Scan is FileScan.None or FileScan.Clean;
}

/// <summary>An upload, the instant of its arrival, and its state.</summary>
public sealed record UploadedFile(Upload Upload, DateTimeOffset CreatedAt, FileState State);

/// <summary>Takes files in. They belong to their uploader until they come with a comment.</summary>
public sealed class Uploads(CommandExecutor executor, IFileStore store, NpgsqlDataSource database, FileQuotas quotas)
{
    // Columns of a FileState.
    private static readonly Sql s_stateColumns = Sql.Raw("has_thumbnail, scan, scan_found");

    /// <summary>
    /// Records a staged file and keeps it: first the row, then the bytes. A row left by a crash in between is removed
    /// like any unattached file; nobody knows its id. Bytes without a row would stay for ever.
    /// </summary>
    /// <param name="needsThumbnail">True when a thumbnail is to be made afterwards.</param>
    /// <param name="needsScan">True when a scanner is to check it afterwards.</param>
    public async Task<(UploadedFile? File, Refusal? Refusal)> UploadAsync(
        Caller caller, string name, string mediaType, StagedFile staged, bool needsThumbnail, bool needsScan,
        CancellationToken cancellation)
    {
        var upload = new Upload(
            Guid.CreateVersion7(), name, mediaType, staged.Size, staged.Sha256, caller.Actor.Participant, null);
        try
        {
            cancellation.ThrowIfCancellationRequested();
            var command = new UploadFileCommand(caller, upload, quotas, needsThumbnail, needsScan);
            if ((await executor.ExecuteAsync(command, CancellationToken.None)).Refusal is { } refusal)
            {
                await store.DiscardAsync(staged);
                return (null, refusal);
            }
        }
        catch
        {
            await store.DiscardAsync(staged);
            throw;
        }

        try
        {
            await store.KeepAsync(staged, upload.Id, CancellationToken.None);
        }
        catch
        {
            await store.DiscardAsync(staged);
            await DiscardAsync(caller, upload.Id);
            throw;
        }

        return (await FindAsync(caller, upload.Id, CancellationToken.None), null);
    }

    /// <summary>Takes a file back that has come with no comment; its bytes go at once.</summary>
    public async Task<Refusal?> DiscardAsync(Caller caller, Guid id)
    {
        var outcome = await executor.ExecuteAsync(new DiscardFileCommand(caller, id), CancellationToken.None);
        if (outcome.Refusal is { } refusal) return refusal;
        await store.DeleteAsync(id, CancellationToken.None);
        return null;
    }

    /// <summary>
    /// The caller's remaining room in bytes, and the refusal beyond it: to be asked before any bytes arrive.
    /// </summary>
    public async Task<UploadRoom> RoomAsync(Caller caller, CancellationToken cancellation)
    {
        var usages = await FileUsageQuery.Of([(caller.TenantId, caller.Actor.Id, caller.OnlyCustomerId)])
            .ListAsync(database, FileUsageQuery.Read, cancellation);
        var usage = usages[0];
        return new UploadRoom(quotas.Left(usage), quotas.Check(usage, quotas.Left(usage) + 1)!);
    }

    /// <summary>
    /// States of these files of the caller's organisation. Access was decided before.
    /// </summary>
    public async Task<IReadOnlyDictionary<Guid, FileState>> StatesAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var rows = await Sql.Of(
            $"""
            select {s_stateColumns}, id from messaging.uploads
            where tenant_id = {caller.TenantId} and id = any({ids.ToArray()})
            """).ListAsync(database, r => (Id: r.GetGuid(3), State: StateOf(r)), cancellation);
        return rows.ToDictionary(row => row.Id, row => row.State);
    }

    /// <summary>An upload of the caller's own, attached or not.</summary>
    public Task<UploadedFile?> FindAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        var by = caller.Actor.Participant;
        return Sql.Of(
            $"""
            select {s_stateColumns}, name, media_type, size, sha256, comment_id, created_at from messaging.uploads
            where tenant_id = {caller.TenantId} and id = {id} and uploaded_by_kind = {by.Kind.ToString()}
                and uploaded_by_id = {by.Id} and discarded_at is null
            """).FirstAsync(
                database,
                r => new UploadedFile(
                    new Upload(id, r.GetString(3), r.GetString(4), r.GetInt64(5), r.GetString(6), by, r.GuidOrNull(7)),
                    r.Instant(8), StateOf(r)),
                cancellation);
    }

    private static FileState StateOf(NpgsqlDataReader row) =>
        new(row.GetBoolean(0), row.IsDBNull(1) ? FileScan.None : row.Enumeration<FileScan>(1), row.StringOrNull(2));
}

/// <summary>The room that an uploader has left.</summary>
/// <param name="Bytes">Bytes left; none when 0 or less.</param>
/// <param name="Refusal">The refusal beyond it.</param>
public sealed record UploadRoom(long Bytes, Refusal Refusal);
