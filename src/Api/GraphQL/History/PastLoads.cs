using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Organisation;

namespace Messaging.Api.GraphQL.History;

/// <summary>People and customers as they were at an instant, fetched in batches.</summary>
internal static class PastLoads
{
    public static IDataLoaderResult<IParticipant> ParticipantThen(
        this IResolveFieldContext context, Participant participant, DateTimeOffset at) =>
        participant.Kind switch
        {
            ParticipantKind.Administrator => context.AdministratorsThen()
                .LoadRequiredAsync(new PastKey(participant.Id, at))
                .Then(row => (IParticipant)new AdministratorNode(row, new PastKey(row.Id, at))),
            ParticipantKind.Contact => context.ContactsThen()
                .LoadRequiredAsync(new PastKey(participant.Id, at))
                .Then(row => (IParticipant)new ContactNode(row, new PastKey(row.Id, at))),
            ParticipantKind.System => LoaderResults.Done<IParticipant>(new SystemNode()),
        };

    public static IDataLoaderResult<AdministratorNode?> AdministratorThen(
        this IResolveFieldContext context, Guid id, DateTimeOffset at) =>
        context.AdministratorsThen().LoadAsync(new PastKey(id, at))
            .Then(row => row is null ? null : new AdministratorNode(row, new PastKey(id, at)));

    public static IDataLoaderResult<CustomerNode?> CustomerThen(
        this IResolveFieldContext context, Guid id, DateTimeOffset at) =>
        BatchLoaders
            .Of(context)
            .For<PastKey, CustomerRow>("past customers", (keys, cancellation) =>
                context.People().CustomersAsync(context.Caller(), keys, cancellation)
            )
            .LoadAsync(new PastKey(id, at))
            .Then(row => row is null ? null : new CustomerNode(row, new PastKey(id, at)));

    public static IDataLoaderResult<IReadOnlyList<ContactRow>> ContactsThen(
        this IResolveFieldContext context, PastKey customer) =>
        BatchLoaders
            .Of(context)
            .For<PastKey, IReadOnlyList<ContactRow>>("past contacts of customers", (keys, cancellation) =>
                context.People().ContactsOfAsync(context.Caller(), keys, cancellation)
            )
            .LoadAsync(customer, []);

    private static BatchLoader<PastKey, AdministratorRow> AdministratorsThen(this IResolveFieldContext context) =>
        BatchLoaders
            .Of(context)
            .For<PastKey, AdministratorRow>("past administrators", (keys, cancellation) =>
                context.People().AdministratorsAsync(context.Caller(), keys, cancellation)
            );

    private static BatchLoader<PastKey, ContactRow> ContactsThen(this IResolveFieldContext context) =>
        BatchLoaders
            .Of(context)
            .For<PastKey, ContactRow>("past contacts", (keys, cancellation) =>
                context.People().ContactsAsync(context.Caller(), keys, cancellation)
            );

    private static PastPeople People(this IResolveFieldContext context) => context.Service<PastPeople>();
}
