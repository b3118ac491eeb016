using System.Globalization;
using System.Text;

namespace Messaging.Domain.Files;

/// <summary>
/// Characters that nobody sees, and without which a name is spelled wrong or looks different: the two joiners in
/// scripts whose letters join (Unicode 17, 9.2 and 12; RFC 5892, appendix A), and what makes one picture of several
/// emoji (UTS #51). Anywhere else they only make two names that look the same.
/// </summary>
internal static class Joining
{
    private const int NonJoiner = 0x200C;
    private const int Joiner = 0x200D;
    private const int EmojiSelector = 0xFE0F;
    private const int KeycapMark = 0x20E3;

    // Marks of canonical combining class 9: the letter before one loses its vowel and joins the next letter. A joiner
    // behind it counts at the end of a word, too.
    private static readonly HashSet<int> s_viramas =
    [
        0x094D, 0x09CD, 0x0A4D, 0x0ACD, 0x0B4D, 0x0BCD, 0x0C4D, 0x0CCD, 0x0D3B, 0x0D3C, 0x0D4D, 0x0DCA, 0x0F84, 0x1039,
        0x103A, 0x1714, 0x1734, 0x17D2, 0x1A60, 0x1B44, 0x1BAA, 0x1BAB, 0x1BF2, 0x1BF3, 0xA806, 0xA8C4, 0xA953, 0xA9C0,
        0xAAF6, 0xABED
    ];

    /// <summary>True when an invisible character has to stay where it is.</summary>
    /// <param name="before">The character before it; none at the beginning.</param>
    /// <param name="after">The one behind it; none at the end.</param>
    public static bool IsNeeded(Rune rune, Rune before, Rune after) =>
        rune.Value switch
        {
            NonJoiner => s_viramas.Contains(before.Value) || (Joins(before) && Joins(after)),
            Joiner => s_viramas.Contains(before.Value)
                || (Joins(before) && Joins(after))
                || (IsPartOfEmoji(before) && IsEmoji(after)),
            EmojiSelector => IsEmoji(before)
                || (after.Value == KeycapMark && before.Value is (>= '0' and <= '9') or '#' or '*'),
            _ => false,
        };

    /// <summary>
    /// A letter or mark of a script whose letters join: Arabic to Mandaic, those of India to Myanmar, Khmer, Mongolian.
    /// </summary>
    private static bool Joins(Rune rune) =>
        rune.Value
            is (>= 0x0600 and <= 0x08FF)
                or (>= 0x0900 and <= 0x0DFF)
                or (>= 0x0F00 and <= 0x109F)
                or (>= 0x1780 and <= 0x18AF)
                or (>= 0xA8E0 and <= 0xA8FF)
                or (>= 0xFB50 and <= 0xFDCF)
                or (>= 0xFE70 and <= 0xFEFC)
        && (Rune.IsLetter(rune) || Text.IsMark(rune));

    private static bool IsPartOfEmoji(Rune rune) =>
        IsEmoji(rune) || rune.Value is EmojiSelector or (>= 0x1F3FB and <= 0x1F3FF);

    private static bool IsEmoji(Rune rune) =>
        rune.Value >= 0x2194
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherSymbol or UnicodeCategory.MathSymbol;
}
