using System.Collections.Immutable;
using GraphQL;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Projections.History;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL;

/// <content>The log of everything.</content>
public sealed partial class Query
{
    /// <summary>
    /// Everything that happened in the organisation, in the order of <c>Event.sequence</c>: in conversations, to
    /// customers, to people, and to the office; who signed in, downloaded and was mailed. An auditor who is limited to
    /// some customers sees what happened to these, their contacts and their conversations. <c>totalCount</c> counts up
    /// to 1,000.
    /// </summary>
    /// <param name="filter">The conditions for events to be listed; by default all that the viewer may see.</param>
    [Allow(Access.AuditorsAndOwners)]
    public static async Task<EventConnection> AuditLog(
        IResolveFieldContext context, AuditFilterInput? filter, int? first, string? after, int? last, string? before)
    {
        var log = context.Service<AuditLog>();
        var which = filter?.ToFilter() ?? new AuditFilter();
        var page = await log.PageAsync(
            context.Caller(), which, new PageRequest(first, after, last, before), context.CancellationToken);
        return new EventConnection(page, c => Counts.Fetched(x => log.CountAsync(c.Caller(), which, x)));
    }
}

/// <summary>Conditions on events, all of which have to hold.</summary>
[Name("AuditFilter")]
[Allow(Access.AuditorsAndOwners)]
public sealed class AuditFilterInput
{
    /// <summary>The most characters of a correlation; all of ours are shorter.</summary>
    public const int CorrelationMaximum = 200;

    /// <summary>The most characters of the type of an event; all of ours are shorter.</summary>
    public const int TypeMaximum = 100;

    /// <summary>The most types of events; there are not as many.</summary>
    public const int TypesMaximum = 200;

    /// <summary>In this conversation, or with it, such as that one of its files was downloaded.</summary>
    [Id]
    public string? ConversationId { get; set; }

    /// <summary>To this customer, to or by a contact of it, or in a conversation with it.</summary>
    [Id]
    public string? CustomerId { get; set; }

    /// <summary>By this person or service account.</summary>
    [Id]
    public string? ActorId { get; set; }

    /// <summary>To this conversation, customer, person or organisation, or about it.</summary>
    [Id]
    public string? SubjectId { get; set; }

    /// <summary>Of any of these types, such as <c>comment_added</c>.</summary>
    [Limit(Characters = TypeMaximum, Items = TypesMaximum)]
    public IReadOnlyList<string>? Types { get; set; }

    /// <summary>Recorded at this instant or later.</summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>Recorded before this instant, which is after <c>from</c>.</summary>
    public DateTimeOffset? To { get; set; }

    /// <summary>Of one request: <c>Event.correlationId</c>.</summary>
    [Limit(Characters = CorrelationMaximum)]
    public string? CorrelationId { get; set; }

    /// <summary>As the queries take it.</summary>
    internal AuditFilter ToFilter()
    {
        if (To <= From) throw RefusedException.BadUserInput("filter.to has to be after filter.from.");
        var unknown = Types?.FirstOrDefault(type => !EventNames.All.ContainsKey(type));
        if (unknown is not null)
            throw RefusedException.BadUserInput(
                "filter.types names a type that there is not. There are: "
                    + $"{string.Join(", ", EventNames.All.Keys.Order(StringComparer.Ordinal))}.");
        return new AuditFilter(
            Ids.ParseOptional(ConversationId), Ids.ParseOptional(CustomerId), Ids.ParseOptional(ActorId),
            Ids.ParseOptional(SubjectId), Types?.Distinct().ToImmutableArray(), From, To, CorrelationId);
    }
}
