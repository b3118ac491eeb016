using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Messaging.TestSupport.Product;

/// <summary>The whole product as it runs for its users: real PostgreSQL, real HTTP on a loopback port, mail to a real SMTP server.</summary>
public sealed class RunningProduct : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly bool _ownsDatabase;
    private readonly string _directory;
    private Api.Hosting.Product _product;

    private RunningProduct(TestDatabase database, bool ownsDatabase, SmtpServer mail, string directory, Api.Hosting.Product product)
    {
        _database = database;
        _ownsDatabase = ownsDatabase;
        Mail = mail;
        _directory = directory;
        _product = product;
        Http = new HttpClient { BaseAddress = new Uri(product.Address) };
    }

    public SmtpServer Mail { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _product.Services;

    public string DataDirectory => _directory;

    public string ConnectionString => _database.ConnectionString;

    /// <summary>Starts it with the demo data of Development, unless told otherwise.</summary>
    public static async Task<RunningProduct> StartAsync(
        string environment = "Development", Dictionary<string, string?>? settings = null, Action<IServiceCollection>? services = null)
    {
        var database = await TestDatabase.CreateAsync();
        var directory = Directory.CreateTempSubdirectory("messaging-test-").FullName;
        return await StartAsync(database, true, SmtpServer.Start(), directory, environment, settings, services);
    }

    /// <summary>Starts one more node: on the same database, with the same data directory.</summary>
    public Task<RunningProduct> StartNodeAsync(Dictionary<string, string?>? settings = null) =>
        StartAsync(_database, false, Mail, _directory, "Development", settings, null);

    private static async Task<RunningProduct> StartAsync(
        TestDatabase database, bool ownsDatabase, SmtpServer mail, string directory, string environment, Dictionary<string, string?>? settings,
        Action<IServiceCollection>? services)
    {
        var product = await Api.Hosting.Product.BuildAsync(
            ["--environment", environment],
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
                {
                    ["urls"] = "http://127.0.0.1:0",
                    ["ConnectionStrings:Messaging"] = database.ConnectionString,
                    ["Messaging:DataDirectory"] = directory,
                    ["Messaging:Smtp:Host"] = mail.Host,
                    ["Messaging:Smtp:Port"] = $"{mail.Port}",
                    ["Messaging:Smtp:Security"] = "none",
                    ["Messaging:Smtp:From"] = "nachrichten@messaging.example",
                    ["Messaging:PublicUrl"] = "https://nachrichten.example",
                    ["Messaging:Auth:SignInAttempts"] = "1000",
                });
                if (settings is not null) builder.Configuration.AddInMemoryCollection(settings);
                builder.Logging.SetMinimumLevel(LogLevel.Warning);
                services?.Invoke(builder.Services);
            });
        await product.StartAsync(CancellationToken.None);
        return new RunningProduct(database, ownsDatabase, mail, directory, product);
    }

    public string Address => _product.Address;

    /// <summary>A client that is signed in with a demo account.</summary>
    public Task<GraphQLClient> SignInAsync(string email, string password = "messaging-demo") => GraphQLClient.SignInAsync(Http, email, password);

    public GraphQLClient Anonymous => new(Http, null);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _product.DisposeAsync();
        if (!_ownsDatabase) return;
        await Mail.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
