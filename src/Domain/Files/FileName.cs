using System.Buffers;
using System.Text;

namespace Messaging.Domain.Files;

/// <summary>Names of files, as strangers give them and as they are kept.</summary>
public static class FileName
{
    /// <summary>What a file is called whose name has nothing worth keeping.</summary>
    public const string Nameless = "file";

    private const int MostCodePoints = 200;
    private const int MostBytes = 240;
    private const int MostExtensionCodePoints = 20;

    // More than any limit below needs; what is cut here is the middle, so that the extension stays.
    private const int MostRead = 2_000;

    private static readonly SearchValues<char> s_forbiddenOnWindows = SearchValues.Create("<>:\"|?*");

    private static readonly HashSet<string> s_devicesOfWindows = new(
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", .. "123456789¹²³".SelectMany(x => (string[])[$"COM{x}", $"LPT{x}"])],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Makes a name harmless for whoever saves or reads it: no path, nothing invisible, nothing that turns the text around, no hidden file, no device
    /// of Windows, and short enough for every file system. Cleaning a clean name changes nothing.
    /// </summary>
    public static string Clean(string given)
    {
        var name = given;
        // Each step may uncover work for one before it (".." behind a zero-width character); as each only takes away, this ends.
        while (CleanOnce(name) is var cleaned && cleaned != name) name = cleaned;
        return name;
    }

    private static string CleanOnce(string given)
    {
        var name = given[(given.LastIndexOfAny(['/', '\\']) + 1)..];
        if (name.Length > MostRead) name = name[..(MostRead / 2)] + name[^(MostRead / 2)..];
        name = Visible(name).Normalize(NormalizationForm.FormC).TrimStart('.', ' ').TrimEnd('.', ' ');
        if (!Text.IsVisible(name)) return Nameless;
        name = Shorten(name);

        // Windows takes "con.txt" for the device, too.
        var stem = name.AsSpan(0, name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? dot : name.Length).TrimEnd(' ');
        return s_devicesOfWindows.Contains(stem.ToString()) ? "_" + name : name;
    }

    /// <summary>Drops what cannot be seen, makes any white space one space, and replaces what Windows forbids.</summary>
    private static string Visible(string name)
    {
        var text = new StringBuilder(name.Length);
        // Lone surrogates come out as U+FFFD.
        foreach (var rune in name.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                if (text.Length > 0 && text[^1] != ' ') text.Append(' ');
            }
            else if (rune.IsBmp && s_forbiddenOnWindows.Contains((char)rune.Value))
            {
                text.Append('_');
            }
            else if (rune != Rune.ReplacementChar && !Text.IsInvisible(rune) && !(text.Length == 0 && Text.IsMark(rune)))
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
