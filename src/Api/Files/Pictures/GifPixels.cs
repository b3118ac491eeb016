using System.Buffers.Binary;

namespace Messaging.Api.Files.Pictures;

/// <summary>
/// Finds the parts of a GIF that the pixels of its first picture need (GIF89a): colours, transparency, and that
/// picture.
/// </summary>
internal static class GifPixels
{
    private const byte Extension = 0x21;
    private const byte Control = 0xF9;
    private const byte Image = 0x2C;
    private const byte Trailer = 0x3B;

    // Signature and description of the screen.
    private const int Header = 13;

    /// <summary>Reads a file that begins as a GIF does.</summary>
    public static Picture? Read(PictureReader file)
    {
        var content = new PictureContent();
        Span<byte> header = stackalloc byte[Header];
        if (!file.TryRead(0, header)) return null;
        var (width, height) = ((long)BinaryPrimitives.ReadUInt16LittleEndian(header[6..]),
            (long)BinaryPrimitives.ReadUInt16LittleEndian(header[8..]));
        long place = Header + ColorsLength(header[10]);
        content.AddPart(0, place);

        Span<byte> begin = stackalloc byte[10];
        (long From, long Length) control = default;
        for (var parts = 0; parts < Picture.MostParts; parts++)
        {
            switch (file.ByteAt(place))
            {
                case Extension:
                    var next = BehindBlocks(file, place + 2, out var cut);
                    if (cut) return null;
                    if (file.ByteAt(place + 1) == Control && next - place == 8) control = (place, 8);
                    place = next;
                    continue;
                case Image:
                    if (!file.TryRead(place, begin)) return null;
                    var (right, bottom) = (Sum(begin[1..], begin[5..]), Sum(begin[3..], begin[7..]));

                    // The screen is as large as its first picture where that is larger.
                    (width, height) = (Math.Max(width, right), Math.Max(height, bottom));
                    if (!Picture.IsAffordable(width, height, width * height, width * height)) return null;
                    content.AddPart(control.From, control.Length);
                    var end = BehindBlocks(file, place + 10 + ColorsLength(begin[9]) + 1, out _);
                    content.AddPart(place, end - place);
                    content.Add(Trailer);
                    return Picture.IsAffordable(width, height, width * height, (width * height) + (2 * content.Length))
                        ? new Picture(PictureFormat.Gif, (int)width, (int)height, ExifOrientation.Upright, content)
                        : null;
                default:
                    return null;
            }
        }

        return null;

        static long Sum(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) =>
            BinaryPrimitives.ReadUInt16LittleEndian(a) + (long)BinaryPrimitives.ReadUInt16LittleEndian(b);
    }

    private static int ColorsLength(byte flags) => (flags & 0x80) == 0 ? 0 : 3 * (1 << ((flags & 7) + 1));

    /// <summary>
    /// Returns the end of a row of blocks, each of which begins with its length: behind one of length zero, or at the
    /// end of a file that breaks off.
    /// </summary>
    private static long BehindBlocks(PictureReader file, long place, out bool cut)
    {
        while (true)
        {
            var length = file.ByteAt(place);
            cut = length < 0;
            if (cut) return file.Length;
            place += 1 + length;
            if (length == 0) return place;
        }
    }
}
