using System.Collections.Concurrent;
using Messaging.Api.Files.Scanning;
using Messaging.Application;
using Messaging.Application.Files;
using Messaging.Domain;

namespace Messaging.Api.Files;

/// <summary>
/// Processes a file after its arrival: has it scanned, where a scanner is configured, and makes a small picture of it.
/// This happens at once, and its uploader waits for a while; work that was missed then (too much to do, a scanner that
/// is away, a restart) is done later, from the table of uploads, by the first node that comes to it.
/// </summary>
internal sealed partial class AfterUpload(
    Uploads uploads, UploadBacklog backlog, IFileStore store, Scans scans, Thumbnails thumbnails,
    ILogger<AfterUpload> logger) : BackgroundService
{
    /// <summary>Longest wait of an uploader, for all files of a request together.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Limit of files taken from the table at once: fewer have their turn.
    private const int MostLate = 100;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<Guid, Task> _late = [];

    /// <summary>True when files are scanned before anybody gets them.</summary>
    public bool Scans => scans.Are;

    /// <summary>Does the work at once, as far as that is possible while the uploader waits.</summary>
    /// <param name="until">Ends the waiting, not the work.</param>
    /// <param name="cancellation">
    /// The uploader has gone: nobody will ever know the file's id, so nothing more is done and the file is discarded.
    /// </param>
    /// <returns>The file, as it is then.</returns>
    public async Task<UploadedFile> FinishAsync(
        Caller caller, UploadedFile file, CancellationToken until, CancellationToken cancellation)
    {
        if (file.State.Scan is not FileScan.Pending && !Thumbnails.MayBeOf(file.Upload.MediaType)) return file;
        // A source of its own: the request's token is cancelled with the request, also when the work goes on.
        var gone = new CancellationTokenSource();
        var work = FinishAsync(
            caller.TenantId, caller.Actor.Id, file.Upload.Id, file.State.Scan, file.Upload.MediaType, gone.Token);
        try
        {
            await Task.WhenAny(work, Task.Delay(Timeout.Infinite, until)).WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            await gone.CancelAsync();
            await uploads.DiscardAsync(caller, file.Upload.Id);
            throw;
        }
        finally
        {
            _ = TryAsync(() => work);
        }

        return await uploads.FindAsync(caller, file.Upload.Id, cancellation) ?? file;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isPassedOver = false;
        await Repeatedly.EveryAsync(s_period, LookAsync, LogFailed, stoppingToken);
        await Task.WhenAll(_late.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        async Task LookAsync(CancellationToken stopping)
        {
            if (!isPassedOver) await backlog.PassOverThumbnailsAsync(PictureTypes.All, stopping);
            isPassedOver = true;
            await CatchUpAsync(stopping);
        }
    }

    /// <summary>Begins with the work that was missed.</summary>
    internal async Task CatchUpAsync(CancellationToken cancellation)
    {
        if (scans.Are && _late.Count < MostLate)
        {
            foreach (var due in await backlog.TakeScansAsync(MostLate - _late.Count, cancellation))
                Begin(due, () => ScanAsync(due.TenantId, due.Person, due.Id, cancellation));
        }

        if (_late.Count < MostLate)
        {
            foreach (var due in await backlog.TakeThumbnailsAsync(MostLate - _late.Count, cancellation))
                Begin(due, () => MakeThumbnailAsync(due.TenantId, due.Person, due.Id, cancellation));
        }
    }

    private void Begin(DueFile due, Func<Task> work)
    {
        // Not twice: it may be under way longer than the table knows.
        var begun = new TaskCompletionSource();
        if (!_late.TryAdd(due.Id, begun.Task)) return;
        _ = RunAsync();

        async Task RunAsync()
        {
            await TryAsync(work);
            _late.TryRemove(due.Id, out _);
            begun.SetResult();
        }
    }

    private async Task FinishAsync(
        string tenant, Guid person, Guid id, FileScan scan, string mediaType, CancellationToken cancellation)
    {
        // A file that nobody may see gets no picture.
        if (scan is FileScan.Pending && !await ScanAsync(tenant, person, id, cancellation)) return;
        if (Thumbnails.MayBeOf(mediaType)) await MakeThumbnailAsync(tenant, person, id, cancellation);
    }

    /// <returns>True when it is clean.</returns>
    private async Task<bool> ScanAsync(string tenant, Guid person, Guid id, CancellationToken cancellation)
    {
        var scan = await scans.MakeAsync(tenant, person, open => store.OpenReadAsync(id, open), cancellation);
        if (!scan.IsDone) return false;
        await backlog.SettleScanAsync(tenant, id, scan.Found, CancellationToken.None);
        return scan.Found is null;
    }

    private async Task MakeThumbnailAsync(string tenant, Guid person, Guid id, CancellationToken cancellation)
    {
        var made = await thumbnails.MakeAsync(tenant, person, open => store.OpenReadAsync(id, open), cancellation);
        FileTelemetry.Thumbnail(made.Picture is not null ? "made" : made.IsSettled ? "none" : "later");
        if (!made.IsSettled) return;
        if (made.Picture is { } picture) await store.KeepThumbnailAsync(id, picture, CancellationToken.None);
        // Discarded meanwhile: its bytes may be gone already.
        if (!await backlog.SettleThumbnailAsync(tenant, id, made.Picture is not null, CancellationToken.None))
            await store.DeleteAsync(id, CancellationToken.None);
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
        }
        catch (OperationCanceledException)
        {
            // The product stops.
        }
    }

    [LoggerMessage(LogLevel.Warning, "What is done to files after they arrived failed; it is tried again later")]
    private partial void LogFailed(Exception e);
}
