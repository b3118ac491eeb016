using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Messaging.Domain.Files;
using MimeKit;

namespace Messaging.Api.Email.Inbound;

/// <summary>The beginning of a mail: enough to know whose it is, without its content.</summary>
internal sealed class InboundHeaders
{
    private static readonly string[] s_recipients =
        ["Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc", "Resent-To"];

    private static readonly string[] s_signsOfMachines =
        ["X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-AutoReply-From", "List-Id"];

    private readonly HeaderList _headers;

    private InboundHeaders(HeaderList headers) => _headers = headers;

    /// <summary>The text of the headers that say whom it is to.</summary>
    public string Recipients => string.Join('\n', s_recipients.SelectMany(All));

    /// <summary>The only address that it says it is from; null when it says none, or several.</summary>
    public string? From =>
        All("From").ToList() is [var value] && InternetAddressList.TryParse(Options, value, out var list)
        && list.Mailboxes.ToList() is [{ Address: var address }] ? address : null;

    /// <summary>Its subject as people read it.</summary>
    public string Subject => PlainText.OneLine(_headers["Subject"], 200);

    /// <summary>Its own id; null when it has none.</summary>
    public string? MessageId =>
        _headers["Message-ID"] is { Length: > 0 and <= 1_000 } id ? id.Trim().Trim('<', '>') : null;

    /// <summary>True when it is a report of a mail server's (RFC 6522).</summary>
    public bool IsReport => _headers["Content-Type"] is { } type
        && type.Contains("multipart/report", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// True when a machine wrote it (RFC 3834), or a list sent it on. What asks others not to answer by machine
    /// (X-Auto-Response-Suppress) may be a person's mail.
    /// </summary>
    public bool IsOfMachine =>
        (_headers["Auto-Submitted"] is { } auto
            && !auto.Split(';')[0].Trim().Equals("no", StringComparison.OrdinalIgnoreCase))
        || _headers["Return-Path"]?.Trim() is "<>"
        || (_headers["Precedence"] is { } precedence
            && precedence.Trim().ToUpperInvariant() is "BULK" or "JUNK" or "LIST" or "AUTO_REPLY")
        || Array.Exists(s_signsOfMachines, name => _headers.Contains(name));

    /// <summary>Limits of what strangers write.</summary>
    public static ParserOptions Options { get; } = new()
    {
        MaxMimeDepth = InboundMessage.DeepestPart + 1,
        MaxAddressGroupDepth = 3,
        AllowUnquotedCommasInAddresses = true,
    };

    /// <summary>Reads them; null when they are none.</summary>
    public static async Task<InboundHeaders?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        try
        {
            return new InboundHeaders(await HeaderList.LoadAsync(Options, stream, cancellation));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private IEnumerable<string> All(string name) =>
        _headers.Where(h => h.Field.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value);
}

/// <summary>A file that came with a mail.</summary>
internal sealed record InboundFile(string Name, string MediaType, MimeEntity Part);

/// <summary>What a mail server says of a mail that it could not deliver.</summary>
/// <param name="MessageId">The mail's own id; null when it is not said.</param>
/// <param name="HasFailed">True when it was given up; false when it is only late, or was delivered.</param>
/// <param name="Reason">The server's words, without addresses.</param>
internal sealed record InboundBounce(string? MessageId, bool HasFailed, string Reason);

/// <summary>A mail's content.</summary>
internal sealed partial class InboundMessage : IDisposable
{
    /// <summary>The deepest part that is read.</summary>
    public const int DeepestPart = 20;

    /// <summary>The most parts of a mail.</summary>
    public const int MostParts = 200;

    private readonly MimeMessage _message;
    private readonly List<MimeEntity> _leaves = [];

    // The text that is read: the first plain one, else the first page; never one that is a file.
    private readonly TextPart? _text;

    private InboundMessage(MimeMessage message)
    {
        _message = message;
        HasTooMany = !Collect(message.Body);
        if (HasTooMany) return;
        var texts = _leaves.OfType<TextPart>().Where(IsText).ToList();
        _text = texts.Find(part => part.IsPlain && !string.IsNullOrWhiteSpace(MailText.Decode(part)))
            ?? texts.Find(part => part.IsHtml);
        Text = _text is null ? "" : MailText.Decode(_text);
    }

    /// <summary>True when it is nested too deeply, or has too many parts; nothing of it is read then.</summary>
    public bool HasTooMany { get; }

    /// <summary>All that was written, what is quoted included.</summary>
    public string Text { get; } = "";

    /// <summary>What came with it.</summary>
    public IReadOnlyList<InboundFile> Files =>
        [.. _leaves.Where(part => part != _text && !IsOtherText(part)).Select(FileOf)];

    /// <summary>The report on a mail that was not delivered; null when it is none (RFC 3464).</summary>
    public InboundBounce? Bounce
    {
        get
        {
            if (_leaves.OfType<MessageDeliveryStatus>().FirstOrDefault() is not { } status) return null;
            var failed = status.StatusGroups.FirstOrDefault(group =>
                group["Action"]?.Trim().Equals("failed", StringComparison.OrdinalIgnoreCase) is true);
            var words = failed?["Diagnostic-Code"] is { Length: > 0 } code
                ? code[(code.IndexOf(';', StringComparison.Ordinal) + 1)..] : "";
            var reason = PlainText.OneLine($"{failed?["Status"]} {words}", 1_000);
            return new InboundBounce(
                ReturnedId(), failed is not null,
                PlainText.Cut(Address().Replace($"It came back: {reason}", "…"), 300, out _));
        }
    }

    /// <summary>Reads it; null when it is no mail.</summary>
    public static async Task<InboundMessage?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        try
        {
            return new InboundMessage(await MimeMessage.LoadAsync(InboundHeaders.Options, stream, cancellation));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>The name of a mail that has no id of its own.</summary>
    public static string NameOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <inheritdoc/>
    public void Dispose() => _message.Dispose();

    // By hand: what is nested deeply must not nest calls.
    private bool Collect(MimeEntity? body)
    {
        var open = new Stack<(MimeEntity Part, int Depth, bool IsEnclosed)>();
        var enclosed = 0;
        if (body is not null) open.Push((body, 1, false));
        while (open.TryPop(out var next))
        {
            if (next.Depth > DeepestPart || _leaves.Count + enclosed + open.Count > MostParts) return false;
            if (next.Part is Multipart multipart)
            {
                for (var i = multipart.Count - 1; i >= 0; i--)
                    open.Push((multipart[i], next.Depth + 1, next.IsEnclosed));
                continue;
            }

            // The parser leaves what is deeper as it is.
            if (next.Part.ContentType.IsMimeType("multipart", "*")) return false;

            // A mail that came with it is one file; how deep that is counts all the same.
            if (next.Part is MessagePart { Message.Body: { } within }) open.Push((within, next.Depth + 1, true));
            if (next.IsEnclosed) enclosed++;
            else _leaves.Add(next.Part);
        }

        return true;
    }

    // The same text in another form, beside the one that is read.
    private bool IsOtherText(MimeEntity part) =>
        part is MessageDeliveryStatus || (part is TextPart text && IsText(text)
            && (text.IsHtml || text.IsRichText || string.IsNullOrWhiteSpace(MailText.Decode(text)))
            && (_text is { IsPlain: true } || !text.IsHtml));

    private static bool IsText(TextPart part) =>
        !part.IsAttachment && string.IsNullOrEmpty(part.FileName) && (part.IsPlain || part.IsHtml || part.IsRichText);

    private static InboundFile FileOf(MimeEntity part)
    {
        var type = part.ContentType.MimeType;
        var name = part is MimePart { FileName: { Length: > 0 } given } ? given
            : part.ContentType.Name is { Length: > 0 } named ? named
            : part switch
            {
                MessagePart message => $"{PlainText.OneLine(message.Message?.Subject, 100)}.eml",
                TextPart { IsHtml: true } => "text.html",
                TextPart => "text.txt",
                _ => "",
            };
        return new InboundFile(FileName.Clean(name), type, part);
    }

    // By the headers of the mail that came back, or by what the server says of it.
    private string? ReturnedId()
    {
        foreach (var part in _leaves)
        {
            if (part is MessagePart { Message.MessageId: { } id }) return id;
            if (part is TextRfc822Headers { Message.MessageId: { } only }) return only;
        }

        return null;
    }

    [GeneratedRegex(@"<?[^\s<>@]+@[^\s<>]+>?", RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
