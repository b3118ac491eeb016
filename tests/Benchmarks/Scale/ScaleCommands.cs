using System.Globalization;
using Messaging.Api.Hosting;
using Messaging.Benchmarks.Proof;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.Benchmarks.Scale;

/// <summary>The commands about big databases.</summary>
internal static class ScaleCommands
{
    public const string Usage =
        """
        Or: seed --data <directory> --conversations <number> --comments <number>
        Fills a database of one office in the directory, and checks a sample of it against the projection.
        Or: lists --data <directory>… [--plans <file>] [--samples <number>] [--only <part of a name>]
        Measures every list in databases that were seeded, the smallest first, and fails when a plan reads a whole
        table.
        Or: replay --data <directory> [--comments <number>] [--samples <number>]
        Compares a view of the past of a long conversation with reading the events of its page with Npgsql alone.
        Or: evidence --data <directory> [--rate <events a second>] [--seconds <number>]
        Measures how fast the events of a database that was seeded get into the trees that prove them, and events that
        are appended meanwhile; the database is for nothing else afterwards.
        Or: archive --data <directory>
        Measures how fast the events of a database that was seeded get into an archive, beside COPY, and its memory.
        Or: figures [--data <directory>] [--conversations <number>] [--ranges <number>] [--seed <number>]
        Compares the product's figures with SQL over the events alone, at so many ranges of time, and fails when one
        differs. In a directory, a database that is there is taken, and one that is made stays.
        """;

    /// <returns>The exit code; null when the arguments are none of these commands'.</returns>
    public static async Task<int?> TryRunAsync(string[] arguments)
    {
        if (
            arguments is not [
                ("seed" or "lists" or "replay" or "evidence" or "archive" or "figures") and var command, .. var rest]
            || rest.Length % 2 != 0
        )
            return null;
        var options = rest.Chunk(2).ToLookup(o => o[0], o => o[1]);
        var directories = options["--data"].Select(Path.GetFullPath).ToList();
        if (command == "lists")
        {
            if (directories.Count == 0 || !TryNumber("--samples", 200, out var samples)) return null;
            var plans = Path.GetFullPath(options["--plans"].FirstOrDefault() ?? Path.Combine("artifacts", "plans.txt"));
            Directory.CreateDirectory(Path.GetDirectoryName(plans)!);
            return await Lists.RunAsync(directories, plans, samples, options["--only"].FirstOrDefault() ?? "") ? 0 : 1;
        }

        if (command == "replay")
        {
            if (
                directories is not [var there]
                || !TryNumber("--comments", 10_000, out var many)
                || !TryNumber("--samples", 500, out var times)
            )
                return null;
            await Replay.RunAsync(there, many, times);
            return 0;
        }

        if (command == "figures")
        {
            if (
                directories.Count > 1
                || !TryNumber("--conversations", 100_000, out var size)
                || !TryNumber("--ranges", 50, out var ranges)
                || !TryNumber("--seed", 1, out var seed)
            )
                return null;
            return await FigureProof.RunAsync(directories.SingleOrDefault(), size, ranges, seed) ? 0 : 1;
        }

        if (command == "archive")
        {
            if (directories is not [var office]) return null;
            await Archive.RunAsync(office);
            return 0;
        }

        if (command == "evidence")
        {
            if (
                directories is not [var own]
                || !TryNumber("--rate", 2_000, out var rate)
                || !TryNumber("--seconds", 30, out var seconds)
            )
                return null;
            await Evidence.RunAsync(own, rate, seconds);
            return 0;
        }

        if (
            directories is not [var directory]
            || !TryNumber("--conversations", 10_000, out var conversations)
            || !TryNumber("--comments", 10 * conversations, out var comments)
        )
            return null;

        // What is lost by a crash of the machine can be seeded again.
        await using var server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(directory) { Durable = false, MayCreateDatabases = true }, NullLogger.Instance,
            CancellationToken.None);
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await new ScaleSeed(database, conversations, comments).RunAsync();
        await Console.Out.WriteLineAsync(
            $"{await SeedCheck.RunAsync(database, server.ConnectionString, 200)} rows of a sample are as the "
                + $"projection makes them."
        );
        return 0;

        bool TryNumber(string name, int otherwise, out int number)
        {
            number = otherwise;
            return options[name].LastOrDefault() is not { } text
                || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0);
        }
    }
}
