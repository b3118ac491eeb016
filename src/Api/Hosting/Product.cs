using System.Diagnostics;
using System.Runtime.CompilerServices;
using Messaging.Api.Auth;
using Messaging.Api.Customers;
using Messaging.Api.Email;
using Messaging.Api.Email.Inbound;
using Messaging.Api.Files;
using Messaging.Api.GraphQL.Schema;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.History;
using Messaging.Api.Live;
using Messaging.Api.Notifications;
using Messaging.Api.Reports;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Messaging.Api.Hosting;

/// <summary>The whole product: its parts, its start and its stop.</summary>
public sealed class Product : IAsyncDisposable
{
    // Time limits of stopping: waiting requests are answered, then the rest ends, then the embedded server has the
    // remaining time, less the time that ending it by force takes. All together is less than Termination waits.
    private static readonly TimeSpan s_longestAnswering = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_longestStop = TimeSpan.FromSeconds(16);
    private static readonly TimeSpan s_longestLeave = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(22);

    private readonly WebApplication _app;
    private readonly EmbeddedPostgres? _ownDatabase;
    private readonly StrongBox<bool> _isListening;

    private Product(WebApplication app, EmbeddedPostgres? ownDatabase, StrongBox<bool> isListening)
    {
        _app = app;
        _ownDatabase = ownDatabase;
        _isListening = isListening;
    }

    /// <summary>The product's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Address that it listens on, once started.</summary>
    public string Address =>
        _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Puts it together; starts a PostgreSQL of its own when none is configured.</summary>
    /// <param name="arguments">Settings, as <c>--Section:Key=Value</c>.</param>
    /// <param name="configure">Further settings, such as a test's.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">A setting cannot be right, or there is no PostgreSQL to be had; the
    /// message says what to do.</exception>
    public static async Task<Product> BuildAsync(
        string[] arguments, Action<WebApplicationBuilder>? configure = null, CancellationToken cancellation = default)
    {
        var builder = CreateBuilder(arguments);
        configure?.Invoke(builder);
        Settings.RefuseUnknown(builder.Configuration);
        WebServer.ReadUrls(builder.Configuration);

        // Introspection of the schema is on in Development; elsewhere only if that is configured. So is the page to
        // explore it.
        builder.Configuration["Messaging:GraphQL:Introspection"] ??= builder.Environment.IsDevelopment().ToString();
        builder.Configuration["Messaging:GraphQL:Explorer"] ??= builder.Environment.IsDevelopment().ToString();

        // The host reports with a trace that it cannot listen; the operator gets a sentence instead.
        var isListening = new StrongBox<bool>();
        builder.Logging.AddFilter(
            "Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Warning && isListening.Value);
        var dataDirectory = DataDirectory.Prepare(builder.Configuration);
        var ownDatabase = await builder.AddDatabaseAsync(dataDirectory, cancellation);
        try
        {
            builder.AddMessaging();
            builder.AddWebServer();
            builder.AddTelemetry();
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = s_longestAnswering);
            var bounds = SchemaServices.BoundsOf(builder.Configuration);
            builder.Services
                .AddEmail(builder.Configuration, dataDirectory)
                .AddInbound(builder.Configuration)
                .AddPush(builder.Configuration)
                .AddFiles(builder.Configuration, dataDirectory)
                .AddAuth(builder.Configuration, dataDirectory)
                .AddGraphQLTransport(builder.Configuration, bounds)
                .AddGraphQLSchema(bounds)
                .AddLiveUpdates(builder.Configuration)
                .AddAudit(builder.Configuration)
                .AddHealth();
            builder.Services.AddSingleton<NodeState>().AddSingleton<DatabasePreparation>();
            Work.TakeOver(builder.Services);
            var app = builder.Build();
            app.WarnOfOpenDoors(dataDirectory);
            app.UseProxies();
            ForeignOrigins.Use(app);
            app.MapMetrics();
            app.UseAnsweredAtStop();
            app.UseNotServing();
            app.UseWebSockets(
                new WebSocketOptions
                {
                    KeepAliveInterval = TimeSpan.FromSeconds(30),
                    KeepAliveTimeout = TimeSpan.FromSeconds(30),
                }
            );
            app.MapGraphQL();
            app.MapExplorer();
            app.MapFiles();
            app.MapRefusedLines();
            app.MapReportTables();
            app.MapAudit();
            app.MapArchive();
            app.MapPersonReport();
            app.MapHealth();
            app.MapWebClient();
            return new Product(app, ownDatabase, isListening);
        }
        catch
        {
            if (ownDatabase is not null) await ownDatabase.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Reads the settings. They lie beside the program, wherever it is started from; data where it is started, unless
    /// configured.
    /// </summary>
    internal static WebApplicationBuilder CreateBuilder(string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { Args = arguments, ContentRootPath = AppContext.BaseDirectory });
        builder.AddSecretFiles();
        return builder;
    }

    /// <summary>
    /// Starts it: the web server first, which says how far it is, then, when the database is as it has to be,
    /// everything else. The product is ready when this returns.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The database is not as it has to be; the message says what to do.
    /// </exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await _app.StartAsync(cancellation);
            _isListening.Value = true;
            bool? mayForget = _ownDatabase is null ? _app.Configuration.GetValue<bool>(Durability.AllowUnsafe) : null;
            await using var turn = await Services
                .GetRequiredService<DatabasePreparation>()
                .PrepareAsync(mayForget, cancellation);
            await Services.GetRequiredService<Work>().BeginAsync(cancellation);
            if (_app.Environment.IsDevelopment())
                await Services.GetRequiredService<DemoData>().CreateAsync(cancellation);
            await Services.GetRequiredService<DemoOrganisations>().TellAsync(cancellation);
            Services.GetRequiredService<NodeState>().HasStarted();
        }
        catch when (!cancellation.IsCancellationRequested)
        {
            // Nobody is to be told for ever that it starts.
            await LeaveAsync(() => _app.StopAsync(), s_longestStop);
            throw;
        }
    }

    /// <summary>Starts it, says where it is, and waits until it is told to stop.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        using var termination = new Termination();
        try
        {
            await using var product = await BuildAsync(arguments, cancellation: termination.Asked);

            // Not all that starts hears of it at once.
            await product.StartAsync(termination.Asked).WaitAsync(termination.Asked);
            await Console.Out.WriteLineAsync(
                $"\nMessaging is ready: {product.Address} (its API: {product.Address}/graphql)");
            if (product.Services.GetRequiredService<GraphQLOptions>().Explorer)
                await Console.Out.WriteLineAsync($"To explore it: {product.Address}/graphiql");
            if (product._app.Environment.IsDevelopment())
                await Console.Out.WriteLineAsync(DemoData.SignIns);
            await Task.Delay(Timeout.Infinite, product._app.Lifetime.ApplicationStopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return 0;
        }
        catch (OperationCanceledException) when (termination.Asked.IsCancellationRequested)
        {
            // It was to serve and did not: the exit code says so. A supervisor that told it to stop does not start it
            // again for that.
            await Console.Error.WriteLineAsync("Messaging was told to stop before it had started.");
            return 1;
        }
        catch (Exception e) when (StartFailure.Of(e) is { } why)
        {
            await Console.Error.WriteLineAsync($"Messaging cannot start: {why}");
            return 1;
        }
    }

    /// <summary>
    /// Stops it: waiting requests are answered first, and the PostgreSQL that it started goes last. Work that does not
    /// end in time is left: everything acknowledged is in the database, and so are the queues.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        var began = Stopwatch.GetTimestamp();
        await LeaveAsync(() => _app.StopAsync(), s_longestStop);
        await LeaveAsync(() => _app.DisposeAsync().AsTask(), s_longestLeave);
        if (_ownDatabase is not null) await _ownDatabase.StopAsync(s_longest - Stopwatch.GetElapsedTime(began));
    }

    private async Task LeaveAsync(Func<Task> end, TimeSpan longest)
    {
        try
        {
            await Task.Run(end).WaitAsync(longest);
        }
        catch (Exception e)
        {
            _app.Logger.LogError(e, "Not everything ended as it should");
        }
    }
}
