using GraphQL;
using GraphQL.DataLoader;
using GraphQL.Types;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Projections.Paging;
using Messaging.Projections.People;

namespace Messaging.Api.GraphQL.People;

/// <summary>The accounting office.</summary>
[Name("Organisation")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class OrganisationNode(OrganisationRow row) : INode
{
    /// <summary>A UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>1 to 200 characters.</summary>
    public string Name => row.Name;

    /// <summary>How it works.</summary>
    public OrganisationSettingsNode Settings { get; } = new(row);
}

/// <summary>How an organisation works.</summary>
[Name("OrganisationSettings")]
[Allow(Access.SignedIn)]
public sealed class OrganisationSettingsNode(OrganisationRow row)
{
    /// <summary>Where the office is told of its customers' comments.</summary>
    [Allow(Access.Office)]
    public string NotificationEmail => EmailAddress.ForPeople(row.NotificationEmail);

    /// <summary>That mail to that address could not be delivered; null when it goes out.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<MailProblemNode?> MailProblem(IResolveFieldContext context) =>
        context.MailProblem(row.NotificationEmail);

    /// <summary>The language it writes in: <c>de</c> or <c>en</c>.</summary>
    public string Locale => row.Locale;

    /// <summary>The IANA time zone in which its mails say times.</summary>
    public string TimeZone => row.TimeZone;

    /// <summary>Whether customers may start conversations.</summary>
    public bool CustomersMayStartConversations => row.CustomersMayStartConversations;
}

/// <summary>Somebody who takes part: of the office, of a customer, or the product itself.</summary>
public interface IParticipant;

/// <summary>
/// Somebody of the office: an administrator or an auditor, or a service account that acts as one of these.
/// </summary>
[Name("Administrator")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class AdministratorNode(AdministratorRow row) : INode, IParticipant
{
    /// <summary>A UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>How they are called.</summary>
    public string DisplayName => row.DisplayName;

    /// <summary>Where they are written to; empty for a service account, which nobody writes to.</summary>
    [Allow(Access.Office)]
    public string Email => EmailAddress.ForPeople(row.Email);

    /// <summary>Whether it is a program of the office's that acts by API tokens, rather than a person.</summary>
    [Allow(Access.Office)]
    public bool IsServiceAccount => row.IsServiceAccount;

    /// <summary>That mail to them could not be delivered; null when it goes out.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<MailProblemNode?> MailProblem(IResolveFieldContext context) =>
        context.MailProblem(row.Email);

    /// <summary>ADMINISTRATOR or AUDITOR.</summary>
    [Allow(Access.Office)]
    public Role Role => row.Role;

    /// <summary>Whether they may change the settings and who belongs to the office.</summary>
    [Allow(Access.Office)]
    public bool IsOwner => row.IsOwner;

    /// <summary>False once they no longer belong to the office.</summary>
    [Allow(Access.Office)]
    public bool Active => row.Active;

    /// <summary>False while they have not taken the invitation up.</summary>
    [Allow(Access.Office)]
    public bool Joined => row.Joined;
}

/// <summary>A customer of the office.</summary>
[Name("Customer")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class CustomerNode(CustomerRow row) : INode
{
    /// <summary>A UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>1 to 200 characters.</summary>
    public string Name => row.Name;

    /// <summary>
    /// Whether anybody is told of what the office writes to it: one of its people, at least, is active. Where it is
    /// false, a message reaches nobody.
    /// </summary>
    public IDataLoaderResult<bool> HasActiveContacts(IResolveFieldContext context) => context.IsReachable(row.Id);

    /// <summary>Its people.</summary>
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

/// <summary>Somebody who writes for a customer.</summary>
[Name("Contact")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class ContactNode(ContactRow row) : INode, IParticipant
{
    /// <summary>A UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>How they are called.</summary>
    public string DisplayName => row.DisplayName;

    /// <summary>Where they are written to.</summary>
    public string Email => EmailAddress.ForPeople(row.Email);

    /// <summary>That mail to them could not be delivered; null when it goes out.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<MailProblemNode?> MailProblem(IResolveFieldContext context) =>
        context.MailProblem(row.Email);

    /// <summary>Whether they can sign in and are written to.</summary>
    public bool Active => row.Active;

    /// <summary>False while they have not taken the invitation up.</summary>
    public bool Joined => row.Joined;
}

/// <summary>
/// Mail that could not be delivered, and was given up: since none went out to the address. The next that does ends it.
/// </summary>
[Name("MailProblem")]
[Allow(Access.Office)]
public sealed class MailProblemNode(MailProblem problem)
{
    /// <summary>When the first mail was given up.</summary>
    public DateTimeOffset Since => problem.Since;

    /// <summary>
    /// Why the latest was: what the mail server said, or what is wrong with the address. At most 1,000 characters.
    /// </summary>
    public string Reason => problem.Reason;
}

/// <summary>The product itself.</summary>
[Name("System")]
[Allow(Access.SignedIn)]
public sealed class SystemNode : IParticipant
{
    /// <summary>The product's name.</summary>
    public string Name { get; } = "Messaging";
}

/// <summary>Somebody who takes part.</summary>
[Allow(Access.SignedIn)]
public sealed class ParticipantType : UnionGraphType
{
    /// <summary>Of the office, of a customer, or the product itself.</summary>
    public ParticipantType()
    {
        Name = "Participant";
        Description = "Somebody who takes part: of the office, of a customer, or the product itself.";
        Type<AutoRegisteringObjectGraphType<AdministratorNode>>();
        Type<AutoRegisteringObjectGraphType<ContactNode>>();
        Type<AutoRegisteringObjectGraphType<SystemNode>>();
    }
}

/// <summary>An item of a page of administrators.</summary>
[Name("AdministratorEdge")]
[Allow(Access.SignedIn)]
public sealed class AdministratorEdge(string cursor, AdministratorNode node) : Edge<AdministratorNode>(cursor, node);

/// <summary>A page of administrators.</summary>
[Name("AdministratorConnection")]
[Allow(Access.SignedIn)]
public sealed class AdministratorConnection(
    Page<AdministratorRow> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<AdministratorNode, AdministratorEdge>(
        page.Edges((cursor, row) => new AdministratorEdge(cursor, new AdministratorNode(row))), page.Info(), count);

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
