using System.Security.Cryptography;
using Messaging.Api.Files;

namespace Messaging.Api.Auth;

/// <summary>The key that signs tokens where none is configured: made once, and kept in the data directory.</summary>
internal static class SigningKeyFile
{
    /// <summary>Shortest length of a key: a shorter one is the rest of an interrupted write.</summary>
    public const int LeastBytes = 32;

    private const int Bytes = 48;

    /// <summary>Returns the path of the file.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, AuthOptions.KeyFile);

    /// <summary>
    /// Reads the key; makes it where there is none. Processes that do so at once all get the same one.
    /// </summary>
    /// <exception cref="IOException">
    /// The directory cannot be written to, or another process does not let go of the file.
    /// </exception>
    public static byte[] ReadOrMake(string dataDirectory)
    {
        Directory.CreateDirectory(dataDirectory);
        return WrittenOnce.ReadOrMake(
            PathIn(dataDirectory), LeastBytes, () => RandomNumberGenerator.GetBytes(Bytes), isSecret: true);
    }
}
