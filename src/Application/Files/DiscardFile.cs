using Messaging.Application.Commands;
using Messaging.Domain;

namespace Messaging.Application.Files;

/// <summary>Takes a file back that has come with no comment.</summary>
[Stored("DiscardFileCommand")]
public sealed record DiscardFileCommand(Caller Caller, Guid Id) : Command(Caller)
{
    internal override void Read(ReadSet reads) => reads.Lookup(FileLookups.Uploads, Id);

    internal override Refusal? Decide(UnitOfWork work)
    {
        if (Caller.Actor is Actor.Auditor) return new AuditorsWriteNothing();
        if (work.Find(FileLookups.Uploads, Id) is not { } upload || upload.UploadedBy != Caller.Actor.Participant)
            return new UploadNotFound();
        if (upload.CommentId is not null) return new FileIsAttached();

        // It is recorded as such for a day: the same again has the same answer, and no second effect.
        if (!upload.IsDiscarded) work.Discard(upload, Caller);
        return null;
    }
}

/// <summary>No such upload of this actor.</summary>
public sealed record UploadNotFound() : Refusal(RefusalKind.NotFound, "There is no such file of yours to take back.",
    "id");

/// <summary>The file is attached to a comment, and so part of the conversation.</summary>
public sealed record FileIsAttached()
    : Refusal(RefusalKind.Conflict, "This file is attached to a comment, and stays with it.", "id");
