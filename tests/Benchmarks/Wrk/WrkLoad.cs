using System.Diagnostics;
using System.Globalization;

namespace Messaging.Benchmarks.Wrk;

/// <summary>What one run of wrk saw. An answer counts only when it is right.</summary>
/// <param name="Acknowledged">Right answers.</param>
/// <param name="P50">Microseconds.</param>
/// <param name="P99">Microseconds.</param>
internal sealed record LoadResult(long Acknowledged, double PerSecond, long P50, long P99)
{
    /// <summary>
    /// Processor time of the server for each right answer, in microseconds: what stays the same however busy the
    /// machine is.
    /// </summary>
    public double ServerCpu { get; init; }

    /// <summary>Processor time of PostgreSQL for each right answer, in microseconds.</summary>
    public double DatabaseCpu { get; init; }
}

/// <summary>Load from wrk, which costs little itself and waits for each answer before it asks again.</summary>
internal static class WrkLoad
{
    private static readonly string s_scripts = Path.Combine(AppContext.BaseDirectory, "Wrk");

    /// <summary>Whether it is installed.</summary>
    public static bool IsInstalled =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(d => File.Exists(Path.Combine(d, "wrk")));

    /// <summary>Runs a script.</summary>
    /// <exception cref="BenchmarkFailedException">An answer was wrong, or none came.</exception>
    public static async Task<LoadResult> RunAsync(
        Uri address, string script, int connections, TimeSpan duration, params string[] arguments)
    {
        var start = new ProcessStartInfo("wrk") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] all =
        [
            "-t",
            connections < 32 ? "1" : "2",
            "-c",
            Text(connections),
            "-d",
            $"{Text((int)Math.Ceiling(duration.TotalSeconds))}s",
            "--timeout",
            "30s",
            "-s",
            Path.Combine(s_scripts, script),
            address.ToString(),
            "--",
            .. arguments,
        ];
        foreach (var argument in all) start.ArgumentList.Add(argument);
        using var wrk = Process.Start(start)!;
        var errors = wrk.StandardError.ReadToEndAsync();
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        var line = output.Split('\n').FirstOrDefault(l => l.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new BenchmarkFailedException($"wrk gave no result: {await errors} {output}");
        var fields = line.Split(' ', 8);
        var numbers = fields[1..7].Select(f => long.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        if (numbers[0] == 0 || numbers[1] > 0 || numbers[5] > 0)
            throw new BenchmarkFailedException(
                $"{numbers[0]} right answers, {numbers[1]} wrong ones, {numbers[5]} broken connections; the "
                    + $"first wrong one: {fields[7]}"
            );
        return new LoadResult(numbers[0], numbers[0] / (numbers[2] / 1e6), numbers[3], numbers[4]);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
