using Messaging.Api.GraphQL.Transport;
using Messaging.Application.Notifications;
using Npgsql;
using Wolverine;

namespace Messaging.Api.Hosting;

/// <summary>The database that the product works on: the configured one, else one of its own.</summary>
internal static class Database
{
    /// <summary>Finds or starts the database, and adds its data source.</summary>
    /// <returns>The server that was started, to be stopped last; null when one is configured.</returns>
    public static async Task<EmbeddedPostgres?> AddDatabaseAsync(
        this WebApplicationBuilder builder, string dataDirectory, CancellationToken cancellation)
    {
        EmbeddedPostgres? own = null;
        var given = Configured(builder.Configuration);
        if (given is null)
        {
            using var logging = LoggerFactory.Create(l =>
                l.AddConfiguration(builder.Configuration.GetSection("Logging")).AddConsole()
            );
            own = await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions(Path.Combine(dataDirectory, "postgres")),
                logging.CreateLogger<EmbeddedPostgres>(), cancellation);
            given = own.ApplicationConnectionString;
        }

        var tuned = Tuned(given);
        builder.Services.AddSingleton(own is null
            ? OwnerConnection.Of(builder.Configuration, given)
            : OwnerConnection.OfOwn(builder.Configuration, own.ConnectionString));
        builder.Services.AddSingleton(new PooledConnections(new NpgsqlConnectionStringBuilder(tuned).MaxPoolSize));
        builder.Services.AddSingleton(services => new ConnectionBeside(
            OfNode(tuned, services.GetRequiredService<ThisNode>())));
        builder.Services.AddNpgsqlDataSource(tuned, (services, database) =>
        {
            database.ConnectionStringBuilder.ApplicationName = new NpgsqlConnectionStringBuilder(
                OfNode(tuned, services.GetRequiredService<ThisNode>())).ApplicationName;

            // Otherwise its name, seen in metrics and traces, is the connection string.
            database.Name = "messaging";
            database.ConfigureTracing(Telemetry.ConfigureStatements);
        });
        builder.Services.AddHostedService(services => new DatabaseWatch(
            services.GetRequiredService<NpgsqlDataSource>(), services.GetRequiredService<ConnectionBeside>(),
            services.GetRequiredService<WolverineOptions>().UniqueNodeId,
            services.GetRequiredService<ILogger<DatabaseWatch>>()));
        return own;
    }

    /// <summary>
    /// Opens the database for an operator's command: the configured one, else the server of the product that runs here,
    /// else one that is started for it.
    /// </summary>
    /// <returns>The connection strings, and the server that was started.</returns>
    /// <exception cref="InvalidOperationException">There is none to be had; the message says what to do.</exception>
    public static async Task<(OwnerConnection Connection, EmbeddedPostgres? Own)> ReachAsync(
        IConfiguration configuration, string dataDirectory, ILogger logger, CancellationToken cancellation)
    {
        EmbeddedPostgres? own = null;
        var given = Configured(configuration);
        if (given is null)
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

        var tuned = Tuned(given);
        return (
            IsOwn(configuration)
                ? OwnerConnection.OfOwn(configuration, tuned) : OwnerConnection.Of(configuration, tuned), own);
    }

    /// <summary>True when the product is to have a server of its own.</summary>
    public static bool IsOwn(IConfiguration configuration) =>
        string.IsNullOrWhiteSpace(configuration.GetConnectionString("Messaging"));

    /// <summary>
    /// The configured connection string, with the password that is a setting of its own; null when the product is to
    /// have a server of its own.
    /// </summary>
    /// <exception cref="ArgumentException">It is no connection string.</exception>
    public static string? Configured(IConfiguration configuration)
    {
        var password = configuration["Messaging:Database:Password"];
        if (IsOwn(configuration)) return null;
        var given = configuration.GetConnectionString("Messaging")!;
        if (string.IsNullOrEmpty(password)) return given;
        var whole = new NpgsqlConnectionStringBuilder(given);
        if (string.IsNullOrEmpty(whole.Password)) whole.Password = password;
        return whole.ConnectionString;
    }

    /// <summary>Opens connections for statements without a time limit, whatever is set for the role.</summary>
    /// <param name="namesAll">
    /// True where other roles make something in this database, too: what a statement does not name in full is
    /// PostgreSQL's own then, and nothing that somebody put in its way.
    /// </param>
    /// <exception cref="ArgumentException">It is no connection string.</exception>
    public static NpgsqlDataSource Patient(string connectionString, bool namesAll = false)
    {
        // A connection that is given back and taken again keeps it.
        const string Settings = "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0";
        var patience = namesAll ? $"{Settings}; set search_path = pg_catalog" : Settings;
        var patient = new NpgsqlConnectionStringBuilder(Tuned(connectionString))
        {
            CommandTimeout = 0,
            NoResetOnClose = true,
        };
        var builder = new NpgsqlDataSourceBuilder(patient.ConnectionString);

        // No start-up Options: PgBouncer refuses them.
        builder.UsePhysicalConnectionInitializer(
            connection =>
            {
                using var command = new NpgsqlCommand(patience, connection);
                command.ExecuteNonQuery();
            },
            async connection =>
            {
                await using var command = new NpgsqlCommand(patience, connection);
                await command.ExecuteNonQueryAsync();
            });
        return builder.Build();
    }

    // Each of several nodes has a name of its own, by which the others find its sessions (NodeWatch): the product's
    // name, and the last digits of its id. PostgreSQL takes 63 bytes, and replaces characters beyond ASCII by question
    // marks.
    private static string OfNode(string connectionString, ThisNode node)
    {
        if (node.Id is not { } id) return connectionString;
        var named = new NpgsqlConnectionStringBuilder(connectionString);
        var name = string.Concat((named.ApplicationName ?? "").Select(c => char.IsAscii(c) ? c : '?').Take(50));
        named.ApplicationName = $"{name}/{id.ToString()[^12..]}";
        return named.ConnectionString;
    }

    // Values in the connection string itself stay.
    private static string Tuned(string connectionString)
    {
        // Its ContainsKey would be true of every name that Npgsql knows.
        var given = new NpgsqlConnectionStringBuilder(connectionString).Keys.ToHashSet(
            StringComparer.OrdinalIgnoreCase);
        var tuned = new NpgsqlConnectionStringBuilder(connectionString);
        if (!given.Contains("Max Auto Prepare")) tuned.MaxAutoPrepare = 100;
        if (!given.Contains("Auto Prepare Min Usages")) tuned.AutoPrepareMinUsages = 2;
        if (!given.Contains("Keepalive")) tuned.KeepAlive = 30;
        if (!given.Contains("Application Name")) tuned.ApplicationName = "messaging";
        if (!given.Contains("Maximum Pool Size")) tuned.MaxPoolSize = 60;

        // Saves the seven statements that undo session state each time a connection is taken from the pool; nothing
        // here leaves any: no session settings, no temporary tables; advisory locks are released by their takers.
        if (!given.Contains("No Reset On Close")) tuned.NoResetOnClose = true;

        // No start-up Options: PgBouncer refuses them. The limit that ends a hanging statement is set for the role:
        // DatabaseSessions.
        return tuned.ConnectionString;
    }
}

/// <summary>Access to the database beside the pool that everything else shares.</summary>
/// <param name="ConnectionString">The pool's own.</param>
internal sealed record ConnectionBeside(string ConnectionString)
{
    /// <summary>Opens a way of a few connections, that gives up soon.</summary>
    /// <param name="name">As metrics and traces call it.</param>
    /// <param name="most">Limit of connections; 0: a new one each time.</param>
    /// <param name="host">One of several hosts, whatever it is to the others; null: as the connection string
    /// says.</param>
    public NpgsqlDataSource Open(string name, int most, string? host = null)
    {
        var beside = new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            Pooling = most > 0,
            Timeout = 5,
            CommandTimeout = 5,
            MaxAutoPrepare = 0,
        };
        if (most > 0) (beside.MinPoolSize, beside.MaxPoolSize) = (0, most);
        if (host is not null)
        {
            beside.Host = host;
            beside.Remove("Target Session Attributes");
            beside.Remove("Load Balance Hosts");
        }

        // Statements on these connections ask for numbers and names, and need no list of types.
        var database = new NpgsqlDataSourceBuilder(beside.ConnectionString) { Name = name };
        return database
            .ConfigureTypeLoading(types => types.EnableTypeLoading(false))
            .ConfigureTracing(Telemetry.ConfigureStatements)
            .Build();
    }
}
