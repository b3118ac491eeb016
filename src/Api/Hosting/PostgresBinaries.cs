using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Messaging.Api.Hosting;

/// <summary>The programs of one PostgreSQL installation.</summary>
/// <param name="Directory">Directory of the programs.</param>
/// <param name="Major">The major version; data directories of another one cannot be opened.</param>
internal sealed partial record PostgresBinaries(string Directory, int Major)
{
    public const string OtherDatabase = "or name a PostgreSQL server in ConnectionStrings__Messaging";

    /// <summary>The path of one program.</summary>
    public string this[string program] => Path.Combine(Directory, program);

    /// <summary>
    /// Finds an installation on the machine. None is downloaded: control over a download would be control over
    /// everybody's data, and systems have signed packages.
    /// </summary>
    /// <param name="wanted">The major version that existing data was written by, if there is any.</param>
    /// <exception cref="EmbeddedPostgresException">There is none; the message says what to install.</exception>
    public static async Task<PostgresBinaries> FindAsync(
        EmbeddedPostgresOptions options, int? wanted, CancellationToken cancellation)
    {
        var found = new List<PostgresBinaries>();
        foreach (
            var directory in (options.BinaryDirectories ?? UsualDirectories())
                .Select(Resolve)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)
        )
        {
            if (await MajorOfAsync(Path.Combine(directory, "postgres"), cancellation) is not { } major) continue;

            // A server of an older version still reads the data that it wrote: an update locks nobody out of them.
            if (major < PostgresVersions.Oldest && major != wanted) continue;
            var binaries = new PostgresBinaries(directory, major);
            if (wanted is null || wanted == major) return binaries;
            found.Add(binaries);
        }

        throw Missing(options, wanted, found);
    }

    /// <summary>
    /// Finds one of the programs of PostgreSQL's clients, such as <c>pg_dump</c>: the oldest that knows the version.
    /// </summary>
    /// <param name="oldest">The major version that it has to know.</param>
    /// <param name="directories">Directories to search; null: those where systems have them.</param>
    /// <returns>Its path, and its major version.</returns>
    /// <exception cref="EmbeddedPostgresException">There is none; the message says what to install.</exception>
    public static async Task<(string Path, int Major)> FindClientAsync(
        string program, int oldest, CancellationToken cancellation, IEnumerable<string>? directories = null)
    {
        var found = new List<(string Path, int Major)>();
        directories ??= UsualDirectories();
        foreach (var directory in directories.Where(Path.IsPathRooted).Distinct(StringComparer.Ordinal))
        {
            var path = Path.Combine(directory, Name(program));
            if (File.Exists(path) && await MajorOfAsync(path, cancellation) is { } major) found.Add((path, major));
        }

        if (found.Exists(x => x.Major >= oldest)) return found.Where(x => x.Major >= oldest).MinBy(x => x.Major);
        throw new EmbeddedPostgresException(
            (
                found.Count == 0
                    ? $"PostgreSQL's program {program} was not found on this machine."
                    : $"PostgreSQL's program {program} is here of version {found.Max(x => x.Major)} only, and has "
                        + $"to be of {oldest} or newer."
            )
                + $" Install it (Debian, Ubuntu: apt install postgresql-client-{oldest}; macOS: brew install "
                    + $"postgresql@{oldest})."
        );
    }

    private static EmbeddedPostgresException Missing(
        EmbeddedPostgresOptions options, int? wanted, List<PostgresBinaries> found) =>
        wanted is { } major
            ? new EmbeddedPostgresException(
                $"The data in {options.DataDirectory} was written by PostgreSQL {major}, which this machine does "
                    + "not have"
                    + (found.Count > 0 ? $" (it has {string.Join(", ", found.Select(x => x.Major))})." : ".")
                    + $" Install PostgreSQL {major} (Debian, Ubuntu: apt install postgresql-{major}), bring the "
                        + $"data to the other version with pg_upgrade, {OtherDatabase}."
            )
            : new EmbeddedPostgresException(
                $"No PostgreSQL server ({PostgresVersions.Oldest} or newer) was found on this machine."
                    + $" Install one (Debian, Ubuntu: apt install postgresql; macOS: brew install "
                        + $"postgresql@{PostgresVersions.Suggested}), {OtherDatabase}."
            );

    private static IEnumerable<string> UsualDirectories()
    {
        foreach (
            var directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(
                Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        )
            yield return directory;

        // Debian and Ubuntu keep them out of PATH on purpose; each of these has one directory per version.
        foreach (
            var pattern in (string[])
                [
                    "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*",
                    "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
                    "/Applications/Postgres.app/Contents/Versions/*/bin"
                ]
        )
        {
            foreach (var directory in Expand(pattern).OrderByDescending(VersionIn)) yield return directory;
        }
    }

    private static IEnumerable<string> Expand(string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        var parent = Path.GetDirectoryName(pattern[..(star + 1)])!;
        var rest = pattern.IndexOf('/', star) is var slash and >= 0 ? pattern[(slash + 1)..] : "";
        var name = Path.GetFileName(pattern[..(star + 1)]);
        return System.IO.Directory.Exists(parent)
            ? System.IO.Directory.EnumerateDirectories(parent, name).Select(x => Path.Combine(x, rest))
            : [];
    }

    private static int VersionIn(string path) =>
        Digits().Matches(path) is [.., var last]
        && int.TryParse(last.ValueSpan, CultureInfo.InvariantCulture, out var version)
            ? version
            : 0;

    /// <summary>The directory that really holds all the programs: in PATH there may be links to some of them.</summary>
    private static string? Resolve(string directory)
    {
        if (!Path.IsPathRooted(directory)) return null;
        var server = new FileInfo(Path.Combine(directory, Name("postgres")));
        if (!server.Exists)
            return null;
        var real = (server.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? server.FullName) is var path
            ? Path.GetDirectoryName(path)!
            : directory;
        return File.Exists(Path.Combine(real, Name("initdb"))) && File.Exists(Path.Combine(real, Name("pg_ctl")))
            ? real
            : null;
    }

    private static string Name(string program) => OperatingSystem.IsWindows() ? $"{program}.exe" : program;

    private static async Task<int?> MajorOfAsync(string program, CancellationToken cancellation)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, "--version")
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = await process.StandardOutput.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            // "postgres (PostgreSQL) 15.12 (Debian 15.12-0+deb12u2)"
            return process.ExitCode == 0 && Digits().Match(output) is { Success: true } version
                ? int.Parse(version.ValueSpan, CultureInfo.InvariantCulture)
                : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
