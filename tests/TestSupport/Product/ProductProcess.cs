using System.Diagnostics;
using System.Globalization;
using System.Net;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Smtp;

namespace Messaging.TestSupport.Product;

/// <summary>
/// The product in a process of its own, as it is deployed: what is counted for a process as a whole is then counted for
/// it alone, settings come by the environment, and signals reach it.
/// </summary>
public sealed class ProductProcess : IAsyncDisposable
{
    private const string ConnectionStringName = "ConnectionStrings__Messaging";
    private const string DataDirectoryName = "Messaging__DataDirectory";
    private static readonly TimeSpan s_longestStart = TimeSpan.FromMinutes(2);

    private readonly TestDatabase? _database;
    private readonly bool _ownsMail;
    private readonly string? _ownDirectory;
    private readonly string _assembly;
    private readonly Dictionary<string, string> _environment;
    private readonly Queue<string> _lastLines = new();
    private Process? _process;

    private ProductProcess(
        TestDatabase? database, SmtpServer mail, bool ownsMail, string? ownDirectory, string assembly, string address,
        Dictionary<string, string> environment)
    {
        (_database, Mail, _ownsMail, _ownDirectory) = (database, mail, ownsMail, ownDirectory);
        (_assembly, Address, _environment) = (assembly, address, environment);
        Http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(60) };
    }

    public SmtpServer Mail { get; }

    public string Address { get; }

    public HttpClient Http { get; }

    /// <summary>The database that it was given; empty when it has one of its own.</summary>
    public string ConnectionString => _environment[ConnectionStringName];

    public string DataDirectory => _environment[DataDirectoryName];

    public int ProcessId => _process!.Id;

    public bool IsRunning => _process is { HasExited: false };

    public int ExitCode => _process!.ExitCode;

    /// <summary>How long it has kept a processor busy; not its database.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The memory that it takes, in bytes, whatever it is for (its resident set).</summary>
    public long Memory
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>What it said last.</summary>
    public string LastLines
    {
        get { lock (_lastLines) return string.Join('\n', _lastLines); }
    }

    /// <summary>Starts it, with the demo data, and waits until it is ready.</summary>
    /// <param name="environment">
    /// Variables beside those that every test needs. A connection string among them is used instead of a database of
    /// its own on the tests' server; where it is empty, the product starts a server.
    /// </param>
    /// <param name="mail">The SMTP server; null: one of its own.</param>
    /// <param name="assembly">Another build of the product.</param>
    public static async Task<ProductProcess> StartAsync(
        Dictionary<string, string> environment, SmtpServer? mail = null, string? assembly = null)
    {
        var product = await CreateAsync(environment, mail, assembly);
        try
        {
            product.Launch();
            await product.WaitUntilReadyAsync();
            return product;
        }
        catch
        {
            await product.DisposeAsync();
            throw;
        }
    }

    /// <summary>As <see cref="StartAsync"/>, but starts nothing yet.</summary>
    public static async Task<ProductProcess> CreateAsync(
        Dictionary<string, string> environment, SmtpServer? mail = null, string? assembly = null)
    {
        var ownsDatabase = !environment.ContainsKey(ConnectionStringName);
        var (database, ownDirectory) = (ownsDatabase, environment.ContainsKey(DataDirectoryName)) switch
        {
            (true, true) => (await TestDatabase.CreateAsync(), (string?)null),
            (true, false) => await Prepared.CopyAsync(
                environment.GetValueOrDefault("ASPNETCORE_ENVIRONMENT", "Development") == "Development"),
            (false, true) => ((TestDatabase?)null, null),
            (false, false) => (null, Directory.CreateTempSubdirectory("messaging-test-").FullName),
        };
        var server = mail ?? SmtpServer.Start();
        var address = $"http://127.0.0.1:{Ports.Free().ToString(CultureInfo.InvariantCulture)}";
        var all = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_URLS"] = address,
            [ConnectionStringName] = database?.ConnectionString ?? "",
            [DataDirectoryName] = ownDirectory ?? "",
            ["Messaging__Database__AllowUnsafeDurability"] = "true",
            ["Messaging__Smtp__Host"] = server.Host,
            ["Messaging__Smtp__Port"] = $"{server.Port}",
            ["Messaging__Smtp__Security"] = "none",
            ["Messaging__Smtp__From"] = "nachrichten@messaging.example",
            ["Messaging__PublicUrl"] = "https://nachrichten.example",

            // So many mails that a test can count them one by one, unless it says otherwise.
            ["Messaging__Mail__AtOnce"] = "10000",
            ["Messaging__Mail__PerSenderAndHour"] = "10000",
            ["Messaging__Mail__PerRecipientAndHour"] = "10000",
        };

        // Another build may not know of it.
        if (assembly is null)
        {
            all["Messaging__Mail__BundleSeconds"] = "0";
            if (environment.GetValueOrDefault("ASPNETCORE_ENVIRONMENT", "Development") == "Development")
                all["Messaging__Auth__PasswordRounds"] = "1000";
        }

        foreach (var (name, value) in environment)
            all[name] = value;
        if (all.GetValueOrDefault("Messaging__Nodes") == "several")
            all.TryAdd("Messaging__Auth__SigningKey", SharedKey.Of(all[DataDirectoryName]));
        assembly ??= Path.Combine(AppContext.BaseDirectory, "Messaging.Api.dll");
        return new ProductProcess(database, server, mail is null, ownDirectory, assembly, address, all);
    }

    /// <summary>A client that is signed in with a demo account.</summary>
    public Task<GraphQLClient> SignInAsync(string email, string password = "messaging-demo") =>
        GraphQLClient.SignInAsync(Http, email, password);

    public GraphQLClient Anonymous => new(Http, null);

    /// <summary>Starts the process, and waits for nothing.</summary>
    /// <param name="changes">Settings that are different from now on.</param>
    public void Launch(Dictionary<string, string>? changes = null)
    {
        if (IsRunning) throw new InvalidOperationException("It runs already.");
        _process?.Dispose();
        foreach (var (name, value) in changes ?? []) _environment[name] = value;
        var start = new ProcessStartInfo("dotnet", [_assembly])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory.Exists(DataDirectory) ? DataDirectory : Path.GetTempPath(),
        };

        // Not what the shell of whoever tests has set.
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in _environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Starts it again: at the same address, on the same database and data directory.</summary>
    /// <returns>How long it took until it was ready.</returns>
    public async Task<TimeSpan> StartAgainAsync(Dictionary<string, string>? changes = null)
    {
        var clock = Stopwatch.StartNew();
        Launch(changes);
        await WaitUntilReadyAsync();
        return clock.Elapsed;
    }

    /// <summary>Waits until it says that it is ready.</summary>
    public async Task WaitUntilReadyAsync(TimeSpan? longest = null)
    {
        var clock = Stopwatch.StartNew();
        while (!await IsReadyAsync())
        {
            if (!IsRunning) throw new InvalidOperationException($"The product did not start:\n{LastLines}");
            if (clock.Elapsed > (longest ?? s_longestStart))
                throw new TimeoutException($"The product is not ready:\n{LastLines}");
            await Task.Delay(50);
        }
    }

    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet, or any more.
            return false;
        }
    }

    /// <summary>Sends it a signal, such as <c>TERM</c>, <c>KILL</c>, <c>STOP</c> or <c>CONT</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits until it has ended; what it said last is complete then.</summary>
    /// <returns>Whether it has.</returns>
    public async Task<bool> WaitForExitAsync(TimeSpan longest)
    {
        using var patience = new CancellationTokenSource(longest);
        await _process!.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _process.HasExited;
    }

    /// <summary>Ends it as a crash would.</summary>
    public async Task KillAsync()
    {
        await SignalAsync("KILL");
        await WaitForExitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>Stops it as an operator would; what is still to be exported is.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> StopAsync()
    {
        if (!IsRunning) return TimeSpan.Zero;
        var clock = Stopwatch.StartNew();
        await SignalAsync("TERM");
        if (await WaitForExitAsync(TimeSpan.FromSeconds(60))) return clock.Elapsed;
        _process!.Kill();
        throw new TimeoutException($"The product does not stop:\n{LastLines}");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await StopAsync();
        _process?.Dispose();
        if (_ownsMail) await Mail.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
        if (_ownDirectory is not null) Directory.Delete(_ownDirectory, recursive: true);
    }

    private static bool IsSetting(string name) =>
        name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("DOTNET_ENVIRONMENT", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Messaging__", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ConnectionStrings__", StringComparison.OrdinalIgnoreCase);

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > 200) _lastLines.Dequeue();
        }
    }
}
