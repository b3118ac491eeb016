using Messaging.Api.Email.Inbound;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Email;

/// <summary>What people write in mails, in the shapes that mail programs give it.</summary>
public sealed class MailTextTests
{
    [Theory]
    [InlineData("Passt.\n\nAm 28.11.2026 um 10:00 schrieb Kanzlei Sommer:\n> Passt das?", "Passt.")]
    [InlineData(
        "Passt.\n\nAm 28.11.2026 um 10:00 schrieb Kanzlei Sommer\n<antwort@kanzlei.example>:\n\n> Ja?",
        "Passt.")]
    [InlineData("Fine.\n\nOn Sat, Nov 28, 2026 at 10:00 AM Sommer <a@b.example> wrote:\n> Fine?\n>\n> Anna", "Fine.")]
    [InlineData("Gut.\n\n-----Ursprüngliche Nachricht-----\nVon: Kanzlei\nGesendet: heute\nAn: ich\n\nAlt", "Gut.")]
    [InlineData(
        "Gut.\n\n________________________________\nVon: Kanzlei\nGesendet: heute\nAn: ich\nBetreff: X\n\nAlt",
        "Gut.")]
    [InlineData("Von: Kanzlei\nGesendet: heute\nAn: ich\nBetreff: X\n\nAlt", "")]
    [InlineData("Sure.\n\nFrom: Office\nSent: today\nTo: me\nSubject: X\n\nOld", "Sure.")]
    [InlineData("Ja.\n\n-- \nDieter Krause\nBäckerei", "Ja.")]
    [InlineData("> Passt das?\n\nJa, das passt.", "> Passt das?\n\nJa, das passt.")]
    [InlineData("Am 28.11.2026 schrieb Kanzlei:\n> Passt das?\n\nJa, das passt.", "Ja, das passt.")]
    [InlineData(
        "Am 28.11.2026 schrieb Kanzlei:\n> Eins?\n\nJa.\n\n> Zwei?\n\nNein.",
        "Am 28.11.2026 schrieb Kanzlei:\n> Eins?\n\nJa.\n\n> Zwei?\n\nNein.")]
    [InlineData(
        "Am Montag schrieb mir Herr Müller:\nalles ist bezahlt.",
        "Am Montag schrieb mir Herr Müller:\nalles ist bezahlt.")]
    [InlineData("Von: mir\nan alle", "Von: mir\nan alle")]
    [InlineData("Zahlen:\n-----\n5 > 3\n- eins\n-- zwei", "Zahlen:\n-----\n5 > 3\n- eins\n-- zwei")]
    [InlineData("> nur zitiert\n> sonst nichts", "")]
    [InlineData("", "")]
    public void What_is_quoted_goes_and_what_was_written_stays(string mail, string written) =>
        MailText.Trim(mail).ShouldBe(written);

    [Fact]
    public void A_text_of_nothing_but_beginnings_of_quotes_is_read_in_no_time()
    {
        var text = string.Concat(Enumerable.Repeat("Am 1.1.2026 schrieb schrieb schrieb\n", 20_000));
        MailText.Trim(text).ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("<p>Gern.<br>Bis dann</p><blockquote><p>Alt</p></blockquote>", "Gern.\nBis dann")]
    [InlineData(
        "<html><head><title>X</title><style>p{}</style></head><body>Nur &uuml;ber&nbsp;das</body>",
        "Nur über das")]
    [InlineData("<div>Eins</div><div>Zwei</div><script>alert(1)</script>", "Eins\nZwei")]
    [InlineData("<ul><li>Eins<li>Zwei</ul>", "- Eins\n- Zwei")]
    [InlineData("a < b & c", "a < b & c")]
    public void A_page_is_read_as_text(string html, string text) =>
        MailText.Trim(MailText.OfHtml(html)).ShouldBe(text);
}
