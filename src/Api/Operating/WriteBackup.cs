using System.CommandLine;
using System.Data;
using System.Globalization;
using System.Text;
using Messaging.Api.Auth;
using Messaging.Api.Files;
using Messaging.Api.Hosting;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Api.Operating;

/// <summary>
/// Writes a backup: the database first, as of one moment, then the files, which never change: whatever the database
/// speaks of is there when they are copied. The product may serve meanwhile.
/// </summary>
internal static class WriteBackup
{
    private static readonly Argument<string> s_directory = new("DIR")
    {
        Description = "Where: a directory that is empty, or none yet",
    };

    // Counts to be compared after a restore.
    private static readonly Dictionary<string, string> s_counts = new()
    {
        ["events"] = "messaging.mt_events",
        ["streams"] = "messaging.mt_streams",
        ["organisations"] = "messaging.organisations",
        ["conversations"] = "messaging.conversations",
        ["comments"] = "messaging.comments",
        ["accounts"] = "messaging.accounts",
        ["notifications"] = "messaging.notifications",
        ["deliveries"] = "messaging.deliveries",
        ["uploads"] = "messaging.uploads",
    };

    /// <summary>The command.</summary>
    public static Command Command() =>
        CommandLine.Create(
            "backup", "Writes database, files and signing key into a directory; the product may serve meanwhile",
            RunAsync, s_directory);

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var backup = new Backup(parsed.GetRequiredValue(s_directory));
        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        var wasThere = backup.Begin();
        try
        {
            var manifest = await WriteAsync(installation, backup, cancellation);
            await Console.Out.WriteLineAsync(
                $"Backup of {manifest.TakenAt.ToString("u", CultureInfo.InvariantCulture)} in "
                    + $"{backup.Directory}: {manifest.Counts["events"]} events,"
                    + $" {manifest.Files} files of {Backup.Bytes(manifest.FileBytes)}, database of "
                        + $"{Backup.Bytes(new FileInfo(backup.Database).Length)}."
            );
            if (manifest.Damaged.Count == 0)
                return CommandLine.Done;
            foreach (var id in manifest.Damaged.Take(20))
                await Console.Error.WriteLineAsync($"{id} is not in the file store as it was recorded.");
            return await CommandLine.RefuseAsync(
                $"The backup is complete but for {manifest.Damaged.Count} files, which the file store itself "
                    + $"does not have as they were recorded: look for them in an older backup."
            );
        }
        catch
        {
            backup.Remove(keepDirectory: wasThere);
            throw;
        }
    }

    /// <summary>Returns the numbers of rows of the tables that are compared.</summary>
    internal static async Task<IReadOnlyDictionary<string, long>> CountAsync(
        NpgsqlConnection connection, CancellationToken cancellation)
    {
        var counts = new Dictionary<string, long>();
        foreach (var (name, table) in s_counts)
        {
            await using var there = new NpgsqlCommand("select to_regclass($1) is not null", connection)
            {
                Parameters = { new() { Value = table } },
            };
            if (await there.ExecuteScalarAsync(cancellation) is not true)
                continue;
            await using var command = new NpgsqlCommand($"select count(*) from {table}", connection);
            counts[name] = (long)(await command.ExecuteScalarAsync(cancellation))!;
        }

        return counts;
    }

    private static async Task<BackupManifest> WriteAsync(
        Installation installation, Backup backup, CancellationToken cancellation)
    {
        var (takenAt, postgres, dumpMajor, counts) = await WriteDatabaseAsync(installation, backup, cancellation);
        await using var sums = new StreamWriter(
            Backup.Create(backup.Sums), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        await AddAsync(Path.GetFileName(backup.Database), await Backup.SumAsync(backup.Database, cancellation));
        var key = Path.Combine(installation.DataDirectory, AuthOptions.KeyFile);
        if (File.Exists(key))
        {
            await using var content = File.OpenRead(key);
            await AddAsync(
                AuthOptions.KeyFile, (await backup.WriteAsync(AuthOptions.KeyFile, content, cancellation)).Sum);
        }

        var store = new FolderFileStore(FileStoreOptions.Read(installation.Configuration, installation.DataDirectory));
        var (files, bytes, damaged) = (0L, 0L, new List<Guid>());
        await foreach (var line in File.ReadLinesAsync(backup.PathOf(Backup.Listed), cancellation))
        {
            var listed = line.Split('\t');
            var (id, size, sum, isAttached) = (
                Guid.Parse(listed[0]), long.Parse(listed[1], CultureInfo.InvariantCulture), listed[2],
                listed[3] == "t");
            var place = Backup.PlaceOf("files", id);
            (long Size, string Sum)? written = null;
            await using (var content = await store.OpenReadAsync(id, cancellation))
            {
                if (content is not null) written = await backup.WriteAsync(place, content, cancellation);
            }

            if (written != (size, sum))
            {
                // A file that is attached to nothing may have been taken back, or gone, since.
                if (
                    written is not null
                    || isAttached
                    || await IsStillThereAsync(installation.Database, id, cancellation)
                )
                    damaged.Add(id);
                File.Delete(backup.PathOf(place));
                continue;
            }

            files++;
            bytes += size;
            await AddAsync(place, sum);
            await using var thumbnail = await store.OpenThumbnailAsync(id, cancellation);
            if (thumbnail is null) continue;
            var small = Backup.PlaceOf("thumbnails", id);
            await AddAsync(small, (await backup.WriteAsync(small, thumbnail, cancellation)).Sum);
        }

        File.Delete(backup.PathOf(Backup.Listed));
        await sums.FlushAsync(cancellation);
        ((FileStream)sums.BaseStream).Flush(flushToDisk: true);
        await sums.DisposeAsync();
        var manifest = new BackupManifest(
            Backup.Format, ProductVersion.Whole, takenAt, postgres, dumpMajor, ReadModelProjection.Format, counts,
            files, bytes, damaged, await Backup.SumAsync(backup.Sums, cancellation));
        await backup.EndAsync(manifest, cancellation);
        return manifest;

        // As sha256sum does, so that it can check them.
        Task AddAsync(string place, string sum) => sums.WriteAsync($"{sum}  {place}\n");
    }

    /// <summary>Writes the database, and the list of its files, as of one moment.</summary>
    private static async Task<(
        DateTimeOffset TakenAt,
        int Postgres,
        int Dump,
        IReadOnlyDictionary<string, long> Counts
    )> WriteDatabaseAsync(Installation installation, Backup backup, CancellationToken cancellation)
    {
        await using var connection = await installation.Database.OpenConnectionAsync(cancellation);
        var (program, major) = await PostgresBinaries.FindClientAsync(
            "pg_dump", connection.PostgreSqlVersion.Major, cancellation);
        await using var transaction = await connection.BeginTransactionAsync(
            IsolationLevel.RepeatableRead, cancellation);
        await using var moment = new NpgsqlCommand(
            "select pg_export_snapshot(), now(), to_regclass('messaging.mt_events') is not null and "
                + "to_regclass('messaging.uploads') is not null",
            connection
        );
        string snapshot;
        DateTimeOffset takenAt;
        await using (var reader = await moment.ExecuteReaderAsync(cancellation))
        {
            await reader.ReadAsync(cancellation);
            (snapshot, takenAt) = (reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1));
            if (!reader.GetBoolean(2))
                throw new InvalidOperationException(
                    "There is nothing to back up: the product has not made its tables in this database yet.");
        }

        var counts = await CountAsync(connection, cancellation);
        await using (var list = new StreamWriter(Backup.Create(backup.PathOf(Backup.Listed))))
        {
            await using var uploads = new NpgsqlCommand(
                "select id, size, sha256, comment_id is not null from messaging.uploads where discarded_at is "
                    + "null order by id",
                connection
            );
            await using var reader = await uploads.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                await list.WriteAsync(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{reader.GetGuid(0)}\t{reader.GetInt64(1)}\t{reader.GetString(2)}\t"
                        + $"{(reader.GetBoolean(3) ? "t" : "f")}\n"
                    )
                );
        }

        await using (Backup.Create(backup.Database))
        {
            // Others may not read it, whatever pg_dump would have made it.
        }

        await PostgresPrograms.RunAsync(
            program,
            [
                "--format=custom",
                $"--file={backup.Database}",
                .. Installation.Schemas.Select(s => $"--schema={s}"),
                "--no-owner",
                "--no-privileges",
                $"--snapshot={snapshot}",
            ],
            connection,
            installation.ConnectionString,
            cancellation
        );
        return (takenAt, connection.PostgreSqlVersion.Major, major, counts);
    }

    private static async Task<bool> IsStillThereAsync(
        NpgsqlDataSource database, Guid id, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select exists (select from messaging.uploads where id = $1 and discarded_at is null)");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}
