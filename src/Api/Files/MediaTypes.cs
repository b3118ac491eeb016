using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;

namespace Messaging.Api.Files;

/// <summary>
/// Decides on a file's media type: its bytes have the first word; its name and its uploader's claim only fill in a type
/// that fits them.
/// </summary>
internal static partial class MediaTypes
{
    /// <summary>Bytes of no known meaning.</summary>
    public const string Unknown = "application/octet-stream";

    /// <summary>Number of bytes looked at, from the beginning.</summary>
    public const int SniffedBytes = 4096;

    // A PDF may begin behind something else: in its first 1,024 bytes (PDF Reference 1.7, appendix H, note 13), where
    // scanners and mail programs put lines of theirs.
    private const int PdfBeginsWithin = 1024;

    private const string Pdf = "application/pdf";
    private const string Rtf = "application/rtf";
    private const string Zip = "application/zip";
    private const string Text = "text/plain";
    private const string Ole = "application/x-ole-storage";

    // Types that bytes alone do not decide; Decide makes a type of them.
    private const string TextBeforePdf = "text/plain+pdf";
    private const string Markup = "text/plain+markup";

    private const string Html = "text/html";
    private const string PortableExecutable = "application/vnd.microsoft.portable-executable";
    private const string Executable = "application/x-executable";
    private const string MachBinary = "application/x-mach-binary";
    private const string Shortcut = "application/x-ms-shortcut";
    private const string Svg = "image/svg+xml";
    private const string Xml = "application/xml";

    /// <summary>Formats that are ZIP archives inside.</summary>
    private static readonly FrozenDictionary<string, string> s_zipped = new Dictionary<string, string>
    {
        [".docx"] = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        [".xlsx"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        [".pptx"] = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        [".odt"] = "application/vnd.oasis.opendocument.text",
        [".ods"] = "application/vnd.oasis.opendocument.spreadsheet",
        [".odp"] = "application/vnd.oasis.opendocument.presentation",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Formats that are OLE compound files inside ([MS-CFB]), documents with a password of the formats above among
    /// them.
    /// </summary>
    private static readonly FrozenDictionary<string, string> s_compound = new Dictionary<string, string>(s_zipped)
    {
        [".doc"] = "application/msword",
        [".dot"] = "application/msword",
        [".xls"] = "application/vnd.ms-excel",
        [".xlt"] = "application/vnd.ms-excel",
        [".ppt"] = "application/vnd.ms-powerpoint",
        [".pps"] = "application/vnd.ms-powerpoint",
        [".msg"] = "application/vnd.ms-outlook",
        [".mpp"] = "application/vnd.ms-project",
        [".vsd"] = "application/vnd.visio",
        [".pub"] = "application/vnd.ms-publisher",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Formats that are boxes of media inside (ISO/IEC 14496-12), by their brand, as pictures of telephones are.
    /// </summary>
    private static readonly FrozenDictionary<string, string> s_brands = new Dictionary<string, string>
    {
        ["heic"] = "image/heic",
        ["heix"] = "image/heic",
        ["heim"] = "image/heic",
        ["heis"] = "image/heic",
        ["hevc"] = "image/heic-sequence",
        ["hevx"] = "image/heic-sequence",
        ["mif1"] = "image/heif",
        ["msf1"] = "image/heif-sequence",
        ["avif"] = "image/avif",
        ["avis"] = "image/avif",
        ["qt  "] = "video/quicktime",
        ["M4A "] = "audio/mp4",
        ["M4V "] = "video/mp4",
        ["isom"] = "video/mp4",
        ["iso2"] = "video/mp4",
        ["mp41"] = "video/mp4",
        ["mp42"] = "video/mp4",
        ["avc1"] = "video/mp4",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Formats that are plain text inside, and that no browser runs.</summary>
    private static readonly FrozenDictionary<string, string> s_textual = new Dictionary<string, string>
    {
        [".csv"] = "text/csv",
        [".md"] = "text/markdown",
        [".json"] = "application/json",
        [".ics"] = "text/calendar",
        [".vcf"] = "text/vcard",
        [".eml"] = "message/rfc822",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] s_htmlTags =
    [
        "<!doctype html", "<html", "<head", "<script", "<iframe", "<h1", "<div", "<font", "<table", "<a", "<style",
        "<title", "<b", "<body", "<br", "<p", "<img", "<meta", "<link"
    ];

    /// <summary>Decides a file's type.</summary>
    /// <param name="name">Its name; counts only where the bytes leave a choice.</param>
    /// <param name="declared">Type that the uploader claims; used only where nothing contradicts it.</param>
    /// <param name="sniffed">What <see cref="Sniff"/> found.</param>
    public static string Decide(string name, string? declared, string? sniffed)
    {
        var said =
            declared is null ? null
            : WellFormed().Match(declared) is { Success: true } match ? match.Groups[1].Value.ToLowerInvariant()
            : null;
        var extension = Path.GetExtension(name);
        return sniffed switch
        {
            TextBeforePdf => IsEnding(".pdf") || said == Pdf ? Pdf : Decide(name, declared, Text),
            Markup => IsEnding(".xml") || said is Xml or "text/xml" ? Xml : Decide(name, declared, Text),
            Ole => s_compound.GetValueOrDefault(extension)
                ?? (said is not null && (s_compound.Values.Contains(said) || CouldBe(said)) ? said : Ole),
            "image/heif" when IsEnding(".heic") || said == "image/heic" => "image/heic",
            Zip => s_zipped.GetValueOrDefault(extension)
                ?? (said is not null && s_zipped.Values.Contains(said) ? said : Zip),
            Text => s_textual.GetValueOrDefault(extension)
                ?? (said is not null && s_textual.Values.Contains(said) ? said : Text),
            not null => sniffed,
            null => said is not null && CouldBe(said) ? said : Unknown,
        };

        bool IsEnding(string ending) => extension.Equals(ending, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Returns the type shown by the first bytes, or a type for <see cref="Decide"/> to refine; null when they fit none
    /// of those that matter here.
    /// </summary>
    public static string? Sniff(ReadOnlySpan<byte> first)
    {
        if (first.IsEmpty)
            return null;
        if (first.StartsWith("%PDF-"u8))
            return Pdf;
        if (first.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]))
            return PictureTypes.Png;
        if (first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return PictureTypes.Jpeg;
        if (first.StartsWith("GIF87a"u8) || first.StartsWith("GIF89a"u8))
            return PictureTypes.Gif;
        if (first.Length >= 12 && first.StartsWith("RIFF"u8) && first[8..].StartsWith("WEBP"u8))
            return PictureTypes.Webp;
        if (first.StartsWith("PK\u0003\u0004"u8) || first.StartsWith("PK\u0005\u0006"u8))
            return Zip;
        if (first.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]))
            return Ole;
        if (first.StartsWith("II*\0"u8) || first.StartsWith("MM\0*"u8))
            return "image/tiff";
        if (
            first.Length >= 12
            && first[4..].StartsWith("ftyp"u8)
            && s_brands.TryGetValue(Encoding.Latin1.GetString(first[8..12]), out var media)
        )
            return media;
        if (first.StartsWith("{\\rtf"u8))
            return Rtf;
        var pdf = first[..Math.Min(first.Length, PdfBeginsWithin + "%PDF-".Length - 1)].IndexOf("%PDF-"u8);
        if (Decode(first) is not { } text) return SniffProgram(first) ?? (pdf > 0 ? Pdf : null);
        var kind = SniffText(text);
        // A text may be about PDFs: the bytes are enough only when nothing readable comes before them.
        return pdf > 0 && kind == Text
            ? Encoding.Latin1.GetString(first[..pdf]).TrimStart('\u00EF', '\u00BB', '\u00BF').AsSpan().IsWhiteSpace()
                ? Pdf
                : TextBeforePdf
            : kind;
    }

    /// <summary>Programs of Windows, Linux and macOS, and shortcuts of Windows, whatever their names.</summary>
    private static string? SniffProgram(ReadOnlySpan<byte> first)
    {
        if (first.StartsWith("MZ"u8)) return PortableExecutable;
        if (first.StartsWith((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F'])) return Executable;
        ReadOnlySpan<byte> shortcut = [0x4C, 0, 0, 0, 1, 0x14, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46];
        if (first.StartsWith(shortcut)) return Shortcut;
        // 32 and 64 bits in either order; programs for several processors share their beginning with classes of Java,
        // and are for few.
        return first.Length >= 8 && BinaryPrimitives.ReadUInt32BigEndian(first) switch
        {
            0xFEEDFACE or 0xFEEDFACF or 0xCEFAEDFE or 0xCFFAEDFE => true,
            0xCAFEBABE or 0xCAFEBABF => BinaryPrimitives.ReadUInt32BigEndian(first[4..]) < 20,
            _ => false,
        } ? MachBinary : null;
    }

    /// <summary>
    /// As text, when no byte of it says otherwise (the "binary data bytes" of the MIME Sniffing standard); in Latin-1,
    /// as only ASCII matters.
    /// </summary>
    private static string? Decode(ReadOnlySpan<byte> first)
    {
        if (first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])) return Encoding.Unicode.GetString(first[2..]);
        if (first.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return Encoding.BigEndianUnicode.GetString(first[2..]);
        if (first.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) first = first[3..];
        foreach (var b in first)
        {
            if (b is < 0x09 or 0x0B or (> 0x0D and < 0x1B) or (> 0x1B and < 0x20)) return null;
        }
        return Encoding.Latin1.GetString(first);
    }

    private static string SniffText(string text)
    {
        var start = text.AsSpan().TrimStart();
        if (start is not ['<', ..]) return Text;
        // A document that runs script is called by its name, wherever in the beginning it shows: comments and
        // declarations may come before it.
        if (
            text.Contains("<svg", StringComparison.OrdinalIgnoreCase)
            || text.Contains(":svg", StringComparison.OrdinalIgnoreCase)
        )
            return Svg;
        if (start.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase))
            return text.Contains("<html", StringComparison.OrdinalIgnoreCase) ? Html : Xml;
        while (start.StartsWith("<!--"))
        {
            var end = start.IndexOf("-->");
            if (end < 0) return Html;
            start = start[(end + 3)..].TrimStart();
        }

        foreach (var tag in s_htmlTags)
        {
            if (
                start.StartsWith(tag, StringComparison.OrdinalIgnoreCase)
                && (start.Length == tag.Length || !char.IsAsciiLetterOrDigit(start[tag.Length]))
            )
                return Html;
        }

        if (Element().IsMatch(start) && !IsPage(text)) return Markup;
        return text.AsSpan().TrimStart().StartsWith("<!--") ? Html : Text;
    }

    private static bool IsPage(string text) =>
        text.Contains("<html", StringComparison.OrdinalIgnoreCase)
        || text.Contains("<script", StringComparison.OrdinalIgnoreCase)
        || text.Contains("xhtml", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// True when bytes that show no type may be of the claimed one: not one whose bytes would have shown it, and not
    /// one that a browser runs or takes for text.
    /// </summary>
    private static bool CouldBe(string said) =>
        said.Split('/')[0] is "application" or "audio" or "video" or "image" or "font"
        && said
            is not (
                "application/pdf"
                or PictureTypes.Png
                or PictureTypes.Jpeg
                or PictureTypes.Gif
                or PictureTypes.Webp
                or Zip
                or "application/json"
                or Xml
                or "application/wasm"
            )
        && !said.EndsWith("+xml", StringComparison.Ordinal)
        && !said.EndsWith("+json", StringComparison.Ordinal)
        && !said.Contains("script", StringComparison.Ordinal)
        && !s_zipped.Values.Contains(said);

    // An element of XML, or a declaration of its kind; a "<3" is none.
    [GeneratedRegex(
        @"^<(?:!DOCTYPE\s|[A-Za-z_][A-Za-z0-9._-]{0,100}(?::[A-Za-z_][A-Za-z0-9._-]{0,100})?(?:\s|/?>))",
        RegexOptions.CultureInvariant)]
    private static partial Regex Element();

    // Parameters are dropped: a stranger's charset or boundary is never sent to anybody else.
    [GeneratedRegex(
        @"^\s*([A-Za-z0-9][A-Za-z0-9.+_-]{0,63}/[A-Za-z0-9][A-Za-z0-9.+_-]{0,126})\s*(?:;|\z)",
        RegexOptions.CultureInvariant)]
    private static partial Regex WellFormed();
}
