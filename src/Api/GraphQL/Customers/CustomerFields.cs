using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain.Customers;
using Messaging.Projections.Conversations;
using Messaging.Projections.Customers;
using Messaging.Projections.Notifications;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL;

/// <content>Customers and their contacts.</content>
public sealed partial class Query
{
    /// <summary>
    /// The office's customers, by name; with <c>search</c>, those whose name, number or contact contains it.
    /// </summary>
    /// <param name="search">
    /// A part of the customer's name or number, or of the name or the address of one of its contacts.
    /// </param>
    /// <param name="tag">Only customers with this tag, in whatever case.</param>
    [Allow(Access.Office)]
    public static async Task<CustomerConnection> Customers(
        IResolveFieldContext context, [Limit(Characters = ConversationFilter.SearchMaximum)] string? search, int? first,
        string? after, [Limit(Characters = CustomerDecider.TagMaximum)] string? tag)
    {
        var customers = context.Service<CustomerQueries>();
        var page = await customers.CustomersPageAsync(
            context.Caller(), search, tag, new PageRequest(first, after, null, null), context.CancellationToken);
        return new CustomerConnection(page, c =>
            Counts.Fetched(x => customers.CustomersCountAsync(c.Caller(), search, tag, x))
        );
    }

    /// <summary>A customer. Null: there is none that the viewer may see.</summary>
    /// <param name="id">The id.</param>
    [Allow(Access.SignedIn)]
    public static IDataLoaderResult<CustomerNode?> Customer(IResolveFieldContext context, [Id] string id) =>
        context.CustomerIfAny(Ids.Parse(id));
}

/// <summary>Customers and their contacts, fetched in batches.</summary>
internal static class CustomerLoads
{
    public static IDataLoaderResult<ContactNode?> ContactIfAny(this IResolveFieldContext context, Guid id) =>
        context.Contacts().LoadAsync(id).Then(row => row is null ? null : new ContactNode(row));

    public static IDataLoaderResult<CustomerNode?> CustomerIfAny(this IResolveFieldContext context, Guid id) =>
        context.Customers().LoadAsync(id).Then(row => row is null ? null : new CustomerNode(row));

    /// <summary>The first of the customers that somebody of the office was given by name.</summary>
    public static IDataLoaderResult<IEnumerable<CustomerNode>> CustomersGiven(
        this IResolveFieldContext context, Guid administratorId, int first) =>
        BatchLoaders
            .Of(context)
            .For<Guid, IReadOnlyList<CustomerRow>, int>(
                "customers given", first,
                (most, ids, cancellation) => context.Service<CustomerQueries>()
                    .GivenToAsync(context.Caller(), ids, most, cancellation))
            .LoadAsync(administratorId, [])
            .Then(rows => rows.Select(row => new CustomerNode(row)));

    public static IDataLoaderResult<CustomerNode> Customer(this IResolveFieldContext context, Guid id) =>
        context.Customers().LoadRequiredAsync(id).Then(row => new CustomerNode(row));

    public static IDataLoaderResult<IEnumerable<ContactNode>> ContactsOf(
        this IResolveFieldContext context, Guid customerId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, IReadOnlyList<ContactRow>>("contacts of customers", (ids, cancellation) =>
                context.Service<CustomerQueries>().ContactsByCustomerIdsAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(customerId, [])
            .Then(rows => rows.Select(row => new ContactNode(row)));

    public static IDataLoaderResult<bool> IsReachable(this IResolveFieldContext context, Guid customerId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, bool>("reachable customers", (ids, cancellation) =>
                context.Service<CustomerQueries>().ReachableCustomersAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(customerId, false);

    public static IDataLoaderResult<bool> HasNoMailContent(this IResolveFieldContext context, Guid customerId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, bool>("customers without mail content", (ids, cancellation) =>
                context.Service<NotificationQueries>().WithoutMailContentAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(customerId, false);

    public static IDataLoaderResult<CustomerRetentionNode> RetentionOf(
        this IResolveFieldContext context, Guid customerId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, RetentionRow>("retention of customers", (ids, cancellation) =>
                context.Service<RetentionQueries>().CustomersAsync(context.Caller(), ids, cancellation)
            )
            .LoadRequiredAsync(customerId)
            .Then(row => new CustomerRetentionNode(row));

    public static BatchLoader<Guid, ContactRow> Contacts(this IResolveFieldContext context) =>
        BatchLoaders
            .Of(context)
            .For<Guid, ContactRow>("contacts", (ids, cancellation) =>
                context.Service<CustomerQueries>().ContactsByIdsAsync(context.Caller(), ids, cancellation)
            );

    private static BatchLoader<Guid, CustomerRow> Customers(this IResolveFieldContext context) =>
        BatchLoaders
            .Of(context)
            .For<Guid, CustomerRow>("customers", (ids, cancellation) =>
                context.Service<CustomerQueries>().CustomersByIdsAsync(context.Caller(), ids, cancellation)
            );
}
