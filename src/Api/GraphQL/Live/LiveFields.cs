using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Live;
using Messaging.Projections.Conversations;

namespace Messaging.Api.GraphQL;

/// <summary>What can be listened to, by everybody who is signed in.</summary>
[Allow(Access.SignedIn)]
public sealed partial class Subscription
{
    /// <summary>The changes of one conversation.</summary>
    /// <param name="id">A conversation that the viewer may see.</param>
    [Allow(Access.SignedIn)]
    public static async Task<IObservable<ConversationUpdate>> ConversationUpdated(
        IResolveFieldContext context, [Id] string id)
    {
        var conversation = await SeenAsync(context, id);
        return Pulled(
            context.Service<LiveUpdates>().OfConversation(context.Caller(), conversation),
            c => new ConversationUpdate(c));
    }

    /// <summary>
    /// The changes of all conversations that the viewer may see and the filter lets through; of one that it does not
    /// let through, or no longer, <c>removedId</c>.
    /// </summary>
    /// <param name="filter">Which ones; all of them without it.</param>
    [Allow(Access.SignedIn)]
    public static IObservable<ConversationUpdate> ConversationsUpdated(
        IResolveFieldContext context, ConversationFilterInput? filter) =>
        Pulled(
            context.Service<LiveUpdates>().OfConversations(context.Caller(), ConversationFilterInput.ToFilter(filter)),
            c => new ConversationUpdate(c));

    /// <summary>What the viewer is told of in their profile.</summary>
    [Allow(Access.SignedIn)]
    public static IObservable<NotificationNode> NotificationReceived(IResolveFieldContext context) =>
        Pulled(context.Service<LiveUpdates>().OfNotifications(context.Caller()), n => new NotificationNode(n));

    /// <summary>
    /// Who else writes in a conversation: at once when somebody does, then all of them whenever that changes; an empty
    /// list when nobody does any more.
    /// </summary>
    /// <param name="conversationId">A conversation that the viewer may see.</param>
    [Allow(Access.SignedIn)]
    public static async Task<IObservable<WritingUpdate>> WritingInConversation(
        IResolveFieldContext context, [Id] string conversationId)
    {
        var conversation = await SeenAsync(context, conversationId);
        return Pulled(context.Service<Writing>().In(context.Caller(), conversation), c => new WritingUpdate(c));
    }

    private static async Task<Guid> SeenAsync(IResolveFieldContext context, string id)
    {
        var conversation = Ids.Parse(id);
        var found = await context
            .Service<ConversationQueries>()
            .ByIdsAsync(context.Caller(), [conversation], context.CancellationToken);
        return found.Count > 0 ? conversation : throw RefusedException.BadUserInput("There is no such conversation.");
    }

    private static Pulled<TNode> Pulled<T, TNode>(LiveStream<T> stream, Func<T, TNode> node)
        where TNode : class =>
        new(stream.Items.Select(node), stream.Release);
}

/// <summary>
/// What changed; of a conversation that may no longer be seen, or is not asked for, <c>removedId</c> and nothing else.
/// </summary>
[Allow(Access.SignedIn)]
public sealed class ConversationUpdate(ConversationChange change)
{
    /// <summary>The conversation as it is now.</summary>
    public ConversationNode? Conversation => change.Conversation is { } row ? new ConversationNode(row) : null;

    /// <summary>What happened.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<EventNode?>? Event(IResolveFieldContext context) =>
        change.EventId is { } id ? context.EventIfAny(id) : null;

    /// <summary>The conversation that is no longer there for the viewer.</summary>
    public Guid? RemovedId => change.Conversation is null ? change.ConversationId : null;
}
