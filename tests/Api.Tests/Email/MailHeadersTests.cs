using System.Text;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Email;

/// <summary>Headers as they go to a server, and as a mail program reads them.</summary>
public partial class MailHeadersTests
{
    public static TheoryData<string> Texts =>
    [
        "Belege",
        "Belege für Oktober",
        "=?utf-8?b?4oCuZmRwLmV4ZQ==?=",
        "=?utf-8?q?Angebot?= =?utf-8?q?_neu?=",
        "Angebot =?iso-8859-1?Q?=A4?= und =?",
        "Müller, \"Söhne\" & Co. <x@y.example>",
        "Müller, Meier & Söhne",
        "Meier, \"Max\" \\ Co.; (Berlin): <x>",
        "Dr. Max Müller",
        "_unter_strich_ = gleich ?",
        "请把十月份的收据发给我们谢谢请把十月份的收据发给我们谢谢请把十月份的收据发给我们谢谢",
        "😀👩‍👩‍👧‍👦 Familie Größenwahn-Überlängenstraßenbäckermeisterinnung mit sehr vielen Wörtern",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnungsentwurfsbegründungsschreiben",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void What_people_write_is_read_as_they_wrote_it(string text)
    {
        var email = Mails.Comment() with
        {
            Subject = text,
            ToName = text,
            OrganisationName = text,
            ReplyTo = "buchhaltung@kanzlei.example",
        };
        var header = Encoding.ASCII.GetString(Mails.Written(email)).Split("\r\n\r\n")[0].Split("\n\n")[0];
        var read = Mails.Read(email);

        read.Subject.ShouldBe($"{text} (Müller GmbH)");
        read.To.Mailboxes.ShouldHaveSingleItem().Name.ShouldBe(text);
        read.From.Mailboxes.ShouldHaveSingleItem().Name.ShouldBe(text);
        read.ReplyTo.Mailboxes.ShouldHaveSingleItem().Name.ShouldBe(text);
        read.ReplyTo.Mailboxes.Single().Address.ShouldBe("buchhaltung@kanzlei.example");
        read.To.Mailboxes.Single().Address.ShouldBe(email.To);
        EncodedWord().Matches(header).ShouldAllBe(word => word.Length <= 75);
        foreach (
            var line in header.Split('\n').Select(line => line.TrimEnd('\r')).Where(line => EncodedWord().IsMatch(line))
        )
            line.Length.ShouldBeLessThanOrEqualTo(76);
    }

    [Theory]
    [InlineData("büro@kanzlei.example")]
    [InlineData("anna.berger@kanzlei-berger.example")]
    [InlineData("no address")]
    [InlineData(null)]
    public void An_answer_goes_to_nobody_in_particular_where_its_address_would_keep_the_mail_away(string? to) =>
        Mails.Read(Mails.Comment() with { ReplyTo = to }).ReplyTo.ShouldBeEmpty();

    [Fact]
    public void Names_in_ASCII_are_in_quotes_where_they_need_them()
    {
        Header("To", Mails.Comment() with { ToName = "Meier, \"Max\"" })
            .ShouldBe("\"Meier, \\\"Max\\\"\" <anna.berger@kanzlei-berger.example>");
        Header("To", Mails.Comment() with { ToName = "Max Meier" })
            .ShouldBe("Max Meier <anna.berger@kanzlei-berger.example>");
        Header("To", Mails.Comment() with { ToName = "" }).ShouldBe("<anna.berger@kanzlei-berger.example>");
    }

    [Theory]
    [InlineData("nachrichten@müller-brot.example")]
    [InlineData("nachrichten@xn--mller-brot-9db.example")]
    [InlineData("nachrichten@MÜLLER-Brot.example")]
    public void Whatever_the_senders_domain_its_headers_are_in_ASCII(string from)
    {
        var email = Mails.Comment() with { To = "erika@bäckerei.example" };
        var written = Mails.Written(email, ("Messaging:Smtp:From", from));

        written.ShouldAllBe(b => b < 0x80);
        var headers = Encoding.ASCII.GetString(written);
        headers.ShouldContain($"Message-Id: <{email.DeliveryId:N}@xn--mller-brot-9db.example>", Case.Insensitive);
        headers.ShouldContain($"In-Reply-To: <conversation.{Mails.Conversation:N}@xn--mller-brot-9db.example>");
        headers.ShouldContain($"References: <conversation.{Mails.Conversation:N}@xn--mller-brot-9db.example>");
        headers.ShouldContain("<nachrichten@xn--mller-brot-9db.example>");
        headers.ShouldContain("<erika@xn--bckerei-5wa.example>");
    }

    private static string Header(string name, Messaging.Application.Notifications.OutgoingEmail email) =>
        Encoding
            .ASCII.GetString(Mails.Written(email))
            .Split('\n')
            .Single(line => line.StartsWith($"{name}: ", StringComparison.Ordinal))[(name.Length + 2)..]
            .TrimEnd('\r');

    [GeneratedRegex(@"=\?utf-8\?[bq]\?[^? ]*\?=", RegexOptions.IgnoreCase)]
    private static partial Regex EncodedWord();
}
