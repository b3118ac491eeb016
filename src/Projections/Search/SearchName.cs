namespace Messaging.Projections.Search;

/// <summary>
/// Names of which any part is looked for, without regard to case and accents. The index has every three characters of a name in a row, and the
/// shorter ends of it, so that parts of one and two characters are beginnings of something in it.
/// </summary>
internal static class SearchName
{
    private const int Characters = 3;

    /// <summary>The name as it is compared.</summary>
    public static string Stored(string name) => SearchText.Fold(name).Text;

    /// <summary>What the index has of a name.</summary>
    public static string[] Parts(string tenantId, string name)
    {
        var key = SearchText.TenantKey(tenantId);
        var runes = Stored(name).EnumerateRunes().Select(r => r.ToString()).ToList();
        return [.. Enumerable.Range(0, runes.Count).Select(i => key + string.Concat(runes.Skip(i).Take(Characters))).Distinct()];
    }

    /// <summary>The spellings of a part that is looked for, as <see cref="Stored"/> has them.</summary>
    public static IReadOnlyList<string> Sought(string part)
    {
        var (text, spelled) = SearchText.Fold(part);
        string?[] spellings = [text, spelled, SearchText.Contracted(text)];
        return [.. spellings.OfType<string>()];
    }

    /// <summary>A tsquery that finds, in <see cref="Parts"/>, the names that can have one of the spellings, and some others.</summary>
    public static string Query(string tenantId, IReadOnlyList<string> spellings)
    {
        var key = SearchText.TenantKey(tenantId);
        return string.Join('|', spellings.Select(spelling =>
        {
            var runes = spelling.EnumerateRunes().Select(r => r.ToString()).ToList();
            return runes.Count < Characters
                ? $"{Quoted(key + spelling)}:*"
                : $"({string.Join('&', Enumerable.Range(0, runes.Count - Characters + 1).Select(i => Quoted(key + string.Concat(runes.Skip(i).Take(Characters)))).Distinct())})";
        }));
    }

    private static string Quoted(string lexeme) =>
        $"'{lexeme.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";
}
