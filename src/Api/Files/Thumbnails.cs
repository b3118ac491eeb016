using System.Diagnostics;
using Messaging.Api.Files.Pictures;

namespace Messaging.Api.Files;

/// <summary>
/// Makes small pictures of images. The images are strangers': one is decoded at a time, in a process of its own
/// (<see cref="DecoderWorker"/>) whose death costs nothing but a thumbnail; offices and people take fair turns; and the
/// result has pixels only, nothing else of the file (places, names, programs).
/// </summary>
internal sealed partial class Thumbnails(ILogger<Thumbnails> logger) : BackgroundService
{
    /// <summary>Width and height are at most this.</summary>
    public const int Longest = PictureDecoder.Longest;

    /// <summary>The type of the pictures.</summary>
    public const string MediaType = PictureTypes.Webp;

    /// <summary>Limit of one person's waiting images; more are made later.</summary>
    public const int MostOfPerson = 20;

    /// <summary>Limit of waiting images in all.</summary>
    public const int Most = 1_000;

    // A decoder that has nothing to do takes some 40 MB.
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_beforeNextStart = TimeSpan.FromSeconds(30);

    private readonly Turns<Thumbnail> _turns = new(1, MostOfPerson, Most, Thumbnail.Later);
    private DecoderWorker? _worker;
    private long _notStartedBefore = long.MinValue;

    /// <summary>Program that is started to decode; a test may name another.</summary>
    internal Func<ProcessStartInfo?> Program { get; init; } = () => null;

    /// <summary>The number of the decoder's process; null while there is none.</summary>
    internal int? DecoderId => _worker?.ProcessId;

    /// <summary>True when there may be a picture of a file of this type.</summary>
    public static bool MayBeOf(string mediaType) => PictureTypes.All.Contains(mediaType);

    /// <summary>Makes one when it is its turn.</summary>
    /// <param name="office">Office that waits for its turn.</param>
    /// <param name="person">Person who waits for theirs within the office.</param>
    /// <param name="open">Opens the image, seekable, when that comes; null when it is gone.</param>
    /// <param name="cancellation">
    /// Gives up the turn, when nobody wants the picture any more, and ends work under way.
    /// </param>
    public Task<Thumbnail> MakeAsync(
        string office, Guid person, Func<CancellationToken, Task<Stream?>> open, CancellationToken cancellation) =>
        _turns.TakeAsync(office, person, ended => MakeAsync(open, ended), cancellation);

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _turns.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _turns.ServeAsync(s_idle, EndWorkerAsync, stoppingToken);
        await EndWorkerAsync();
    }

    private async Task<Thumbnail> MakeAsync(
        Func<CancellationToken, Task<Stream?>> open, CancellationToken cancellation)
    {
        try
        {
            await using var image = await open(cancellation);
            return image is null ? Thumbnail.None : await MakeAsync(image, cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
            return Thumbnail.Later;
        }
    }

    private async Task<Thumbnail> MakeAsync(Stream image, CancellationToken cancellation)
    {
        if (await Task.Run(() => Picture.Read(image), cancellation) is not { } picture) return Thumbnail.None;
        for (var tries = 1; ; tries++)
        {
            if (await WorkerAsync(cancellation) is not { } worker) return Thumbnail.Later;
            var decoded = await worker.DecodeAsync(picture, image, cancellation);
            if (decoded.Problem is { } problem)
            {
                _worker = null;
                cancellation.ThrowIfCancellationRequested();
                LogDied(problem);
                if (decoded.MayBeTriedAgain && tries == 1) continue;
            }

            return decoded.Small is { } small ? new Thumbnail(small, true) : Thumbnail.None;
        }
    }

    /// <summary>The decoder; null when it does not start.</summary>
    private async Task<DecoderWorker?> WorkerAsync(CancellationToken cancellation)
    {
        if (_worker is { IsWornOut: true }) await EndWorkerAsync();
        if (_worker is not null) return _worker;
        if (Environment.TickCount64 < _notStartedBefore) return null;
        try
        {
            return _worker = await DecoderWorker.StartAsync(Program(), cancellation);
        }
        catch (DecoderNotStartedException e)
        {
            _notStartedBefore = Environment.TickCount64 + (long)s_beforeNextStart.TotalMilliseconds;
            LogNotStarted(e);
            return null;
        }
    }

    private async Task EndWorkerAsync()
    {
        var worker = _worker;
        _worker = null;
        if (worker is not null) await worker.DisposeAsync();
    }

    [LoggerMessage(LogLevel.Warning, "A thumbnail could not be made; it is tried again later")]
    private partial void LogFailed(Exception e);

    [LoggerMessage(LogLevel.Warning, "The decoder of a picture {Problem}")]
    private partial void LogDied(string problem);

    [LoggerMessage(LogLevel.Error, "The decoder of pictures does not start: there are no thumbnails until it does")]
    private partial void LogNotStarted(Exception e);
}

/// <summary>Outcome for a thumbnail.</summary>
/// <param name="Picture">The small picture; null when there is none.</param>
/// <param name="IsSettled">True when it stays so; otherwise it is to be tried again later.</param>
internal sealed record Thumbnail(byte[]? Picture, bool IsSettled)
{
    /// <summary>There is no thumbnail of this image, and never will be.</summary>
    public static Thumbnail None { get; } = new(null, true);

    /// <summary>There was no time for it, or no decoder.</summary>
    public static Thumbnail Later { get; } = new(null, false);
}
