using System.Text;
using Messaging.Api.Files.Pictures;
using Shouldly;
using SkiaSharp;
using Xunit;

namespace Messaging.Api.Tests.Files.Pictures;

/// <summary>
/// What of a picture its decoder gets: what its pixels need, and nothing that a decoder could choke on.
/// </summary>
public sealed class PictureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public async Task A_plain_picture_stays_the_same_pixel_by_pixel(SKEncodedImageFormat format)
    {
        var bytes = Bytes.Image(format, 321, 123);
        var picture = Picture.Read(new MemoryStream(bytes))!;
        (picture.Width, picture.Height, picture.Orientation).ShouldBe((321, 123, 1));
        var content = await ContentAsync(bytes);
        using var before = SKBitmap.Decode(bytes);
        using var after = SKBitmap.Decode(content);
        after.Bytes.ShouldBe(before.Bytes);
    }

    [Theory]
    [InlineData("zTXt")]
    [InlineData("iTXt")]
    [InlineData("iCCP")]
    [InlineData("tEXt")]
    [InlineData("eXIf")]
    [InlineData("sPLT")]
    [InlineData("acTL")]
    [InlineData("prVt")]
    public async Task Of_a_png_no_texts_profiles_and_programs_are_left(string kind)
    {
        byte[] chunk = kind is "zTXt" or "iTXt" or "iCCP" ? Bytes.Text(kind, 1_000_000)
            : Bytes.Chunk(kind, new byte[100_000]);
        byte[] many = [.. Enumerable.Repeat(chunk, 20).SelectMany(c => c)];
        foreach (var png in (byte[][])[Bytes.Png(3, 2, before: many), Bytes.Png(3, 2, behind: many)])
        {
            var content = await ContentAsync(png);
            content.ShouldBe(Bytes.Png(3, 2));
            Encoding.Latin1.GetString(content).ShouldNotContain(kind);
        }
    }

    [Fact]
    public async Task Of_a_png_what_the_colours_mean_stays()
    {
        byte[] colors =
        [
            .. Bytes.Chunk("gAMA", [0, 0, 0xB1, 0x8F]), .. Bytes.Chunk("cHRM", new byte[32]),
                .. Bytes.Chunk("sRGB", [0]),
            .. Bytes.Chunk("PLTE", [1, 2, 3, 4, 5, 6]), .. Bytes.Chunk("tRNS", [7, 8]),
        ];
        var png = Bytes.Png(5, 5, 8, 3, 1, before: colors);
        (await ContentAsync(png)).ShouldBe(png);

        // Not what is called so and is something else.
        byte[] wrong = [.. Bytes.Chunk("gAMA", new byte[70_000]), .. Bytes.Chunk("tRNS", new byte[257]),
            .. Bytes.Chunk("PLTE", new byte[769]), .. Bytes.Chunk("sRGB", new byte[9])];
        (await ContentAsync(Bytes.Png(5, 5, before: wrong))).ShouldBe(Bytes.Png(5, 5));
    }

    [Fact]
    public async Task Of_a_jpeg_no_segments_of_programs_are_left_but_how_colours_are_coded()
    {
        var plain = Bytes.FlatJpeg(255, 0, 0, 255);
        var jpeg = Bytes.WithSegments(
            plain, Bytes.Segment(0xE0, [.. "JFIF\0"u8, 1, 2, 1, 0, 72, 0, 72, 1, 1, 9, 9, 9]),
                Bytes.Segment(0xE1, [.. "http://ns.adobe.com/xap/1.0/\0"u8]),
            Bytes.Segment(0xE2, [.. "ICC_PROFILE\0"u8, .. new byte[60_000]]),
                Bytes.Segment(0xED, [.. "Photoshop 3.0"u8]), Bytes.Adobe(0), Bytes.Segment(0xFE, [.. "a comment"u8]));
        var content = await ContentAsync([.. jpeg, .. jpeg, .. "a film"u8]);
        content.ShouldBe(Bytes.WithSegments(plain, Bytes.Segment(0xE0, [.. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
            Bytes.Adobe(0)));
    }

    [Fact]
    public async Task Of_a_webp_no_profile_and_metadata_are_left()
    {
        var pixels = Bytes.RiffChunk("VP8L", Bytes.OneColorPixels(20, 10));
        var webp = Bytes.Riff(
            Bytes.Extended(20, 10, 0x3C), Bytes.RiffChunk("ICCP", new byte[1_001]), pixels,
                Bytes.RiffChunk("EXIF", Bytes.Exif(6)), Bytes.RiffChunk("XMP ", new byte[99]), pixels);
        var picture = Picture.Read(new MemoryStream(webp))!;
        (picture.Width, picture.Height, picture.Orientation).ShouldBe((20, 10, 6));
        (await ContentAsync(webp)).ShouldBe(Bytes.Riff(Bytes.Extended(20, 10, 0x10), pixels));
    }

    [Fact]
    public async Task Of_an_animation_the_first_picture_is_left()
    {
        var first = Bytes.RiffChunk("VP8L", Bytes.OneColorPixels(20, 10));
        var other = Bytes.RiffChunk("VP8L", Bytes.OneColorPixels(16_383, 2_000));
        byte[] frame = [0, 0, 0, 0, 0, 0, 19, 0, 0, 9, 0, 0, 1, 0, 0, 0];
        var animation = Bytes.RiffChunk("ANIM", new byte[6]);
        var webp = Bytes.Riff(
            [Bytes.Extended(20, 10, 0x02), animation, Bytes.RiffChunk(
                "ANMF", [.. frame, .. Bytes.RiffChunk("junk", new byte[9]), .. first]),
            .. Enumerable.Repeat(Bytes.RiffChunk("ANMF", [.. frame, .. other]), 1_000)]);
        (await ContentAsync(webp)).ShouldBe(Bytes.Riff(Bytes.Extended(20, 10, 0x02), animation,
            Bytes.RiffChunk("ANMF", [.. frame, .. first])));

        byte[][] around = [[0x21, 0xFE, 255, .. new byte[255], 0], [0x21, 0xFF, 11, .. "NETSCAPE2.0"u8, 3, 1, 0, 0, 0]];
        (await ContentAsync(Bytes.Gif(200_000, [.. Enumerable.Repeat(around, 1_000).SelectMany(a => a)])))
            .ShouldBe(Bytes.Gif(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void How_it_is_turned_is_read_from_exif_of_each_format(int orientation)
    {
        Of(Bytes.Png(1, 1, before: Bytes.Chunk("eXIf", Bytes.Exif(orientation)))).ShouldBe(orientation);
        Of(Bytes.Png(1, 1, behind: Bytes.Chunk("eXIf", Bytes.Exif(orientation, little: true)))).ShouldBe(orientation);
        Of(Bytes.WithExif(Bytes.FlatJpeg(1, 1, 1), orientation)).ShouldBe(orientation);
        var pixels = Bytes.RiffChunk("VP8L", Bytes.OneColorPixels(1, 1));
        Of(Bytes.Riff(Bytes.Extended(1, 1, 8), pixels, Bytes
            .RiffChunk("EXIF", [.. "Exif\0\0"u8, .. Bytes.Exif(orientation, little: true)]))).ShouldBe(orientation);
        // None that there is.
        Of(Bytes.WithExif(Bytes.FlatJpeg(1, 1, 1), orientation + 8)).ShouldBe(1);

        static int Of(byte[] bytes) => Picture.Read(new MemoryStream(bytes))!.Orientation;
    }

    [Fact]
    public void What_would_cost_too_much_is_known_by_its_header()
    {
        var pixels = Bytes.Chunk("IDAT", [1, 2, 3]);
        Affordable(Png(6_324, 6_324, 8, 6, 0)).ShouldBeTrue();
        Affordable(Png(6_325, 6_325, 8, 6, 0)).ShouldBeFalse();
        Affordable(Png(65_536, 1, 8, 6, 0)).ShouldBeFalse();
        Affordable(Png(0, 1, 8, 6, 0)).ShouldBeFalse();
        Affordable(Png(-1, -1, 8, 6, 0)).ShouldBeFalse();
        // Put together in memory before it is converted.
        Affordable(Png(4_000, 4_000, 16, 6, 1)).ShouldBeFalse();
        Affordable(Png(4_000, 4_000, 8, 2, 1)).ShouldBeTrue();

        Affordable(Jpeg(0xC0, 6_300, 6_300, 0x11, 3)).ShouldBeTrue();
        // All numbers of a progressive one, or of one whose components come one after the other, are in memory.
        Affordable(Jpeg(0xC2, 6_300, 6_300, 0x11, 3)).ShouldBeFalse();
        Affordable(Jpeg(0xC0, 6_300, 6_300, 0x11, 1)).ShouldBeFalse();
        Affordable(Jpeg(0xC2, 6_300, 6_300, 0x22, 3)).ShouldBeTrue();
        Affordable(Jpeg(0xC2, 4_000, 6_000, 0x11, 3)).ShouldBeTrue();
        foreach (var other in (byte[])[0xC3, 0xC5, 0xC9, 0xCA, 0xCF])
            Affordable(Jpeg(other, 10, 10, 0x11, 3)).ShouldBeFalse();

        Affordable(Bytes.OneColor(6_324, 6_324)).ShouldBeTrue();
        Affordable(Bytes.OneColor(16_000, 16_000)).ShouldBeFalse();
        Affordable(Bytes.Riff(Bytes.Extended(16_777_216, 16_777_216, 0),
            Bytes.RiffChunk("VP8L", Bytes.OneColorPixels(1, 1)))).ShouldBeFalse();

        var gif = Bytes.Gif(1);
        (gif[7], gif[9]) = (0xFF, 0xFF);
        Affordable(gif).ShouldBeFalse();

        static bool Affordable(byte[] bytes) => Picture.Read(new MemoryStream(bytes)) is not null;

        byte[] Png(int width, int height, int depth, int color, byte interlace) =>
            [.. Bytes.PngSignature, .. Bytes.Chunk("IHDR", Bytes.Header(width, height, depth, color, interlace)),
                .. pixels];

        static byte[] Jpeg(byte frame, int width, int height, byte factors, byte inFirstScan) =>
        [
            0xFF, 0xD8,
            .. Bytes.Segment(frame, [8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 3, 1,
                factors, 0, 2, 0x11, 0, 3, 0x11, 0]),
            .. Bytes.Segment(0xDA, [inFirstScan, 1, 0, 2, 0, 3, 0, 0, 63, 0]), 1, 2, 3,
        ];
    }

    [Fact]
    public void Other_bytes_are_no_picture()
    {
        foreach (var bytes in (byte[][])[[], [0x89], [.. "GIF89a"u8], [0xFF, 0xD8, 0xFF],
            [.. "RIFF\0\0\0\0WEBPVP8 "u8], [.. "%PDF-1.7"u8], [.. Bytes.PngSignature], new byte[100_000]])
            Picture.Read(new MemoryStream(bytes)).ShouldBeNull();
    }

    [Fact]
    public async Task Bytes_changed_at_random_do_no_harm_and_never_become_more()
    {
        var random = new Random(7);
        byte[][] pictures =
        [
            Bytes.Png(20, 20, before: Bytes.Text("zTXt", 100)), Bytes.Image(SKEncodedImageFormat.Jpeg, 30, 30),
                Bytes.WithExif(Bytes.FlatJpeg(1, 2, 3), 5),
            Bytes.Image(SKEncodedImageFormat.Webp, 30, 30), Bytes.Gif(3, [0x21, 0xFE, 2, 1, 1, 0]),
            Bytes.Riff(Bytes.Extended(20, 10, 0x3C), Bytes.RiffChunk("VP8L", Bytes.OneColorPixels(20, 10)),
                Bytes.RiffChunk("EXIF", Bytes.Exif(6))),
        ];
        for (var time = 0; time < 30_000; time++)
        {
            var changed = (byte[])pictures[time % pictures.Length].Clone();
            for (var n = random.Next(1, 8); n > 0; n--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0) changed = changed[..random.Next(changed.Length)];
            if (Picture.Read(new MemoryStream(changed)) is not { } picture) continue;
            var content = await ContentAsync(changed);
            content.Length.ShouldBe((int)picture.Content.Length);
            // An end of our own, and segments that are written out.
            content.Length.ShouldBeLessThan(changed.Length + 60);
        }
    }

    [Fact]
    public void A_file_of_millions_of_parts_is_read_quickly()
    {
        byte[] chunk = Bytes.Chunk("teSt", []);
        var many = Bytes.Png(1, 1, before: [.. Enumerable.Repeat(chunk, 900_000).SelectMany(c => c)]);
        var began = System.Diagnostics.Stopwatch.StartNew();
        Picture.Read(new MemoryStream(many)).ShouldNotBeNull().Content.Length.ShouldBeLessThan(100);
        Picture.Read(new MemoryStream(Bytes.Png(1, 1, before: [.. Enumerable.Repeat(chunk, 1_000_001)
            .SelectMany(c => c)]))).ShouldBeNull();
        began.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    private static async Task<byte[]> ContentAsync(byte[] file)
    {
        using var stream = new MemoryStream(file);
        using var content = new MemoryStream();
        await Picture.Read(stream)!.Content.WriteAsync(stream, content, Cancellation);
        return content.ToArray();
    }
}
