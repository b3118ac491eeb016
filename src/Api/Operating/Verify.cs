using System.CommandLine;
using Messaging.Api.Auth;
using Messaging.Application.History;
using Messaging.Projections.Storage;

namespace Messaging.Api.Operating;

/// <summary>
/// Compares the log with the trees that prove it, and with checkpoints that were kept elsewhere; then the read models
/// with the log.
/// </summary>
internal static class Verify
{
    private const int Proved = CommandLine.Done;
    private const int Altered = CommandLine.Refused;
    private const int Unknown = 2;

    // A checkpoint has some hundreds of bytes.
    private const long MostBytes = 64 * 1024;

    private static readonly Option<string[]> s_checkpoint = new("--checkpoint")
    {
        Description = "A checkpoint of an organisation's tree that was kept elsewhere; may be given more than once",
        HelpName = "FILE",
    };

    private static readonly Option<bool> s_withoutFiles = new("--without-files")
    {
        Description = "Compares no files, such as where they are on another machine",
    };

    private static readonly Argument<string[]> s_directory = new("DIR")
    {
        Description = "An archive that 'export' wrote: it is proved alone, without a database",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string?> s_key = new("--key")
    {
        Description = "The public key that an archive has to be signed by: auditCheckpoint.publicKey, as it was "
            + "written down",
        HelpName = "KEY",
    };

    private static readonly Option<bool> s_live = new("--live")
    {
        Description = "With DIR: compares the installation as well, and its log with the archive",
    };

    /// <summary>The command.</summary>
    public static Command Command() =>
        CommandLine.Create(
            "verify",
            "Compares the log with the trees that prove it, and the read models and the files with the log, or proves "
                + "an archive, and changes nothing; the product may run. Exit code 1 when something was altered or "
                + "differs, 2 when that cannot be told",
            RunAsync,
            s_checkpoint,
            s_withoutFiles,
            s_directory,
            s_key,
            s_live
        );

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var settings = CommandLine.SettingsOf(parsed);
        if (parsed.GetValue(s_directory)?.FirstOrDefault(word => !CommandLine.IsOption(word)) is not { } directory)
        {
            return parsed.GetValue(s_key) is not null
                ? await CommandLine.RefuseAsync("--key goes with an archive.", CommandLine.WrongWords)
                : await CompareAsync(parsed, settings, null, cancellation);
        }

        var kept = new List<(string, string)>();
        foreach (var file in parsed.GetValue(s_checkpoint) ?? [])
        {
            var (text, why) = await TextAsync(file, cancellation);
            if (text is null) return await CommandLine.RefuseAsync(why, Unknown);
            kept.Add((file, text));
        }

        var check = new ArchiveCheck(directory);
        var outcome = await check.RunAsync(parsed.GetValue(s_key), kept, cancellation);
        if (outcome.Verdict is not AuditVerdict.Proved)
            return await CommandLine.RefuseAsync(
                outcome.Sentence, outcome.Verdict is AuditVerdict.Altered ? Altered : Unknown);
        await Console.Out.WriteLineAsync(outcome.Sentence);
        return parsed.GetValue(s_live)
            ? await CompareAsync(
                parsed, settings, Path.Combine(directory, ExportManifest.Checkpoint), cancellation)
            : Proved;
    }

    private static async Task<int> CompareAsync(
        ParseResult parsed, IReadOnlyList<string> settings, string? archive, CancellationToken cancellation)
    {
        IReadOnlyList<string> files = parsed.GetValue(s_checkpoint) ?? [];
        await using var installation = await Installation.OpenAsync(settings, cancellation);
        if (await installation.WhatIsOlderAsync(cancellation) is { } older)
            return await CommandLine.RefuseAsync($"The read models are not those that this version keeps: {older}.");
        var kept = new List<KeptCheckpoint>();
        foreach (var file in archive is null ? files : [.. files, archive])
        {
            var (note, why) = await ReadAsync(installation, file, cancellation);
            if (note is null) return await CommandLine.RefuseAsync(why, Unknown);
            kept.Add(new KeptCheckpoint(file, note));
        }

        var log = await new AuditCheck(installation.Database).RunAsync(kept, cancellation);
        if (log.Verdict is AuditVerdict.Altered) return await CommandLine.RefuseAsync(log.Sentence, Altered);
        if (log.Verdict is AuditVerdict.Proved) await Console.Out.WriteLineAsync(log.Sentence);
        var models = await CompareReadModelsAsync(installation, cancellation);

        // What the files are compared with is in a read model.
        if (models == CommandLine.Done && !parsed.GetValue(s_withoutFiles))
            models = await VerifyFiles.RunAsync(installation, Unknown, cancellation);
        return models == CommandLine.Done && log.Verdict is AuditVerdict.Unknown
            ? await CommandLine.RefuseAsync(log.Sentence, Unknown)
            : models;
    }

    private static async Task<(CheckpointNote? Note, string Why)> ReadAsync(
        Installation installation, string file, CancellationToken cancellation)
    {
        var (text, unreadable) = await TextAsync(file, cancellation);
        if (text is null) return (null, unreadable);
        if (installation.Configuration["Messaging:Auth:SigningKey"] is null
            && !File.Exists(SigningKeyFile.PathIn(installation.DataDirectory)))
        {
            return (null, $"{file} cannot be compared: the key that signs checkpoints, which follows from the key "
                + "that signs tokens, is not here.");
        }

        var key = AuthOptions.Read(installation.Configuration, installation.DataDirectory).KeyOfCheckpoints();
        var keys = await CheckpointKeys.OfAsync(installation.Database, cancellation);
        var note = keys.Read(text, key.Public, out var why);
        return (note, $"{file} {why}.");
    }

    private static async Task<(string? Text, string Why)> TextAsync(string file, CancellationToken cancellation)
    {
        try
        {
            return new FileInfo(file).Length > MostBytes
                ? (null, $"{file} is too large to be a checkpoint.")
                : (await File.ReadAllTextAsync(file, cancellation), "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{file} cannot be read.");
        }
    }

    private static async Task<int> CompareReadModelsAsync(Installation installation, CancellationToken cancellation)
    {
        var outcome = await installation.Store.CompareReadModelsAsync(installation.Database, cancellation);
        foreach (var table in outcome.Differing)
        {
            await Console.Error.WriteLineAsync(
                $"{table.Table}: {table.Missing} rows that the events say are not there, {table.Surplus} are "
                    + $"that they do not say:"
            );
            foreach (var row in table.Examples)
                await Console.Error.WriteLineAsync($"  {row}");
        }

        if (outcome.Differing.Count > 0)
            return await CommandLine.RefuseAsync(
                "The read models differ from their events. 'rebuild' puts them right, while the product does not run.");
        await Console.Out.WriteLineAsync(
            $"The read models are what their events say: {outcome.Events} events of {outcome.Organisations} "
                + $"organisations, {outcome.Rows} rows."
        );
        return Proved;
    }
}
