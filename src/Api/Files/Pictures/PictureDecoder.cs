using SkiaSharp;

namespace Messaging.Api.Files.Pictures;

/// <summary>
/// Turns a picture into a small one, by Skia and the libraries in it. Runs in the process of
/// <see cref="DecoderProcess"/> and nowhere else: its input is a stranger's.
/// </summary>
internal static class PictureDecoder
{
    /// <summary>Limit of the result's width and height, in pixels.</summary>
    public const int Longest = 320;

    // Twice as many pixels as are needed are scaled by Skia, for the look of it; whole blocks of them are averaged
    // before.
    private const int LongestScaled = 2 * Longest;
    private const int Quality = 80;

    /// <summary>Decodes one.</summary>
    /// <param name="orientation">Orientation, 1 to 8 as in EXIF.</param>
    /// <param name="content">Its bytes, which need not be seekable.</param>
    /// <param name="length">Number of bytes.</param>
    /// <returns>A WebP of pixels only; null when nothing could be decoded.</returns>
    public static byte[]? Decode(PictureFormat format, int orientation, Stream content, int length)
    {
        // PNG and JPEG are decoded as they come; the others want all of it.
        using var data = format is PictureFormat.Webp or PictureFormat.Gif ? SKData.Create(content, length) : null;
        using var codec = data is null ? SKCodec.Create(content) : SKCodec.Create(data);
        if (codec is null || codec.EncodedFormat != FormatOf(format)
            || codec.Info is not { Width: > 0, Height: > 0 } full)
            return null;

        // Fewer pixels are decoded where the format can do so.
        var size = codec.GetScaledDimensions(Math.Min(1f, (float)LongestScaled / Math.Max(full.Width, full.Height)));
        using var color = SKColorSpace.CreateSrgb();
        using var bitmap = new SKBitmap();

        // Not opaque, even if all of it would be: missing parts stay transparent.
        if (!bitmap.TryAllocPixels(new SKImageInfo(size.Width, size.Height, SKImageInfo.PlatformColorType,
            SKAlphaType.Premul, color)))
            return null;
        var result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result is SKCodecResult.IncompleteInput or SKCodecResult.ErrorInInput ? IsEmpty(bitmap)
            : result != SKCodecResult.Success)
            return null;
        Average(bitmap, Math.Max(size.Width, size.Height) / LongestScaled, out var width, out var height);
        return Draw(bitmap, width, height, (SKEncodedOrigin)orientation);
    }

    private static SKEncodedImageFormat FormatOf(PictureFormat format) => format switch
    {
        PictureFormat.Png => SKEncodedImageFormat.Png,
        PictureFormat.Jpeg => SKEncodedImageFormat.Jpeg,
        PictureFormat.Webp => SKEncodedImageFormat.Webp,
        _ => SKEncodedImageFormat.Gif,
    };

    private static bool IsEmpty(SKBitmap bitmap) => !bitmap.GetPixelSpan().ContainsAnyExcept((byte)0);

    /// <summary>
    /// Averages squares of pixels in their place, so that scaling takes no memory beside them. The picture is then at
    /// the beginning of them.
    /// </summary>
    private static void Average(SKBitmap bitmap, int side, out int width, out int height)
    {
        (width, height) = (bitmap.Width, bitmap.Height);
        if (side <= 1) return;
        var pixels = bitmap.GetPixelSpan();
        var (from, to) = (bitmap.RowBytes, 0);
        (width, height) = ((bitmap.Width + side - 1) / side, (bitmap.Height + side - 1) / side);
        var sums = new int[4 * width];
        for (var y = 0; y < height; y++)
        {
            Array.Clear(sums);
            var rows = Math.Min(side, bitmap.Height - (y * side));
            for (var row = 0; row < rows; row++)
            {
                var line = pixels.Slice(((y * side) + row) * from, 4 * bitmap.Width);
                for (var x = 0; x < width; x++)
                {
                    var square = line.Slice(4 * x * side, 4 * Math.Min(side, bitmap.Width - (x * side)));
                    int a = 0, b = 0, c = 0, d = 0;
                    for (var i = 0; i + 3 < square.Length; i += 4)
                    {
                        a += square[i];
                        b += square[i + 1];
                        c += square[i + 2];
                        d += square[i + 3];
                    }

                    var sum = sums.AsSpan(4 * x, 4);
                    sum[0] += a;
                    sum[1] += b;
                    sum[2] += c;
                    sum[3] += d;
                }
            }

            for (var x = 0; x < width; x++)
            {
                var count = rows * Math.Min(side, bitmap.Width - (x * side));
                for (var i = 0; i < 4; i++) pixels[to++] = (byte)((sums[(4 * x) + i] + (count / 2)) / count);
            }
        }
    }

    private static byte[]? Draw(SKBitmap bitmap, int storedWidth, int storedHeight, SKEncodedOrigin origin)
    {
        // From the fifth on, the sides are exchanged.
        var (width, height) = origin >= SKEncodedOrigin.LeftTop ? (storedHeight, storedWidth)
            : (storedWidth, storedHeight);
        var scale = Math.Min(1f, (float)Longest / Math.Max(width, height));
        var to = new SKImageInfo(Side(width), Side(height), SKImageInfo.PlatformColorType, SKAlphaType.Premul,
            bitmap.ColorSpace);
        using var surface = SKSurface.Create(to);
        if (surface is null) return null;
        using var pixels = new SKPixmap(bitmap.Info.WithSize(storedWidth, storedHeight), bitmap.GetPixels(),
            storedWidth == bitmap.Width ? bitmap.RowBytes : 4 * storedWidth);
        using var image = SKImage.FromPixels(pixels);
        surface.Canvas.Scale((float)to.Width / width, (float)to.Height / height);
        surface.Canvas.Concat(Upright(origin, width, height));
        surface.Canvas.DrawImage(image, 0, 0, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        using var drawn = surface.Snapshot();
        using var encoded = drawn.Encode(SKEncodedImageFormat.Webp, Quality);
        return encoded?.ToArray();

        int Side(int length) => Math.Clamp((int)Math.Round(length * scale), 1, Longest);
    }

    // From the stored picture to one of this width and height.
    private static SKMatrix Upright(SKEncodedOrigin origin, float width, float height) => origin switch
    {
        SKEncodedOrigin.TopRight => Matrix(-1, 0, width, 0, 1, 0),
        SKEncodedOrigin.BottomRight => Matrix(-1, 0, width, 0, -1, height),
        SKEncodedOrigin.BottomLeft => Matrix(1, 0, 0, 0, -1, height),
        SKEncodedOrigin.LeftTop => Matrix(0, 1, 0, 1, 0, 0),
        SKEncodedOrigin.RightTop => Matrix(0, -1, width, 1, 0, 0),
        SKEncodedOrigin.RightBottom => Matrix(0, -1, width, -1, 0, height),
        SKEncodedOrigin.LeftBottom => Matrix(0, 1, 0, -1, 0, height),
        _ => SKMatrix.Identity,
    };

    private static SKMatrix Matrix(float scaleX, float skewX, float x, float skewY, float scaleY, float y) =>
        new(scaleX, skewX, x, skewY, scaleY, y, 0, 0, 1);
}
