using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.People;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Projections.Conversations;
using Messaging.Projections.Paging;
using Messaging.Projections.People;

namespace Messaging.Api.GraphQL;

/// <content>The organisation and its people.</content>
public sealed partial class Query
{
    /// <summary>The viewer's organisation.</summary>
    [Allow(Access.SignedIn)]
    public static IDataLoaderResult<OrganisationNode> Organisation(IResolveFieldContext context) =>
        context.Organisation();

    /// <summary>Those of the office, by name.</summary>
    [Allow(Access.Office)]
    public static async Task<AdministratorConnection> Administrators(
        IResolveFieldContext context, int? first, string? after)
    {
        var people = context.Service<PeopleQueries>();
        var page = await people.AdministratorsPageAsync(
            context.Caller(), new PageRequest(first, after, null, null), context.CancellationToken);
        return new AdministratorConnection(page, c =>
            Counts.Fetched(x => people.AdministratorsCountAsync(c.Caller(), x))
        );
    }

    /// <summary>The office's customers, by name; with <c>search</c>, those whose name contains it.</summary>
    /// <param name="search">A part of the customer's name.</param>
    [Allow(Access.Office)]
    public static async Task<CustomerConnection> Customers(
        IResolveFieldContext context, [Limit(Characters = ConversationFilter.SearchMaximum)] string? search, int? first,
        string? after)
    {
        var people = context.Service<PeopleQueries>();
        var page = await people.CustomersPageAsync(
            context.Caller(), search, new PageRequest(first, after, null, null), context.CancellationToken);
        return new CustomerConnection(page, c =>
            Counts.Fetched(x => people.CustomersCountAsync(c.Caller(), search, x))
        );
    }

    /// <summary>A customer. Null: there is none that the viewer may see.</summary>
    /// <param name="id">Its id.</param>
    [Allow(Access.SignedIn)]
    public static IDataLoaderResult<CustomerNode?> Customer(IResolveFieldContext context, [Id] string id) =>
        context.CustomerIfAny(Ids.Parse(id));
}

/// <summary>People, fetched in batches.</summary>
internal static class PeopleLoads
{
    public static IDataLoaderResult<OrganisationNode> Organisation(this IResolveFieldContext context) =>
        BatchLoaders.Of(context)
            .For<string, OrganisationRow>("organisation", async (tenants, cancellation) =>
                await context.Service<PeopleQueries>().OrganisationAsync(context.Caller(), cancellation) is { } row
                    ? new Dictionary<string, OrganisationRow> { [context.Caller().TenantId] = row }
                    : [])
            .LoadRequiredAsync(context.Caller().TenantId).Then(row => new OrganisationNode(row));

    public static IDataLoaderResult<AdministratorNode?> AdministratorIfAny(
        this IResolveFieldContext context,
        Guid id) => context.Administrators().LoadAsync(id).Then(row => row is null ? null : new AdministratorNode(row));

    public static IDataLoaderResult<ContactNode?> ContactIfAny(this IResolveFieldContext context, Guid id) =>
        context.Contacts().LoadAsync(id).Then(row => row is null ? null : new ContactNode(row));

    public static IDataLoaderResult<IParticipant?> PersonIfAny(this IResolveFieldContext context, Guid id) =>
        context.AdministratorIfAny(id).ThenLoad(administrator => administrator is not null
            ? LoaderResults.Done<IParticipant?>(administrator)
            : context.ContactIfAny(id).Then(contact => (IParticipant?)contact));

    /// <summary>Somebody of either kind is asked for soon.</summary>
    public static void ForeseePerson(this IResolveFieldContext context, Guid id)
    {
        context.Administrators().Foresee(id);
        context.Contacts().Foresee(id);
    }

    public static IDataLoaderResult<CustomerNode?> CustomerIfAny(this IResolveFieldContext context, Guid id) =>
        context.Customers().LoadAsync(id).Then(row => row is null ? null : new CustomerNode(row));

    public static IDataLoaderResult<CustomerNode> Customer(this IResolveFieldContext context, Guid id) =>
        context.Customers().LoadRequiredAsync(id).Then(row => new CustomerNode(row));

    public static IDataLoaderResult<IParticipant> Participant(
        this IResolveFieldContext context, Participant participant) =>
        participant.Kind switch
        {
            ParticipantKind.Administrator => context
                .Administrators()
                .LoadRequiredAsync(participant.Id)
                .Then(row => (IParticipant)new AdministratorNode(row)),
            ParticipantKind.Contact => context
                .Contacts()
                .LoadRequiredAsync(participant.Id)
                .Then(row => (IParticipant)new ContactNode(row)),
            ParticipantKind.System => LoaderResults.Done<IParticipant>(new SystemNode()),
        };

    public static IDataLoaderResult<IEnumerable<ContactNode>> ContactsOf(
        this IResolveFieldContext context, Guid customerId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, IReadOnlyList<ContactRow>>("contacts of customers", (ids, cancellation) =>
                context.Service<PeopleQueries>().ContactsByCustomerIdsAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(customerId, [])
            .Then(rows => rows.Select(row => new ContactNode(row)));

    public static IDataLoaderResult<bool> IsReachable(this IResolveFieldContext context, Guid customerId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, bool>("reachable customers", (ids, cancellation) =>
                context.Service<PeopleQueries>().ReachableCustomersAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(customerId, false);

    public static IDataLoaderResult<MailProblemNode?> MailProblem(this IResolveFieldContext context, string address) =>
        BatchLoaders
            .Of(context)
            .For<string, MailProblem>("mail problems", (addresses, cancellation) =>
                context.Service<Deliveries>().ProblemsAsync(context.Caller().TenantId, addresses, cancellation)
            )
            .LoadAsync(address)
            .Then(problem => problem is null ? null : new MailProblemNode(problem));

    public static BatchLoader<Guid, AdministratorRow> Administrators(this IResolveFieldContext context) =>
        BatchLoaders
            .Of(context)
            .For<Guid, AdministratorRow>("administrators", (ids, cancellation) =>
                context.Service<PeopleQueries>().AdministratorsByIdsAsync(context.Caller(), ids, cancellation)
            );

    public static BatchLoader<Guid, ContactRow> Contacts(this IResolveFieldContext context) =>
        BatchLoaders
            .Of(context)
            .For<Guid, ContactRow>("contacts", (ids, cancellation) =>
                context.Service<PeopleQueries>().ContactsByIdsAsync(context.Caller(), ids, cancellation)
            );

    private static BatchLoader<Guid, CustomerRow> Customers(this IResolveFieldContext context) =>
        BatchLoaders
            .Of(context)
            .For<Guid, CustomerRow>("customers", (ids, cancellation) =>
                context.Service<PeopleQueries>().CustomersByIdsAsync(context.Caller(), ids, cancellation)
            );
}
