using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Schema;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Notifications;
using Messaging.Projections.Notifications;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Notifications;

/// <summary>The kinds of notifications that somebody wants, by channel.</summary>
[Name("NotificationPreferences")]
[Allow(Access.SignedIn)]
public sealed class NotificationPreferencesNode(NotificationPreferencesRow row)
{
    /// <summary>The kinds that are sent by e-mail.</summary>
    public IReadOnlyList<NotificationKind> EmailFor => row.EmailFor;

    /// <summary>The kinds that are shown in the profile.</summary>
    public IReadOnlyList<NotificationKind> InAppFor => row.InAppFor;

    /// <summary>
    /// True when what they have read before its mail goes out is not mailed to them; false until they chose so.
    /// </summary>
    public bool EmailUnlessRead => row.EmailUnlessRead;

    /// <summary>True when they are mailed the report of the week; false until they chose so.</summary>
    public bool WeeklyReport => row.WeeklyReport;

    /// <summary>True when they are mailed the checkpoint of the day; false until they chose so.</summary>
    public bool DailyCheckpoint => row.DailyCheckpoint;
}

/// <summary>A notification in somebody's profile.</summary>
[Name("Notification")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class NotificationNode(NotificationRow row) : INode
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>The reason of the notification.</summary>
    public NotificationKind Kind => row.Kind;

    /// <summary>
    /// The rule by which it was the viewer who was told; null for those of before the product wrote it down.
    /// </summary>
    public TellingRule? Rule => row.Rule;

    /// <summary>The conversation in which it happened.</summary>
    public IDataLoaderResult<ConversationNode> Conversation(IResolveFieldContext context) =>
        context.Conversation(row.ConversationId);

    /// <summary>The comment it is about.</summary>
    public IDataLoaderResult<CommentNode?>? Comment(IResolveFieldContext context) =>
        row.CommentId is { } id ? context.CommentIfAny(id) : null;

    /// <summary>The status that was set, of STATUS_CHANGED.</summary>
    public ConversationStatus? Status => row.Status;

    /// <summary>The participant who acted.</summary>
    public IDataLoaderResult<IParticipant> Actor(IResolveFieldContext context) => context.Participant(row.Actor);

    /// <summary>The instant of the event.</summary>
    public DateTimeOffset CreatedAt => row.CreatedAt;

    /// <summary>The instant at which it was marked as read.</summary>
    public DateTimeOffset? ReadAt => row.ReadAt;
}

/// <summary>An item of a page of notifications.</summary>
[Name("NotificationEdge")]
[Allow(Access.SignedIn)]
public sealed class NotificationEdge(string cursor, NotificationNode node) : Edge<NotificationNode>(cursor, node);

/// <summary>A page of notifications.</summary>
[Name("NotificationConnection")]
[Allow(Access.SignedIn)]
public sealed class NotificationConnection(
    Page<NotificationRow> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<NotificationNode, NotificationEdge>(
        page.Edges((cursor, row) => new NotificationEdge(cursor, new NotificationNode(row))), page.Info(), count);
