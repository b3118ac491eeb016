using System.Globalization;
using System.Text;

namespace Messaging.Application.History;

/// <summary>Text as the files of an archive write it down: nothing in it can pass for a part of the file.</summary>
internal static class ExportText
{
    /// <summary>The end of a line of a table, and of no line in a cell.</summary>
    public const string EndOfRow = "\r\n";

    /// <summary>Text in HTML and XML, in which what others wrote stays text.</summary>
    public static string Escape(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                '\n' or '\t' => escaped.Append(c),

                // XML has none of them, and no viewer shows them.
                < ' ' or '\x7f' or '\xfffe' or '\xffff' => escaped.Append('\ufffd'),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    /// <summary>A row of a table: in quotation marks, with semicolons between.</summary>
    public static string Row(params IEnumerable<string?> cells) =>
        string.Join(';', cells.Select(Cell)) + EndOfRow;

    /// <summary>Whether it is so.</summary>
    public static string YesOrNo(bool isSo) => isSo ? "ja" : "nein";

    /// <summary>A day, as German tables have it.</summary>
    public static string Day(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("dd.MM.yyyy", CultureInfo.InvariantCulture);

    /// <summary>A time of the day.</summary>
    public static string Time(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>An instant for people, which says its offset.</summary>
    public static string Moment(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone)
            .ToString("dd.MM.yyyy HH:mm:ss '(UTC'zzz')'", CultureInfo.InvariantCulture);

    // A cell that begins like a formula would be one to a spreadsheet; that which has it as text has one more mark.
    private static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "\"\"";
        var guard = text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" : "";
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n')
            .Replace("\"", "\"\"", StringComparison.Ordinal);
        return $"\"{guard}{lines}\"";
    }
}
