using System.Globalization;
using Messaging.Application.Notifications;
using MimeKit;

namespace Messaging.Api.Email;

/// <summary>
/// Without an SMTP server, each mail becomes an <c>.eml</c> file that any mail program opens. After 30 days it is
/// removed.
/// </summary>
internal sealed class FolderEmailSender(EmailOptions options, EmailRenderer renderer, TimeProvider clock) : IEmailSender
{
    /// <summary>
    /// The files repeat people's words, which the conversations have, and nobody else looks after them.
    /// </summary>
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(30);
    private static readonly TimeSpan s_betweenSweeps = TimeSpan.FromHours(1);

    private long _nextSweep;

    /// <inheritdoc/>
    public async Task<SentMail> SendAsync(OutgoingEmail email, Func<bool> isStillMine, CancellationToken cancellation)
    {
        using var rendered = renderer.Render(email);
        CreateFolder();

        var name = FileName(email.DeliveryId);
        var path = Path.Combine(options.Folder, name);
        // Readers of the folder see whole files only. Sending the same delivery again replaces its file.
        var unfinished = Path.Combine(options.Folder, $".{name}.{Guid.NewGuid():N}.tmp");
        try
        {
            await using (var file = new FileStream(unfinished, Private()))
            {
                var format = FormatOptions.Default.Clone();
                format.NewLineFormat = NewLineFormat.Dos;
                format.International = rendered.NeedsSmtpUtf8;
                await rendered.Message.WriteToAsync(format, file, cancellation);
                file.Flush(flushToDisk: true);
            }

            if (!isStillMine()) throw EmailDelayedException.TakenOnElsewhere();
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
        Sweep();
        return rendered.Sent;
    }

    /// <summary>
    /// By time, where the id has one (Guid v7): it is part of the delivery, so that the name is the same each time it
    /// is sent.
    /// </summary>
    private static string FileName(Guid delivery)
    {
        if (delivery.Version != 7)
            return $"{delivery:N}.eml";
        var milliseconds = long.Parse(
            delivery.ToString("N")[..12], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var time = DateTimeOffset.FromUnixTimeMilliseconds(
            Math.Min(milliseconds, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
        return string.Create(CultureInfo.InvariantCulture, $"{time:yyyyMMdd'T'HHmmss'Z'}-{delivery:N}.eml");
    }

    private void Sweep()
    {
        var (now, next) = (clock.GetUtcNow(), Volatile.Read(ref _nextSweep));
        if (
            now.UtcTicks < next
            || Interlocked.CompareExchange(ref _nextSweep, (now + s_betweenSweeps).UtcTicks, next) != next
        )
            return;
        try
        {
            // Other files there are somebody else's.
            foreach (
                var file in new DirectoryInfo(options.Folder)
                    .EnumerateFiles()
                    .Where(file =>
                        file.Extension is ".eml" or ".tmp" && now.UtcDateTime - file.LastWriteTimeUtc > s_kept
                    )
            )
                file.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The mail is there all the same, and the next sweep comes in an hour.
        }
    }

    // Mails hold what customers wrote and one-time tokens: only the product's own user reads them.
    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(options.Folder);
        else
            Directory.CreateDirectory(
                options.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static FileStreamOptions Private()
    {
        var file = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return file;
    }
}
