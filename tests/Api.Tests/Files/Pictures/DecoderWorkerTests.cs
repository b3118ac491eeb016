using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Messaging.Api.Files.Pictures;
using Messaging.TestSupport.Product;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Files.Pictures;

/// <summary>
/// The decoder's process: what it is kept from, what it may cost, and how it ends, also where a picture gets at the
/// decoder as it is.
/// </summary>
public sealed class DecoderWorkerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_decodes_one_picture_after_the_other()
    {
        await using var worker = await DecoderWorker.StartAsync(null, Cancellation);
        foreach (var image in (byte[][])[Bytes.Png(10, 10), Bytes.OneColor(100, 100), Bytes.Gif(1),
            Bytes.FlatJpeg(1, 2, 3), Bytes.Png(10, 10)])
        {
            var decoded = await worker.DecodeAsync(Picture.Read(new MemoryStream(image))!, new MemoryStream(image),
                Cancellation);
            decoded.Problem.ShouldBeNull();
            decoded.Small.ShouldNotBeNull();
        }

        // Nothing is in it but its beginning.
        var broken = Bytes.Riff(Bytes.RiffChunk("VP8L", Bytes.OneColorPixels(100, 100).AsSpan(0, 6)));
        (await worker.DecodeAsync(Raw(PictureFormat.Webp, broken), new MemoryStream(broken), Cancellation))
            .ShouldBe(new Decoded(null, null));
        worker.IsWornOut.ShouldBeFalse();
    }

    [Fact]
    public async Task Memory_is_bounded_whatever_a_decoder_would_take()
    {
        // As it came: libpng keeps 3 GB for one pixel.
        var bomb = Bytes.Png(1, 1, before: [.. Enumerable.Repeat(Bytes.Text("zTXt", 7_900_000), 400)
            .SelectMany(c => c)]);
        foreach (var (format, image) in ((PictureFormat, byte[])[])
        [
            (PictureFormat.Png, bomb), (PictureFormat.Png, Bytes.Png(30_000, 30_000, depth: 1, color: 0)),
                (PictureFormat.Webp, Bytes.OneColor(16_383, 16_383)),
        ])
        {
            await using var worker = await DecoderWorker.StartAsync(null, Cancellation);
            using var memory = new PeakMemory(worker.ProcessId);
            var decoded = await worker.DecodeAsync(Raw(format, image), new MemoryStream(image), Cancellation);
            memory.Peak.ShouldBeInRange(1, DecoderWorker.MostMemory);
            TestContext.Current.TestOutputHelper!.WriteLine($"{format}: {memory.Peak / 1_048_576} MiB, {decoded}");
        }
    }

    [Fact]
    public async Task Processor_time_is_bounded_and_what_takes_more_ends_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such limit; there the time counts.");
        // Texts that are unpacked one after the other: some three seconds.
        var bomb = Bytes.Png(1, 1, before: [.. Enumerable.Repeat(Bytes.Text("zTXt", 7_900_000), 3_000)
            .SelectMany(c => c)]);
        await using var worker = await DecoderWorker.StartAsync(null, Cancellation, mostCpu: TimeSpan.FromSeconds(1));
        using var process = Process.GetProcessById(worker.ProcessId);
        var cpu = TimeSpan.Zero;
        var decoding = worker.DecodeAsync(Raw(PictureFormat.Png, bomb), new MemoryStream(bomb), Cancellation);
        while (!decoding.IsCompleted)
        {
            try
            {
                process.Refresh();
                cpu = process.TotalProcessorTime;
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception)
            {
                break;
            }

            await Task.Delay(20, Cancellation);
        }

        var problem = (await decoding).Problem;
        if (problem is null) cpu.ShouldBeLessThan(TimeSpan.FromSeconds(1));
        Assert.SkipWhen(problem is null, "This machine decodes it within the limit.");
        problem.ShouldContain("ended with code");
        cpu.ShouldBeInRange(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
        Should.Throw<ArgumentException>(() => Process.GetProcessById(worker.ProcessId));
    }

    [Fact]
    public async Task It_has_no_secrets_files_connections_or_rights()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks into /proc.");

        // A name that nothing reads: other tests start products in this process meanwhile.
        Environment.SetEnvironmentVariable("SECRET_OF_A_TEST", "a-secret");
        await using var worker = await DecoderWorker.StartAsync(null, Cancellation);
        Environment.SetEnvironmentVariable("SECRET_OF_A_TEST", null);
        var of = $"/proc/{worker.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        (await File.ReadAllTextAsync($"{of}/environ", Cancellation)).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .ShouldAllBe(v => v.StartsWith("DOTNET_", StringComparison.Ordinal)
                || v.StartsWith("LD_LIBRARY_PATH=", StringComparison.Ordinal));

        // Pipes to the product and of the runtime, and the program that it is.
        foreach (var (f, target) in Directory.GetFiles($"{of}/fd").Select(f => (f, new FileInfo(f).LinkTarget!)))
        {
            (target.StartsWith("pipe:", StringComparison.Ordinal)
                || target.StartsWith("/memfd:doublemapper", StringComparison.Ordinal)
                || target.EndsWith(".dll", StringComparison.Ordinal)
                || target.StartsWith("anon_inode:", StringComparison.Ordinal)).ShouldBeTrue($"{f}: {target}");
        }

        var limits = await File.ReadAllTextAsync($"{of}/limits", Cancellation);
        limits.ShouldMatch(@"Max open files\s+0\s+0 ");
        limits.ShouldMatch(@"Max core file size\s+0\s+0 ");
        limits.ShouldMatch(@"Max data size\s+226492416\s+226492416 ");
        var status = await File.ReadAllTextAsync($"{of}/status", Cancellation);
        status.ShouldMatch(@"NoNewPrivs:\s+1");
        if (Environment.IsPrivilegedProcess) status.ShouldMatch(@"Uid:\s+65534\s+65534\s+65534\s+65534");
        if (Environment.IsPrivilegedProcess) status.ShouldMatch(@"Groups:\s*\n");
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("echo this is no decoder; exec sleep 60")]
    [InlineData("echo out of luck >&2")]
    public async Task What_does_not_start_as_a_decoder_is_none(string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell.");
        var failed = await Should.ThrowAsync<DecoderNotStartedException>(
            DecoderWorker.StartAsync(new ProcessStartInfo("/bin/sh", ["-c", script]), Cancellation));
        if (script.Contains(">&2", StringComparison.Ordinal)) failed.Message.ShouldContain("out of luck");
        await Should.ThrowAsync<DecoderNotStartedException>(
            DecoderWorker.StartAsync(new ProcessStartInfo("/no/such/program"), Cancellation));
    }

    [Theory]
    [InlineData("head -c 77 >/dev/null; echo what a stranger would say, and more; exec sleep 60", "no answer")]
    // A length that no small picture has; a "WebP" that is none; one with a program in it, or of another size.
    [InlineData("head -c 77 >/dev/null; printf 'MPW1\\177\\377\\377\\377'; exec sleep 60", "no answer")]
    [InlineData("head -c 77 >/dev/null; printf 'MPW1\\0\\0\\0\\020<script></script'; exec sleep 60", "no answer")]
    [InlineData(
        "head -c 77 >/dev/null; printf "
            + "'MPW1\\0\\0\\0\\034RIFF\\024\\0\\0\\0WEBPVP8L\\010\\0\\0\\0\\057\\377\\377\\377\\0\\0\\0\\0'; exec "
            + "sleep 60",
        "no answer"
    )]
    [InlineData("head -c 77 >/dev/null; printf MPW", "ended")]
    [InlineData("exit 3", "ended with code 3")]
    [InlineData("kill -9 $$", "ended with code 137")]
    [InlineData("exec sleep 60", "took too long")]
    public async Task What_says_or_does_something_else_is_ended_and_nothing_of_it_is_believed(
        string script, string problem)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell.");
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"PATH=/usr/bin:/bin; printf 'MPW1\\0\\0\\0\\0'; {script}"]);
        await using var worker = await DecoderWorker.StartAsync(start, Cancellation, TimeSpan.FromSeconds(3));
        var png = Bytes.Png(1, 1);
        var decoded = await worker.DecodeAsync(Picture.Read(new MemoryStream(png))!, new MemoryStream(png),
            Cancellation);
        decoded.Small.ShouldBeNull();
        decoded.Problem.ShouldNotBeNull().ShouldContain(problem);
        Should.Throw<ArgumentException>(() => Process.GetProcessById(worker.ProcessId));
    }

    [Fact]
    public async Task It_ends_with_the_product_however_that_ends()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks into /proc.");
        await using var product = await ProductProcess.StartAsync([]);
        var dieter = await product.SignInAsync("dieter.krause@baeckerei-krause.example");
        var file = (await dieter.UploadAsync("Foto.png", "image/png", Bytes.Png(10, 10))).Data.At("uploadFile.file.id");
        (await dieter.QueryAsync("query($id: ID!) { node(id: $id) { ... on File { thumbnailUrl } } }",
            new { id = file })).At("node.thumbnailUrl").ShouldNotBeEmpty();
        var decoder = Decoders(product.ProcessId).ShouldHaveSingleItem();

        // A new one, where it has ended.
        using (var process = Process.GetProcessById(decoder)) process.Kill();
        file = (await dieter.UploadAsync("Foto.png", "image/png", Bytes.Png(10, 10))).Data.At("uploadFile.file.id");
        (await dieter.QueryAsync("query($id: ID!) { node(id: $id) { ... on File { thumbnailUrl } } }",
            new { id = file })).At("node.thumbnailUrl").ShouldNotBeEmpty();
        decoder = Decoders(product.ProcessId).ShouldHaveSingleItem();

        await product.KillAsync();
        for (var waited = Stopwatch.StartNew(); Directory.Exists(
            $"/proc/{decoder.ToString(CultureInfo.InvariantCulture)}"); await Task.Delay(50, Cancellation))
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    private static Picture Raw(PictureFormat format, byte[] file)
    {
        var content = new PictureContent();
        content.AddPart(0, file.Length);
        return new Picture(format, 1, 1, 1, content);
    }

    private static List<int> Decoders(int product) =>
        [.. Process.GetProcessesByName("dotnet").Where(p => IsDecoderOf(p, product)).Select(p => p.Id)];

    private static bool IsDecoderOf(Process process, int product)
    {
        try
        {
            var of = $"/proc/{process.Id.ToString(CultureInfo.InvariantCulture)}";
            return File.ReadAllText($"{of}/cmdline").Contains(DecoderProcess.Name, StringComparison.Ordinal)
                && File.ReadAllText($"{of}/status").Contains(
                    $"PPid:\t{product.ToString(CultureInfo.InvariantCulture)}\n", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
