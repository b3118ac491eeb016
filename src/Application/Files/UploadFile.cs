using Dapper;
using Messaging.Application.Commands;
using Messaging.Application.Ports;
using Messaging.Domain;
using Messaging.Domain.Files;
using Npgsql;

namespace Messaging.Application.Files;

/// <summary>Records a file whose bytes are kept already.</summary>
internal sealed record UploadFileCommand(Caller Caller, Upload Upload) : Command(Caller)
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
            insert into messaging.uploads (tenant_id, id, name, media_type, size, sha256, uploaded_by_kind, uploaded_by_id, created_at)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            Caller.TenantId, Upload.Id, Upload.Name, Upload.MediaType, Upload.Size, Upload.Sha256, Upload.UploadedBy.Kind.ToString(),
            Upload.UploadedBy.Id, workspace.Now);
        return null;
    }
}

/// <summary>An upload, and when it arrived.</summary>
public sealed record UploadedFile(Upload Upload, DateTimeOffset CreatedAt);

/// <summary>Takes files in. They belong to their uploader until they come with a comment.</summary>
public sealed class Uploads(CommandExecutor executor, IFileStore store, NpgsqlDataSource database)
{
    /// <summary>Keeps a staged file and records it: first the bytes, then the row, so that there is never a row without bytes.</summary>
    public async Task<(UploadedFile? File, Refusal? Refusal)> UploadAsync(
        Caller caller, string name, string mediaType, StagedFile staged, CancellationToken cancellation)
    {
        var upload = new Upload(Guid.CreateVersion7(), name, mediaType, staged.Size, staged.Sha256, caller.Actor.Participant, null);
        await store.KeepAsync(staged, upload.Id, cancellation);
        Refusal? refusal;
        try
        {
            refusal = await executor.ExecuteAsync(new UploadFileCommand(caller, upload), CancellationToken.None);
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

    /// <summary>An upload of the caller's own, attached or not.</summary>
    public async Task<UploadedFile?> FindAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            """
            select name as Name, media_type as MediaType, size as Size, sha256 as Sha256, comment_id as CommentId, created_at as CreatedAt
            from messaging.uploads where tenant_id = @tenant and id = @id and uploaded_by_kind = @kind and uploaded_by_id = @person
            """,
            new { tenant = caller.TenantId, id, kind = caller.Actor.Participant.Kind.ToString(), person = caller.Actor.Id }, cancellationToken: cancellation));
        return row is null
            ? null
            : new UploadedFile(
                new Upload(id, row.Name, row.MediaType, row.Size, row.Sha256, caller.Actor.Participant, row.CommentId),
                new DateTimeOffset(row.CreatedAt, TimeSpan.Zero));
    }

    private sealed record Row(string Name, string MediaType, long Size, string Sha256, Guid? CommentId, DateTime CreatedAt);
}
