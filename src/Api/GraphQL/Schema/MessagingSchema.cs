using System.Collections.Concurrent;
using GraphQL;
using GraphQL.Types;
using GraphQL.Utilities;
using Messaging.Api.Auth;
using Messaging.Api.Files;
using Messaging.Api.GraphQL.Accounts;
using Messaging.Api.GraphQL.Authorization;
using Messaging.Api.GraphQL.History;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Hosting;
using Messaging.Api.Reports;
using Messaging.Application;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Files;
using Messaging.Application.Notifications;
using Messaging.Application.Notifications.Inbound;
using Messaging.Domain;
using Messaging.Projections.Conversations;
using Messaging.Projections.Conversations.Search;
using Messaging.Projections.Customers;
using Messaging.Projections.History;
using Messaging.Projections.Notifications;
using Messaging.Projections.Organisation;
using Messaging.Projections.Reports;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Api.GraphQL.Schema;

/// <summary>The API: classes of the feature folders become types, their docstrings descriptions.</summary>
public sealed class MessagingSchema : AutoSchema<Query>
{
    private static readonly ConcurrentDictionary<GraphQLBounds, Lazy<MessagingSchema>> s_built = new();

    static MessagingSchema() => GlobalSwitches.EnableReadDescriptionFromXmlDocumentation = true;

    private MessagingSchema(IServiceProvider services)
        : base(services)
    {
        Mutation = services.GetRequiredService<AutoRegisteringObjectGraphType<Mutation>>();
        Subscription = services.GetRequiredService<AutoRegisteringObjectGraphType<Subscription>>();
        RegisterTypeMapping(typeof(NodeId), typeof(IdGraphType));
        RegisterTypeMapping(typeof(IParticipant), typeof(ParticipantType));
        RegisterTypeMapping(typeof(IEventSubject), typeof(EventSubjectType));
        RegisterTypeMapping(typeof(RefusalKind), typeof(UserErrorCodeType));
        RegisterTypeMapping(typeof(RefusalReason), typeof(UserErrorReasonType));
        Directives.Register(new AllowDirective(), new LimitDirective(), new SpecifiedByDirective());
        Features.RepeatableDirectives = true;
        Features.DeprecationOfInputValues = true;
        RegisterVisitor(new Descriptions());
        RegisterVisitor(new Introspection());
        RegisterVisitor(new CommonArguments());
        RegisterVisitor(new LimitRules());
        RegisterVisitor(new AccessRules());
    }

    /// <summary>
    /// The one of the process: nothing else changes it, and much of a start would be to build it again. Fails when a
    /// field does not state who may ask for it.
    /// </summary>
    public static MessagingSchema Of(GraphQLBounds bounds) =>
        s_built.GetOrAdd(bounds, _ => new Lazy<MessagingSchema>(() => Build(bounds))).Value;

    private static MessagingSchema Build(GraphQLBounds bounds)
    {
        var services = new ServiceCollection().AddTransportTypes(bounds);
        services.AddSingleton<IGraphTypeMappingProvider, AutoRegisteringGraphTypeMappingProvider>();
        services.AddSingleton<AudienceType>();
        services.AddSingleton<ParticipantType>();
        services.AddSingleton<EventSubjectType>();
        services.AddSingleton<UserErrorCodeType>();
        services.AddSingleton<UserErrorReasonType>();
        var schema = new MessagingSchema(services.BuildServiceProvider());
        schema.Initialize();
        return schema;
    }
}

/// <summary>Adds the schema.</summary>
internal static class SchemaServices
{
    /// <summary>The product's bounds that the transport needs.</summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the message names it.</exception>
    public static GraphQLBounds BoundsOf(IConfiguration configuration) =>
        new(FileStoreOptions.Read(configuration, "").MaximumBytes, PageRequest.Default, PageRequest.Maximum);

    /// <summary>Adds the schema and the queries that its resolvers ask.</summary>
    public static IServiceCollection AddGraphQLSchema(this IServiceCollection services, GraphQLBounds bounds)
    {
        // The instance: a container ends only what it has made itself.
        services.AddSingleton<ISchema>(MessagingSchema.Of(bounds));
        services.AddSingleton<RefusalOf>(exception =>
            exception switch
            {
                InvalidPageException or InvalidCursorException or InvalidReportException or InvalidSearchException =>
                    RefusedException.BadUserInput(exception.Message),
                ExecutorStoppedException => RefusedException.Unavailable(exception.Message),
                IssuerAwayException => RefusedException.Unavailable(exception.Message, isTold: true),
                FileStoreAwayException => RefusedException.Unavailable(
                    "The file store does not answer at the moment; try again."),
                HashingIsBusyException busy => RefusedException.RateLimited(
                    "Too many people sign in at this moment.", busy.RetryAfter),
                _ when ReadModelAccess.IsRefusal(exception) => RefusedException.Unavailable(
                    "The product is being updated at the moment; try again."),
                _ when Outage.Is(exception) => RefusedException.Unavailable(
                    "The database does not answer at the moment; try again."),
                _ => null,
            }
        );
        services.AddSingleton<FetchTogether>(provider =>
        {
            var database = provider.GetRequiredService<NpgsqlDataSource>();
            return (start, cancellation) => StatementBatch.Run(database, start, cancellation);
        });
        services.AddSingleton<ConversationQueries>();
        services.AddSingleton<OrganisationQueries>();
        services.AddSingleton<CustomerQueries>();
        services.AddSingleton<RetentionQueries>();
        services.AddSingleton<NotificationQueries>();
        services.AddSingleton<DeliveryQueries>();
        services.AddSingleton<InboundQueries>();
        services.AddSingleton<ReportQueries>();
        services.AddSingleton<ActivityQueries>();
        services.AddSingleton<ConversationLineQueries>();
        services.AddSingleton<ReportTables>();
        services.AddSingleton<WaitQueries>();
        services.AddSingleton<WeeklyQueries>();
        services.AddSingleton<WorkQueries>();
        services.AddSingleton<UndeliveredQueries>();
        services.AddSingleton<NotificationFigures>();
        services.AddSingleton<UnreachableContacts>();
        services.AddSingleton<HistoryQueries>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<PastConversations>();
        services.AddSingleton<PastPeople>();
        return services;
    }
}
