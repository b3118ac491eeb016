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

/// <summary>The subscriptions, for everybody who is signed in.</summary>
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
    /// <param name="filter">The conditions on conversations; by default all of them.</param>
    [Allow(Access.SignedIn)]
    public static IObservable<ConversationUpdate> ConversationsUpdated(
        IResolveFieldContext context, ConversationFilterInput? filter) =>
        Pulled(
            context.Service<LiveUpdates>().OfConversations(context.Caller(), ConversationFilterInput.ToFilter(filter)),
            c => new ConversationUpdate(c));

    /// <summary>The notifications of the viewer's profile, as they come.</summary>
    [Allow(Access.SignedIn)]
    public static IObservable<NotificationNode> NotificationReceived(IResolveFieldContext context) =>
        Pulled(context.Service<LiveUpdates>().OfNotifications(context.Caller()), n => new NotificationNode(n));

    /// <summary>
    /// The other participants who are writing in a conversation: at once when there are any, then all of them after
    /// each change; an empty list when nobody writes any more.
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
/// A change of a conversation; only <c>removedId</c> when the conversation is no longer visible or no longer matches
/// the filter.
/// </summary>
[Allow(Access.SignedIn)]
public sealed class ConversationUpdate(ConversationChange change)
{
    /// <summary>The conversation as it is now.</summary>
    public ConversationNode? Conversation => change.Conversation is { } row ? new ConversationNode(row) : null;

    /// <summary>The event.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<EventNode?>? Event(IResolveFieldContext context) =>
        change.EventId is { } id ? context.EventIfAny(id) : null;

    /// <summary>The conversation that is no longer there for the viewer.</summary>
    public Guid? RemovedId => change.Conversation is null ? change.ConversationId : null;
}
