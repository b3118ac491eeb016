using System.Diagnostics;
using System.Text;
using Messaging.Api.Files;
using Messaging.Api.Tests.Files.Pictures;
using Messaging.TestSupport.Product;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using SkiaSharp;
using Xunit;

namespace Messaging.Api.Tests.Files;

/// <summary>
/// Small pictures of images that strangers uploaded, and what becomes of those that are meant to do harm.
/// </summary>
[Collection("Memory")]
public sealed class ThumbnailTests : IAsyncLifetime
{
    private const long MiB = 1024 * 1024;

    private readonly Thumbnails _thumbnails = new(NullLogger<Thumbnails>.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _thumbnails.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _thumbnails.StopAsync(CancellationToken.None);
        _thumbnails.Dispose();
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png, 1000, 500, 320, 160)]
    [InlineData(SKEncodedImageFormat.Png, 6324, 6324, 320, 320)]
    [InlineData(SKEncodedImageFormat.Jpeg, 3000, 4000, 240, 320)]
    [InlineData(SKEncodedImageFormat.Webp, 320, 321, 319, 320)]
    [InlineData(SKEncodedImageFormat.Png, 20, 10, 20, 10)]
    [InlineData(SKEncodedImageFormat.Png, 5000, 1, 320, 1)]
    [InlineData(SKEncodedImageFormat.Png, 1, 60_000, 1, 320)]
    public async Task An_image_becomes_small_and_keeps_its_proportions(
        SKEncodedImageFormat format, int width, int height, int smallWidth, int smallHeight)
    {
        using var small = await MakeAsync(Bytes.Image(format, width, height));
        (small!.Width, small.Height).ShouldBe((smallWidth, smallHeight));
        if (width < 10) return;

        // From red at one corner to blue at the other.
        small.GetPixel(0, 0).ShouldSatisfyAllConditions(c => ((int)c.Red).ShouldBeGreaterThan(200), c =>
            ((int)c.Blue).ShouldBeLessThan(60));
        small.GetPixel(smallWidth - 1, smallHeight - 1).ShouldSatisfyAllConditions(c =>
            ((int)c.Red).ShouldBeLessThan(60), c => ((int)c.Blue).ShouldBeGreaterThan(200));
    }

    [Fact]
    public async Task An_animation_becomes_its_first_picture()
    {
        using var gif = await MakeAsync(Bytes.Gif(200_000));
        (gif!.Width, gif.Height).ShouldBe((3, 2));

        byte[] frame = [0, 0, 0, 0, 0, 0, 19, 0, 0, 9, 0, 0, 1, 0, 0, 0];
        using var webp = await MakeAsync(Bytes.Riff(
            Bytes.Extended(20, 10, 0x02), Bytes.RiffChunk("ANIM", new byte[6]),
            Bytes.RiffChunk("ANMF", [.. frame, .. Bytes.RiffChunk("VP8L", Bytes.OneColorPixels(20, 10))]),
                Bytes.RiffChunk("ANMF", frame)));
        (webp!.Width, webp.Height).ShouldBe((20, 10));
    }

    [Fact]
    public async Task What_is_transparent_stays_so()
    {
        using var bitmap = new SKBitmap(600, 600);
        bitmap.Erase(SKColors.Transparent);
        using var small = await MakeAsync(bitmap.Encode(SKEncodedImageFormat.Png, 100).ToArray());
        small!.GetPixel(100, 100).Alpha.ShouldBe((byte)0);
    }

    [Fact]
    public async Task Colours_are_right_however_they_are_stored()
    {
        // Adobe's programs store CMYK inverted, and RGB as it is; without their segment that cannot be known.
        (await ColorAsync(Bytes.WithSegments(Bytes.FlatJpeg(255, 20, 20, 255), Bytes.Adobe(0)))).ShouldBe("red");
        (await ColorAsync(Bytes.WithSegments(Bytes.FlatJpeg(250, 10, 10), Bytes.Adobe(0)))).ShouldBe("red");
        // Red as YCbCr, and as YCCK of inverted CMYK.
        (await ColorAsync(Bytes.FlatJpeg(76, 85, 255))).ShouldBe("red");
        (await ColorAsync(Bytes.WithSegments(Bytes.FlatJpeg(179, 171, 1, 255), Bytes.Adobe(2)))).ShouldBe("red");
        (await ColorAsync(Bytes.FlatJpeg(128))).ShouldBe("grey");
        (await ColorAsync(Bytes.Png(700, 9, depth: 16, color: 0, value: 0x80))).ShouldBe("grey");
        (await ColorAsync(Bytes.Png(9, 9, depth: 1, color: 0, value: 0))).ShouldBe("black");
        (await ColorAsync(Bytes.Png(9, 9, 8, 3, 1, Bytes.Chunk("PLTE", [0, 0, 0, 250, 5, 5])))).ShouldBe("red");

        async Task<string> ColorAsync(byte[] image)
        {
            using var small = await MakeAsync(image);
            var color = small!.GetPixel(3, 3);
            return color switch
            {
                { Red: > 200, Green: < 60, Blue: < 60 } => "red",
                { Red: > 100 and < 150, Green: > 100 and < 150, Blue: > 100 and < 150 } => "grey",
                { Red: < 20, Green: < 20, Blue: < 20, Alpha: 255 } => "black",
                _ => color.ToString(),
            };
        }
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
            // EXIF says which sides of the upright picture the first row and the first column are; this is where its
            // top left corner is stored.
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
        var png = stored.Encode(SKEncodedImageFormat.Png, 95).ToArray();
        var webp = stored.Encode(SKEncodedImageFormat.Webp, 95).ToArray();
        foreach (var image in (byte[][])
        [
            Bytes.WithExif(jpeg, orientation), [.. png[..33], .. Bytes.Chunk("eXIf", Bytes.Exif(orientation)),
                .. png[33..]],
            Bytes.Riff([Bytes.Extended(width, height, 0x08),
                .. Bytes.RiffChunks(webp).Select(c => Bytes.RiffChunk(c.Type, c.Content)),
                Bytes.RiffChunk("EXIF", Bytes.Exif(orientation))]),
        ])
        {
            using var small = await MakeAsync(image);
            (small!.Width, small.Height).ShouldBe((320, 160));
            var corner = small.GetPixel(10, 10);
            ((int)corner.Red).ShouldBeGreaterThan(200);
            ((int)corner.Blue).ShouldBeLessThan(60);
            ((int)small.GetPixel(300, 150).Blue).ShouldBeGreaterThan(200);
        }
    }

    [Fact]
    public async Task Nothing_of_the_file_but_its_pixels_is_left()
    {
        var small = await BytesAsync(Bytes.WithExif(Bytes.Image(SKEncodedImageFormat.Jpeg, 500, 500), 1,
            "52.5200N 13.4050E"));
        var text = Encoding.Latin1.GetString(small!);
        text.ShouldNotContain("52.5200N");
        text.ShouldNotContain("Exif");
        text.ShouldStartWith("RIFF");
        Bytes.RiffChunks(small!).Select(c => c.Type).ShouldBeSubsetOf(["VP8 ", "VP8L", "VP8X", "ALPH"]);
    }

    public static TheoryData<string> Bombs => [.. s_bombs.Keys];

    private static readonly Dictionary<string, (Func<byte[]> Image, bool HasThumbnail)> s_bombs = new()
    {
        // A pixel, and texts that unpack to 3 GB: libpng keeps them all.
        ["texts of a PNG"] = (() => Bytes.Png(1, 1, before: [.. Enumerable.Repeat(Bytes.Text("zTXt", 7_900_000), 400)
            .SelectMany(c => c)]), true),
        ["international texts of a PNG"] = (() => Bytes.Png(
            1, 1, before: [.. Enumerable.Repeat(Bytes.Text("iTXt", 7_900_000), 400).SelectMany(c => c)]), true),
        ["texts behind the pixels"] = (() => Bytes.Png(1, 1,
            behind: [.. Enumerable.Repeat(Bytes.Text("zTXt", 7_900_000), 400).SelectMany(c => c)]), true),
        ["profile of a PNG"] = (() => Bytes.Png(1, 1, before: Bytes.Text("iCCP", 200_000_000)), true),
        ["EXIF of a PNG"] = (() => Bytes.Png(1, 1, before: Bytes.Chunk("eXIf", new byte[45_000_000])), true),
        ["pixels of a PNG"] = (() => Bytes.Png(30_000, 30_000, depth: 1, color: 0), false),
        ["most pixels of a PNG of 16 bits"] = (() => Bytes.Png(6_324, 6_324, depth: 16, color: 6), true),
        ["pixels of a WebP of 34 bytes"] = (() => Bytes.OneColor(6_324, 6_324), true),
        ["more pixels of such a WebP"] = (() => Bytes.OneColor(16_383, 16_383), false),
        ["pixels of an animated WebP"] = (() => Bytes.Riff(
            Bytes.Extended(6_000, 6_000, 0x02), Bytes.RiffChunk("ANIM", new byte[6]),
            Bytes.RiffChunk("ANMF", [0, 0, 0, 0, 0, 0, 0x6F, 0x17, 0, 0x6F, 0x17, 0, 1, 0, 0, 0,
                .. Bytes.RiffChunk("VP8L", Bytes.OneColorPixels(6_000, 6_000))])), true),
        ["scans of a JPEG"] = (() =>
        {
            var jpeg = Bytes.Image(SKEncodedImageFormat.Jpeg, 100, 100);
            var scan = jpeg.AsSpan(jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA])).ToArray();
            return [.. jpeg[..^2], .. Enumerable.Repeat(scan[..^2], 200).SelectMany(s => s), 0xFF, 0xD9];
        }, false),
        ["pictures of a GIF"] = (() => Bytes.Gif(1_500_000), true),
        ["screen of a GIF"] = (() => { var gif = Bytes.Gif(1); (gif[7], gif[9]) = (0xFF, 0xFF); return gif; }, false),
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public async Task An_image_that_would_fill_the_memory_fills_none(string bomb)
    {
        var image = s_bombs[bomb].Image();
        await BytesAsync(Bytes.Image(SKEncodedImageFormat.Png, 10, 10));
        using var product = Process.GetCurrentProcess();
        var (before, cpu) = (product.WorkingSet64, DecoderCpu());
        using var watch = new PeakMemory(_thumbnails.DecoderId!.Value);
        (await BytesAsync(image) is not null).ShouldBe(s_bombs[bomb].HasThumbnail);
        watch.Peak.ShouldBeLessThan(256 * MiB);
        product.Refresh();
        (product.WorkingSet64 - before).ShouldBeLessThan(60 * MiB);
        (DecoderCpu() - cpu).ShouldBeLessThan(TimeSpan.FromSeconds(5));

        TimeSpan DecoderCpu()
        {
            using var decoder = Process.GetProcessById(_thumbnails.DecoderId!.Value);
            return decoder.TotalProcessorTime;
        }
    }

    [Theory]
    [InlineData(300, 200, 0.5)]
    [InlineData(3000, 2000, 0.5)]
    [InlineData(3000, 2000, 0.03)]
    [InlineData(6000, 4000, 0.9)]
    public async Task A_photograph_whose_end_did_not_arrive_shows_what_did(int width, int height, double arrived)
    {
        var photograph = Bytes.WithExif(Bytes.Image(SKEncodedImageFormat.Jpeg, width, height), 1);
        using var small = await MakeAsync(photograph[..(int)(photograph.Length * arrived)]);
        (small!.Width, small.Height).ShouldBe(width == 300 ? (300, 200) : (320, 213));
        small
            .GetPixel(0, 0)
            .ShouldSatisfyAllConditions(c => ((int)c.Red).ShouldBeGreaterThan(150), c => ((int)c.Alpha).ShouldBe(255));
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public async Task Of_an_image_that_breaks_off_there_is_what_was_decoded(SKEncodedImageFormat format)
    {
        // Noise: as many rows as bytes.
        using var noise = new SKBitmap(400, 400);
        new Random(3).NextBytes(noise.GetPixelSpan());
        for (var y = 0; y < 400; y++)
            for (var x = 0; x < 400; x++) noise.SetPixel(x, y, noise.GetPixel(x, y).WithAlpha(255));
        var image = noise.Encode(format, 50).ToArray();
        using var small = await MakeAsync(image[..(image.Length * 2 / 3)]);
        (small!.Width, small.Height).ShouldBe((320, 320));
        Enumerable.Range(0, 320).Select(x => small.GetPixel(x, 10)).Distinct().Count().ShouldBeGreaterThan(100);
    }

    [Fact]
    public async Task What_has_no_pixels_has_none()
    {
        var png = Bytes.Image(SKEncodedImageFormat.Png, 500, 500);
        foreach (var bytes in (byte[][])[[], [0x89], png[..50], "GIF89a"u8.ToArray(), [0xFF, 0xD8, 0xFF],
            "RIFF\0\0\0\0WEBPVP8 "u8.ToArray(), Bytes.Gif(1)[..30]])
            (await BytesAsync(bytes)).ShouldBeNull();
    }

    [Fact]
    public async Task Bytes_that_were_changed_at_random_do_no_harm()
    {
        var random = new Random(11);
        foreach (var format in (SKEncodedImageFormat[])[SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg,
            SKEncodedImageFormat.Webp])
        {
            var image = Bytes.Image(format, 200, 100);
            for (var i = 0; i < 150; i++)
            {
                var changed = (byte[])image.Clone();
                for (var n = random.Next(1, 20); n > 0; n--)
                    changed[random.Next(changed.Length)] = (byte)random.Next(256);
                var small = await BytesAsync(changed);
                if (small is not null) SKBitmap.DecodeBounds(small).Width.ShouldBeLessThanOrEqualTo(Thumbnails.Longest);
            }
        }
    }

    [Fact]
    public async Task Nobody_waits_for_those_of_another_office()
    {
        // Of one customer, half a second each.
        var bomb = Bytes.OneColor(6_324, 6_324);
        using var gone = new CancellationTokenSource();
        var many = Enumerable.Range(0, 50).Select(_ => MakeAsync(
            "office", new Guid(1, 2, 3, new byte[8]), bomb, gone.Token)).ToList();
        many.Count(t => t.IsCompletedSuccessfully && t.Result == Thumbnail.Later).ShouldBeGreaterThan(20);

        var began = Stopwatch.StartNew();
        for (var i = 0; i < 5; i++)
            (await MakeAsync("another office", Guid.Empty, Bytes.Png(1, 1), Cancellation)).Picture.ShouldNotBeNull();
        for (var i = 0; i < 5; i++)
            (await MakeAsync("office", Guid.Empty, Bytes.Png(1, 1), Cancellation)).Picture.ShouldNotBeNull();
        many.Count(t => t.IsCompletedSuccessfully && t.Result.Picture is not null)
            .ShouldBeLessThan(12, "Each waits for what is under way, and no longer.");
        began.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));

        // Those of people who went are not made.
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(Task.WhenAll(many));
        began.Restart();
        (await MakeAsync("office", Guid.Empty, Bytes.Png(1, 1), Cancellation)).Picture.ShouldNotBeNull();
        began.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Where_no_decoder_starts_thumbnails_are_for_later_and_nobody_waits()
    {
        using var thumbnails = new Thumbnails(NullLogger<Thumbnails>.Instance)
        {
            Program = () =>
            new ProcessStartInfo("/no/such/program")
        };
        await thumbnails.StartAsync(Cancellation);
        for (var i = 0; i < 3; i++)
            (await thumbnails.MakeAsync("office", Guid.Empty, Open(Bytes.Png(1, 1)), Cancellation))
                .ShouldBe(Thumbnail.Later);
        await thumbnails.StopAsync(Cancellation);
        (await thumbnails.MakeAsync("office", Guid.Empty, Open(Bytes.Png(1, 1)), Cancellation))
            .ShouldBe(Thumbnail.Later);
    }

    [Fact]
    public async Task A_thumbnail_is_for_those_who_may_see_the_file_and_says_null_where_there_is_none()
    {
        await using var product = await RunningProduct.StartAsync();
        var anna = await product.SignInAsync("anna.sommer@kanzlei-sommer.example");
        var dieter = await product.SignInAsync("dieter.krause@baeckerei-krause.example");
        var eva = await product.SignInAsync("eva.lindner@studio-lindner.example");
        var image = (await dieter.UploadAsync("Beleg.png", "image/png",
            Bytes.Image(SKEncodedImageFormat.Png, 1000, 500))).Data.At("uploadFile.file.id");
        var broken = (await dieter.UploadAsync("Kaputt.png", "image/png",
            Bytes.Image(SKEncodedImageFormat.Png, 1000, 500)[..60])).Data.At("uploadFile.file.id");
        var text = (await dieter.UploadAsync("Beleg.txt", "text/plain", "Beleg"u8.ToArray())).Data
            .At("uploadFile.file.id");

        // Before it is attached, to its uploader only.
        const string node = "query($id: ID!) { node(id: $id) { ... on File { thumbnailUrl } } }";
        (await dieter.QueryAsync(node, new { id = image })).At("node.thumbnailUrl")
            .ShouldBe($"/files/{image}/thumbnail");
        await StatusesAsync(200, 404, 404);

        var id = (await dieter.QueryAsync("{ conversations(first: 1) { nodes { id } } }"))
            .At("conversations.nodes.0.id");
        var comment = await dieter.QueryAsync(
            "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { files { name "
                + "thumbnailUrl } } errors { message } } }",
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

        static async Task<int> StatusAsync(GraphQLClient who, string file) =>
            (int)(await who.GetAsync($"/files/{file}/thumbnail")).StatusCode;
    }

    private async Task<SKBitmap?> MakeAsync(byte[] image) =>
        await BytesAsync(image) is { } small ? SKBitmap.Decode(small) : null;

    private async Task<byte[]?> BytesAsync(byte[] image)
    {
        var made = await MakeAsync("office", Guid.Empty, image, Cancellation);
        made.IsSettled.ShouldBeTrue();
        return made.Picture;
    }

    private Task<Thumbnail> MakeAsync(string office, Guid person, byte[] image, CancellationToken cancellation) =>
        _thumbnails.MakeAsync(office, person, Open(image), cancellation);

    private static Func<CancellationToken, Task<Stream?>> Open(byte[] image) => _ =>
        Task.FromResult<Stream?>(new MemoryStream(image));
}
