namespace Messaging.Api.Hosting;

/// <summary>
/// The directory of everything that the product keeps (<c>Messaging:DataDirectory</c>): files, the key of tokens, its
/// own database, mails.
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
            // A part that needs it says so itself; some settings leave nothing to put there.
        }
        return directory;
    }

    /// <summary>Returns its path, whether it exists or not.</summary>
    public static string Find(IConfiguration configuration) =>
        Path.GetFullPath(configuration["Messaging:DataDirectory"] ?? ".data");

    /// <summary>
    /// True when others than its owner may write into it. Its content is private in any case, but they could replace
    /// it.
    /// </summary>
    public static bool IsOpenToOthers(string directory) =>
        !OperatingSystem.IsWindows()
        && Directory.Exists(directory)
        && (File.GetUnixFileMode(directory) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0;
}
