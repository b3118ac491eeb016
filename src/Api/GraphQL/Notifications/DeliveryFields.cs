using GraphQL;
using GraphQL.DataLoader;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Notifications;
using Messaging.Domain.Notifications;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL;

/// <content>The ledger of mails.</content>
public sealed partial class Query
{
    /// <summary>
    /// The mails of the organisation, the latest first: those about conversations, and those about accounts.
    /// </summary>
    /// <param name="filter">The conditions for deliveries to be listed; by default all that the viewer may see.</param>
    [Allow(Access.Office)]
    public static async Task<DeliveryConnection> Deliveries(
        IResolveFieldContext context, DeliveryFilterInput? filter, int? first, string? after, int? last,
        string? before)
    {
        var queries = context.Service<DeliveryQueries>();
        var which = filter?.ToFilter() ?? new DeliveryFilter();
        var page = await queries.PageAsync(
            context.Caller(), which, new PageRequest(first, after, last, before), context.CancellationToken);
        return new DeliveryConnection(page, c => Counts.Fetched(x => queries.CountAsync(c.Caller(), which, x)));
    }
}

/// <summary>Conditions on deliveries, all of which have to hold.</summary>
[Allow(Access.Office)]
public sealed class DeliveryFilterInput
{
    /// <summary>In any of these states.</summary>
    public IReadOnlyList<DeliveryState>? States { get; set; }

    /// <summary>Of any of these kinds.</summary>
    public IReadOnlyList<DeliveryKind>? Kinds { get; set; }

    /// <summary>About this conversation.</summary>
    [Id]
    public string? ConversationId { get; set; }

    /// <summary>To this person: an administrator, an auditor or a contact.</summary>
    [Id]
    public string? RecipientId { get; set; }

    /// <summary>True for those to the office's registered address, false for those to people.</summary>
    public bool? ToRegisteredAddress { get; set; }

    /// <summary>Planned at this instant or later.</summary>
    public DateTimeOffset? CreatedFrom { get; set; }

    /// <summary>Planned before this instant.</summary>
    public DateTimeOffset? CreatedTo { get; set; }

    /// <summary>As the queries take it.</summary>
    internal DeliveryFilter ToFilter() => new(
        States is null ? null : [.. States], Kinds is null ? null : [.. Kinds], Ids.ParseOptional(ConversationId),
        Ids.ParseOptional(RecipientId), ToRegisteredAddress, CreatedFrom, CreatedTo);
}

/// <summary>Deliveries and whom they told, fetched in batches.</summary>
internal static class DeliveryLoads
{
    public static IDataLoaderResult<DeliveryNode?> DeliveryIfAny(this IResolveFieldContext context, Guid id) =>
        BatchLoaders
            .Of(context)
            .For<Guid, DeliveryRow>("deliveries", (ids, cancellation) =>
                context.Service<DeliveryQueries>().ByIdsAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(id)
            .Then(row => row is null ? null : new DeliveryNode(row));

    public static IDataLoaderResult<SentMailNode?> SentMail(this IResolveFieldContext context, Guid deliveryId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, SentMailRow>("sent mails", (ids, cancellation) =>
                context.Service<DeliveryQueries>().SentAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(deliveryId)
            .Then(row => row is null ? null : new SentMailNode(row));

    public static IDataLoaderResult<Page<DeliveryRow>> DeliveryPage(
        this IResolveFieldContext context, Guid conversationId, PageRequest request) =>
        BatchLoaders
            .Of(context)
            .For<Guid, Page<DeliveryRow>, PageRequest>(
                "delivery pages", request,
                (page, ids, cancellation) => context.Service<DeliveryQueries>()
                    .PagesAsync(context.Caller(), ids, page, cancellation))
            .LoadRequiredAsync(conversationId);

    public static IDataLoaderResult<int> DeliveryCount(this IResolveFieldContext context, Guid conversationId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, int>("delivery counts", (ids, cancellation) =>
                context.Service<DeliveryQueries>().CountsAsync(context.Caller(), ids, cancellation))
            .LoadAsync(conversationId, 0);

    public static IDataLoaderResult<Page<ToldRow>> ToldPage(
        this IResolveFieldContext context, Guid eventId, PageRequest request) =>
        BatchLoaders
            .Of(context)
            .For<Guid, Page<ToldRow>, PageRequest>(
                "who was told", request,
                (page, ids, cancellation) => context.Service<DeliveryQueries>()
                    .ToldAsync(context.Caller(), ids, page, cancellation))
            .LoadRequiredAsync(eventId);

    public static IDataLoaderResult<int> ToldCount(this IResolveFieldContext context, Guid eventId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, int>("counts of who was told", (ids, cancellation) =>
                context.Service<DeliveryQueries>().ToldCountsAsync(context.Caller(), ids, cancellation))
            .LoadAsync(eventId, 0);

    public static IDataLoaderResult<NobodyToldReason?> WhyNobody(this IResolveFieldContext context, Guid eventId) =>
        BatchLoaders
            .Of(context)
            .For<Guid, NobodyToldReason?>("why nobody was told", (ids, cancellation) =>
                context.Service<DeliveryQueries>().WhyNobodyAsync(context.Caller(), ids, cancellation))
            .LoadAsync(eventId, null);
}
