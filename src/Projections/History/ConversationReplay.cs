using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Conversations;

namespace Messaging.Projections.History;

/// <summary>A conversation as it was, to the office.</summary>
public sealed record ConversationAsOf(
    ConversationRow Header, IReadOnlyList<CommentRow> Comments, IReadOnlyList<FileRow> Files);

/// <summary>An event of a conversation with what the fold needs of its envelope.</summary>
/// <param name="Version">Its place in the stream, from 1.</param>
public sealed record ReplayedEvent(int Version, DateTimeOffset OccurredAt, ConversationEvent Data);

/// <summary>
/// A conversation by its events alone, as the read models have it. It must agree with
/// <see cref="Storage.ReadModelProjection"/>; a test compares them.
/// </summary>
public static class ConversationReplay
{
    /// <summary>Folds the events of a stream from its beginning; null when there are none.</summary>
    public static ConversationAsOf? Replay(Guid id, IEnumerable<ReplayedEvent> events)
    {
        Conversation? state = null;
        ConversationRow? header = null;
        var comments = new List<CommentRow>();
        var files = new List<FileRow>();
        foreach (var e in events)
        {
            state = Conversation.Evolve(state, id, e.Data);
            if (state is null) continue;
            switch (e.Data)
            {
                case ConversationCreated c:
                    header = new ConversationRow(
                        id, c.Subject, state.Status, state.Awaiting, c.CustomerId, c.ResponsibleAdministratorId,
                        c.NotifyAllAdministrators, c.CreatedBy, e.OccurredAt, e.OccurredAt, e.Version, 0, null, null,
                        e.OccurredAt);
                    break;
                case CommentAdded c:
                    comments.Add(
                        new CommentRow(c.CommentId, id, e.Version, c.Author, c.Body, c.Visibility, e.OccurredAt));
                    header = header! with
                    {
                        CommentCount = header.CommentCount + 1,
                        LastCommentId = c.CommentId,
                        LastCommentBy = c.Author.Id,
                    };
                    break;
                case FileAttached c:
                    files.Add(
                        new FileRow(
                            c.FileId, id, c.CommentId, c.Name, c.MediaType, c.Size, c.Sha256, c.UploadedBy,
                            e.OccurredAt)
                    );
                    break;
                case StatusChanged or AdministratorAssigned or AdministratorUnassigned or AdminsNotified
                    or ConversationTagged or ConversationUntagged:
                    // Their changes of the header are in the state.
                    break;
                default:
                    throw new UnknownEventException(e.Data);
            }

            var updatedAt = e.OccurredAt > header!.UpdatedAt ? e.OccurredAt : header.UpdatedAt;
            header = header with
            {
                AwaitingSince = state.Awaiting == header.Awaiting ? header.AwaitingSince : updatedAt,
                Status = state.Status,
                Awaiting = state.Awaiting,
                ResponsibleAdministratorId = state.ResponsibleAdministratorId,
                UpdatedAt = updatedAt,
                Version = e.Version,
            };
        }

        return header is null ? null : new ConversationAsOf(header, comments, files);
    }
}
