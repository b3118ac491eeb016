using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Messaging.Api.Auth;
using Messaging.Api.Files;
using Messaging.Api.History;
using Messaging.Application.History;
using Messaging.Domain;

namespace Messaging.Api.Operating;

/// <summary>
/// Writes the archive of an organisation into a directory, also while the product runs: all that happened up to one
/// moment, readable without the product, and with what proves it. The same command goes on with one that was cut off.
/// </summary>
internal static class Export
{
    private static readonly Option<Guid> s_organisation = new("--organisation")
    {
        Description = "The organisation's id, as list-organisations says it",
        HelpName = "ID",
        Required = true,
    };

    private static readonly Option<string> s_to = new("--to")
    {
        Description = "Where: a directory that is empty, or none yet, or one that the same command was cut off in",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<Guid?> s_customer = new("--customer")
    {
        Description = "The only customer that it is of: nothing of another is in it, and it is proved all the same",
        HelpName = "ID",
    };

    private static readonly Option<string?> s_from = new("--from")
    {
        Description = "The first day of it, in the office's time zone; with --customer only",
        HelpName = "YYYY-MM-DD",
    };

    private static readonly Option<string?> s_until = new("--until")
    {
        Description = "The last day of it; with --customer only",
        HelpName = "YYYY-MM-DD",
    };

    private static readonly Option<bool> s_noNotes = new("--no-notes")
    {
        Description = "Leaves out internal notes, and the files that came with them; with --customer only",
    };

    /// <summary>The command.</summary>
    public static System.CommandLine.Command Command() =>
        CommandLine.Create(
            "export",
            "Writes an organisation's archive into a directory, also while the product runs: events with what proves "
                + "them, files, readable pages, and tables for audit software; 'verify DIR' proves it",
            RunAsync, s_organisation, s_to, s_customer, s_from, s_until, s_noNotes);

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (scope, wrong) = ScopeOf(parsed);
        if (wrong is not null) return await CommandLine.RefuseAsync(wrong, CommandLine.WrongWords);
        var tenant = parsed.GetRequiredValue(s_organisation).ToString();
        using var folder = new ExportFolder(parsed.GetRequiredValue(s_to));
        if (File.Exists(folder.PathOf(ExportManifest.File)))
            return await CommandLine.RefuseAsync(
                $"There is an archive in {folder.PathOf("")} already. 'verify' proves it; name another directory for "
                    + "another.");
        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        var export = new ArchiveExport(
            installation.Database,
            new FolderFileStore(FileStoreOptions.Read(installation.Configuration, installation.DataDirectory)),
            KeyOf(installation), TimeProvider.System, CheckpointOptions.Read(installation.Configuration).Directory,
            Hosting.ProductVersion.Whole);
        var checkpoint = await BeginAsync(installation, export, folder, tenant, scope, cancellation);
        var outcome = await export.WriteAsync(tenant, checkpoint, scope, folder, cancellation);
        await Console.Out.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Archive of organisation {tenant} in {folder.PathOf("")}: {outcome.Events} of {outcome.TreeSize} "
                    + $"events, {outcome.Conversations} conversations, {outcome.Files} files."));
        if (outcome.Missing.Count == 0) return CommandLine.Done;
        foreach (var sum in outcome.Missing.Take(20))
            await Console.Error.WriteLineAsync($"{sum} is not in the file store as it was recorded.");
        return await CommandLine.RefuseAsync(
            $"The archive is complete but for {outcome.Missing.Count} files, which the file store itself does not have "
                + "as they were recorded: look for them in a backup.");
    }

    /// <summary>The key that signs.</summary>
    /// <exception cref="ExportException">It is not here.</exception>
    internal static CheckpointKey KeyOf(Installation installation)
    {
        if (installation.Configuration["Messaging:Auth:SigningKey"] is null
            && !File.Exists(SigningKeyFile.PathIn(installation.DataDirectory)))
            throw new ExportException(
                "The archive cannot be signed: the key that signs checkpoints, which follows from the key that signs "
                    + "tokens, is not here");
        return AuthOptions.Read(installation.Configuration, installation.DataDirectory).KeyOfCheckpoints();
    }

    // What was begun is gone on with as it was begun, and is in the log once, wherever it was cut off.
    private static async Task<string> BeginAsync(
        Installation installation, ArchiveExport export, ExportFolder folder, string tenant, ExportScope? scope,
        CancellationToken cancellation)
    {
        var begun = folder.PathOf(ExportManifest.Unfinished);
        var directory = Path.GetDirectoryName(begun)!;
        Begun? archive = null;
        if (File.Exists(begun))
        {
            archive = await ReadAsync(begun, cancellation);
            if (archive is null || archive.OrganisationId != tenant || archive.Scope != scope)
                throw new ExportException(
                    $"{directory} has an archive of something else that was not finished. Give the same options, or "
                        + "name another directory");
            if (archive.Id is null) return archive.Checkpoint;
        }
        else if (Directory.Exists(directory)
            && Directory.EnumerateFileSystemEntries(directory).Any(
                e => Path.GetFileName(e) is not "lost+found" and not ExportManifest.Unfinished + ExportFolder.Part))
        {
            throw new ExportException($"{directory} is not empty. Name a directory that is, or none yet");
        }

        await using var turn = await installation.PrepareAsync(cancellation);
        if (archive is null)
        {
            archive = new Begun(
                tenant, scope, await export.ChooseAsync(tenant, scope, cancellation), Guid.CreateVersion7());
            await folder.WriteAsync(
                ExportManifest.Unfinished,
                async stream => await stream.WriteAsync(
                    JsonSerializer.SerializeToUtf8Bytes(archive, ExportManifest.Json), cancellation),
                cancellation);
        }

        await export.RecordAsync(
            new Caller(tenant, new Actor.System()), archive.Id!.Value, archive.Checkpoint, scope,
            command => installation.ExecuteAsync(command, cancellation));
        return archive.Checkpoint;
    }

    private static async Task<Begun?> ReadAsync(string file, CancellationToken cancellation)
    {
        try
        {
            return JsonSerializer.Deserialize<Begun>(
                await File.ReadAllBytesAsync(file, cancellation), ExportManifest.Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static (ExportScope? Scope, string? Wrong) ScopeOf(ParseResult parsed)
    {
        var from = ExportScope.DayOf(parsed.GetValue(s_from), out var isFromWrong);
        var until = ExportScope.DayOf(parsed.GetValue(s_until), out var isUntilWrong);
        if (isFromWrong || isUntilWrong) return (null, "A day is written as 2026-12-31.");
        if (parsed.GetValue(s_customer) is not { } customer)
        {
            return from is null && until is null && !parsed.GetValue(s_noNotes)
                ? (null, null)
                : (null, "--from, --until and --no-notes go with --customer: an archive of all is whole.");
        }

        return until < from
            ? (null, "--until must not be before --from.")
            : (new ExportScope(customer, from, until, !parsed.GetValue(s_noNotes)), null);
    }

    /// <summary>What an archive is to be.</summary>
    /// <param name="Id">What it is recorded by; null where a version of before did, which recorded it first.</param>
    private sealed record Begun(string OrganisationId, ExportScope? Scope, string Checkpoint, Guid? Id);
}
