using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Messaging.Api.Tests.Clients;
using Messaging.TestSupport;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Deploy;

/// <summary>
/// A program that runs in front of the product or beside it, as Debian has it: installed, or unpacked by <c>./dev
/// test</c> into <c>artifacts/programs</c>.
/// </summary>
internal sealed class DebianProgram : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly string s_unpacked = Path.Combine(NodeProject.Root, "artifacts", "programs", "usr");

    private readonly Process _process;
    private readonly Queue<string> _lines = new();

    private DebianProgram(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it said last.</summary>
    public string LastLines
    {
        get { lock (_lines) return string.Join('\n', _lines); }
    }

    /// <summary>Where it is; null when it is not.</summary>
    public static string? PathOf(string name)
    {
        string[] folders =
        [
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator),
            "/usr/sbin",
            "/usr/local/sbin",
            Path.Combine(s_unpacked, "bin"),
            Path.Combine(s_unpacked, "sbin"),
        ];
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>
    /// Where it is. Without it the test is skipped; on Debian under <c>./dev test</c>, which gets it, it fails.
    /// </summary>
    public static string Find(string name)
    {
        var path = PathOf(name);
        if (path is null)
            Assert.SkipUnless(
                File.Exists("/usr/bin/apt-get"),
                $"{name} is not there, and this system has none of Debian's packages.");
        Needed.OrSkip(path is not null, $"{name} is not there: './dev test' unpacks Debian's packages of it.");
        return path!;
    }

    /// <summary>Starts it, and waits until it listens.</summary>
    public static async Task<DebianProgram> StartAsync(
        string name, string[] arguments, int port, Dictionary<string, string>? environment = null)
    {
        var program = new DebianProgram(Launch(name, arguments, environment));
        for (
            var waited = Stopwatch.StartNew();
            !Listens(port);
            await Task.Delay(50, TestContext.Current.CancellationToken)
        )
        {
            program._process.HasExited.ShouldBeFalse($"{name} does not start: {program.LastLines}");
            waited.Elapsed.ShouldBeLessThan(s_patience, program.LastLines);
        }

        return program;
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>How it ended, and all that it said.</returns>
    public static async Task<(int Code, string Said)> RunAsync(
        string name, string[] arguments, Dictionary<string, string>? environment = null)
    {
        await using var program = new DebianProgram(Launch(name, arguments, environment));
        await program
            ._process.WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(2));
        return (program._process.ExitCode, program.LastLines);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static Process Launch(string name, string[] arguments, Dictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(Find(name), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // What the system does not have of its libraries was unpacked with it.
        if (start.FileName.StartsWith(s_unpacked, StringComparison.Ordinal))
        {
            var libraries = Path.Combine(s_unpacked, "lib");
            if (Directory.Exists(libraries))
                start.Environment["LD_LIBRARY_PATH"] = string.Join(
                    ':', Directory.EnumerateDirectories(libraries, "*-linux-*"));
            start.Environment["PYTHONPATH"] = Path.Combine(libraries, "python3", "dist-packages");
        }

        foreach (var (key, value) in environment ?? []) start.Environment[key] = value;
        return Process.Start(start)!;
    }

    private static bool Listens(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > 2000) _lines.Dequeue();
        }
    }
}
