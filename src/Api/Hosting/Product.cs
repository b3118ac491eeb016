using Marten;
using Messaging.Api.Auth;
using Messaging.Api.Email;
using Messaging.Api.Files;
using Messaging.Api.GraphQL;
using Messaging.Api.GraphQL.Transport;
using Messaging.Api.Live;
using Messaging.Projections.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>The whole product: what it is made of, how it starts and how it stops.</summary>
public sealed class Product : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly EmbeddedPostgres? _ownDatabase;

    private Product(WebApplication app, EmbeddedPostgres? ownDatabase)
    {
        _app = app;
        _ownDatabase = ownDatabase;
    }

    /// <summary>What it is made of.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Where it listens, once started.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Puts it together; starts a PostgreSQL of its own when none is configured.</summary>
    /// <param name="arguments">Settings, as <c>--Section:Key=Value</c>.</param>
    /// <param name="configure">Further settings, such as a test's.</param>
    /// <exception cref="InvalidOperationException">A setting cannot be right, or there is no PostgreSQL to be had; the message says what to do.</exception>
    public static async Task<Product> BuildAsync(string[] arguments, Action<WebApplicationBuilder>? configure = null)
    {
        // Settings lie beside the program, wherever it is started from; data where it is started, unless configured.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = arguments, ContentRootPath = AppContext.BaseDirectory });
        configure?.Invoke(builder);

        // What the schema looks like is told where it is built upon; elsewhere only if that is configured. So is the page to explore it.
        builder.Configuration["Messaging:GraphQL:Introspection"] ??= builder.Environment.IsDevelopment().ToString();
        builder.Configuration["Messaging:GraphQL:Explorer"] ??= builder.Environment.IsDevelopment().ToString();
        var dataDirectory = Path.GetFullPath(builder.Configuration["Messaging:DataDirectory"] ?? ".data");
        var ownDatabase = await builder.AddDatabaseAsync(dataDirectory);
        try
        {
            builder.AddMessaging();
            builder.AddWebServer();
            builder.AddTelemetry();
            builder.Services
                .AddEmail(builder.Configuration, dataDirectory)
                .AddFiles(builder.Configuration, dataDirectory)
                .AddAuth(builder.Configuration, dataDirectory)
                .AddGraphQLTransport(builder.Configuration)
                .AddGraphQLSchema()
                .AddLiveUpdates(builder.Configuration)
                .AddHealth();
            var app = builder.Build();
            app.UseProxies();
            app.MapMetrics();
            app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(30), KeepAliveTimeout = TimeSpan.FromSeconds(30) });
            app.MapGraphQL();
            app.MapExplorer();
            app.MapFiles();
            app.MapHealth();
            app.MapWebClient();
            return new Product(app, ownDatabase);
        }
        catch
        {
            if (ownDatabase is not null) await ownDatabase.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it. When this returns it is ready.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var store = Services.GetRequiredService<IDocumentStore>();
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        if (await store.UpgradeReadModelsAsync(Services.GetRequiredService<NpgsqlDataSource>(), cancellation)) _app.Logger.LogInformation("The read models were rebuilt");
        await _app.StartAsync(cancellation);
        if (_app.Environment.IsDevelopment()) await Services.GetRequiredService<DemoData>().CreateAsync(cancellation);
        Services.GetRequiredService<Health.StartUp>().Done();
    }

    /// <summary>Starts it, says where it is, and waits until it is told to stop.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            await using var product = await BuildAsync(arguments);
            await product.StartAsync(CancellationToken.None);
            await Console.Out.WriteLineAsync($"\nMessaging is ready: {product.Address} (its API: {product.Address}/graphql)");
            if (product.Services.GetRequiredService<GraphQLOptions>().Explorer) await Console.Out.WriteLineAsync($"To explore it: {product.Address}/graphiql");
            if (product._app.Environment.IsDevelopment()) await Console.Out.WriteLineAsync(DemoData.SignIns);
            await product._app.WaitForShutdownAsync();
            return 0;
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync($"Messaging cannot start: {e.Message}");
            return 1;
        }
    }

    /// <summary>Stops it: those who wait are answered first, and the PostgreSQL that it started goes last.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownDatabase is not null) await _ownDatabase.DisposeAsync();
    }
}
