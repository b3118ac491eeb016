using System.Net;
using MailKit;
using MailKit.Security;
using Messaging.Api.Hosting;

namespace Messaging.Api.Email;

/// <summary>What the settings of a mail server say, be it one that mails go to or one that they come from.</summary>
internal static class MailServer
{
    /// <summary>Reads the host; null when there is none.</summary>
    /// <param name="section">The server's settings.</param>
    /// <param name="wrong">Makes the exception for a key and what is wrong with it.</param>
    public static string? Host(IConfigurationSection section, Func<string, string, Exception> wrong)
    {
        var host = section.Text("Host");
        return host is null || Uri.CheckHostName(host) != UriHostNameType.Unknown ? host : throw wrong(
            "Host", $"is '{host}', which is neither a host's name nor an address. The port is a setting of its own.");
    }

    /// <summary>Reads the password; null when there is none.</summary>
    /// <param name="section">The server's settings.</param>
    public static string? Password(IConfigurationSection section) =>
        // Not trimmed: it may well begin with a space.
        section["Password"] is { Length: > 0 } secret ? secret : null;

    /// <summary>Reads the encryption of the connection.</summary>
    /// <param name="section">The server's settings.</param>
    /// <param name="wrong">Makes the exception for a key and what is wrong with it.</param>
    public static SmtpSecurity Security(IConfigurationSection section, Func<string, string, Exception> wrong) =>
        section.Text("Security")?.ToUpperInvariant() switch
        {
            null or "AUTO" => SmtpSecurity.Auto,
            "NONE" => SmtpSecurity.None,
            "STARTTLS" => SmtpSecurity.StartTls,
            "TLS" => SmtpSecurity.Tls,
            var other => throw wrong("Security", $"is '{other}'; it is one of none, starttls, tls and auto."),
        };

    /// <summary>True when a host is this machine, as far as its name says.</summary>
    public static bool IsThisMachine(string? host) => host is not null && (IPAddress.TryParse(host, out var address)
        ? IPAddress.IsLoopback(address)
        : host.Equals("localhost", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// What went wrong with a server, as it can be kept and logged: MailKit's own messages of these name no address.
    /// </summary>
    public static string WhyNot(Exception e) => e switch
    {
        AuthenticationException => "the credentials were refused.",
        OperationCanceledException or TimeoutException => "no answer in time.",
        SslHandshakeException =>
            "the encryption could not be negotiated, or the server's certificate is not trusted.",
        NotSupportedException =>
            $"it does not offer what is configured ({PlainText.OneLine(e.Message, 200)})",
        ServiceNotAuthenticatedException => "it demands authentication.",
        _ => PlainText.OneLine(e.Message, 200),
    };

    /// <summary>The encryption as MailKit calls it.</summary>
    public static SecureSocketOptions SocketOptions(this SmtpSecurity security) => security switch
    {
        SmtpSecurity.None => SecureSocketOptions.None,
        SmtpSecurity.StartTls => SecureSocketOptions.StartTls,
        SmtpSecurity.Tls => SecureSocketOptions.SslOnConnect,
        SmtpSecurity.Auto => SecureSocketOptions.Auto,
    };
}
