using System.Text;
using GraphQLParser;
using GraphQLParser.Exceptions;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The text of a document before it is parsed: counts its tokens, finds what is none, and breaks long lines between
/// tokens. The parser draws a picture of the place of a mistake, which costs the square of the column (a gigabyte for
/// 32 KiB in one line), and fails over a lone carriage return. Linear.
/// </summary>
internal sealed class DocumentText
{
    private const int MaxColumn = 500;
    private const int MaxNumberLength = 1000;

    private readonly string _text;
    private readonly int _maxTokens;

    // The places of the original text at which a line break was inserted.
    private readonly List<int> _inserted = [];
    private readonly StringBuilder _parsable;
    private int _count;
    private int _lineStart;

    private DocumentText(string text, int maxTokens)
    {
        (_text, _maxTokens) = (text, maxTokens);
        _parsable = new StringBuilder(text.Length + 16);
    }

    /// <summary>The text for the parser.</summary>
    public string Parsable => _parsable.ToString();

    /// <summary>True when places in <see cref="Parsable"/> are those of the text as it was.</summary>
    public bool HasSamePlaces => _inserted.Count == 0;

    /// <summary>Reads a text.</summary>
    /// <returns>The text; or why it is no document.</returns>
    public static (DocumentText Text, CodedError? Error) Read(string text, int maxTokens)
    {
        var document = new DocumentText(text, maxTokens);
        return (document, document.Read());
    }

    /// <summary>The error of a mistake that the parser found.</summary>
    public CodedError ErrorOf(GraphQLSyntaxErrorException mistake)
    {
        // The start of the line in the parsed text.
        var place = 0;
        for (var line = 1; line < mistake.Location.Line; place++)
            if (_parsable[place] == '\n') line++;
        place += mistake.Location.Column - 1;
        return Error(mistake.Description, place - _inserted.Where((at, i) => at + i < place).Count());
    }

    private CodedError? Read()
    {
        var (at, gap) = (0, -1);
        while (at < _text.Length)
        {
            var c = _text[at];
            switch (c)
            {
                case '\n':
                    Take(at, ++at);
                    (_lineStart, gap) = (_parsable.Length, -1);
                    continue;
                case '\r':
                    // Alone it is the end of a line, too.
                    _parsable.Append(at + 1 < _text.Length && _text[at + 1] == '\n' ? '\r' : '\n');
                    at++;
                    (_lineStart, gap) = (_parsable.Length, -1);
                    continue;
                case ' ' or '\t' or ',' or '\ufeff':
                    gap = _parsable.Length;
                    Take(at, ++at);
                    continue;
            }

            if (++_count > _maxTokens) return CodedError.TooComplex($"The document has more than {_maxTokens} tokens.");
            Break(gap, at);
            gap = -1;
            if (c == '#')
            {
                var end = _text.AsSpan(at).IndexOfAny('\n', '\r') is >= 0 and var length ? at + length : _text.Length;
                Take(at, end);
                at = end;
                continue;
            }

            var (next, mistake) = EndOf(at, c);
            if (mistake is not null) return Error(mistake, next);
            Take(at, next);
            at = next;
        }

        Break(gap, at);
        return null;
    }

    /// <summary>
    /// Puts a line break in front of a token that is far along a line: in place of what is between it and the one
    /// before, where there is something.
    /// </summary>
    private void Break(int gap, int at)
    {
        if (_parsable.Length - _lineStart <= MaxColumn) return;
        if (gap >= 0)
        {
            _parsable[gap] = '\n';
            _lineStart = gap + 1;
            return;
        }

        _inserted.Add(at);
        _parsable.Append('\n');
        _lineStart = _parsable.Length;
    }

    private void Take(int from, int to) => _parsable.Append(_text, from, to - from);

    /// <summary>The end of a token; or what is wrong, and where.</summary>
    private (int End, string? Mistake) EndOf(int at, char c)
    {
        switch (c)
        {
            case '!' or '$' or '&' or '(' or ')' or ':' or '=' or '@' or '[' or ']' or '{' or '|' or '}':
                return (at + 1, null);
            case '.':
                return string.CompareOrdinal(_text, at, "...", 0, 3) == 0
                    ? (at + 3, null)
                    : (at, "Unexpected character \".\"");
            case '"':
                return string.CompareOrdinal(_text, at, "\"\"\"", 0, 3) == 0 ? EndOfBlock(at + 3) : EndOfText(at + 1);
            case '-' or (>= '0' and <= '9'):
                var end = at + 1;
                while (end < _text.Length && (char.IsAsciiLetterOrDigit(_text[end]) || _text[end] is '.' or '+' or '-'))
                    end++;
                return end - at <= MaxNumberLength ? (EndOfNumber(at, end), null) : (at, "A number is too long");
            case '_' or (>= 'A' and <= 'Z') or (>= 'a' and <= 'z'):
                var after = at + 1;
                while (after < _text.Length && (char.IsAsciiLetterOrDigit(_text[after]) || _text[after] == '_'))
                    after++;
                return (after, null);
            default:
                return (
                    at,
                    c is > ' ' and <= '~' ? $"Unexpected character \"{c}\"" : $"Unexpected character \"\\u{(int)c:X4}\""
                );
        }
    }

    // The parser finds what is no number; "1...F" are two tokens.
    private int EndOfNumber(int at, int end) =>
        _text.IndexOf("...", at, end - at, StringComparison.Ordinal) is >= 0 and var dots ? dots : end;

    private (int End, string? Mistake) EndOfText(int at)
    {
        for (; at < _text.Length; at++)
        {
            switch (_text[at])
            {
                case '"':
                    return (at + 1, null);
                case '\\':
                    if (++at < _text.Length && _text[at] == 'u')
                    {
                        for (var digits = 0; digits < 4; digits++)
                            if (++at >= _text.Length || !char.IsAsciiHexDigit(_text[at]))
                                return (Math.Min(at, _text.Length), "Invalid character escape sequence");
                    }
                    else if (at >= _text.Length || !"\"\\/bfnrt".Contains(_text[at], StringComparison.Ordinal))
                    {
                        return (Math.Min(at, _text.Length), "Invalid character escape sequence");
                    }
                    break;
                case '\n' or '\r':
                    return (at, "Unterminated string");
                case < ' ' and not '\t':
                    return (at, $"Invalid character within string: \\u{(int)_text[at]:X4}");
            }
        }
        return (_text.Length, "Unterminated string");
    }

    private (int End, string? Mistake) EndOfBlock(int at)
    {
        for (; at < _text.Length; at++)
        {
            if (_text[at] == '\\' && string.CompareOrdinal(_text, at, "\\\"\"\"", 0, 4) == 0)
                at += 3;
            else if (string.CompareOrdinal(_text, at, "\"\"\"", 0, 3) == 0)
                return (at + 3, null);
            else if (_text[at] < ' ' && _text[at] is not ('\t' or '\n' or '\r'))
                return (at, $"Invalid character within block string: \\u{(int)_text[at]:X4}");
        }
        return (_text.Length, "Unterminated block string");
    }

    private CodedError Error(string mistake, int place) =>
        CodedError.BadInput(
            $"Error parsing query: {mistake}", Location.FromLinearPosition(_text, Math.Min(place, _text.Length)));
}
