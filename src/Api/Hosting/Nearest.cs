namespace Messaging.Api.Hosting;

/// <summary>Finds the known name that a mistyped one probably meant.</summary>
internal static class Nearest
{
    /// <summary>The name most like the one that was given; null when none is like it.</summary>
    /// <param name="separator">
    /// Separator of the parts of names: a name that ends in the same part is like it, wherever it is.
    /// </param>
    public static string? To(string given, IEnumerable<string> known, char? separator = null)
    {
        // A quarter of the letters may be wrong, two of a short name.
        var most = Math.Max(2, given.Length / 4);
        var (best, distance) = known
            .Select(name => (name, Distance: Distance(given, name)))
            .DefaultIfEmpty((name: "", Distance: int.MaxValue))
            .MinBy(candidate => candidate.Distance);
        if (distance <= most) return best;
        if (separator is not { } between) return null;
        var last = given.Split(between)[^1];
        return known
            .Where(name => name.Split(between)[^1].Equals(last, StringComparison.OrdinalIgnoreCase))
            .MinBy(name => Distance(given, name));
    }

    /// <summary>
    /// Returns the number of letters to be added, left out, changed or swapped with their neighbour (optimal string
    /// alignment), whatever their case. At most 200 characters of each are looked at.
    /// </summary>
    public static int Distance(string one, string other)
    {
        const int Longest = 200;
        var (a, b) = (
            one[..Math.Min(one.Length, Longest)].ToUpperInvariant(),
            other[..Math.Min(other.Length, Longest)].ToUpperInvariant());
        var (before, last, row) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++) last[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(last[j] + 1, row[j - 1] + 1), last[j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }

            (before, last, row) = (last, row, before);
        }

        return last[b.Length];
    }
}
