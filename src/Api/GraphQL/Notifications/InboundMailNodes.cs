using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Schema;
using Messaging.Application.Notifications.Inbound;
using Messaging.Domain;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Notifications;

/// <summary>A mail that came to an address for answers, and became no comment.</summary>
[Name("InboundMail")]
[Allow(Access.Office)]
public sealed class InboundMailNode(InboundMailRow row)
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>The instant at which it was read.</summary>
    public DateTimeOffset ReceivedAt => row.ReceivedAt;

    /// <summary>The reason why it became no comment.</summary>
    public InboundOutcome Outcome => row.Outcome;

    /// <summary>The code of the refusal, where there was one, such as <c>Forbidden</c>.</summary>
    public string? Code => row.Code;

    /// <summary>The address that it says it is from, which nobody has proven; at most 320 characters.</summary>
    public string From => EmailAddress.ForPeople(row.From);

    /// <summary>Its subject, at most 200 characters.</summary>
    public string Subject => row.Subject;

    /// <summary>
    /// The person that the address was made for, who alone may answer by it; null where it is nobody that the
    /// viewer may see.
    /// </summary>
    public IDataLoaderResult<IParticipant?>? Person(IResolveFieldContext context) =>
        row.PersonId is { } id ? context.PersonIfAny(id) : null;

    /// <summary>The conversation that it answers.</summary>
    public IDataLoaderResult<ConversationNode?>? Conversation(IResolveFieldContext context) =>
        row.ConversationId is { } id ? context.ConversationIfAny(id) : null;
}

/// <summary>An item of a page of mails.</summary>
[Name("InboundMailEdge")]
[Allow(Access.Office)]
public sealed class InboundMailEdge(string cursor, InboundMailNode node) : Edge<InboundMailNode>(cursor, node);

/// <summary>A page of mails.</summary>
[Name("InboundMailConnection")]
[Allow(Access.Office)]
public sealed class InboundMailConnection(
    Page<InboundMailRow> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<InboundMailNode, InboundMailEdge>(
        page.Edges((cursor, row) => new InboundMailEdge(cursor, new InboundMailNode(row))), page.Info(), count);
