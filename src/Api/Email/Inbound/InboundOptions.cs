using Messaging.Api.Hosting;
using Messaging.Domain;

namespace Messaging.Api.Email.Inbound;

/// <summary>
/// Settings of the mailbox that answers come to, from <c>Messaging:Inbound</c>. A class, so that nothing prints the
/// password.
/// </summary>
internal sealed class InboundOptions
{
    /// <summary>The section's path.</summary>
    public const string Section = "Messaging:Inbound";

    /// <summary>The IMAP server; null: no mails come in.</summary>
    public string? Host { get; init; }

    /// <summary>Its port.</summary>
    public int Port { get; init; }

    /// <summary>User name for authentication.</summary>
    public string User { get; init; } = "";

    /// <summary>With what.</summary>
    public string Password { get; init; } = "";

    /// <summary>Encryption of the connection; auto is TLS on port 993.</summary>
    public SmtpSecurity Security { get; init; }

    /// <summary>The mailbox's address, to which each mail's own sign is added.</summary>
    public EmailAddress? Address { get; init; }

    /// <summary>The folder that is read.</summary>
    public string Folder { get; init; } = "INBOX";

    /// <summary>The most bytes of a mail.</summary>
    public long MaximumBytes { get; init; }

    /// <summary>True when mails come in.</summary>
    public bool IsOn => Host is not null;

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the message names it and says what is
    /// expected.</exception>
    public static InboundOptions Read(IConfiguration configuration)
    {
        var inbound = configuration.GetSection(Section);
        var (host, user, given) = (MailServer.Host(inbound, Wrong), inbound.Text("User"), inbound.Text("Address"));
        var password = MailServer.Password(inbound);
        var security = MailServer.Security(inbound, Wrong);
        var port = security is SmtpSecurity.None or SmtpSecurity.StartTls ? 143 : 993;
        var options = new InboundOptions
        {
            Host = host,
            Port = inbound.Number("Port", port, most: 65535),
            User = user ?? "",
            Password = password ?? "",
            Security = security,
            Address = given is null ? null : AddressOf(given),
            Folder = inbound.Text("Folder") ?? "INBOX",
            MaximumBytes = Math.Min(
                inbound.Bytes("MaximumBytes", 25L * 1024 * 1024, least: 64 * 1024), 100L * 1024 * 1024),
        };
        if (host is null)
        {
            return user is null && password is null && given is null ? options
                : throw Wrong(
                    "Host", $"is missing, while {(user, password) switch
                    {
                        (not null, _) => "User",
                        (_, not null) => "Password",
                        _ => "Address",
                    }} is set.");
        }

        if (user is null) throw Wrong("User", "is missing: the name by which the mailbox is opened.");
        if (password is null) throw Wrong("Password", "is missing, while User is set.");
        return given is null
            ? throw Wrong("Address", "is missing: the mailbox's address, such as answers@office.example.")
            : options;
    }

    private static EmailAddress AddressOf(string given)
    {
        if (EmailAddress.Check(given, "Address") is { } none)
            throw Wrong("Address", $"is '{given}', which is not an address. {none.Message}");
        var address = EmailAddress.Of(given)!;
        if (address.NeedsSmtpUtf8)
            throw Wrong("Address", $"is '{given}'; before the @ it may have ASCII only.");
        return address.LocalPart.Length <= ReplyAddresses.LongestName ? address
            : throw Wrong(
                "Address",
                $"is '{given}'; before the @ it may have {ReplyAddresses.LongestName} characters at most, since each "
                    + "mail's own sign is added to it.");
    }

    private static InvalidOperationException Wrong(string key, string what) =>
        new($"The setting {Section}:{key} {what}");
}
