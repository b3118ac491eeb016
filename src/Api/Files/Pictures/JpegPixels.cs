using System.Buffers.Binary;

namespace Messaging.Api.Files.Pictures;

/// <summary>
/// Finds the parts of a JPEG that its pixels need (ITU-T T.81, annex B): tables, frame, scans, and the application
/// segments that say how colours are coded. Data behind its end, such as a second picture or a film, is left out.
/// </summary>
internal static class JpegPixels
{
    // Each scan of a progressive JPEG goes over all of the picture; cameras and programs write about ten.
    private const int MostScans = 100;

    private const byte Baseline = 0xC0;
    private const byte Extended = 0xC1;
    private const byte Progressive = 0xC2;
    private const byte HuffmanTables = 0xC4;
    private const byte FirstRestart = 0xD0;
    private const byte LastRestart = 0xD7;
    private const byte Begin = 0xD8;
    private const byte End = 0xD9;
    private const byte Scan = 0xDA;
    private const byte QuantizationTables = 0xDB;
    private const byte NumberOfLines = 0xDC;
    private const byte RestartInterval = 0xDD;
    private const byte Jfif = 0xE0;
    private const byte Exif = 0xE1;
    private const byte Adobe = 0xEE;

    /// <summary>Reads a file that begins as a JPEG does.</summary>
    public static Picture? Read(PictureReader file)
    {
        var content = new PictureContent();
        content.AddPart(0, 2);
        var orientation = ExifOrientation.Upright;
        Frame? frame = null;
        var scans = 0;
        Span<byte> length = stackalloc byte[2];
        var place = NextMarker(file, 2);
        for (var parts = 0; place >= 0; parts++)
        {
            if (parts == Picture.MostParts) return null;
            var marker = (byte)file.ByteAt(place + 1);
            if (marker == End) break;
            if (marker is 0x01 or Begin or (>= FirstRestart and <= LastRestart))
            {
                place = NextMarker(file, place + 2);
                continue;
            }

            if (!file.TryRead(place + 2, length) || BinaryPrimitives.ReadUInt16BigEndian(length) is var size
                && (size < 2 || place + 2 + size > file.Length))
                break;
            var next = place + 2 + size;
            switch (marker)
            {
                case Baseline or Extended or Progressive:
                    if (frame is not null || Frame.Read(file, place, size) is not { } read) return null;
                    frame = read;
                    content.AddPart(place, 2 + size);
                    break;
                case HuffmanTables or QuantizationTables or RestartInterval or NumberOfLines:
                    content.AddPart(place, 2 + size);
                    break;
                case >= 0xC0 and <= 0xCF:
                    // Lossless, hierarchical or arithmetic: browsers show none of them.
                    return null;
                case Scan:
                    if (frame is null || ++scans > MostScans) return null;
                    if (scans == 1 && !frame.IsAffordable(isWhole: file.ByteAt(place + 4) == frame.Components))
                        return null;
                    next = EndOfScan(file, next);
                    content.AddPart(place, next - place);
                    break;
                case Jfif:
                    // It says that colours are YCbCr; its small picture is left out.
                    if (Begins(file, place + 4, size - 2, "JFIF\0"u8))
                        content.Add([0xFF, Jfif, 0, 16, .. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
                    break;
                case Adobe:
                    // It says whether colours are RGB, YCbCr, CMYK or YCCK, and that the last two are stored inverted.
                    if (size >= 14 && Begins(file, place + 4, size - 2, "Adobe"u8))
                    {
                        content.Add(0xFF, Adobe, 0, 14);
                        content.AddPart(place + 4, 12);
                    }

                    break;
                case Exif:
                    if (orientation == ExifOrientation.Upright && Begins(file, place + 4, size - 2, "Exif\0\0"u8))
                        orientation = ExifOrientation.Read(file, place + 4, size - 2);
                    break;
            }

            place = NextMarker(file, next);
        }

        if (scans == 0) return null;
        // Also of a file that breaks off: the decoder then gives as much as it has.
        content.Add(0xFF, End);
        return new Picture(PictureFormat.Jpeg, (int)frame!.Width, (int)frame.Height, orientation, content);
    }

    private static bool Begins(PictureReader file, long place, int length, ReadOnlySpan<byte> with)
    {
        Span<byte> bytes = stackalloc byte[with.Length];
        return length >= with.Length && file.TryRead(place, bytes) && bytes.SequenceEqual(with);
    }

    // Bytes that are no marker do not belong here; browsers skip them, too.
    private static long NextMarker(PictureReader file, long from)
    {
        for (var place = from; ;)
        {
            var bytes = file.At(place);
            if (bytes.IsEmpty) return -1;
            var at = bytes.IndexOf((byte)0xFF);
            place += at < 0 ? bytes.Length : at;
            if (at < 0) continue;
            switch (file.ByteAt(place + 1))
            {
                case -1: return -1;
                case 0xFF: place++; break;
                case 0: place += 2; break;
                default: return place;
            }
        }
    }

    // In a JPEG's compressed data 0xFF is followed by a zero or a restart, or is a filling.
    private static long EndOfScan(PictureReader file, long from)
    {
        for (var place = from; ;)
        {
            var bytes = file.At(place);
            if (bytes.IsEmpty) return file.Length;
            var at = bytes.IndexOf((byte)0xFF);
            place += at < 0 ? bytes.Length : at;
            if (at < 0) continue;
            switch (file.ByteAt(place + 1))
            {
                case -1: return place;
                case 0 or (>= FirstRestart and <= LastRestart): place += 2; break;
                case 0xFF: place++; break;
                default: return place;
            }
        }
    }

    /// <summary>A frame's header.</summary>
    private sealed record Frame(long Width, long Height, int Components, bool IsProgressive, long Coefficients)
    {
        public static Frame? Read(PictureReader file, long place, int size)
        {
            var bytes = new byte[size + 2];
            if (size < 8 || !file.TryRead(place, bytes)) return null;
            int components = bytes[9];
            if (components is < 1 or > 4 || size < 8 + (3 * components)) return null;
            var (height, width) = (BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(5)),
                BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(7)));
            var (widest, highest) = (1, 1);
            for (var i = 0; i < components; i++)
            {
                var factors = bytes[11 + (3 * i)];
                if ((factors >> 4) is < 1 or > 4 || (factors & 15) is < 1 or > 4) return null;
                (widest, highest) = (Math.Max(widest, factors >> 4), Math.Max(highest, factors & 15));
            }

            // Blocks of 64 numbers of two bytes, for whole units of all components.
            long units = (width + (8L * widest) - 1) / (8L * widest) * ((height + (8L * highest) - 1) / (8L * highest));
            var blocks = 0L;
            for (var i = 0; i < components; i++)
                blocks += units * (bytes[11 + (3 * i)] >> 4) * (bytes[11 + (3 * i)] & 15);
            return new Frame(width, height, components, bytes[1] == Progressive, blocks * 64 * 2);
        }

        /// <summary>True when it may be decoded.</summary>
        /// <param name="isWhole">
        /// True when its first scan has all components: then some rows at a time are in memory, otherwise all of the
        /// picture.
        /// </param>
        // The output is scaled while it is decoded, to at most 1,280 pixels each way, except where one side is much
        // shorter.
        public bool IsAffordable(bool isWhole) =>
            Picture.IsAffordable(Width, Height, Math.Max(1_280 * 1_280, Width * Height / 64),
                (IsProgressive || !isWhole ? Coefficients : 0) + (Width * Components * 64));
    }
}
