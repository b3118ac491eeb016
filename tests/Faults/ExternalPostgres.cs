using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Messaging.Api.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.Faults;

/// <summary>
/// A PostgreSQL server as somebody else runs it: durable, always at the same address, and stopped, killed and started
/// when a campaign says so.
/// </summary>
internal sealed class ExternalPostgres : IAsyncDisposable
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
        _port = FreePort();
    }

    public string ConnectionString { get; private set; } = null!;

    public bool IsRunning => _process is { HasExited: false };

    private string Data => Path.Combine(_directory, "data");

    /// <summary>Creates its data and starts it.</summary>
    /// <param name="environment">Variables of the server's process.</param>
    public static async Task<ExternalPostgres> StartAsync(string directory, Dictionary<string, string>? environment = null)
    {
        var server = new ExternalPostgres(directory, environment ?? []);

        // The product's own knows how to create data, also for root, and makes the user and the database.
        var options = new EmbeddedPostgresOptions(directory);
        await using (var first = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, CancellationToken.None))
        {
            server.ConnectionString = new NpgsqlConnectionStringBuilder(first.ConnectionString) { Port = server._port }.ConnectionString;
        }

        server._binaries = await PostgresBinaries.FindAsync(options, null, CancellationToken.None);
        server._account = await ServerAccount.ChooseAsync(server.Data, NullLogger.Instance, CancellationToken.None);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts it; returns when it takes connections.</summary>
    public async Task StartAgainAsync()
    {
        string[] settings =
        [
            "-D", _account.Argument(Data), "-c", "listen_addresses=127.0.0.1", "-c", $"port={_port.ToString(CultureInfo.InvariantCulture)}",
            "-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", "log_min_messages=fatal",
        ];
        var start = _account.Command(Data, _binaries["postgres"], settings, untilWeEnd: true);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        foreach (var (name, value) in _environment) start.Environment[name] = value;

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
    public Task SignalAllAsync(string signal) => KillAsync(signal, $"{_process!.Id} $(cat /proc/{_process.Id}/task/*/children)");

    /// <summary>Ends a session of the product's as a fault of its own would; the server then starts all of them anew.</summary>
    public async Task KillBackendAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(
            "select pid from pg_stat_activity where application_name = 'messaging' and pid <> pg_backend_pid() order by random() limit 1", connection);
        if (await command.ExecuteScalarAsync() is int pid) await KillAsync("KILL", pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Whether it has.</returns>
    public async Task<bool> WaitForExitAsync(TimeSpan longest)
    {
        using var patience = new CancellationTokenSource(longest);
        await _process!.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _process.HasExited;
    }

    /// <summary>A connection of a campaign's own.</summary>
    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, Timeout = 5, CommandTimeout = 300 }.ConnectionString);
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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
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
