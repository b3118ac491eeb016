using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Domain.Notifications;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Notifications;

/// <summary>
/// A mail to one address because of one event, and what became of it. Several of one recipient may go out as one mail.
/// </summary>
[Name("Delivery")]
[Implements(typeof(INode))]
[Allow(Access.Office)]
public sealed class DeliveryNode(DeliveryRow row) : INode
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>The content of the mail.</summary>
    public DeliveryKind Kind => row.Kind;

    /// <summary>
    /// The rule by which it was this recipient; null for those of before the product wrote it down.
    /// </summary>
    public TellingRule? Rule => row.Rule;

    /// <summary>How far it is.</summary>
    public DeliveryState State => row.State;

    /// <summary>The address that it went to, or is to go to.</summary>
    public string Address => EmailAddress.ForPeople(row.Address);

    /// <summary>
    /// The person; null for the office's registered address, and where it is nobody that the viewer may see.
    /// </summary>
    public IDataLoaderResult<IParticipant?>? Recipient(IResolveFieldContext context) =>
        row.RecipientId is { } id ? context.PersonIfAny(id) : null;

    /// <summary>True for a mail to the office's registered address.</summary>
    public bool ToRegisteredAddress => row.RecipientId is null;

    /// <summary>The conversation that it is about; null for a mail about an account.</summary>
    public IDataLoaderResult<ConversationNode?>? Conversation(IResolveFieldContext context) =>
        row.ConversationId is { } id ? context.ConversationIfAny(id) : null;

    /// <summary>The comment that it is about.</summary>
    public IDataLoaderResult<CommentNode?>? Comment(IResolveFieldContext context) =>
        row.CommentId is { } id ? context.CommentIfAny(id) : null;

    /// <summary>The event that it tells of; null for a mail about an account.</summary>
    public IDataLoaderResult<EventNode?>? Event(IResolveFieldContext context) =>
        row.ConversationId is null ? null : context.EventIfAny(row.EventId);

    /// <summary>The instant of the event.</summary>
    public DateTimeOffset OccurredAt => row.OccurredAt;

    /// <summary>The instant at which it was decided that this recipient gets it.</summary>
    public DateTimeOffset CreatedAt => row.CreatedAt;

    /// <summary>The instant at which the mail server took it.</summary>
    public DateTimeOffset? SentAt => row.SentAt;

    /// <summary>The instant at which it is tried next; null when it is not, or is being tried.</summary>
    public DateTimeOffset? TriedNextAt => row.TryAt;

    /// <summary>The number of times that it was tried.</summary>
    public int Attempts => row.Attempts;

    /// <summary>
    /// The mail server's words when it did not take it, or why it was not sent: at most 1,000 characters. Null once it
    /// was sent.
    /// </summary>
    public string? LastError => row.LastError;

    /// <summary>
    /// What the mail server got; null when it got nothing, and where the mail also told of what the viewer may not see.
    /// </summary>
    public IDataLoaderResult<SentMailNode?> Mail(IResolveFieldContext context) => context.SentMail(row.Id);

    /// <summary>The instant at which somebody had it sent again.</summary>
    public DateTimeOffset? ResentAt => row.ResentAt;

    /// <summary>The administrator who had it sent again, the last one.</summary>
    public IDataLoaderResult<AdministratorNode?>? ResentBy(IResolveFieldContext context) =>
        row.ResentBy is { } id ? context.AdministratorIfAny(id) : null;
}

/// <summary>A mail as the mail server got it. Several deliveries may have gone out as one.</summary>
[Name("SentMail")]
[Allow(Access.Office)]
public sealed class SentMailNode(SentMailRow row)
{
    /// <summary>Its Message-ID, without angle brackets, by which mail servers and mailboxes know it.</summary>
    public string MessageId => row.MessageId;

    /// <summary>Its subject.</summary>
    public string Subject => row.Subject;

    /// <summary>
    /// Its text, without markup; null of a mail about an account, since a link in it lets somebody in, and of a report
    /// of the week, which may have times of people in it.
    /// </summary>
    public string? Text => row.Text;

    /// <summary>The SHA-256 of its text in UTF-8, in hexadecimal digits.</summary>
    public string Sha256 => row.Sha256;

    /// <summary>The instant at which it was handed over, the last time.</summary>
    public DateTimeOffset SentAt => row.SentAt;
}

/// <summary>An item of a page of deliveries.</summary>
[Name("DeliveryEdge")]
[Allow(Access.Office)]
public sealed class DeliveryEdge(string cursor, DeliveryNode node) : Edge<DeliveryNode>(cursor, node);

/// <summary>A page of deliveries. They are counted up to 10,000.</summary>
[Name("DeliveryConnection")]
[Allow(Access.Office)]
public sealed class DeliveryConnection(Page<DeliveryRow> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<DeliveryNode, DeliveryEdge>(
        page.Edges((cursor, row) => new DeliveryEdge(cursor, new DeliveryNode(row))), page.Info(), count);

/// <summary>Somebody who was told of an event, in one way.</summary>
[Name("Told")]
[Allow(Access.Office)]
public sealed class ToldNode(ToldRow row)
{
    /// <summary>The way.</summary>
    public TellingChannel Channel => row.Channel;

    /// <summary>The kind of notice.</summary>
    public NotificationKind Kind => row.Kind;

    /// <summary>The rule by which it was them; null for what is of before the product wrote it down.</summary>
    public TellingRule? Rule => row.Rule;

    /// <summary>
    /// The person; null for the office's registered address, and where it is nobody that the viewer may see.
    /// </summary>
    public IDataLoaderResult<IParticipant?>? Recipient(IResolveFieldContext context) =>
        row.RecipientId is { } id ? context.PersonIfAny(id) : null;

    /// <summary>The mail; null in the profile.</summary>
    public IDataLoaderResult<DeliveryNode?>? Delivery(IResolveFieldContext context) =>
        row.Channel == TellingChannel.Email ? context.DeliveryIfAny(row.Id) : null;
}

/// <summary>An item of a page of those who were told.</summary>
[Name("ToldEdge")]
[Allow(Access.Office)]
public sealed class ToldEdge(string cursor, ToldNode node) : Edge<ToldNode>(cursor, node);

/// <summary>A page of those who were told of an event.</summary>
[Name("ToldConnection")]
[Allow(Access.Office)]
public sealed class ToldConnection(Page<ToldRow> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<ToldNode, ToldEdge>(
        page.Edges((cursor, row) => new ToldEdge(cursor, new ToldNode(row))), page.Info(), count);
