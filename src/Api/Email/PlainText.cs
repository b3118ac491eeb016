using System.Globalization;
using System.Text;
using Text = Messaging.Domain.Text;

namespace Messaging.Api.Email;

/// <summary>
/// Removes characters from users' text that could change the meaning of the text around it: control characters, line
/// ends in a header, marks that turn the direction of writing, invisible characters, and accents by the dozen, which
/// would cover the lines around.
/// </summary>
internal static class PlainText
{
    /// <summary>
    /// Breaks up text that must not become a link: a hair space, the thinnest there is. One of no width would be a
    /// hidden character, which are removed from users' text.
    /// </summary>
    public const char Gap = '\u200a';

    /// <summary>One line, single spaces, cut at a length; empty when nothing in it can be seen.</summary>
    public static string OneLine(string? text, int longest)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var line = new StringBuilder(Math.Min(text.Length, 256));
        var marks = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            marks = Text.IsMark(rune) ? marks + 1 : 0;
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
            {
                if (line.Length > 0 && line[^1] != ' ') line.Append(' ');
            }
            else if (!IsHidden(rune) && marks <= Text.MarksMaximum)
            {
                line.Append(rune);
            }
        }
        var one = line.ToString().Trim();
        return Text.IsVisible(one) ? Cut(one, longest, out _) : "";
    }

    /// <summary>
    /// Returns a name as one line of which no mail program makes a link: a <see cref="Gap"/> stands where the following
    /// text would be taken for a host's name or for the rest of an address.
    /// </summary>
    public static string Name(string? text, int longest)
    {
        var line = OneLine(text, longest);
        var name = new StringBuilder(line.Length);
        for (var i = 0; i < line.Length; i++)
        {
            name.Append(line[i]);
            if (i + 1 < line.Length && IsPartOfAddress(line[i], line[i + 1])) name.Append(Gap);
        }

        return name.ToString();
    }

    private static bool IsPartOfAddress(char c, char next) =>
        c is '.' or '。' or '．' or '｡' or '@' ? !char.IsWhiteSpace(next) : c is ':' && next is '/';

    /// <summary>Lines as written, with <c>\n</c> between them and no more than one empty line in a row.</summary>
    public static string Lines(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var lines = new StringBuilder(text.Length);
        var (ends, marks) = (0, 0);
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes())
        {
            marks = Text.IsMark(rune) ? marks + 1 : 0;
            if (rune.Value == '\n')
            {
                if (++ends <= 2) lines.Append('\n');
            }
            else if (rune.Value == '\t' || !(Rune.IsControl(rune) || IsHidden(rune) || marks > Text.MarksMaximum))
            {
                lines.Append(rune);
                ends = 0;
            }
        }
        return lines.ToString().Trim();
    }

    /// <summary>
    /// Cuts at a number of UTF-16 units, between words where there is a gap near, never inside a character.
    /// </summary>
    public static string Cut(string text, int longest, out bool wasCut)
    {
        wasCut = text.Length > longest;
        if (!wasCut) return text;
        var end = 0;
        while (true)
        {
            // Text elements keep a letter and its accents, or the parts of an emoji, together.
            var next = StringInfo.GetNextTextElementLength(text.AsSpan(end));
            if (end + next > longest - 1) break;
            end += next;
        }
        var space = text.LastIndexOfAny([' ', '\n'], end);
        if (space > longest * 9 / 10) end = space;
        return string.Concat(text.AsSpan(0, end).TrimEnd(), "…");
    }

    /// <summary>
    /// True for what draws the text around it otherwise, but for the joiners of no width: emoji and Persian need them.
    /// What is merely invisible (<see cref="Text.IsInvisible"/>) stays as well: it may be a part of an emoji, or the
    /// space of Braille.
    /// </summary>
    private static bool IsHidden(Rune rune) => Text.IsFormat(rune) && rune.Value is not (0x200C or 0x200D);
}
