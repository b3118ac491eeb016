namespace Messaging.Application.Files;

/// <summary>
/// The port to the store of file bytes. Access is decided before it is called. A call that finds no file checks whether
/// the store is there at all, and writers and removers get an error when it is not
/// (<see cref="FileStoreAwayException"/>).
/// </summary>
public interface IFileStore
{
    /// <summary>
    /// Streams content into a staging area, measuring, hashing and sniffing its type on the way; no more than a buffer
    /// of it is ever in memory. The store removes staged files that were not kept after a while.
    /// </summary>
    /// <exception cref="FileTooLargeException">The content exceeds the limit; nothing of it is kept.</exception>
    /// <exception cref="NoRoomForFilesException">The disk is full, or nearly; nothing of it is kept.</exception>
    Task<StagedFile> StageAsync(Stream content, CancellationToken cancellation);

    /// <summary>
    /// Stages the content of a staged file that was neither kept nor discarded once more, under a name of its own.
    /// </summary>
    /// <exception cref="NoRoomForFilesException">The disk is full, or nearly; nothing more is kept.</exception>
    Task<StagedFile> CopyAsync(StagedFile file, CancellationToken cancellation);

    /// <summary>
    /// Makes a staged file durable and readable under an id. Keeping it again under the same id has no effect.
    /// </summary>
    /// <exception cref="NoRoomForFilesException">The disk is full; it is staged as before.</exception>
    Task KeepAsync(StagedFile file, Guid fileId, CancellationToken cancellation);

    /// <summary>Removes a staged file that nobody kept; does nothing once it was kept.</summary>
    Task DiscardAsync(StagedFile file);

    /// <summary>Opens a kept file as a seekable stream; null when there is none.</summary>
    Task<Stream?> OpenReadAsync(Guid fileId, CancellationToken cancellation);

    /// <summary>Keeps a small picture beside a kept file. Keeping it again replaces it.</summary>
    Task KeepThumbnailAsync(Guid fileId, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>Opens the small picture of a kept file; null when there is none.</summary>
    Task<Stream?> OpenThumbnailAsync(Guid fileId, CancellationToken cancellation);

    /// <summary>Removes a kept file, and its small picture; does nothing when there is none.</summary>
    Task DeleteAsync(Guid fileId, CancellationToken cancellation);
}

/// <summary>Content that has arrived, whole, but is not kept yet.</summary>
/// <param name="Key">The store's own name of it.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
/// <param name="SniffedMediaType">The type its first bytes show, or null when they show none.</param>
public sealed record StagedFile(string Key, long Size, string Sha256, string? SniffedMediaType);

/// <summary>The content exceeds the limit.</summary>
/// <param name="limit">In bytes.</param>
public sealed class FileTooLargeException(long limit) : Exception(
    $"The file is larger than the limit of {limit} bytes.")
{
    /// <summary>In bytes.</summary>
    public long Limit { get; } = limit;
}

/// <summary>The disk is full, or has no more than is to stay free.</summary>
public sealed class NoRoomForFilesException(Exception? inner = null)
    : Exception("There is no room for files: the disk is full, or has no more than is to stay free.", inner);

/// <summary>
/// The place where files are kept is not there, or is another than the database knows: nothing is taken in or given
/// out, nothing removed.
/// </summary>
public sealed class FileStoreAwayException()
    : Exception("The file store is not there, or is not the one of this database.");
