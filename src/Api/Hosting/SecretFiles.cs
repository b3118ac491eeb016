using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Memory;

namespace Messaging.Api.Hosting;

/// <summary>
/// Settings from files, one each, as Docker, Kubernetes and systemd hand secrets over: the file's name is the setting's
/// (<c>__</c> for <c>:</c>), its content the value, without the line end that editors put behind it. They are read at
/// the start, and no more.
/// </summary>
/// <remarks>
/// The framework's key-per-file leaves a carriage return in the value, takes every file for a setting, and reports of
/// an unreadable one only that it cannot be read.
/// </remarks>
internal static class SecretFiles
{
    private const string Setting = "Messaging:SecretsDirectory";
    private const string Usual = "/run/secrets";

    // systemd's LoadCredential.
    private const string SystemdVariable = "CREDENTIALS_DIRECTORY";

    /// <summary>Longest secret, in bytes: a chain of certificates is shorter.</summary>
    private const long MostBytes = 64 * 1024;

    /// <summary>
    /// Adds the settings in <c>Messaging:SecretsDirectory</c>, else in <c>/run/secrets</c>, and in the folder that
    /// systemd names. The environment and the command line override them; they override <c>appsettings.json</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">A folder that is configured, or a file of one, cannot be read; the
    /// message names it.</exception>
    public static void AddSecretFiles(this WebApplicationBuilder builder)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        Read(FolderOf(builder.Configuration), values);
        if (Environment.GetEnvironmentVariable(SystemdVariable) is { Length: > 0 } credentials)
            Read(credentials, values);
        if (values.Count == 0)
            return;
        var sources = builder.Configuration.Sources;
        var environment = sources
            .OfType<EnvironmentVariablesConfigurationSource>()
            .LastOrDefault(source => string.IsNullOrEmpty(source.Prefix));
        sources.Insert(
            environment is null ? sources.Count : sources.IndexOf(environment),
            new MemoryConfigurationSource { InitialData = values });

        // A variable without a value, as Compose makes of an unset one, sets nothing.
        foreach (var (name, value) in values.Where(file => string.IsNullOrEmpty(builder.Configuration[file.Key])))
            builder.Configuration[name] = value;

        // The file is overridden: a change of it would have no effect.
        var unused = values
            .Where(file => builder.Configuration[file.Key] != file.Value)
            .Select(file => file.Key)
            .ToList();
        if (unused.Count == 0)
            return;
        using var logging = LoggerFactory.Create(l =>
            l.AddConfiguration(builder.Configuration.GetSection("Logging")).AddConsole()
        );
        logging
            .CreateLogger(typeof(SecretFiles))
            .LogWarning(
                "These secrets are in files, and not taken from there, because the environment or the command "
                    + "line says another: {Names}",
                string.Join(", ", unused)
            );
    }

    /// <summary>Returns their folder, but for those of systemd; the default folder need not be there.</summary>
    /// <exception cref="InvalidOperationException">The folder that is configured is not there.</exception>
    public static string FolderOf(IConfiguration configuration)
    {
        if (configuration[Setting] is not { Length: > 0 } configured) return Usual;
        return Directory.Exists(configured) ? configured
            : throw new InvalidOperationException($"The folder {configured} of the setting {Setting} does not exist.");
    }

    private static void Read(string folder, Dictionary<string, string?> values)
    {
        try
        {
            if (!Directory.Exists(folder)) return;
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(IsSetting))
                values[file.Name.Replace("__", ":", StringComparison.Ordinal)] = Value(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"A secret in the folder {folder} cannot be read by the user '{Environment.UserName}': "
                    + $"{e.Message} Let them read it, or take it away.",
                e
            );
        }
    }

    // Other files there, such as a password that only another container reads, are no settings.
    private static bool IsSetting(FileInfo file) =>
        !file.Name.StartsWith('.')
        && (
            file.Name.Contains("__", StringComparison.Ordinal)
            || file.Name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase)
        );

    private static string Value(FileInfo file)
    {
        // The length of what a link leads to: Kubernetes lays links.
        using var stream = file.OpenRead();
        if (stream.Length > MostBytes)
            throw new InvalidOperationException(
                $"The secret {file.FullName} has {stream.Length} bytes; it may have {MostBytes}.");
        using var reader = new StreamReader(stream);
        var value = reader.ReadToEnd();
        if (value.EndsWith('\n')) value = value[..^1];
        return value.EndsWith('\r') ? value[..^1] : value;
    }
}
