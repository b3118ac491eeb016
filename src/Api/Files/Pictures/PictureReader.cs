namespace Messaging.Api.Files.Pictures;

/// <summary>
/// Reads a stranger's file here and there, by one buffer: a file of millions of tiny parts costs no more reads than one
/// of a few.
/// </summary>
internal sealed class PictureReader(Stream file)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private long _from;
    private int _count;

    /// <summary>In bytes.</summary>
    public long Length { get; } = file.Length;

    /// <summary>Returns the bytes at a place, as far as they are at hand: at least one, except at the end.</summary>
    public ReadOnlySpan<byte> At(long place)
    {
        if (place < 0 || place >= Length) return [];
        if (place < _from || place >= _from + _count)
        {
            file.Position = place;
            (_from, _count) = (place, file.ReadAtLeast(_buffer, 1, throwOnEndOfStream: false));
        }

        return _buffer.AsSpan((int)(place - _from), (int)(_from + _count - place));
    }

    /// <summary>Reads bytes at a place until the span is full.</summary>
    /// <returns>True when all of them are there.</returns>
    public bool TryRead(long place, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var read = At(place);
            if (read.IsEmpty) return false;
            var taken = Math.Min(read.Length, bytes.Length);
            read[..taken].CopyTo(bytes);
            bytes = bytes[taken..];
            place += taken;
        }

        return true;
    }

    /// <summary>The byte at a place; -1 behind the end.</summary>
    public int ByteAt(long place) => At(place) is [var first, ..] ? first : -1;
}
