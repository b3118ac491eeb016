using System.Diagnostics;
using System.Globalization;
using Messaging.Api.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.TestSupport.Postgres;

/// <summary>
/// A PostgreSQL server as somebody else runs it: durable, always at the same address, and stopped, killed and started
/// when somebody says so.
/// </summary>
public sealed class ExternalPostgres : IAsyncDisposable
{
    private static readonly TimeSpan s_longestStart = TimeSpan.FromSeconds(60);

    private readonly string _directory;
    private readonly int _port;
    private readonly Dictionary<string, string> _environment;
    private PostgresBinaries _binaries = null!;
    private ServerAccount _account = null!;
    private Process? _process;

    private ExternalPostgres(string directory, Dictionary<string, string> environment)
    {
        _directory = directory;
        _environment = environment;
        _port = Ports.Free();
    }

    public string ConnectionString { get; private set; } = null!;

    public bool IsRunning => _process is { HasExited: false };

    private string Data => Path.Combine(_directory, "data");

    /// <summary>Creates its data and starts it.</summary>
    /// <param name="environment">Variables of the server's process.</param>
    /// <param name="more">As of <see cref="StartAgainAsync"/>.</param>
    public static async Task<ExternalPostgres> StartAsync(
        string directory, Dictionary<string, string>? environment = null, params string[] more)
    {
        var server = new ExternalPostgres(directory, environment ?? []);

        // The product's own knows how to create data, also for root, and makes the user and the database.
        var options = new EmbeddedPostgresOptions(directory);
        await using (
            var first = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, CancellationToken.None))
        {
            server.ConnectionString = new NpgsqlConnectionStringBuilder(first.ConnectionString)
            {
                Port = server._port,
            }.ConnectionString;
        }

        server._binaries = await PostgresBinaries.FindAsync(options, null, CancellationToken.None);
        server._account = await ServerAccount.ChooseAsync(server.Data, NullLogger.Instance, CancellationToken.None);

        // Nobody signs in as superuser; some need databases beside the product's.
        await server.RunAloneAsync("alter role messaging createdb");
        await server.StartAgainAsync(more);
        return server;
    }

    /// <summary>Starts it; returns when it takes connections.</summary>
    /// <param name="more">Settings beside those that it always has, such as <c>fsync=off</c>.</param>
    public async Task StartAgainAsync(params string[] more)
    {
        string[] settings =
        [
            "-D",
            _account.Argument(Data),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            $"port={_port.ToString(CultureInfo.InvariantCulture)}",
            "-c",
            "unix_socket_directories=",
            "-c",
            "max_connections=200",
            "-c",
            "log_min_messages=fatal",
            .. more.SelectMany(setting => (string[])["-c", setting]),
        ];

        // Variables are those of the server alone, not of what starts it as another user: libfaketime would leave there
        // what that user may not open.
        var start = _account.Command(
            Data, "env", [.. _environment.Select(v => $"{v.Key}={v.Value}"), _binaries["postgres"], .. settings],
            untilWeEnd: true);
        start.RedirectStandardOutput = start.RedirectStandardError = true;

        // The kernel ends it with the thread that started it: so that one stays.
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            var process = Process.Start(start)!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            started.SetResult(process);
            process.WaitForExit();
        })
        { IsBackground = true, Name = "PostgreSQL" }.Start();
        _process = await started.Task;
        var clock = Stopwatch.StartNew();
        while (!await AnswersAsync())
        {
            if (_process.HasExited) throw new InvalidOperationException("PostgreSQL has not started.");
            if (clock.Elapsed > s_longestStart) throw new TimeoutException("PostgreSQL takes no connections.");
            await Task.Delay(20);
        }
    }

    /// <summary>Sends its first process a signal: TERM (smart), INT (fast), QUIT (immediate), KILL.</summary>
    public Task SignalAsync(string signal) => KillAsync(signal, $"{_process!.Id}");

    /// <summary>Sends all of its processes a signal, such as STOP or CONT.</summary>
    public Task SignalAllAsync(string signal) =>
        KillAsync(signal, $"{_process!.Id} $(cat /proc/{_process.Id}/task/*/children)");

    /// <summary>
    /// Ends a session of the product's as a fault of its own would; the server then starts all of them anew.
    /// </summary>
    public async Task KillBackendAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(
            "select pid from pg_stat_activity where application_name ~ '^messaging(/[0-9a-f]{12})?$' and pid <> "
                + "pg_backend_pid() order by random() limit 1",
            connection
        );
        if (await command.ExecuteScalarAsync() is int pid)
            await KillAsync("KILL", pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Whether it has.</returns>
    public async Task<bool> WaitForExitAsync(TimeSpan longest)
    {
        using var patience = new CancellationTokenSource(longest);
        await _process!.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _process.HasExited;
    }

    /// <summary>A connection of its own.</summary>
    public async Task<NpgsqlConnection> OpenAsync(string? connectionString = null)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString ?? ConnectionString)
            {
                Pooling = false,
                Timeout = 5,
                CommandTimeout = 300,
            }.ConnectionString
        );
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Carries statements out.</summary>
    public async Task ExecuteAsync(string sql, string? connectionString = null)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What a statement counts.</summary>
    public async Task<long> CountAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Another, empty database on the same server, of the same owner.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await ExecuteAsync($"create database {name}");
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Dumps the database while it is used, and restores it into another.</summary>
    /// <returns>The other's connection string.</returns>
    public async Task<string> RestoreDumpAsync(string name)
    {
        var dump = Path.Combine(_directory, $"{name}.dump");
        var from = new NpgsqlConnectionStringBuilder(ConnectionString);
        await RunAsync("pg_dump", ["--format=custom", "--no-owner", "--file", dump, "--dbname", from.Database!]);
        var copy = await CreateDatabaseAsync(name);
        await RunAsync("pg_restore", ["--no-owner", "--no-privileges", "--exit-on-error", "--dbname", name, dump]);
        return copy;
    }

    public async ValueTask DisposeAsync()
    {
        if (!IsRunning) return;
        await SignalAllAsync("CONT");
        await SignalAsync("INT");
        if (!await WaitForExitAsync(TimeSpan.FromSeconds(20))) await SignalAsync("KILL");
        await WaitForExitAsync(TimeSpan.FromSeconds(5));
    }

    private static async Task KillAsync(string signal, string processes)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {processes}"]);
        await kill.WaitForExitAsync();
    }

    // A statement of the superuser's, which takes a server that does not run.
    private async Task RunAloneAsync(string sql)
    {
        var start = _account.Command(
            Data, _binaries["postgres"], ["--single", "-D", _account.Argument(Data), "postgres"]);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteLineAsync(sql);
        process.StandardInput.Close();
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"'{sql}' ended with {process.ExitCode}.");
    }

    // One of PostgreSQL's own clients.
    private async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        var to = new NpgsqlConnectionStringBuilder(ConnectionString);
        using var process = Process.Start(new ProcessStartInfo(_binaries[program], arguments)
        {
            RedirectStandardError = true,
            Environment =
            {
                ["PGHOST"] = to.Host, ["PGPORT"] = $"{to.Port}", ["PGUSER"] = to.Username, ["PGPASSWORD"] = to.Password,
            },
        })!;
        var complaints = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {complaints}");
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = await OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
