using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Messaging.Api.Files;

/// <summary>
/// Puts the names in a directory on disk. A renamed file is safe only after that, and .NET opens no directories.
/// </summary>
internal static class DirectoryFlush
{
    private const int ReadOnly = 0;
    private const int Interrupted = 4;

    /// <summary>Returns when the names are on disk.</summary>
    public static void ToDisk(string directory)
    {
        // NTFS journals names, and its API has no such call.
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open([.. Encoding.UTF8.GetBytes(directory), 0], ReadOnly);
        if (descriptor < 0) throw Failed(directory);
        try
        {
            while (Flush(descriptor) != 0)
            {
                if (Marshal.GetLastPInvokeError() != Interrupted) throw Failed(directory);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failed(string directory) =>
        new($"Could not put {directory} on disk: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [
        DllImport("libc", EntryPoint = "open", SetLastError = true),
        DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)
    ]
    private static extern int Open(byte[] path, int flags);

    [
        DllImport("libc", EntryPoint = "fsync", SetLastError = true),
        DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)
    ]
    private static extern int Flush(int descriptor);

    [
        DllImport("libc", EntryPoint = "close", SetLastError = true),
        DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)
    ]
    private static extern int Close(int descriptor);
}
