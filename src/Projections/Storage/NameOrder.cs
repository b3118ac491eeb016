using System.Text;
using Messaging.Projections.Conversations.Search;

namespace Messaging.Projections.Storage;

/// <summary>
/// The sort key of names, in the order of German and English dictionaries (DIN 5007-1): Ä is with A, ß with ss, upper
/// with lower case, a hyphen is a space, and an apostrophe nothing. Ties: fewer accents come first, then capital
/// letters.
/// <para>
/// Made here and stored as bytes, which sort in the same way in every database: the collations of PostgreSQL, and the
/// sort keys of ICU, are others with each version and each machine, and an index that was made with another one loses
/// rows. Both of our languages sort alike.
/// </para>
/// </summary>
internal static class NameOrder
{
    // An entry of an index has 2,704 bytes at most.
    private const int MostOfEach = 400;
    private const string Apostrophes = "'`\u00b4\u02b9\u02bc\u2018\u2019\u201b\u2032";

    /// <summary>The bytes to sort a name by.</summary>
    public static byte[] Of(string name) =>
    [
        .. Letters(name),
        0,
        .. Bytes(Decomposed.Of(name).ToLowerInvariant()),
        0,
        .. Bytes(name),
    ];

    /// <summary>The keys, from the first to before the last, of names that differ in accents and case alone.</summary>
    public static (byte[] From, byte[] To) Range(string name)
    {
        var letters = Letters(name);
        return ([.. letters, 0], [.. letters, 1]);
    }

    private static ReadOnlySpan<byte> Letters(string name)
    {
        var letters = new StringBuilder(name.Length);
        foreach (var rune in Folded.Of(name).Text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || Domain.Text.IsMark(rune))
                letters.Append(rune);
            else if (
                letters.Length > 0
                && letters[^1] != ' '
                && !(rune.IsBmp && Apostrophes.Contains((char)rune.Value))
            )
                letters.Append(' ');
        }

        return Bytes(letters.ToString().TrimEnd());
    }

    private static ReadOnlySpan<byte> Bytes(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.AsSpan(0, Math.Min(bytes.Length, MostOfEach));
    }
}
