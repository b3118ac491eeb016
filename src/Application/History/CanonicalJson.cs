using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Messaging.Application.History;

/// <summary>
/// JSON in the one form of RFC 8785: PostgreSQL orders keys by their length and keeps digits as they were written, so
/// that its text says nothing of what somebody else would hash.
/// </summary>
internal static class CanonicalJson
{
    private static readonly SearchValues<char> s_escaped =
        SearchValues.Create([.. Enumerable.Range(0, ' ').Select(c => (char)c), '"', '\\']);

    /// <summary>The bytes of a document, in UTF-8.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static byte[] Of(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 1_000 });
        var text = new StringBuilder(json.Length);
        Write(text, document.RootElement);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A number as ECMAScript writes it.</summary>
    internal static string Number(double value)
    {
        if (value == 0) return "0";

        // The shortest digits that are read as the same number, and the place of the point before or behind them.
        var parts = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var whole = parts[0].IndexOf('.', StringComparison.Ordinal) is >= 0 and var at ? at : parts[0].Length;
        var written = parts[0].Replace(".", "", StringComparison.Ordinal);
        var digits = written.TrimStart('0');
        var point = whole - (written.Length - digits.Length)
            + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        digits = digits.TrimEnd('0');
        var length = digits.Length;
        var text = point switch
        {
            > 0 and <= 21 when length <= point => digits + new string('0', point - length),
            > 0 and <= 21 => $"{digits[..point]}.{digits[point..]}",
            > -6 and <= 0 => $"0.{new string('0', -point)}{digits}",
            _ => $"{digits[0]}{(length > 1 ? $".{digits[1..]}" : "")}e{(point > 0 ? "+" : "-")}{Math.Abs(point - 1)}",
        };
        return value < 0 ? $"-{text}" : text;
    }

    private static void Write(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                var isFirst = true;
                foreach (var property in value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    if (!isFirst) text.Append(',');
                    isFirst = false;
                    Write(text, property.Name);
                    text.Append(':');
                    Write(text, property.Value);
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                for (var i = 0; i < value.GetArrayLength(); i++)
                {
                    if (i > 0) text.Append(',');
                    Write(text, value[i]);
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                Write(text, value.GetString()!);
                break;
            case JsonValueKind.Number:
                text.Append(Number(value.GetDouble()));
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void Write(StringBuilder text, string value)
    {
        text.Append('"');
        var rest = value.AsSpan();
        for (int plain; (plain = rest.IndexOfAny(s_escaped)) >= 0; rest = rest[(plain + 1)..])
        {
            text.Append(rest[..plain]);
            var c = rest[plain];
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\f' => text.Append("\\f"),
                '\r' => text.Append("\\r"),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
        }

        text.Append(rest).Append('"');
    }
}
