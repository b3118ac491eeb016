using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Customers;

/// <summary>A customer of the office.</summary>
[Name("Customer")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class CustomerNode(CustomerRow row, PastKey? then = null) : INode, IEventSubject
{
    /// <summary>
    /// The id, a UUID. Of a customer as it was in a past conversation, an id of its own: the UUID, an @ and the
    /// instant.
    /// </summary>
    public NodeId Id => new(row.Id, then);

    Guid INode.Id => row.Id;

    /// <summary>1 to 200 characters.</summary>
    public string Name => row.Name;

    /// <summary>The number that the office counts it under, once in the office; null when it has none.</summary>
    public string? Number => row.Number;

    /// <summary>
    /// The office's notes; contacts never see them. Null when there are none, and to auditors who see a part only.
    /// </summary>
    [Allow(Access.Office)]
    public string? Notes(IResolveFieldContext context) => context.Caller().IsNarrow ? null : row.Notes;

    /// <summary>The office's tags, in the order in which they were given; contacts never see them.</summary>
    [Allow(Access.Office)]
    public IReadOnlyList<string> Tags => row.Tags;

    /// <summary>
    /// True when mails about its conversations, to whomever, do not say what was written: they say that there is a new
    /// message, and have a link. The registered address gets it all the same where the office's <c>mailContent</c> says
    /// so.
    /// </summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<bool> MailsWithoutContent(IResolveFieldContext context) =>
        context.HasNoMailContent(row.Id);

    /// <summary>
    /// The administrator who is responsible for new conversations when nobody else is named; one who was deactivated is
    /// passed over.
    /// </summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<AdministratorNode?>? DefaultAdministrator(IResolveFieldContext context) =>
        row.DefaultAdministratorId is not { } id ? null
        : then is { } key ? context.AdministratorThen(id, key.At)
        : context.AdministratorIfAny(id);

    /// <summary>
    /// The day of the mandate's end in the office's time zone: past, today or still to come. Null while it has none.
    /// </summary>
    public DateOnly? EndedOn => row.EndedOn;

    /// <summary>
    /// True since the day of the mandate's end: conversations are read, and nobody writes any more.
    /// </summary>
    public bool HasEnded => row.HasEnded;

    /// <summary>
    /// How long what there is of it has to be kept. Of a customer as it was: as it is now.
    /// </summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<CustomerRetentionNode> Retention(IResolveFieldContext context) =>
        context.RetentionOf(row.Id);

    /// <summary>
    /// True when the office's messages reach somebody: at least one contact is active. Otherwise a message reaches
    /// nobody.
    /// </summary>
    public IDataLoaderResult<bool> HasActiveContacts(IResolveFieldContext context) =>
        then is { } key
            ? context.ContactsThen(key).Then(rows => rows.Any(c => c is { Active: true, InvitedAt: not null }))
            : context.IsReachable(row.Id);

    /// <summary>The contacts of the customer. Of a customer as it was: those of then.</summary>
    public IDataLoaderResult<IEnumerable<ContactNode>> Contacts(IResolveFieldContext context) =>
        then is { } key
            ? context.ContactsThen(key).Then(rows => rows.Select(c => new ContactNode(c, new PastKey(c.Id, key.At))))
            : context.ContactsOf(row.Id);

    /// <summary>The conversations with it, the last changed first. Of a customer as it was: those of now.</summary>
    public IDataLoaderResult<ConversationConnection> Conversations(
        IResolveFieldContext context, ConversationFilterInput? filter, int? first, string? after)
    {
        var which = ConversationFilterInput.ToFilter(filter);
        return context.ConversationPage(row.Id, which, new PageRequest(first, after, null, null))
            .Then(page => new ConversationConnection(page, c => c.ConversationCount(row.Id, which)));
    }
}

/// <summary>A person who writes for a customer.</summary>
[Name("Contact")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class ContactNode(ContactRow row, PastKey? then = null) : INode, IEventSubject, IParticipant
{
    /// <summary>
    /// The id, a UUID. Of somebody as they were in a past conversation or at an event, an id of their own: the UUID, an
    /// @ and the instant.
    /// </summary>
    public NodeId Id => new(row.Id, then);

    Guid INode.Id => row.Id;

    /// <summary>
    /// The name that others see; of somebody who is restricted, to others than owners and auditors, N. N.
    /// </summary>
    public string DisplayName => row.DisplayName;

    /// <summary>The e-mail address; empty for somebody who is restricted, to others than owners and auditors.</summary>
    public string Email => EmailAddress.ForPeople(row.Email);

    /// <summary>
    /// True while what is kept about them is restricted (<c>restrictPerson</c>): owners and auditors alone see who they
    /// are.
    /// </summary>
    [Allow(Access.Office)]
    public bool IsRestricted => row.IsRestricted;

    /// <summary>
    /// True when what was kept about them was erased (<c>erasePerson</c>), to owners and auditors; to others they are
    /// restricted. Nobody knows any more who they were.
    /// </summary>
    [Allow(Access.Office)]
    public bool IsErased => row.IsErased;

    /// <summary>The problem with mail to the address; null while mail goes out.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<MailProblemNode?> MailProblem(IResolveFieldContext context) =>
        context.MailProblem(row.Email);

    /// <summary>
    /// The topics that they are limited to: they see the conversations with one of these as a tag. None when they see
    /// all of the customer's.
    /// </summary>
    [Allow(Access.Office)]
    public IReadOnlyList<string> Topics => row.Topics;

    /// <summary>True while they can sign in and get mail.</summary>
    public bool Active => row.Active;

    /// <summary>False while they have not taken the invitation up.</summary>
    public bool Joined => row.Joined;

    /// <summary>True when they sign in with a second factor.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<bool> HasSecondFactor(IResolveFieldContext context) => context.HasSecondFactor(row.Id);

    /// <summary>The instant of the latest invitation, while it was not taken up; otherwise null.</summary>
    [Allow(Access.Office)]
    public DateTimeOffset? InvitedAt => row is { Active: true, Joined: false } ? row.InvitedAt : null;

    /// <summary>
    /// The instant from which its link works no more, a week after the mail, while it was not taken up; otherwise null.
    /// </summary>
    [Allow(Access.Office)]
    public DateTimeOffset? InvitationExpiresAt => InvitedAt + Invitations.Lifetime;

    /// <summary>The change of address that was not confirmed yet; null while there is none.</summary>
    [Allow(Access.Office)]
    public EmailChangeNode? EmailChange => EmailChangeNode.Of(row.Id, row.EmailChange);
}

/// <summary>An item of a page of customers.</summary>
[Name("CustomerEdge")]
[Allow(Access.SignedIn)]
public sealed class CustomerEdge(string cursor, CustomerNode node) : Edge<CustomerNode>(cursor, node);

/// <summary>A page of customers.</summary>
[Name("CustomerConnection")]
[Allow(Access.SignedIn)]
public sealed class CustomerConnection(Page<CustomerRow> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<CustomerNode, CustomerEdge>(
        page.Edges((cursor, row) => new CustomerEdge(cursor, new CustomerNode(row))), page.Info(), count);
