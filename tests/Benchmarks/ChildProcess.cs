using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Messaging.Benchmarks;

/// <summary>A server of this build in a process of its own: the product or the baseline.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_longestStart = TimeSpan.FromMinutes(3);
    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();

    private ChildProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>From the start of the process to its readiness.</summary>
    public TimeSpan UntilReady { get; private set; }

    /// <summary>What it said last.</summary>
    public string LastLines
    {
        get
        {
            lock (_lastLines) return string.Join('\n', _lastLines);
        }
    }

    /// <summary>Starts an assembly that lies beside this one, and waits until it is ready.</summary>
    public static async Task<ChildProcess> StartAsync(
        string assembly, string ready, IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}");
        var clock = Stopwatch.StartNew();
        var child = new ChildProcess(Process.Start(Start(assembly, settings, address, arguments))!, address);
        child.Follow();
        try
        {
            await child.WaitUntilReadyAsync(ready);
            child.UntilReady = clock.Elapsed;
            return child;
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs an assembly that lies beside this one to its end.</summary>
    public static async Task RunAsync(
        string assembly, IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        using var process = Process.Start(Start(assembly, settings, null, arguments))!;
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new BenchmarkFailedException(
                $"{assembly} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}");
    }

    /// <summary>The processor time that it used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Its resident memory now, in MiB.</summary>
    public double ResidentMiB()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status")
            .First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(
                line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1],
                CultureInfo.InvariantCulture
            ) / 1024;
    }

    /// <summary>Runs something, and says how much memory was resident at most meanwhile, in MiB.</summary>
    public async Task<(T Result, double PeakMiB)> WatchAsync<T>(Task<T> work)
    {
        var peak = ResidentMiB();
        while (await Task.WhenAny(work, Task.Delay(200)) != work) peak = Math.Max(peak, ResidentMiB());
        return (await work, Math.Max(peak, ResidentMiB()));
    }

    /// <summary>
    /// Waits until what it still does in the background is done, so that the next measurement has the machine to
    /// itself.
    /// </summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> SettleAsync()
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromMinutes(1))
        {
            var before = ProcessorTime;
            await Task.Delay(500);
            if (ProcessorTime - before < TimeSpan.FromMilliseconds(40)) break;
        }

        return clock.Elapsed;
    }

    /// <summary>Stops it as an operator would.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var terminate = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await terminate.WaitForExitAsync();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private static ProcessStartInfo Start(
        string assembly, IReadOnlyDictionary<string, string> settings, Uri? address, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, assembly));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);

        // Not what `dotnet run` or the shell sets: as in production.
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToList()) start.Environment.Remove(name);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        if (address is not null) start.Environment["ASPNETCORE_URLS"] = address.ToString();
        foreach (var (name, value) in settings) start.Environment[name] = value;
        return start;
    }

    private static bool IsSetting(string name) =>
        name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("DOTNET_ENVIRONMENT", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Messaging__", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ConnectionStrings__", StringComparison.OrdinalIgnoreCase);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // A pipe that nobody reads fills up, and stops who writes.
    private void Follow()
    {
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > 100) _lastLines.Dequeue();
        }
    }

    private async Task WaitUntilReadyAsync(string path)
    {
        using var client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(5) };
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
                if (answer.StatusCode == HttpStatusCode.OK) return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            if (_process.HasExited || clock.Elapsed > s_longestStart)
                throw new BenchmarkFailedException($"A server did not start:\n{LastLines}");

            await Task.Delay(20);
        }
    }
}
