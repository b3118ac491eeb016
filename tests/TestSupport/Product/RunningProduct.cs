using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Messaging.TestSupport.Product;

/// <summary>
/// The whole product as it runs for its users: real PostgreSQL, real HTTP on a loopback port, mail to a real SMTP
/// server.
/// </summary>
public sealed class RunningProduct : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly bool _ownsDatabase;
    private readonly string _directory;
    private readonly Func<string, Dictionary<string, string?>?, string?, Task<Api.Hosting.Product>> _build;
    private Api.Hosting.Product? _product;

    private RunningProduct(
        TestDatabase database, bool ownsDatabase, SmtpServer mail, string directory, Api.Hosting.Product product,
        Func<string, Dictionary<string, string?>?, string?, Task<Api.Hosting.Product>> build)
    {
        _build = build;
        Address = product.Address;
        _database = database;
        _ownsDatabase = ownsDatabase;
        Mail = mail;
        _directory = directory;
        _product = product;
        Http = new HttpClient { BaseAddress = new Uri(product.Address) };
    }

    public SmtpServer Mail { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => (_product ?? throw new InvalidOperationException("It is stopped.")).Services;

    public string DataDirectory => _directory;

    public string ConnectionString => _database.ConnectionString;

    /// <summary>Starts it with the demo data of Development, unless told otherwise.</summary>
    public static async Task<RunningProduct> StartAsync(
        string environment = "Development", Dictionary<string, string?>? settings = null,
        Action<IServiceCollection>? services = null)
    {
        var (database, directory) = await Prepared.CopyAsync(hasDemoData: environment == "Development");
        return await StartAsync(database, true, SmtpServer.Start(), directory, environment, settings, services);
    }

    /// <summary>Starts it on a database and files that an earlier version left.</summary>
    /// <param name="restore">Fills the empty database and the empty data directory.</param>
    public static async Task<RunningProduct> StartOnAsync(
        Func<string, string, Task> restore, string environment = "Development",
        Dictionary<string, string?>? settings = null)
    {
        var database = await TestDatabase.CreateAsync();
        var directory = Directory.CreateTempSubdirectory("messaging-test-").FullName;
        await restore(database.ConnectionString, directory);
        return await StartAsync(database, true, SmtpServer.Start(), directory, environment, settings, null);
    }

    /// <summary>Starts one more node: on the same database, with the same data directory.</summary>
    public Task<RunningProduct> StartNodeAsync(
        Dictionary<string, string?>? settings = null,
        Action<IServiceCollection>? services = null
    ) => StartAsync(_database, false, Mail, _directory, "Development", settings, services);

    /// <summary>Starts one more node in a process of its own, which can be killed.</summary>
    public Task<ProductProcess> StartNodeProcessAsync(Dictionary<string, string?> settings) =>
        ProductProcess.StartAsync(
            new(
                settings.Select(s =>
                    KeyValuePair.Create(s.Key.Replace(":", "__", StringComparison.Ordinal), s.Value ?? "")
                )
            )
            {
                ["ConnectionStrings__Messaging"] = ConnectionString,
                ["Messaging__DataDirectory"] = DataDirectory,
                ["Messaging__Auth__SigningKey"] = SharedKey.Of(DataDirectory),
            },
            Mail
        );

    /// <summary>The settings of every product that tests start in their own process.</summary>
    internal static Dictionary<string, string?> SettingsOf(
        string urls, TestDatabase database, string directory, SmtpServer mail, string environment) =>
        new()
        {
            ["urls"] = urls,
            ["ConnectionStrings:Messaging"] = database.ConnectionString,
            ["Messaging:DataDirectory"] = directory,

            // What tests write is thrown away.
            ["Messaging:Database:AllowUnsafeDurability"] = "true",
            ["Messaging:Smtp:Host"] = mail.Host,
            ["Messaging:Smtp:Port"] = $"{mail.Port}",
            ["Messaging:Smtp:Security"] = "none",
            ["Messaging:Smtp:From"] = "nachrichten@messaging.example",
            ["Messaging:PublicUrl"] = "https://nachrichten.example",
            ["Messaging:Auth:SignInAttempts"] = "1000",

            // Hashing was a third of what kept the processors busy while tests that sign in ran.
            ["Messaging:Auth:PasswordRounds"] = environment == "Development" ? "1000" : null,

            // So many mails that a test can count them one by one, unless it says otherwise.
            ["Messaging:Mail:AtOnce"] = "10000",
            ["Messaging:Mail:PerSenderAndHour"] = "10000",
            ["Messaging:Mail:PerRecipientAndHour"] = "10000",
            ["Messaging:Mail:BundleSeconds"] = "0",
            ["Logging:LogLevel:Default"] = "Warning",
            ["Logging:LogLevel:Messaging.Security"] = "None",
            ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Warning",
        };

    private static async Task<RunningProduct> StartAsync(
        TestDatabase database, bool ownsDatabase, SmtpServer mail, string directory, string environment,
        Dictionary<string, string?>? settings, Action<IServiceCollection>? services)
    {
        Task<Api.Hosting.Product> Build(string urls, Dictionary<string, string?>? more, string? another) =>
            Api.Hosting.Product.BuildAsync(["--environment", another ?? environment], builder =>
            {
                builder.Configuration.AddInMemoryCollection(
                    SettingsOf(urls, database, directory, mail, another ?? environment));
                if (settings is not null) builder.Configuration.AddInMemoryCollection(settings);
                if (more is not null) builder.Configuration.AddInMemoryCollection(more);
                if (builder.Configuration["Messaging:Nodes"] == "several")
                    builder.Configuration["Messaging:Auth:SigningKey"] ??= SharedKey.Of(directory);
                services?.Invoke(builder.Services);
            });
        var product = await Build("http://127.0.0.1:0", null, null);
        await product.StartAsync(CancellationToken.None);
        return new RunningProduct(database, ownsDatabase, mail, directory, product, Build);
    }

    public string Address { get; }

    /// <summary>
    /// Stops it, as for an update: at its address nothing answers until <see cref="StartAgainAsync"/>.
    /// </summary>
    public async Task StopAsync()
    {
        if (_product is not null) await _product.DisposeAsync();
        _product = null;
    }

    /// <summary>Starts it again: at the same address, on the same database and data directory.</summary>
    /// <param name="settings">What is configured differently from now on.</param>
    /// <param name="environment">The environment from now on; null for the one before.</param>
    public async Task StartAgainAsync(Dictionary<string, string?>? settings = null, string? environment = null)
    {
        _product = await _build(Address, settings, environment);
        await _product.StartAsync(CancellationToken.None);
    }

    /// <summary>A client that is signed in with a demo account.</summary>
    public Task<GraphQLClient> SignInAsync(string email, string password = "messaging-demo") =>
        GraphQLClient.SignInAsync(Http, email, password);

    public GraphQLClient Anonymous => new(Http, null);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await StopAsync();
        if (!_ownsDatabase) return;
        await Mail.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
