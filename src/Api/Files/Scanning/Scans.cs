using Messaging.Application.Files;

namespace Messaging.Api.Files.Scanning;

/// <summary>What became of a scan.</summary>
/// <param name="IsDone">Whether the scanner has said something; when not, it is to be asked again later.</param>
/// <param name="Found">What it found; null when it found nothing.</param>
internal sealed record Scan(bool IsDone, string? Found)
{
    /// <summary>There was no answer, or no time.</summary>
    public static Scan Later { get; } = new(false, null);
}

/// <summary>
/// Has files scanned, some at once; offices and people get their turns fairly. Where no scanner is configured, none is.
/// </summary>
internal sealed partial class Scans(IEnumerable<IFileScanner> scanners, ILogger<Scans> logger) : BackgroundService
{
    /// <summary>How many files are scanned at once, on each node.</summary>
    public const int AtOnce = 4;

    /// <summary>How many files of one person may wait; more are scanned later.</summary>
    public const int MostOfPerson = 20;

    /// <summary>How many may wait in all.</summary>
    public const int Most = 1_000;

    private static readonly TimeSpan s_saidEvery = TimeSpan.FromMinutes(1);

    private readonly IFileScanner? _scanner = scanners.SingleOrDefault();
    private readonly Turns<Scan> _turns = new(AtOnce, MostOfPerson, Most, Scan.Later);
    private long _notSaidBefore = long.MinValue;

    /// <summary>Whether files are scanned.</summary>
    public bool Are => _scanner is not null;

    /// <summary>Has a file scanned when it is its turn.</summary>
    /// <param name="office">Whose turn it is, and within it</param>
    /// <param name="person">whose.</param>
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
