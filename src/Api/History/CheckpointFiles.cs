using System.Globalization;
using Messaging.Api.Hosting;
using Messaging.Application;
using Messaging.Application.History;

namespace Messaging.Api.History;

/// <summary>The settings of <c>Messaging:Checkpoints</c>.</summary>
/// <param name="Directory">The folder that checkpoints are written to; null for none.</param>
internal sealed record CheckpointOptions(string? Directory)
{
    /// <summary>Reads them.</summary>
    public static CheckpointOptions Read(IConfiguration configuration) =>
        new(configuration.Text("Messaging:Checkpoints:Directory") is { } given ? Path.GetFullPath(given) : null);
}

/// <summary>
/// Writes the checkpoint of each organisation into a folder each minute when something changed: a file of its own for
/// each size, which is never written again. Where the folder is on a medium that nobody of the office can change, it
/// is the copy that history is proved by.
/// </summary>
internal sealed partial class CheckpointFiles(
    CheckpointOptions options, AuditTree trees, CheckpointKey key, ILogger<CheckpointFiles> logger,
    TimeProvider clock) : BackgroundService
{
    /// <summary>The end of the files' names.</summary>
    public const string Extension = ".checkpoint";

    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, byte[]> _written = [];

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Directory is { } directory
            ? Repeatedly.EveryAsync(
                s_period, cancellation => WriteAsync(directory, cancellation), LogFailed, stoppingToken, clock)
            : Task.CompletedTask;

    private async Task WriteAsync(string directory, CancellationToken cancellation)
    {
        foreach (var (tenant, size, root) in await trees.TreesAsync(cancellation))
        {
            if (_written.TryGetValue(tenant, out var last) && last.AsSpan().SequenceEqual(root)) continue;
            var folder = Path.Combine(directory, tenant);
            Directory.CreateDirectory(folder);
            var file = Path.Combine(
                folder, size.ToString("D12", CultureInfo.InvariantCulture) + Extension);
            var note = key.Sign(tenant, size, root);
            if (!File.Exists(file))
            {
                // Other nodes write the same: a checkpoint of a size and root has one text.
                var part = $"{file}.{Guid.NewGuid():N}.part";
                await File.WriteAllTextAsync(part, note, cancellation);
                File.Move(part, file, overwrite: true);
            }
            else if (await File.ReadAllTextAsync(file, cancellation) != note)
            {
                LogContradiction(file);
            }

            _written[tenant] = root;
        }
    }

    [LoggerMessage(LogLevel.Error, "Checkpoints could not be written")]
    private partial void LogFailed(Exception e);

    [LoggerMessage(
        LogLevel.Critical,
        "The tree of events is another than the checkpoint {File} says, or the key is: 'dotnet Messaging.Api.dll "
            + "verify --checkpoint' tells which"
    )]
    private partial void LogContradiction(string file);
}
