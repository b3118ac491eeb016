using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Schema;
using Messaging.Application.Notifications;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Reports;

/// <summary>The mails and notifications that were planned in a range of time, and what has become of them.</summary>
[Name("NotificationFigures")]
[Allow(Access.Office)]
public sealed class NotificationFiguresNode(DateTimeOffset from, DateTimeOffset to)
{
    /// <summary>The figures of each kind that there is something of.</summary>
    public async Task<IEnumerable<NotificationFigureNode>> Kinds(IResolveFieldContext context) =>
        (
            await context.Service<NotificationFigures>().FiguresAsync(
                context.Caller(), from, to, context.CancellationToken)
        ).Select(figure => new NotificationFigureNode(figure));

    /// <summary>
    /// The conversations that a number is of, those with the most first; their <c>count</c>s add up to it. Mails about
    /// accounts are of none: <c>deliveries</c> lists them.
    /// </summary>
    /// <param name="of">The number.</param>
    /// <param name="kind">Only of this kind; by default of all.</param>
    public async Task<NotifiedConversationConnection> Conversations(
        IResolveFieldContext context, NotificationPart of, DeliveryKind? kind, int? first, string? after, int? last,
        string? before)
    {
        var figures = context.Service<NotificationFigures>();
        var page = await figures.PageAsync(
            context.Caller(), from, to, kind, of, new PageRequest(first, after, last, before),
            context.CancellationToken);
        return new NotifiedConversationConnection(
            page, c => Counts.Of(page, x => figures.CountAsync(c.Caller(), from, to, kind, of, x)));
    }
}

/// <summary>What was told of one kind.</summary>
[Name("NotificationFigure")]
[Allow(Access.Office)]
public sealed class NotificationFigureNode(NotificationFigure figure)
{
    /// <summary>The kind.</summary>
    public DeliveryKind Kind => figure.Kind;

    /// <summary>Mails that were planned: the sum of the five numbers that follow.</summary>
    public int Mails => figure.Mails;

    /// <summary>Those that the mail server took.</summary>
    public int Sent => figure.Sent;

    /// <summary>Those that were given up.</summary>
    public int Failed => figure.Failed;

    /// <summary>Those that the mail server gave no answer of.</summary>
    public int PerhapsSent => figure.PerhapsSent;

    /// <summary>Those that are still to be sent.</summary>
    public int Pending => figure.Pending;

    /// <summary>
    /// Those that nobody needed any more: their recipient took no part any more, or had read it before.
    /// </summary>
    public int NotNeeded => figure.NotNeeded;

    /// <summary>Notifications in profiles.</summary>
    public int InProfile => figure.InProfile;

    /// <summary>Those of them that were read.</summary>
    public int Read => figure.Read;
}

/// <summary>How many of those that a number counts are of a conversation.</summary>
[Name("NotifiedConversation")]
[Allow(Access.Office)]
public sealed class NotifiedConversationNode(NotifiedConversation row)
{
    /// <summary>The conversation.</summary>
    public IDataLoaderResult<ConversationNode> Conversation(IResolveFieldContext context) =>
        context.Conversation(row.ConversationId);

    /// <summary>How many.</summary>
    public int Count => row.Count;
}

/// <summary>An item of a page of conversations that were told of.</summary>
[Name("NotifiedConversationEdge")]
[Allow(Access.Office)]
public sealed class NotifiedConversationEdge(string cursor, NotifiedConversationNode node)
    : Edge<NotifiedConversationNode>(cursor, node);

/// <summary>A page of conversations that were told of.</summary>
[Name("NotifiedConversationConnection")]
[Allow(Access.Office)]
public sealed class NotifiedConversationConnection(
    Page<NotifiedConversation> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<NotifiedConversationNode, NotifiedConversationEdge>(
        page.Edges((cursor, row) => new NotifiedConversationEdge(cursor, new NotifiedConversationNode(row))),
        page.Info(), count);
