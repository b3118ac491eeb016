using System.Globalization;
using Messaging.Application.Ports;
using Messaging.Domain.Notifications;
using MimeKit;

namespace Messaging.Api.Email;

/// <summary>Puts an e-mail in words, in the recipient's language, and makes a message of it.</summary>
internal sealed class EmailRenderer(EmailOptions options, TimeProvider clock)
{
    private const int LongestBody = 4_000;
    private const int LongestName = 100;
    private const int LongestSubject = 200;
    private const int LongestFileName = 120;
    private const int MostFiles = 20;

    private readonly MailboxAddress _from = EmailAddress.TryParse(options.From, out var from)
        ? from : throw new InvalidOperationException($"The sender's address '{options.From}' is none.");

    /// <summary>Makes the message.</summary>
    /// <exception cref="EmailRefusedException">The recipient's address is none that a server could take.</exception>
    public MimeMessage Render(OutgoingEmail email)
    {
        if (!EmailAddress.TryParse(email.To, out var to)) throw new EmailRefusedException("The recipient's address is not valid.");

        var language = Language.Of(email.Locale);
        var organisation = PlainText.OneLine(email.OrganisationName, LongestName);
        var recipient = PlainText.OneLine(email.ToName, LongestName);
        var words = email switch
        {
            ConversationEmail conversation => Conversation(conversation, language, organisation, recipient),
            InvitationEmail invitation => Invitation(invitation, language, organisation, recipient),
            _ => throw new InvalidOperationException($"No templates exist for {email.GetType().Name}."),
        };

        var message = new MimeMessage
        {
            MessageId = $"{email.DeliveryId:N}@{_from.Domain}",
            Date = clock.GetUtcNow(),
            Subject = words.Subject,
            Body = new MultipartAlternative
            {
                new TextPart("plain") { Text = words.Text, ContentTransferEncoding = ContentEncoding.QuotedPrintable },
                new TextPart("html") { Text = words.Html, ContentTransferEncoding = ContentEncoding.QuotedPrintable },
            },
        };
        message.From.Add(new MailboxAddress(PlainText.OneLine(options.FromName ?? email.OrganisationName, LongestName), _from.Address));
        message.To.Add(new MailboxAddress(recipient, to.Address));
        message.Body.Headers.Add(HeaderId.ContentLanguage, language.Code);
        // RFC 3834: nobody's out-of-office answers it. The second is what Exchange looks at.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Headers.Add("X-Auto-Response-Suppress", "All");
        if (email is ConversationEmail { ConversationId: var id })
        {
            // The thread's root is a message nobody was sent: so all of a conversation's mails form one thread in any
            // recipient's mailbox, whichever of them came there first.
            var root = $"conversation.{id:N}@{_from.Domain}";
            message.InReplyTo = root;
            message.References.Add(root);
        }
        return message;
    }

    private Words Conversation(ConversationEmail email, Language language, string organisation, string recipient)
    {
        var customer = PlainText.OneLine(email.CustomerName, LongestName);
        var actor = PlainText.OneLine(email.ActorName, LongestName);
        // Else a contact who takes a colleague's name is taken for the colleague.
        if (email.ByCustomer) actor = $"{actor} ({(customer.Length > 0 && customer != actor ? customer : language.Customer)})".TrimStart();
        var body = PlainText.Cut(PlainText.Lines(email.Body), LongestBody, out var cut);
        var files = email.FileNames.Select(name => PlainText.OneLine(name, LongestFileName)).Where(name => name.Length > 0).ToList();
        var url = $"{options.PublicUrl}/conversations/{email.ConversationId}";

        return new Words(language, "conversation", organisation, url, new Dictionary<string, object?>
        {
            ["kind"] = KindName(email.Kind),
            ["office"] = email.ToOffice,
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["subject"] = PlainText.OneLine(email.Subject, LongestSubject),
            ["customer"] = customer,
            ["actor"] = actor.Length > 0 ? actor : organisation,
            // Of the other kinds, the text need not be by whoever acted.
            ["actorWrote"] = email.Kind is NotificationKind.ConversationCreated or NotificationKind.CustomerCommented or NotificationKind.AdministratorCommented,
            ["lines"] = body.Length > 0 ? body.Split('\n') : [],
            ["cut"] = cut,
            ["files"] = files.Take(MostFiles).ToArray(),
            ["moreFiles"] = Math.Max(0, files.Count - MostFiles),
            ["time"] = language.Time(email.OccurredAt, email.TimeZone),
            ["status"] = email.Status?.Trim().ToLowerInvariant() is "open" or "attention" or "answered"
                ? email.Status.Trim().ToLowerInvariant() : null,
            ["url"] = url,
        });
    }

    private Words Invitation(InvitationEmail email, Language language, string organisation, string recipient)
    {
        // The token is in the fragment, which browsers send to no server: it stays out of access logs and Referer headers,
        // and a mail scanner that opens the link does not use the token up.
        var url = $"{options.PublicUrl}/invitation#token={Uri.EscapeDataString(email.Token)}";
        var inviter = PlainText.OneLine(email.InvitedBy, LongestName);
        return new Words(language, "invitation", organisation, url, new Dictionary<string, object?>
        {
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["actor"] = inviter.Length > 0 ? inviter : organisation,
            ["time"] = language.Time(email.ExpiresAt, email.TimeZone),
            ["url"] = url,
        });
    }

    /// <summary>The names that the templates use.</summary>
    private static string KindName(NotificationKind kind) => kind switch
    {
        NotificationKind.ConversationCreated => "created",
        NotificationKind.CustomerCommented => "customerCommented",
        NotificationKind.AdministratorCommented => "administratorCommented",
        NotificationKind.AdministratorsNotified => "administratorsNotified",
        NotificationKind.Assigned => "assigned",
        NotificationKind.StatusChanged => "statusChanged",
    };

    /// <summary>The texts of one mail.</summary>
    private sealed class Words
    {
        public Words(Language language, string name, string organisation, string url, Dictionary<string, object?> values)
        {
            Subject = PlainText.OneLine(Templates.Text($"{language.Code}/{name}.subject.liquid", values), 300);
            // The sentence that says what happened stands in both bodies, and must say the same.
            values["headline"] = PlainText.OneLine(Templates.Text($"{language.Code}/{name}.headline.liquid", values), 1_000);
            Text = Templates.Text($"{language.Code}/{name}.text.liquid", values).Trim() + "\n";
            Html = Templates.Html("layout.html.liquid", new Dictionary<string, object?>
            {
                ["language"] = language.Code,
                ["title"] = Subject,
                ["organisation"] = organisation,
                ["url"] = url,
                ["content"] = Templates.Html($"{language.Code}/{name}.html.liquid", values),
            });
        }

        public string Subject { get; }
        public string Text { get; }
        public string Html { get; }
    }

    /// <summary>A language that mails are written in.</summary>
    private sealed record Language(string Code, CultureInfo Culture, string TimeFormat, string Customer)
    {
        private static readonly Language s_german = new("de", CultureInfo.GetCultureInfo("de-DE"), "d. MMMM yyyy, HH:mm 'Uhr'", "Kunde");
        private static readonly Language s_english = new("en", CultureInfo.GetCultureInfo("en-GB"), "d MMMM yyyy, HH:mm", "customer");

        public static Language Of(string locale) =>
            locale.Equals("de", StringComparison.OrdinalIgnoreCase) || locale.StartsWith("de-", StringComparison.OrdinalIgnoreCase) ? s_german : s_english;

        /// <summary>In the zone, or in UTC with its name where the zone is not known on this machine.</summary>
        public string Time(DateTimeOffset time, string zone) => TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)
            ? TimeZoneInfo.ConvertTime(time, found).ToString(TimeFormat, Culture)
            : time.UtcDateTime.ToString(TimeFormat, Culture) + " (UTC)";
    }
}
