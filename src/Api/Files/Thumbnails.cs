using SkiaSharp;

namespace Messaging.Api.Files;

/// <summary>
/// Makes small pictures of images. The images are strangers': what they would cost is known before anything is decoded, one is decoded at a time, and
/// what comes out is pixels only, without whatever else was in the file (places, names, programs).
/// </summary>
internal sealed class Thumbnails(ILogger<Thumbnails> logger) : IDisposable
{
    /// <summary>Width and height are at most this.</summary>
    public const int Longest = 320;

    /// <summary>The type of the pictures.</summary>
    public const string MediaType = "image/webp";

    // 160 MB while it is decoded.
    private const long MostPixels = 40_000_000;

    // Each scan of a progressive JPEG goes over all of the picture; cameras and programs write about ten.
    private const int MostScans = 100;
    private const int Quality = 80;

    // Decoding cannot be interrupted. Whoever uploads does not wait any longer than this; the picture is not missed much.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Whether there may be a picture of a file of this type.</summary>
    public static bool MayBeOf(string mediaType) => mediaType is "image/png" or "image/jpeg" or "image/gif" or "image/webp";

    /// <summary>Makes one.</summary>
    /// <param name="image">Seekable; disposed of when it is needed no more.</param>
    /// <returns>The picture; null when the image cannot be decoded, is too large, or takes too long.</returns>
    public async Task<byte[]?> MakeAsync(Stream image, CancellationToken cancellation)
    {
        var made = MakeInTurnAsync(image);
        try
        {
            return await made.WaitAsync(s_patience, cancellation);
        }
        catch (TimeoutException)
        {
            logger.LogWarning("A thumbnail took too long");
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<byte[]?> MakeInTurnAsync(Stream image)
    {
        await using var _ = image;
        await _one.WaitAsync();
        try
        {
            return await Task.Run(() => Make(image));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            logger.LogWarning(e, "A thumbnail could not be made");
            return null;
        }
        finally
        {
            _one.Release();
        }
    }

    private static byte[]? Make(Stream image)
    {
        if (HasTooManyScans(image)) return null;
        image.Position = 0;
        using var codec = SKCodec.Create(image);
        if (codec is null || codec.Info is not { Width: > 0, Height: > 0 } full || (long)full.Width * full.Height > MostPixels) return null;

        // Where the format can, fewer pixels are decoded; twice as many as are needed, for the look of it.
        var size = codec.GetScaledDimensions(Math.Min(1f, 2f * Longest / Math.Max(full.Width, full.Height)));
        var alpha = full.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Premul;
        using var color = SKColorSpace.CreateSrgb();
        using var bitmap = new SKBitmap();
        if (!bitmap.TryAllocPixels(new SKImageInfo(size.Width, size.Height, SKImageInfo.PlatformColorType, alpha, color))) return null;
        return codec.GetPixels(bitmap.Info, bitmap.GetPixels()) == SKCodecResult.Success ? Draw(bitmap, codec.EncodedOrigin) : null;
    }

    private static byte[]? Draw(SKBitmap bitmap, SKEncodedOrigin origin)
    {
        // From the fifth on, the sides are exchanged.
        var (width, height) = origin >= SKEncodedOrigin.LeftTop ? (bitmap.Height, bitmap.Width) : (bitmap.Width, bitmap.Height);
        var scale = Math.Min(1f, (float)Longest / Math.Max(width, height));
        var to = new SKImageInfo(Side(width), Side(height), SKImageInfo.PlatformColorType, bitmap.AlphaType, bitmap.ColorSpace);
        using var surface = SKSurface.Create(to);
        if (surface is null) return null;
        bitmap.SetImmutable();
        using var image = SKImage.FromBitmap(bitmap);
        surface.Canvas.Scale((float)to.Width / width, (float)to.Height / height);
        surface.Canvas.Concat(Upright(origin, width, height));
        surface.Canvas.DrawImage(image, 0, 0, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        using var drawn = surface.Snapshot();
        using var encoded = drawn.Encode(SKEncodedImageFormat.Webp, Quality);
        return encoded?.ToArray();

        int Side(int pixels) => Math.Clamp((int)Math.Round(pixels * scale), 1, Longest);
    }

    // What EXIF says of how the camera was held: from the stored picture to one of this width and height.
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

    private static SKMatrix Matrix(float scaleX, float skewX, float x, float skewY, float scaleY, float y) => new(scaleX, skewX, x, skewY, scaleY, y, 0, 0, 1);

    // In a JPEG's compressed data 0xFF is never followed by a marker of another kind than those that belong there.
    private static bool HasTooManyScans(Stream image)
    {
        var buffer = new byte[64 * 1024];
        var (scans, isJpeg, before, position) = (0, false, (byte)0, 0L);
        int read;
        while ((read = image.Read(buffer)) > 0)
        {
            for (var i = 0; i < read; i++, position++)
            {
                if (position == 1) isJpeg = before == 0xFF && buffer[i] == 0xD8;
                if (position == 2 && !isJpeg) return false;
                if (before == 0xFF && buffer[i] == 0xDA && ++scans > MostScans) return true;
                before = buffer[i];
            }
        }

        return false;
    }
}
