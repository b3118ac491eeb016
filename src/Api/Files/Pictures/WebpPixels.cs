using System.Buffers.Binary;

namespace Messaging.Api.Files.Pictures;

/// <summary>
/// Finds the parts of a WebP that its pixels need (RFC 9649): the picture, or the first one of an animation. Profile
/// and metadata are left out.
/// </summary>
internal static class WebpPixels
{
    private const byte IsAnimated = 0x02;
    private const byte HasAlpha = 0x10;

    // In the frame's own header: x, y, width, height, duration and flags.
    private const int FrameHeader = 16;

    /// <summary>Reads a file that begins as a WebP does.</summary>
    public static Picture? Read(PictureReader file)
    {
        var chunks = new PictureContent();
        var (orientation, pixels, alpha) = (ExifOrientation.Upright, false, false);
        var size = default((long Width, long Height));
        (long Width, long Height) canvas = default;
        var (memory, claimed) = (0L, 4L);
        Span<byte> begin = stackalloc byte[8];
        Span<byte> header = stackalloc byte[10];
        var place = 12L;
        for (var parts = 0; file.TryRead(place, begin); parts++)
        {
            if (parts == Picture.MostParts) return null;
            long length = BinaryPrimitives.ReadUInt32LittleEndian(begin[4..]);
            var next = place + 8 + length + (length & 1);
            var kind = begin[..4];
            if (parts == 0 && kind.SequenceEqual("VP8X"u8))
            {
                if (length < header.Length || !file.TryRead(place + 8, header)) return null;
                canvas = (1 + Number24(header[4..]), 1 + Number24(header[7..]));
                chunks.Add([.. "VP8X"u8, 10, 0, 0, 0, (byte)(header[0] & (IsAnimated | HasAlpha)), 0, 0, 0,
                    .. header[4..10]]);
                claimed += 8 + header.Length;
            }
            else if (!pixels && (kind.SequenceEqual("VP8 "u8) || kind.SequenceEqual("VP8L"u8)))
            {
                if (Size(file, place, kind) is not { } found) return null;
                (size, pixels) = (found, true);
                memory += Memory(found, kind);
                claimed += AddChunk(chunks, file, place, length);
            }
            else if (!pixels && !alpha && kind.SequenceEqual("ALPH"u8))
            {
                alpha = true;
                memory += 5 * canvas.Width * canvas.Height;
                claimed += AddChunk(chunks, file, place, length);
            }
            else if (!pixels && kind.SequenceEqual("ANIM"u8) && length == 6)
            {
                claimed += AddChunk(chunks, file, place, length);
            }
            else if (!pixels && kind.SequenceEqual("ANMF"u8) && length > FrameHeader)
            {
                if (ReadFrame(file, place, length) is not { } frame) return null;
                (size, pixels) = (frame.Size, true);
                memory += frame.Memory;
                chunks.Add([.. "ANMF"u8, .. LittleEndian(FrameHeader + frame.Claimed)]);
                chunks.AddPart(place + 8, FrameHeader);
                claimed += 8 + FrameHeader + frame.Claimed;
                foreach (var (from, count) in frame.Parts) AddChunk(chunks, file, from, count);
            }
            else if (kind.SequenceEqual("EXIF"u8))
            {
                orientation = ExifOrientation.Read(file, place + 8, Math.Min(length, file.Length - place - 8));
            }

            // A plain one is its first chunk.
            if (canvas == default) break;
            place = next;
        }

        if (!pixels) return null;
        if (canvas == default) canvas = size;
        // It comes out scaled; what libwebp and we keep meanwhile is the file's bytes.
        if (!Picture.IsAffordable(canvas.Width, canvas.Height, 1_280 * 1_280, memory + (2 * chunks.Length))
            || !Picture.IsAffordable(size.Width, size.Height, 0, 0))
            return null;
        var content = new PictureContent();
        content.Add([.. "RIFF"u8, .. LittleEndian(claimed), .. "WEBP"u8]);
        content.Add(chunks);
        return new Picture(PictureFormat.Webp, (int)canvas.Width, (int)canvas.Height, orientation, content);
    }

    /// <summary>The chunks of one picture of an animation.</summary>
    /// <returns>Its size, the chunks, how long they are as one, and what decoding takes; null when there is no picture
    /// in it.</returns>
    private static ((long Width, long Height) Size, List<(long From, long Length)> Parts, long Claimed,
        long Memory)? ReadFrame(PictureReader file, long frame, long length)
    {
        List<(long From, long Length)> parts = [];
        var (claimed, memory) = (0L, 0L);
        Span<byte> begin = stackalloc byte[8];
        Span<byte> header = stackalloc byte[FrameHeader];
        if (!file.TryRead(frame + 8, header)) return null;
        var place = frame + 8 + FrameHeader;
        for (var count = 0; count < 16 && place + 8 <= frame + 8 + length && file.TryRead(place, begin); count++)
        {
            long size = BinaryPrimitives.ReadUInt32LittleEndian(begin[4..]);
            var kind = begin[..4];
            var isAlpha = kind.SequenceEqual("ALPH"u8);
            if (isAlpha || kind.SequenceEqual("VP8 "u8) || kind.SequenceEqual("VP8L"u8))
            {
                parts.Add((place, size));
                claimed += 8 + size + (size & 1);
                if (!isAlpha)
                    return Size(file, place, kind) is { } found
                        ? (found, parts, claimed, memory + Memory(found, kind)) : null;
                memory += 5L * (1 + Number24(header[6..])) * (1 + Number24(header[9..]));
            }

            place += 8 + size + (size & 1);
        }

        return null;
    }

    // A lossless one is decoded as a whole, at four bytes a pixel and what its transforms take; a lossy one by rows.
    private static long Memory((long Width, long Height) size, ReadOnlySpan<byte> kind) =>
        kind.SequenceEqual("VP8L"u8) ? (4 * size.Width * size.Height) + (64 * size.Width) : 256 * size.Width;

    private static (long Width, long Height)? Size(PictureReader file, long chunk, ReadOnlySpan<byte> kind)
    {
        Span<byte> header = stackalloc byte[10];
        if (kind.SequenceEqual("VP8L"u8))
        {
            if (!file.TryRead(chunk + 8, header[..5]) || header[0] != 0x2F) return null;
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(header[1..]);
            return (1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF));
        }

        if (!file.TryRead(chunk + 8, header) || !header[3..].StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]))
            return null;
        return (BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) & 0x3FFF,
            BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) & 0x3FFF);
    }

    // As long as the file has it, and said to be as long as the file says: of what breaks off the decoder gives what it
    // has.
    private static long AddChunk(PictureContent content, PictureReader file, long place, long length)
    {
        var claimed = 8 + length + (length & 1);
        content.AddPart(place, Math.Min(claimed, file.Length - place));
        return claimed;
    }

    private static byte[] LittleEndian(long number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)number);
        return bytes;
    }

    private static long Number24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
}
