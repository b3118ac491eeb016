using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Files;
using Messaging.Projections.Storage;

namespace Messaging.Application.Files;

/// <summary>Changes that commands make to uploaded files.</summary>
internal static class FileChanges
{
    private static readonly Sql s_isChanged = Sql.Raw(
        ConcurrencyConflict.Unless("count(*) = 1", "A file was attached or taken back."));

    /// <summary>Attaches one to a comment.</summary>
    public static void Attach(this UnitOfWork work, Upload upload, Guid commentId) =>
        work.Change(upload with { CommentId = commentId }, Sql.Of($"comment_id = {commentId}"));

    /// <summary>Discards a file, which no longer counts towards its uploader's quotas.</summary>
    public static void Discard(this UnitOfWork work, Upload upload, Caller by)
    {
        work.Change(
            upload with
            {
                IsDiscarded = true,
            },
            Sql.Of($"thumbnail_due_at = null, scan_due_at = null, discarded_at = {work.Now}"));
        work.Charge(by, -FileQuotas.Charge(upload.Size));
    }

    /// <summary>
    /// Counts bytes of a file towards the uploader's quotas; a negative number when it is removed. Later commands of
    /// the batch with the same person, customer or organisation see the count.
    /// </summary>
    public static void Charge(this UnitOfWork work, Caller caller, long bytes)
    {
        work.Add(FileUsageTable.Charges, caller.OrganisationId, bytes);
        if (caller.OnlyCustomerId is { } customer) work.Add(FileUsageTable.Charges, customer, bytes);
        work.Revise(
            FileLookups.Usage,
            (of, usage) => new FileUsage(
                usage.Unattached + (of.Person == caller.Actor.Id ? bytes : 0),
                usage.Customer + (of.Customer is { } theirs && theirs == caller.OnlyCustomerId ? bytes : 0),
                usage.Organisation + bytes));
    }

    // Another command may have attached or discarded it since it was read.
    private static void Change(this UnitOfWork work, Upload changed, Sql assignment)
    {
        work.Set(FileLookups.Uploads, changed.Id, changed);
        work.Write(
            $"""
             with changed as (
                 update messaging.uploads set {assignment}
                 where tenant_id = {work.TenantId} and id = {changed.Id}
                     and comment_id is null and discarded_at is null
                 returning 1)
             select {s_isChanged} from changed
             """);
    }
}
