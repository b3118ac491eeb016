using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using GraphQL;
using GraphQL.DataLoader;
using GraphQL.Types;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.Conversations;
using Messaging.Api.GraphQL.Customers;
using Messaging.Api.GraphQL.Notifications;
using Messaging.Api.GraphQL.Organisation;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Notifications;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.History;
using Messaging.Domain.Notifications;
using Messaging.Domain.Organisation;
using Messaging.Projections.History;
using Messaging.Projections.Storage;

namespace Messaging.Api.GraphQL.History;

/// <summary>One stored event: what happened, who did it, when, and its place among the organisation's events.</summary>
[Name("Event")]
[Implements(typeof(INode))]
[Allow(Access.Office)]
public sealed class EventNode(HistoryEvent stored) : INode
{
    /// <summary>The id, a UUID.</summary>
    public Guid Id => stored.Id;

    /// <summary>The type of the event, such as <c>comment_added</c>.</summary>
    public string Type => stored.Type;

    /// <summary>The number of the event within the organisation, in decimal.</summary>
    public string Sequence => stored.Sequence.ToString(CultureInfo.InvariantCulture);

    /// <summary>The version of what it is of, such as the conversation, counted from 1.</summary>
    public int Version => stored.Version;

    /// <summary>The conversation it happened in, or with; null when there is none.</summary>
    public IDataLoaderResult<ConversationNode?>? Conversation(IResolveFieldContext context) => stored.Data switch
    {
        ConversationEvent => context.ConversationIfAny(stored.StreamId),
        AccessEvent { About: { Kind: AccessSubjectKind.Conversation } about } => context.ConversationIfAny(about.Id),
        _ => null,
    };

    /// <summary>
    /// The conversation, customer, person or office that it happened to; null when the viewer may not see it.
    /// </summary>
    public IDataLoaderResult<IEventSubject?>? Subject(IResolveFieldContext context) => stored.Data switch
    {
        ConversationEvent => SubjectOf(context, AccessSubjectKind.Conversation, stored.StreamId),
        CustomerEvent => SubjectOf(context, AccessSubjectKind.Customer, stored.StreamId),
        AdministratorEvent => SubjectOf(context, AccessSubjectKind.Administrator, stored.StreamId),
        ContactEvent => SubjectOf(context, AccessSubjectKind.Contact, stored.StreamId),
        OrganisationEvent => SubjectOf(context, AccessSubjectKind.Organisation, stored.StreamId),
        AccessEvent e => SubjectOf(context, e.About.Kind, e.About.Id),
        _ => null,
    };

    /// <summary>The instant of recording.</summary>
    public DateTimeOffset OccurredAt => stored.OccurredAt;

    /// <summary>The participant who acted, as they were then.</summary>
    public IDataLoaderResult<IParticipant> Actor(IResolveFieldContext context) =>
        context.ParticipantThen(stored.Actor, stored.OccurredAt);

    /// <summary>The event as a sentence.</summary>
    /// <param name="locale">The language, de or en; by default that of the viewer's mails.</param>
    public IDataLoaderResult<string> Summary(
        IResolveFieldContext context, [Limit(Characters = OrganisationDecider.LocaleMaximum)] string? locale) =>
        locale switch
        {
            null => context.Viewer().ThenLoad(viewer => context.Summary(stored, viewer.Locale)),
            _ when OrganisationDecider.Locales.Contains(locale) => context.Summary(stored, locale),
            _ => throw RefusedException.BadUserInput("The locale of a summary is de or en."),
        };

    /// <summary>The event as it is stored.</summary>
    public JsonElement Data
    {
        get
        {
            using var document = JsonDocument.Parse(stored.DataJson);
            return document.RootElement.Clone();
        }
    }

    /// <summary>Groups what belongs to one request.</summary>
    public string? CorrelationId => stored.CorrelationId;

    private static IDataLoaderResult<IEventSubject?> SubjectOf(
        IResolveFieldContext context, AccessSubjectKind kind, Guid id) =>
        kind switch
        {
            AccessSubjectKind.Conversation => context.ConversationIfAny(id).Then(found => (IEventSubject?)found),
            AccessSubjectKind.Customer => context.CustomerIfAny(id).Then(found => (IEventSubject?)found),
            AccessSubjectKind.Contact => context.ContactIfAny(id).Then(found => (IEventSubject?)found),
            AccessSubjectKind.Administrator => context.AdministratorIfAny(id).Then(found => (IEventSubject?)found),
            AccessSubjectKind.Organisation => context.Organisation().Then(found => (IEventSubject?)found),
        };

    /// <summary>
    /// Those who were told of it, each way for itself and with the rule by which it was them: by mail first, then in
    /// the profile. Of what happened in a conversation only.
    /// </summary>
    public IDataLoaderResult<ToldConnection> Told(IResolveFieldContext context, int? first, string? after) =>
        context
            .ToldPage(stored.Id, new PageRequest(first, after, null, null))
            .Then(page => new ToldConnection(page, c => c.ToldCount(stored.Id)));

    /// <summary>
    /// The reason why nobody was told of it; null when somebody was, and of what happened in no conversation.
    /// </summary>
    public IDataLoaderResult<NobodyToldReason?> WhyNobody(IResolveFieldContext context) =>
        stored.Data is not ConversationEvent of ? LoaderResults.Done<NobodyToldReason?>(null)
        : WhoIsTold.WhyNever(of, stored.Version, stored.Actor) is { } why ? LoaderResults.Done<NobodyToldReason?>(why)
        : context.WhyNobody(stored.Id);
}

/// <summary>An item of a page of events.</summary>
[Name("EventEdge")]
[Allow(Access.Office)]
public sealed class EventEdge(string cursor, EventNode node) : Edge<EventNode>(cursor, node);

/// <summary>A page of events.</summary>
[Name("EventConnection")]
[Allow(Access.Office)]
public sealed class EventConnection(Page<HistoryEvent> page, Func<IResolveFieldContext, IDataLoaderResult<int>> count)
    : Connection<EventNode, EventEdge>(
        page.Edges((cursor, row) => new EventEdge(cursor, new EventNode(row))), page.Info(), count);

/// <summary>Something that events happen to: a conversation, a customer, a person or the office.</summary>
public interface IEventSubject;

/// <summary>Something that events happen to.</summary>
[Allow(Access.Office)]
public sealed class EventSubjectType : UnionGraphType
{
    /// <summary>A conversation, a customer, a person or the office.</summary>
    public EventSubjectType()
    {
        Name = "EventSubject";
        Description = "Something that events happen to: a conversation, a customer, a person or the office.";
        Type<AutoRegisteringObjectGraphType<ConversationNode>>();
        Type<AutoRegisteringObjectGraphType<CustomerNode>>();
        Type<AutoRegisteringObjectGraphType<AdministratorNode>>();
        Type<AutoRegisteringObjectGraphType<ContactNode>>();
        Type<AutoRegisteringObjectGraphType<OrganisationNode>>();
    }
}

/// <summary>Events, fetched in batches.</summary>
internal static class EventLoads
{
    public static IDataLoaderResult<EventNode?> EventIfAny(this IResolveFieldContext context, Guid id) =>
        BatchLoaders
            .Of(context)
            .For<Guid, HistoryEvent>("events", (ids, cancellation) =>
                context.Service<HistoryQueries>().EventsByIdsAsync(context.Caller(), ids, cancellation)
            )
            .LoadAsync(id)
            .Then(stored => stored is null ? null : new EventNode(stored));

    public static IDataLoaderResult<Page<HistoryEvent>> HistoryPage(
        this IResolveFieldContext context, Guid conversationId, int? until, PageRequest request) =>
        BatchLoaders
            .Of(context)
            .For<Guid, Page<HistoryEvent>, (int? Until, PageRequest Page)>(
                "history pages", (until, request),
                (of, ids, cancellation) => context.Service<HistoryQueries>()
                    .HistoryPagesAsync(context.Caller(), ids, of.Until, of.Page, cancellation))
            .LoadRequiredAsync(conversationId);

    public static IDataLoaderResult<int> HistoryCount(
        this IResolveFieldContext context, Guid conversationId, int? until) =>
        BatchLoaders
            .Of(context)
            .For<Guid, int, int>(
                "history counts", until ?? int.MaxValue,
                (last, ids, cancellation) =>
                    context.Service<HistoryQueries>().HistoryCountsAsync(context.Caller(), ids, last, cancellation))
            .LoadAsync(conversationId, 0);

    /// <summary>An event as a sentence, with the names that are in it.</summary>
    public static IDataLoaderResult<string> Summary(
        this IResolveFieldContext context, HistoryEvent stored, string locale)
    {
        // All are asked for before the first is awaited: they are fetched together.
        var names = EventSummary.NamesIn(stored.Data, stored.StreamId)
            .Select(name => (name, Load: context.NameOf(name, stored)))
            .ToList();
        var found = LoaderResults.Done(ImmutableDictionary<SummaryName, string?>.Empty);
        foreach (var (name, load) in names)
            found = found.ThenLoad(all => load.Then(value => all.Add(name, value)));
        return found.Then(all =>
            new EventSummary(stored.StreamId, locale, name => all.GetValueOrDefault(name)).Of(stored.Data));
    }

    private static IDataLoaderResult<string?> NameOf(
        this IResolveFieldContext context, SummaryName name, HistoryEvent stored) => name.Kind switch
        {
            NameKind.Administrator => context.AdministratorIfAny(name.Id).Then(found => found?.DisplayName),
            NameKind.Contact => context.ContactIfAny(name.Id).Then(found => found?.DisplayName),
            NameKind.Customer => context.CustomerIfAny(name.Id).Then(found => found?.Name),
            NameKind.Conversation => context.ConversationIfAny(name.Id).Then(found => found?.Subject),
            NameKind.File => context.FileIfAny(name.Id).Then(found => found?.Name),
            NameKind.NameBefore => context.Before(new ChangedValue(stored.StreamId, stored.Version, false)),
            NameKind.AddressBefore => context.Before(new ChangedValue(stored.StreamId, stored.Version, true)),
        };

    private static IDataLoaderResult<string?> Before(this IResolveFieldContext context, ChangedValue changed) =>
        BatchLoaders
            .Of(context)
            .For<ChangedValue, string>("values before", (all, cancellation) =>
                context.Service<HistoryQueries>().ValuesBeforeAsync(context.Caller(), all, cancellation))
            .LoadAsync(changed);
}
