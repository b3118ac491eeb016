using System.Runtime.InteropServices;

namespace Messaging.Api.Hosting;

/// <summary>
/// Prevents core dumps. A process that crashes can leave a picture of its memory in a file: people's words, the keys of
/// tokens, the database's password. Neither ours nor that of the PostgreSQL that it starts does. An engineer who needs
/// one asks .NET for it by <c>DOTNET_DbgEnableMiniDump</c>.
/// </summary>
internal static class CoreDumps
{
    // RLIMIT_CORE, on Linux and macOS alike. (getrlimit(2).)
    private const int Core = 4;

    /// <summary>Sets the size limit of core dumps to zero, for this process and those that it starts.</summary>
    public static void Forbid()
    {
        if (OperatingSystem.IsWindows() || GetLimit(Core, out var limit) != 0) return;
        limit.Soft = 0;
        _ = SetLimit(Core, in limit);
    }

    [DllImport("libc", EntryPoint = "getrlimit"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetLimit(int resource, out Limit limit);

    [DllImport("libc", EntryPoint = "setrlimit"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetLimit(int resource, in Limit limit);

    /// <summary>In bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public nuint Soft;
        public nuint Hard;
    }
}
