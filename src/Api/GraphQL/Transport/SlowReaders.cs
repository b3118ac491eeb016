namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// How long a client may take to take what it is sent. A piece of an answer at a time
/// (<see cref="AnswerBuffer.PieceSize"/>): whoever reads slowly gets all of it, whoever reads next to nothing is let
/// go, and neither holds more than is still to be sent.
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
