using MimeKit;

namespace Messaging.TestSupport.Smtp;

/// <summary>A mail that the test server took.</summary>
/// <param name="From">The envelope's sender, without the angle brackets.</param>
/// <param name="Recipients">The envelope's recipients.</param>
/// <param name="Raw">The content as sent, after dot-unstuffing.</param>
/// <param name="Message">The content, parsed; its headers and parts are decoded.</param>
/// <param name="ReceivedAt">When its last line arrived.</param>
/// <param name="Session">Number of the connection it came over, counted from 1.</param>
/// <param name="Secure">Whether that connection was encrypted.</param>
/// <param name="User">Who had authenticated on it, if anybody.</param>
public sealed record ReceivedMail(
    string From, IReadOnlyList<string> Recipients, byte[] Raw, MimeMessage Message, DateTimeOffset ReceivedAt,
    int Session, bool Secure, string? User)
{
    /// <summary>
    /// Whether the 250 was sent: false while it is not yet, and when the connection was dropped before it.
    /// </summary>
    public bool Acknowledged { get; internal set; }

    public string MessageId => Message.MessageId ?? "";
    public string Text => Message.TextBody ?? "";
    public string Html => Message.HtmlBody ?? "";
}
