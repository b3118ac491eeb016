using System.Net.Security;
using Messaging.Api.Email;
using Messaging.Application.Notifications;
using Messaging.Domain.Accounts;
using Messaging.Domain.Notifications;
using Messaging.TestSupport.Smtp;
using Microsoft.Extensions.Configuration;
using MimeKit;

namespace Messaging.Api.Tests.Email;

/// <summary>Named starting points: mails, settings and senders.</summary>
internal static class Mails
{
    public static readonly Guid Conversation = Guid.Parse("0198f0aa-0000-7000-8000-000000000001");

    /// <summary>A short time for servers that are meant to be too late.</summary>
    public static readonly SmtpTimeouts Impatient = SmtpTimeouts.Default with
    {
        Connect = TimeSpan.FromSeconds(1),
        Reply = TimeSpan.FromSeconds(1),
        ContentReply = TimeSpan.FromSeconds(1),
        Total = TimeSpan.FromSeconds(5),
    };

    public static ConversationEmail Comment(
        NotificationKind kind = NotificationKind.CustomerCommented, bool toOffice = true, string locale = "de") =>
        new(
            Guid.CreateVersion7(), "anna.berger@kanzlei-berger.example", "Anna Berger", locale,
            "Kanzlei Berger & Söhne", kind, Conversation, "Belege für das dritte Quartal", "Müller GmbH",
            "Erika Müller", "Guten Morgen,\nhier sind die Belege.\n\nViele Grüße", ["Belege Q3.pdf", "Kassenbuch.xlsx"],
            toOffice, new DateTimeOffset(2026, 3, 5, 13, 7, 0, TimeSpan.Zero), "Europe/Berlin",
            ByCustomer: kind == NotificationKind.CustomerCommented);

    /// <summary>So many comments in one conversation, and something in another.</summary>
    public static ConversationsEmail Several(int comments, string locale = "de") =>
        new(
            Guid.CreateVersion7(),
            "anna.berger@kanzlei-berger.example",
            "Anna Berger",
            locale,
            "Kanzlei Berger & Söhne",
            [
                .. Enumerable
                    .Range(1, comments)
                    .Select(n => new ConversationNews(
                        NotificationKind.CustomerCommented, Conversation, "Belege", "Müller GmbH", "Erika Müller",
                        $"Nummer {n}\n<b>zweite Zeile</b>", [],
                        new DateTimeOffset(2026, 3, 5, 13, 6, 0, TimeSpan.Zero).AddMinutes(Math.Min(n, 20)), "Open")),
                new ConversationNews(
                    NotificationKind.Assigned, Guid.Parse("0198f0aa-0000-7000-8000-000000000002"), "Anderes",
                    "Müller GmbH", "Erika Müller", null, ["a.pdf", "b.pdf"],
                    new DateTimeOffset(2026, 3, 5, 13, 30, 0, TimeSpan.Zero), "Open"),
            ],
            true,
            "Europe/Berlin",
            ConversationsEmail.LongestBodyOf(comments + 1)
        );

    /// <summary>So many things in one conversation, none of which is said.</summary>
    public static NoticeEmail Notice(string locale, int count) => new(
        Guid.CreateVersion7(), "anna.berger@kanzlei-berger.example", "Anna Berger", locale, "Kanzlei Berger & Söhne",
        count, Conversation);

    public static InvitationEmail Invitation(string locale = "de") => new(
        Guid.CreateVersion7(), "erika@mueller.example", "Erika Müller", locale, "Kanzlei Berger & Söhne",
        "Anna Berger", "aB3_-x+/=", new DateTimeOffset(2026, 3, 12, 13, 7, 0, TimeSpan.Zero), "Europe/Berlin");

    public static PasswordResetEmail PasswordReset(string locale = "de", string? token = "aB3_-x+/=") => new(
        Guid.CreateVersion7(), "erika@mueller.example", "Erika Müller", locale, "Kanzlei Berger & Söhne", null, token,
        token is null ? null : new DateTimeOffset(2026, 3, 12, 13, 7, 0, TimeSpan.Zero), "Europe/Berlin");

    public static PasswordChangedEmail PasswordChanged(string locale = "de") => new(
        Guid.CreateVersion7(), "erika@mueller.example", "Erika Müller", locale, "Kanzlei Berger & Söhne",
        new DateTimeOffset(2026, 3, 12, 13, 7, 0, TimeSpan.Zero), "Europe/Berlin");

    public static SecondFactorChangedEmail SecondFactorChanged(
        SecondFactorChange change = SecondFactorChange.PasskeyAdded, string locale = "de") => new(
        Guid.CreateVersion7(), "erika@mueller.example", "Erika Müller", locale, "Kanzlei Berger & Söhne", change,
        new DateTimeOffset(2026, 3, 12, 13, 7, 0, TimeSpan.Zero), "Europe/Berlin");

    public static EmailChangeEmail EmailChange(string locale = "de", string? askedBy = null) => new(
        Guid.CreateVersion7(), "erika@neu.example", "Erika Müller", locale, "Kanzlei Berger & Söhne", askedBy,
        "aB3_-x+/=", new DateTimeOffset(2026, 3, 12, 13, 7, 0, TimeSpan.Zero), "Europe/Berlin");

    public static EmailChangeNoticeEmail EmailChangeNotice(
        string locale = "de", bool isDone = false, string? askedBy = null) => new(
        Guid.CreateVersion7(), "erika@mueller.example", "Erika Müller", locale, "Kanzlei Berger & Söhne", isDone,
        askedBy, new DateTimeOffset(2026, 3, 12, 13, 7, 0, TimeSpan.Zero), "Europe/Berlin");

    public static EmailOptions Options(params (string Key, string Value)[] settings) =>
        EmailOptions.Read(Configuration(settings), Path.Combine(Path.GetTempPath(), "messaging-mail-tests"));

    public static IConfiguration Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(
                settings
                    .GroupBy(setting => setting.Key)
                    .ToDictionary(setting => setting.Key, setting => (string?)setting.Last().Value)
            )
            .Build();

    public static EmailRenderer Renderer(params (string Key, string Value)[] settings) =>
        new(
            Options([
                ("Messaging:PublicUrl", "https://messages.example.org"),
                ("Messaging:Smtp:From", "nachrichten@kanzlei.example"),
                .. settings,
            ]),
            TimeProvider.System
        );

    /// <summary>Rendered, written and read again, as a mail program sees it.</summary>
    public static MimeMessage Read(OutgoingEmail email)
    {
        using var bytes = new MemoryStream(Written(email));
        return MimeMessage.Load(bytes);
    }

    /// <summary>Rendered and written, as it goes to a server.</summary>
    public static byte[] Written(OutgoingEmail email, params (string Key, string Value)[] settings)
    {
        using var rendered = Renderer(settings).Render(email);
        using var bytes = new MemoryStream();
        rendered.Message.WriteTo(bytes);
        return bytes.ToArray();
    }

    public static SmtpEmailSender Sender(
        SmtpServer server, string security = "none", bool trusted = true, SmtpTimeouts? timeouts = null,
        params (string Key, string Value)[] settings)
    {
        var options = Options(
        [
            ("Messaging:PublicUrl", "https://messages.example.org"),
            ("Messaging:Smtp:Host", server.Host),
            ("Messaging:Smtp:Port", $"{server.Port}"),
            ("Messaging:Smtp:Security", security),
            ("Messaging:Smtp:From", "nachrichten@kanzlei.example"),
            .. settings,
        ]);
        RemoteCertificateValidationCallback? trust = trusted
            ? (_, certificate, _, _) => certificate!.GetCertHashString() == server.Certificate.GetCertHashString()
            : null;
        return new SmtpEmailSender(
            options, new EmailRenderer(options, TimeProvider.System), TimeProvider.System, timeouts, trust);
    }

    public static (string, string)[] Credentials(string user, string password) =>
        [("Messaging:Smtp:User", user), ("Messaging:Smtp:Password", password)];
}
