using System.Globalization;
using System.Text;

namespace Messaging.Domain;

/// <summary>The rules for text that comes from strangers.</summary>
public static class Text
{
    /// <summary>
    /// The most combining marks that count after a letter, wherever a text is compared, searched or put in words again.
    /// Writing systems need four or five; a run of thousands is there to keep whoever normalises or draws it busy.
    /// </summary>
    public const int MarksMaximum = 8;

    /// <summary>
    /// The longest e-mail address, in characters (RFC 5321 4.5.3.1.3: a path of 256 octets with its brackets).
    /// </summary>
    public const int EmailMaximum = 254;

    /// <summary>True when a character combines with the one before it (Unicode's category M).</summary>
    public static bool IsMark(Rune rune) =>
        !rune.IsAscii
        && Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark;

    /// <summary>
    /// True when a character only says how those around it are drawn (Unicode's category Cf): marks of direction,
    /// joiners and spaces of no width, tags.
    /// </summary>
    public static bool IsFormat(Rune rune) =>
        !rune.IsAscii && Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format;

    /// <summary>
    /// True when a character is invisible and no white space: control and format characters (bidirectional and
    /// zero-width ones and tags among them), those that Unicode calls "default ignorable" (such as variation selectors
    /// and the fillers of Hangul), and the empty pattern of Braille.
    /// </summary>
    public static bool IsInvisible(Rune rune) =>
        !IsPrintableAscii(rune)
        && (
            IsFormat(rune)
            || Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control
                    or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator
            || rune.Value
                is 0x034F
                    or 0x115F
                    or 0x1160
                    or 0x17B4
                    or 0x17B5
                    or (>= 0x180B and <= 0x180F)
                    or 0x2065
                    or 0x2800
                    or 0x3164
                    or (>= 0xFDD0 and <= 0xFDEF)
                    or (>= 0xFE00 and <= 0xFE0F)
                    or 0xFFA0
                    or (>= 0xFFF0 and <= 0xFFF8)
                    or (>= 0xE0000 and <= 0xE0FFF)
            || (rune.Value & 0xFFFE) == 0xFFFE
        );

    /// <summary>
    /// True when a text has something visible in it. White space, what is invisible, and marks that have no letter are
    /// nothing.
    /// </summary>
    public static bool IsVisible(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (
                IsPrintableAscii(rune)
                    ? rune.Value != ' '
                    : !Rune.IsWhiteSpace(rune) && !IsMark(rune) && !IsInvisible(rune)
            )
                return true;
        }

        return false;
    }

    /// <summary>
    /// A normal form (Unicode Standard Annex 15) of text without lone surrogates. .NET refuses U+FFFE, which is no
    /// character but may be in a text that somebody gives: it is as U+FFFD then.
    /// </summary>
    public static string Normalized(string text, NormalizationForm form) =>
        text.Replace('\uFFFE', '\uFFFD').Normalize(form);

    /// <summary>
    /// Checks text that is stored as given: no NUL, no lone surrogate, something to see in it, and a length in Unicode
    /// code points.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="field">The input field, as the API names it.</param>
    /// <param name="maximum">The most code points it may have.</param>
    /// <param name="minimum">The fewest; text with nothing to see in it counts as empty.</param>
    /// <returns>The refusal, or null when the text is fine.</returns>
    public static Refusal? Check(string text, string field, int maximum, int minimum = 1)
    {
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\0') return new TextHasNul(field, i);
            if (char.IsSurrogate(c))
            {
                if (!char.IsHighSurrogate(c) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                    return new TextIsIllFormed(field, i);
                i++;
            }

            length++;
        }

        if (minimum > 0 && !IsVisible(text))
            return string.IsNullOrWhiteSpace(text) ? new TextIsEmpty(field) : new TextIsInvisible(field);
        return length > maximum ? new TextIsTooLong(field, length, maximum) : null;
    }

    /// <summary>
    /// Checks text of one line: as <see cref="Check"/>, and no control characters or line separators, which would break
    /// headers and lists.
    /// </summary>
    public static Refusal? CheckLine(string text, string field, int maximum, int minimum = 1)
    {
        if (Check(text, field, maximum, minimum) is { } refusal) return refusal;
        for (var i = 0; i < text.Length; i++)
        {
            if (
                char.IsControl(text[i])
                || char.GetUnicodeCategory(text[i])
                    is UnicodeCategory.LineSeparator
                        or UnicodeCategory.ParagraphSeparator
            )
                return new TextHasControlCharacter(field, i);
        }

        return null;
    }

    private static bool IsPrintableAscii(Rune rune) => rune.Value is >= ' ' and <= '~';
}

/// <summary>PostgreSQL text cannot hold NUL.</summary>
/// <param name="Position">Index of the UTF-16 unit, from 0.</param>
public sealed record TextHasNul(string Name, int Position)
    : Refusal(RefusalKind.Invalid, $"{Name} has a NUL character at position {Position}.", Name);

/// <summary>A surrogate without its other half.</summary>
/// <param name="Position">Index of the UTF-16 unit, from 0.</param>
public sealed record TextIsIllFormed(string Name, int Position)
    : Refusal(RefusalKind.Invalid, $"{Name} has a lone surrogate at position {Position}.", Name);

/// <summary>A line break or another control character in text of one line.</summary>
/// <param name="Position">Index of the UTF-16 unit, from 0.</param>
public sealed record TextHasControlCharacter(string Name, int Position)
    : Refusal(RefusalKind.Invalid, $"{Name} has a control character at position {Position}.", Name);

/// <summary>Empty, or white space only.</summary>
public sealed record TextIsEmpty(string Name)
    : Refusal(RefusalKind.Invalid, $"{Name} must not be empty.", Name);

/// <summary>Made of characters that nobody sees.</summary>
public sealed record TextIsInvisible(string Name)
    : Refusal(
        RefusalKind.Invalid, $"{Name} must have something to see in it: it consists of invisible characters.", Name);

/// <summary>Longer than allowed.</summary>
/// <param name="Length">In Unicode code points.</param>
/// <param name="Maximum">In Unicode code points.</param>
public sealed record TextIsTooLong(string Name, int Length, int Maximum)
    : Refusal(RefusalKind.Invalid, $"{Name} has {Length} characters; at most {Maximum} are allowed.", Name);

/// <summary>Not an e-mail address.</summary>
/// <param name="Why">The reason, after a colon; empty when it is obvious.</param>
public sealed record EmailIsIllFormed(string Name, string Why = "")
    : Refusal(RefusalKind.Invalid, $"{Name} is not an e-mail address{Why}.", Name);
