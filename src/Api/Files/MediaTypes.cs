using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;

namespace Messaging.Api.Files;

/// <summary>What a file is: its bytes have the first word, its name and what its uploader says only fill in what fits them.</summary>
internal static partial class MediaTypes
{
    /// <summary>Bytes of no known meaning.</summary>
    public const string Unknown = "application/octet-stream";

    /// <summary>How many of the first bytes are looked at.</summary>
    public const int SniffedBytes = 4096;

    private const string Zip = "application/zip";
    private const string Text = "text/plain";
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
        "<!doctype html", "<html", "<head", "<script", "<iframe", "<h1", "<div", "<font", "<table", "<a", "<style", "<title", "<b", "<body", "<br", "<p", "<img", "<meta", "<link",
    ];

    /// <summary>Decides a file's type.</summary>
    /// <param name="name">Its name; counts only where the bytes leave a choice.</param>
    /// <param name="declared">What the uploader says; used only where nothing contradicts it.</param>
    /// <param name="sniffed">What <see cref="Sniff"/> found.</param>
    public static string Decide(string name, string? declared, string? sniffed)
    {
        var said = declared is null ? null : WellFormed().Match(declared) is { Success: true } match ? match.Groups[1].Value.ToLowerInvariant() : null;
        var extension = Path.GetExtension(name);
        return sniffed switch
        {
            Zip => s_zipped.GetValueOrDefault(extension) ?? (said is not null && s_zipped.Values.Contains(said) ? said : Zip),
            Text => s_textual.GetValueOrDefault(extension) ?? (said is not null && s_textual.Values.Contains(said) ? said : Text),
            not null => sniffed,
            null => said is not null && CouldBe(said) ? said : Unknown,
        };
    }

    /// <summary>Tells the type by the first bytes; null when they fit none of those that matter here.</summary>
    public static string? Sniff(ReadOnlySpan<byte> first)
    {
        if (first.IsEmpty) return null;
        if (first.StartsWith("%PDF-"u8)) return "application/pdf";
        if (first.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A])) return "image/png";
        if (first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return "image/jpeg";
        if (first.StartsWith("GIF87a"u8) || first.StartsWith("GIF89a"u8)) return "image/gif";
        if (first.Length >= 12 && first.StartsWith("RIFF"u8) && first[8..].StartsWith("WEBP"u8)) return "image/webp";
        if (first.StartsWith("PK\u0003\u0004"u8) || first.StartsWith("PK\u0005\u0006"u8)) return Zip;
        return Decode(first) is { } text ? SniffText(text) : SniffProgram(first);
    }

    /// <summary>Programs of Windows, Linux and macOS, and shortcuts of Windows, whatever they are called.</summary>
    private static string? SniffProgram(ReadOnlySpan<byte> first)
    {
        if (first.StartsWith("MZ"u8)) return PortableExecutable;
        if (first.StartsWith((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F'])) return Executable;
        ReadOnlySpan<byte> shortcut = [0x4C, 0, 0, 0, 1, 0x14, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46];
        if (first.StartsWith(shortcut)) return Shortcut;
        // 32 and 64 bits in either order; programs for several processors share their beginning with classes of Java, and
        // are for few.
        return first.Length >= 8 && BinaryPrimitives.ReadUInt32BigEndian(first) switch
        {
            0xFEEDFACE or 0xFEEDFACF or 0xCEFAEDFE or 0xCFFAEDFE => true,
            0xCAFEBABE or 0xCAFEBABF => BinaryPrimitives.ReadUInt32BigEndian(first[4..]) < 20,
            _ => false,
        } ? MachBinary : null;
    }

    /// <summary>As text, when no byte of it says otherwise (the "binary data bytes" of the MIME Sniffing standard); in Latin-1, as only ASCII matters.</summary>
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
        // What runs script is called by its name, wherever in the beginning it shows: comments and declarations may come before it.
        if (text.Contains("<svg", StringComparison.OrdinalIgnoreCase) || text.Contains(":svg", StringComparison.OrdinalIgnoreCase)) return Svg;
        if (start.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase)) return text.Contains("<html", StringComparison.OrdinalIgnoreCase) ? Html : Xml;
        if (start.StartsWith("<!--")) return Html;
        foreach (var tag in s_htmlTags)
        {
            if (start.StartsWith(tag, StringComparison.OrdinalIgnoreCase) && (start.Length == tag.Length || !char.IsAsciiLetterOrDigit(start[tag.Length]))) return Html;
        }
        return Text;
    }

    /// <summary>Whether bytes that show no type may be what they are said to be: not what would have shown, and not what a browser runs or takes for text.</summary>
    private static bool CouldBe(string said) =>
        said.Split('/')[0] is "application" or "audio" or "video" or "image" or "font"
        && said is not ("application/pdf" or "image/png" or "image/jpeg" or "image/gif" or "image/webp" or Zip or "application/json" or Xml or "application/wasm")
        && !said.EndsWith("+xml", StringComparison.Ordinal) && !said.EndsWith("+json", StringComparison.Ordinal) && !said.Contains("script", StringComparison.Ordinal)
        && !s_zipped.Values.Contains(said);

    // Parameters are dropped: no charset or boundary of a stranger's is ever sent to somebody else.
    [GeneratedRegex(@"^\s*([A-Za-z0-9][A-Za-z0-9.+_-]{0,63}/[A-Za-z0-9][A-Za-z0-9.+_-]{0,126})\s*(?:;|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex WellFormed();
}
