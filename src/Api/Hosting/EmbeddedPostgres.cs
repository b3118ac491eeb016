using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Messaging.Api.Files;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// A private PostgreSQL server that belongs to this process: it starts and stops with it, restarts when it dies, and
/// listens on 127.0.0.1 only.
/// </summary>
/// <remarks>
/// The directory holds <c>data</c> (PostgreSQL's own), <c>password</c>, <c>application-password</c> and <c>lock</c>. An
/// ordinary user owns the database and its tables, and may make neither roles nor other databases; the product works as
/// another one, which owns nothing of what was recorded. The superuser, whom row-level security does not bind, has no
/// password and may not sign in once the database is set up: superuser rights then take <c>postgres --single</c> on the
/// stopped data, which is how a start gives data of before the product's role.
/// </remarks>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private const string User = "messaging";
    private const string Superuser = "postgres";
    private const string ApplicationFile = "application-password";
    private const int LinesKept = 20;

    // Directory in which new data are made, before they are moved to their place; each attempt has one of its own.
    private const string Unfinished = "new";

    // After a crash the server replays its log first, which may take minutes; a server that hangs is worse than none.
    private static readonly TimeSpan s_longestStart = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_longestStop = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longestJoin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longestFastStop = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_longestImmediateStop = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_beforeRestart = TimeSpan.FromSeconds(1);

    private readonly EmbeddedPostgresOptions _options;
    private readonly ILogger _logger;
    private readonly string _data;
    private readonly FileStream _lock;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Queue<string> _lastLines = new();
    private PostgresBinaries _binaries = null!;
    private ServerAccount _account = null!;
    private string _password = null!;
    private string _applicationPassword = null!;
    private int _port;
    private Process? _server;
    private Task _watch = Task.CompletedTask;

    private EmbeddedPostgres(EmbeddedPostgresOptions options, FileStream held, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _lock = held;
        _data = Path.Combine(options.DataDirectory, "data");
    }

    /// <summary>
    /// Reaches the product's database as its owner. Pooling and time limits are for the caller to set.
    /// </summary>
    public string ConnectionString => ConnectTo(User, User);

    /// <summary>The role that the product works as, which owns none of its tables.</summary>
    internal const string ApplicationRole = "messaging_application";

    /// <summary>Reaches the product's database as <see cref="ApplicationRole"/>.</summary>
    internal string ApplicationConnectionString => Reach(_port, _applicationPassword, ApplicationRole, User);

    /// <summary>The server's process.</summary>
    internal int ProcessId => _server!.Id;

    /// <summary>Starts the server, on a new data directory or on one that is there.</summary>
    /// <exception cref="EmbeddedPostgresException">It cannot run; the message says what to do.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, ILogger logger, CancellationToken cancellation)
    {
        options = options with { DataDirectory = Path.GetFullPath(options.DataDirectory) };
        FileStream held;
        try
        {
            CreatePrivate(options.DataDirectory);
            held = Lock(options.DataDirectory);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EmbeddedPostgresException(
                $"The data directory {options.DataDirectory} cannot be written by the user '{Environment.UserName}'."
                + " Give it to that user (chown), or name another in Messaging__DataDirectory.", e);
        }
        catch (IOException e)
        {
            throw new EmbeddedPostgresException(
                $"The data directory {options.DataDirectory} cannot be used: {e.Message.TrimEnd('.')}."
                + " Name another in Messaging__DataDirectory.", e);
        }

        var server = new EmbeddedPostgres(options, held, logger);
        try
        {
            await server.StartAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>True when a process of the product has the data directory. Changes nothing.</summary>
    public static bool IsInUse(string dataDirectory)
    {
        try
        {
            using var held = new FileStream(
                Path.Combine(dataDirectory, "lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>The programs that it would be started with. Changes nothing.</summary>
    /// <exception cref="EmbeddedPostgresException">There are none; the message says what to install.</exception>
    internal static Task<PostgresBinaries> FindBinariesAsync(
        EmbeddedPostgresOptions options,
        CancellationToken cancellation
    ) => PostgresBinaries.FindAsync(options, VersionOf(Path.Combine(options.DataDirectory, "data")), cancellation);

    /// <summary>
    /// Reaches the server of a product that runs on the same data directory: its port is where PostgreSQL says, its
    /// password beside the data.
    /// </summary>
    /// <returns>The connection string.</returns>
    /// <exception cref="EmbeddedPostgresException">It has not come up, or may not be reached by this user.</exception>
    public static async Task<string> JoinAsync(string dataDirectory, CancellationToken cancellation)
    {
        var directory = Path.GetFullPath(dataDirectory);
        var pidFile = Path.Combine(directory, "data", "postmaster.pid");
        var waited = Stopwatch.StartNew();
        try
        {
            // The fourth line is the port, the eighth the server's own word on its state.
            while (true)
            {
                if (
                    ReadLines(pidFile) is [_, _, _, var port, _, _, _, var state, ..]
                    && state.Trim() == "ready"
                    && int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                )
                    return Reach(
                        number, (await File.ReadAllTextAsync(Path.Combine(directory, "password"), cancellation)).Trim(),
                        User, User);
                if (waited.Elapsed > s_longestJoin)
                    throw new EmbeddedPostgresException(
                        $"Another process of the product uses {directory}, and its PostgreSQL is not ready. Try "
                            + $"again when it is."
                    );
                await Task.Delay(100, cancellation);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException)
        {
            throw new EmbeddedPostgresException(
                $"The PostgreSQL of {directory} cannot be reached by the user '{Environment.UserName}': "
                    + $"{e.Message} Run this as the user that the product runs as.",
                e
            );
        }
    }

    /// <summary>
    /// Stops the server: sessions are ended, everything committed is on disk. Does nothing the second time.
    /// </summary>
    public ValueTask DisposeAsync() => new(StopAsync(s_longestFastStop));

    /// <summary>As <see cref="DisposeAsync"/>.</summary>
    /// <param name="longest">
    /// Time limit for writing everything; then the server is ended, and replays its log when it starts again.
    /// </param>
    public async Task StopAsync(TimeSpan longest)
    {
        if (_stopping.IsCancellationRequested) return;
        await _stopping.CancelAsync();
        await _watch;
        try
        {
            if (_server is { HasExited: false }) await EndServerAsync(longest);
        }
        finally
        {
            _server?.Dispose();
            await _lock.DisposeAsync();
        }
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        var written = VersionOf(_data);
        _binaries = await PostgresBinaries.FindAsync(_options, written, cancellation);
        if (_binaries.Major < PostgresVersions.Oldest)
        {
            _logger.LogWarning(
                "The data in {Directory} is that of PostgreSQL {Version}, which nobody mends any more: bring it "
                    + "to {Oldest} or newer with pg_upgrade",
                _options.DataDirectory, _binaries.Major, PostgresVersions.Oldest);
        }
        _account = await ServerAccount.ChooseAsync(_data, _logger, cancellation);
        RemoveUnfinished();
        if (written is null) await CreateDataAsync(cancellation);
        else _password = ReadPassword("password");

        await StopLeftoverAsync(cancellation);
        _account = await _account.LeaveSharedAsync(_data, _logger, cancellation);
        await FindApplicationAsync(cancellation);
        await LaunchAsync(cancellation);
        await SetUpAsync(cancellation);
        _watch = WatchAsync();
    }

    private static int? VersionOf(string data)
    {
        var file = Path.Combine(data, "PG_VERSION");
        try
        {
            return File.Exists(file) ? int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture)
                // A directory that is not ours is not touched.
                : Directory.Exists(data) && Directory.EnumerateFileSystemEntries(data).Any()
                    ? throw new EmbeddedPostgresException(
                        $"{data} exists but is no PostgreSQL data directory. Move it away, or name another in "
                            + $"Messaging__DataDirectory."
                    )
                : null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EmbeddedPostgresException(
                $"{data} belongs to another user than '{Environment.UserName}'. Start the product as its owner "
                    + $"or as root, or change its owner (chown -R).",
                e
            );
        }
    }

    // ---------------------------------------------------------------- a new data directory

    /// <summary>
    /// Creates the data beside its place and moves it there when it is complete: a crash in between leaves nothing
    /// half-made. The directory's name is new each time, since what a killed product had begun may still be writing to
    /// the last one.
    /// </summary>
    private async Task CreateDataAsync(CancellationToken cancellation)
    {
        _password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var unfinished = Path.Combine(_options.DataDirectory, $"{Unfinished}-{Guid.NewGuid():N}");
        var data = Path.Combine(unfinished, "data");
        CreatePrivate(unfinished);
        CreatePrivate(data);
        await WritePrivateAsync(Path.Combine(unfinished, "password"), _password, cancellation);
        await _account.OwnAsync(unfinished, cancellation);

        // Sorting and letter case beyond ASCII without depending on the system's own locales.
        string[][] locales = [["--locale=C.UTF-8"], ["--locale=C", "--locale-provider=icu", "--icu-locale=und"]];
        var failures = "";
        var created = false;
        foreach (var locale in locales)
        {
            var (code, output) = await ServerAccount.RunAsync(
                _account.Command(
                    data,
                    _binaries["initdb"],
                    [
                        "-D",
                        _account.Argument(data),
                        "-U",
                        Superuser,
                        $"--pwfile={_account.Argument(data)}/../password",
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--data-checksums",
                        .. locale,
                        .. _options.Durable ? (string[])[] : ["--no-sync"],
                    ]
                ),
                cancellation
            );
            created = code == 0;
            if (created) break;
            failures += output + Environment.NewLine;
        }
        if (!created)
            throw new EmbeddedPostgresException(
                $"PostgreSQL could not create its data in {_options.DataDirectory}: {failures.Trim()}");

        await WritePrivateAsync(Path.Combine(_options.DataDirectory, "password"), _password, cancellation);

        // Of data that somebody took away: new ones do not have that role.
        File.Delete(Path.Combine(_options.DataDirectory, ApplicationFile));
        if (Directory.Exists(_data)) Directory.Delete(_data);
        Directory.Move(data, _data);

        // Before anything is acknowledged: the files are on disk already, but their place in the directory is not.
        DirectoryFlush.ToDisk(_options.DataDirectory);
        RemoveUnfinished();
        _logger.LogInformation("Created a PostgreSQL {Version} data directory in {Directory}", _binaries.Major, _data);
    }

    /// <summary>
    /// Removes the remains of an interrupted attempt. A program of that attempt may still be at work there, so that it
    /// may take until the next start; files that somebody else has put there stay.
    /// </summary>
    private void RemoveUnfinished()
    {
        foreach (var directory in Directory.EnumerateDirectories(_options.DataDirectory, $"{Unfinished}*"))
        {
            try
            {
                var name = Path.GetFileName(directory);
                var isOurs = (name == Unfinished || name.StartsWith($"{Unfinished}-", StringComparison.Ordinal))
                    && Directory.EnumerateFileSystemEntries(directory).All(
                        entry => Path.GetFileName(entry) is "data" or "password");
                if (isOurs) Directory.Delete(directory, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _logger.LogDebug(e, "{Directory} could not be removed yet", directory);
            }
        }
    }

    private string ReadPassword(string name)
    {
        var file = Path.Combine(_options.DataDirectory, name);
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException(
                $"The database's password cannot be read from {file}: {e.Message} It belongs to the data beside "
                    + $"it; restore both together.",
                e
            );
        }
    }

    /// <summary>
    /// Makes the role that the product works as, where its password is not there. Data of before have no superuser who
    /// may sign in; so it is done without a server. Cut off, it is done again, with another password.
    /// </summary>
    private async Task FindApplicationAsync(CancellationToken cancellation)
    {
        var file = Path.Combine(_options.DataDirectory, ApplicationFile);
        if (File.Exists(file))
        {
            _applicationPassword = ReadPassword(ApplicationFile);
            return;
        }

        _applicationPassword = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

        // Of new data the owner is not there yet, and is made a member when it is set up. A line is a statement.
        string[] statements =
        [
            $"do $$ begin if not exists (select from pg_roles where rolname = '{ApplicationRole}') "
                + $"then create role {ApplicationRole}; end if; end $$",
            $"alter role {ApplicationRole} with login nosuperuser nocreaterole nocreatedb noreplication nobypassrls "
                + $"password '{_applicationPassword}'",
            $"do $$ begin if exists (select from pg_roles where rolname = '{User}') "
                + $"then grant {ApplicationRole} to {User}; end if; end $$",
        ];
        var (code, output) = await ServerAccount.RunAsync(
            _account.Command(
                _data, _binaries["postgres"],
                [
                    "--single", "-D", _account.Argument(_data), "-c", "log_min_messages=error", "-c",
                    "log_min_error_statement=panic", "-c", "password_encryption=scram-sha-256", "postgres",
                ]),
            cancellation, string.Concat(statements.Select(s => $"{s}\n")));
        if (code != 0 || output.Contains("ERROR:", StringComparison.Ordinal)
            || output.Contains("FATAL:", StringComparison.Ordinal))
        {
            throw new EmbeddedPostgresException(
                $"PostgreSQL could not make the role that the product works as, in {_data}: {output}");
        }

        await WritePrivateAsync(file, _applicationPassword, cancellation);
        DirectoryFlush.ToDisk(_options.DataDirectory);
    }

    /// <summary>
    /// Makes the product's user and its database, and closes the superuser's door behind itself, as the last step:
    /// after a crash, the next start finds that door open and does all of it again. Data of the first version, whose
    /// user could make roles and whose superuser kept the password, is set up in the same way.
    /// </summary>
    private async Task SetUpAsync(CancellationToken cancellation)
    {
        if (await IsSetUpAsync(cancellation)) return;

        // Until the door is closed, the superuser's password is the one beside the data.
        await using var connection = await OpenAsync(Superuser, "postgres", cancellation);
        async Task<bool> Exists(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync(cancellation) is not null;
        }
        async Task Execute(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellation);
        }

        if (!await Exists($"select 1 from pg_roles where rolname = '{User}'"))
            await Execute($"create role {User} login password '{_password}'");
        await Execute(
            $"alter role {User} with nosuperuser noreplication nobypassrls "
                + $"{(_options.MayCreateRoles ? "createrole" : "nocreaterole")} "
                + $"{(_options.MayCreateDatabases ? "createdb" : "nocreatedb")}"
        );
        await Execute($"grant {ApplicationRole} to {User}");
        if (!await Exists($"select 1 from pg_database where datname = '{User}'"))
            await Execute($"create database {User} owner {User}");
        await Execute($"alter role {Superuser} with nologin password null");
    }

    /// <summary>True when the superuser's door is closed: anybody with an account may ask that.</summary>
    private async Task<bool> IsSetUpAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await OpenAsync(User, User, cancellation);
            await using var command = new NpgsqlCommand(
                $"select rolcanlogin from pg_roles where rolname = '{Superuser}'", connection);
            return await command.ExecuteScalarAsync(cancellation) is not true;
        }
        catch (PostgresException e)
            when (e.SqlState
                    is PostgresErrorCodes.InvalidPassword
                        or PostgresErrorCodes.InvalidAuthorizationSpecification
                        or PostgresErrorCodes.InvalidCatalogName
            )
        {
            // The user or the database is not there yet.
            return false;
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(string user, string database, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(ConnectTo(user, database)) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    // ---------------------------------------------------------------- the server's life

    /// <summary>
    /// A product that was killed may have left its server, or a pid file that by now names another program's process.
    /// </summary>
    private async Task StopLeftoverAsync(CancellationToken cancellation)
    {
        var pidFile = Path.Combine(_data, "postmaster.pid");
        if (!File.Exists(pidFile)) return;

        // Elsewhere PostgreSQL's own, weaker, check decides.
        if (!OperatingSystem.IsLinux())
        {
            if ((await PgCtlAsync(["status"], cancellation)).Code == 0)
                await StopServerAsync(s_longestStop, s_longestStop);
            return;
        }

        var waited = Stopwatch.StartNew();
        for (var asked = false; await ServerProcessesAsync(cancellation) is { Count: > 0 } processes; asked = true)
        {
            if (!asked)
            {
                _logger.LogWarning(
                    "A PostgreSQL server still runs on {Directory} (process {ProcessId}); stopping it", _data,
                    string.Join(", ", processes));
                if (processes.Contains(PidIn(pidFile)))
                    await StopServerAsync(s_longestStop, s_longestStop);
            }
            else if (waited.Elapsed > s_longestStop)
            {
                throw new EmbeddedPostgresException(
                    $"A PostgreSQL server still uses {_data} and does not stop: process "
                        + $"{string.Join(", ", processes)}. End it and start again."
                );
            }
            await Task.Delay(100, cancellation);
        }

        // No server has this directory open, whichever process has the number in the file now: PostgreSQL might take it
        // for a server.
        File.Delete(pidFile);
    }

    /// <summary>
    /// The server processes whose directory this is. Asked by the server's user, by comparing files: root without
    /// CAP_SYS_PTRACE, as in containers, may not look at other users' processes, and paths differ between mount
    /// namespaces.
    /// </summary>
    private async Task<List<int>> ServerProcessesAsync(CancellationToken cancellation)
    {
        const string Script =
            """
            for p in /proc/[0-9]*; do
              name=; read -r name < "$p/comm"
              [ "$name" = postgres ] && [ "$p/cwd" -ef "$1" ] && echo "${p#/proc/}"
            done 2>/dev/null
            exit 0
            """;
        var (_, output) = await ServerAccount.RunAsync(
            _account.Command(_data, "sh", ["-c", Script, "sh", _account.Argument(_data)]), cancellation);
        return
        [
            .. output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(x => int.Parse(x, CultureInfo.InvariantCulture)),
        ];
    }

    private async Task LaunchAsync(CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            _port = _port != 0 ? _port : _options.Port != 0 ? _options.Port : FreePort();
            if (await TryLaunchAsync(cancellation)) return;
            var lines = LastLines();
            // Between choosing a port and listening on it another process may have taken it.
            var taken = lines.Contains("could not create any TCP/IP sockets", StringComparison.Ordinal);
            if (taken && _options.Port != 0)
                throw new EmbeddedPostgresException(
                    $"Port {_options.Port} for the embedded PostgreSQL is in use: {lines}");
            if (!taken || attempt == 5)
                throw new EmbeddedPostgresException($"PostgreSQL did not start on {_data}: {lines}");
            _port = 0;
        }
    }

    private async Task<bool> TryLaunchAsync(CancellationToken cancellation)
    {
        var start = _account.Command(
            _data, _binaries["postgres"], ["-D", _account.Argument(_data), .. Settings()], untilWeEnd: true);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        lock (_lastLines) _lastLines.Clear();
        var server = _server = await StartOnThreadOfItsOwnAsync(start);

        var pidFile = Path.Combine(_data, "postmaster.pid");
        var waited = Stopwatch.StartNew();
        try
        {
            // The eighth line is the server's own word on its state. The first tells that the file is of this start.
            while (
                !(
                    ReadLines(pidFile) is [var pid, _, _, _, _, _, _, var state, ..]
                    && state.Trim() == "ready"
                    && ParsePid(pid) == server.Id
                )
            )
            {
                if (server.HasExited)
                {
                    // Waits for its last words, too.
                    await server.WaitForExitAsync(cancellation);
                    return false;
                }
                if (waited.Elapsed > s_longestStart)
                    throw new EmbeddedPostgresException(
                        $"PostgreSQL is not ready after {s_longestStart.TotalMinutes} minutes: {LastLines()}");
                await Task.Delay(20, cancellation);
            }
            _logger.LogInformation(
                "PostgreSQL {Version} is ready on port {Port} after {Milliseconds} ms", _binaries.Major, _port,
                waited.ElapsedMilliseconds);
            return true;
        }
        catch
        {
            await EndServerAsync(s_longestImmediateStop);
            throw;
        }
    }

    /// <summary>
    /// The kernel's word to the server that we ended is bound to the thread that started it: so that one stays as long
    /// as the server does.
    /// </summary>
    private Task<Process> StartOnThreadOfItsOwnAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            Process server;
            try
            {
                server = Process.Start(start)!;
                server.StandardInput.Close();
                server.OutputDataReceived += (_, e) => Log(e.Data);
                server.ErrorDataReceived += (_, e) => Log(e.Data);
                server.BeginOutputReadLine();
                server.BeginErrorReadLine();
            }
            catch (Exception e)
            {
                started.SetException(e);
                return;
            }
            started.SetResult(server);
            try
            {
                server.WaitForExit();
            }
            catch (InvalidOperationException)
            {
                // Stopped and disposed of meanwhile.
            }
        })
        { IsBackground = true, Name = "PostgreSQL" }.Start();
        return started.Task;
    }

    /// <summary>
    /// A server that dies on its own (killed, or for want of memory) is started again on the same port.
    /// </summary>
    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await _server!.WaitForExitAsync(_stopping.Token);
                _logger.LogError(
                    "PostgreSQL ended with code {Code}; starting it again. {Lines}", _server.ExitCode, LastLines());
                while (true)
                {
                    try
                    {
                        await Task.Delay(s_beforeRestart, _stopping.Token);
                        await StopLeftoverAsync(_stopping.Token);
                        if (await TryLaunchAsync(_stopping.Token)) break;
                        _logger.LogError("PostgreSQL did not start again. {Lines}", LastLines());
                    }
                    catch (Exception e) when (e is not OperationCanceledException)
                    {
                        _logger.LogError(e, "PostgreSQL did not start again");
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // We stop.
        }
    }

    /// <summary>Ends the server that this process started, whatever state it is in.</summary>
    private async Task EndServerAsync(TimeSpan longest)
    {
        var server = _server!;
        await StopServerAsync(longest, s_longestImmediateStop);

        // Its file is gone a moment before itself. A server that does not even answer is killed, which loses no commit
        // either.
        using var moment = new CancellationTokenSource(s_longestImmediateStop);
        await server.WaitForExitAsync(moment.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (server.HasExited) return;
        _logger.LogError("PostgreSQL does not stop; killing it");
        server.Kill();
        await server.WaitForExitAsync();
    }

    private async Task StopServerAsync(TimeSpan longestFast, TimeSpan longestImmediate)
    {
        // Fast: sessions are ended, everything is written. Immediate, when that takes too long, loses nothing either;
        // the next start replays the log.
        foreach (var (mode, longest) in ((string, TimeSpan)[])[("fast", longestFast), ("immediate", longestImmediate)])
        {
            var seconds = Math.Max(1, (int)longest.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            var (code, output) = await PgCtlAsync(
                ["stop", "--wait", "--timeout", seconds, "--mode", mode], CancellationToken.None);
            if (code == 0 || !File.Exists(Path.Combine(_data, "postmaster.pid"))) return;
            _logger.LogWarning("PostgreSQL did not stop ({Mode}): {Output}", mode, output);
        }
    }

    private Task<(int Code, string Output)> PgCtlAsync(string[] arguments, CancellationToken cancellation) =>
        ServerAccount.RunAsync(
            _account.Command(_data, _binaries["pg_ctl"], [.. arguments, "-D", _account.Argument(_data)]), cancellation);

    private IEnumerable<string> Settings()
    {
        List<string> settings =
        [
            "listen_addresses=127.0.0.1",
            $"port={_port.ToString(CultureInfo.InvariantCulture)}",
            "unix_socket_directories=",
            "password_encryption=scram-sha-256",
            "timezone=UTC",
            "random_page_cost=1.1",
            "jit=off",
            // The server tells its client of a refusal; its log would repeat what people wrote.
            "log_min_messages=log",
            "log_min_error_statement=panic",
            "log_error_verbosity=terse",
            "log_checkpoints=off",
            "logging_collector=off",
            "log_destination=stderr",
        ];
        settings.AddRange(
            _options.Durable
                ?
                [
                    "fsync=on", "synchronous_commit=on", "full_page_writes=on", "wal_compression=on",
                    "max_connections=100", $"shared_buffers={SharedBuffers}MB", "max_wal_size=2GB",
                    "checkpoint_timeout=15min"
                ]
                :
                [
                    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal",
                    "max_wal_senders=0", "max_connections=300", "shared_buffers=64MB"
                ]
        );
        return settings.SelectMany(x => (string[])["-c", x]);
    }

    // An eighth of the memory, in MB: what lies beyond is in the system's cache, and most of the product's as well.
    private static long SharedBuffers =>
        Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8 / (1024 * 1024), 128, 1024);

    private void Log(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > LinesKept) _lastLines.Dequeue();
        }
        _logger.LogDebug("{Line}", line);
    }

    private string LastLines()
    {
        lock (_lastLines) return string.Join(Environment.NewLine, _lastLines);
    }

    private string ConnectTo(string user, string database) => Reach(_port, _password, user, database);

    private static string Reach(int port, string password, string user, string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Username = user,
            Password = password,
            Database = database,
        }.ConnectionString;

    // ---------------------------------------------------------------- files

    private static FileStream Lock(string directory)
    {
        try
        {
            return new FileStream(
                Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
            when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            throw new EmbeddedPostgresInUseException(
                $"Another process of the product already uses the data directory {directory}. Stop it, or name "
                    + $"another in Messaging__DataDirectory."
                + " Several processes on one database need a PostgreSQL server in ConnectionStrings__Messaging.", e);
        }
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static int PidIn(string pidFile) => ReadLines(pidFile) is [var pid, ..] ? ParsePid(pid) : 0;

    private static int ParsePid(string line) =>
        int.TryParse(line, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var pid) ? pid : 0;

    private static void CreatePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(
                directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task WritePrivateAsync(string path, string text, CancellationToken cancellation)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(path, options);
        await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text), cancellation);
        file.Flush(flushToDisk: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
