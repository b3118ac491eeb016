using System.Buffers.Binary;

namespace Messaging.Api.Files.Pictures;

/// <summary>
/// Finds the parts of a PNG that its pixels need (PNG, third edition, 11): the critical chunks, transparency, and the
/// few numbers that say what the colours mean.
/// </summary>
internal static class PngPixels
{
    /// <summary>First bytes of each PNG.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private const int HeaderLength = 13;

    // Length, type and checksum.
    private const int Around = 12;

    /// <summary>Reads a file that begins with the signature.</summary>
    public static Picture? Read(PictureReader file)
    {
        var content = new PictureContent();
        content.AddPart(0, Signature.Length);
        Span<byte> header = stackalloc byte[8 + HeaderLength];
        if (!file.TryRead(Signature.Length, header) || BinaryPrimitives.ReadUInt32BigEndian(header) != HeaderLength
            || !header[4..].StartsWith("IHDR"u8))
            return null;
        if (!IsAffordable(header[8..], out var width, out var height)) return null;
        content.AddPart(Signature.Length, Around + HeaderLength);

        var orientation = ExifOrientation.Upright;
        var (data, behindData, cut) = (false, false, false);
        Span<byte> begin = stackalloc byte[8];
        var place = (long)Signature.Length + Around + HeaderLength;
        for (var parts = 0; file.TryRead(place, begin); parts++)
        {
            if (parts == Picture.MostParts) return null;
            var length = (long)BinaryPrimitives.ReadUInt32BigEndian(begin);
            var type = begin[4..];
            if (length > int.MaxValue || type.SequenceEqual("IEND"u8)) break;
            var there = Math.Min(length + Around, file.Length - place);
            if (type.SequenceEqual("IDAT"u8))
            {
                // The chunks of pixels come one after the other; one behind other chunks is not part of them.
                if (!behindData) content.AddPart(place, there);
                (data, cut) = (true, there < length + Around);
            }
            else if (there < length + Around)
            {
                break;
            }
            else
            {
                behindData = data;
                if (type.SequenceEqual("eXIf"u8)) orientation = ExifOrientation.Read(file, place + 8, length);
                else if (!data && IsOfPixels(type, length)) content.AddPart(place, there);
            }

            place += length + Around;
        }

        if (!data) return null;
        // Behind data that breaks off it would be taken for more of them.
        if (!cut) content.Add([0, 0, 0, 0, .. "IEND"u8, 0xAE, 0x42, 0x60, 0x82]);
        return new Picture(PictureFormat.Png, width, height, orientation, content);
    }

    private static bool IsOfPixels(ReadOnlySpan<byte> type, long length) =>
        type.SequenceEqual("PLTE"u8) ? length <= 3 * 256
        : type.SequenceEqual("tRNS"u8) ? length <= 256
        : type.SequenceEqual("gAMA"u8) || type.SequenceEqual("cICP"u8) ? length == 4
        : type.SequenceEqual("sRGB"u8) ? length == 1
        : type.SequenceEqual("cHRM"u8) && length == 32;

    private static bool IsAffordable(ReadOnlySpan<byte> header, out int width, out int height)
    {
        (width, height) = (BinaryPrimitives.ReadInt32BigEndian(header),
            BinaryPrimitives.ReadInt32BigEndian(header[4..]));
        var (depth, color, interlaced) = (header[8], header[9], header[12] != 0);
        var channels = color switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

        // An interlaced one is put together as it is stored, or with four bytes a pixel, before it is converted;
        // otherwise a few rows are.
        var perPixel = Math.Max(4, channels * depth / 8);
        var pixels = (long)width * height;
        return Picture.IsAffordable(width, height, pixels, interlaced ? perPixel * pixels : 4L * perPixel * width);
    }
}
