using Messaging.Api.Hosting;
using Messaging.Application.Commands;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Product;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Messaging.Application.Tests.Support;

/// <summary>
/// The whole product on a database and a mail server of a test's own; it can be stopped and started again.
/// </summary>
public sealed class RunningProduct : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly Dictionary<string, string?> _settings;
    private readonly string _directory;
    private Product? _product;

    private RunningProduct(TestDatabase database, string directory, Dictionary<string, string?> settings)
    {
        _database = database;
        _directory = directory;
        _settings = settings;
        Database = NpgsqlDataSource.Create(database.ConnectionString);
    }

    public SmtpServer Mails { get; } = SmtpServer.Start();

    /// <summary>A way to the database that stays when the product stops.</summary>
    public NpgsqlDataSource Database { get; }

    public CommandExecutor Executor => _product!.Services.GetRequiredService<CommandExecutor>();

    public IServiceProvider Services => _product!.Services;

    /// <summary>Where it answers HTTP.</summary>
    public string Address => _product!.Address;

    public static async Task<RunningProduct> StartAsync(params (string Key, string Value)[] settings)
    {
        var (database, directory) = await Prepared.CopyAsync(hasDemoData: false);
        var product = new RunningProduct(
            database, directory, settings.ToDictionary(s => s.Key, s => (string?)s.Value));
        await product.StartAgainAsync();
        return product;
    }

    public async Task StartAgainAsync() => _product = await StartNodeAsync();

    /// <summary>Starts one more process' worth of product on the same database.</summary>
    public async Task<Product> StartNodeAsync()
    {
        var product = await Product.BuildAsync([], builder =>
        {
            builder.Environment.EnvironmentName = "Testing";

            // So many mails that a test can count them one by one, unless it says otherwise.
            foreach (var key in (string[])["AtOnce", "PerSenderAndHour", "PerRecipientAndHour"])
                builder.Configuration[$"Messaging:Mail:{key}"] = "10000";
            builder.Configuration["Messaging:Mail:BundleSeconds"] = "0";
            foreach (
                var (key, value) in new Dictionary<string, string?>(_settings)
                {
                    ["ConnectionStrings:Messaging"] = _database.ConnectionString,
                    ["Messaging:DataDirectory"] = _directory,
                    ["Messaging:Database:AllowUnsafeDurability"] = "true",
                    ["Messaging:Smtp:Host"] = Mails.Host,
                    ["Messaging:Smtp:Port"] = Mails.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    ["Messaging:Smtp:Security"] = "None",
                    ["Messaging:Smtp:From"] = "noreply@messaging.example",
                    ["Messaging:PublicUrl"] = "https://messaging.example",
                    ["urls"] = "http://127.0.0.1:0",
                }
            )
            {
                builder.Configuration[key] = value;
            }

            if (builder.Configuration["Messaging:Nodes"] == "several")
                builder.Configuration["Messaging:Auth:SigningKey"] ??= SharedKey.Of(_directory);
            builder.Logging.ClearProviders();
            if (Environment.GetEnvironmentVariable("MESSAGING_TEST_LOG") is not null) builder.Logging.AddConsole();
        });
        await product.StartAsync(CancellationToken.None);
        return product;
    }

    public async Task StopAsync()
    {
        if (_product is not null) await _product.DisposeAsync();
        _product = null;
    }

    public async Task<T?> ScalarAsync<T>(string sql, params object[] arguments)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var argument in arguments) command.Parameters.Add(new NpgsqlParameter { Value = argument });
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Mails.DisposeAsync();
        await Database.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
