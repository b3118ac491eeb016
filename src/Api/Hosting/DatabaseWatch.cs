using Messaging.Application;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// Notices that PostgreSQL is about to end, and lets go of it. A server that is stopped gently (SIGTERM, <c>pg_ctl stop
/// --mode smart</c>) takes no new connections and waits until the existing ones are closed: the product's own would
/// keep it waiting for ever, with neither a server nor an end. The connection that it keeps open also says that the
/// product runs (<see cref="RunningNodes"/>).
/// </summary>
/// <remarks>
/// Nothing tells an existing connection, so a new one is tried every other second, which costs either side about a
/// millisecond. The one before it stays open until then: where the new one is refused, the old one lets PostgreSQL end
/// all others. Their users meet the same errors as when a server is stopped fast, and recover in the same way.
/// </remarks>
internal sealed partial class DatabaseWatch : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);

    // With several nodes Wolverine holds its lock by a connection that it names itself.
    internal const string WolverinesLock = "wolverine-advisory-lock:";

    // Suffix that each of several nodes adds to the name of its connections.
    private const string NodesPart = "/[0-9a-f]{12}$";

    private readonly NpgsqlDataSource _database;
    private readonly IReadOnlyList<NpgsqlDataSource> _hosts;
    private readonly Guid _node;
    private readonly ILogger<DatabaseWatch> _logger;

    /// <summary>Needs the pool to empty, the connection string beside it, and the name of this node.</summary>
    public DatabaseWatch(NpgsqlDataSource database, ConnectionBeside beside, Guid node, ILogger<DatabaseWatch> logger)
    {
        _database = database;
        _node = node;
        _logger = logger;
        var given = new NpgsqlConnectionStringBuilder(beside.ConnectionString);

        // Each of several hosts is watched on its own: one that ends has connections of ours also when another has
        // taken over.
        _hosts = [.. (given.Host ?? "").Split(',').Select(host => beside.Open("messaging-watch", most: 0, host))];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var host in _hosts) host.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_hosts.Select(host => WatchAsync(host, stoppingToken)));

    private async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource host, CancellationToken stopping)
    {
        var connection = await host.OpenConnectionAsync(stopping);
        try
        {
            await connection.SayItRunsAsync(_node, stopping);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task WatchAsync(NpgsqlDataSource host, CancellationToken stoppingToken)
    {
        NpgsqlConnection? last = null;
        var refusals = 0;
        await Repeatedly.EveryAsync(s_period, LookAsync, LeaveIt, stoppingToken);
        if (last is not null) await last.DisposeAsync();

        async Task LookAsync(CancellationToken stopping)
        {
            try
            {
                var next = await OpenAsync(host, stopping);
                if (last is not null) await last.DisposeAsync();
                last = next;
                if (refusals > 0) LogBack();
                refusals = 0;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CannotConnectNow)
            {
                if (last is null) return;

                // Idle connections go first, and each that is given back; a moment later the rest.
                if (refusals++ == 0) LogEnding();
                _database.Clear();
                if (refusals == 1) return;
                await EndOthersAsync(last, stopping);
                await last.DisposeAsync();
                last = null;
            }
        }
    }

    // It is away, or too busy: the next caller that needs it finds out.
    private static void LeaveIt(Exception e)
    {
    }

    /// <summary>
    /// Ends the sessions of the product there; also other nodes', which the server waits for all the same.
    /// </summary>
    private async Task EndOthersAsync(NpgsqlConnection last, CancellationToken stopping)
    {
        try
        {
            await using var command = new NpgsqlCommand(
                """
                select count(pg_terminate_backend(pid)) from pg_stat_activity
                where usename = current_user and datname = current_database()
                    and (regexp_replace(application_name, $2, '') = regexp_replace(current_setting('application_name'),
                        $2, '')
                        or starts_with(application_name, $1))
                    and pid <> pg_backend_pid()
                """,
                last);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = WolverinesLock });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = NodesPart });
            LogLetGo((long)(await command.ExecuteScalarAsync(stopping))!);
        }
        catch (NpgsqlException)
        {
            // This one has ended, too.
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "PostgreSQL takes no more connections, and waits for the product's to end: letting go of them")]
    private partial void LogEnding();

    [LoggerMessage(LogLevel.Warning, "Ended {Count} connections to PostgreSQL that were in use")]
    private partial void LogLetGo(long count);

    [LoggerMessage(LogLevel.Information, "PostgreSQL is back")]
    private partial void LogBack();
}
