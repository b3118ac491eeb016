using System.Text;
using Messaging.Application.Notifications;
using Messaging.Domain.Notifications;
using MimeKit;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Email;

public class EmailRenderingTests
{
    private const string Link = "https://messages.example.org/conversations/0198f0aa-0000-7000-8000-000000000001";

    [Theory]
    [InlineData(
        "de", true, 1, "Erika Müller (Müller GmbH) hat eine Datei geschickt.")]
    [InlineData(
        "de", false, 2, "Erika Müller (Müller GmbH) hat in Ihrem Gespräch 2 Dateien geschickt.")]
    [InlineData("en", true, 1, "Erika Müller (Müller GmbH) sent a file.")]
    [InlineData(
        "en", false, 2, "Erika Müller (Müller GmbH) sent 2 files in your conversation.")]
    public void Files_without_a_text_are_what_was_sent(
        string language, bool toOffice, int files, string sentence)
    {
        var mail = Mails.Read(Mails.Comment(toOffice: toOffice, locale: language) with
        {
            Subject = "Belege",
            Body = "",
            FileNames = [.. Enumerable.Range(1, files).Select(n => $"Beleg {n}.pdf")],
        });
        var (text, html) = (mail.TextBody!, mail.HtmlBody!);
        text.ShouldContain(sentence);
        html.ShouldContain(sentence);
        text.ShouldContain("- Beleg 1.pdf");
        text.ShouldNotContain("> ");
        html.ShouldNotContain("<blockquote");
    }

    // language, kind, to the office?, status, the sentence that says what happened
    public static TheoryData<string, NotificationKind, bool, string?, string> Kinds =>
        new()
        {
            {
                "de",
                NotificationKind.ConversationCreated,
                true,
                null,
                "Erika Müller hat ein neues Gespräch begonnen."
            },
            {
                "de",
                NotificationKind.ConversationCreated,
                false,
                null,
                "Erika Müller von Kanzlei Berger & Söhne hat ein neues Gespräch mit Ihnen begonnen."
            },
            {
                "de",
                NotificationKind.ConversationCreated,
                false,
                "ATTENTION",
                "Ihre Antwort wird erwartet."
            },
            {
                "de",
                NotificationKind.CustomerCommented,
                true,
                null,
                "Erika Müller (Müller GmbH) hat einen neuen Kommentar geschrieben."
            },
            {
                "de",
                NotificationKind.CustomerCommented,
                false,
                null,
                "Erika Müller (Müller GmbH) hat in Ihrem Gespräch einen neuen Kommentar geschrieben."
            },
            {
                "de",
                NotificationKind.AdministratorCommented,
                true,
                null,
                "Erika Müller hat für die Buchhaltung einen neuen Kommentar geschrieben."
            },
            {
                "de",
                NotificationKind.AdministratorCommented,
                false,
                null,
                "Erika Müller von Kanzlei Berger & Söhne hat in Ihrem Gespräch einen neuen Kommentar geschrieben."
            },
            {
                "de",
                NotificationKind.AdministratorCommented,
                false,
                "attention",
                "Ihre Antwort wird erwartet."
            },
            {
                "de",
                NotificationKind.AdministratorsNotified,
                true,
                null,
                "Erika Müller macht alle Administratoren der Buchhaltung auf dieses Gespräch aufmerksam."
            },
            {
                "de",
                NotificationKind.AdministratorsNotified,
                false,
                null,
                "In Ihrem Gespräch gibt es Neues."
            },
            {
                "de",
                NotificationKind.Assigned,
                true,
                null,
                "Erika Müller hat Ihnen dieses Gespräch zugewiesen. Sie sind jetzt dafür zuständig."
            },
            {
                "de",
                NotificationKind.Assigned,
                false,
                null,
                "In Ihrem Gespräch gibt es Neues."
            },
            {
                "de",
                NotificationKind.StatusChanged,
                true,
                "answered",
                "Erika Müller hat das Gespräch auf „beantwortet“ gesetzt."
            },
            {
                "de",
                NotificationKind.StatusChanged,
                true,
                "attention",
                "Erika Müller hat das Gespräch auf „aufmerksam“ gesetzt: Der Kunde soll antworten."
            },
            {
                "de",
                NotificationKind.StatusChanged,
                true,
                "open",
                "Erika Müller hat das Gespräch wieder auf „offen“ gesetzt."
            },
            {
                "de",
                NotificationKind.StatusChanged,
                true,
                null,
                "Erika Müller hat den Status des Gesprächs geändert."
            },
            {
                "de",
                NotificationKind.StatusChanged,
                false,
                "Answered",
                "Erika Müller hat Ihr Gespräch auf „beantwortet“ gesetzt und damit beendet."
            },
            {
                "de",
                NotificationKind.StatusChanged,
                false,
                "attention",
                "Ihre Antwort wird erwartet."
            },
            {
                "de",
                NotificationKind.StatusChanged,
                false,
                "open",
                "Erika Müller hat Ihr Gespräch wieder auf „offen“ gesetzt."
            },
            {
                "de",
                NotificationKind.StatusChanged,
                false,
                null,
                "Erika Müller hat den Status Ihres Gesprächs geändert."
            },
            {
                "en",
                NotificationKind.ConversationCreated,
                true,
                null,
                "Erika Müller started a new conversation."
            },
            {
                "en",
                NotificationKind.ConversationCreated,
                false,
                null,
                "Erika Müller of Kanzlei Berger & Söhne started a new conversation with you."
            },
            {
                "en",
                NotificationKind.ConversationCreated,
                false,
                "attention",
                "Your answer is awaited."
            },
            {
                "en",
                NotificationKind.CustomerCommented,
                true,
                null,
                "Erika Müller (Müller GmbH) wrote a new comment."
            },
            {
                "en",
                NotificationKind.CustomerCommented,
                false,
                null,
                "Erika Müller (Müller GmbH) wrote a new comment in your conversation."
            },
            {
                "en",
                NotificationKind.AdministratorCommented,
                true,
                null,
                "Erika Müller wrote a new comment for the accounting office."
            },
            {
                "en",
                NotificationKind.AdministratorCommented,
                false,
                null,
                "Erika Müller of Kanzlei Berger & Söhne wrote a new comment in your conversation."
            },
            {
                "en",
                NotificationKind.AdministratorsNotified,
                true,
                null,
                "Erika Müller draws the attention of all administrators of the office to this conversation."
            },
            {
                "en",
                NotificationKind.AdministratorsNotified,
                false,
                null,
                "There is news in your conversation."
            },
            {
                "en",
                NotificationKind.Assigned,
                true,
                null,
                "Erika Müller assigned this conversation to you. You are now responsible for it."
            },
            {
                "en",
                NotificationKind.Assigned,
                false,
                null,
                "There is news in your conversation."
            },
            {
                "en",
                NotificationKind.StatusChanged,
                true,
                "answered",
                "Erika Müller set the conversation to “answered”."
            },
            {
                "en",
                NotificationKind.StatusChanged,
                true,
                "attention",
                "the customer is asked to answer."
            },
            {
                "en",
                NotificationKind.StatusChanged,
                true,
                "open",
                "Erika Müller set the conversation back to “open”."
            },
            {
                "en",
                NotificationKind.StatusChanged,
                true,
                null,
                "Erika Müller changed the status of the conversation."
            },
            {
                "en",
                NotificationKind.StatusChanged,
                false,
                "answered",
                "Erika Müller set your conversation to “answered”, which ends it."
            },
            {
                "en",
                NotificationKind.StatusChanged,
                false,
                "attention",
                "is waiting for you in your conversation: your answer is awaited."
            },
            {
                "en",
                NotificationKind.StatusChanged,
                false,
                "open",
                "Erika Müller set your conversation back to “open”."
            },
            {
                "en",
                NotificationKind.StatusChanged,
                false,
                null,
                "Erika Müller changed the status of your conversation."
            },
        };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_kind_of_mail_says_who_did_what_in_which_conversation(
        string locale, NotificationKind kind, bool toOffice, string? status, string sentence)
    {
        var mail = Mails.Read(Mails.Comment(kind, toOffice, locale) with { Status = status, Subject = "Belege" });

        // One for all kinds: Gmail makes a thread of what has the same subject.
        mail.Subject.ShouldBe(toOffice ? "Belege (Müller GmbH)" : "Belege");
        foreach (var body in Bodies(mail))
        {
            body.ShouldContain(sentence);
            body.ShouldContain("Anna Berger");
            body.ShouldContain("Belege");
            // What goes on inside the office is no news for a customer, should such a mail ever be sent to one.
            var inside = kind is NotificationKind.AdministratorsNotified or NotificationKind.Assigned;
            body.Contains("Erika Müller", StringComparison.Ordinal).ShouldBe(toOffice || !inside);
            body.ShouldContain("hier sind die Belege.");
            body.ShouldContain("Belege Q3.pdf");
            body.ShouldContain("Kassenbuch.xlsx");
            body.ShouldContain(locale == "de" ? "5. März 2026, 14:07 Uhr" : "5 March 2026, 14:07");
            body.ShouldContain(Link);
            body.Contains("Müller GmbH", StringComparison.Ordinal)
                .ShouldBe(
                    toOffice || kind == NotificationKind.CustomerCommented,
                    "the office is told whose conversation it is, the customer only who wrote for them");
            body.ShouldNotContain("{{");
            body.ShouldNotContain("{%");
        }
        mail.HtmlBody.ShouldNotBeNull().ShouldContain($"<html lang=\"{locale}\">");
    }

    [Fact]
    public void The_text_of_a_mail_reads_like_this()
    {
        var mail = Mails.Read(Mails.Comment());

        mail.TextBody.ShouldNotBeNull().ReplaceLineEndings("\n").ShouldBe(
            """
            Guten Tag Anna Berger,

            Erika Müller (Müller GmbH) hat einen neuen Kommentar geschrieben.

            Gespräch: Belege für das dritte Quartal
            Kunde: Müller GmbH
            Zeit: 5. März 2026, 14:07 Uhr

            Erika Müller (Müller GmbH) schrieb:

            > Guten Morgen,
            > hier sind die Belege.
            > 
            > Viele Grüße

            Dateien:
            - Belege Q3.pdf
            - Kassenbuch.xlsx

            Gespräch anzeigen:
            https://messages.example.org/conversations/0198f0aa-0000-7000-8000-000000000001

            -- 
            Kanzlei Berger & Söhne
            Diese E-Mail wurde automatisch versandt. Bitte antworten Sie nicht auf sie, sondern im Gespräch.

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void The_text_of_a_mail_without_a_comment_and_files_has_no_holes()
    {
        var mail = Mails.Read(
            Mails.Comment(NotificationKind.Assigned, locale: "en") with
            {
                Body = null,
                FileNames = [],
                ToName = "",
                CustomerName = "",
            }
        );

        mail.TextBody.ShouldNotBeNull().ReplaceLineEndings("\n").ShouldBe(
            """
            Hello,

            Erika Müller assigned this conversation to you. You are now responsible for it.

            Conversation: Belege für das dritte Quartal
            Time: 5 March 2026, 14:07

            Open conversation:
            https://messages.example.org/conversations/0198f0aa-0000-7000-8000-000000000001

            -- 
            Kanzlei Berger & Söhne
            This e-mail was sent automatically. Please do not reply to it, but answer in the conversation.

            """.ReplaceLineEndings("\n"));
        mail.HtmlBody.ShouldNotBeNull().ShouldNotContain("<ul");
        mail.HtmlBody.ShouldNotContain("<blockquote");
    }

    [Theory]
    [InlineData(
        "de", "Einladung zu den Nachrichten von Kanzlei Berger & Söhne",
        "Anna Berger von Kanzlei Berger & Söhne lädt Sie zu den Nachrichten ein", "12. März 2026, 14:07 Uhr")]
    [InlineData(
        "en", "Invitation to the messages of Kanzlei Berger & Söhne",
        "Anna Berger of Kanzlei Berger & Söhne invites you", "12 March 2026, 14:07")]
    public void An_invitation_says_who_invites_and_until_when(
        string locale, string subject, string sentence, string until)
    {
        var mail = Mails.Read(Mails.Invitation(locale));

        mail.Subject.ShouldBe(subject);
        mail.InReplyTo.ShouldBeNull();
        foreach (var body in Bodies(mail))
        {
            body.ShouldContain(sentence);
            body.ShouldContain(until);
            body.ShouldContain("Erika Müller");
            // Behind the #, which browsers send to no server.
            body.ShouldContain("https://messages.example.org/invitation#token=aB3_-x%2B%2F%3D");
        }
    }

    [Theory]
    [InlineData(
        "de", "Neues Passwort für die Nachrichten von Kanzlei Berger & Söhne", "12. März 2026, 14:07 Uhr",
        "Konto Ihres Unternehmens")]
    [InlineData(
        "en", "New password for the messages of Kanzlei Berger & Söhne", "12 March 2026, 14:07",
        "account of your company")]
    public void A_link_for_another_password_says_until_when_and_where_there_is_none_why(
        string locale, string subject, string until, string elsewhere)
    {
        var mail = Mails.Read(Mails.PasswordReset(locale));
        mail.Subject.ShouldBe(subject);
        foreach (var body in Bodies(mail))
        {
            body.ShouldContain(until);
            body.ShouldContain("https://messages.example.org/reset-password#token=aB3_-x%2B%2F%3D");
            body.ShouldNotContain(elsewhere);
        }

        foreach (var body in Bodies(Mails.Read(Mails.PasswordReset(locale, token: null))))
        {
            body.ShouldContain(elsewhere);
            body.ShouldNotContain("reset-password");
        }
    }

    [Theory]
    [InlineData(
        "de", "Ihr Passwort für die Nachrichten von Kanzlei Berger & Söhne wurde geändert", "12. März 2026, 14:07")]
    [InlineData(
        "en", "Your password for the messages of Kanzlei Berger & Söhne was changed", "12 March 2026, 14:07")]
    public void Another_password_is_told_with_the_way_to_take_it_back(string locale, string subject, string when)
    {
        var mail = Mails.Read(Mails.PasswordChanged(locale));
        mail.Subject.ShouldBe(subject);
        foreach (var body in Bodies(mail))
        {
            body.ShouldContain(when);
            body.ShouldContain("https://messages.example.org/forgot-password");
        }
    }

    [Theory]
    [InlineData(
        "de", "Neue E-Mail-Adresse für die Nachrichten von Kanzlei Berger & Söhne bestätigen",
        "12. März 2026, 14:07 Uhr", "Anna Berger möchte diese E-Mail-Adresse")]
    [InlineData(
        "en", "Confirm your new e-mail address for the messages of Kanzlei Berger & Söhne", "12 March 2026, 14:07",
        "Anna Berger wants to enter this e-mail address")]
    public void A_link_that_confirms_an_address_says_for_whom_until_when_and_who_wants_it(
        string locale, string subject, string until, string byOffice)
    {
        var mail = Mails.Read(Mails.EmailChange(locale));
        mail.Subject.ShouldBe(subject);
        foreach (var body in Bodies(mail))
        {
            body.ShouldContain(until);
            body.ShouldContain("Erika Müller");
            body.ShouldContain("https://messages.example.org/confirm-email#token=aB3_-x%2B%2F%3D");
            body.ShouldNotContain(byOffice);
        }

        foreach (var body in Bodies(Mails.Read(Mails.EmailChange(locale, "Anna Berger"))))
            body.ShouldContain(byOffice);
    }

    [Theory]
    [InlineData(
        "de", "Ihre E-Mail-Adresse für die Nachrichten von Kanzlei Berger & Söhne soll geändert werden",
        "Ihre E-Mail-Adresse für die Nachrichten von Kanzlei Berger & Söhne wurde geändert",
        "12. März 2026, 14:07 Uhr", "von Anna Berger")]
    [InlineData(
        "en", "Your e-mail address for the messages of Kanzlei Berger & Söhne is to be changed",
        "Your e-mail address for the messages of Kanzlei Berger & Söhne was changed", "12 March 2026, 14:07",
        "by Anna Berger")]
    public void The_address_of_before_is_told_when_another_is_asked_for_and_when_it_is_there(
        string locale, string asked, string done, string when, string byOffice)
    {
        var first = Mails.Read(Mails.EmailChangeNotice(locale));
        first.Subject.ShouldBe(asked);
        var second = Mails.Read(Mails.EmailChangeNotice(locale, isDone: true));
        second.Subject.ShouldBe(done);
        foreach (var body in Bodies(first))
        {
            body.ShouldContain(when);
            body.ShouldContain("https://messages.example.org/profile");
            body.ShouldNotContain(byOffice);
        }

        foreach (var body in Bodies(second)) body.ShouldContain(when);
        foreach (var body in Bodies(Mails.Read(Mails.EmailChangeNotice(locale, askedBy: "Anna Berger"))))
            body.ShouldContain(byOffice);
    }

    [Fact]
    public void A_text_is_not_put_into_the_mouth_of_who_only_pointed_to_it()
    {
        foreach (
            var kind in new[]
            {
                NotificationKind.AdministratorsNotified,
                NotificationKind.Assigned,
                NotificationKind.StatusChanged,
            }
        )
        {
            var mail = Mails.Read(Mails.Comment(kind));
            foreach (var body in Bodies(mail))
            {
                body.ShouldContain("Nachricht:");
                body.ShouldNotContain("schrieb:");
            }
        }
    }

    [Theory]
    [InlineData("de-AT", "Guten Tag")]
    [InlineData("DE", "Guten Tag")]
    [InlineData("en-US", "Hello")]
    [InlineData("fr", "Hello")]
    [InlineData("", "Hello")]
    public void Who_reads_neither_gets_English(string locale, string greeting) =>
        Mails.Read(Mails.Comment(locale: locale)).TextBody.ShouldNotBeNull().ShouldStartWith(greeting);

    // People choose their own names: a contact may take a colleague's, for the office or for other contacts of the same
    // customer to read.
    [Theory]
    [MemberData(nameof(EveryMail))]
    public void Nobody_takes_a_customer_for_a_colleague_of_that_name(
        NotificationKind kind, bool toOffice, string locale)
    {
        var mail = Mails.Read(
            Mails.Comment(kind, toOffice, locale) with
            {
                CustomerName = "Bäckerei Krause",
                ActorName = "Anna Sommer",
                ByCustomer = true,
            }
        );
        string?[] texts = [mail.Subject, mail.TextBody, System.Net.WebUtility.HtmlDecode(mail.HtmlBody)];
        string.Concat(texts)
            .Replace("Anna Sommer (Bäckerei Krause)", "", StringComparison.Ordinal)
            .ShouldNotContain("Anna Sommer");
        if (kind == NotificationKind.CustomerCommented)
            mail.TextBody.ShouldNotBeNull().ShouldContain("Anna Sommer (Bäckerei Krause) ");

        var colleague = Mails.Read(
            Mails.Comment(kind, toOffice, locale) with
            {
                CustomerName = "Bäckerei Krause",
                ActorName = "Anna Sommer",
                ByCustomer = false,
            }
        );
        (colleague.Subject + colleague.TextBody).ShouldNotContain("Anna Sommer (");
    }

    public static TheoryData<NotificationKind, bool, string> EveryMail
    {
        get
        {
            var data = new TheoryData<NotificationKind, bool, string>();
            foreach (var kind in Enum.GetValues<NotificationKind>())
            {
                data.Add(kind, true, "de");
                data.Add(kind, false, "de");
                data.Add(kind, true, "en");
                data.Add(kind, false, "en");
            }
            return data;
        }
    }

    [Theory]
    [InlineData("de", "Anna Sommer", "Anna Sommer (Kunde)")]
    [InlineData("en", "Anna Sommer", "Anna Sommer (customer)")]
    [InlineData("en", "", "Anna Sommer (customer)")]
    public void A_customer_who_is_named_as_its_contact_is_called_one(string locale, string customer, string expected)
    {
        var mail = Mails.Read(
            Mails.Comment(locale: locale) with
            {
                CustomerName = customer,
                ActorName = "Anna Sommer",
            }
        );
        mail.TextBody.ShouldNotBeNull().ShouldContain($"{expected} ");
    }

    [Fact]
    public void What_users_write_is_never_markup()
    {
        const string Attack = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{ url }}{% raw %}";
        var mail = Mails.Read(Mails.Comment() with
        {
            ToName = Attack,
            OrganisationName = Attack,
            Subject = Attack,
            CustomerName = Attack,
            ActorName = Attack,
            Body = Attack,
            FileNames = [Attack],
        });

        var html = mail.HtmlBody.ShouldNotBeNull();
        html.ShouldNotContain("<script");
        html.ShouldNotContain("<img");
        html.ShouldContain("&lt;script&gt;alert(1)&lt;/script&gt;");
        html.ShouldContain("&quot;&#x27;{{ url }}{% raw %}");
        mail.TextBody.ShouldNotBeNull().ShouldContain("> <script>alert(1)</script>");

        var invitation = Mails.Read(
            Mails.Invitation() with
            {
                ToName = Attack,
                OrganisationName = Attack,
                InvitedBy = Attack,
                Token = "\"><script>",
            }
        );
        invitation.HtmlBody.ShouldNotBeNull().ShouldNotContain("<script");
    }

    [Fact]
    public void The_HTML_loads_nothing_and_runs_nothing()
    {
        foreach (var html in new[] { Mails.Read(Mails.Comment()).HtmlBody, Mails.Read(Mails.Invitation()).HtmlBody })
        {
            html.ShouldNotBeNull();
            html.ShouldNotContain("<script");
            html.ShouldNotContain("<img");
            html.ShouldNotContain("<link");
            html.ShouldNotContain("url(");
            html.ShouldNotContain("@import");
            html.ShouldContain("<title>");
            html.ShouldContain("<meta name=\"color-scheme\" content=\"light dark\">");
        }
    }

    [Theory]
    [InlineData("de", "Kontakt von Müller GmbH", "Kontakt eines Kunden", "(ohne Betreff)")]
    [InlineData("en", "Contact of Müller GmbH", "Contact of a customer", "(no subject)")]
    public void What_somebody_without_a_visible_name_wrote_is_never_said_to_be_the_offices(
        string locale, string contact, string somebody, string noSubject)
    {
        foreach (var nothing in (string[])["", "\u200B", "\u2800", "\u3164", "\u0301", " \u202E "])
        {
            foreach (
                var kind in (NotificationKind[])
                    [NotificationKind.CustomerCommented, NotificationKind.ConversationCreated]
            )
            {
                foreach (var toOffice in (bool[])[true, false])
                {
                    var mail = Mails.Comment(kind, toOffice, locale) with { ActorName = nothing, ByCustomer = true };
                    Said(mail).ShouldContain(contact);
                    Said(mail).ShouldNotContain("Kanzlei Berger & Söhne hat");
                    Said(mail).ShouldNotContain("Kanzlei Berger & Söhne started");
                    Said(mail).ShouldNotContain("Kanzlei Berger & Söhne wrote");
                    Said(mail with { CustomerName = nothing }).ShouldContain(somebody);
                    Said(mail with { ActorEmail = "erika@mueller.example" })
                        .Contains($"{contact} (erika@mueller.example) ", StringComparison.Ordinal)
                        .ShouldBe(toOffice, "colleagues are told who it was, other contacts are not");
                    Mails.Read(mail).Subject.ShouldNotBeNull().ShouldNotContain("Kanzlei Berger");
                }
            }

            Mails
                .Read(Mails.Comment(locale: locale) with { Subject = nothing })
                .Subject.ShouldBe($"{noSubject} (Müller GmbH)");
        }

        static string Said(OutgoingEmail email)
        {
            var mail = Mails.Read(email);
            return $"{mail.Subject}\n{mail.TextBody}";
        }
    }

    [Fact]
    public void Who_has_a_visible_name_is_called_by_it()
    {
        var mail = Mails.Read(Mails.Comment() with { ByCustomer = true });
        mail.TextBody.ShouldNotBeNull()
            .ShouldContain("Erika Müller (Müller GmbH) hat einen neuen Kommentar geschrieben.");
    }

    [Fact]
    public void Accents_by_the_dozen_cover_no_other_lines()
    {
        var many = $"a{string.Concat(Enumerable.Repeat("\u0301\u0323", 10_000))}b";
        var few = $"a{string.Concat(Enumerable.Repeat("\u0301\u0323", 4))}b";
        var mail = Mails.Read(
            Mails.Comment(toOffice: false) with { Body = $"{many}\nzwei", Subject = many[..150] + "b" });

        mail.TextBody.ShouldNotBeNull().ReplaceLineEndings("\n").ShouldContain($"> {few}\n> zwei\n");
        mail.Subject.ShouldBe(few);
    }

    [Fact]
    public void Line_breaks_stay_line_breaks()
    {
        var mail = Mails.Read(Mails.Comment() with { Body = "eins\r\nzwei\rdrei\n\n\n\n\nvier" });

        mail.HtmlBody.ShouldNotBeNull().ShouldContain("eins<br>zwei<br>drei<br><br>vier");
        mail.TextBody.ShouldNotBeNull().ReplaceLineEndings("\n").ShouldContain("> eins\n> zwei\n> drei\n> \n> vier\n");
    }

    [Theory]
    [InlineData("de", "Der Text ist hier gekürzt.")]
    [InlineData("en", "The text is cut here.")]
    public void A_long_comment_is_cut_between_words_and_says_so(string locale, string note)
    {
        var body = string.Concat(Enumerable.Repeat("Umsatzsteuer 😀 ", 1_250)) + "ENDE";

        var mail = Mails.Read(Mails.Comment(locale: locale) with { Body = body });

        foreach (var text in Bodies(mail))
        {
            text.ShouldContain(note);
            text.ShouldContain("…");
            text.ShouldNotContain("ENDE", Case.Sensitive);
            text.ShouldNotContain("\uFFFD");
            text.Length.ShouldBeLessThan(20_000);
        }
        mail.TextBody.ShouldNotBeNull().ShouldMatch("(Umsatzsteuer|😀)…\r?\n");
    }

    [Fact]
    public void A_comment_of_20000_characters_that_all_need_encoding_stays_a_small_mail()
    {
        Mails.Written(Mails.Comment() with { Body = new string('<', 20_000) }).Length.ShouldBeLessThan(100_000);
    }

    [Fact]
    public void Of_many_files_some_are_named_and_the_rest_counted()
    {
        var mail = Mails.Read(
            Mails.Comment() with
            {
                FileNames = [.. Enumerable.Range(1, 25).Select(i => $"Beleg {i:00}.pdf")],
            }
        );

        foreach (var body in Bodies(mail))
        {
            body.ShouldContain("Beleg 20.pdf");
            body.ShouldNotContain("Beleg 21.pdf");
            body.ShouldContain("und 5 weitere");
        }
    }

    [Fact]
    public void Names_and_subjects_cannot_turn_the_direction_of_writing_or_hide_in_it()
    {
        const string Tricky = "Rechnung\u202Efdp.exe\u202C\u2066x\u2069\u200B\u200F\uFEFF\U000E0041";

        var mail = Mails.Read(
            Mails.Comment() with
            {
                Subject = Tricky,
                ActorName = Tricky,
                ToName = Tricky,
                OrganisationName = Tricky,
                FileNames = [Tricky],
                Body = Tricky,
            }
        );

        var everything = string.Concat(mail.Headers.Select(header => header.Value)) + mail.TextBody + mail.HtmlBody;
        everything.ShouldContain("Rechnungfdp.exex");
        everything
            .EnumerateRunes()
            .ShouldNotContain(rune => Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.Format);
    }

    [Fact]
    public void Names_and_subjects_of_any_letters_are_encoded_so_that_every_server_passes_them_on()
    {
        var email = Mails.Comment() with
        {
            Subject = "Größe – 请 😀",
            OrganisationName = "Bücher, \"Söhne\" & Co. <x@y.example>",
            ToName = "Jürgen, Øystein",
        };
        var bytes = Mails.Written(email);

        bytes.ShouldAllBe(b => b < 0x80);
        Encoding.ASCII.GetString(bytes).Split('\n').ShouldAllBe(line => line.Length <= 998);
        var read = Mails.Read(email);
        read.Subject.ShouldBe("Größe – 请 😀 (Müller GmbH)");
        var from = read.From.ShouldHaveSingleItem().ShouldBeOfType<MailboxAddress>();
        from.Name.ShouldBe("Bücher, \"Söhne\" & Co. <x@y.example>");
        from.Address.ShouldBe("nachrichten@kanzlei.example");
        var to = read.To.ShouldHaveSingleItem().ShouldBeOfType<MailboxAddress>();
        to.Name.ShouldBe("Jürgen, Øystein");
        to.Address.ShouldBe(email.To);
    }

    [Fact]
    public void Automatic_replies_are_told_to_stay_away()
    {
        var mail = Mails.Read(Mails.Comment());

        mail.Headers[HeaderId.AutoSubmitted].ShouldBe("auto-generated");
        mail.Headers["X-Auto-Response-Suppress"].ShouldBe("All");
        mail.Body.ShouldNotBeNull().Headers[HeaderId.ContentLanguage].ShouldBe("de");
        mail.Date.ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void The_mails_of_a_conversation_form_a_thread_and_copies_of_one_have_one_id()
    {
        var created = Mails.Comment(NotificationKind.ConversationCreated);
        var commented = Mails.Comment();
        var elsewhere = Mails.Comment() with { ConversationId = Guid.CreateVersion7() };

        Mails.Read(created).MessageId.ShouldBe($"{created.DeliveryId:N}@kanzlei.example");
        Mails.Read(created).MessageId.ShouldBe(Mails.Read(created).MessageId);
        Mails.Read(created).MessageId.ShouldNotBe(Mails.Read(commented).MessageId);
        Mails.Read(created).References.ShouldBe(Mails.Read(commented).References);
        Mails.Read(commented).InReplyTo.ShouldBe("conversation.0198f0aa000070008000000000000001@kanzlei.example");
        Mails.Read(elsewhere).References.ShouldNotBe(Mails.Read(commented).References);
    }

    [Theory]
    [InlineData("America/New_York", "5. März 2026, 08:07 Uhr")]
    [InlineData("Europe/Berlin", "5. März 2026, 14:07 Uhr")]
    [InlineData("Nowhere/Atlantis", "5. März 2026, 13:07 Uhr (UTC)")]
    [InlineData("", "5. März 2026, 13:07 Uhr (UTC)")]
    public void Times_are_those_of_the_organisation(string zone, string expected) =>
        Mails
            .Read(Mails.Comment() with { TimeZone = zone })
            .TextBody.ShouldNotBeNull()
            .ReplaceLineEndings("\n")
            .ShouldContain($"Zeit: {expected}\n");

    [Fact]
    public void In_summer_the_time_is_summer_time() =>
        Mails.Read(Mails.Comment() with { OccurredAt = new DateTimeOffset(2026, 7, 5, 13, 7, 0, TimeSpan.Zero) })
            .TextBody.ShouldNotBeNull().ShouldContain("5. Juli 2026, 15:07 Uhr");

    [Fact]
    public void A_configured_name_stands_for_the_organisations_as_the_sender()
    {
        using var rendered = Mails.Renderer(("Messaging:Smtp:FromName", "Nachrichten")).Render(Mails.Comment());
        var message = rendered.Message;

        message.From.Mailboxes.Single().Name.ShouldBe("Nachrichten");
        message.TextBody.ShouldNotBeNull().ShouldContain("Kanzlei Berger & Söhne");
    }

    private static IEnumerable<string> Bodies(MimeMessage mail)
    {
        yield return mail.TextBody.ShouldNotBeNull();
        // What it says once decoded; that it is encoded at all is tested on its own.
        yield return System.Net.WebUtility.HtmlDecode(mail.HtmlBody.ShouldNotBeNull());
    }

    [Theory]
    [InlineData("https://evil.example/login", "https:\u200a//evil.\u200aexample/login")]
    [InlineData("www.evil.example", "www.\u200aevil.\u200aexample")]
    [InlineData("booking.com GmbH", "booking.\u200acom GmbH")]
    [InlineData("anna@evil.example", "anna@\u200aevil.\u200aexample")]
    [InlineData("Dr. Max Müller & Söhne GmbH, 1&1", "Dr. Max Müller & Söhne GmbH, 1&1")]
    public void Nobody_can_make_a_link_of_a_name(string name, string written)
    {
        foreach (
            var email in (OutgoingEmail[])
                [
                    Mails.Comment() with
                    {
                        ToName = name,
                        ActorName = name,
                        CustomerName = name,
                        OrganisationName = name,
                    },
                    Mails.Invitation() with
                    {
                        ToName = name,
                        InvitedBy = name,
                        OrganisationName = name,
                    },
                    Mails.Several(3) with
                    {
                        ToName = name,
                        OrganisationName = name,
                    },
                ]
        )
        {
            var mail = Mails.Read(email);
            mail.TextBody!.ShouldContain($"Guten Tag {written},");
            if (name != written) mail.TextBody!.ShouldNotContain(name);
            var html = System.Net.WebUtility.HtmlDecode(mail.HtmlBody!);
            html.ShouldContain($"<bdi>{written}</bdi>");
            if (name != written) html.ShouldNotContain(name);
            mail.To.Mailboxes.Single().Name.ShouldBe(name);
        }
    }

    [Theory]
    [InlineData("de", true, "Welche E-Mails Sie bekommen, wählen Sie in Ihrem Profil")]
    [InlineData("en", true, "Choose in your profile which e-mails you get")]
    [InlineData("de", false, "/profile")]
    [InlineData("en", false, "/profile")]
    public void Who_chooses_which_mails_they_get_is_led_there(string locale, bool mayChoose, string sentence)
    {
        const string Profile = "https://messages.example.org/profile#notifications";
        OutgoingEmail[] emails = [Mails.Comment(locale: locale), Mails.Several(2, locale), Mails.Notice(locale, 1)];
        foreach (var email in emails)
        {
            var mail = Mails.Read(email with { MayChoose = mayChoose });
            mail.Headers[HeaderId.ListUnsubscribe].ShouldBe(mayChoose ? $"<{Profile}>" : null);
            mail.Headers[HeaderId.ListUnsubscribePost].ShouldBeNull();
            foreach (var body in Bodies(mail))
            {
                body.Contains(sentence, StringComparison.Ordinal).ShouldBe(mayChoose);
                body.Contains(Profile, StringComparison.Ordinal).ShouldBe(mayChoose);
            }
        }
    }

    [Theory]
    [InlineData("de", 1, "Sie haben eine neue Nachricht.")]
    [InlineData("de", 4, "Sie haben 4 neue Nachrichten.")]
    [InlineData("en", 1, "You have a new message.")]
    [InlineData("en", 4, "You have 4 new messages.")]
    public void A_mail_without_content_says_that_there_is_something_and_has_a_link(
        string locale, int count, string sentence)
    {
        var mail = Mails.Read(Mails.Notice(locale, count));
        mail.Subject.ShouldBe(locale == "de" ? "Sie haben eine neue Nachricht" : "You have a new message");
        mail.InReplyTo.ShouldBe(Mails.Read(Mails.Comment()).InReplyTo);
        foreach (var body in Bodies(mail))
        {
            body.ShouldContain(sentence);
            body.ShouldContain(Link);
            body.ShouldNotContain("{{");
        }

        var several = Mails.Read(Mails.Notice(locale, count) with { ConversationId = null });
        several.Subject.ShouldBe(locale == "de" ? "Sie haben neue Nachrichten" : "You have new messages");
        several.InReplyTo.ShouldBeNull();
        several.TextBody.ShouldNotBeNull().ShouldNotContain(Link);
    }

    [Fact]
    public void What_was_collected_is_told_in_one_mail_that_lists_it()
    {
        var mail = Mails.Read(Mails.Several(2));
        mail.Subject.ShouldBe("3 Neuigkeiten in 2 Gesprächen");
        mail.TextBody.ShouldNotBeNull().ReplaceLineEndings("\n").ShouldBe(
            """
            Guten Tag Anna Berger,

            In kurzer Zeit gab es viel Neues. Diese E-Mail fasst zusammen, was sonst 3 einzelne E-Mails wären.

            Gespräch: Belege
            Kunde: Müller GmbH

            5. März 2026, 14:07 Uhr: Erika Müller hat einen neuen Kommentar geschrieben.
            > Nummer 1
            > <b>zweite Zeile</b>

            5. März 2026, 14:08 Uhr: Erika Müller hat einen neuen Kommentar geschrieben.
            > Nummer 2
            > <b>zweite Zeile</b>

            Gespräch anzeigen:
            https://messages.example.org/conversations/0198f0aa-0000-7000-8000-000000000001

            Gespräch: Anderes
            Kunde: Müller GmbH

            5. März 2026, 14:30 Uhr: Erika Müller hat Ihnen dieses Gespräch zugewiesen. Sie sind jetzt dafür zuständig.
            Dateien: a.pdf, b.pdf

            Gespräch anzeigen:
            https://messages.example.org/conversations/0198f0aa-0000-7000-8000-000000000002

            -- 
            Kanzlei Berger & Söhne
            Diese E-Mail wurde automatisch versandt. Bitte antworten Sie nicht auf sie, sondern im Gespräch.

            """.ReplaceLineEndings("\n"));
        mail.HtmlBody!.ShouldContain("&lt;b&gt;zweite Zeile&lt;/b&gt;");
        mail.InReplyTo.ShouldBeNull();
    }

    [Fact]
    public void What_was_collected_of_one_conversation_is_in_its_thread_and_what_is_beyond_fifty_is_counted()
    {
        var several = Mails.Several(200);
        var mail = Mails.Read(several with { News = [.. several.News.Take(200)], Locale = "en" });
        mail.Subject.ShouldBe("Belege (Müller GmbH)");
        mail.InReplyTo.ShouldBe(Mails.Read(Mails.Comment()).InReplyTo);
        mail.TextBody!.ShouldContain(
            "> Nummer 50\n".ReplaceLineEndings(mail.TextBody!.Contains("\r\n") ? "\r\n" : "\n"));
        mail.TextBody!.ShouldNotContain("Nummer 51");
        mail.TextBody!.ShouldContain("And 150 more that are not listed here.");

        var all = Mails.Read(several with { Locale = "en" });
        all.TextBody!.ShouldContain("And 1 more in other conversations.");
    }
}
