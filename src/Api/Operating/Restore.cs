using System.CommandLine;
using System.Globalization;
using Messaging.Api.Auth;
using Messaging.Api.Files;
using Messaging.Api.Hosting;
using Messaging.Application.Notifications;
using Messaging.Projections.Storage;
using Npgsql;

namespace Messaging.Api.Operating;

/// <summary>
/// Brings a backup into an empty installation: files first, then the database, and last what makes it one that is
/// served. Until that is done the product does not start on it; cut off, it is done again.
/// </summary>
internal static class Restore
{
    private static readonly Argument<string> s_directory = new("DIR") { Description = "The backup" };

    private static readonly Option<bool> s_sendWaiting = new("--send-waiting")
    {
        Description =
            "Sends the e-mails that had not gone out when the backup was taken; what went out after it arrives a "
                + "second time",
    };

    private static readonly Option<bool> s_endSessions = new("--end-sessions")
    {
        Description = "Has everybody sign in again",
    };

    /// <summary>The command.</summary>
    public static Command Command() =>
        CommandLine.Create(
            "restore",
            "Brings a backup into an empty installation, while the product does not run. E-mails that waited "
                + "then are held",
            RunAsync,
            s_directory,
            s_sendWaiting,
            s_endSessions
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var backup = new Backup(parsed.GetRequiredValue(s_directory));
        var manifest = await backup.ReadManifestAsync(cancellation);
        if (manifest.ReadModelFormat > ReadModelProjection.Format)
            return await CommandLine.RefuseAsync(
                $"The backup is of a newer version of the product, {manifest.Version}; this is "
                    + $"{ProductVersion.Whole}. Restore with that version."
            );
        await CheckAsync(backup, manifest, cancellation);

        await using var installation = await Installation.OpenAsync(
            parsed.UnmatchedTokens, cancellation, mayBegin: true);
        await using var turn = await installation.TakeTurnAsync(cancellation);
        if (await installation.IsServedAsync(cancellation))
            return await CommandLine.RefuseAsync("The product runs on this database: stop it first, on all its nodes.");
        var options = FileStoreOptions.Read(installation.Configuration, installation.DataDirectory) with
        {
            MaximumBytes = long.MaxValue,
            ReserveBytes = 0,
        };
        await RefuseFullAsync(installation, backup, options.Directory, cancellation);
        await RestoreFilesAsync(backup, new FolderFileStore(options), cancellation);
        RestoreKey(backup, installation);
        await RestoreDatabaseAsync(installation, backup, manifest, cancellation);
        var held = await EndAsync(
            installation, manifest, parsed.GetValue(s_sendWaiting), parsed.GetValue(s_endSessions), cancellation);

        await Console.Out.WriteLineAsync(
            $"Restored the backup of {manifest.TakenAt.ToString("u", CultureInfo.InvariantCulture)}: "
                + $"{manifest.Counts["events"]} events, {manifest.Files} files of {Backup.Bytes(manifest.FileBytes)}."
        );
        if (held > 0)
            await Console.Out.WriteLineAsync(
                $"{held} e-mails that had not gone out then are held (messaging.deliveries, '{Restores.Held}'): "
                    + $"whether they did since is not known here."
            );
        await Console.Out.WriteLineAsync(
            "What was changed after the backup is as before it: passwords, and who may sign in. The product can "
                + "be started."
        );
        if (manifest.Damaged.Count == 0)
            return CommandLine.Done;
        return await CommandLine.RefuseAsync(
            $"{manifest.Damaged.Count} files are missing, as they were when the backup was taken: "
                + $"{string.Join(", ", manifest.Damaged.Take(20))}"
        );
    }

    /// <summary>Checks that all is there, and the database whole: files are compared when they are read.</summary>
    private static async Task CheckAsync(Backup backup, BackupManifest manifest, CancellationToken cancellation)
    {
        if (!File.Exists(backup.Sums) || await Backup.SumAsync(backup.Sums, cancellation) != manifest.Sums)
            throw new InvalidOperationException($"{backup.Sums} is missing or damaged. Nothing was restored.");
        var isDatabaseThere = false;
        await foreach (var (sum, place) in backup.ReadSumsAsync().WithCancellation(cancellation))
        {
            var path = backup.PathOf(place);
            if (!File.Exists(path))
                throw new InvalidOperationException($"The backup is damaged: {path} is missing. Nothing was restored.");
            if (Backup.FileAt(place) is not null)
                continue;
            if (await Backup.SumAsync(path, cancellation) != sum)
                throw new InvalidOperationException(
                    $"The backup is damaged: {path} is not what was written. Nothing was restored.");
            isDatabaseThere |= path == backup.Database;
        }

        if (!isDatabaseThere)
            throw new InvalidOperationException(
                $"The backup is damaged: it has no {backup.Database}. Nothing was restored.");
    }

    private static async Task RefuseFullAsync(
        Installation installation, Backup backup, string files, CancellationToken cancellation)
    {
        await using var connection = await installation.Database.OpenConnectionAsync(cancellation);
        if (!await UnfinishedRestore.IsThereAsync(connection, cancellation))
        {
            var counts = await WriteBackup.CountAsync(connection, cancellation);
            if (counts.Where(c => c.Value > 0).Select(c => $"{c.Value} {c.Key}").ToList() is { Count: > 0 } there)
            {
                throw new InvalidOperationException(
                    $"A backup is restored into an empty installation only, and the database "
                        + $"{connection.Database} at {connection.Host}:{connection.Port} has "
                        + $"{string.Join(", ", there)}."
                        + " Name another in ConnectionStrings__Messaging, or another data directory in "
                            + "Messaging__DataDirectory."
                );
            }
        }

        // Files of an interrupted restore must be of this backup.
        var kept = Path.Combine(files, "kept");
        if (!Directory.Exists(kept)) return;
        foreach (var file in Directory.EnumerateFiles(kept, "*", SearchOption.AllDirectories))
        {
            if (
                Guid.TryParseExact(Path.GetFileName(file), "N", out var id)
                && File.Exists(backup.PathOf(Backup.PlaceOf("files", id)))
            )
                continue;
            throw new InvalidOperationException(
                $"A backup is restored into an empty installation only, and there are files in {files} that are "
                    + $"not the backup's, such as {file}."
            );
        }
    }

    private static async Task RestoreFilesAsync(Backup backup, FolderFileStore store, CancellationToken cancellation)
    {
        await foreach (var (sum, place) in backup.ReadSumsAsync().WithCancellation(cancellation))
        {
            if (Backup.FileAt(place) is not var (kind, id)) continue;
            await using var content = File.OpenRead(backup.PathOf(place));
            var staged = await store.StageAsync(content, cancellation);
            if (staged.Sha256 != sum)
            {
                await store.DiscardAsync(staged);
                throw new InvalidOperationException(
                    $"The backup is damaged: {backup.PathOf(place)} is not what was written. The database was "
                        + $"not restored."
                );
            }

            if (kind == "files")
            {
                await store.KeepAsync(staged, id, cancellation);
                continue;
            }

            await store.DiscardAsync(staged);
            await store.KeepThumbnailAsync(
                id, await File.ReadAllBytesAsync(backup.PathOf(place), cancellation), cancellation);
        }
    }

    private static void RestoreKey(Backup backup, Installation installation)
    {
        if (!File.Exists(backup.Key)) return;

        // One that a start made on the empty database has signed nothing that anybody needs.
        var path = Path.Combine(installation.DataDirectory, AuthOptions.KeyFile);
        var made = $"{path}.restored";
        File.Delete(made);
        using (var file = Backup.Create(made))
        {
            file.Write(File.ReadAllBytes(backup.Key));
            file.Flush(flushToDisk: true);
        }

        File.Move(made, path, overwrite: true);
        DirectoryFlush.ToDisk(installation.DataDirectory);
    }

    private static async Task RestoreDatabaseAsync(
        Installation installation, Backup backup, BackupManifest manifest, CancellationToken cancellation)
    {
        await using var connection = await installation.Database.OpenConnectionAsync(cancellation);
        var (program, _) = await PostgresBinaries.FindClientAsync("pg_restore", manifest.DumpMajor, cancellation);

        // The empty tables of a first start go, or what a restore has left that was cut off.
        await UnfinishedRestore.BeginAsync(connection, Installation.Schemas, cancellation);
        await PostgresPrograms.RunAsync(
            program,
            [
                $"--dbname={connection.Database}", "--single-transaction", "--exit-on-error", "--no-owner",
                "--no-privileges", backup.Database
            ],
            connection,
            installation.ConnectionString,
            cancellation
        );
        var counts = await WriteBackup.CountAsync(connection, cancellation);
        var differing = manifest
            .Counts.Where(c => counts.GetValueOrDefault(c.Key) != c.Value)
            .Select(c => $"{counts.GetValueOrDefault(c.Key)} {c.Key} instead of {c.Value}")
            .ToList();
        if (differing.Count > 0)
            throw new InvalidOperationException(
                $"The database was restored, and does not have what the backup says: {string.Join(", ", differing)}.");
    }

    /// <summary>Makes it an installation of its own; until that is done, none starts.</summary>
    private static async Task<long> EndAsync(
        Installation installation, BackupManifest manifest, bool sendWaiting, bool endSessions,
        CancellationToken cancellation)
    {
        // An earlier version's tables become this one's, as at a start.
        await installation.Store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await using var connection = await installation.Database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var held = sendWaiting ? 0 : await Restores.HoldAsync(transaction, manifest.TakenAt, cancellation);
        if (endSessions)
            await ExecuteAsync(
                "update messaging.sessions set ended_at = clock_timestamp(), expires_at = clock_timestamp() "
                    + "where ended_at is null"
            );

        // The nodes of that time are none of this installation; their messages are for the next node that serves.
        await ExecuteAsync(
            """
            do $$ begin
                if to_regclass('wolverine.wolverine_nodes') is not null then delete
                    from wolverine.wolverine_nodes; end if;
                if to_regclass('wolverine.wolverine_incoming_envelopes') is not null
                    then update wolverine.wolverine_incoming_envelopes set owner_id = 0 where owner_id <> 0; end if;
                if to_regclass('wolverine.wolverine_outgoing_envelopes') is not null
                    then update wolverine.wolverine_outgoing_envelopes set owner_id = 0 where owner_id <> 0; end if;
            end $$
            """);
        // The folder of files is a new one, and the key may be: the first start records their names (SharedParts).
        await ExecuteAsync("delete from messaging.shared");
        await UnfinishedRestore.EndAsync(connection, cancellation);
        await transaction.CommitAsync(cancellation);

        // The planner's statistics are in no backup.
        await using var analyze = new NpgsqlCommand("analyze", connection);
        await analyze.ExecuteNonQueryAsync(cancellation);
        return held;

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }
}
