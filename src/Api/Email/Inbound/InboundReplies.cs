using Messaging.Api.Files;
using Messaging.Api.GraphQL;
using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Application.Conversations;
using Messaging.Application.Files;
using Messaging.Application.Notifications.Inbound;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using MimeKit;

namespace Messaging.Api.Email.Inbound;

/// <summary>Makes a comment of an answer by mail: as its sender, and as if they had written it here.</summary>
internal sealed class InboundReplies(
    CommandExecutor executor, InboundMails mails, ReplyAddresses addresses, Uploads uploads, IFileStore store,
    RefusedTypes refused, AfterUpload after)
{
    /// <summary>Carries it out. The command has the mail's id: repeated, it has no second effect.</summary>
    /// <returns>What became of it, and the code of the refusal where it was refused.</returns>
    public async Task<(InboundOutcome Outcome, string? Code)> CommentAsync(
        Answered answered, Guid id, InboundHeaders headers, InboundMessage message, CancellationToken cancellation)
    {
        if (headers.From is not { } from || !IssuerAccounts.IsSame(from, answered.Email))
            return (InboundOutcome.NotSender, null);
        if (!answered.IsActive) return (InboundOutcome.Refused, nameof(RefusalKind.Forbidden));
        if (message.HasTooMany) return (InboundOutcome.TooManyParts, null);

        // Whoever reads it must not learn the address by which somebody else writes.
        var all = addresses.WithoutSigns(message.Text).Trim();
        var (written, files) = (MailText.Trim(all), message.Files);
        if (written.Length == 0 && files.Count == 0) return (InboundOutcome.Empty, null);
        if (await mails.IsBeyondAsync(answered.Sender, cancellation)) return (InboundOutcome.TooMany, null);

        var body = PlainText.Cut(written, ConversationDecider.BodyMaximum, out _);
        var isWhole = body.Length == all.Length;
        var most = ConversationDecider.FilesMaximum - (isWhole ? 0 : 1);
        if (files.Count > most) return (InboundOutcome.TooManyParts, null);
        var attached = new List<Guid>();
        try
        {
            foreach (var file in files)
            {
                if (await UploadAsync(answered.Sender, file, attached, cancellation) is { } no)
                    return await TakenBackAsync(InboundOutcome.FileRefused, no);
            }

            if (!isWhole && await UploadAsync(answered.Sender, Original(answered, headers, all), attached,
                cancellation) is { } full)
                return await TakenBackAsync(InboundOutcome.FileRefused, full);
        }
        catch
        {
            await TakeBackAsync(answered.Sender, attached);
            throw;
        }

        var command = new AddCommentCommand(
            answered.Sender, id, answered.ConversationId, body, answered.Visibility, attached);
        var refusal = (await executor.ExecuteAsync(command, CancellationToken.None)).Refusal;
        return refusal is null ? (InboundOutcome.Comment, null)
            : await TakenBackAsync(InboundOutcome.Refused, refusal);

        async Task<(InboundOutcome, string?)> TakenBackAsync(InboundOutcome outcome, Refusal why)
        {
            await TakeBackAsync(answered.Sender, attached);
            return (outcome, why.Kind.ToString());
        }
    }

    // All of the text, as a file: what the comment leaves out is there for whoever wants it. Not the mail itself, whose
    // headers say more of its sender's network, and by which address they write, than the others need to know.
    private InboundFile Original(Answered answered, InboundHeaders headers, string text)
    {
        var isGerman = answered.Locale == "de";
        var part = new TextPart("plain")
        {
            Text = $"{addresses.WithoutSigns(headers.Subject)}\n\n{text}\n",
            ContentTransferEncoding = ContentEncoding.Binary,
        };
        return new InboundFile(isGerman ? "Ganze E-Mail.txt" : "Whole e-mail.txt", "text/plain", part);
    }

    private async Task<Refusal?> UploadAsync(
        Caller caller, InboundFile file, List<Guid> attached, CancellationToken cancellation)
    {
        using var content = new MemoryStream();
        if (file.Part is MimePart { Content: { } body }) await body.DecodeToAsync(content, cancellation);
        else if (file.Part is MessagePart { Message: { } message }) await message.WriteToAsync(content, cancellation);
        content.Position = 0;
        StagedFile staged;
        try
        {
            staged = await store.StageAsync(content, cancellation);
        }
        catch (FileTooLargeException e)
        {
            return new FileIsTooLarge(e.Limit);
        }
        catch (NoRoomForFilesException)
        {
            return new ServerHasNoRoom();
        }

        var mediaType = MediaTypes.Decide(file.Name, file.MediaType, staged.SniffedMediaType);
        if (refused.Check(file.Name, mediaType) is { } unwanted)
        {
            await store.DiscardAsync(staged);
            return unwanted;
        }

        var (uploaded, refusal) = await uploads.UploadAsync(
            caller, file.Name, mediaType, staged, Thumbnails.MayBeOf(mediaType), after.Scans, cancellation);
        if (refusal is not null) return refusal;
        attached.Add(uploaded!.Upload.Id);
        using var until = new CancellationTokenSource(AfterUpload.Patience);
        await after.FinishAsync(caller, uploaded, until.Token, CancellationToken.None);
        return null;
    }

    private async Task TakeBackAsync(Caller caller, List<Guid> attached)
    {
        foreach (var id in attached) await uploads.DiscardAsync(caller, id);
    }
}
