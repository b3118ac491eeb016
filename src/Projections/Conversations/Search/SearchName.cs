using System.Text;

namespace Messaging.Projections.Conversations.Search;

/// <summary>
/// Names of which any part is looked for, without regard to case, accents and apostrophes; hyphens, full stops and
/// commas are spaces. The index has every three characters of a name in a row, and the shorter ends of it, so that
/// parts of one and two characters are beginnings of something in it.
/// </summary>
internal static class SearchName
{
    private const int Characters = 3;
    private const string Apostrophes = "'`\u02b9\u02bc\u2018\u2019\u201b\u2032";
    private const string Spaces = "-.,\u2010\u2012\u2013\u2014\u2212";

    /// <summary>The name as it is compared.</summary>
    public static string Stored(string name) => Spaced(Folded.Of(name).Text);

    /// <summary>The parts of a name in the index.</summary>
    public static string[] Parts(string tenantId, string name)
    {
        var key = SearchText.TenantKey(tenantId);
        var runes = Stored(name).EnumerateRunes().Select(r => r.ToString()).ToList();
        return
        [
            .. Enumerable
                .Range(0, runes.Count)
                .Select(i => key + string.Concat(runes.Skip(i).Take(Characters)))
                .Distinct(),
        ];
    }

    /// <summary>
    /// The spellings of a part that is looked for, as <see cref="Stored"/> has them; none when there is nothing in it
    /// to look for.
    /// </summary>
    public static IReadOnlyList<string> Sought(string part)
    {
        var (text, spelled) = Folded.Of(part);
        var spaced = Spaced(text);
        string?[] spellings =
            spaced.Length == 0 ? [] : [spaced, spelled is null ? null : Spaced(spelled), SearchText.Contracted(spaced)];
        return [.. spellings.OfType<string>()];
    }

    /// <summary>
    /// A tsquery that finds, in <see cref="Parts"/>, the names that can have one of the spellings, and some others.
    /// </summary>
    public static string Query(string tenantId, IReadOnlyList<string> spellings)
    {
        var key = SearchText.TenantKey(tenantId);
        return string.Join(
            '|',
            spellings.Select(spelling =>
            {
                var runes = spelling.EnumerateRunes().Select(r => r.ToString()).ToList();
                if (runes.Count < Characters) return $"{Quoted(key + spelling)}:*";
                var parts = Enumerable
                    .Range(0, runes.Count - Characters + 1)
                    .Select(i => Quoted(key + string.Concat(runes.Skip(i).Take(Characters))))
                    .Distinct();
                return $"({string.Join('&', parts)})";
            })
        );
    }

    private static string Spaced(string text)
    {
        var spaced = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (Apostrophes.Contains(c)) continue;
            if (!char.IsWhiteSpace(c) && !Spaces.Contains(c)) spaced.Append(c);
            else if (spaced.Length > 0 && spaced[^1] != ' ') spaced.Append(' ');
        }

        return spaced.ToString().TrimEnd();
    }

    private static string Quoted(string lexeme) =>
        $"'{lexeme.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";
}
