using System.Security.Cryptography;
using System.Text.Json;
using GraphQL;
using GraphQLParser.AST;
using Messaging.Api.Security;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>Adds GraphQL over HTTP.</summary>
public static class GraphQLTransport
{
    /// <summary>
    /// Adds everything but the schema (<c>AddGraphQL(b => b.AddAutoSchema…)</c>, built where
    /// <see cref="AddTransportTypes"/> was called), the <see cref="IGraphQLGate"/> and the file store.
    /// </summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the message names it.</exception>
    public static IServiceCollection AddGraphQLTransport(
        this IServiceCollection services, IConfiguration configuration, GraphQLBounds bounds)
    {
        services.AddSingleton(GraphQLOptions.Read(configuration, bounds));
        services.TryAddSingleton(TimeProvider.System);

        // Without a security log, only the metric is counted.
        services.TryAddSingleton(provider => new SecurityLog(
            RandomNumberGenerator.GetBytes(32), NullLoggerFactory.Instance,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DocumentCache>();
        services.AddSingleton<TrustedDocuments>();
        services.AddSingleton<RequestReader>();
        services.AddSingleton<ResponseWriter>();
        services.AddSingleton<OperationNames>();
        services.AddSingleton<OperationTelemetry>();
        services.AddSingleton<Capacity>();
        services.AddSingleton<OperationRunner>();
        services.AddSingleton<ViewerRates>();
        services.AddSingleton<HeldAnswers>();
        services.AddSingleton<WebSockets>();
        services.AddSingleton<EventStream>();
        services.AddSingleton<GraphQLEndpoint>();
        services.AddSingleton<SchemaFile>();
        services.AddGraphQL(builder => builder
            .AddExecutionStrategy<LevelStrategy>(OperationType.Query)
            .AddExecutionStrategy<MutationStrategy>(OperationType.Mutation)
            .AddExecutionStrategy<SubscriptionStrategy>(OperationType.Subscription));
        return services;
    }

    /// <summary>
    /// Adds what a schema has of the transport: the types that it reads and writes. In it, <see cref="DateTimeOffset"/>
    /// is <c>DateTime</c>, <see cref="MultipartFile"/> is <c>Upload</c> and <see cref="JsonElement"/> is <c>JSON</c>.
    /// </summary>
    public static IServiceCollection AddTransportTypes(this IServiceCollection services, GraphQLBounds bounds)
    {
        services.AddSingleton(bounds);
        services.TryAddSingleton<UtcDateTimeGraphType>();
        services.TryAddSingleton<DayGraphType>();
        services.TryAddSingleton<JsonGraphType>();
        services.TryAddSingleton<UploadGraphType>();
        services.AddGraphQL(builder => builder.ConfigureSchema((schema, _) =>
        {
            schema.RegisterType(new UuidIdGraphType());
            schema.RegisterTypeMapping(typeof(DateTimeOffset), typeof(UtcDateTimeGraphType));
            schema.RegisterTypeMapping(typeof(DateOnly), typeof(DayGraphType));
            schema.RegisterTypeMapping(typeof(JsonElement), typeof(JsonGraphType));
            schema.RegisterTypeMapping(typeof(MultipartFile), typeof(UploadGraphType));
        }));
        return services;
    }

    /// <summary>
    /// Maps <c>/graphql</c> and <c>/graphql/schema.graphql</c>. The schema is built here, so that a mistake in it stops
    /// the start.
    /// </summary>
    public static IEndpointConventionBuilder MapGraphQL(this IEndpointRouteBuilder endpoints)
    {
        var endpoint = endpoints.ServiceProvider.GetRequiredService<GraphQLEndpoint>();
        endpoints.MapMethods(
            "/graphql/schema.graphql", [HttpMethods.Get, HttpMethods.Head],
            endpoints.ServiceProvider.GetRequiredService<SchemaFile>().HandleAsync);
        return endpoints.Map("/graphql", endpoint.HandleAsync);
    }
}
