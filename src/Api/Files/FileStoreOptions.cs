using System.Globalization;

namespace Messaging.Api.Files;

/// <summary>Where files are kept, from <c>Messaging:Files</c>.</summary>
/// <param name="Directory">The folder.</param>
/// <param name="MaximumBytes">The largest file that is taken.</param>
internal sealed record FileStoreOptions(string Directory, long MaximumBytes)
{
    /// <summary>The section's path.</summary>
    public const string Section = "Messaging:Files";

    /// <summary>50 MiB.</summary>
    public const long DefaultMaximumBytes = 50 * 1024 * 1024;

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the message names it and says what is expected.</exception>
    public static FileStoreOptions Read(IConfiguration configuration, string dataDirectory)
    {
        var files = configuration.GetSection(Section);
        var maximum = DefaultMaximumBytes;
        if (files["MaximumBytes"]?.Trim() is { Length: > 0 } text
            && (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out maximum) || maximum < 1))
        {
            throw new InvalidOperationException($"The setting {Section}:MaximumBytes is '{text}'; it is a number of bytes, 1 or more.");
        }
        var directory = files["Directory"]?.Trim() is { Length: > 0 } set ? set : Path.Combine(dataDirectory, "files");
        return new FileStoreOptions(Path.GetFullPath(directory), maximum);
    }
}
