using System.Globalization;
using System.Text;

namespace Messaging.Projections.Conversations.Search;

/// <summary>
/// Collects the characters of a word as words are compared: in lower case, without accents and vowel signs that may be
/// left out.
/// </summary>
internal sealed class Folded
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _spelled = new();

    /// <summary>The length so far.</summary>
    public int Length => _text.Length;

    /// <summary>
    /// A text in lower case and without accents, and the same with umlauts spelled as ae, oe and ue; null when it has
    /// none.
    /// </summary>
    public static (string Text, string? Spelled) Of(string text)
    {
        var folded = new Folded();
        foreach (var rune in Decomposed.Of(text).EnumerateRunes()) folded.Add(rune);
        return folded.Take();
    }

    /// <summary>Adds a character of a decomposed text.</summary>
    public void Add(Rune rune)
    {
        if (rune.IsAscii)
        {
            var letter = char.ToLowerInvariant((char)rune.Value);
            _text.Append(letter);
            _spelled.Append(letter);
            return;
        }

        if (MayBeLeftOut(rune.Value))
        {
            // Two dots are worth an e, on these.
            if (rune.Value == 0x308 && _text.Length > 0 && _text[^1] is 'a' or 'o' or 'u') _spelled.Append('e');
            return;
        }

        var lower = Rune.ToLowerInvariant(rune);
        var letters = lower.Value switch
        {
            'ß' => "ss",
            'æ' => "ae",
            'œ' => "oe",
            'ø' => "o",
            'ł' => "l",
            'đ' => "d",
            'ı' => "i",
            'ς' => "σ",
            _ when Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber => (
                (int)Rune.GetNumericValue(rune)).ToString(CultureInfo.InvariantCulture),
            _ => lower.ToString(),
        };
        _text.Append(letters);
        _spelled.Append(letters);
    }

    /// <summary>Returns the collected text and becomes empty again.</summary>
    public (string Text, string? Spelled) Take()
    {
        var (text, spelled) = (_text.ToString(), _spelled.Length == _text.Length ? null : _spelled.ToString());
        _text.Clear();
        _spelled.Clear();
        return (text, spelled);
    }

    /// <summary>
    /// Accents of Latin, Greek and Cyrillic letters; points of Hebrew, vowel signs and the stretching of Arabic, and
    /// those of Syriac, which are written for children and in scripture. Not those of other scripts, in which they are
    /// letters like others.
    /// </summary>
    private static bool MayBeLeftOut(int value) =>
        value
            is (>= 0x300 and <= 0x36F)
                or (>= 0x483 and <= 0x489)
                or (>= 0x591 and <= 0x5BD)
                or 0x5BF
                or 0x5C1
                or 0x5C2
                or 0x5C4
                or 0x5C5
                or 0x5C7
                or (>= 0x610 and <= 0x61A)
                or 0x640
                or (>= 0x64B and <= 0x65F)
                or 0x670
                or (>= 0x6D6 and <= 0x6DC)
                or (>= 0x6DF and <= 0x6E4)
                or 0x6E7
                or 0x6E8
                or (>= 0x6EA and <= 0x6ED)
                or 0x711
                or (>= 0x730 and <= 0x74A)
                or (>= 0x1AB0 and <= 0x1AFF)
                or (>= 0x1DC0 and <= 0x1DFF)
                or (>= 0x20D0 and <= 0x20FF)
                or (>= 0xFE00 and <= 0xFE0F)
                or (>= 0xFE20 and <= 0xFE2F);
}
