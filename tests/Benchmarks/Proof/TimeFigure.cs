using System.Globalization;
using System.Text.Json;

namespace Messaging.Benchmarks.Proof;

/// <summary>From an instant until before another.</summary>
internal sealed record TimeRange(DateTimeOffset From, DateTimeOffset To)
{
    public override string ToString() => $"{Text(From)} to {Text(To)}";

    public static string Text(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>The figures of some waits; the times are in seconds.</summary>
internal sealed record TimeFigure(
    int Count, decimal? Mean, decimal? Median, decimal? P90, decimal? Longest,
    IReadOnlyDictionary<string, int> Outcomes)
{
    // The times of the API are doubles, which have 15 digits: a microsecond shows in the mean of hundreds. What they
    // interpolate between two values is less exact, and still a twentieth of a microsecond at most from what it is.
    private const decimal Tolerance = 1e-14m;
    private const decimal Interpolated = 0.000_000_05m;

    public static TimeFigure None { get; } = new(0, null, null, null, null, new Dictionary<string, int>());

    /// <summary>The waits that they are of.</summary>
    public int Waits => Outcomes.Values.Sum();

    /// <summary>That of an answer of the product.</summary>
    public static TimeFigure Of(JsonElement figure) => new(
        figure.GetProperty("count").GetInt32(), Number(figure, "mean"), Number(figure, "median"), Number(figure, "p90"),
        Number(figure, "longest"),
        figure.GetProperty("outcomes").EnumerateArray()
            .ToDictionary(o => o.GetProperty("outcome").GetString()!, o => o.GetProperty("count").GetInt32()));

    /// <summary>What is not the same in the reference: its name, and both values.</summary>
    public IEnumerable<string> DiffersFrom(TimeFigure reference)
    {
        if (Count != reference.Count) yield return $"count: product {Count}, SQL {reference.Count}";
        foreach (
            var (name, mine, other, least) in ((string, decimal?, decimal?, decimal)[])
                [
                    ("mean", Mean, reference.Mean, Tolerance), ("median", Median, reference.Median, Interpolated),
                    ("p90", P90, reference.P90, Interpolated), ("longest", Longest, reference.Longest, Tolerance)
                ]
        )
        {
            var most = Math.Max(least, Tolerance * Math.Abs(other ?? 0));
            if (mine is null != other is null || Math.Abs((mine ?? 0) - (other ?? 0)) > most)
                yield return $"{name}: product {Text(mine)}, SQL {Text(other)}";
        }

        foreach (var outcome in Outcomes.Keys.Union(reference.Outcomes.Keys))
        {
            var (mine, other) = (Outcomes.GetValueOrDefault(outcome), reference.Outcomes.GetValueOrDefault(outcome));
            if (mine != other) yield return $"{outcome}: product {mine}, SQL {other}";
        }
    }

    /// <summary>True where a number of the product that lies between two values is that of the reference.</summary>
    public static bool IsAsInterpolated(JsonElement product, decimal? reference) =>
        product is { ValueKind: JsonValueKind.Number } mine
            ? Math.Abs(mine.GetDecimal() - (reference ?? decimal.MaxValue / 2)) <= Interpolated
            : reference is null;

    private static string Text(decimal? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "none";

    private static decimal? Number(JsonElement figure, string name) =>
        figure.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDecimal() : null;
}
