using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Messaging.Api.Hosting;

/// <summary>
/// The user that PostgreSQL runs as. It refuses to run as root, so that for root it is an unprivileged one.
/// </summary>
/// <param name="Id">User and group, for root only; otherwise the server runs as the current user.</param>
/// <param name="HasSetpriv">True when util-linux's setpriv is there.</param>
internal sealed record ServerAccount((uint User, uint Group)? Id, bool HasSetpriv)
{
    /// <summary>
    /// The system user that root makes for the server: other programs cannot read its files, and the server can read
    /// nobody else's.
    /// </summary>
    private const string Own = "messaging-postgres";

    /// <summary>A user that other programs run as, too; taken where <see cref="Own"/> is not to be had.</summary>
    private static readonly string[] s_shared = ["postgres", "nobody"];

    public static bool IsRoot => !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;

    /// <summary>
    /// The directory as the program is told it. Another user gets it as an open file descriptor: that way it needs no
    /// permission on the directories above, so that data below /root works too.
    /// </summary>
    public string Argument(string directory) => Id is null ? directory : "/proc/self/fd/9";

    /// <summary>
    /// Chooses the user: the owner of existing data, else one of its own, <c>messaging-postgres</c>, which is created
    /// where the system lets us, else <c>postgres</c>, else <c>nobody</c>.
    /// </summary>
    public static async Task<ServerAccount> ChooseAsync(string data, ILogger logger, CancellationToken cancellation)
    {
        var hasSetpriv = OperatingSystem.IsLinux() && await HasSetprivAsync(cancellation);
        if (!IsRoot) return new ServerAccount(null, hasSetpriv);

        if (!hasSetpriv || !Directory.Exists("/proc/self/fd"))
        {
            throw new EmbeddedPostgresException(
                "PostgreSQL does not run as root, and running it under another user needs Linux with /proc and "
                    + "setpriv (package util-linux)."
                + $" Install it, start the product as another user, {PostgresBinaries.OtherDatabase}.");
        }

        var owner = Directory.Exists(data) ? await OwnerAsync(data, cancellation) : null;
        var account = new ServerAccount(
            owner is { User: not 0 }
                ? owner
                : await FindOwnAsync(logger, cancellation)
                    ?? FindShared()
                    ?? throw new EmbeddedPostgresException(
                        $"PostgreSQL does not run as root, and this machine has no user to run it under: neither "
                            + $"'{Own}', '{string.Join("', '", s_shared)}', nor the right to create one."
                            + $" Create one (useradd --system {Own}), start the product as another user, "
                                + $"{PostgresBinaries.OtherDatabase}."
                    ),
            true
        );
        // Such as data that root restored from a copy.
        if (owner is { User: 0 }) await account.OwnAsync(data, cancellation);
        return account;
    }

    /// <summary>
    /// Data of earlier versions belongs to a user whom other programs share: gives it to the one of our own, where that
    /// is to be had. No server may run on it.
    /// </summary>
    /// <returns>The account to go on with.</returns>
    public async Task<ServerAccount> LeaveSharedAsync(string data, ILogger logger, CancellationToken cancellation)
    {
        if (
            Id is not { User: var user }
            || !s_shared.Any(name => Find(name)?.User == user)
            || await FindOwnAsync(logger, cancellation) is not { } own
        )
            return this;
        var account = this with { Id = own };
        // chown reaches the directory itself last: cut off on the way, it is still the former user's, and all of it is
        // given away again.
        await account.OwnAsync(data, cancellation);
        logger.LogInformation("Gave {Directory} to the system user {User}", data, Own);
        return account;
    }

    /// <summary>Makes a directory and all in it the server's own.</summary>
    public async Task OwnAsync(string path, CancellationToken cancellation)
    {
        if (Id is not { } id)
            return;
        var (code, output) = await RunAsync(
            new ProcessStartInfo("chown", ["-R", Invariant($"{id.User}:{id.Group}"), path]), cancellation);
        if (code != 0)
            throw new EmbeddedPostgresException($"Could not give {path} to the user that PostgreSQL runs as: {output}");
    }

    /// <summary>A program to be run as that user.</summary>
    /// <param name="directory">Directory that it works on, for <see cref="Argument"/>.</param>
    /// <param name="untilWeEnd">True when it is told to stop when we end, even when we are killed.</param>
    public ProcessStartInfo Command(
        string directory, string program, IEnumerable<string> arguments, bool untilWeEnd = false)
    {
        List<string> words = Id is null
            ? []
            : ["sh", "-c", "exec 9<\"$1\" && cd / && shift && exec \"$@\"", "sh", directory];
        if (HasSetpriv)
        {
            // A session of its own: Ctrl+C in the terminal is for the product, which stops the server when it no longer
            // needs it.
            words.AddRange(["setsid", "setpriv"]);
            if (Id is { } id)
                words.AddRange([Invariant($"--reuid={id.User}"), Invariant($"--regid={id.Group}"), "--clear-groups"]);
            if (untilWeEnd)
                words.AddRange(["--pdeathsig", "INT"]);
            words.Add("--");
        }

        words.Add(program);
        words.AddRange(arguments);
        var start = new ProcessStartInfo(words[0], words.Skip(1));
        // A setting meant for an operator's psql is none of the server's.
        foreach (var name in start.Environment.Keys.Where(x => x.StartsWith("PG", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="input">What it reads.</param>
    public static async Task<(int Code, string Output)> RunAsync(
        ProcessStartInfo start, CancellationToken cancellation, string input = "")
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        await WriteAsync(process, input);
        var output = new StringBuilder();
        void Add(string? line)
        {
            lock (output)
            {
                if (line is not null) output.AppendLine(line);
            }
        }
        process.OutputDataReceived += (_, e) => Add(e.Data);
        process.ErrorDataReceived += (_, e) => Add(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        lock (output) return (process.ExitCode, output.ToString().Trim());
    }

    private static async Task WriteAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended; its words say why.
        }
    }

    private static async Task<bool> HasSetprivAsync(CancellationToken cancellation)
    {
        try
        {
            // BusyBox has one too that knows hardly any option.
            var (code, output) = await RunAsync(new ProcessStartInfo("setpriv", "--version"), cancellation);
            return code == 0 && output.Contains("util-linux", StringComparison.Ordinal);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static async Task<(uint User, uint Group)?> OwnerAsync(string path, CancellationToken cancellation)
    {
        var (code, output) = await RunAsync(new ProcessStartInfo("stat", ["-c", "%u:%g", path]), cancellation);
        return code == 0 && output.Split(':') is [var user, var group]
            ? (uint.Parse(user, CultureInfo.InvariantCulture), uint.Parse(group, CultureInfo.InvariantCulture))
            : null;
    }

    private static async Task<(uint User, uint Group)?> FindOwnAsync(ILogger logger, CancellationToken cancellation)
    {
        var output = "";
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            if (Find(Own) is { } id) return id;
            if (attempt > 1) await Task.Delay(TimeSpan.FromMilliseconds(200), cancellation);
            try
            {
                (var code, output) = await RunAsync(
                    new ProcessStartInfo(
                        "useradd",
                        [
                            "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell",
                            "/usr/sbin/nologin", Own
                        ]
                    ),
                    cancellation
                );
                // Otherwise another product may just be creating it, or holds the lock on the users.
                if (code == 0)
                    logger.LogInformation("Created the system user {User}, which the embedded PostgreSQL runs as", Own);
            }
            catch (System.ComponentModel.Win32Exception e)
            {
                output = e.Message;
                break;
            }
        }
        if (Find(Own) is { } created) return created;
        logger.LogWarning(
            "The system user {User} is not there and could not be created, so the embedded PostgreSQL runs as a "
                + "user whom other programs share: {Output}",
            Own,
            output
        );
        return null;
    }

    private static (uint User, uint Group)? FindShared() => s_shared.Select(Find).FirstOrDefault(id => id is not null);

    private static (uint User, uint Group)? Find(string name) =>
        File.ReadLines("/etc/passwd")
            .Select(line => line.Split(':'))
            .Where(fields => fields.Length >= 4 && fields[0] == name && fields[2] != "0")
            .Select(fields =>
                ((uint, uint)?)
                    (
                        uint.Parse(fields[2], CultureInfo.InvariantCulture),
                        uint.Parse(fields[3], CultureInfo.InvariantCulture))
            )
            .FirstOrDefault();

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
