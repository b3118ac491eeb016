using Messaging.Api.Hosting;
using Messaging.Application.Notifications;
using Messaging.Domain;

namespace Messaging.Api.Email;

/// <summary>Encryption of the connection to the SMTP server.</summary>
internal enum SmtpSecurity
{
    /// <summary>No encryption: for a relay on the same machine or a network of its own.</summary>
    None,

    /// <summary>By STARTTLS, and never without.</summary>
    StartTls,

    /// <summary>TLS from the first byte.</summary>
    Tls,

    /// <summary>
    /// TLS on port 465, elsewhere STARTTLS. A server that does not offer it gets nothing, since a man in the middle can
    /// take the offer away, and mails have links in them that let people in; only one on this machine gets mails
    /// unencrypted, but no password.
    /// </summary>
    Auto,
}

/// <summary>
/// Settings of outgoing e-mail, from <c>Messaging:Smtp</c> and <c>Messaging:PublicUrl</c>. A class, so that nothing
/// prints the password.
/// </summary>
internal sealed class EmailOptions
{
    /// <summary>The section's path.</summary>
    public const string Section = "Messaging:Smtp";

    private const string DefaultFrom = "noreply@localhost";
    private const string DefaultUrl = "http://localhost:5080";

    /// <summary>The SMTP server; null: mails become files.</summary>
    public string? Host { get; init; }

    /// <summary>True when mails to the host stay on this machine, as far as its name says.</summary>
    public bool HostIsThisMachine => MailServer.IsThisMachine(Host);

    /// <summary>Its port.</summary>
    public int Port { get; init; }

    /// <summary>User name for authentication; null for none.</summary>
    public string? User { get; init; }

    /// <summary>With what.</summary>
    public string? Password { get; init; }

    /// <summary>Encryption of the connection.</summary>
    public SmtpSecurity Security { get; init; }

    /// <summary>Connections to the server at once, at most.</summary>
    public int Connections { get; init; } = SendingLimits.Default.InAll;

    /// <summary>The sender's address.</summary>
    public required string From { get; init; }

    /// <summary>Shown as the sender instead of the organisation's name.</summary>
    public string? FromName { get; init; }

    /// <summary>The base of the links, without a slash at the end.</summary>
    public required string PublicUrl { get; init; }

    /// <summary>Directory of the mails' files when there is no server.</summary>
    public required string Folder { get; init; }

    /// <summary>Reads the number of connections.</summary>
    /// <exception cref="InvalidOperationException">It cannot be right.</exception>
    public static int ReadConnections(IConfiguration configuration) =>
        configuration.GetSection(Section).Number("Connections", SendingLimits.Default.InAll, most: 100);

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="InvalidOperationException">A setting cannot be right; the message names it and says what is
    /// expected.</exception>
    public static EmailOptions Read(IConfiguration configuration, string dataDirectory)
    {
        var smtp = configuration.GetSection(Section);
        var host = MailServer.Host(smtp, Wrong);
        var user = smtp.Text("User");
        var password = MailServer.Password(smtp);
        var from = smtp.Text("From");

        if (host is null && user is not null) throw Wrong("Host", "is missing, while User is set.");
        if (host is not null && from is null)
            throw Wrong("From", "is missing: the address that mails are sent from.");
        if (from is not null && EmailAddress.Check(from, "From") is { } none)
            throw Wrong("From", $"is '{from}', which is not an address. {none.Message} The name goes into FromName.");
        if (user is null != password is null)
            throw Wrong(
                user is null ? "User" : "Password",
                $"is missing, while {(user is null ? "Password" : "User")} is set.");

        var security = MailServer.Security(smtp, Wrong);
        var port = security switch
        {
            SmtpSecurity.None => 25,
            SmtpSecurity.Tls => 465,
            SmtpSecurity.StartTls or SmtpSecurity.Auto => 587,
        };

        return new EmailOptions
        {
            Host = host,
            Port = smtp.Number("Port", port, most: 65535),
            Connections = ReadConnections(configuration),
            User = user,
            Password = password,
            Security = security,
            From = from ?? DefaultFrom,
            FromName = smtp.Text("FromName"),
            PublicUrl = ReadPublicUrl(configuration),
            Folder = Path.Combine(dataDirectory, "mail"),
        };
    }

    private static string ReadPublicUrl(IConfiguration configuration)
    {
        if (configuration.Text("Messaging:PublicUrl") is not { } set)
            return FirstServerUrl(configuration["urls"]) ?? DefaultUrl;

        if (!Uri.TryCreate(set, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
            || url.Query.Length > 0 || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            throw new InvalidOperationException(
                $"The setting Messaging:PublicUrl is '{set}'; it is the address at which users reach the "
                    + $"product, such as https://messages.example.org."
            );
        }
        return url.AbsoluteUri.TrimEnd('/');
    }

    /// <summary>
    /// The first address the server listens on, with a name for "every interface" that a link can have.
    /// </summary>
    private static string? FirstServerUrl(string? urls)
    {
        var first = urls
            ?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .FirstOrDefault();
        if (first is null)
            return null;
        foreach (var any in (string[])["://+", "://*", "://0.0.0.0", "://[::]"])
            first = first.Replace(any, "://localhost", StringComparison.Ordinal);
        return Uri.TryCreate(first, UriKind.Absolute, out var url) ? url.AbsoluteUri.TrimEnd('/') : null;
    }

    private static InvalidOperationException Wrong(string key, string what) =>
        new($"The setting {Section}:{key} {what}");
}
