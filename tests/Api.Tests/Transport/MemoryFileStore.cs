using System.Collections.Concurrent;
using System.Security.Cryptography;
using Messaging.Application.Ports;

namespace Messaging.Api.Tests.Transport;

/// <summary>Keeps files in memory, and says what is staged and kept.</summary>
public sealed class MemoryFileStore(long limit) : IFileStore
{
    private int _next;

    public ConcurrentDictionary<string, byte[]> Staged { get; } = [];

    public ConcurrentDictionary<Guid, byte[]> Kept { get; } = [];

    public int Stagings { get; private set; }

    public async Task<StagedFile> StageAsync(Stream content, CancellationToken cancellation)
    {
        Stagings++;
        using var bytes = new MemoryStream();
        var buffer = new byte[4096];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellation)) > 0)
        {
            if (bytes.Length + read > limit) throw new FileTooLargeException(limit);
            bytes.Write(buffer, 0, read);
        }
        var key = $"{Interlocked.Increment(ref _next)}";
        Staged[key] = bytes.ToArray();
        return new StagedFile(key, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())), null);
    }

    public Task KeepAsync(StagedFile file, Guid fileId, CancellationToken cancellation)
    {
        if (Staged.TryRemove(file.Key, out var bytes)) Kept[fileId] = bytes;
        return Task.CompletedTask;
    }

    public Task DiscardAsync(StagedFile file)
    {
        Staged.TryRemove(file.Key, out _);
        return Task.CompletedTask;
    }

    public Task<Stream?> OpenReadAsync(Guid fileId, CancellationToken cancellation) =>
        Task.FromResult<Stream?>(Kept.TryGetValue(fileId, out var bytes) ? new MemoryStream(bytes) : null);

    public Task DeleteAsync(Guid fileId, CancellationToken cancellation)
    {
        Kept.TryRemove(fileId, out _);
        return Task.CompletedTask;
    }
}
