namespace Messaging.Api.Hosting;

/// <summary>
/// Where the product keeps what it keeps (<c>Messaging:DataDirectory</c>): files, the key of tokens, its own database,
/// mails.
/// </summary>
internal static class DataDirectory
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Finds it, and makes it where it is missing: for the product's own user alone.</summary>
    public static string Prepare(IConfiguration configuration)
    {
        var directory = Find(configuration);
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
            else Directory.CreateDirectory(directory, Private);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever needs it says so; some settings leave nothing to put there.
        }
        return directory;
    }

    /// <summary>Where it is, or would be made.</summary>
    public static string Find(IConfiguration configuration) =>
        Path.GetFullPath(configuration["Messaging:DataDirectory"] ?? ".data");

    /// <summary>
    /// Whether others than its owner may write into it. What lies in it is private in any case, but they could put
    /// theirs in its place.
    /// </summary>
    public static bool IsOpenToOthers(string directory) =>
        !OperatingSystem.IsWindows()
        && Directory.Exists(directory)
        && (File.GetUnixFileMode(directory) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0;
}
