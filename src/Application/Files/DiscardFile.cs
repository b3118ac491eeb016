using Messaging.Application.Commands;
using Messaging.Domain;

namespace Messaging.Application.Files;

/// <summary>Takes a file back that has come with no comment.</summary>
[Stored("DiscardFileCommand")]
public sealed record DiscardFileCommand(Caller Caller, Guid Id) : Command(Caller)
{
    internal override void Read(Reads reads) => reads.Upload(Id);

    internal override Refusal? Decide(Workspace workspace)
    {
        if (Caller.Actor is Actor.Auditor) return new AuditorsWriteNothing();
        if (workspace.Upload(Id) is not { } upload || upload.UploadedBy != Caller.Actor.Participant)
            return new UploadNotFound();
        if (upload.CommentId is not null) return new FileIsAttached();

        // It is recorded as such for a day: the same again has the same answer, and no second effect.
        if (!upload.IsDiscarded) workspace.Discard(upload);
        return null;
    }
}

/// <summary>No such upload of this actor.</summary>
public sealed record UploadNotFound() : Refusal(RefusalKind.NotFound, "There is no such file of yours to take back.",
    "id");

/// <summary>The file has come with a comment, and is part of what was said.</summary>
public sealed record FileIsAttached()
    : Refusal(RefusalKind.Conflict, "This file is attached to a comment, and stays with it.", "id");
