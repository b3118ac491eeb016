using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SkiaSharp;

namespace Messaging.Api.Files.Pictures;

/// <summary>
/// The process that decodes pictures: the product's own program, started by <see cref="DecoderWorker"/> with
/// <see cref="Name"/> and nothing else. It gets pictures by its input, gives small ones by its output, and has neither
/// files nor connections, settings nor secrets. It ends with its input.
/// </summary>
internal static class DecoderProcess
{
    /// <summary>The argument that makes the program the decoder.</summary>
    public const string Name = "decode-pictures";

    /// <summary>
    /// Limit of processor time of one process, all pictures together; another process is started before.
    /// </summary>
    public static readonly TimeSpan MostCpuInAll = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Limit of memory that the kernel lets it allocate, in bytes; its program, mapped from files, comes on top.
    /// </summary>
    public const long MostAllocated = 216L * 1024 * 1024;

    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(500);

    /// <summary>Serves pictures until there are no more.</summary>
    /// <returns>The exit code.</returns>
    public static int Run()
    {
        // Not by Console, which would open more.
        using var input = new FileStream(new SafeFileHandle(Handle(-10, 0), ownsHandle: false), FileAccess.Read,
            bufferSize: 0);
        using var output = new FileStream(new SafeFileHandle(Handle(-11, 1), ownsHandle: false), FileAccess.Write,
            bufferSize: 0);
        var working = new ManualResetEventSlim();
        var parent = ProcessLimits.Parent;
        new Thread(() => EndWithParent(parent, working)) { IsBackground = true }.Start();
        LoadEverything();
        ProcessLimits.Confine(MostAllocated, MostCpuInAll);
        output.Write(DecoderProtocol.Ready);
        var request = new byte[DecoderProtocol.RequestLength];
        while (input.ReadAtLeast(request, request.Length, throwOnEndOfStream: false) == request.Length)
        {
            var (format, orientation, cpu, length) = DecoderProtocol.ReadRequest(request);
            ProcessLimits.EndAfter(cpu, MostCpuInAll);
            working.Set();
            using var content = new RestOf(input, length);
            var small = PictureDecoder.Decode(format, orientation, content, length) ?? [];
            content.Skip();
            working.Reset();
            output.Write(DecoderProtocol.Answer(small.Length));
            output.Write(small);
        }

        return 0;
    }

    // The end of its input tells that the product has ended, but only while it reads; in the middle of a picture it
    // does not.
    private static void EndWithParent(int parent, ManualResetEventSlim working)
    {
        while (true)
        {
            working.Wait();
            if (ProcessLimits.Parent != parent) Environment.Exit(1);
            Thread.Sleep(s_watch);
        }
    }

    private static nint Handle(int onWindows, nint elsewhere) =>
        OperatingSystem.IsWindows() ? GetStdHandle(onWindows) : elsewhere;

    [DllImport("kernel32"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern nint GetStdHandle(int which);

    /// <summary>
    /// Decodes a picture of each format and encodes one: all code that will be needed is loaded, while files may still
    /// be opened.
    /// </summary>
    private static void LoadEverything()
    {
        using var bitmap = new SKBitmap(700, 1);
        bitmap.Erase(SKColors.Teal);
        foreach (var (format, encoded) in new[]
        {
            (PictureFormat.Png, SKEncodedImageFormat.Png), (PictureFormat.Jpeg, SKEncodedImageFormat.Jpeg),
            (PictureFormat.Webp, SKEncodedImageFormat.Webp),
        })
        {
            using var data = bitmap.Encode(encoded, 80);
            Decode(format, data.ToArray());
        }

        // 3 by 2 pixels.
        Decode(PictureFormat.Gif,
            Convert.FromBase64String("R0lGODdhAwACAJEAAP8AAAD/AAAA/////ywAAAAAAwACAAACBESoESsAOw=="));
        Decode(PictureFormat.Png, [1, 2, 3]);

        static void Decode(PictureFormat format, byte[] bytes)
        {
            using var content = new RestOf(new MemoryStream(bytes), bytes.Length);
            _ = PictureDecoder.Decode(format, ExifOrientation.Upright, content, bytes.Length);
            content.Skip();
        }
    }

    /// <summary>So many bytes of a stream that go on, and no seeking.</summary>
    private sealed class RestOf(Stream stream, int length) : Stream
    {
        private int _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        // As many as are asked for: less is the end, as Skia sees it.
        public override int Read(byte[] buffer, int offset, int count)
        {
            var wanted = Math.Min(count, _left);
            if (stream.ReadAtLeast(buffer.AsSpan(offset, wanted), wanted, throwOnEndOfStream: false) < wanted)
                Environment.Exit(0);
            _left -= wanted;
            return wanted;
        }

        /// <summary>Reads an answer that nobody wants any more: the next request is behind it.</summary>
        public void Skip()
        {
            var buffer = new byte[16 * 1024];
            while (Read(buffer, 0, buffer.Length) > 0)
            {
            }
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
