using System.IO.Compression;
using Messaging.Application.History;

namespace Messaging.Api.History;

/// <summary>A ZIP that is written while it is sent.</summary>
internal static class ZipDownload
{
    // So that what is written in small pieces is sent in larger ones, in bytes.
    private const int BufferBytes = 64 * 1024;

    /// <summary>Sends it, as <see cref="Downloads.SendAsync"/> does.</summary>
    public static Task SendAsync(
        HttpContext context, string fileName, Func<ExportSink, Task> writeAsync, Action<Exception> logCutOff,
        CancellationToken cancellation) =>
        Downloads.SendAsync(
            context, "application/zip", fileName,
            async stream =>
            {
                await using var body = new BufferedStream(stream, BufferBytes);
                await using var zip = await ZipArchive.CreateAsync(
                    body, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellation);
                using var sink = new ExportZip(zip);
                await writeAsync(sink);
            },
            logCutOff);
}
