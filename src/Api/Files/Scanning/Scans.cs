using Messaging.Application.Files;

namespace Messaging.Api.Files.Scanning;

/// <summary>Outcome of a scan.</summary>
/// <param name="IsDone">True when the scanner has given a verdict; otherwise it is to be asked again later.</param>
/// <param name="Found">Name of the find; null when nothing was found.</param>
internal sealed record Scan(bool IsDone, string? Found)
{
    /// <summary>There was no answer, or no time.</summary>
    public static Scan Later { get; } = new(false, null);
}

/// <summary>
/// Has files scanned, several at once; offices and people take fair turns. Without a configured scanner, no file is
/// scanned.
/// </summary>
internal sealed partial class Scans(IEnumerable<IFileScanner> scanners, ILogger<Scans> logger) : BackgroundService
{
    /// <summary>Number of files scanned at once, on each node.</summary>
    public const int AtOnce = 4;

    /// <summary>Limit of one person's waiting files; more are scanned later.</summary>
    public const int MostOfPerson = 20;

    /// <summary>Limit of waiting files in all.</summary>
    public const int Most = 1_000;

    private static readonly TimeSpan s_saidEvery = TimeSpan.FromMinutes(1);

    private readonly IFileScanner? _scanner = scanners.SingleOrDefault();
    private readonly Turns<Scan> _turns = new(AtOnce, MostOfPerson, Most, Scan.Later);
    private long _notSaidBefore = long.MinValue;

    /// <summary>True when files are scanned.</summary>
    public bool Are => _scanner is not null;

    /// <summary>Has a file scanned when it is its turn.</summary>
    /// <param name="office">Office that waits for its turn.</param>
    /// <param name="person">Person who waits for theirs within the office.</param>
    /// <param name="open">Opens the file when that comes; null when it is gone.</param>
    public Task<Scan> MakeAsync(
        string office, Guid person, Func<CancellationToken, Task<Stream?>> open, CancellationToken cancellation) =>
        _turns.TakeAsync(office, person, ended => MakeAsync(open, ended), cancellation);

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _turns.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        _turns.ServeAsync(Timeout.InfiniteTimeSpan, () => Task.CompletedTask, stoppingToken);

    private async Task<Scan> MakeAsync(Func<CancellationToken, Task<Stream?>> open, CancellationToken cancellation)
    {
        if (_scanner is null) return Scan.Later;
        await using var content = await open(cancellation);
        if (content is null) return Scan.Later;
        try
        {
            var found = await _scanner.ScanAsync(content, cancellation);
            FileTelemetry.Scanned(found is null ? "clean" : "found");
            if (found is not null) LogFound(found);
            return new Scan(true, found);
        }
        catch (ScannerUnavailableException e)
        {
            FileTelemetry.Scanned("unavailable");
            if (Environment.TickCount64 >= Interlocked.Read(ref _notSaidBefore))
            {
                Interlocked.Exchange(ref _notSaidBefore, Environment.TickCount64 + (long)s_saidEvery.TotalMilliseconds);
                LogUnavailable(e);
            }

            return Scan.Later;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The scanner found {Name} in a file; nobody gets it")]
    private partial void LogFound(string name);

    [LoggerMessage(LogLevel.Error, "Files cannot be scanned: nobody gets those that arrive until they are")]
    private partial void LogUnavailable(Exception e);
}
