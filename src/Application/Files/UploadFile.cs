using Dapper;
using Messaging.Application.Commands;
using Messaging.Application.Ports;
using Messaging.Domain;
using Messaging.Domain.Files;
using Npgsql;

namespace Messaging.Application.Files;

/// <summary>Records a file whose bytes are kept already.</summary>
internal sealed record UploadFileCommand(Caller Caller, Upload Upload, bool HasThumbnail) : Command(Caller)
{
    internal override IReadOnlyList<Guid> Ids => [Upload.Id];

    /// <inheritdoc/>
    protected override object Content => Upload;

    internal override void Read(Reads reads)
    {
    }

    internal override Refusal? Decide(Workspace workspace)
    {
        if (Caller.Actor is Actor.Auditor) return new Domain.Conversations.AuditorsWriteNothing();
        if (Text.CheckLine(Upload.Name, "file", 255) is { } name) return name;
        if (Text.CheckLine(Upload.MediaType, "file", 255) is { } mediaType) return mediaType;
        workspace.Write(
            """
            insert into messaging.uploads (tenant_id, id, name, media_type, size, sha256, uploaded_by_kind, uploaded_by_id, created_at, has_thumbnail)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            Caller.TenantId, Upload.Id, Upload.Name, Upload.MediaType, Upload.Size, Upload.Sha256, Upload.UploadedBy.Kind.ToString(),
            Upload.UploadedBy.Id, workspace.Now, HasThumbnail);
        return null;
    }
}

/// <summary>An upload, when it arrived, and whether there is a small picture of it.</summary>
public sealed record UploadedFile(Upload Upload, DateTimeOffset CreatedAt, bool HasThumbnail);

/// <summary>Takes files in. They belong to their uploader until they come with a comment.</summary>
public sealed class Uploads(CommandExecutor executor, IFileStore store, NpgsqlDataSource database)
{
    /// <summary>Keeps a staged file and records it: first the bytes, then the row, so that there is never a row without bytes.</summary>
    /// <param name="makeThumbnail">Makes a small picture of what it opens; null when there cannot be one, as its answer is.</param>
    public async Task<(UploadedFile? File, Refusal? Refusal)> UploadAsync(
        Caller caller, string name, string mediaType, StagedFile staged, Func<Func<CancellationToken, Task<Stream?>>, CancellationToken, Task<byte[]?>>? makeThumbnail,
        CancellationToken cancellation)
    {
        var upload = new Upload(Guid.CreateVersion7(), name, mediaType, staged.Size, staged.Sha256, caller.Actor.Participant, null);
        await store.KeepAsync(staged, upload.Id, cancellation);
        Refusal? refusal;
        try
        {
            var hasThumbnail = makeThumbnail is not null && await KeepThumbnailAsync(upload.Id, makeThumbnail, cancellation);
            refusal = await executor.ExecuteAsync(new UploadFileCommand(caller, upload, hasThumbnail), CancellationToken.None);
        }
        catch
        {
            // The outcome may be unknown: the bytes go only when there is no row.
            if (await FindAsync(caller, upload.Id, CancellationToken.None) is null) await store.DeleteAsync(upload.Id, CancellationToken.None);
            throw;
        }

        if (refusal is null) return (await FindAsync(caller, upload.Id, cancellation), null);
        await store.DeleteAsync(upload.Id, CancellationToken.None);
        return (null, refusal);
    }

    private async Task<bool> KeepThumbnailAsync(Guid id, Func<Func<CancellationToken, Task<Stream?>>, CancellationToken, Task<byte[]?>> make, CancellationToken cancellation)
    {
        if (await make(c => store.OpenReadAsync(id, c), cancellation) is not { } thumbnail) return false;
        await store.KeepThumbnailAsync(id, thumbnail, cancellation);
        return true;
    }

    /// <summary>Those of these files of the caller's organisation that there is a small picture of. Who may see the files was decided before.</summary>
    public async Task<IReadOnlyDictionary<Guid, bool>> ThumbnailsAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var found = await connection.QueryAsync<Guid>(new CommandDefinition(
            "select id from messaging.uploads where tenant_id = @tenant and id = any(@ids) and has_thumbnail",
            new { tenant = caller.TenantId, ids = ids.ToArray() }, cancellationToken: cancellation));
        return found.ToDictionary(id => id, _ => true);
    }

    /// <summary>An upload of the caller's own, attached or not.</summary>
    public async Task<UploadedFile?> FindAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            """
            select name as Name, media_type as MediaType, size as Size, sha256 as Sha256, comment_id as CommentId, created_at as CreatedAt, has_thumbnail as HasThumbnail
            from messaging.uploads where tenant_id = @tenant and id = @id and uploaded_by_kind = @kind and uploaded_by_id = @person
            """,
            new { tenant = caller.TenantId, id, kind = caller.Actor.Participant.Kind.ToString(), person = caller.Actor.Id }, cancellationToken: cancellation));
        return row is null
            ? null
            : new UploadedFile(
                new Upload(id, row.Name, row.MediaType, row.Size, row.Sha256, caller.Actor.Participant, row.CommentId),
                new DateTimeOffset(row.CreatedAt, TimeSpan.Zero), row.HasThumbnail);
    }

    private sealed record Row(string Name, string MediaType, long Size, string Sha256, Guid? CommentId, DateTime CreatedAt, bool HasThumbnail);
}
