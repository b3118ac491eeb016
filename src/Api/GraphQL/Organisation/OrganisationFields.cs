using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Domain.Organisation;
using Messaging.Projections.Organisation;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL;

/// <content>The organisation and those of the office.</content>
public sealed partial class Query
{
    /// <summary>The viewer's organisation.</summary>
    [Allow(Access.SignedIn)]
    public static IDataLoaderResult<OrganisationNode> Organisation(IResolveFieldContext context) =>
        context.Organisation();

    /// <summary>The people of the office, by name.</summary>
    [Allow(Access.Office)]
    public static async Task<AdministratorConnection> Administrators(
        IResolveFieldContext context, int? first, string? after)
    {
        var office = context.Service<OrganisationQueries>();
        var page = await office.AdministratorsPageAsync(
            context.Caller(), new PageRequest(first, after, null, null), context.CancellationToken);
        return new AdministratorConnection(page, c =>
            Counts.Fetched(x => office.AdministratorsCountAsync(c.Caller(), x))
        );
    }
}

/// <summary>The organisation and those of the office, fetched in batches.</summary>
internal static class OrganisationLoads
{
    public static IDataLoaderResult<OrganisationNode> Organisation(this IResolveFieldContext context) =>
        BatchLoaders.Of(context)
            .For<string, OrganisationRow>("organisation", async (tenants, cancellation) =>
            {
                var caller = context.Caller();
                return await context.Service<OrganisationQueries>().OrganisationAsync(caller, cancellation) is { } row
                    ? new Dictionary<string, OrganisationRow> { [caller.TenantId] = row }
                    : [];
            })
            .LoadRequiredAsync(context.Caller().TenantId).Then(row => new OrganisationNode(row));

    public static IDataLoaderResult<OfficeCalendar> OfficeCalendar(this IResolveFieldContext context) =>
        BatchLoaders.Of(context)
            .For<string, OfficeCalendar>("calendar", async (_, cancellation) =>
                {
                    var caller = context.Caller();
                    return new Dictionary<string, OfficeCalendar>
                    {
                        [caller.TenantId] =
                            await context.Service<OrganisationQueries>().CalendarAsync(caller, cancellation),
                    };
                })
            .LoadRequiredAsync(context.Caller().TenantId);

    public static IDataLoaderResult<AdministratorNode?> AdministratorIfAny(
        this IResolveFieldContext context,
        Guid id) => context.Administrators().LoadAsync(id).Then(row => row is null ? null : new AdministratorNode(row));

    public static IDataLoaderResult<AbsenceNode?> AbsenceOf(this IResolveFieldContext context, Guid id) =>
        BatchLoaders
            .Of(context)
            .For<Guid, AbsenceRow>("absences", (ids, cancellation) =>
                context.Service<OrganisationQueries>().AbsencesAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(id)
            .Then(row => row is null ? null : new AbsenceNode(row));

    public static IDataLoaderResult<AuditorScope> ScopeOf(this IResolveFieldContext context, Guid id) =>
        BatchLoaders
            .Of(context)
            .For<Guid, AuditorScope>("scopes", (ids, cancellation) =>
                context.Service<OrganisationQueries>().ScopesAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(id, AuditorScope.None);

    public static IDataLoaderResult<IEnumerable<AdministratorNode>> MentionedIn(
        this IResolveFieldContext context, Guid commentId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, IReadOnlyList<AdministratorRow>>("mentions", (ids, cancellation) =>
                context.Service<OrganisationQueries>().MentionedAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(commentId, [])
            .Then(rows => rows.Select(row => new AdministratorNode(row)));

    public static BatchLoader<Guid, AdministratorRow> Administrators(this IResolveFieldContext context) =>
        BatchLoaders
            .Of(context)
            .For<Guid, AdministratorRow>("administrators", (ids, cancellation) =>
                context.Service<OrganisationQueries>().AdministratorsByIdsAsync(context.Caller(), ids, cancellation)
            );
}
