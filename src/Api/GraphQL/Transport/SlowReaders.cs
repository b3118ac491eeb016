namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// Limits the time in which a client must read its answer, one piece at a time
/// (<see cref="AnswerBuffer.PieceSize"/>): a slow client gets all of it, a client that reads next to nothing is
/// disconnected, and neither holds more than is still to be sent.
/// </summary>
internal static class SlowReaders
{
    /// <summary>
    /// Writes a piece and waits until the client has taken it, or what the machine keeps for it has room again.
    /// </summary>
    /// <exception cref="TimeoutException">The client takes nothing, or next to nothing.</exception>
    public static async ValueTask WriteAsync(
        HttpResponse response, ReadOnlyMemory<byte> bytes, TimeSpan patience, CancellationToken cancellation)
    {
        var written = response.BodyWriter.WriteAsync(bytes, cancellation);
        if (written.IsCompletedSuccessfully) written.GetAwaiter().GetResult();
        else await written.AsTask().WaitAsync(patience, cancellation);
    }
}
