using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Messaging.Api.Files;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using SkiaSharp;
using Xunit;

namespace Messaging.Api.Tests.Files;

/// <summary>Small pictures of images that strangers uploaded, and what becomes of those that are meant to do harm.</summary>
public sealed class ThumbnailTests : IDisposable
{
    // 3 by 2 pixels: red, green, blue; white, red, white.
    private const string Gif = "R0lGODdhAwACAJEAAP8AAAD/AAAA/////ywAAAAAAwACAAACBESoESsAOw==";

    private readonly Thumbnails _thumbnails = new(NullLogger<Thumbnails>.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _thumbnails.Dispose();

    [Theory]
    [InlineData(SKEncodedImageFormat.Png, 1000, 500, 320, 160)]
    [InlineData(SKEncodedImageFormat.Jpeg, 3000, 4000, 240, 320)]
    [InlineData(SKEncodedImageFormat.Webp, 320, 321, 319, 320)]
    [InlineData(SKEncodedImageFormat.Png, 20, 10, 20, 10)]
    [InlineData(SKEncodedImageFormat.Png, 5000, 1, 320, 1)]
    public async Task An_image_becomes_small_and_keeps_its_proportions(SKEncodedImageFormat format, int width, int height, int smallWidth, int smallHeight)
    {
        using var small = await MakeAsync(Image(format, width, height));
        (small!.Width, small.Height).ShouldBe((smallWidth, smallHeight));
    }

    [Fact]
    public async Task A_gif_becomes_its_first_picture()
    {
        using var small = await MakeAsync(Convert.FromBase64String(Gif));
        (small!.Width, small.Height).ShouldBe((3, 2));
    }

    [Fact]
    public async Task What_is_transparent_stays_so()
    {
        using var bitmap = new SKBitmap(600, 600);
        bitmap.Erase(SKColors.Transparent);
        using var small = await MakeAsync(bitmap.Encode(SKEncodedImageFormat.Png, 100).ToArray());
        small!.GetPixel(100, 100).Alpha.ShouldBe((byte)0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task A_photograph_is_upright_however_the_camera_was_held(int orientation)
    {
        var exchanged = orientation >= 5;
        var (width, height) = exchanged ? (400, 800) : (800, 400);
        using var stored = new SKBitmap(width, height);
        stored.Erase(SKColors.Blue);
        using (var canvas = new SKCanvas(stored))
        using (var red = new SKPaint { Color = SKColors.Red })
        {
            // EXIF says which sides of the upright picture the first row and the first column are; this is where its top left corner is stored.
            var (right, bottom) = orientation switch
            {
                1 => (false, false),
                2 => (true, false),
                3 => (true, true),
                4 => (false, true),
                5 => (false, false),
                6 => (false, true),
                7 => (true, true),
                _ => (true, false),
            };
            canvas.DrawRect(right ? width - 100 : 0, bottom ? height - 100 : 0, 100, 100, red);
        }

        var jpeg = stored.Encode(SKEncodedImageFormat.Jpeg, 95).ToArray();
        using var small = await MakeAsync(WithExif(jpeg, orientation));
        (small!.Width, small.Height).ShouldBe((320, 160));
        var corner = small.GetPixel(10, 10);
        ((int)corner.Red).ShouldBeGreaterThan(200);
        ((int)corner.Blue).ShouldBeLessThan(60);
        ((int)small.GetPixel(300, 150).Blue).ShouldBeGreaterThan(200);
    }

    [Fact]
    public async Task Nothing_of_the_file_but_its_pixels_is_left()
    {
        var bytes = await _thumbnails.MakeAsync(new MemoryStream(WithExif(Image(SKEncodedImageFormat.Jpeg, 500, 500), 1, "52.5200N 13.4050E")), Cancellation);
        var text = Encoding.Latin1.GetString(bytes!);
        text.ShouldNotContain("52.5200N");
        text.ShouldNotContain("Exif");
        text.ShouldStartWith("RIFF");
    }

    [Fact]
    public async Task An_image_that_would_fill_the_memory_is_not_decoded()
    {
        // 900 million pixels in some hundred kilobytes: 3.6 GB when decoded.
        var bomb = White(30_000, 30_000);
        bomb.Length.ShouldBeLessThan(1_000_000);
        using var process = Process.GetCurrentProcess();
        var before = process.PeakWorkingSet64;
        (await _thumbnails.MakeAsync(new MemoryStream(bomb), Cancellation)).ShouldBeNull();
        process.Refresh();
        (process.PeakWorkingSet64 - before).ShouldBeLessThan(300_000_000);

        using var large = await MakeAsync(White(6_000, 6_000));
        large!.Width.ShouldBe(320);
    }

    [Fact]
    public async Task A_jpeg_of_thousands_of_scans_is_not_decoded()
    {
        var jpeg = Image(SKEncodedImageFormat.Jpeg, 100, 100);
        var scan = jpeg.AsSpan(jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA])).ToArray();
        byte[] many = [.. jpeg, .. Enumerable.Repeat(scan, 200).SelectMany(s => s)];
        (await _thumbnails.MakeAsync(new MemoryStream(many), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task What_is_no_whole_image_has_none()
    {
        var png = Image(SKEncodedImageFormat.Png, 500, 500);
        foreach (var bytes in (byte[][])[[], [0x89], png[..50], png[..(png.Length / 2)], "GIF89a"u8.ToArray(), [0xFF, 0xD8, 0xFF], "RIFF\0\0\0\0WEBPVP8 "u8.ToArray()])
            (await _thumbnails.MakeAsync(new MemoryStream(bytes), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Bytes_that_were_changed_at_random_do_no_harm()
    {
        var random = new Random(11);
        foreach (var format in (SKEncodedImageFormat[])[SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Webp])
        {
            var image = Image(format, 200, 100);
            for (var i = 0; i < 150; i++)
            {
                var changed = (byte[])image.Clone();
                for (var n = random.Next(1, 20); n > 0; n--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
                var small = await _thumbnails.MakeAsync(new MemoryStream(changed), Cancellation);
                if (small is not null) SKBitmap.DecodeBounds(small).Width.ShouldBeLessThanOrEqualTo(Thumbnails.Longest);
            }
        }
    }

    [Fact]
    public async Task A_thumbnail_is_for_those_who_may_see_the_file_and_says_null_where_there_is_none()
    {
        await using var product = await RunningProduct.StartAsync();
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var dieter = await product.SignInAsync("dieter.krause@baeckerei-krause.example");
        var eva = await product.SignInAsync("eva.lindner@studio-lindner.example");
        var image = (await dieter.UploadAsync("Beleg.png", "image/png", Image(SKEncodedImageFormat.Png, 1000, 500))).Data.At("uploadFile.file.id");
        var broken = (await dieter.UploadAsync("Kaputt.png", "image/png", Image(SKEncodedImageFormat.Png, 1000, 500)[..200])).Data.At("uploadFile.file.id");
        var text = (await dieter.UploadAsync("Beleg.txt", "text/plain", "Beleg"u8.ToArray())).Data.At("uploadFile.file.id");

        // Before it is attached, to its uploader only.
        const string node = "query($id: ID!) { node(id: $id) { ... on File { thumbnailUrl } } }";
        (await dieter.QueryAsync(node, new { id = image })).At("node.thumbnailUrl").ShouldBe($"/files/{image}/thumbnail");
        await StatusesAsync(200, 404, 404);

        var id = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }")).At("conversations.nodes.0.id");
        var comment = await dieter.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { files { name thumbnailUrl } } errors { message } } }",
            new { input = new { conversationId = id, body = "Anbei", fileIds = new[] { image, broken, text } } });
        comment.At("addComment.comment.files.0.thumbnailUrl").ShouldBe($"/files/{image}/thumbnail");
        comment.At("addComment.comment.files.1.thumbnailUrl").ShouldBeEmpty();
        comment.At("addComment.comment.files.2.thumbnailUrl").ShouldBeEmpty();
        await StatusesAsync(200, 200, 404);
        (await StatusAsync(dieter, broken)).ShouldBe(404);
        (await StatusAsync(dieter, text)).ShouldBe(404);
        (await StatusAsync(product.Anonymous, image)).ShouldBe(401);

        using var response = await anna.GetAsync($"/files/{image}/thumbnail");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("image/webp");
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.CacheControl!.ToString().ShouldBe("no-cache, private");
        SKBitmap.DecodeBounds(await response.Content.ReadAsByteArrayAsync(Cancellation)).Width.ShouldBe(320);

        async Task StatusesAsync(int uploader, int office, int otherCustomer)
        {
            (await StatusAsync(dieter, image)).ShouldBe(uploader);
            (await StatusAsync(anna, image)).ShouldBe(office);
            (await StatusAsync(eva, image)).ShouldBe(otherCustomer);
        }

        static async Task<int> StatusAsync(GraphQLClient who, string file) => (int)(await who.GetAsync($"/files/{file}/thumbnail")).StatusCode;
    }

    private async Task<SKBitmap?> MakeAsync(byte[] image) => await _thumbnails.MakeAsync(new MemoryStream(image), Cancellation) is { } small ? SKBitmap.Decode(small) : null;

    // One bit for each pixel.
    private static byte[] White(int width, int height)
    {
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            var row = new byte[1 + ((width + 7) / 8)];
            row.AsSpan(1).Fill(0xFF);
            for (var i = 0; i < height; i++) zlib.Write(row);
        }

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 1;
        return [0x89, .. "PNG\r\n\u001A\n"u8, .. Chunk("IHDR", header), .. Chunk("IDAT", data.ToArray()), .. Chunk("IEND", [])];

        static byte[] Chunk(string type, byte[] content)
        {
            var chunk = new byte[12 + content.Length];
            BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
            Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
            content.CopyTo(chunk, 8);
            BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32(chunk.AsSpan(4, chunk.Length - 8)));
            return chunk;
        }
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

    // Not one colour, or it would be no work.
    private static byte[] Image(SKEncodedImageFormat format, int width, int height)
    {
        using var surface = SKSurface.Create(new SKImageInfo(width, height));
        using var shader = SKShader.CreateLinearGradient(new SKPoint(0, 0), new SKPoint(width, height), [SKColors.Red, SKColors.Green, SKColors.Blue], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader };
        surface.Canvas.DrawPaint(paint);
        using var image = surface.Snapshot();
        return image.Encode(format, 90).ToArray();
    }

    // An APP1 segment behind the start of the image: one entry, the orientation, and whatever else.
    private static byte[] WithExif(byte[] jpeg, int orientation, string more = "")
    {
        byte[] exif = [.. "Exif\0\0MM\0*\0\0\0\u0008\0\u0001\u0001\u0012\0\u0003\0\0\0\u0001\0"u8, (byte)orientation, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(more)];
        return [.. jpeg[..2], 0xFF, 0xE1, (byte)((exif.Length + 2) >> 8), (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
    }
}
