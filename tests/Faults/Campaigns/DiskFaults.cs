using System.Diagnostics;
using Messaging.Faults.Load;
using Messaging.TestSupport.Product;

namespace Messaging.Faults.Campaigns;

/// <summary>Disks that are full: a small file system of their own for the database, and for the files.</summary>
internal static class DiskFaults
{
    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("disk-full-files", "disk full for files: uploads fail, the rest goes on; room again", true, FilesAsync, Tmpfs.WhyNot),
        new("disk-full-database", "disk full for the database; room again", false, DatabaseAsync, Tmpfs.WhyNot),
    ];

    private static async Task FilesAsync(Trial trial)
    {
        var files = Path.Combine(trial.ScratchDirectory, "files");
        await using var disk = await Tmpfs.MountAsync(files, 40);
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync(new() { ["Messaging__Files__Directory"] = files });
        await trial.StartClientsAsync(Behaviour.Busy with { Count = 6 });
        var anna = await trial.Node.SignInAsync("anna.sommer@kanzlei-sommer.example");
        for (var i = trial.Times(3); i > 0; i--)
        {
            disk.Fill(leave: 300_000);
            var answer = await anna.UploadAsync("groß.bin", "application/octet-stream", new byte[2_000_000]);
            var text = answer.Body.ToJsonString();
            trial.Outcome.Times++;
            trial.Say($"an upload was answered {answer.Status}: {text[..Math.Min(200, text.Length)]}");
            if (answer.Body.At("data.uploadFile.file.id").Length > 0) trial.Outcome.Broken.Add("An upload that does not fit was acknowledged");
            if (answer.Status is not (200 or 503 or 507)) trial.Outcome.Broken.Add($"An upload that does not fit was answered {answer.Status}: {text}");
            if (disk.Leftovers("staging") is var left and > 0) trial.Outcome.Notes.Add($"{left} half files in staging");

            // Comments do not need that disk.
            await trial.Clients.UntilNextAcknowledgementAsync(TimeSpan.FromSeconds(20));
            disk.Free();
            var clock = Stopwatch.StartNew();
            while ((await anna.UploadAsync("klein.txt", "text/plain", "Passt wieder."u8.ToArray())).Body.At("data.uploadFile.file.id").Length == 0)
            {
                if (clock.Elapsed > TimeSpan.FromSeconds(30)) throw new TimeoutException("Uploads do not work again.");
                await Task.Delay(100);
            }

            trial.Outcome.Recovered(clock.Elapsed, TimeSpan.FromSeconds(15), "Uploads worked again");
        }

        await CompareAsync(trial);
    }

    private static async Task DatabaseAsync(Trial trial)
    {
        var directory = Path.Combine(trial.ScratchDirectory, "disk");
        await using var disk = await Tmpfs.MountAsync(directory, 400);
        await trial.StartPostgresAsync(Path.Combine(directory, "postgres"));
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        for (var i = trial.Times(3); i > 0; i--)
        {
            await Task.Delay(trial.Long(10, 3));
            disk.Fill(leave: 0);
            await Task.Delay(trial.Long(30, 8));
            var ended = !trial.Postgres!.IsRunning;
            disk.Free();

            // Out of room for its log, PostgreSQL ends all sessions, and itself if it cannot recover: its operator starts it again.
            if (ended || await trial.Postgres.WaitForExitAsync(TimeSpan.FromSeconds(2))) await trial.Postgres.StartAgainAsync();
            trial.Outcome.Notes.Add(ended ? "PostgreSQL ended" : "PostgreSQL went on");
            trial.Outcome.Times++;
            await trial.RecoverAsync(TimeSpan.FromSeconds(20));
        }

        await CompareAsync(trial);
    }

    // An answer that there is no room is what clients are to hear.
    private static async Task CompareAsync(Trial trial)
    {
        await trial.CompareAsync();
        trial.Outcome.Broken.RemoveAll(problem => problem.Contains("was answered 507", StringComparison.Ordinal));
    }
}

/// <summary>A small file system in memory, mounted while a campaign needs it.</summary>
internal sealed class Tmpfs : IAsyncDisposable
{
    private readonly string _directory;

    private Tmpfs(string directory) => _directory = directory;

    private string Filler => Path.Combine(_directory, "filler");

    /// <summary>Why there can be none; null: there can.</summary>
    public static string? WhyNot()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) return "mounting a small file system needs root on Linux";
        var probe = Directory.CreateTempSubdirectory("messaging-faults-mount-").FullName;
        try
        {
            if (Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", probe) != 0) return "mounting is not allowed here";
            Run("umount", probe);
            return null;
        }
        finally
        {
            Directory.Delete(probe);
        }
    }

    /// <summary>Mounts it.</summary>
    public static Task<Tmpfs> MountAsync(string directory, int megabytes)
    {
        Directory.CreateDirectory(directory);
        if (Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=755", "tmpfs", directory) != 0) throw new IOException($"Could not mount {directory}.");
        return Task.FromResult(new Tmpfs(directory));
    }

    /// <summary>Takes all room but so many bytes.</summary>
    public void Fill(long leave)
    {
        var room = new DriveInfo(_directory).AvailableFreeSpace - leave;
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write);
        var block = new byte[64 * 1024];
        try
        {
            for (; room > 0; room -= block.Length) file.Write(block, 0, (int)Math.Min(block.Length, room));
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Free() => File.Delete(Filler);

    /// <summary>How many files there are below a folder of it.</summary>
    public int Leftovers(string folder) => Directory.EnumerateFiles(Path.Combine(_directory, folder), "*", SearchOption.AllDirectories).Count();

    public ValueTask DisposeAsync()
    {
        Run("umount", "-l", _directory);
        return ValueTask.CompletedTask;
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
