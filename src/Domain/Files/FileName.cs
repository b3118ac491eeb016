using System.Buffers;
using System.Text;

namespace Messaging.Domain.Files;

/// <summary>Names of files, as strangers give them and as they are kept.</summary>
public static class FileName
{
    /// <summary>The name of a file whose own name has nothing worth keeping.</summary>
    public const string Nameless = "file";

    private const int MostCodePoints = 200;
    private const int MostBytes = 240;
    private const int MostExtensionCodePoints = 20;

    // More than any limit below needs; what is cut here is the middle, so that the extension stays.
    private const int MostRead = 2_000;

    private static readonly SearchValues<char> s_forbiddenOnWindows = SearchValues.Create("<>:\"|?*");

    private static readonly HashSet<string> s_devicesOfWindows = new(
        [
            "CON",
            "PRN",
            "AUX",
            "NUL",
            "CONIN$",
            "CONOUT$",
            .. "123456789¹²³".SelectMany(x => (string[])[$"COM{x}", $"LPT{x}"]),
        ],
        StringComparer.OrdinalIgnoreCase
    );

    // A dot before anything else hides a file, and may make it one that programs obey (.htaccess, .bashrc).
    private static readonly HashSet<string> s_documents = new(
        [
            "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "rtf", "txt", "csv", "xml", "json",
            "md", "zip", "7z", "png", "jpg", "jpeg", "gif", "webp", "heic", "heif", "tif", "tiff", "bmp", "msg", "eml",
            "ics", "vcf", "mp4", "mov", "m4a", "mp3", "wav"
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Makes a name harmless for whoever saves or reads it: no path, nothing invisible but what scripts and emoji need,
    /// nothing that turns the text around, no hidden file (a document that is called by its ending only, such as
    /// <c>.pdf</c>, stays what it is), no device of Windows, and short enough for every file system. Cleaning a clean
    /// name changes nothing.
    /// </summary>
    public static string Clean(string given)
    {
        var name = given;
        // Each step may uncover work for one before it (".." behind a zero-width character); as each only takes away,
        // this ends.
        while (CleanOnce(name) is var cleaned && cleaned != name) name = cleaned;
        return name;
    }

    private static string CleanOnce(string given)
    {
        var name = given[(given.LastIndexOfAny(['/', '\\']) + 1)..];
        if (name.Length > MostRead) name = name[..(MostRead / 2)] + name[^(MostRead / 2)..];
        name = Visible(name).Normalize(NormalizationForm.FormC).Trim(' ').TrimEnd('.', ' ');
        var ending = name.TrimStart('.', ' ');
        // Without its dot it would be of no type, and nothing would open it.
        if (ending.Length < name.Length && s_documents.Contains(ending)) return $".{ending}";
        name = ending;
        if (!Text.IsVisible(name)) return Nameless;
        name = Shorten(name);

        // Windows takes "con.txt" for the device, too.
        var stem = name.AsSpan(0, name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? dot : name.Length)
            .TrimEnd(' ');
        return s_devicesOfWindows.Contains(stem.ToString()) ? "_" + name : name;
    }

    /// <summary>
    /// Drops what cannot be seen, makes any white space one space, and replaces what Windows forbids.
    /// </summary>
    private static string Visible(string name)
    {
        var text = new StringBuilder(name.Length);
        // Lone surrogates come out as U+FFFD.
        Rune[] runes = [.. name.EnumerateRunes()];
        for (var i = 0; i < runes.Length; i++)
        {
            var rune = runes[i];
            if (Joining.IsNeeded(rune, i > 0 ? runes[i - 1] : default, i + 1 < runes.Length ? runes[i + 1] : default))
            {
                text.Append(rune);
            }
            else if (Rune.IsWhiteSpace(rune))
            {
                if (text.Length > 0 && text[^1] != ' ') text.Append(' ');
            }
            else if (rune.IsBmp && s_forbiddenOnWindows.Contains((char)rune.Value))
            {
                text.Append('_');
            }
            else if (
                rune != Rune.ReplacementChar
                && !Text.IsInvisible(rune)
                && !(text.Length == 0 && Text.IsMark(rune))
            )
            {
                text.Append(rune);
            }
        }
        return text.ToString();
    }

    private static string Shorten(string name)
    {
        if (Fits(name, MostCodePoints, MostBytes)) return name;
        var dot = name.LastIndexOf('.');
        var extension = dot > 0 && Fits(name[dot..], MostExtensionCodePoints, MostBytes) ? name[dot..] : "";
        var codePoints = MostCodePoints - extension.EnumerateRunes().Count();
        var bytes = MostBytes - Encoding.UTF8.GetByteCount(extension);

        var stem = new StringBuilder();
        foreach (var rune in name.AsSpan(0, name.Length - extension.Length).EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (--codePoints < 0 || bytes < 0) break;
            stem.Append(rune);
        }
        return stem.ToString().TrimEnd('.', ' ') + extension;
    }

    private static bool Fits(string text, int codePoints, int bytes) =>
        Encoding.UTF8.GetByteCount(text) <= bytes && text.EnumerateRunes().Count() <= codePoints;
}
