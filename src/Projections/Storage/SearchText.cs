using System.Globalization;
using System.Text;
using Text = Messaging.Domain.Text;

namespace Messaging.Projections.Storage;

/// <summary>
/// What counts as a word, for text that is found and text that is looked for alike. Done here and not by a text search configuration of
/// PostgreSQL, which takes "invoice.pdf" for a host name and depends on the locale of the server.
/// </summary>
internal static class SearchText
{
    private const int WordMaximum = 64;
    private const int SoughtMaximum = 10;

    /// <summary>The distinct words of a text: runs of letters and digits, compatible forms made one, in lower case.</summary>
    public static string[] Words(string text)
    {
        var words = new HashSet<string>();
        foreach (var word in Split(text)) words.Add(word);
        return [.. words];
    }

    /// <summary>
    /// One tsquery per word that is looked for, the last one by its beginning, since it may not be typed to its end.
    /// Null when no text can match: it has characters that no stored text has.
    /// </summary>
    public static IReadOnlyList<string>? Sought(string text)
    {
        if (!MayBeStored(text)) return null;
        var words = Split(text).Take(SoughtMaximum).ToList();

        // A word is letters and digits only, so quoting cannot go wrong.
        return words.ConvertAll(w => $"'{w}'{(ReferenceEquals(w, words[^1]) && !EndsInSeparator(text) ? ":*" : "")}");
    }

    private static bool EndsInSeparator(string text) => text.Length > 0 && char.IsWhiteSpace(text[^1]);

    /// <summary>Whether PostgreSQL can hold the text: no NUL and no lone surrogate.</summary>
    public static bool MayBeStored(string text) => Text.Check(text, "", int.MaxValue, 0) is null;

    private static IEnumerable<string> Split(string text)
    {
        // U+FFFE is no letter, and .NET refuses to normalise text that has it.
        var word = new StringBuilder();
        foreach (var rune in text.Replace('\uFFFE', ' ').Normalize(NormalizationForm.FormKC).EnumerateRunes())
        {
            var isPart = Rune.IsLetterOrDigit(rune)
                || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            if (isPart)
            {
                if (word.Length < WordMaximum) word.Append(Rune.ToLowerInvariant(rune).ToString());
            }
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0) yield return word.ToString();
    }
}
