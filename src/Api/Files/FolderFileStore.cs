using System.Buffers;
using System.Security.Cryptography;
using Messaging.Application.Ports;

namespace Messaging.Api.Files;

/// <summary>Keeps files in a folder: <c>staging</c> for what arrives, <c>kept</c> for the rest, both on one file system so that keeping is one rename.</summary>
internal sealed class FolderFileStore : IFileStore
{
    private const int BufferSize = 80 * 1024;

    private readonly long _maximum;
    private readonly string _staging;
    private readonly string _kept;

    public FolderFileStore(FileStoreOptions options)
    {
        _maximum = options.MaximumBytes;
        _staging = Path.Combine(options.Directory, "staging");
        _kept = Path.Combine(options.Directory, "kept");
        CreatePrivate(options.Directory);
        CreatePrivate(_staging);
        CreatePrivate(_kept);
        DirectoryFlush.ToDisk(options.Directory);
    }

    /// <inheritdoc/>
    public async Task<StagedFile> StageAsync(Stream content, CancellationToken cancellation)
    {
        var key = Guid.NewGuid().ToString("N");
        var path = StagedPath(key);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var first = new byte[MediaTypes.SniffedBytes];
            var sniffed = 0;
            long size = 0;
            await using (var file = new FileStream(path, Private()))
            {
                int read;
                while ((read = await content.ReadAsync(buffer.AsMemory(0, BufferSize), cancellation)) > 0)
                {
                    size += read;
                    if (size > _maximum) throw new FileTooLargeException(_maximum);
                    hash.AppendData(buffer, 0, read);
                    if (sniffed < first.Length)
                    {
                        var taken = Math.Min(read, first.Length - sniffed);
                        buffer.AsSpan(0, taken).CopyTo(first.AsSpan(sniffed));
                        sniffed += taken;
                    }
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
                }
                // Here, while the file is open: what is kept later is on disk already.
                file.Flush(flushToDisk: true);
            }
            FileTelemetry.Received(size);
            return new StagedFile(key, size, Convert.ToHexStringLower(hash.GetHashAndReset()), MediaTypes.Sniff(first.AsSpan(0, sniffed)));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    public Task KeepAsync(StagedFile file, Guid fileId, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var staged = StagedPath(file.Key);
        var kept = KeptPath(fileId);
        var folder = Path.GetDirectoryName(kept)!;
        if (!Directory.Exists(folder))
        {
            CreatePrivate(folder);
            DirectoryFlush.ToDisk(_kept);
        }

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
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DiscardAsync(StagedFile file)
    {
        File.Delete(StagedPath(file.Key));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenReadAsync(Guid fileId, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult<Stream?>(new FileStream(KeptPath(fileId), new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read | FileShare.Delete,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                // Whoever reads brings a buffer.
                BufferSize = 0,
            }));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(Guid fileId, CancellationToken cancellation)
    {
        var path = KeptPath(fileId);
        // File.Delete minds a missing directory, though not a missing file.
        if (File.Exists(path)) File.Delete(path);
        return Task.CompletedTask;
    }

    /// <summary>Removes what was staged and not touched since; answers how many.</summary>
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

    /// <summary>In one of 4,096 folders, by the last digits: the first ones of a Guid v7 are the time and would fill one folder after the other.</summary>
    private string KeptPath(Guid id)
    {
        var name = id.ToString("N");
        return Path.Combine(_kept, name[^3..], name);
    }

    private static void CreatePrivate(string directory)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
        else Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static FileStreamOptions Private()
    {
        var file = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return file;
    }
}
