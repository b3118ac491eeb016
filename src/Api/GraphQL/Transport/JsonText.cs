using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Escapes in texts what JSON wants escaped (RFC 8259, 7), and nothing else. The encoders of the library escape every
/// character beyond the first 65,536 as well: a smile became twelve bytes rather than four. The answer says that it is
/// JSON and that no browser may guess otherwise.
/// </summary>
internal sealed class JsonText : JavaScriptEncoder
{
    private const char Replacement = '\uFFFD';

    private static readonly char[] s_controls = [.. Enumerable.Range(0, 0x20).Select(c => (char)c)];
    private static readonly SearchValues<char> s_escaped = SearchValues.Create([.. s_controls, '"', '\\']);
    private static readonly SearchValues<byte> s_escapedBytes = SearchValues.Create([
        .. s_controls.Select(c => (byte)c),
        (byte)'"',
        (byte)'\\',
    ]);

    public static JsonText Instance { get; } = new();

    // \u001F
    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\';

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength) =>
        Find(new ReadOnlySpan<char>(text, textLength));

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) =>
        utf8Text.IndexOfAny(s_escapedBytes);

    public override unsafe bool TryEncodeUnicodeScalar(
        int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var output = new Span<char>(buffer, bufferLength);
        if (WillEncode(unicodeScalar))
        {
            Span<char> escaped = stackalloc char[6];
            numberOfCharactersWritten = Escape((char)unicodeScalar, escaped);
            return escaped[..numberOfCharactersWritten].TryCopyTo(output);
        }

        return new Rune(unicodeScalar).TryEncodeToUtf16(output, out numberOfCharactersWritten);
    }

    /// <inheritdoc/>
    public override OperationStatus Encode(
        ReadOnlySpan<char> source, Span<char> destination, out int charsConsumed, out int charsWritten,
        bool isFinalBlock = true)
    {
        (charsConsumed, charsWritten) = (0, 0);
        Span<char> escaped = stackalloc char[6];
        while (charsConsumed < source.Length)
        {
            var rest = source[charsConsumed..];
            var plain = Find(rest);
            if (plain < 0) plain = rest.Length;
            var room = destination.Length - charsWritten;
            var fits = plain <= room ? plain : room > 0 && char.IsHighSurrogate(rest[room - 1]) ? room - 1 : room;
            rest[..fits].CopyTo(destination[charsWritten..]);
            charsConsumed += fits;
            charsWritten += fits;
            if (fits < plain) return OperationStatus.DestinationTooSmall;
            if (charsConsumed == source.Length) break;
            var next = source[charsConsumed];

            // The other half may be in the next block.
            if (char.IsHighSurrogate(next) && charsConsumed == source.Length - 1 && !isFinalBlock)
                return OperationStatus.NeedMoreData;
            var length = Escape(next, escaped);
            if (!escaped[..length].TryCopyTo(destination[charsWritten..])) return OperationStatus.DestinationTooSmall;
            charsConsumed++;
            charsWritten += length;
        }

        return OperationStatus.Done;
    }

    /// <summary>The place of the first character that cannot stay as it is: one to escape, or half of one.</summary>
    private static int Find(ReadOnlySpan<char> text)
    {
        var first = text.IndexOfAny(s_escaped);
        var end = first < 0 ? text.Length : first;
        for (var at = 0; at < end;)
        {
            var surrogate = text[at..end].IndexOfAnyInRange('\uD800', '\uDFFF');
            if (surrogate < 0) break;
            at += surrogate;
            if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1])) return at;
            at += 2;
        }

        return first;
    }

    private static int Escape(char c, Span<char> output)
    {
        if (char.IsSurrogate(c))
        {
            output[0] = Replacement;
            return 1;
        }

        output[0] = '\\';
        output[1] = c switch
        {
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\b' => 'b',
            '\f' => 'f',
            '"' or '\\' => c,
            _ => 'u',
        };
        if (output[1] != 'u')
            return 2;
        output[2] = output[3] = '0';
        output[4] = (char)('0' + (c >> 4));
        output[5] = "0123456789ABCDEF"[c & 0xF];
        return 6;
    }
}
