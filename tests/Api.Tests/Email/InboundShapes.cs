using System.Text;
using Messaging.TestSupport.Smtp;
using MimeKit;

namespace Messaging.Api.Tests.Email;

/// <summary>Shapes of mails that come to a mailbox for answers, and who they are from.</summary>
internal static class InboundShapes
{
    public const string Bernd = "bernd.winter@kanzlei-sommer.example";
    public const string Dieter = "dieter.krause@baeckerei-krause.example";
    public const string Eva = "eva.lindner@studio-lindner.example";

    public static string ReplyTo(ReceivedMail mail) => ((MailboxAddress)mail.Message.ReplyTo.Single()).Address;

    // Another delivery's id under the same MAC.
    public static string Forged(string address)
    {
        var at = address.IndexOf('+', StringComparison.Ordinal) + 3;
        return address[..at] + (address[at] == 'a' ? 'b' : 'a') + address[(at + 1)..];
    }

    public static string Mail(string from, string to, string id, string body, string more = "X-Test: 1") =>
        $"""
        Return-Path: <{from}>
        From: Somebody <{from}>
        To: <{to}>
        Subject: Re: etwas
        Date: Sat, 28 Nov 2026 12:00:00 +0100
        Message-ID: <{id}.{Guid.NewGuid():N}@client.example>
        MIME-Version: 1.0
        {more}

        {body}
        """;

    public static string Lines(int count) =>
        string.Concat(Enumerable.Repeat("Zeile um Zeile, die zu viel ist\n", count));

    public static string Nested(string from, string to, string id, int depth)
    {
        var body = new StringBuilder();
        for (var i = 0; i < depth; i++)
            body.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"--b{i}\nContent-Type: multipart/mixed; boundary=b{i + 1}\n\n");
        body.Append(System.Globalization.CultureInfo.InvariantCulture, $"--b{depth}\n\ntief\n--b{depth}--\n");
        return Mail(from, to, id, body.ToString(), "Content-Type: multipart/mixed; boundary=b0");
    }

    /// <summary>A mail that has a mail in it, that has a mail in it…</summary>
    public static string Enclosed(string from, string to, string id, int depth) =>
        Mail(
            from, to, id,
            string.Concat(Enumerable.Repeat("Subject: x\nContent-Type: message/rfc822\n\n", depth))
                + "Subject: tief\n\ntief\n",
            "Content-Type: message/rfc822");

    public static string WithFile(string from, string to, string id, string name, string content) =>
        Mail(
            from, to, id,
            $"""
            --x
            Content-Type: text/plain; charset=utf-8

            Anbei.
            --x
            Content-Type: application/octet-stream
            Content-Disposition: attachment; filename="{name}"
            Content-Transfer-Encoding: base64

            {Convert.ToBase64String(Encoding.UTF8.GetBytes(content))}
            --x--
            """,
            "Content-Type: multipart/mixed; boundary=x");

    public static string Bounce(string to, string messageId, string action, string status) =>
        $"""
        Return-Path: <>
        From: MAILER-DAEMON@mx.example
        To: <{to}>
        Subject: Undelivered Mail Returned to Sender
        Message-ID: <{Guid.NewGuid():N}@mx.example>
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary=x

        --x

        Sorry.
        --x
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example

        Final-Recipient: rfc822; {Dieter}
        Action: {action}
        Status: {status}
        Diagnostic-Code: smtp; no such user <{Dieter}>

        --x
        Content-Type: text/rfc822-headers

        Message-ID: <{messageId}>
        From: nachrichten@messaging.example

        --x--
        """;
}
