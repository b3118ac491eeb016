using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Messaging.Api.Hosting;

/// <summary>
/// Exports traces, metrics and logs to a collector where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one, and serves
/// <c>/metrics</c>. Signals that nobody asks for are not collected, and cost next to nothing.
/// </summary>
internal static class Telemetry
{
    private const string Path = "/metrics";
    private const string ServiceName = "messaging";
    private const string Ours = "Messaging.*";
    private const int LongestStatement = 1_000;

    // Counted several times for each statement or request, without saying more than the durations do: together they
    // cost more than all others.
    private static readonly HashSet<string> s_leftOut =
    [
        "db.client.operation.npgsql.executing", "db.client.operation.npgsql.bytes_written",
        "db.client.operation.npgsql.bytes_read", "http.server.active_requests"
    ];

    /// <summary>Adds it, as the standard settings of OpenTelemetry and <c>Messaging:Metrics</c> say.</summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the message names it.</exception>
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var access = MetricsAccess.Read(configuration, builder.Environment.IsDevelopment());
        builder.Services.AddSingleton(access);
        var (traces, metrics, logs) = (
            IsExported(configuration, "TRACES"), IsExported(configuration, "METRICS"),
            IsExported(configuration, "LOGS"));
        if (!traces && !metrics && !logs && !access.IsServed)
            return;

        var telemetry = builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource.AddService(
                    configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } name ? name : ServiceName,
                    serviceVersion: ProductVersion.Number)
            );
        if (traces)
        {
            builder.Services.AddHostedService<ExceptionsWithoutWords>();
            telemetry.WithTracing(tracing =>
                tracing
                    .AddSource(Ours)
                    .AddAspNetCoreInstrumentation(options =>
                    {
                        options.Filter = context =>
                            !context.Request.Path.StartsWithSegments("/health") && context.Request.Path != Path;
                        options.EnrichWithHttpResponse = WithoutWords;
                    })
                    .AddNpgsql()
                    .AddOtlpExporter()
            );
        }

        if (metrics || access.IsServed)
        {
            telemetry.WithMetrics(metering =>
            {
                metering.AddMeter(
                    Ours, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql",
                    "System.Runtime");
                metering.AddView(instrument =>
                    s_leftOut.Contains(instrument.Name) ? MetricStreamConfiguration.Drop : null
                );
                if (metrics)
                    metering.AddOtlpExporter();
                if (access.IsServed)
                    metering.AddPrometheusExporter(options =>
                        (options.ScrapeResponseCacheDurationMilliseconds, options.ScopeInfoEnabled) = (0, false)
                    );
            });
        }

        // Log messages have ids only; scopes would add the addresses of requests.
        if (logs) telemetry.WithLogging(logging => logging.AddOtlpExporter(), options => options.IncludeScopes = false);
    }

    /// <summary>Maps <c>/metrics</c>, for readers with access; for others the path does not exist.</summary>
    public static void MapMetrics(this WebApplication app)
    {
        var access = app.Services.GetRequiredService<MetricsAccess>();
        if (access.IsServed)
            app.UseOpenTelemetryPrometheusScrapingEndpoint(context =>
                context.Request.Path == Path && access.Allows(context)
            );
    }

    /// <summary>Shows the statements of traced work, shortened; never their parameters.</summary>
    public static void ConfigureStatements(NpgsqlTracingOptionsBuilder tracing) => tracing
        .ConfigureCommandFilter(_ => Activity.Current is not null)
        .ConfigureBatchFilter(_ => Activity.Current is not null)
        .ConfigureCopyOperationFilter(_ => Activity.Current is not null)
        .ConfigureCommandEnrichmentCallback((span, _) => Shorten(span))
        .ConfigureBatchEnrichmentCallback((span, _) => Shorten(span))
        .EnablePhysicalOpenTracing(false)
        .EnableFirstResponseEvent(false);

    private static bool IsExported(ConfigurationManager configuration, string signal) =>
        (
            configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 }
            || configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] is { Length: > 0 }
        ) && !"none".Equals(configuration[$"OTEL_{signal}_EXPORTER"], StringComparison.OrdinalIgnoreCase);

    // A GraphQL document can be in the address, and anything that was typed in a path; the route stays. A device's name
    // tells of its owner.
    private static void WithoutWords(Activity span, HttpResponse response)
    {
        span.SetTag("url.query", null).SetTag("user_agent.original", null);
        if (span.GetTagItem("http.route") is not string route || route.Contains('{', StringComparison.Ordinal))
            span.SetTag("url.path", null);
    }

    private static void Shorten(Activity span)
    {
        if (span.GetTagItem("db.query.text") is string { Length: > LongestStatement } text)
            span.SetTag("db.query.text", text[..LongestStatement]);
    }

    /// <summary>
    /// The message of an exception may repeat somebody's words, a statement's value or a mail's address: spans name the
    /// kind only.
    /// </summary>
    private sealed class ExceptionsWithoutWords : IHostedService, IDisposable
    {
        private readonly ActivityListener _listener = new()
        {
            ShouldListenTo = source =>
                source.Name == "Npgsql" || source.Name.StartsWith("Messaging.", StringComparison.Ordinal),
            ExceptionRecorder = (_, exception, ref tags) =>
            {
                tags.Add("exception.message", exception is PostgresException postgres ? postgres.SqlState : "");
                tags.Add("exception.stacktrace", exception.StackTrace ?? "");
            },
        };

        public Task StartAsync(CancellationToken cancellationToken)
        {
            ActivitySource.AddActivityListener(_listener);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => _listener.Dispose();
    }
}

/// <summary>
/// Access to <c>/metrics</c>: by the token <c>Messaging:Metrics:Token</c>; without one, in Development, from this
/// machine.
/// </summary>
internal sealed class MetricsAccess
{
    private const string Setting = "Messaging:Metrics:Token";
    private const int ShortestToken = 16;
    private const string Scheme = "Bearer ";

    private readonly byte[]? _token;
    private readonly bool _isDevelopment;

    private MetricsAccess(byte[]? token, bool isDevelopment) => (_token, _isDevelopment) = (token, isDevelopment);

    /// <summary>True when anybody may read them.</summary>
    public bool IsServed => _token is not null || _isDevelopment;

    /// <summary>Reads the setting.</summary>
    /// <exception cref="InvalidOperationException">The token is too short.</exception>
    public static MetricsAccess Read(IConfiguration configuration, bool isDevelopment)
    {
        var token = configuration[Setting];
        if (string.IsNullOrEmpty(token))
            return new MetricsAccess(null, isDevelopment);
        if (token.Length < ShortestToken)
            throw new InvalidOperationException(
                $"The setting {Setting} has to have {ShortestToken} characters or more.");
        return new MetricsAccess(SHA256.HashData(Encoding.UTF8.GetBytes(token)), isDevelopment);
    }

    /// <summary>True when a request may read them.</summary>
    public bool Allows(HttpContext context)
    {
        if (_token is null)
            return _isDevelopment && context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);
        return context.Request.Headers.Authorization is [{ } value]
            && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(
                SHA256.HashData(Encoding.UTF8.GetBytes(value[Scheme.Length..].Trim())), _token);
    }
}
