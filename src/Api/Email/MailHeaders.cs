using System.Text;
using Messaging.Domain;
using MimeKit;

namespace Messaging.Api.Email;

/// <summary>
/// Writes the headers that have people's words or addresses in them, byte by byte: MimeKit leaves text that looks like
/// an encoded word as it is, which mail programs then decode, and writes domains of ids in Unicode.
/// </summary>
internal static class MailHeaders
{
    // RFC 2047 2: an encoded word, and a line that has one in it.
    private const int LongestWord = 75;
    private const int LongestLine = 76;
    private const string Q = "=?utf-8?q?";
    private const string B = "=?utf-8?b?";
    private const string End = "?=";

    /// <summary>Sets a header to people's text: one line, without control characters.</summary>
    public static void SetText(this HeaderList headers, HeaderId id, string text) =>
        headers.SetRaw(id, Fold(Words(text, NeedsEncoding(text)), id.ToHeaderName().Length + 2));

    /// <summary>Sets a header of one mailbox.</summary>
    /// <param name="name">Display name of the address's owner; may be empty.</param>
    public static void SetMailbox(this HeaderList headers, HeaderId id, string name, EmailAddress address)
    {
        var route = $"<{address.Wire}>";
        var words = name.Length == 0 ? [route]
            : NeedsEncoding(name) ? [.. Words(name, true), route]
            : (List<string>)[.. Words(Phrase(name), false), route];
        headers.SetRaw(id, Fold(words, id.ToHeaderName().Length + 2));
    }

    /// <summary>Sets a header of one id of a message, without its brackets.</summary>
    public static void SetMessageId(this HeaderList headers, HeaderId id, string messageId) =>
        headers.SetRaw(id, $"<{messageId}>");

    private static void SetRaw(this HeaderList headers, HeaderId id, string value)
    {
        var header = new Header(id, "");
        header.SetRawValue(Encoding.UTF8.GetBytes($" {value}\r\n"));
        headers.Replace(header);
    }

    // Text that looks like an encoded word is encoded itself, so that it is shown as it was written.
    private static bool NeedsEncoding(string text) =>
        !Ascii.IsValid(text) || text.Contains("=?", StringComparison.Ordinal);

    /// <summary>
    /// A name in ASCII as RFC 5322 3.2.5 has it: in quotes, where it has more than letters and their like.
    /// </summary>
    private static string Phrase(string name) =>
        name.All(c =>
            char.IsAsciiLetterOrDigit(c) || c == ' ' || "!#$%&'*+-/=?^_`{|}~".Contains(c, StringComparison.Ordinal)
        )
            ? name
            : "\""
                + name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
                + "\"";

    /// <summary>Returns the parts that may stand on lines of their own: words, encoded or not.</summary>
    private static List<string> Words(string text, bool isEncoded)
    {
        if (!isEncoded) return [.. text.Split(' ')];
        var words = new List<string>();
        var word = new StringBuilder();
        var (q, b) = (0, 0);

        // Never within a character (RFC 2047 5). The first has the header's name before it, of which "Reply-To: " is
        // the longest.
        var longest = LongestLine - "Reply-To: ".Length - Q.Length - End.Length;
        foreach (var rune in text.EnumerateRunes())
        {
            var (moreQ, moreB) = (LengthInQ(rune), rune.Utf8SequenceLength);
            if (word.Length > 0 && Math.Min(q + moreQ, InBase64(b + moreB)) > longest)
            {
                words.Add(Encoded(word.ToString()));
                word.Clear();
                (q, b) = (0, 0);
                longest = LongestWord - Q.Length - End.Length;
            }

            word.Append(rune);
            (q, b) = (q + moreQ, b + moreB);
        }

        words.Add(Encoded(word.ToString()));
        return words;
    }

    private static string Encoded(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var word = new StringBuilder(Q, LongestWord);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == ' ') word.Append('_');
            else if (IsPlainInQ(rune)) word.Append((char)rune.Value);
            else Escape(word, rune);
        }

        word.Append(End);
        return word.Length - Q.Length - End.Length <= InBase64(bytes.Length)
            ? word.ToString()
            : $"{B}{Convert.ToBase64String(bytes)}{End}";
    }

    private static void Escape(StringBuilder word, Rune rune)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var octet in bytes[..rune.EncodeToUtf8(bytes)])
            word.Append('=').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
    }

    private static int LengthInQ(Rune rune) => rune.Value == ' ' || IsPlainInQ(rune) ? 1 : 3 * rune.Utf8SequenceLength;

    // RFC 2047 5 (3): characters that an encoded word may have as they are, also where it stands for a name.
    private static bool IsPlainInQ(Rune rune) =>
        rune.IsAscii && (Rune.IsLetterOrDigit(rune) || rune.Value is '!' or '*' or '+' or '-' or '/');

    private static int InBase64(int bytes) => (bytes + 2) / 3 * 4;

    /// <summary>Folds the header: all lines but the first begin with a space; breaks are between words.</summary>
    /// <param name="used">Length that the header's name takes of the first line.</param>
    private static string Fold(IReadOnlyList<string> words, int used)
    {
        var text = new StringBuilder();
        foreach (var word in words)
        {
            if (text.Length > 0)
            {
                var fits = used + 1 + word.Length <= LongestLine;

                // A line of nothing but spaces must not come to be.
                text.Append(fits || word.Length == 0 ? " " : "\r\n ");
                used = fits ? used + 1 : 1;
            }

            text.Append(word);
            used += word.Length;
        }

        return text.ToString();
    }
}
