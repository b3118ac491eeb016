using System.Buffers;
using System.Security.Cryptography;

namespace Messaging.Api.Files;

/// <summary>Writes content into a file while it counts and hashes it.</summary>
internal static class HashedCopy
{
    private const int BufferSize = 80 * 1024;

    /// <summary>Writes all of it; when this returns it is on disk.</summary>
    /// <param name="look">
    /// Sees each piece before it is written, and the number of bytes up to its end; throws to stop.
    /// </param>
    /// <returns>Number of bytes, and their SHA-256 in hexadecimal.</returns>
    public static async Task<(long Size, string Sha256)> WriteAsync(
        Stream content, FileStream file, CancellationToken cancellation, Action<ReadOnlySpan<byte>, long>? look = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var size = 0L;
            while (await content.ReadAsync(buffer.AsMemory(0, BufferSize), cancellation) is var read and > 0)
            {
                size += read;
                look?.Invoke(buffer.AsSpan(0, read), size);
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }

            // Here, while the file is open.
            file.Flush(flushToDisk: true);
            return (size, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
