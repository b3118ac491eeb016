using System.Buffers.Binary;

namespace Messaging.Api.Files.Pictures;

/// <summary>
/// Reads the orientation of a camera from EXIF (TIFF 6.0 for the form, CIPA DC-008 for the entry). Nothing else of EXIF
/// is looked at.
/// </summary>
internal static class ExifOrientation
{
    /// <summary>As it is.</summary>
    public const int Upright = 1;

    // The directory that has the entry comes first; cameras write it within the first bytes.
    private const int MostBytes = 64 * 1024;
    private const ushort Orientation = 0x0112;
    private const ushort Short = 3;

    /// <summary>Reads it.</summary>
    /// <param name="from">Beginning of the block, with or without "Exif" and two zeros before it.</param>
    /// <param name="length">The block's, in bytes.</param>
    /// <returns>1 to 8; 1 where the block does not say.</returns>
    public static int Read(PictureReader file, long from, long length)
    {
        Span<byte> prefix = stackalloc byte[6];
        if (length >= prefix.Length && file.TryRead(from, prefix) && prefix.SequenceEqual("Exif\0\0"u8))
            (from, length) = (from + prefix.Length, length - prefix.Length);
        var block = new byte[Math.Clamp(length, 0, MostBytes)];
        return block.Length >= 8 && file.TryRead(from, block) ? Of(block) : Upright;
    }

    private static int Of(ReadOnlySpan<byte> block)
    {
        var little = block.StartsWith("II*\0"u8);
        if (!little && !block.StartsWith("MM\0*"u8)) return Upright;
        long directory = Number32(block[4..]);
        if (directory < 8 || directory + 2 > block.Length) return Upright;
        var entries = Number16(block[(int)directory..]);
        for (var i = 0; i < entries; i++)
        {
            var place = directory + 2 + (12L * i);
            if (place + 12 > block.Length) break;
            var entry = block[(int)place..];
            if (Number16(entry) != Orientation) continue;
            return Number16(entry[2..]) == Short && Number16(entry[8..]) is var orientation and >= 1 and <= 8
                ? orientation : Upright;
        }

        return Upright;

        ushort Number16(ReadOnlySpan<byte> bytes) => little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes)
            : BinaryPrimitives.ReadUInt16BigEndian(bytes);

        uint Number32(ReadOnlySpan<byte> bytes) => little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes)
            : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }
}
