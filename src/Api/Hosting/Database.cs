using Messaging.Api.GraphQL.Transport;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>The database the product works on: the one that is configured, else one of its own.</summary>
internal static class Database
{
    /// <summary>Finds or starts the database, and adds its data source.</summary>
    /// <returns>The server that was started, to be stopped last; null when one is configured.</returns>
    public static async Task<EmbeddedPostgres?> AddDatabaseAsync(
        this WebApplicationBuilder builder, string dataDirectory, CancellationToken cancellation)
    {
        EmbeddedPostgres? own = null;
        var given = builder.Configuration.GetConnectionString("Messaging");
        if (string.IsNullOrWhiteSpace(given))
        {
            using var logging = LoggerFactory.Create(l => l.AddConfiguration(builder.Configuration.GetSection("Logging")).AddConsole());
            own = await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions(Path.Combine(dataDirectory, "postgres")),
                logging.CreateLogger<EmbeddedPostgres>(), cancellation);
            given = own.ConnectionString;
        }

        var tuned = Tuned(given);
        builder.Services.AddSingleton(new PooledConnections(new NpgsqlConnectionStringBuilder(tuned).MaxPoolSize));
        builder.Services.AddNpgsqlDataSource(tuned, database =>
        {
            // Otherwise its name, seen in metrics and traces, is the connection string.
            database.Name = "messaging";
            database.ConfigureTracing(Telemetry.ConfigureStatements);
        });
        builder.Services.AddHostedService(services => new DatabaseWatch(
            services.GetRequiredService<NpgsqlDataSource>(), tuned,
            services.GetRequiredService<ILogger<DatabaseWatch>>()));
        return own;
    }

    /// <summary>
    /// For a command of the operator's: reaches the database that is configured, else the server of the product that
    /// runs here, else one that is started for it. What it asks may take as long as it takes.
    /// </summary>
    /// <returns>The connection string, and the server that was started.</returns>
    /// <exception cref="InvalidOperationException">There is none to be had; the message says what to do.</exception>
    public static async Task<(string ConnectionString, EmbeddedPostgres? Own)> ReachAsync(
        IConfiguration configuration, string dataDirectory, ILogger logger, CancellationToken cancellation)
    {
        EmbeddedPostgres? own = null;
        var given = configuration.GetConnectionString("Messaging");
        if (IsOwn(configuration))
        {
            var options = new EmbeddedPostgresOptions(Path.Combine(dataDirectory, "postgres"));
            try
            {
                own = await EmbeddedPostgres.StartAsync(options, logger, cancellation);
                given = own.ConnectionString;
            }
            catch (EmbeddedPostgresInUseException)
            {
                given = await EmbeddedPostgres.JoinAsync(options.DataDirectory, cancellation);
            }
        }

        return (Patient(given!), own);
    }

    /// <summary>Whether the product is to have a server of its own.</summary>
    public static bool IsOwn(IConfiguration configuration) => string.IsNullOrWhiteSpace(configuration.GetConnectionString("Messaging"));

    /// <summary>The same for statements that take as long as they take.</summary>
    /// <exception cref="ArgumentException">It is no connection string.</exception>
    public static string Patient(string connectionString)
    {
        // Of what is said twice the later holds.
        var patient = new NpgsqlConnectionStringBuilder(Tuned(connectionString)) { CommandTimeout = 0 };
        patient.Options += " -c statement_timeout=0 -c idle_in_transaction_session_timeout=0";
        return patient.ConnectionString;
    }

    // What the connection string says itself stays.
    private static string Tuned(string connectionString)
    {
        // Its ContainsKey would be true of every name that Npgsql knows.
        var given = new NpgsqlConnectionStringBuilder(connectionString).Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var tuned = new NpgsqlConnectionStringBuilder(connectionString);
        if (!given.Contains("Max Auto Prepare")) tuned.MaxAutoPrepare = 100;
        if (!given.Contains("Auto Prepare Min Usages")) tuned.AutoPrepareMinUsages = 2;
        if (!given.Contains("Keepalive")) tuned.KeepAlive = 30;
        if (!given.Contains("Application Name")) tuned.ApplicationName = "messaging";
        if (!given.Contains("Maximum Pool Size")) tuned.MaxPoolSize = 60;

        // Seven statements each time a connection is taken from the pool, to undo what nobody here does: no session settings, no temporary tables;
        // advisory locks are released by those who took them.
        if (!given.Contains("No Reset On Close")) tuned.NoResetOnClose = true;

        // A statement that hangs, or a transaction that was left open, must not stall everybody behind it.
        if (!given.Contains("Options")) tuned.Options = "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s";
        return tuned.ConnectionString;
    }
}
