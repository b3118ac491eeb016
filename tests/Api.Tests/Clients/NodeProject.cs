using System.Diagnostics;
using System.Text.Json;
using Messaging.TestSupport;

namespace Messaging.Api.Tests.Clients;

/// <summary>What a test of <c>tests/Clients</c> found.</summary>
public sealed record NodeTest(string Name, bool Passed, string Message);

/// <summary>The npm project <c>tests/Clients</c>: real clients, as they are published.</summary>
public static class NodeProject
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private static readonly string s_folder = Path.Combine(Root, "tests", "Clients");

    /// <summary>Whether its packages are there.</summary>
    public static bool IsInstalled { get; } = Directory.Exists(Path.Combine(s_folder, "node_modules"));

    /// <summary>
    /// Skips the test that calls it where its packages are not there; <c>./dev test</c> installs them, and fails
    /// without.
    /// </summary>
    public static void OrSkip() =>
        Needed.OrSkip(
            IsInstalled, "The npm packages of tests/Clients are missing: './dev test' installs them, with Node.js.");

    /// <summary>The repository.</summary>
    public static string Root
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(directory.FullName, "Messaging.sln"))) directory = directory.Parent!;
            return directory.FullName;
        }
    }

    /// <summary>Runs its tests, and reads what each of them found.</summary>
    public static async Task<IReadOnlyList<NodeTest>> TestAsync(
        Dictionary<string, string> environment, params string[] files)
    {
        var (code, output, error) = await RunAsync(
            environment, ["--test", "--test-force-exit", "--test-reporter=./report.mjs", .. files]);
        var tests = new List<NodeTest>();
        foreach (var line in output.Split('\n').Where(line => line.StartsWith('{')))
            tests.Add(JsonSerializer.Deserialize<NodeTest>(line, JsonSerializerOptions.Web)!);
        return tests.Count > 0
            ? tests
            : throw new InvalidOperationException($"The clients did not run (exit code {code}):\n{output}\n{error}");
    }

    /// <summary>Runs node with its packages.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(
        Dictionary<string, string> environment, params string[] arguments)
    {
        OrSkip();
        var start = new ProcessStartInfo("node", arguments)
        {
            WorkingDirectory = s_folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var node = Process.Start(start)!;
        using var limit = new CancellationTokenSource(s_limit);

        // What there is by then is told.
        using var kill = limit.Token.Register(() => node.Kill(entireProcessTree: true));
        var output = node.StandardOutput.ReadToEndAsync();
        var error = node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();
        return (node.ExitCode, await output, await error);
    }
}
