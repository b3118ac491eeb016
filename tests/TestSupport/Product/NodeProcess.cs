using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Messaging.TestSupport.Product;

/// <summary>A node in a process of its own, which can be killed: on the database of a <see cref="RunningProduct"/> and with its files.</summary>
public sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly ProcessStartInfo _start;
    private Process? _process;

    private NodeProcess(ProcessStartInfo start, int port)
    {
        _start = start;
        Port = port;
    }

    public int Port { get; }

    public string Address => $"http://127.0.0.1:{Port}";

    public static async Task<NodeProcess> StartAsync(RunningProduct product, Dictionary<string, string> settings)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Messaging.Api.dll")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        start.Environment["ConnectionStrings__Messaging"] = product.ConnectionString;
        start.Environment["Messaging__DataDirectory"] = product.DataDirectory;
        // The tests' server is a fast one.
        start.Environment["Messaging__Database__AllowUnsafeDurability"] = "true";
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        foreach (var (name, value) in settings) start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        var node = new NodeProcess(start, port);
        await node.StartAgainAsync();
        return node;
    }

    /// <summary>Starts it, where it was killed. When this returns it is ready.</summary>
    public async Task StartAgainAsync()
    {
        _process = Process.Start(_start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        var errors = _process.StandardError.ReadToEndAsync();
        using var http = new HttpClient();
        for (var since = Stopwatch.StartNew(); since.Elapsed < s_patience; await Task.Delay(200))
        {
            if (_process.HasExited) throw new InvalidOperationException($"The node has ended:\n{await errors}");
            try
            {
                using var response = await http.GetAsync(new Uri($"{Address}/health/ready"));
                if (response.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
        }

        throw new TimeoutException("The node did not become ready.");
    }

    /// <summary>Ends it at once, as a crash does.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync() => await KillAsync();
}
