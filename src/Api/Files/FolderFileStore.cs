using Messaging.Application.Files;
using Messaging.Domain;

namespace Messaging.Api.Files;

/// <summary>
/// Keeps files in a folder: <c>staging</c> for what arrives, <c>kept</c> for the rest and <c>thumbnails</c> for their
/// pictures, on one file system so that keeping is one rename.
/// </summary>
internal sealed class FolderFileStore : IFileStore
{
    [Stored("folder_of_files")]
    private const string KeptFolder = "kept";

    [Stored("folder_of_thumbnails")]
    private const string ThumbnailsFolder = "thumbnails";

    // Looked at again whenever so much of a file has arrived.
    private const long RoomEvery = 4 * 1024 * 1024;

    // ENOSPC, and ERROR_DISK_FULL as an HRESULT; a quota of the file system's own (EDQUOT, on Linux and macOS) is the
    // same.
    private static readonly HashSet<int> s_full = [28, 122, 69, unchecked((int)0x80070070)];

    private readonly long _maximum;
    private readonly long _reserve;
    private readonly string _directory;
    private readonly string _staging;
    private readonly string _kept;
    private readonly string _thumbnails;

    public FolderFileStore(FileStoreOptions options)
    {
        (_maximum, _reserve, _directory) = (options.MaximumBytes, options.ReserveBytes, options.Directory);
        _staging = Path.Combine(options.Directory, "staging");
        _kept = Path.Combine(options.Directory, KeptFolder);
        _thumbnails = Path.Combine(options.Directory, ThumbnailsFolder);
        CreatePrivate(options.Directory);
        CreatePrivate(_staging);
        CreatePrivate(_kept);
        CreatePrivate(_thumbnails);
        DirectoryFlush.ToDisk(options.Directory);
        Id = new StoreId(options.Directory);
    }

    /// <summary>Identity of the folder.</summary>
    public StoreId Id { get; }

    /// <inheritdoc/>
    public Task<StagedFile> StageAsync(Stream content, CancellationToken cancellation) =>
        WhereThereIsRoomAsync(() => StageWhereThereIsRoomAsync(content, cancellation));

    private async Task<StagedFile> StageWhereThereIsRoomAsync(Stream content, CancellationToken cancellation)
    {
        Id.Check();
        var key = Guid.NewGuid().ToString("N");
        var path = StagedPath(key);
        var first = new byte[MediaTypes.SniffedBytes];
        var (sniffed, looked) = (0, 0L);
        try
        {
            // A staged file is on disk before it is kept.
            await using var file = new FileStream(path, Private());
            var (size, sha256) = await HashedCopy.WriteAsync(content, file, cancellation, Look);
            FileTelemetry.Received(size);
            return new StagedFile(key, size, sha256, MediaTypes.Sniff(first.AsSpan(0, sniffed)));
        }
        catch
        {
            File.Delete(path);
            throw;
        }

        void Look(ReadOnlySpan<byte> piece, long size)
        {
            if (size > _maximum) throw new FileTooLargeException(_maximum);
            if (size - looked >= RoomEvery || looked == 0)
            {
                looked = size;
                if (new DriveInfo(_directory).AvailableFreeSpace < _reserve + piece.Length)
                    throw new NoRoomForFilesException();
            }

            var taken = Math.Min(piece.Length, first.Length - sniffed);
            piece[..taken].CopyTo(first.AsSpan(sniffed));
            sniffed += taken;
        }
    }

    /// <inheritdoc/>
    public async Task<StagedFile> CopyAsync(StagedFile file, CancellationToken cancellation)
    {
        await using var staged = await OpenAsync(StagedPath(file.Key), cancellation)
            ?? throw new InvalidOperationException("The file is no longer staged.");
        return await StageAsync(staged, cancellation);
    }

    /// <inheritdoc/>
    public Task KeepAsync(StagedFile file, Guid fileId, CancellationToken cancellation) => WhereThereIsRoomAsync(() =>
    {
        cancellation.ThrowIfCancellationRequested();
        Id.Check();
        var staged = StagedPath(file.Key);
        var kept = KeptPath(fileId);
        var folder = FolderOf(kept);
        try
        {
            File.Move(staged, kept, overwrite: false);
        }
        catch (IOException) when (File.Exists(kept))
        {
            // Kept before, perhaps by a try whose answer was lost.
            File.Delete(staged);
        }
        DirectoryFlush.ToDisk(folder);
        return Task.FromResult(true);
    });

    /// <inheritdoc/>
    public Task DiscardAsync(StagedFile file)
    {
        File.Delete(StagedPath(file.Key));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenReadAsync(Guid fileId, CancellationToken cancellation) =>
        OpenAsync(KeptPath(fileId), cancellation);

    /// <inheritdoc/>
    public Task KeepThumbnailAsync(Guid fileId, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        WhereThereIsRoomAsync(async () =>
        {
            var staged = StagedPath(Guid.NewGuid().ToString("N"));
            var path = PathIn(_thumbnails, fileId);
            try
            {
                await using (var file = new FileStream(staged, Private()))
                {
                    await file.WriteAsync(content, cancellation);
                    file.Flush(flushToDisk: true);
                }

                var folder = FolderOf(path);
                File.Move(staged, path, overwrite: true);
                DirectoryFlush.ToDisk(folder);
            }
            catch
            {
                File.Delete(staged);
                throw;
            }

            return true;
        });

    /// <inheritdoc/>
    public Task<Stream?> OpenThumbnailAsync(Guid fileId, CancellationToken cancellation) =>
        OpenAsync(PathIn(_thumbnails, fileId), cancellation);

    private static async Task<T> WhereThereIsRoomAsync<T>(Func<Task<T>> write)
    {
        try
        {
            return await write();
        }
        catch (IOException e) when (s_full.Contains(e.HResult))
        {
            throw new NoRoomForFilesException(e);
        }
    }

    private Task<Stream?> OpenAsync(string path, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult<Stream?>(new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read | FileShare.Delete,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                // Readers bring a buffer of their own.
                BufferSize = 0,
            }));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            Id.Check();
            return Task.FromResult<Stream?>(null);
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(Guid fileId, CancellationToken cancellation)
    {
        Id.Check();
        foreach (var path in (string[])[KeptPath(fileId), PathIn(_thumbnails, fileId)])
        {
            // File.Delete minds a missing directory, though not a missing file.
            if (File.Exists(path)) File.Delete(path);
        }

        return Task.CompletedTask;
    }

    /// <summary>Removes staged files that have not been touched since; returns their number.</summary>
    public int RemoveStaged(DateTimeOffset notTouchedSince)
    {
        var removed = 0;
        foreach (var file in new DirectoryInfo(_staging).EnumerateFiles())
        {
            if (file.LastWriteTimeUtc >= notTouchedSince.UtcDateTime) continue;
            file.Delete();
            removed++;
        }
        return removed;
    }

    // A key comes back from our caller: only what we made ourselves may become a path.
    private string StagedPath(string key) => Path.Combine(_staging, Guid.ParseExact(key, "N").ToString("N"));

    /// <summary>
    /// In one of 4,096 folders, by the last digits: the first ones of a Guid v7 are the time and would fill one folder
    /// after the other.
    /// </summary>
    private static string PathIn(string folder, Guid id)
    {
        var name = id.ToString("N");
        return Path.Combine(folder, name[^3..], name);
    }

    private string KeptPath(Guid id) => PathIn(_kept, id);

    // Made when the first file comes into it.
    private static string FolderOf(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (Directory.Exists(folder)) return folder;
        CreatePrivate(folder);
        DirectoryFlush.ToDisk(Path.GetDirectoryName(folder)!);
        return folder;
    }

    private static void CreatePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(
                directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static FileStreamOptions Private()
    {
        var file = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return file;
    }
}
