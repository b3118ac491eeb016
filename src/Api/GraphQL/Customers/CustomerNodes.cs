using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain;
using Messaging.Projections.Customers;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Customers;

/// <summary>A customer of the office.</summary>
[Name("Customer")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class CustomerNode(CustomerRow row) : INode
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>1 to 200 characters.</summary>
    public string Name => row.Name;

    /// <summary>
    /// True when the office's messages reach somebody: at least one contact is active. Otherwise a message reaches
    /// nobody.
    /// </summary>
    public IDataLoaderResult<bool> HasActiveContacts(IResolveFieldContext context) => context.IsReachable(row.Id);

    /// <summary>The contacts of the customer.</summary>
    public IDataLoaderResult<IEnumerable<ContactNode>> Contacts(IResolveFieldContext context) =>
        context.ContactsOf(row.Id);

    /// <summary>The conversations with it, the last changed first.</summary>
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
public sealed class ContactNode(ContactRow row) : INode, IParticipant
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>The name that others see.</summary>
    public string DisplayName => row.DisplayName;

    /// <summary>The e-mail address.</summary>
    public string Email => EmailAddress.ForPeople(row.Email);

    /// <summary>The problem with mail to the address; null while mail goes out.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<MailProblemNode?> MailProblem(IResolveFieldContext context) =>
        context.MailProblem(row.Email);

    /// <summary>True while they can sign in and get mail.</summary>
    public bool Active => row.Active;

    /// <summary>False while they have not taken the invitation up.</summary>
    public bool Joined => row.Joined;
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
