using System.Diagnostics;
using Messaging.Faults.Load;
using Messaging.TestSupport.Product;

namespace Messaging.Faults.Campaigns;

/// <summary>Disks that are full: a small file system of their own for the database, and for the files.</summary>
internal static class DiskFaults
{
    public static IReadOnlyList<Campaign> All { get; } =
    [
        new(
            "disk-full-files", "disk full for files: uploads fail, the rest goes on; room again", FilesAsync,
            Tmpfs.WhyNot),
        new("disk-full-database", "disk full for the database; room again", DatabaseAsync, Tmpfs.WhyNot),
    ];

    private static async Task FilesAsync(Trial trial)
    {
        var files = Path.Combine(trial.ScratchDirectory, "files");
        await using var disk = await Tmpfs.MountAsync(files, 40);
        await trial.StartPostgresAsync();

        // The product's own reserve would keep the disk from ever being full; it is looked at first.
        await trial.StartNodeAsync(new() { ["Messaging__Files__Directory"] = files });
        var (whenReserved, _) = await UploadAsync(trial, 1_000);
        if (whenReserved.Length > 0) trial.Outcome.Broken.Add("An upload took of what the disk keeps free");
        await trial.Node.StopAsync();
        await trial.Node.StartAgainAsync(new() { ["Messaging__Files__ReserveBytes"] = "0" });
        await trial.StartClientsAsync(Behaviour.Busy with { Count = 6 });
        foreach (var _ in trial.Rounds(3))
        {
            disk.Fill(leave: 300_000);
            var (id, answer) = await UploadAsync(trial, 2_000_000);
            trial.Outcome.Times++;
            trial.Say($"an upload was answered {answer}");
            if (id.Length > 0)
                trial.Outcome.Broken.Add("An upload that does not fit was acknowledged");
            if (answer.Contains("INTERNAL", StringComparison.Ordinal))
                trial.Outcome.Broken.Add($"An upload that does not fit was answered {answer}");
            if (disk.Leftovers("staging") is var left and > 0)
                trial.Outcome.Notes.Add($"{left} half files in staging");

            // Comments do not need that disk.
            await trial.Clients.UntilNextAcknowledgementAsync(TimeSpan.FromSeconds(20));
            disk.Free();
            var clock = Stopwatch.StartNew();
            while ((await UploadAsync(trial, 1_000)).Id.Length == 0)
            {
                if (clock.Elapsed > TimeSpan.FromSeconds(30)) throw new TimeoutException("Uploads do not work again.");
                await Task.Delay(100);
            }

            trial.Outcome.Recovered(clock.Elapsed, TimeSpan.FromSeconds(15), "Uploads worked again");
        }

        await CompareAsync(trial);
    }

    private static async Task<(string Id, string Answer)> UploadAsync(Trial trial, int bytes)
    {
        var anna = await trial.Node.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var answer = await anna.UploadAsync("Größe.bin", "application/octet-stream", new byte[bytes]);
        var text = $"{answer.Status}: {answer.Body.ToJsonString()}";
        return (answer.Body.At("data.uploadFile.file.id"), text[..Math.Min(250, text.Length)]);
    }

    private static async Task DatabaseAsync(Trial trial)
    {
        var directory = Path.Combine(trial.ScratchDirectory, "disk");
        await using var disk = await Tmpfs.MountAsync(directory, 400);
        await trial.StartPostgresAsync(Path.Combine(directory, "postgres"));
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        foreach (var _ in trial.Rounds(3))
        {
            await Task.Delay(trial.Long(10, 3));
            disk.Fill(leave: 0);
            await Task.Delay(trial.Long(30, 8));
            var ended = !trial.Postgres!.IsRunning;
            disk.Free();

            // Out of room for its log, PostgreSQL ends all sessions, and itself if it cannot recover: its operator
            // starts it again.
            if (ended || await trial.Postgres.WaitForExitAsync(TimeSpan.FromSeconds(2)))
                await trial.Postgres.StartAgainAsync();
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
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return "mounting a small file system needs root on Linux";
        var probe = Directory.CreateTempSubdirectory("messaging-faults-mount-").FullName;
        try
        {
            if (Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", probe) != 0)
                return "mounting is not allowed here";
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
        if (Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=755", "tmpfs", directory) != 0)
            throw new IOException($"Could not mount {directory}.");
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
    public int Leftovers(string folder) =>
        Directory.EnumerateFiles(Path.Combine(_directory, folder), "*", SearchOption.AllDirectories).Count();

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
