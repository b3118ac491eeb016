using System.Buffers;

namespace Messaging.Api.Files.Pictures;

/// <summary>The formats that there are small pictures of; the numbers go to the decoder.</summary>
internal enum PictureFormat : byte
{
    /// <summary>PNG, the picture of an animated one that is shown where animation is unknown.</summary>
    Png = 1,

    /// <summary>JPEG, baseline or progressive.</summary>
    Jpeg = 2,

    /// <summary>WebP, the first picture of an animated one.</summary>
    Webp = 3,

    /// <summary>GIF, its first picture.</summary>
    Gif = 4,
}

/// <summary>
/// A picture as the decoder gets it: only what its pixels need, and nothing that costs more than
/// <see cref="MostMemory"/>. Texts, profiles and programs, which made libpng keep gigabytes for one pixel, are left out
/// part by part; how the picture is to be turned is read here.
/// </summary>
/// <param name="Format">Its format.</param>
/// <param name="Width">In pixels, as it is stored.</param>
/// <param name="Height">In pixels, as it is stored.</param>
/// <param name="Orientation">Orientation, 1 to 8 as in EXIF (CIPA DC-008, 4.6.5).</param>
/// <param name="Content">Its bytes, of those of the file.</param>
internal sealed record Picture(PictureFormat Format, int Width, int Height, int Orientation, PictureContent Content)
{
    /// <summary>Limit of a picture's pixels: some that cameras and scanners make have more.</summary>
    public const long MostPixels = 40_000_000;

    /// <summary>The longest side, in pixels.</summary>
    public const int LongestSide = 65_535;

    /// <summary>
    /// Limit of memory for decoding, as the header lets one expect it, in bytes. The decoder has a little more.
    /// </summary>
    public const long MostMemory = 180_000_000;

    /// <summary>
    /// Limit of a file's parts that are looked at: an animation, or a PNG by a scanner, has some thousands.
    /// </summary>
    public const int MostParts = 1_000_000;

    /// <summary>Reads a file as far as is needed.</summary>
    /// <param name="file">Seekable. It is read again when the content is written.</param>
    /// <returns>Null when it is no picture of these formats, or one that costs too much.</returns>
    public static Picture? Read(Stream file)
    {
        var reader = new PictureReader(file);
        Span<byte> first = stackalloc byte[12];
        first.Clear();
        if (!reader.TryRead(0, first[..(int)Math.Min(first.Length, reader.Length)])) return null;
        if (first.StartsWith(PngPixels.Signature)) return PngPixels.Read(reader);
        if (first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return JpegPixels.Read(reader);
        if (first.StartsWith("GIF87a"u8) || first.StartsWith("GIF89a"u8)) return GifPixels.Read(reader);
        return first.StartsWith("RIFF"u8) && first[8..].StartsWith("WEBP"u8) ? WebpPixels.Read(reader) : null;
    }

    /// <summary>True when a picture of this size may be decoded.</summary>
    /// <param name="memory">Memory that decoding takes beside the resulting pixels, in bytes.</param>
    /// <param name="decoded">Number of resulting pixels.</param>
    public static bool IsAffordable(long width, long height, long decoded, long memory) =>
        width is > 0 and <= LongestSide && height is > 0 and <= LongestSide && width * height <= MostPixels
            && (4 * decoded) + memory <= MostMemory;
}

/// <summary>Parts of a file, and bytes of our own between them.</summary>
internal sealed class PictureContent
{
    private const int BufferSize = 64 * 1024;
    private readonly List<(byte[]? Own, long From, long Length)> _parts = [];

    /// <summary>Length of all parts, in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Adds bytes of our own.</summary>
    public void Add(params ReadOnlySpan<byte> bytes)
    {
        _parts.Add((bytes.ToArray(), 0, bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>Adds a part of the file.</summary>
    public void AddPart(long from, long length)
    {
        if (length <= 0) return;
        if (_parts is [.., { Own: null } last] && last.From + last.Length == from)
            _parts[^1] = (null, last.From, last.Length + length);
        else _parts.Add((null, from, length));
        Length += length;
    }

    /// <summary>Adds what is elsewhere.</summary>
    public void Add(PictureContent others)
    {
        _parts.AddRange(others._parts);
        Length += others.Length;
    }

    /// <summary>Writes all of it.</summary>
    public async Task WriteAsync(Stream file, Stream to, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            foreach (var (own, from, length) in _parts)
            {
                if (own is not null)
                {
                    await to.WriteAsync(own, cancellation);
                    continue;
                }

                file.Position = from;
                for (var left = length; left > 0;)
                {
                    var read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferSize, left)), cancellation);
                    if (read == 0) throw new EndOfStreamException("The picture's file has become shorter.");
                    await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
                    left -= read;
                }
            }

            await to.FlushAsync(cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
