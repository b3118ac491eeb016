using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Messaging.Application.Files;

namespace Messaging.Application.History;

/// <summary>Where an archive is written to: a folder, or a ZIP. Notes the SHA-256 of whatever it is given.</summary>
public abstract class ExportSink : IDisposable
{
    /// <summary>The list of sums, which <c>sha256sum --check</c> reads.</summary>
    public const string Sums = "SHA256SUMS";

    /// <summary>Where the files of conversations are, each under its SHA-256.</summary>
    internal const string FilesFolder = "files/";

    private readonly MemoryStream _sums = new();

    /// <summary>The number of files so far.</summary>
    public long Files { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sums.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Adds a file.</summary>
    /// <param name="path">Its path in the archive, of harmless characters.</param>
    /// <param name="writeAsync">Writes it; is not called where it is there already.</param>
    public async Task AddAsync(string path, Func<Stream, Task> writeAsync, CancellationToken cancellation)
    {
        var sum = await FindAsync(path, cancellation) ?? await WriteAsync(path, writeAsync, cancellation);
        _sums.Write(Encoding.ASCII.GetBytes($"{sum}  {path}\n"));
        Files++;
    }

    /// <summary>Adds a file of a conversation, as <c>files/&lt;sha256&gt;</c>.</summary>
    /// <returns>False where it is not there, or is not what was attached.</returns>
    internal async Task<bool> TryAddFileAsync(
        IFileStore files, Guid fileId, string sha256, CancellationToken cancellation)
    {
        await using var content = await files.OpenReadAsync(fileId, cancellation);
        if (content is null
            || Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation)) != sha256) return false;
        content.Position = 0;
        await AddAsync($"{FilesFolder}{sha256}", stream => content.CopyToAsync(stream, cancellation), cancellation);
        return true;
    }

    /// <summary>Adds a file that is there already.</summary>
    /// <returns>False where it is not.</returns>
    public async Task<bool> TryKeepAsync(string path, CancellationToken cancellation)
    {
        if (!await IsThereAsync(path)) return false;
        await AddAsync(path, _ => Task.CompletedTask, cancellation);
        return true;
    }

    /// <summary>Writes the list of sums.</summary>
    /// <returns>Its own sum, in hexadecimal.</returns>
    internal async Task<string> WriteSumsAsync(CancellationToken cancellation)
    {
        await RemoveAsync(Sums);
        return await WriteAsync(
            Sums,
            async stream =>
            {
                _sums.Position = 0;
                await _sums.CopyToAsync(stream, cancellation);
            },
            cancellation);
    }

    /// <summary>Writes a file that is in no list of sums, and says its SHA-256 in hexadecimal.</summary>
    public abstract Task<string> WriteAsync(
        string path, Func<Stream, Task> writeAsync, CancellationToken cancellation);

    /// <summary>The sum of a file that is there already; null where it is not.</summary>
    protected abstract Task<string?> FindAsync(string path, CancellationToken cancellation);

    /// <summary>True when a file is there already.</summary>
    protected abstract Task<bool> IsThereAsync(string path);

    /// <summary>Removes what an earlier attempt left.</summary>
    internal abstract Task RemoveAsync(string path);

    /// <summary>Writes, and says the SHA-256 of it in hexadecimal.</summary>
    private protected static async Task<string> HashedAsync(
        Stream target, Func<Stream, Task> writeAsync, CancellationToken cancellation)
    {
        using var hash = SHA256.Create();
        await using (var hashing = new CryptoStream(target, hash, CryptoStreamMode.Write, leaveOpen: true))
        {
            await using (var buffer = new BufferedStream(new KeptOpen(hashing), 64 * 1024)) await writeAsync(buffer);
            await hashing.FlushFinalBlockAsync(cancellation);
        }

        return Convert.ToHexStringLower(hash.Hash!);
    }

    /// <summary>A stream that is written to, in the asynchronous way only, and not closed.</summary>
    private sealed class KeptOpen(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
            // Whoever has the stream below does.
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) =>
            throw new NotSupportedException("Archives are written asynchronously.");

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            inner.WriteAsync(buffer, offset, count, cancellationToken);

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);
    }
}

/// <summary>
/// A folder, which only its owner may read. A file gets its name when it is whole and on the disk, so that an archive
/// that was cut off is gone on with, also after a power failure.
/// </summary>
public sealed class ExportFolder(string directory) : ExportSink
{
    /// <summary>What a file's name ends with while it is written.</summary>
    public const string Part = ".part";

    private readonly string _directory = Path.GetFullPath(directory);

    /// <summary>The path of a file.</summary>
    public string PathOf(string path) => Path.Combine(_directory, path);

    /// <inheritdoc/>
    public override async Task<string> WriteAsync(
        string path, Func<Stream, Task> writeAsync, CancellationToken cancellation)
    {
        var target = PathOf(path);
        var part = target + Part;
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            MakeFolder(Path.GetDirectoryName(target)!);
            string sum;
            await using (var file = new FileStream(part, options))
            {
                sum = await HashedAsync(file, writeAsync, cancellation);
                file.Flush(flushToDisk: true);
            }

            File.Move(part, target, overwrite: true);
            return sum;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExportException(
                $"The archive in {_directory} was not finished: {e.Message.TrimEnd('.')}. The same command goes on "
                    + "with it.",
                e);
        }
    }

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(
            folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    internal override Task RemoveAsync(string path)
    {
        File.Delete(PathOf(path));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task<bool> IsThereAsync(string path) => Task.FromResult(File.Exists(PathOf(path)));

    /// <inheritdoc/>
    protected override async Task<string?> FindAsync(string path, CancellationToken cancellation)
    {
        if (!File.Exists(PathOf(path))) return null;
        await using var file = File.OpenRead(PathOf(path));
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }
}

/// <summary>A ZIP, written while it is read: nothing of it is kept.</summary>
public sealed class ExportZip(ZipArchive zip) : ExportSink
{
    /// <inheritdoc/>
    public override async Task<string> WriteAsync(
        string path, Func<Stream, Task> writeAsync, CancellationToken cancellation)
    {
        // Files of customers are pictures and PDF for the most part, which do not get smaller.
        var level = path.StartsWith(FilesFolder, StringComparison.Ordinal)
            ? CompressionLevel.NoCompression
            : CompressionLevel.Fastest;
        await using var entry = await zip.CreateEntry(path, level).OpenAsync(cancellation);
        return await HashedAsync(entry, writeAsync, cancellation);
    }

    internal override Task RemoveAsync(string path) => Task.CompletedTask;

    /// <inheritdoc/>
    protected override Task<bool> IsThereAsync(string path) => Task.FromResult(false);

    /// <inheritdoc/>
    protected override Task<string?> FindAsync(string path, CancellationToken cancellation) =>
        Task.FromResult<string?>(null);
}
