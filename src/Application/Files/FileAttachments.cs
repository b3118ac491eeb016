using System.Collections.Immutable;
using Messaging.Application.Commands;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Files;

/// <summary>The files that a comment is to carry.</summary>
internal static class FileAttachments
{
    // More than a comment may have are refused without looking for them.
    public static void Read(ReadSet reads, IReadOnlyList<Guid> ids)
    {
        if (AreTooMany(ids)) return;
        reads.Lookup(FileLookups.Uploads, [.. ids]);
    }

    public static ImmutableArray<FileToAttach> Find(UnitOfWork work, IReadOnlyList<Guid> ids) =>
        [.. ids.Select(id => new FileToAttach(
            id, AreTooMany(ids) ? null : work.Find(FileLookups.Uploads, id)))];

    public static void Attach(UnitOfWork work, ImmutableArray<FileToAttach> files, Guid commentId)
    {
        foreach (var file in files) work.Attach(file.Upload!, commentId);
    }

    private static bool AreTooMany(IReadOnlyList<Guid> ids) => ids.Count > ConversationDecider.FilesMaximum;
}
