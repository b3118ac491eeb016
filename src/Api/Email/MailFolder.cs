using Messaging.Application.Notifications;

namespace Messaging.Api.Email;

/// <summary>
/// The mails that <see cref="FolderEmailSender"/> wrote into files, also of a time before there was an SMTP server.
/// </summary>
internal sealed class MailFolder(EmailOptions options) : IMailCopies
{
    // As the id is written in a name.
    private const int IdLength = 32;

    /// <inheritdoc/>
    public void Remove(IReadOnlySet<Guid> mails)
    {
        if (mails.Count == 0 || !Directory.Exists(options.Folder)) return;

        // Also what was not finished, whose name goes on behind the ending.
        foreach (var file in new DirectoryInfo(options.Folder).EnumerateFiles())
        {
            var end = file.Name.IndexOf(".eml", StringComparison.Ordinal);
            if (end >= IdLength && Guid.TryParseExact(file.Name.AsSpan(end - IdLength, IdLength), "N", out var id)
                && mails.Contains(id))
                file.Delete();
        }
    }
}
