using Messaging.Api.Files.Scanning;
using Messaging.Api.Hosting;
using Messaging.Application.Files;

namespace Messaging.Api.Files;

/// <summary>Place and limits of files, from <c>Messaging:Files</c>.</summary>
/// <param name="Directory">The folder.</param>
/// <param name="MaximumBytes">The largest file that is taken.</param>
/// <param name="ReserveBytes">
/// Space that the disk keeps free, for the database and the rest: files that would take it are refused.
/// </param>
internal sealed record FileStoreOptions(string Directory, long MaximumBytes, long ReserveBytes = 0)
{
    /// <summary>The section's path.</summary>
    public const string Section = "Messaging:Files";

    /// <summary>50 MiB.</summary>
    public const long DefaultMaximumBytes = 50 * 1024 * 1024;

    /// <summary>1 GiB.</summary>
    public const long DefaultReserveBytes = 1L << 30;

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="InvalidOperationException">
    /// A setting cannot be right; the message names it and says what is expected.
    /// </exception>
    public static FileStoreOptions Read(IConfiguration configuration, string dataDirectory)
    {
        var files = configuration.GetSection(Section);
        var maximum = files.Bytes("MaximumBytes", DefaultMaximumBytes);
        // A file beyond the limit of the scanner would reach nobody.
        if (ScannerOptions.Read(configuration)?.MaximumBytes is { } scanned) maximum = Math.Min(maximum, scanned);
        var directory = files.Text("Directory") ?? Path.Combine(dataDirectory, "files");
        return new FileStoreOptions(Path.GetFullPath(directory), maximum,
            files.Bytes("ReserveBytes", DefaultReserveBytes, least: 0));
    }

    /// <summary>Reads and checks how much may be kept.</summary>
    /// <exception cref="InvalidOperationException">
    /// A setting cannot be right; the message names it and says what is expected.
    /// </exception>
    public static FileQuotas ReadQuotas(IConfiguration configuration)
    {
        var files = configuration.GetSection(Section);
        var defaults = FileQuotas.Default;
        return new FileQuotas(
            files.Bytes(nameof(FileQuotas.UnattachedBytesPerPerson), defaults.UnattachedBytesPerPerson),
            files.Bytes(nameof(FileQuotas.BytesPerCustomer), defaults.BytesPerCustomer),
            files.Bytes(nameof(FileQuotas.BytesPerOrganisation), defaults.BytesPerOrganisation));
    }
}
