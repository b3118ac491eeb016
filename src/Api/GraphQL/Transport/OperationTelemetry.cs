using System.Diagnostics;
using System.Diagnostics.Metrics;
using GraphQL;
using GraphQL.Resolvers;
using GraphQLParser.AST;
using Microsoft.AspNetCore.Http.Features;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Telemetry of operations: type, name, root fields, outcome, times; never documents, variables or aliases, which are
/// the clients' own words. Follows the conventions of OpenTelemetry for GraphQL. It costs next to nothing without a
/// listener.
/// </summary>
internal sealed class OperationTelemetry(OperationNames names)
{
    private const string Name = "Messaging.GraphQL";
    private const string Type = "graphql.operation.type";
    private const string OperationName = "graphql.operation.name";
    private const string Outcome = "outcome";

    private static readonly ActivitySource s_source = new(Name);
    private static readonly Meter s_meter = new(Name);

    private static readonly Histogram<double> s_duration = s_meter.CreateHistogram(
        "messaging.graphql.operation.duration",
        "s",
        "How long operations took; of a subscription, until it had begun.",
        null,
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
        }
    );

    private static readonly Counter<long> s_updates = s_meter.CreateCounter<long>(
        "messaging.graphql.updates", "{update}", "What subscriptions were sent.");

    private static readonly UpDownCounter<int> s_connections = s_meter.CreateUpDownCounter<int>(
        "messaging.graphql.connections", "{connection}", "Connections that stay, by transport: websocket or sse.");

    private readonly OperationNames _names = names;

    /// <summary>True when spans have a listener.</summary>
    public static bool IsTracing => s_source.HasListeners();

    /// <summary>An operation begins.</summary>
    public Running Start(Prepared prepared, HttpContext context)
    {
        var isOnSocket = context.WebSockets.IsWebSocketRequest;
        if (!isOnSocket && !IsTracing)
            return new Running(this, prepared, null, s_duration.Enabled ? Stopwatch.GetTimestamp() : 0);

        // A socket stays for hours: each operation on it has a trace of its own, and a trace id also where nobody
        // looks.
        ActivityLink[] links =
            isOnSocket && context.Features.Get<IHttpActivityFeature>()?.Activity is { Recorded: true } connection
                ? [new(connection.Context)]
                : [];
        var type = TypeOf(prepared.Kind);
        var span = s_source.StartActivity(
            type ?? "graphql", isOnSocket ? ActivityKind.Server : ActivityKind.Internal, parentContext: default,
            links: links) ?? (isOnSocket ? new Activity(Name).Start() : null);
        if (type is not null)
            span?.SetTag(Type, type);
        return new Running(this, prepared, span, Stopwatch.GetTimestamp());
    }

    /// <summary>A resolver whose time is seen.</summary>
    public static IFieldResolver Traced(IFieldResolver resolver) => new TracedResolver(resolver);

    /// <summary>
    /// Something that a subscription sends is put together: a trace of its own, linked with that of its beginning.
    /// </summary>
    /// <param name="begun">The span that the subscription began in.</param>
    public static Activity? StartUpdate(string field, ActivityContext begun)
    {
        if (!IsTracing)
            return null;
        return s_source
            .StartActivity(
                "subscription update", ActivityKind.Internal, parentContext: default,
                links: begun == default ? [] : [new ActivityLink(begun)])
            ?.SetTag(Type, "subscription")
            .SetTag("graphql.field.name", field);
    }

    /// <summary>A subscription is sent something.</summary>
    public void Updated(Prepared prepared)
    {
        if (s_updates.Enabled)
            s_updates.Add(1, new KeyValuePair<string, object?>(OperationName, _names.Of(prepared.Name)));
    }

    /// <summary>A connection stays, until what is returned is disposed of.</summary>
    /// <param name="transport"><c>websocket</c> or <c>sse</c>.</param>
    public static IDisposable Connected(string transport) => new OpenConnection(transport);

    private static string? TypeOf(OperationType? kind) => kind switch
    {
        OperationType.Query => "query",
        OperationType.Mutation => "mutation",
        OperationType.Subscription => "subscription",
        _ => null,
    };

    /// <summary>An operation under way.</summary>
    public sealed class Running(OperationTelemetry telemetry, Prepared prepared, Activity? span, long began)
        : IDisposable
    {
        private string _outcome = "aborted";

        /// <summary>It has an answer.</summary>
        public Answer Answered(Answer answer, IDictionary<string, object?> userContext)
        {
            _outcome = answer.Errors.Count == 0 ? "ok" : ResponseWriter.CodeOf(answer.Errors[0]);

            // The gate's entry beside that of the loaders: somebody who is signed in, or has just signed in.
            if (answer.Executed && userContext.Count > 1) telemetry._names.Learn(prepared.Name);
            return answer;
        }

        /// <summary>A subscription has begun.</summary>
        public void Begun(IDictionary<string, object?> userContext) =>
            Answered(new Answer(true, null, []), userContext);

        /// <summary>Ends it.</summary>
        public void Dispose()
        {
            if (began == 0) return;
            var (type, name) = (TypeOf(prepared.Kind), telemetry._names.Of(prepared.Name));
            if (s_duration.Enabled)
            {
                s_duration.Record(
                    Stopwatch.GetElapsedTime(began).TotalSeconds,
                    new(Type, type ?? "none"), new(OperationName, name), new(Outcome, _outcome));
            }

            if (span is null) return;
            if (prepared.Name is not null)
            {
                span.SetTag(OperationName, name);
                if (type is not null && name != OperationNames.Other) span.DisplayName = $"{type} {name}";
            }

            span.SetTag(Outcome, _outcome);
            if (_outcome != "ok") span.SetTag("error.type", _outcome);
            if (_outcome == ErrorCodes.Internal) span.SetStatus(ActivityStatusCode.Error);
            span.Dispose();
        }
    }

    private sealed class TracedResolver(IFieldResolver inner) : IFieldResolver
    {
        public async ValueTask<object?> ResolveAsync(IResolveFieldContext context)
        {
            using var span = s_source.StartActivity($"resolve {context.FieldDefinition.Name}");
            span?.SetTag("graphql.field.name", context.FieldDefinition.Name);
            try
            {
                return await inner.ResolveAsync(context);
            }
            catch (RefusedException e)
            {
                span?.SetTag("error.type", e.Code);
                throw;
            }
            catch (Exception e)
            {
                span?.SetTag("error.type", e.GetType().Name).SetStatus(ActivityStatusCode.Error);
                throw;
            }
        }
    }

    private sealed class OpenConnection : IDisposable
    {
        private readonly KeyValuePair<string, object?> _transport;

        public OpenConnection(string transport)
        {
            _transport = new("transport", transport);
            s_connections.Add(1, _transport);
        }

        public void Dispose() => s_connections.Add(-1, _transport);
    }
}
