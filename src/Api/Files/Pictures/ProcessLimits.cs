using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Messaging.Api.Files.Pictures;

/// <summary>
/// Limits of this process, set by the kernel (setrlimit(2), Linux and macOS). There is no way back. Where the kernel
/// has no such limit, as Windows and in part macOS, only the parent that watches from outside remains.
/// </summary>
internal static class ProcessLimits
{
    private const int Cpu = 0;
    private const int Data = 2;
    private const int Core = 4;
    private const int OpenFilesOnLinux = 7;
    private const int OpenFilesOnMac = 8;
    private const int NoNewPrivileges = 38;
    private const int Lower = 5;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExecute = 1;
    private const string OwnDescriptors = "/proc/self/fd";

    // The user "nobody", who owns nothing.
    private const uint NobodyOnLinux = 65534;
    private const uint NobodyOnMac = unchecked((uint)-2);

    /// <summary>Id of the parent process; it changes when the parent ends.</summary>
    public static int Parent => OperatingSystem.IsWindows() ? 0 : GetParent();

    /// <summary>
    /// Confines this process: from here on it opens no file, no connection and (since .NET needs a pipe for one) no
    /// thread, has only the rights of "nobody" where it is root's, and yields to all others. Everything that it needs
    /// is loaded already.
    /// </summary>
    /// <param name="memory">
    /// Limit of writable memory, in bytes: the kernel counts allocated memory, used or not, also of native libraries
    /// (RLIMIT_DATA). The address space (RLIMIT_AS) would be the wrong thing to limit: .NET reserves much more than it
    /// uses.
    /// </param>
    /// <param name="cpu">All the processor time that it may ever take.</param>
    public static void Confine(long memory, TimeSpan cpu)
    {
        if (OperatingSystem.IsWindows()) return;
        _ = SetPriority(0, 0, Lower);
        if (OperatingSystem.IsLinux()) _ = Control(NoNewPrivileges, 1, 0, 0, 0);
        if (GetUser() == 0) BecomeNobody();
        Limit(Core, 0, 0);
        Limit(Cpu, (ulong)cpu.TotalSeconds, (ulong)cpu.TotalSeconds);
        Limit(OperatingSystem.IsMacOS() ? OpenFilesOnMac : OpenFilesOnLinux, 0, 0);
        // macOS knows the limit and does not keep it.
        if (OperatingSystem.IsLinux()) Limit(Data, (ulong)memory, (ulong)memory);
    }

    /// <summary>
    /// Ends this process when it takes more processor time from now on; the kernel counts whole seconds, so that the
    /// limit may be up to one less.
    /// </summary>
    /// <param name="all">All that it may ever take.</param>
    public static void EndAfter(TimeSpan cpu, TimeSpan all)
    {
        if (!OperatingSystem.IsWindows())
            Limit(Cpu, (ulong)Math.Min((Environment.CpuUsage.TotalTime + cpu).TotalSeconds, all.TotalSeconds),
                (ulong)all.TotalSeconds);
    }

    /// <summary>
    /// Closes, for child processes, the descriptors that this process's own starter left open in it. Its own are never
    /// handed on. Not on macOS, where they cannot be told apart from here.
    /// </summary>
    public static void KeepDescriptorsFromChildren()
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(OwnDescriptors)) return;
        foreach (var descriptor in Directory.EnumerateFileSystemEntries(OwnDescriptors))
        {
            if (int.TryParse(Path.GetFileName(descriptor), NumberStyles.None, CultureInfo.InvariantCulture,
                out var number) && number > 2)
                _ = ControlDescriptor(number, SetDescriptorFlags, CloseOnExecute);
        }
    }

    // Not where the right to do so is missing, as for root of some containers: the process is confined enough there.
    private static void BecomeNobody()
    {
        var nobody = OperatingSystem.IsMacOS() ? NobodyOnMac : NobodyOnLinux;
        _ = SetGroups(0, 0);
        _ = SetGroup(nobody);
        _ = SetUser(nobody);
    }

    private static void Limit(int resource, ulong soft, ulong hard)
    {
        if (SetLimit(resource, new Limits(soft, hard)) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limits(ulong soft, ulong hard)
    {
        public readonly ulong Soft = soft;
        public readonly ulong Hard = hard;
    }

    [DllImport("libc", EntryPoint = "setrlimit", SetLastError = true),
        DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetLimit(int resource, in Limits limits);

    [DllImport("libc", EntryPoint = "setpriority"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPriority(int which, uint who, int priority);

    [DllImport("libc", EntryPoint = "prctl"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int option, ulong first, ulong second, ulong third, ulong fourth);

    [DllImport("libc", EntryPoint = "fcntl"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ControlDescriptor(int descriptor, int command, int argument);

    [DllImport("libc", EntryPoint = "getppid"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetParent();

    [DllImport("libc", EntryPoint = "getuid"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetUser();

    [DllImport("libc", EntryPoint = "setgroups"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetGroups(nint count, nint groups);

    [DllImport("libc", EntryPoint = "setgid"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetGroup(uint group);

    [DllImport("libc", EntryPoint = "setuid"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetUser(uint user);
}
