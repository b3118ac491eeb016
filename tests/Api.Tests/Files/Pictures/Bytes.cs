using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using SkiaSharp;

namespace Messaging.Api.Tests.Files.Pictures;

/// <summary>
/// Pictures as cameras and programs write them, and as those do who mean harm: put together byte by byte.
/// </summary>
internal static class Bytes
{
    public static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>A picture that is not of one colour, or it would be no work.</summary>
    public static byte[] Image(SKEncodedImageFormat format, int width, int height)
    {
        using var surface = SKSurface.Create(new SKImageInfo(width, height));
        using var shader = SKShader.CreateLinearGradient(
            new SKPoint(0, 0), new SKPoint(width, height), [SKColors.Red, SKColors.Green, SKColors.Blue],
                SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader };
        surface.Canvas.DrawPaint(paint);
        using var image = surface.Snapshot();
        return image.Encode(format, 90).ToArray();
    }

    /// <summary>A chunk of a PNG.</summary>
    public static byte[] Chunk(string type, byte[] content)
    {
        var chunk = new byte[12 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        content.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32(chunk.AsSpan(4, chunk.Length - 8)));
        return chunk;
    }

    /// <summary>A PNG whose rows are all alike, so that it is small whatever its size.</summary>
    /// <param name="color">0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA.</param>
    /// <param name="before">Chunks behind the header.</param>
    /// <param name="behind">Chunks behind the pixels.</param>
    public static byte[] Png(int width, int height, int depth = 8, int color = 2, byte value = 0xFF, byte[]? before =
        null, byte[]? behind = null)
    {
        var channels = color switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        var row = new byte[1 + (((width * channels * depth) + 7) / 8)];
        row.AsSpan(1).Fill(value);
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var i = 0; i < height; i++) zlib.Write(row);
        }

        return [.. PngSignature, .. Chunk("IHDR", Header(width, height, depth, color, 0)), .. before ?? [],
            .. Chunk("IDAT", data.ToArray()), .. behind ?? [], .. Chunk("IEND", [])];
    }

    /// <summary>The header of a PNG.</summary>
    public static byte[] Header(int width, int height, int depth, int color, byte interlace)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)depth, (byte)color, interlace);
        return header;
    }

    /// <summary>A text of a PNG that unpacks to so many bytes.</summary>
    public static byte[] Text(string kind, int bytes)
    {
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true)) zlib
            .Write(Enumerable.Repeat((byte)'A', bytes).ToArray());
        byte[] begin = kind switch
        {
            "iTXt" => [.. "k\0"u8, 1, 0, 0, 0],
            "iCCP" => [.. "profile\0"u8, 0],
            _ =>
            [.. "k\0"u8, 0]
        };
        return Chunk(kind, [.. begin, .. data.ToArray()]);
    }

    /// <summary>A block of EXIF with one entry, the orientation, and whatever else.</summary>
    public static byte[] Exif(int orientation, string more = "", bool little = false) => little
        ? [.. "II*\0\u0008\0\0\0\u0001\0\u0012\u0001\u0003\0\u0001\0\0\0"u8, (byte)orientation, 0, 0, 0, 0, 0, 0, 0,
            .. Encoding.ASCII.GetBytes(more)]
        : [.. "MM\0*\0\0\0\u0008\0\u0001\u0001\u0012\0\u0003\0\0\0\u0001\0"u8, (byte)orientation, 0, 0, 0, 0, 0, 0,
            .. Encoding.ASCII.GetBytes(more)];

    /// <summary>A segment of a JPEG.</summary>
    public static byte[] Segment(byte marker, byte[] content) =>
        [0xFF, marker, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2), .. content];

    /// <summary>A JPEG with segments behind its beginning.</summary>
    public static byte[] WithSegments(byte[] jpeg, params byte[][] segments) =>
        [.. jpeg[..2], .. segments.SelectMany(s => s), .. jpeg[2..]];

    /// <summary>A JPEG turned so.</summary>
    public static byte[] WithExif(byte[] jpeg, int orientation, string more = "") =>
        WithSegments(jpeg, Segment(0xE1, [.. "Exif\0\0"u8, .. Exif(orientation, more)]));

    /// <summary>
    /// A JPEG of 8 by 8 pixels whose components have one value each (ITU-T T.81: one block each, of which only the
    /// first coefficient counts).
    /// </summary>
    public static byte[] FlatJpeg(params int[] components)
    {
        // The codes of categories 0 to 8 in the usual table for luminance (K.3), and the end of a block in K.5; only
        // those are in the tables here.
        string[] categories = ["00", "010", "011", "100", "101", "110", "1110", "11110", "111110"];
        var bits = new StringBuilder();
        foreach (var value in components)
        {
            var level = value - 128;
            var category = level == 0 ? 0 : 1 + (int)Math.Log2(Math.Abs(level));
            bits.Append(categories[category]);
            if (category > 0)
                bits.Append(Convert.ToString(level < 0 ? level + (1 << category) - 1 : level, 2)
                    .PadLeft(category, '0'));
            bits.Append('0');
        }

        while (bits.Length % 8 != 0) bits.Append('1');
        List<byte> data = [];
        for (var i = 0; i < bits.Length; i += 8)
        {
            data.Add(Convert.ToByte(bits.ToString(i, 8), 2));
            if (data[^1] == 0xFF) data.Add(0);
        }

        var count = (byte)components.Length;
        byte[] dc = [0, 0, 1, 5, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        byte[] ac = [0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        return
        [
            0xFF, 0xD8, .. Segment(0xDB, [0, .. Enumerable.Repeat((byte)8, 64)]),
            .. Segment(0xC0, [8, 0, 8, 0, 8, count, .. Enumerable.Range(1, count)
                .SelectMany(i => (byte[])[(byte)i, 0x11, 0])]),
            .. Segment(0xC4, [.. dc, .. ac]),
            .. Segment(0xDA, [count, .. Enumerable.Range(1, count).SelectMany(i => (byte[])[(byte)i, 0]), 0, 63, 0]),
                .. data, 0xFF, 0xD9,
        ];
    }

    /// <summary>What says how the colours of a JPEG are coded: 0 as they are, 1 YCbCr, 2 YCCK.</summary>
    public static byte[] Adobe(byte transform) => Segment(0xEE, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, transform]);

    /// <summary>A chunk of a WebP.</summary>
    public static byte[] RiffChunk(string type, params ReadOnlySpan<byte> content) =>
        [.. Encoding.ASCII.GetBytes(type), .. LittleEndian(content.Length), .. content, .. content.Length % 2 == 1
            ? (byte[])[0] : []];

    /// <summary>A WebP of chunks.</summary>
    public static byte[] Riff(params byte[][] chunks)
    {
        byte[] content = [.. "WEBP"u8, .. chunks.SelectMany(c => c)];
        return [.. "RIFF"u8, .. LittleEndian(content.Length), .. content];
    }

    /// <summary>The chunks of a WebP, from the first.</summary>
    public static List<(string Type, byte[] Content)> RiffChunks(byte[] webp)
    {
        List<(string, byte[])> chunks = [];
        for (var place = 12; place + 8 <= webp.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(webp.AsSpan(place + 4));
            chunks.Add((Encoding.ASCII.GetString(webp, place, 4),
                webp[(place + 8)..Math.Min(webp.Length, place + 8 + length)]));
            place += 8 + length + (length & 1);
        }

        return chunks;
    }

    /// <summary>The first chunk of an extended WebP.</summary>
    public static byte[] Extended(int width, int height, byte flags) =>
        RiffChunk("VP8X", [flags, 0, 0, 0, .. LittleEndian(width - 1)[..3], .. LittleEndian(height - 1)[..3]]);

    /// <summary>A lossless WebP of one colour: some twenty bytes, whatever its size.</summary>
    public static byte[] OneColor(int width, int height) => Riff(RiffChunk("VP8L", OneColorPixels(width, height)));

    /// <summary>Its pixels: sizes of 14 bits, no transforms, five prefix codes of one symbol each.</summary>
    public static byte[] OneColorPixels(int width, int height)
    {
        List<bool> bits = [];
        Put(0x2F, 8);
        Put(width - 1, 14);
        Put(height - 1, 14);
        Put(0, 1 + 3 + 1 + 1 + 1);
        for (var i = 0; i < 5; i++) Put(0b0001, 4);
        var bytes = new byte[(bits.Count + 7) / 8];
        for (var i = 0; i < bits.Count; i++) bytes[i / 8] |= (byte)(bits[i] ? 1 << (i % 8) : 0);
        return bytes;

        void Put(int value, int count)
        {
            for (var i = 0; i < count; i++) bits.Add((value >> i & 1) == 1);
        }
    }

    /// <summary>A GIF of so many pictures of 3 by 2 pixels, with what is before the first one.</summary>
    public static byte[] Gif(int pictures, params byte[][] before)
    {
        // Red, green, blue; white, red, white.
        byte[] picture = [0x21, 0xF9, 4, 0, 1, 0, 0, 0, 0x2C, 0, 0, 0, 0, 3, 0, 2, 0, 0, 2, 4, 0x44, 0xA8, 0x11, 0x2B,
            0];
        return
        [
            .. "GIF89a"u8, 3, 0, 2, 0, 0x91, 0, 0, 0xFF, 0, 0, 0, 0xFF, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
            .. before.SelectMany(b => b), .. Enumerable.Repeat(picture, pictures).SelectMany(p => p), 0x3B,
        ];
    }

    private static byte[] LittleEndian(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return bytes;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var i = 0; i < 8; i++) crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : 0xEDB88320);
        }

        return ~crc;
    }
}
