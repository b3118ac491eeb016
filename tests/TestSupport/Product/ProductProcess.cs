using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Messaging.TestSupport.Postgres;
using Messaging.TestSupport.Smtp;

namespace Messaging.TestSupport.Product;

/// <summary>
/// The product in a process of its own, as it is deployed: what is counted for a process as a whole is then counted for it alone, and settings that
/// come by the environment do.
/// </summary>
public sealed class ProductProcess : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly string _directory;
    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();

    private ProductProcess(TestDatabase database, SmtpServer mail, string directory, string address, Process process)
    {
        (_database, Mail, _directory, Address, _process) = (database, mail, directory, address, process);
        Http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(60) };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public SmtpServer Mail { get; }

    public string Address { get; }

    public HttpClient Http { get; }

    public string ConnectionString => _database.ConnectionString;

    /// <summary>What it said last.</summary>
    public string LastLines
    {
        get { lock (_lastLines) return string.Join('\n', _lastLines); }
    }

    /// <summary>Starts it, with the demo data, and waits until it is ready.</summary>
    /// <param name="environment">Variables beside those that every test needs.</param>
    public static async Task<ProductProcess> StartAsync(Dictionary<string, string> environment)
    {
        var database = await TestDatabase.CreateAsync();
        var mail = SmtpServer.Start();
        var directory = Directory.CreateTempSubdirectory("messaging-test-").FullName;
        var address = $"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}";
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Messaging.Api.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };

        // Not what the shell of whoever tests has set.
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_URLS"] = address,
            ["ConnectionStrings__Messaging"] = database.ConnectionString,
            ["Messaging__DataDirectory"] = directory,
            ["Messaging__Smtp__Host"] = mail.Host,
            ["Messaging__Smtp__Port"] = $"{mail.Port}",
            ["Messaging__Smtp__Security"] = "none",
            ["Messaging__Smtp__From"] = "nachrichten@messaging.example",
            ["Messaging__PublicUrl"] = "https://nachrichten.example",
        }.Concat(environment)) start.Environment[name] = value;

        var product = new ProductProcess(database, mail, directory, address, Process.Start(start)!);
        try
        {
            await product.WaitUntilReadyAsync();
            return product;
        }
        catch
        {
            await product.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that is signed in with a demo account.</summary>
    public Task<GraphQLClient> SignInAsync(string email, string password = "messaging-demo") => GraphQLClient.SignInAsync(Http, email, password);

    public GraphQLClient Anonymous => new(Http, null);

    public int ProcessId => _process.Id;

    /// <summary>Ends it at once, as a crash does; what it started is left alone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Stops it as an operator would; what is still to be exported is.</summary>
    public async Task StopAsync()
    {
        if (_process.HasExited) return;
        using (var terminate = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)])) await terminate.WaitForExitAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            throw new TimeoutException($"The product does not stop:\n{LastLines}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await StopAsync();
        _process.Dispose();
        await Mail.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static bool IsSetting(string name) =>
        name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("DOTNET_ENVIRONMENT", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Messaging__", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ConnectionStrings__", StringComparison.OrdinalIgnoreCase);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > 200) _lastLines.Dequeue();
        }
    }

    private async Task WaitUntilReadyAsync()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var answer = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
                if (answer.StatusCode == HttpStatusCode.OK) return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            if (_process.HasExited || clock.Elapsed > TimeSpan.FromMinutes(2)) throw new InvalidOperationException($"The product did not start:\n{LastLines}");
            await Task.Delay(50);
        }
    }
}
