using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Notifications;
using Messaging.Projections.Organisation;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.Organisation;

/// <summary>The accounting office.</summary>
[Name("Organisation")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class OrganisationNode(OrganisationRow row) : INode, IEventSubject
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => row.Id;

    /// <summary>1 to 200 characters.</summary>
    public string Name => row.Name;

    /// <summary>The settings.</summary>
    public OrganisationSettingsNode Settings { get; } = new(row);
}

/// <summary>The settings of an organisation.</summary>
[Name("OrganisationSettings")]
[Allow(Access.SignedIn)]
public sealed class OrganisationSettingsNode(OrganisationRow row)
{
    /// <summary>The registered address, which is notified of customers' comments.</summary>
    [Allow(Access.Office)]
    public string NotificationEmail => EmailAddress.ForPeople(row.NotificationEmail);

    /// <summary>The problem with mail to that address; null while mail goes out.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<MailProblemNode?> MailProblem(IResolveFieldContext context) =>
        context.MailProblem(row.NotificationEmail);

    /// <summary>The language it writes in: <c>de</c> or <c>en</c>.</summary>
    public string Locale => row.Locale;

    /// <summary>The IANA time zone in which its mails say times.</summary>
    public string TimeZone => row.TimeZone;

    /// <summary>True when customers may start conversations.</summary>
    public bool CustomersMayStartConversations => row.CustomersMayStartConversations;

    /// <summary>True when customers are told that a conversation is answered.</summary>
    [Allow(Access.Office)]
    public Task<bool> CustomersAreToldAnswered(IResolveFieldContext context) =>
        context.Service<NotificationQueries>().TellsAnsweredAsync(row.Id.ToString(), context.CancellationToken);

    /// <summary>
    /// The mails about conversations that say what was written. The others say that there is a new message, and have a
    /// link.
    /// </summary>
    [Allow(Access.Office)]
    public Task<MailContent> MailContent(IResolveFieldContext context) =>
        context.Service<NotificationQueries>().MailContentAsync(row.Id.ToString(), context.CancellationToken);

    /// <summary>
    /// The instant from which a second factor is required of administrators and auditors; null when it is not.
    /// </summary>
    [Allow(Access.Office)]
    public Task<DateTimeOffset?> SecondFactorRequiredFrom(IResolveFieldContext context) =>
        context.Service<SecondFactors>().RequiredFromAsync(row.Id.ToString(), context.CancellationToken);

    /// <summary>
    /// When the office works: the default first, until the first calendar of its own begins, and each of these until
    /// the next one begins. At most 101.
    /// </summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<IEnumerable<CalendarNode>> Calendars(IResolveFieldContext context) =>
        context.OfficeCalendar().Then(office => office.All.Select(c => new CalendarNode(c)));

    /// <summary>
    /// False where the office shows nobody times of a person: <c>groupBy: ADMINISTRATOR</c> has none.
    /// </summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<bool> ShowsPersonalTimes(IResolveFieldContext context) =>
        context.OfficeCalendar().Then(office => office.ShowsPersonalTimes);

    /// <summary>
    /// The years that what the office has of a customer is kept: 10 after the mandate, 6 after the last comment and 8
    /// after the last file, until it says otherwise.
    /// </summary>
    [Allow(Access.Office)]
    public async Task<RetentionYearsNode> Retention(IResolveFieldContext context) =>
        new(await context.Service<RetentionQueries>().YearsAsync(context.Caller(), context.CancellationToken));
}

/// <summary>
/// A person of the office, an administrator or an auditor, or a service account that acts as one of these.
/// </summary>
[Name("Administrator")]
[Implements(typeof(INode))]
[Allow(Access.SignedIn)]
public sealed class AdministratorNode(AdministratorRow row, PastKey? then = null) : INode, IEventSubject, IParticipant
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

    /// <summary>
    /// The e-mail address; empty for a service account, which gets no mail, and for somebody who is restricted, to
    /// others than owners and auditors.
    /// </summary>
    [Allow(Access.Office)]
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

    /// <summary>True for a program of the office that acts by API tokens, false for a person.</summary>
    [Allow(Access.Office)]
    public bool IsServiceAccount => row.IsServiceAccount;

    /// <summary>The problem with mail to the address; null while mail goes out.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<MailProblemNode?> MailProblem(IResolveFieldContext context) =>
        context.MailProblem(row.Email);

    /// <summary>ADMINISTRATOR or AUDITOR.</summary>
    [Allow(Access.Office)]
    public Role Role => row.Role;

    /// <summary>True for an owner, who may change the settings and the people of the office.</summary>
    [Allow(Access.Office)]
    public bool IsOwner => row.IsOwner;

    /// <summary>The customers that they see, and until when.</summary>
    [Name("access")]
    [Allow(Access.Owners)]
    public AdministratorAccessNode CustomersSeen => new(row, then is not null);

    /// <summary>False once they no longer belong to the office.</summary>
    [Allow(Access.Office)]
    public bool Active => row.Active;

    /// <summary>False while they have not taken the invitation up.</summary>
    [Allow(Access.Office)]
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

    /// <summary>The days on which they are away, today or later; null while there are none.</summary>
    [Allow(Access.Office)]
    public IDataLoaderResult<AbsenceNode?> Absence(IResolveFieldContext context) => context.AbsenceOf(row.Id);
}

/// <summary>Days on which somebody of the office is away, and who stands in for them.</summary>
[Name("Absence")]
[Allow(Access.Office)]
public sealed class AbsenceNode(AbsenceRow row)
{
    /// <summary>The first day, in the office's time zone.</summary>
    public DateOnly From => row.From;

    /// <summary>The last day.</summary>
    public DateOnly To => row.To;

    /// <summary>True when today is one of these days.</summary>
    public bool IsNow => row.IsNow;

    /// <summary>
    /// The colleague who is told of what they would be told of as responsible; null where nobody was named. Who has
    /// left, or is away as well, is told of nothing.
    /// </summary>
    public IDataLoaderResult<AdministratorNode?>? Deputy(IResolveFieldContext context) =>
        row.DeputyId is { } id ? context.AdministratorIfAny(id) : null;
}

/// <summary>
/// What somebody of the office sees: all customers, or those that an owner gave them; and until when they come in.
/// </summary>
[Name("AdministratorAccess")]
[Allow(Access.Owners)]
public sealed class AdministratorAccessNode(AdministratorRow row, bool isPast)
{
    /// <summary>True when they see all customers, as owners always do.</summary>
    public bool All => !row.IsLimited;

    /// <summary>The customers that they were given by name; empty where they see all. At most 200.</summary>
    public IReadOnlyList<Guid> CustomerIds => row.IsLimited ? row.CustomerIds : [];

    /// <summary>The first of these customers, in the order in which they were given.</summary>
    /// <param name="first">The most that are listed: 0 to 200, 50 by default.</param>
    public IDataLoaderResult<IEnumerable<CustomerNode>> Customers(IResolveFieldContext context, int? first) =>
        context.CustomersGiven(row.Id, new PageRequest(first, null, null, null).Size());

    /// <summary>
    /// The tags of customers that they were given: they see each customer that has one of them, now or later. Empty
    /// where they see all.
    /// </summary>
    public IReadOnlyList<string> Tags => row.IsLimited ? row.CustomerTags : [];

    /// <summary>
    /// The instant at which an auditor's access ends, or has ended; null when it does not end by itself.
    /// </summary>
    public IDataLoaderResult<DateTimeOffset?> Until(IResolveFieldContext context) =>
        Scope(context).Then(scope => scope.Until);

    /// <summary>False for an auditor who sees no internal notes.</summary>
    public IDataLoaderResult<bool> Notes(IResolveFieldContext context) =>
        Scope(context).Then(scope => scope.WithNotes);

    /// <summary>The first instant of what an auditor sees; null when it is all from the beginning.</summary>
    public IDataLoaderResult<DateTimeOffset?> From(IResolveFieldContext context) =>
        Scope(context).Then(scope => scope.From);

    /// <summary>The instant before which all of it happened; null when they see what is still to come, too.</summary>
    public IDataLoaderResult<DateTimeOffset?> To(IResolveFieldContext context) =>
        Scope(context).Then(scope => scope.To);

    private IDataLoaderResult<AuditorScope> Scope(IResolveFieldContext context) =>
        context.ScopeOf(row.Id).Then(now => isPast ? row.Scope ?? AuditorScope.None : now);
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
