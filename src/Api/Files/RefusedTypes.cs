using System.Collections.Frozen;
using Messaging.Domain;

namespace Messaging.Api.Files;

/// <summary>
/// Types of files that are refused, by <c>Messaging:Files:RefusedTypes</c>: those that a double click runs, and that
/// nobody in a conversation with an accountant has a use for. By default those of <see cref="Default"/>; <c>none</c>
/// takes all.
/// </summary>
internal sealed class RefusedTypes
{
    /// <summary>
    /// Programs, scripts, shortcuts and disk images of Windows, macOS and Linux. Not documents with macros, which
    /// offices exchange; of those the web client warns.
    /// </summary>
    public const string Default =
        "exe com scr pif bat cmd msi msp mst msix appx cpl gadget application dll sys ocx hta chm hlp lnk scf url "
        + "website library-ms search-ms settingcontent-ms theme themepack reg inf vbs vbe vb js jse jsx mjs wsf "
            + "wsh wsc sct "
        + "ps1 ps1xml ps2 psc1 psm1 psd1 msh msh1 msh2 jar jnlp iso img vhd vhdx xll xlam ade adp mda mde "
        + "app dmg pkg command tool terminal workflow deb rpm appimage desktop apk "
        + "application/vnd.microsoft.portable-executable application/x-executable application/x-mach-binary "
        + "application/x-ms-shortcut";

    private const string Section = FileStoreOptions.Section + ":RefusedTypes";
    private const int Most = 500;

    private readonly FrozenSet<string> _types;

    private RefusedTypes(IEnumerable<string> types) => _types = types.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads and checks the setting.</summary>
    /// <exception cref="InvalidOperationException">
    /// The setting cannot be right; the message names it and says what is expected.
    /// </exception>
    public static RefusedTypes Read(IConfiguration configuration)
    {
        var text = configuration[Section]?.Trim() is { Length: > 0 } set ? set : Default;
        if (text.Equals("none", StringComparison.OrdinalIgnoreCase)) return new RefusedTypes([]);
        var types = text.Split([',', ';', ' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)
            .Select(t => t.TrimStart('*').TrimStart('.')).ToList();
        if (types.Count > Most || types.Find(t => !IsType(t)) is not null)
        {
            throw new InvalidOperationException(
                $"The setting {Section} is '{text}'; it is a list of at most {Most} endings of names (exe, docm) "
                + "and media types (application/x-executable), or none.");
        }

        return new RefusedTypes(types);
    }

    /// <summary>Returns the reason why a file is refused; null when it is taken.</summary>
    /// <param name="name">The file's name, made harmless, as a download saves it.</param>
    /// <param name="mediaType">Its type as it was decided.</param>
    public Refusal? Check(string name, string mediaType)
    {
        // The last ending decides on the effect of a double click; with a type of its own, the bytes do.
        var ending = Path.GetExtension(name).TrimStart('.').Trim();
        if (_types.Contains(ending)) return new TypeIsRefused($"“.{ending.ToLowerInvariant()}”");
        return _types.Contains(mediaType) ? new TypeIsRefused(mediaType) : null;
    }

    private static bool IsType(string type) =>
        type.Length is > 0 and <= 100 && type.All(c => char.IsAsciiLetterOrDigit(c)
            || c is '.' or '-' or '+' or '_' or '/')
        && type.Count(c => c == '/') <= 1;
}

/// <summary>A file of a type that is not taken in.</summary>
/// <param name="Type">Its ending, or its media type.</param>
internal sealed record TypeIsRefused(string Type) : Refusal(
    RefusalKind.UnsupportedFile,
        $"Files of the type {Type} are not taken in, since they could harm whoever opens them.", "file");
