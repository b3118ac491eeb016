using System.Diagnostics;
using System.Security.Cryptography;
using Messaging.Api.Files;

namespace Messaging.Api.Auth;

/// <summary>The key that signs tokens where none is configured: made once, and kept in the data directory.</summary>
internal static class SigningKeyFile
{
    /// <summary>The shortest that a key may be: what is shorter is the rest of one that was being written.</summary>
    public const int LeastBytes = 32;

    private const int Bytes = 48;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Where it is kept.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, AuthOptions.KeyFile);

    /// <summary>Reads it; makes it where there is none. Processes that do so at once all get the same one.</summary>
    /// <exception cref="IOException">The directory cannot be written to, or another process does not let go of the
    /// file.</exception>
    public static byte[] ReadOrMake(string dataDirectory)
    {
        var path = PathIn(dataDirectory);
        Directory.CreateDirectory(dataDirectory);
        for (var began = Stopwatch.GetTimestamp(); ; Thread.Sleep(s_pause))
        {
            try
            {
                if (File.Exists(path) && File.ReadAllBytes(path) is { Length: >= LeastBytes } kept) return kept;
                return Make(path);
            }
            catch (IOException) when (File.Exists(path) && Stopwatch.GetElapsedTime(began) < s_patience)
            {
                // Another process makes it.
            }
        }
    }

    // Who has the file open for itself alone makes the key; who comes later finds it made.
    private static byte[] Make(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        if (file.Length >= LeastBytes)
        {
            var kept = new byte[file.Length];
            file.ReadExactly(kept);
            return kept;
        }

        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var made = RandomNumberGenerator.GetBytes(Bytes);
        file.SetLength(0);
        file.Write(made);
        file.Flush(flushToDisk: true);
        DirectoryFlush.ToDisk(Path.GetDirectoryName(path)!);
        return made;
    }
}
