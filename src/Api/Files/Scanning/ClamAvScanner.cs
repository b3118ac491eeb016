using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Messaging.Application.Files;

namespace Messaging.Api.Files.Scanning;

/// <summary>
/// Scans by ClamAV's protocol INSTREAM (clamd(8)): the file in chunks that begin with their length, a chunk of length
/// zero, and one line as the answer.
/// </summary>
internal sealed class ClamAvScanner(ScannerOptions options) : IFileScanner
{
    private const int ChunkLength = 64 * 1024;
    private const int LongestAnswer = 4 * 1024;
    private const int LongestName = 200;

    /// <inheritdoc/>
    public async Task<string?> ScanAsync(Stream content, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(options.Timeout);
        try
        {
            using var socket = await options.ConnectAsync(patience.Token);
            await using var daemon = new NetworkStream(socket);
            await SendAsync(content, daemon, patience.Token);
            return FoundIn(await ReadAsync(daemon, patience.Token));
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new ScannerUnavailableException(
                $"clamd did not answer within {options.Timeout.TotalSeconds:0.#} s.", e);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new ScannerUnavailableException($"clamd cannot be reached: {e.Message}", e);
        }
    }

    private static async Task SendAsync(Stream content, NetworkStream daemon, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(4 + ChunkLength);
        try
        {
            await daemon.WriteAsync("zINSTREAM\0"u8.ToArray(), cancellation);
            int read;
            do
            {
                read = await content.ReadAsync(buffer.AsMemory(4, ChunkLength), cancellation);
                BinaryPrimitives.WriteInt32BigEndian(buffer, read);
                await daemon.WriteAsync(buffer.AsMemory(0, 4 + read), cancellation);
            }
            while (read > 0);
        }
        catch (IOException) when (daemon.DataAvailable)
        {
            // The scanner closes the connection in the middle of a file that is too long, after an answer that says so.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<string> ReadAsync(NetworkStream daemon, CancellationToken cancellation)
    {
        var answer = new byte[LongestAnswer];
        var length = 0;
        int read;
        while (length < answer.Length && (read = await daemon.ReadAsync(answer.AsMemory(length), cancellation)) > 0)
        {
            length += read;
            if (answer.AsSpan(0, length).Contains((byte)0)) break;
        }

        return Encoding.UTF8.GetString(answer, 0, length).TrimEnd('\0', '\n');
    }

    /// <summary>Reads an answer: "stream: OK", "stream: name FOUND", or an error.</summary>
    private static string? FoundIn(string answer)
    {
        const string about = "stream: ";
        if (answer == about + "OK") return null;
        if (answer.StartsWith(about, StringComparison.Ordinal) && answer.EndsWith(" FOUND", StringComparison.Ordinal))
        {
            var name = new string([.. answer[about.Length..^" FOUND".Length].Where(c => !char.IsControl(c))
                .Take(LongestName)]).Trim();
            return name.Length > 0 ? name : "?";
        }

        throw new ScannerUnavailableException(
            answer.Contains("size limit exceeded", StringComparison.OrdinalIgnoreCase)
                ? "The file is larger than clamd takes: raise its StreamMaxLength to Messaging:Files:MaximumBytes."
                : answer.Length == 0 ? "clamd closed the connection without an answer."
                : $"clamd answered: {new string([.. answer.Where(c => !char.IsControl(c)).Take(LongestName)])}");
    }
}
