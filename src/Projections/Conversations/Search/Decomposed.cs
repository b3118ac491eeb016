using System.Text;
using Text = Messaging.Domain.Text;

namespace Messaging.Projections.Conversations.Search;

/// <summary>
/// The characters of a text taken apart, as Unicode's NFKD has them (UAX #15), in time and space that grow with its
/// length only. To put marks into their order the library takes the square of their number, wherever they stand in a
/// row: here they are put into order letter by letter, and of each letter's at most <see cref="Text.MarksMaximum"/> are
/// kept, which no language has.
/// </summary>
internal static class Decomposed
{
    // A ligature may stand for eighteen letters, a text of nothing else for more than anybody wrote.
    private const int MostTimesAsLong = 4;
    private const int MostAnyway = 1_000;

    // Cached decompositions of the basic plane's characters met so far; empty for a character that does not decompose.
    // A call of the library takes a hundred times as long.
    private static readonly string?[] s_parts = new string?[char.MaxValue + 1];

    /// <summary>The text, with each of its characters taken apart.</summary>
    public static string Of(string text)
    {
        if (Ascii.IsValid(text)) return text;
        var decomposed = new StringBuilder(text.Length + 16);
        var most = (MostTimesAsLong * text.Length) + MostAnyway;
        var (letter, marks) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Text.IsMark(rune))
            {
                Order(decomposed, letter, marks);
                (letter, marks) = (decomposed.Length, 0);
            }
            else if (++marks > Text.MarksMaximum)
            {
                continue;
            }

            if (decomposed.Length < most)
                Add(decomposed, rune);
            else
                decomposed.Append(rune);
        }

        Order(decomposed, letter, marks);
        return decomposed.ToString();
    }

    private static void Add(StringBuilder decomposed, Rune rune)
    {
        if (rune.IsAscii)
        {
            decomposed.Append((char)rune.Value);
            return;
        }

        var parts = rune.IsBmp ? s_parts[rune.Value] ??= PartsOf(rune) : PartsOf(rune);
        if (parts.Length > 0)
            decomposed.Append(parts);
        else
            decomposed.Append(rune);
    }

    private static string PartsOf(Rune rune)
    {
        // .NET refuses to normalise it, and it is no letter.
        if (rune.Value == 0xFFFE) return " ";
        var given = rune.ToString();
        var parts = given.Normalize(NormalizationForm.FormKD);
        return parts == given ? "" : parts;
    }

    private static void Order(StringBuilder decomposed, int letter, int marks)
    {
        // One mark after a letter is in order; after one that has marks of its own it need not be.
        if (marks == 0 || decomposed.Length - letter <= 2) return;
        var given = decomposed.ToString(letter, decomposed.Length - letter);
        var ordered = given.Normalize(NormalizationForm.FormKD);
        if (ordered != given) decomposed.Remove(letter, given.Length).Append(ordered);
    }
}
