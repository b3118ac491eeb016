using System.Collections.Immutable;
using Messaging.Application.Commands;
using Messaging.Domain.Conversations;

namespace Messaging.Application.Files;

/// <summary>The files that a comment is to carry.</summary>
internal static class FileAttachments
{
    // More than a comment may have are refused without looking for them.
    public static void Read(Reads reads, IReadOnlyList<Guid> ids)
    {
        if (ids.Count > ConversationDecider.FilesMaximum) return;
        foreach (var id in ids) reads.Upload(id);
    }

    public static ImmutableArray<FileToAttach> Find(Workspace workspace, IReadOnlyList<Guid> ids) =>
        [.. ids.Select(id => new FileToAttach(id, workspace.Upload(id)))];

    public static void Attach(Workspace workspace, ImmutableArray<FileToAttach> files, Guid commentId)
    {
        foreach (var file in files) workspace.Attach(file.Upload!, commentId);
    }
}
