using System.Globalization;
using System.Text;
using System.Text.Json;
using Messaging.Benchmarks.Wrk;

namespace Messaging.Benchmarks;

/// <summary>The product and the baseline under the same load.</summary>
/// <param name="Ratio">
/// Of the throughputs, the median over the rounds, or the mean where it is near 1; each round compares neighbours in
/// time.
/// </param>
/// <param name="Lowest">Of the rounds' ratios.</param>
/// <param name="Highest">Of the rounds' ratios.</param>
/// <param name="Goal">What the ratio should be at least; null: no goal is set.</param>
internal sealed record Comparison(
    string Name, int Connections, LoadResult Product, LoadResult Baseline, double Ratio, double Lowest, double Highest,
    double? Goal);

/// <summary>How long a comment takes in a conversation that has so many already.</summary>
internal sealed record GrowthStep(int Comments, double P50Milliseconds, double P99Milliseconds);

/// <summary>All figures of a run.</summary>
internal sealed class Report
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    public List<Comparison> Comparisons { get; } = [];

    public List<GrowthStep> Growth { get; } = [];

    public List<LogWaitStep> LogWaits { get; } = [];

    /// <summary>Seconds and MiB, by what they are of.</summary>
    public Dictionary<string, double> Figures { get; } = [];

    public DateTimeOffset At { get; } = DateTimeOffset.UtcNow;

    public int Processors { get; } = Environment.ProcessorCount;

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Measured {At:u} on {Processors} processors.");
        if (Comparisons.Count > 0)
        {
            text.AppendLine();
            text.AppendLine(
                "| load | connections | product/s | p50 ms | p99 ms | baseline/s | p50 ms | p99 ms | ratio | "
                    + "lowest to highest | goal |"
            );
            text.AppendLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |");
            foreach (var c in Comparisons)
            {
                var goal = c.Goal is { } g
                    ? string.Create(CultureInfo.InvariantCulture, $"{g:0.00} {(c.Ratio >= g ? "met" : "missed")}")
                    : "";
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"| {c.Name} | {c.Connections} | {Cells(c.Product)} | {Cells(c.Baseline)} | {c.Ratio:0.00} | "
                        + $"{c.Lowest:0.00} to {c.Highest:0.00} | {goal} |"
                );
            }
        }

        if (Comparisons.Count > 0)
        {
            text.AppendLine();
            text.AppendLine(
                "| processor time for each answer | connections | product µs | its PostgreSQL µs | baseline µs | "
                    + "its PostgreSQL µs | ratio of the sums |"
            );
            text.AppendLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
            foreach (var c in Comparisons)
            {
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"| {c.Name} | {c.Connections} | {c.Product.ServerCpu:0} | {c.Product.DatabaseCpu:0} | "
                        + $"{c.Baseline.ServerCpu:0} | {c.Baseline.DatabaseCpu:0} | "
                        + $"{(c.Baseline.ServerCpu + c.Baseline.DatabaseCpu) / (c.Product.ServerCpu + c.Product.DatabaseCpu):0.00} "
                        + $"|"
                );
            }
        }

        if (Growth.Count > 0)
        {
            text.AppendLine();
            text.AppendLine("| comments before it | p50 ms | p99 ms | p50 to the first row's |");
            text.AppendLine("| ---: | ---: | ---: | ---: |");
            foreach (var g in Growth)
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"| {g.Comments} | {g.P50Milliseconds:0.00} | {g.P99Milliseconds:0.00} | "
                        + $"{g.P50Milliseconds / Growth[0].P50Milliseconds:0.00} |"
                );
        }

        if (LogWaits.Count > 0)
        {
            text.AppendLine();
            text.AppendLine(
                "| downloads, which are in the log | p50 ms | p95 ms | the same, not in the log: p50 ms | p95 ms | "
                    + "ratio of p95 | waited at p95 ms | goal |");
            text.AppendLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |");
            foreach (var w in LogWaits)
            {
                var waited = w.P95 - w.OthersP95;
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"| {w.Beside} | {w.P50:0.0} | {w.P95:0.0} | {w.OthersP50:0.0} | {w.OthersP95:0.0} | "
                        + $"{w.P95 / w.OthersP95:0.00} | {waited:0.0} | {LogWaitStep.Goal:0} "
                        + $"{(waited <= LogWaitStep.Goal ? "met" : "missed")} |");
            }
        }

        if (Figures.Count > 0)
        {
            text.AppendLine();
            text.AppendLine("| figure | value |");
            text.AppendLine("| --- | ---: |");
            foreach (var (name, value) in Figures)
                text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {value:0.0} |");
        }

        return text.ToString();
    }

    public async Task SaveAsync(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await using var stream = File.Create(file);
        await JsonSerializer.SerializeAsync(stream, this, s_json);
    }

    private static string Cells(LoadResult result) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{result.PerSecond:0} | {result.P50 / 1000.0:0.00} | {result.P99 / 1000.0:0.00}");
}
