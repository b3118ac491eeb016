using System.Buffers;

namespace Messaging.Api.GraphQL.Transport;

/// <summary>
/// The buffer of an answer: pieces from the pool, counted in the claim of the request, and given back one by one as
/// they are sent. Never one large array, which would be copied as it grows and kept by the pool afterwards.
/// </summary>
/// <param name="claim">Null for the product's own short words.</param>
internal sealed class AnswerBuffer(Claim? claim) : IBufferWriter<byte>, IDisposable
{
    /// <summary>Bytes of a piece, mostly.</summary>
    public const int PieceSize = 64 * 1024;

    private readonly Queue<Piece> _pieces = [];
    private Piece? _last;

    /// <summary>True when written bytes are counted in the claim, which may refuse them.</summary>
    public bool IsCounted { get; set; } = claim is not null;

    /// <summary>The number of bytes written.</summary>
    public long Length { get; private set; }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _last!.Length += count;
        Length += count;
        if (IsCounted) claim!.Write(count);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_last is null || _last.Bytes.Length - _last.Length < Math.Max(sizeHint, 256))
        {
            var size = Math.Max(sizeHint, PieceSize);
            if (IsCounted) claim!.Keep(size);
            _last = new Piece(ArrayPool<byte>.Shared.Rent(size), IsCounted ? size : 0);
            _pieces.Enqueue(_last);
        }

        return _last.Bytes.AsMemory(_last.Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Writes something short that is refused in no case.</summary>
    public void WriteUncounted(ReadOnlySpan<byte> bytes)
    {
        var wasCounted = IsCounted;
        IsCounted = false;
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
        IsCounted = wasCounted;
    }

    /// <summary>Forgets what was written after a length.</summary>
    public void Rewind(long length)
    {
        claim?.Unwrite(Length - length);
        var kept = _pieces.ToArray();
        _pieces.Clear();
        (_last, Length) = (null, 0);
        foreach (var piece in kept)
        {
            if (Length >= length)
            {
                Return(piece);
                continue;
            }

            piece.Length = (int)Math.Min(piece.Length, length - Length);
            Length += piece.Length;
            _pieces.Enqueue(_last = piece);
        }
    }

    /// <summary>Sends what was written, piece by piece; each is given back when it was sent.</summary>
    /// <param name="send">Sends a piece, of which it is told whether it is the last one.</param>
    public async ValueTask SendAsync(Func<ReadOnlyMemory<byte>, bool, ValueTask> send)
    {
        while (_pieces.TryPeek(out var piece))
        {
            await send(piece.Bytes.AsMemory(0, piece.Length), _pieces.Count == 1);
            _pieces.Dequeue();
            Return(piece);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_pieces.TryDequeue(out var piece)) Return(piece);
        _last = null;
    }

    private void Return(Piece piece)
    {
        ArrayPool<byte>.Shared.Return(piece.Bytes);
        if (piece.Kept > 0) claim!.GiveBack(piece.Kept);
    }

    private sealed class Piece(byte[] bytes, int kept)
    {
        public byte[] Bytes => bytes;

        /// <summary>Bytes that are counted in the claim.</summary>
        public int Kept => kept;

        public int Length { get; set; }
    }
}
