using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Messaging.Api.Files;
using Messaging.Api.Hosting;
using Messaging.Application.History;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.Benchmarks.Scale;

/// <summary>
/// How fast the events of an office get into its archive, beside <c>COPY</c> of the table that they are in, and how
/// much memory it takes. What is not in the tree yet gets there first, and is not measured.
/// </summary>
internal static class Archive
{
    private const int Runs = 3;
    private const double Megabyte = 1024 * 1024;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(10);

    /// <summary>Measures in turn, and prints what was measured.</summary>
    public static async Task RunAsync(string directory)
    {
        await using var server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(directory) { Durable = false, MayCreateDatabases = true }, NullLogger.Instance,
            CancellationToken.None);
        await using var database = NpgsqlDataSource.Create(Bench.Tuned(server.ConnectionString));
        var own = Directory.CreateTempSubdirectory("messaging-archive-").FullName;
        try
        {
            var export = new ArchiveExport(
                database, new FolderFileStore(new FileStoreOptions(Path.Combine(own, "files"), 1)),
                new CheckpointKey(RandomNumberGenerator.GetBytes(32)), TimeProvider.System, null, "benchmark");
            var tenant = ScaleSeed.Organisation.ToString();
            var note = await export.CheckpointAsync(tenant, CancellationToken.None);
            var (copies, events) = (new List<double>(), new List<double>());
            for (var run = 0; run < Runs; run++)
            {
                var begun = Stopwatch.GetTimestamp();
                await CopyAsync(database);
                var copy = Stopwatch.GetElapsedTime(begun);
                using var process = Process.GetCurrentProcess();
                var before = process.WorkingSet64;
                var to = Path.Combine(own, $"archive-{run}");
                using var folder = new ExportFolder(to);
                begun = Stopwatch.GetTimestamp();
                var writing = export.WriteAsync(tenant, note, null, folder, CancellationToken.None);
                var (log, most) = await WatchAsync(writing, Path.Combine(to, ExportManifest.Events));
                var outcome = await writing;
                copies.Add(outcome.Events / copy.TotalSeconds);
                events.Add(outcome.Events / log.TotalSeconds);
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{outcome.Events} events: COPY {copy.TotalSeconds:0.00} s, {ExportManifest.Events} "
                            + $"{log.TotalSeconds:0.00} s, the whole archive "
                            + $"{Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s, memory "
                            + $"+{(most - before) / Megabyte:0} MB"));
                Directory.Delete(to, recursive: true);
            }

            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Events get into the archive at {events.Max() / copies.Max():0.00} of the rate of COPY."));
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private static async Task CopyAsync(NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var rows = await connection.BeginRawBinaryCopyAsync(
            "copy messaging.mt_events to stdout (format binary)");
        await rows.CopyToAsync(Stream.Null);
    }

    // How long a file was being written, and the most memory meanwhile and after it.
    private static async Task<(TimeSpan Took, long Most)> WatchAsync(Task writing, string file)
    {
        var (began, ended, most) = (0L, 0L, 0L);
        using var process = Process.GetCurrentProcess();
        while (!writing.IsCompleted)
        {
            if (began == 0 && File.Exists(file + ".part")) began = Stopwatch.GetTimestamp();
            if (ended == 0 && File.Exists(file)) ended = Stopwatch.GetTimestamp();
            process.Refresh();
            most = Math.Max(most, process.WorkingSet64);
            await Task.Delay(s_look);
        }

        return (Stopwatch.GetElapsedTime(began, ended), most);
    }
}
