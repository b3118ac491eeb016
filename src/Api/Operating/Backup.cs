using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Messaging.Api.Files;

namespace Messaging.Api.Operating;

/// <summary>Manifest of a backup: written last, so that a directory without it is none.</summary>
/// <param name="Format">Format of the directory; raised when it is laid out otherwise.</param>
/// <param name="Version">Version of the product that took it.</param>
/// <param name="TakenAt">The moment that the database is of.</param>
/// <param name="PostgresMajor">The version of PostgreSQL that the database was of.</param>
/// <param name="DumpMajor">The version of <c>pg_dump</c>, which <c>pg_restore</c> has to know.</param>
/// <param name="ReadModelFormat">Format of the read models in it.</param>
/// <param name="Counts">Numbers of rows of some tables, to be compared after a restore.</param>
/// <param name="Files">Number of files.</param>
/// <param name="FileBytes">And how many bytes they have together.</param>
/// <param name="Damaged">Files that the file store did not have as they were recorded, and that are missing
/// here.</param>
/// <param name="Sums">The SHA-256 of the list of sums, in hexadecimal.</param>
internal sealed record BackupManifest(
    int Format, string Version, DateTimeOffset TakenAt, int PostgresMajor, int DumpMajor, int ReadModelFormat,
    IReadOnlyDictionary<string, long> Counts, long Files, long FileBytes, IReadOnlyList<Guid> Damaged, string Sums);

/// <summary>
/// A backup: a directory with the database (<c>database.dump</c>, of <c>pg_dump</c>), the files (<c>files</c>), their
/// small pictures (<c>thumbnails</c>), the key that signs tokens (<c>token-signing.key</c>), the SHA-256 of all of them
/// (<c>SHA256SUMS</c>, which <c>sha256sum --check</c> reads) and <c>manifest.json</c>. Only its owner may read it.
/// </summary>
internal sealed partial class Backup
{
    /// <summary>The format of newly written backups.</summary>
    public const int Format = 1;

    private const string ManifestFile = "manifest.json";

    // No manifest is longer: it names at most this many damaged files, each by an id.
    private const long MostBytesOfManifest = 16 * 1024 * 1024;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>A backup in a directory.</summary>
    public Backup(string directory) => Directory = Path.GetFullPath(directory);

    /// <summary>Path of the directory.</summary>
    public string Directory { get; }

    /// <summary>The database.</summary>
    public string Database => Path.Combine(Directory, "database.dump");

    /// <summary>The list of sums.</summary>
    public string Sums => Path.Combine(Directory, "SHA256SUMS");

    /// <summary>The key that signs tokens.</summary>
    public string Key => Path.Combine(Directory, Auth.AuthOptions.KeyFile);

    private string Manifest => Path.Combine(Directory, ManifestFile);

    private string Unfinished => Manifest + ".unfinished";

    /// <summary>A file's place in it, relative to it.</summary>
    /// <param name="kind"><c>files</c> or <c>thumbnails</c>.</param>
    public static string PlaceOf(string kind, Guid id)
    {
        // As FolderFileStore has them: the first digits are the time, and would fill one folder after the other.
        var name = id.ToString("N");
        return $"{kind}/{name[^3..]}/{name}";
    }

    /// <summary>The kind and id of a place; null when it is not that of a file.</summary>
    public static (string Kind, Guid Id)? FileAt(string place) =>
        Place().Match(place) is { Success: true } match
        && Guid.TryParseExact(match.Groups[2].Value, "N", out var id)
        && PlaceOf(match.Groups[1].Value, id) == place
            ? (match.Groups[1].Value, id)
            : null;

    /// <summary>True when it may be a place of a backup at all: nothing else is read or written.</summary>
    public bool IsPlace(string place) =>
        place == Path.GetFileName(Database) || place == Path.GetFileName(Key) || FileAt(place) is not null;

    /// <summary>The path of a place.</summary>
    public string PathOf(string place) => Path.Combine(Directory, place);

    /// <summary>Makes the directory, and says in it that it is no backup yet.</summary>
    /// <returns>True when the directory was there before, empty.</returns>
    /// <exception cref="InvalidOperationException">There is something in it.</exception>
    public bool Begin()
    {
        if (File.Exists(Directory))
            throw new InvalidOperationException($"{Directory} is a file. Name a directory that is empty, or none yet.");
        var wasThere = System.IO.Directory.Exists(Directory);
        if (
            wasThere
            && System
                .IO.Directory.EnumerateFileSystemEntries(Directory)
                .Any(entry => Path.GetFileName(entry) != "lost+found")
        )
        {
            throw new InvalidOperationException(
                File.Exists(Unfinished)
                    ? $"{Directory} has a backup that was not finished. Remove it, or name another directory."
                    : $"{Directory} is not empty. Name a directory that is, or none yet.");
        }

        CreatePrivate(Directory);
        using (Create(Unfinished))
        {
            // The name is all that it says.
        }

        return wasThere;
    }

    /// <summary>Writes the manifest: from now on it is a backup.</summary>
    public async Task EndAsync(BackupManifest manifest, CancellationToken cancellation)
    {
        await using (var file = new FileStream(Unfinished, FileMode.Create, FileAccess.Write))
        {
            await JsonSerializer.SerializeAsync(file, manifest, s_json, cancellation);
            file.Flush(flushToDisk: true);
        }

        foreach (var folder in System.IO.Directory.EnumerateDirectories(Directory, "*", SearchOption.AllDirectories))
            DirectoryFlush.ToDisk(folder);
        DirectoryFlush.ToDisk(Directory);
        File.Move(Unfinished, Manifest);
        DirectoryFlush.ToDisk(Directory);
    }

    /// <summary>Removes what was begun.</summary>
    /// <param name="keepDirectory">True to keep the directory itself, empty.</param>
    public void Remove(bool keepDirectory)
    {
        foreach (var folder in (string[])["files", "thumbnails"])
        {
            if (System.IO.Directory.Exists(PathOf(folder))) System.IO.Directory.Delete(PathOf(folder), recursive: true);
        }

        foreach (var file in (string[])[Database, Sums, Key, Unfinished, PathOf(Listed)]) File.Delete(file);
        if (!keepDirectory) System.IO.Directory.Delete(Directory);
    }

    /// <summary>List of the files to be copied, while they are: gone in the end.</summary>
    public const string Listed = ".files";

    /// <summary>Reads the manifest.</summary>
    /// <exception cref="InvalidOperationException">
    /// The directory is no backup, was not finished, is of another format, or damaged.
    /// </exception>
    public async Task<BackupManifest> ReadManifestAsync(CancellationToken cancellation)
    {
        if (!File.Exists(Manifest))
        {
            throw new InvalidOperationException(
                File.Exists(Unfinished)
                    ? $"The backup in {Directory} was not finished, and cannot be restored."
                    : $"There is no backup in {Directory}: it has no {ManifestFile}."
            );
        }

        try
        {
            await using var file = File.OpenRead(Manifest);
            if (file.Length > MostBytesOfManifest)
                throw new InvalidOperationException($"{Manifest} is too large to be one.");
            var manifest = await JsonSerializer.DeserializeAsync<BackupManifest>(file, s_json, cancellation);
            if (manifest is not { Counts: not null, Damaged: not null, Sums: not null })
                throw new InvalidOperationException($"{Manifest} says nothing.");
            if (manifest.Format == Format)
                return manifest;
            throw new InvalidOperationException(
                $"The backup in {Directory} is of format {manifest.Format}, of version {manifest.Version}; this "
                    + $"version reads format {Format}."
            );
        }
        catch (JsonException e)
        {
            throw new InvalidOperationException($"{Manifest} is damaged: {e.Message}", e);
        }
    }

    /// <summary>The sums, one by one.</summary>
    /// <exception cref="InvalidOperationException">A line is none.</exception>
    public async IAsyncEnumerable<(string Sum, string Place)> ReadSumsAsync()
    {
        await foreach (var line in File.ReadLinesAsync(Sums))
        {
            // As sha256sum writes them.
            if (line.Split("  ", 2) is not [{ Length: 64 } sum, var place] || !IsPlace(place))
                throw new InvalidOperationException(
                    $"{Sums} is damaged: '{line[..Math.Min(line.Length, 100)]}' is no line of it.");
            yield return (sum, place);
        }
    }

    /// <summary>Copies content to a place, and says its size and SHA-256, in hexadecimal.</summary>
    public async Task<(long Size, string Sum)> WriteAsync(string place, Stream content, CancellationToken cancellation)
    {
        var path = PathOf(place);
        CreatePrivate(Path.GetDirectoryName(path)!);
        await using var file = Create(path);
        return await HashedCopy.WriteAsync(content, file, cancellation);
    }

    /// <summary>The SHA-256 of a file, in hexadecimal.</summary>
    public static async Task<string> SumAsync(string path, CancellationToken cancellation)
    {
        await using var file = new FileStream(
            path, new FileStreamOptions { Options = FileOptions.SequentialScan | FileOptions.Asynchronous });
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }

    /// <summary>A new file that only its owner may read.</summary>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    /// <summary>Bytes, for people.</summary>
    public static string Bytes(long bytes) =>
        bytes < 10_000_000
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB");

    private static void CreatePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
            System.IO.Directory.CreateDirectory(directory);
        else
            System.IO.Directory.CreateDirectory(
                directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [GeneratedRegex("^(files|thumbnails)/[0-9a-f]{3}/([0-9a-f]{32})$")]
    private static partial Regex Place();
}
