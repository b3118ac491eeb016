using System.Globalization;
using System.Text;
using Messaging.Api.Email.Inbound;
using Messaging.Api.History;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Domain.Accounts;
using Messaging.Domain.Notifications;
using Messaging.Projections.Reports;
using MimeKit;

namespace Messaging.Api.Email;

/// <summary>A message, and who it is between.</summary>
internal sealed record RenderedEmail(MimeMessage Message, EmailAddress From, EmailAddress To) : IDisposable
{
    /// <summary>True when each server on the mail's way must support SMTPUTF8 (RFC 6531).</summary>
    public bool NeedsSmtpUtf8 => From.NeedsSmtpUtf8 || To.NeedsSmtpUtf8;

    /// <summary>The envelope's sender, which mails that cannot be delivered go back to.</summary>
    public EmailAddress Bounces { get; init; } = From;

    /// <summary>What the ledger keeps of it.</summary>
    public SentMail Sent => new(Message.MessageId!, Message.Subject!, Message.TextBody!);

    /// <inheritdoc/>
    public void Dispose() => Message.Dispose();
}

/// <summary>Renders an e-mail in the recipient's language, and makes a message of it.</summary>
/// <param name="replies">Makes the addresses that answers come in by; null when none do.</param>
internal sealed class EmailRenderer(EmailOptions options, TimeProvider clock, ReplyAddresses? replies = null)
{
    private const int LongestBody = 4_000;
    private const int LongestName = 100;
    private const int LongestAddress = 254;
    private const int LongestSubject = 200;
    private const int LongestFileName = 120;
    private const int MostFiles = 20;
    private const int MostNews = 50;
    private const int MostFilesOfNews = 5;

    private readonly EmailAddress _from = EmailAddress.Of(options.From)
        ?? throw new InvalidOperationException($"The sender's address '{options.From}' is none.");

    /// <summary>Makes the message.</summary>
    /// <exception cref="EmailRefusedException">The recipient's address is one that no server could take.</exception>
    public RenderedEmail Render(OutgoingEmail email)
    {
        if (EmailAddress.Of(email.To) is not { } to)
            throw new EmailRefusedException("The recipient's address is not valid.");

        var language = Language.Of(email.Locale);
        var organisation = PlainText.Name(email.OrganisationName, LongestName);
        var recipient = PlainText.Name(email.ToName, LongestName);
        var words = email switch
        {
            ConversationEmail conversation => Conversation(conversation, language, organisation, recipient),
            ConversationsEmail conversations => Conversations(conversations, language, organisation, recipient),
            NoticeEmail notice => Notice(notice, language, organisation),
            WeeklyEmail weekly => Weekly(weekly, language, organisation, recipient),
            CheckpointEmail daily => Checkpoint(daily, language, organisation, recipient),
            InvitationEmail invitation => Invitation(invitation, language, organisation, recipient),
            PasswordResetEmail reset => PasswordReset(reset, language, organisation, recipient),
            PasswordChangedEmail changed => PasswordChanged(changed, language, organisation, recipient),
            SecondFactorChangedEmail changed => FactorChanged(changed, language, organisation, recipient),
            EmailChangeEmail change => EmailChange(change, language, organisation, recipient),
            EmailChangeNoticeEmail notice => EmailChangeNotice(notice, language, organisation, recipient),
            _ => throw new InvalidOperationException($"No templates exist for {email.GetType().Name}."),
        };

        var message = new MimeMessage
        {
            Date = clock.GetUtcNow(),
            Body = new MultipartAlternative
            {
                new TextPart("plain") { Text = words.Text, ContentTransferEncoding = ContentEncoding.QuotedPrintable },
                new TextPart("html") { Text = words.Html, ContentTransferEncoding = ContentEncoding.QuotedPrintable },
            },
        };
        if (email is CheckpointEmail signed) message.Body = new Multipart("mixed") { message.Body, FileOf(signed) };
        message.Headers.SetMailbox(
            HeaderId.From, PlainText.OneLine(options.FromName ?? email.OrganisationName, LongestName), _from);
        message.Headers.SetMailbox(HeaderId.To, PlainText.OneLine(email.ToName, LongestName), to);
        // Answers go to the office, not to the address that mails are sent from, which may be nobody's. An address
        // that some servers cannot take must not keep the mail from them.
        if ((Answers(email) ?? (email.ReplyTo is null ? null : EmailAddress.Of(email.ReplyTo))) is { } reply
            && reply.Wire != to.Wire
            && (!reply.NeedsSmtpUtf8 || _from.NeedsSmtpUtf8 || to.NeedsSmtpUtf8))
        {
            message.Headers.SetMailbox(
                HeaderId.ReplyTo, PlainText.OneLine(email.OrganisationName, LongestName), reply);
        }

        message.Headers.SetText(HeaderId.Subject, words.Subject);
        message.Headers.SetMessageId(HeaderId.MessageId, $"{email.DeliveryId:N}@{_from.Domain}");
        message.Body.Headers.Add(HeaderId.ContentLanguage, language.Code);
        // RFC 3834: no out-of-office reply answers it. The second is the one that Exchange looks at.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Headers.Add("X-Auto-Response-Suppress", "All");

        // Whoever has the mail can prove what the office's history was by then.
        if (email.Checkpoint is { } checkpoint) message.Headers.Add("Messaging-Checkpoint", checkpoint);

        // RFC 2369. By hand: one click (RFC 8058) would let whoever a mail is forwarded to turn it off.
        if (Choices(email) is { Length: > 0 } choices) message.Headers.Add(HeaderId.ListUnsubscribe, $"<{choices}>");
        if (ConversationOf(email) is { } id)
        {
            // The thread's root is a message that was never sent: so all of a conversation's mails form one thread in
            // any recipient's mailbox, whichever of them came there first. Gmail asks for the same subject besides.
            var root = $"conversation.{id:N}@{_from.Domain}";
            message.Headers.SetMessageId(HeaderId.InReplyTo, root);
            message.Headers.SetMessageId(HeaderId.References, root);
        }
        return new RenderedEmail(message, _from, to) { Bounces = replies?.ForBounces(email.DeliveryId) ?? _from };
    }

    private Words Conversation(ConversationEmail email, Language language, string organisation, string recipient)
    {
        var customer = PlainText.Name(email.CustomerName, LongestName);
        var body = PlainText.Cut(PlainText.Lines(email.Body), LongestBody, out var cut);
        var files = email
            .FileNames.Select(name => PlainText.OneLine(name, LongestFileName))
            .Where(name => name.Length > 0)
            .ToList();
        var url = $"{options.PublicUrl}/conversations/{email.ConversationId}";

        return new Words(
            language,
            "conversation",
            organisation,
            url,
            new Dictionary<string, object?>
            {
                ["kind"] = KindName(email.Kind),
                ["office"] = email.ToOffice,
                ["organisation"] = organisation,
                ["recipient"] = recipient,
                ["subject"] = Subject(email.Subject, language),
                ["customer"] = customer,
                ["of"] = email.ToOffice || email.HasSeveralAccounts ? customer : "",
                ["actor"] = Actor(
                    email.ActorName, email.ByCustomer, email.ToOffice ? email.ActorEmail : null, customer, language,
                    organisation),
                ["byCustomer"] = email.ByCustomer,
                // In the other kinds, the text need not be the actor's.
                ["actorWrote"] =
                    email.Kind
                        is NotificationKind.ConversationCreated
                            or NotificationKind.CustomerCommented
                            or NotificationKind.AdministratorCommented,
                ["lines"] = body.Length > 0 ? body.Split('\n') : [],
                ["cut"] = cut,
                ["filesOnly"] = body.Length > 0 ? 0 : files.Count,
                ["files"] = files.Take(MostFiles).ToArray(),
                ["moreFiles"] = Math.Max(0, files.Count - MostFiles),
                ["time"] = language.Time(email.OccurredAt, email.TimeZone),
                ["status"] = StatusName(email.Status),
                ["url"] = url,
                ["choices"] = Choices(email),
                ["answers"] = Answers(email) is not null,
            }
        );
    }

    private Words Conversations(ConversationsEmail email, Language language, string organisation, string recipient)
    {
        // Conversations are listed in the order of their first entry. Entries beyond the limit are only counted: the
        // conversation has them.
        var listed = email.News.Take(MostNews).ToList();
        var conversations = listed.GroupBy(news => news.ConversationId).Select(one => new Dictionary<string, object?>
        {
            ["subject"] = Subject(one.First().Subject, language),
            ["of"] = email.ToOffice || email.HasSeveralAccounts
                ? PlainText.Name(one.First().CustomerName, LongestName)
                : "",
            ["url"] = $"{options.PublicUrl}/conversations/{one.Key}",
            ["awaited"] = !email.ToOffice && StatusName(one.Last().Status) == "attention"
                && one.All(news => news.Kind != NotificationKind.StatusChanged),
            ["items"] = one.Select(news => Item(news, email, language, organisation)).ToArray(),
            ["more"] = email.News.Skip(MostNews).Count(news => news.ConversationId == one.Key),
        }).ToArray();
        var inSight = listed.Select(news => news.ConversationId).ToHashSet();
        return new Words(language, "conversations", organisation, $"{options.PublicUrl}/", new()
        {
            ["office"] = email.ToOffice,
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["count"] = email.News.Count,
            ["conversations"] = conversations,
            ["more"] = email.News.Count(news => !inSight.Contains(news.ConversationId)),
            ["choices"] = Choices(email),
            ["answers"] = Answers(email) is not null,
        });
    }

    private Words Notice(NoticeEmail email, Language language, string organisation)
    {
        var url = email.ConversationId is { } id
            ? $"{options.PublicUrl}/conversations/{id}"
            : $"{options.PublicUrl}/";
        return new Words(language, "notice", organisation, url, new()
        {
            ["organisation"] = organisation,
            ["count"] = email.Count,
            ["several"] = email.ConversationId is null,
            ["url"] = url,
            ["choices"] = Choices(email),
        });
    }

    private Words Checkpoint(CheckpointEmail email, Language language, string organisation, string recipient)
    {
        var url = $"{options.PublicUrl}/log";
        return new Words(language, "checkpoint", organisation, url, new()
        {
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["size"] = email.Size.ToString("N0", language.Culture),
            ["time"] = email.GrownAt is { } at ? language.Time(at, email.TimeZone) : "",
            ["note"] = email.Note.TrimEnd(),
            ["file"] = NameOf(email),
            ["url"] = url,
            ["choices"] = Choices(email),
        });
    }

    private static string NameOf(CheckpointEmail email) =>
        email.Size.ToString("D12", CultureInfo.InvariantCulture) + CheckpointFiles.Extension;

    // Byte for byte, whatever a mail program does to lines of text.
    private static MimePart FileOf(CheckpointEmail email) => new("application", "octet-stream")
    {
        FileName = NameOf(email),
        ContentTransferEncoding = ContentEncoding.Base64,
        Content = new MimeContent(new MemoryStream(Encoding.UTF8.GetBytes(email.Note))),
    };

    private Words Weekly(WeeklyEmail email, Language language, string organisation, string recipient)
    {
        var report = email.Report;
        var page = $"{options.PublicUrl}/overview/weekly";
        var most = Math.Max(1, report.Weeks.Max(w => new[] { w.Started, w.Answered, w.Reopened }.Max()));
        return new Words(language, "weekly", organisation, page, new()
        {
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["time"] = language.Time(report.AsOf, report.TimeZone),
            ["closed"] = language.Time(report.ClosedAt, report.TimeZone),
            ["waiting"] = report.Lists[0].Count,
            ["lists"] = report.Lists.Select(list => new Dictionary<string, object?>
            {
                ["name"] = ListName(list.Of),
                ["count"] = list.Count,
                ["url"] = $"{page}?list={ListName(list.Of)}",
                ["rows"] = list.Rows.Select(row => new Dictionary<string, object?>
                {
                    ["subject"] = Subject(row.Subject, language),
                    ["customer"] = PlainText.Name(row.CustomerName, LongestName),
                    ["responsible"] = PlainText.Name(row.Responsible, LongestName),
                    ["time"] = language.Time(row.At, report.TimeZone),
                    ["url"] = $"{options.PublicUrl}/conversations/{row.ConversationId}",
                }).ToArray(),
                ["more"] = list.Count - list.Rows.Count,
            }).ToArray(),
            ["weeks"] = report.Weeks.Select((row, i) => new Dictionary<string, object?>
            {
                ["name"] = language.Days(row.Week.From, row.Week.To, report.TimeZone),
                ["short"] = language.FirstDay(row.Week.From, report.TimeZone),
                ["query"] = i == 0 ? "" : $"&week={i + 1}",
                ["started"] = row.Started,
                ["answered"] = row.Answered,
                ["reopened"] = row.Reopened,
                ["backlog"] = row.Open + row.Attention,
                ["bar"] = (int)Math.Round(100.0 * row.Started / most),
                ["answeredBar"] = (int)Math.Round(100.0 * row.Answered / most),
                ["replies"] = row.Replies.Count,
                ["median"] = language.Length(row.Replies.Median),
                ["p90"] = language.Length(row.Replies.P90),
                ["medianHours"] = Hours(row.Replies.Median),
                ["p90Hours"] = Hours(row.Replies.P90),
                ["within"] = row.Replies.Count == 0
                    ? "–"
                    : language.Percent((double)row.Replies.WithinDay / row.Replies.Count),
            }).ToArray(),
            ["page"] = page,
            ["people"] = report.People.Select(person => new Dictionary<string, object?>
            {
                ["name"] = PlainText.Name(person.Name, LongestName),
                ["awaiting"] = person.AwaitingOffice,
                ["open"] = person.Open,
                ["attention"] = person.Attention,
                ["replies"] = person.Replies is { } replies ? $"{replies}" : "–",
                ["median"] = language.Length(person.Median),
                ["url"] = $"{options.PublicUrl}/conversations?responsible="
                    + (person.Id is { } id ? $"{id}" : "none"),
            }).ToArray(),
            ["customers"] = report.Customers.Select(customer => new Dictionary<string, object?>
            {
                ["name"] = PlainText.Name(customer.Name, LongestName),
                ["comments"] = customer.Comments,
                ["url"] = $"{page}?list=written&customer={customer.CustomerId}",
            }).ToArray(),
            ["failed"] = report.FailedMails,
            ["failedUrl"] = $"{options.PublicUrl}/deliveries?state=failed&from="
                + Uri.EscapeDataString($"{report.Weeks[0].Week.From.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"),
            ["hasProof"] = report.Proof is not null,
            ["proved"] = report.Proof?.Until is { } until ? language.Time(until, report.TimeZone) : "",
            ["lag"] = report.Proof?.Lag ?? 0,
            ["isWhole"] = report.Proof?.IsWhole ?? true,
            ["choices"] = Choices(email),
        });
    }

    // As short as the columns of a telephone are.
    private static string Hours(double? seconds)
    {
        if (seconds is not { } length) return "–";
        var minutes = (long)Math.Round(length / 60);
        return string.Create(CultureInfo.InvariantCulture, $"{minutes / 60}:{minutes % 60:00}");
    }

    /// <summary>The names that the page's addresses and the templates use.</summary>
    private static string ListName(WeeklyList list) => list switch
    {
        WeeklyList.WaitingForUs => "waiting-for-us",
        WeeklyList.CameIn => "came-in",
        WeeklyList.WaitingForCustomers => "waiting-for-customers",
        WeeklyList.NobodyResponsible => "nobody",
        WeeklyList.Started => "started",
        WeeklyList.Answered => "answered",
        WeeklyList.Reopened => "reopened",
        WeeklyList.Backlog => "backlog",
        WeeklyList.Written => "written",
    };

    private static Dictionary<string, object?> Item(
        ConversationNews news, ConversationsEmail email, Language language, string organisation)
    {
        var customer = PlainText.Name(news.CustomerName, LongestName);
        var body = PlainText.Cut(PlainText.Lines(news.Body), email.LongestBody - 1, out _);
        var files = news
            .FileNames.Select(name => PlainText.OneLine(name, LongestFileName))
            .Where(name => name.Length > 0)
            .ToList();
        var item = new Dictionary<string, object?>
        {
            ["kind"] = KindName(news.Kind),
            ["office"] = email.ToOffice,
            ["organisation"] = organisation,
            ["actor"] = Actor(
                news.ActorName, news.ByCustomer, email.ToOffice ? news.ActorEmail : null, customer, language,
                organisation),
            ["byCustomer"] = news.ByCustomer,
            ["status"] = StatusName(news.Status),
            ["time"] = language.Time(news.OccurredAt, email.TimeZone),
            ["lines"] = body.Length > 0 ? body.Split('\n') : [],
            ["filesOnly"] = body.Length > 0 ? 0 : files.Count,
            ["files"] = files.Take(MostFilesOfNews).ToArray(),
            ["moreFiles"] = Math.Max(0, files.Count - MostFilesOfNews),
        };
        item["headline"] = Words.Headline(language, "conversation", item);
        return item;
    }

    /// <summary>The page to choose by kind which e-mails one gets; empty for who has no choice.</summary>
    private string Choices(OutgoingEmail email) =>
        email.MayChoose ? $"{options.PublicUrl}/profile#notifications" : "";

    /// <summary>The address at which an answer becomes a comment; null where none does.</summary>
    private EmailAddress? Answers(OutgoingEmail email) =>
        email.AnswersTo is { } answered ? replies?.ForReplies(answered) : null;

    private static string Subject(string subject, Language language) =>
        PlainText.OneLine(subject, LongestSubject) is { Length: > 0 } visible ? visible : language.NoSubject;

    /// <summary>
    /// Returns the actor's name for the mail. A contact is named with the customer: contacts choose their own names,
    /// which may be a colleague's. A customer's words are never said to be the office's, even when the author is
    /// hidden: colleagues are told the address then.
    /// </summary>
    private static string Actor(
        string name, bool byCustomer, string? address, string customer, Language language, string organisation)
    {
        var actor = PlainText.Name(name, LongestName);
        if (!byCustomer) return actor.Length > 0 ? actor : organisation;
        if (actor.Length == 0)
        {
            var contact = language.ContactOf(customer);
            return address is null ? contact : $"{contact} ({PlainText.OneLine(address, LongestAddress)})";
        }

        return $"{actor} ({(customer.Length > 0 && customer != actor ? customer : language.Customer)})";
    }

    private Words Invitation(InvitationEmail email, Language language, string organisation, string recipient)
    {
        // The token is in the fragment, which browsers send to no server: it stays out of access logs and Referer
        // headers, and a mail scanner that opens the link does not use the token up.
        var url = $"{options.PublicUrl}/invitation#token={Uri.EscapeDataString(email.Token)}";
        var inviter = PlainText.Name(email.InvitedBy, LongestName);
        return new Words(language, "invitation", organisation, url, new Dictionary<string, object?>
        {
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["actor"] = inviter.Length > 0 ? inviter : organisation,
            ["customer"] = PlainText.Name(email.CustomerName ?? "", LongestName),
            ["time"] = language.Time(email.ExpiresAt, email.TimeZone),
            ["url"] = url,
        });
    }

    private Words PasswordReset(PasswordResetEmail email, Language language, string organisation, string recipient)
    {
        // In the fragment, as of an invitation.
        var url = email.Token is { } token
            ? $"{options.PublicUrl}/reset-password#token={Uri.EscapeDataString(token)}"
            : $"{options.PublicUrl}/sign-in";
        var sender = email.SentBy is { } name ? PlainText.Name(name, LongestName) : "";
        return new Words(language, "passwordReset", organisation, url, new Dictionary<string, object?>
        {
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["actor"] = sender,
            ["hasLink"] = email.Token is not null,
            ["time"] = email.ExpiresAt is { } expires ? language.Time(expires, email.TimeZone) : "",
            ["url"] = url,
        });
    }

    private Words PasswordChanged(PasswordChangedEmail email, Language language, string organisation, string recipient)
    {
        var url = $"{options.PublicUrl}/forgot-password";
        return new Words(language, "passwordChanged", organisation, url, new Dictionary<string, object?>
        {
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["time"] = language.Time(email.OccurredAt, email.TimeZone),
            ["url"] = url,
        });
    }

    private Words FactorChanged(
        SecondFactorChangedEmail email, Language language, string organisation, string recipient)
    {
        var url = $"{options.PublicUrl}/profile#second-factor";
        return new Words(language, "secondFactorChanged", organisation, url, new Dictionary<string, object?>
        {
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["change"] = ChangeName(email.Change),
            ["time"] = language.Time(email.OccurredAt, email.TimeZone),
            ["url"] = url,
        });
    }

    private Words EmailChange(EmailChangeEmail email, Language language, string organisation, string recipient)
    {
        // In the fragment, as of an invitation.
        var url = $"{options.PublicUrl}/confirm-email#token={Uri.EscapeDataString(email.Token)}";
        return new Words(language, "emailChange", organisation, url, new Dictionary<string, object?>
        {
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["actor"] = email.AskedBy is { } name ? PlainText.Name(name, LongestName) : "",
            ["time"] = language.Time(email.ExpiresAt, email.TimeZone),
            ["url"] = url,
        });
    }

    private Words EmailChangeNotice(
        EmailChangeNoticeEmail email, Language language, string organisation, string recipient)
    {
        var url = $"{options.PublicUrl}/profile";
        return new Words(language, "emailChangeNotice", organisation, url, new Dictionary<string, object?>
        {
            ["organisation"] = organisation,
            ["recipient"] = recipient,
            ["isDone"] = email.IsDone,
            ["actor"] = email.AskedBy is { } name ? PlainText.Name(name, LongestName) : "",
            ["time"] = language.Time(email.OccurredAt, email.TimeZone),
            ["url"] = url,
        });
    }

    /// <summary>The names that the templates use.</summary>
    private static string ChangeName(SecondFactorChange change) => change switch
    {
        SecondFactorChange.AuthenticatorAdded => "authenticatorAdded",
        SecondFactorChange.AuthenticatorRemoved => "authenticatorRemoved",
        SecondFactorChange.PasskeyAdded => "passkeyAdded",
        SecondFactorChange.PasskeyRemoved => "passkeyRemoved",
        SecondFactorChange.RecoveryCodesMade => "recoveryCodesMade",
        SecondFactorChange.RecoveryCodeUsed => "recoveryCodeUsed",
        SecondFactorChange.Reset => "reset",
    };

    /// <summary>The only conversation that a mail is about; null when there is none, or several.</summary>
    private static Guid? ConversationOf(OutgoingEmail email) => email switch
    {
        ConversationEmail conversation => conversation.ConversationId,
        NoticeEmail notice => notice.ConversationId,
        ConversationsEmail { News: var news } when news.All(n => n.ConversationId == news[0].ConversationId) =>
            news[0].ConversationId,
        _ => null,
    };

    private static string? StatusName(string? status) =>
        status?.Trim().ToLowerInvariant() is "open" or "attention" or "answered"
            ? status.Trim().ToLowerInvariant() : null;

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
        public Words(
            Language language, string name, string organisation, string url, Dictionary<string, object?> values)
        {
            // Nobody makes links of subject lines, and people look for names in them.
            var subject = Templates.Text($"{language.Code}/{name}.subject.liquid", values);
            Subject = PlainText.OneLine(subject.Replace($"{PlainText.Gap}", "", StringComparison.Ordinal), 300);
            // The sentence that says what happened stands in both bodies, and must say the same.
            values["headline"] = Headline(language, name, values);
            Text = Templates.Text($"{language.Code}/{name}.text.liquid", values).Trim() + "\n";
            Html = Templates.Html("layout.html.liquid", new Dictionary<string, object?>
            {
                ["language"] = language.Code,
                ["title"] = PlainText.Name(Subject, 300),
                ["organisation"] = organisation,
                ["url"] = url,
                ["content"] = Templates.Html($"{language.Code}/{name}.html.liquid", values),
            });
        }

        /// <summary>One sentence or two, of values that are plain already: the gaps in their names stay.</summary>
        public static string Headline(Language language, string name, Dictionary<string, object?> values) =>
            string.Join(
                ' ',
                Templates.Text($"{language.Code}/{name}.headline.liquid", values)
                    .Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

        public string Subject { get; }
        public string Text { get; }
        public string Html { get; }
    }

    /// <summary>A language that mails are written in.</summary>
    private sealed record Language(
        string Code, CultureInfo Culture, string TimeFormat, string DayFormat, string ShortDayFormat, string Hours,
        string Customer,
        string NoSubject, string Contact, string SomebodysContact)
    {
        private static readonly Language s_german = new(
            "de", CultureInfo.GetCultureInfo("de-DE"), "d. MMMM yyyy, HH:mm 'Uhr'", "d. MMM", "d.M.", "Std.", "Kunde",
            "(ohne Betreff)", "Kontakt von ", "Kontakt eines Kunden");
        private static readonly Language s_english = new(
            "en", CultureInfo.GetCultureInfo("en-GB"), "d MMMM yyyy, HH:mm", "d MMM", "d MMM", "hr", "customer",
            "(no subject)", "Contact of ", "Contact of a customer");

        public static Language Of(string locale) =>
            locale.Equals("de", StringComparison.OrdinalIgnoreCase)
            || locale.StartsWith("de-", StringComparison.OrdinalIgnoreCase)
                ? s_german
                : s_english;

        /// <summary>Returns the name for a customer's contact who has no visible name.</summary>
        public string ContactOf(string customer) => customer.Length > 0 ? Contact + customer : SomebodysContact;

        /// <summary>
        /// Times are in the zone, or in UTC with its name where the zone is not known on this machine.
        /// </summary>
        public string Time(DateTimeOffset time, string zone) =>
            TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)
                ? TimeZoneInfo.ConvertTime(time, found).ToString(TimeFormat, Culture)
                : time.UtcDateTime.ToString(TimeFormat, Culture) + " (UTC)";

        /// <summary>The days of a week, whose end is the first instant of the next.</summary>
        public string Days(DateTimeOffset from, DateTimeOffset to, string zone)
        {
            var (first, last) = (Day.Of(from, Day.ZoneOf(zone)), Day.Of(to, Day.ZoneOf(zone)).AddDays(-1));
            return $"{first.ToString(DayFormat, Culture)} – {last.ToString(DayFormat, Culture)}";
        }

        /// <summary>The first of them, as short as it can be.</summary>
        public string FirstDay(DateTimeOffset from, string zone) =>
            Day.Of(from, Day.ZoneOf(zone)).ToString(ShortDayFormat, Culture);

        /// <summary>A length of business time, in hours and minutes; days of it have no 24 hours.</summary>
        public string Length(double? seconds)
        {
            if (seconds is not { } length) return "–";
            var minutes = (long)Math.Round(length / 60);
            return minutes < 60 ? $"{minutes} min" : $"{minutes / 60} {Hours} {minutes % 60} min";
        }

        /// <summary>A share.</summary>
        public string Percent(double share) => share.ToString("P0", Culture);
    }
}
