using Messaging.Application.Commands;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Domain.Files;

namespace Messaging.Application.Files;

/// <summary>Records an uploaded file.</summary>
/// <param name="NeedsThumbnail">True when a thumbnail may be made of it.</param>
/// <param name="NeedsScan">True when a scanner is to check it before anybody gets it.</param>
[Stored("UploadFileCommand")]
internal sealed record UploadFileCommand(Caller Caller, Upload Upload, FileQuotas Quotas, bool NeedsThumbnail,
    bool NeedsScan)
    : Command(Caller)
{
    internal override IReadOnlyList<Guid> IdempotencyKeys => [Upload.Id];

    internal override void Describe(ReceiptContent content) => content
        .Add("Id", Upload.Id).Add("Name", Upload.Name).Add("MediaType", Upload.MediaType).Add("Size", Upload.Size)
        .Add("Sha256", Upload.Sha256).Add("UploadedBy", Upload.UploadedBy).Add("CommentId", Upload.CommentId)
        .Add("IsDiscarded", Upload.IsDiscarded);

    internal override void Read(ReadSet reads)
    {
        reads.Lookup(FileLookups.Usage, FileUsageQuery.Key(Caller));
        if (Caller.OnlyCustomerId is { } customer) reads.Stream(customer);
    }

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (Caller.Actor is Actor.Auditor) return new AuditorsWriteNothing();
        if (Caller.OnlyCustomerId is { } customer
            && work.State<Customer>(customer) is { } state && state.HasEnded(work.Now))
            return new CustomerHasEnded();
        if (Text.CheckLine(Upload.Name, "file", 255) is { } name) return name;
        if (Text.CheckLine(Upload.MediaType, "file", 255) is { } mediaType) return mediaType;
        var usage = work.Find(FileLookups.Usage, FileUsageQuery.Key(Caller))!;
        if (Quotas.Check(usage, FileQuotas.Charge(Upload.Size)) is { } full) return full;

        // The recording node does the work at once; other nodes do it when that did not happen.
        var scan = NeedsScan ? nameof(FileScan.Pending) : null;
        work.Write(
            $"""
            insert into messaging.uploads (
                tenant_id, id, name, media_type, size, sha256, uploaded_by_kind, uploaded_by_id, created_at,
                thumbnail_due_at, scan, scan_due_at)
            values ({Caller.TenantId}, {Upload.Id}, {Upload.Name}, {Upload.MediaType}, {Upload.Size}, {Upload.Sha256},
                {Upload.UploadedBy.Kind.ToString()}, {Upload.UploadedBy.Id}, {work.Now}, {Due(NeedsThumbnail)}, {scan},
                {Due(NeedsScan)})
            """);
        work.Charge(Caller, FileQuotas.Charge(Upload.Size));
        return null;

        DateTimeOffset? Due(bool needed) => needed ? work.Now + UploadBacklog.Lease : null;
    }
}
