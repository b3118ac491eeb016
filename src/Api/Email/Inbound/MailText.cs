using System.Text;
using System.Text.RegularExpressions;
using MimeKit;
using MimeKit.Text;

namespace Messaging.Api.Email.Inbound;

/// <summary>The text that somebody wrote in a mail, without what they quote.</summary>
internal static partial class MailText
{
    // More than any comment and what it quotes; the rest is in the mailbox.
    private const int LongestRead = 1_000_000;
    private const int LinesOfHeader = 6;

    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    static MailText() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>
    /// Decodes a part of text. A charset that is unknown, or that its bytes are not of, is none: what is UTF-8 is read
    /// as that, the rest as Windows does in the West.
    /// </summary>
    public static string Decode(TextPart part)
    {
        if (part.Content is null) return "";
        using var content = new MemoryStream();
        part.Content.DecodeTo(content);
        var bytes = content.GetBuffer().AsSpan(0, (int)Math.Min(content.Length, LongestRead * 2L));
        var said = EncodingOf(part.ContentType.Charset);

        // What has two bytes for a letter has zeros among them, or bytes that are no UTF-8.
        var text = said is null or { IsSingleByte: true } || (IsWide(said) && !bytes.Contains((byte)0))
            ? TryRead(s_utf8, bytes) ?? (said is null ? null : TryRead(said, bytes))
            : TryRead(said, bytes) ?? TryRead(s_utf8, bytes);
        text ??= Encoding.GetEncoding(1252).GetString(bytes);
        if (part.IsHtml) text = OfHtml(text);
        else if (part.IsFlowed) text = Unflow(text, part);
        text = text.TrimStart('\ufeff').ReplaceLineEndings("\n");
        return text.Length <= LongestRead ? text : text[..LongestRead];
    }

    /// <summary>
    /// What was written anew: without the mail that is answered, and without a signature. What is quoted and answered
    /// piece by piece stays.
    /// </summary>
    public static string Trim(string text)
    {
        var lines = text.Split('\n').Select(line => line.TrimEnd()).ToList();

        // A signature's own line has a space at its end, which some programs take away.
        Cut(lines, lines.FindIndex(line => line is "--"));
        for (var i = 0; i < lines.Count; i++)
        {
            if (Separator().IsMatch(lines[i]) || IsHeader(lines, i))
            {
                // With the line that is drawn above it.
                Cut(lines, lines.Take(i).ToList().FindLastIndex(l => l.Length > 0 && !Rule().IsMatch(l)) + 1);
                break;
            }

            if (!IsAttribution(lines, i, out var length)) continue;
            if (!IsAboveText(lines, i + length, out var end))
            {
                Cut(lines, i);
                break;
            }

            // What is answered piece by piece cannot be understood without the pieces. Otherwise the answer stands
            // below what it quotes.
            if (lines.Skip(end).Any(IsQuoted)) break;
            lines.RemoveRange(i, end - i);
            i--;
        }

        // What is quoted at the end, with the line that says whose it is.
        var last = lines.FindLastIndex(line => line.Length > 0 && !IsQuoted(line));
        if (last + 1 < lines.Count) Cut(lines, last + 1);
        return string.Join('\n', lines).Trim('\n', ' ', '\t', '\u00a0');
    }

    /// <summary>The text of a page: lines for blocks, <c>&gt;</c> before what it quotes.</summary>
    public static string OfHtml(string html)
    {
        var text = new StringBuilder();
        var (hidden, quoted) = (0, 0);
        var divs = new Stack<bool>();
        var tokenizer = new HtmlTokenizer(new StringReader(html)) { DecodeCharacterReferences = true };
        while (text.Length < LongestRead && tokenizer.ReadNextToken(out var token))
        {
            switch (token)
            {
                case HtmlDataToken data when hidden == 0:
                    Append(text, data.Data, quoted);
                    break;
                case HtmlTagToken tag:
                    Tag(tag);
                    break;
            }
        }

        return Spaces().Replace(text.ToString(), "\n\n");

        void Tag(HtmlTagToken tag)
        {
            var begins = !tag.IsEndTag;
            switch (tag.Id)
            {
                case HtmlTagId.Script or HtmlTagId.Style or HtmlTagId.Title or HtmlTagId.Head when !tag.IsEmptyElement:
                    hidden = Math.Max(0, hidden + (begins ? 1 : -1));
                    break;
                case HtmlTagId.Body:
                    hidden = 0;
                    break;
                case HtmlTagId.Br:
                    Line(text, quoted);
                    break;
                case HtmlTagId.BlockQuote:
                    quoted = Math.Clamp(quoted + (begins ? 1 : -1), 0, 10);
                    Fresh(text, quoted);
                    break;
                case HtmlTagId.P or HtmlTagId.H1 or HtmlTagId.H2 or HtmlTagId.H3 or HtmlTagId.Table or HtmlTagId.UL
                    or HtmlTagId.OL or HtmlTagId.Pre:
                    Fresh(text, quoted);
                    if (!begins) Line(text, quoted);
                    break;
                case HtmlTagId.Div or HtmlTagId.TR or HtmlTagId.LI or HtmlTagId.HR:
                    Fresh(text, quoted);
                    if (begins && tag.Id == HtmlTagId.LI) text.Append("- ");
                    break;
                case HtmlTagId.TD or HtmlTagId.TH when begins:
                    if (text.Length > 0 && text[^1] is not ('\n' or ' ')) text.Append(' ');
                    break;
            }
        }
    }

    private static void Append(StringBuilder text, string data, int quoted)
    {
        foreach (var c in data)
        {
            if (c is ' ' or '\t' or '\r' or '\n' or '\u00a0')
            {
                if (text.Length > 0 && text[^1] is not ('\n' or ' ')) text.Append(' ');
            }
            else
            {
                if (quoted > 0 && (text.Length == 0 || text[^1] == '\n')) text.Append('>', quoted).Append(' ');
                text.Append(c);
            }
        }
    }

    private static void Line(StringBuilder text, int quoted)
    {
        if (quoted > 0 && (text.Length == 0 || text[^1] == '\n')) text.Append('>', quoted);
        text.Append('\n');
    }

    private static void Fresh(StringBuilder text, int quoted)
    {
        if (text.Length > 0 && text[^1] != '\n') Line(text, quoted);
    }

    private static string Unflow(string text, TextPart part)
    {
        // RFC 3676: a line that ends with a space goes on in the next one.
        var deletes = part.ContentType.Parameters["delsp"]?.ToUpperInvariant() == "YES";
        return new FlowedToText { DeleteSpace = deletes }.Convert(text);
    }

    private static string? TryRead(Encoding encoding, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return encoding.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool IsWide(Encoding encoding) => encoding.GetByteCount("a") > 1;

    private static Encoding? EncodingOf(string? charset)
    {
        if (string.IsNullOrEmpty(charset)) return null;
        try
        {
            return Encoding.GetEncoding(charset, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static void Cut(List<string> lines, int at)
    {
        if (at >= 0) lines.RemoveRange(at, lines.Count - at);
    }

    private static bool IsQuoted(string line) => line.StartsWith('>');

    // Outlook's: some lines of names and values, by which a mail begins.
    private static bool IsHeader(List<string> lines, int at) =>
        From().IsMatch(lines[at])
        && lines.Skip(at + 1).Take(LinesOfHeader).Count(line => OtherHeader().IsMatch(line)) >= 2;

    // "Am 3. Mai schrieb Anna:", on one line or up to three.
    private static bool IsAttribution(List<string> lines, int at, out int length)
    {
        var text = "";
        for (length = 1; length <= 3 && at + length <= lines.Count; length++)
        {
            if (lines[at + length - 1].Length is 0 or > 300) break;
            text = $"{text} {lines[at + length - 1]}".Trim();
            if (text.Length <= 400 && Attribution().IsMatch(text)) return true;
        }

        return false;
    }

    // True when a quote begins there and text of one's own stands below it.
    private static bool IsAboveText(List<string> lines, int at, out int end)
    {
        end = at;
        while (end < lines.Count && lines[end].Length == 0) end++;
        if (end == lines.Count || !IsQuoted(lines[end])) return false;
        while (end < lines.Count && (lines[end].Length == 0 || IsQuoted(lines[end]))) end++;
        return end < lines.Count;
    }

    [GeneratedRegex(
        @"^\s*-{2,}\s*(?:Urspr\u00fcngliche Nachricht|Original[- ](?:Nachricht|Message|Mail))\s*-{2,}\s*$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Separator();

    [GeneratedRegex(@"^\s*[_-]{5,}\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Rule();

    [GeneratedRegex(@"^\s*\*?(?:Von|From):\*?\s", RegexOptions.CultureInvariant)]
    private static partial Regex From();

    [GeneratedRegex(
        @"^\s*\*?(?:Gesendet|Sent|Datum|Date|An|To|Cc|Betreff|Subject):\*?\s", RegexOptions.CultureInvariant)]
    private static partial Regex OtherHeader();

    [GeneratedRegex(
        @"^(?:Am\s[^\n]*[0-9][^\n]*\sschrieb\b[^\n]*|On\s[^\n]*[0-9][^\n]*\swrote|[^\n]*<[^\n<>]+@[^\n<>]+>\s+"
            + @"(?:schrieb|hat[^\n]*geschrieben|wrote)\b[^\n]*):$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Attribution();

    [GeneratedRegex(@"(?:[ \t]*\n){3,}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Spaces();
}
