using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Files;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Application.Files;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Projections.Conversations;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Notifications;
using Messaging.Projections.Organisation;

namespace Messaging.Api.GraphQL;

/// <summary>Whatever has an id (Relay's object identification).</summary>
[Name("Node")]
[Allow(Access.SignedIn)]
public interface INode
{
    /// <summary>The id, a UUID.</summary>
    Guid Id { get; }
}

/// <content>Anything by its id.</content>
public sealed partial class Query
{
    /// <summary>Anything by its id. Null: there is nothing of that id that the viewer may see.</summary>
    /// <param name="id">
    /// The id of whatever it is; of a conversation, a comment, a person or a customer also as it was.
    /// </param>
    [Allow(Access.SignedIn)]
    public static async Task<INode?> Node(IResolveFieldContext context, [Id] string id)
    {
        var (caller, cancellation) = (context.Caller(), context.CancellationToken);
        if (NodeId.OfThePast(id) is { } then) return await PastNodeAsync(context, then);
        if (Ids.Parse(id) is var wanted && wanted == Guid.Empty) return null;
        var conversations = context.Service<ConversationQueries>();
        var (customers, office) = (context.Service<CustomerQueries>(), context.Service<OrganisationQueries>());
        Guid[] ids = [wanted];
        if ((await conversations.ByIdsAsync(caller, ids, cancellation)).TryGetValue(wanted, out var conversation))
            return Opened(context, new ConversationNode(conversation));
        if ((await conversations.CommentsByIdsAsync(caller, ids, cancellation)).TryGetValue(wanted, out var comment))
            return new CommentNode(comment);
        if (await conversations.FileByIdAsync(caller, wanted, cancellation) is { } file)
            return new FileNode(file);
        if (
            await context.Service<Uploads>().FindAsync(caller, wanted, cancellation) is
            { Upload.CommentId: null } upload
        )
            return new FileNode(upload);
        if ((await customers.CustomersByIdsAsync(caller, ids, cancellation)).TryGetValue(wanted, out var customer))
            return new CustomerNode(customer);
        if ((await customers.ContactsByIdsAsync(caller, ids, cancellation)).TryGetValue(wanted, out var contact))
            return new ContactNode(contact);
        if (
            (await office.AdministratorsByIdsAsync(caller, ids, cancellation)).TryGetValue(
                wanted, out var administrator)
        )
            return new AdministratorNode(administrator);
        if (
            (await context.Service<NotificationQueries>().NotificationsByIdsAsync(caller, ids, cancellation))
            .TryGetValue(wanted, out var told)
        )
            return new NotificationNode(told);
        if (wanted == caller.OrganisationId && await office.OrganisationAsync(caller, cancellation) is { } organisation)
            return new OrganisationNode(organisation);
        if (!caller.IsOfOffice) return null;
        var deliveries = context.Service<DeliveryQueries>();
        if (!caller.IsNarrow
            && (await deliveries.ByIdsAsync(caller, ids, cancellation)).TryGetValue(wanted, out var delivery))
            return new DeliveryNode(delivery);
        return
            (await context.Service<HistoryQueries>().EventsByIdsAsync(caller, ids, cancellation)).TryGetValue(
                wanted, out var stored)
            ? new EventNode(stored)
            : null;
    }

    private static ConversationNode Opened(IResolveFieldContext context, ConversationNode conversation)
    {
        context.RecordOpened(conversation);
        return conversation;
    }

    private static async Task<INode?> PastNodeAsync(IResolveFieldContext context, NodeId id)
    {
        var (caller, cancellation) = (context.Caller(), context.CancellationToken);
        if (!caller.IsOfOffice) return null;
        if (id.At is { } at) return await PastPersonAsync(context, new PastKey(id.Id, at));
        if (caller.IsNarrow) return null;
        var moment = new PastMoment(id.Id, id.Version, null);
        if (
            (await context.Service<PastConversations>().AsOfAsync(caller, [moment], cancellation)).TryGetValue(
                moment, out var then)
        )
        {
            return new ConversationNode(then) is var conversation && conversation.Id == id
                ? Opened(context, conversation)
                : null;
        }

        if (
            !(
                await context.Service<ConversationQueries>().CommentsByIdsAsync(caller, [id.Id], cancellation)
            ).TryGetValue(id.Id, out var comment)
        )
            return null;

        // Its conversation must have had that version, and the comment by then.
        moment = new PastMoment(comment.ConversationId, id.Version, null);
        return
            comment.Position <= id.Version
            && (await context.Service<PastConversations>().AsOfAsync(caller, [moment], cancellation)).TryGetValue(
                moment, out var of)
            && of.Header.Version == id.Version
            ? new CommentNode(comment, of)
            : null;
    }

    // What is still to come may be another thing by then.
    private static async Task<INode?> PastPersonAsync(IResolveFieldContext context, PastKey key)
    {
        if (key.At > await context.Service<OrganisationQueries>().NowAsync(context.CancellationToken)) return null;
        var (people, caller, cancellation) = (
            context.Service<PastPeople>(), context.Caller(), context.CancellationToken);
        if ((await people.CustomersAsync(caller, [key], cancellation)).TryGetValue(key, out var customer))
            return new CustomerNode(customer, key);
        if ((await people.ContactsAsync(caller, [key], cancellation)).TryGetValue(key, out var contact))
            return new ContactNode(contact, key);
        return (await people.AdministratorsAsync(caller, [key], cancellation)).TryGetValue(key, out var administrator)
            ? new AdministratorNode(administrator, key)
            : null;
    }
}
