using System.Diagnostics;

namespace Messaging.Api.Files;

/// <summary>
/// A small file that is made once and stays. The first writer makes it; all others get what that one wrote, those in
/// other processes included.
/// </summary>
internal static class WrittenOnce
{
    private const UnixFileMode OfOwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Reads the file; makes it where there is none.</summary>
    /// <param name="path">Path of the file. Its directory exists.</param>
    /// <param name="least">
    /// Least number of bytes. A shorter file is the rest of one that was being written when the machine went down, and
    /// is made anew.
    /// </param>
    /// <param name="make">Makes the content, <paramref name="least"/> bytes or more.</param>
    /// <param name="isSecret">True when nobody but its owner may read it.</param>
    /// <exception cref="IOException">
    /// The directory cannot be written to, or another process does not let go of the file.
    /// </exception>
    public static byte[] ReadOrMake(string path, int least, Func<byte[]> make, bool isSecret = false)
    {
        for (var began = Stopwatch.GetTimestamp(); ; Thread.Sleep(s_pause))
        {
            try
            {
                if (File.Exists(path) && File.ReadAllBytes(path) is { } kept && kept.Length >= least) return kept;
                return Make(path, least, make, isSecret);
            }
            catch (IOException) when (File.Exists(path) && Stopwatch.GetElapsedTime(began) < s_patience)
            {
                // Another process makes it.
            }
        }
    }

    // The caller that has the file open for itself alone makes it; later callers find it made.
    private static byte[] Make(string path, int least, Func<byte[]> make, bool isSecret)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
        };
        if (isSecret && !OperatingSystem.IsWindows()) options.UnixCreateMode = OfOwnerAlone;
        using var file = new FileStream(path, options);
        if (file.Length >= least)
        {
            var kept = new byte[file.Length];
            file.ReadExactly(kept);
            return kept;
        }

        if (isSecret && !OperatingSystem.IsWindows()) File.SetUnixFileMode(file.SafeFileHandle, OfOwnerAlone);
        var made = make();
        file.SetLength(0);
        file.Write(made);
        file.Flush(flushToDisk: true);
        DirectoryFlush.ToDisk(Path.GetDirectoryName(path)!);
        return made;
    }
}
