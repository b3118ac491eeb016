using System.Security.Cryptography;
using Messaging.Application.Files;
using Microsoft.Extensions.Caching.Memory;

namespace Messaging.Api.Files;

/// <summary>
/// Kept files, each compared with its recorded SHA-256 before its last bytes are given out: nobody gets something else
/// under the name and the hash of what was attached.
/// </summary>
internal sealed partial class CheckedFiles(IFileStore store, ILogger<CheckedFiles> logger) : IDisposable
{
    private const int MostRemembered = 10_000;

    // A reader of a large file asks for its parts one after the other: they share one comparison.
    private static readonly TimeSpan s_compared = TimeSpan.FromMinutes(1);

    // Whoever asks for a damaged file again and again does not fill the log.
    private static readonly TimeSpan s_told = TimeSpan.FromHours(1);

    private readonly MemoryCache _compared = new(new MemoryCacheOptions { SizeLimit = MostRemembered });
    private readonly MemoryCache _told = new(new MemoryCacheOptions { SizeLimit = MostRemembered });

    /// <summary>Opens a file to send it.</summary>
    /// <param name="file">As it was recorded.</param>
    /// <param name="inParts">
    /// True when perhaps only a part of it is read, anywhere: all of it is compared first. False when it is read from
    /// its beginning: it is compared on the way.
    /// </param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="FileDamagedException">
    /// It is not as it was recorded. Reading throws it, too, in place of the last bytes.
    /// </exception>
    public async Task<Stream> OpenAsync(FileToSend file, bool inParts, CancellationToken cancellation)
    {
        if (inParts && !IsCompared(file)) await CompareAsync(file, cancellation);
        var content = await OpenAsync(file, cancellation);
        return inParts ? content : new ComparedStream(content, file.Sha256, found => Damaged(file, IsOther(found)));
    }

    /// <summary>Reads all of a file, and compares it.</summary>
    /// <exception cref="FileDamagedException">It is not as it was recorded.</exception>
    public async Task CompareAsync(FileToSend file, CancellationToken cancellation)
    {
        await using var content = await OpenAsync(file, cancellation);
        var found = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation));
        if (found != file.Sha256) throw Damaged(file, IsOther(found));
        _compared.Set(
            file.Id, file.Sha256,
            new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = s_compared });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _compared.Dispose();
        _told.Dispose();
    }

    private static string IsOther(string sha256) => $"its SHA-256 is {sha256}";

    private bool IsCompared(FileToSend file) =>
        _compared.TryGetValue(file.Id, out string? sha256) && sha256 == file.Sha256;

    private async Task<Stream> OpenAsync(FileToSend file, CancellationToken cancellation)
    {
        var content = await store.OpenReadAsync(file.Id, cancellation) ?? throw Damaged(file, "it is not there");
        if (content.Length == file.Size) return content;
        var length = content.Length;
        await content.DisposeAsync();
        throw Damaged(file, $"it has {length} bytes");
    }

    private FileDamagedException Damaged(FileToSend file, string what)
    {
        FileTelemetry.Damaged();
        if (!_told.TryGetValue(file.Id, out _))
        {
            _told.Set(
                file.Id, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = s_told });
            LogDamaged(file.Id, file.Size, file.Sha256, what);
        }

        return new FileDamagedException(file.Id, what);
    }

    [LoggerMessage(
        LogLevel.Critical,
        "File {Id} is not what was attached, {Size} bytes with SHA-256 {Sha256}: {What}. Nobody gets it until it is "
            + "put back from a backup")]
    private partial void LogDamaged(Guid id, long size, string sha256, string what);
}

/// <summary>A kept file is not as it was recorded.</summary>
internal sealed class FileDamagedException(Guid id, string what)
    : Exception($"File {id} is not what was attached: {what}.")
{
    /// <summary>What is wrong, as a part of a sentence.</summary>
    public string What { get; } = what;
}

/// <summary>
/// Hashes what is read, from the beginning on. What is read behind the last byte but one is given out only when all of
/// it is as it was recorded.
/// </summary>
/// <param name="content">Content; disposed of with it.</param>
/// <param name="sha256">The recorded hash, in hexadecimal.</param>
/// <param name="damaged">The exception, by the hash of what was read.</param>
internal sealed class ComparedStream(Stream content, string sha256, Func<string, Exception> damaged) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly long _length = content.Length;
    private long _position;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => _length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await content.ReadAsync(buffer, cancellationToken);
        if (read == 0)
        {
            // It has become shorter while it was read.
            if (_position < _length) throw damaged(Convert.ToHexStringLower(_hash.GetCurrentHash()));
            return 0;
        }

        _hash.AppendData(buffer.Span[..read]);
        _position += read;
        if (_position < _length) return read;
        var found = Convert.ToHexStringLower(_hash.GetCurrentHash());
        return _position == _length && found == sha256 ? read : throw damaged(found);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    /// <remarks>Only to where it is: a part is not what its hash is of.</remarks>
    public override long Seek(long offset, SeekOrigin origin)
    {
        var to = offset + origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _position,
            _ => _length,
        };
        return to == _position ? to : throw new NotSupportedException("A compared file is read from its beginning.");
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is written.
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
