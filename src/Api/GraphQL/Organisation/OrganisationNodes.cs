using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Schema;
using Messaging.Domain;
using Messaging.Projections.Organisation;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Organisation;

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
