using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Messaging.Benchmarks.Scale;

/// <summary>Reads, in the log of the server, how it carried statements out.</summary>
internal sealed partial class PlanLog : ILogger
{
    private readonly List<string> _lines = [];

    /// <summary>A data source whose statements are explained there.</summary>
    /// <param name="dataDirectory">Of the embedded server: it has the password of the only one who may ask for
    /// this.</param>
    public static NpgsqlDataSource Open(string connectionString, string dataDirectory)
    {
        var builder = new NpgsqlConnectionStringBuilder(Bench.Tuned(connectionString))
        {
            Username = "postgres",
            Password = File.ReadAllText(Path.Combine(dataDirectory, "password")).Trim(),
            MaxPoolSize = 1,
            Options =
                "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c "
                    + "auto_explain.log_analyze=on -c auto_explain.log_buffers=on -c auto_explain.log_timing=off",
        };
        return NpgsqlDataSource.Create(builder.ConnectionString);
    }

    /// <summary>The plans of the statements that something asks for.</summary>
    public async Task<string> OfAsync(NpgsqlDataSource explained, Func<Task> ask)
    {
        lock (_lines) _lines.Clear();
        await ask();
        var marker = $"end of plans {Guid.NewGuid():N}";
        await using (var command = explained.CreateCommand($"select '{marker}'")) await command.ExecuteScalarAsync();
        while (true)
        {
            lock (_lines)
            {
                var end = _lines.FindIndex(l => l.Contains(marker, StringComparison.Ordinal));
                if (end >= 0) return string.Join('\n', _lines.Take(end - 1).Select(l => l.TrimEnd())) + "\n";
            }

            await Task.Delay(5);
        }
    }

    /// <summary>
    /// What no plan of a list may have: a table of many rows that is read from end to end, or far more rows than a page
    /// that are sorted.
    /// </summary>
    public static IEnumerable<string> Complaints(string plans, int sortedMaximum)
    {
        foreach (Match scan in SeqScan().Matches(plans)) yield return scan.Value;
        var lines = plans.Split('\n');
        for (var i = 0; i < lines.Length - 1; i++)
        {
            if (!SortNode().IsMatch(lines[i])) continue;
            var below = lines.Skip(i + 1).FirstOrDefault(l => l.Contains("->", StringComparison.Ordinal));
            if (
                below is not null
                && Rows().Match(below) is { Success: true } rows
                && long.Parse(rows.Groups[1].Value, CultureInfo.InvariantCulture) > sortedMaximum
            )
                yield return $"Sort of {rows.Groups[1].Value} rows";
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        lock (_lines) _lines.Add(formatter(state, exception));
    }

    [GeneratedRegex(
        "Seq Scan on "
            + "(conversations|subjects|comments|files|mt_events|mt_streams|read_markers|notifications|status_periods|customers|contacts)"
    )]
    private static partial Regex SeqScan();

    [GeneratedRegex(@"^\s*(->\s+)?Sort\s+\(")]
    private static partial Regex SortNode();

    [GeneratedRegex(@"actual (?:time=\S+ )?rows=(\d+)")]
    private static partial Regex Rows();
}
