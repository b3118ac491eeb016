using System.Globalization;
using System.Text;
using CsCheck;
using Messaging.Domain.Files;
using Shouldly;
using Xunit;

namespace Messaging.Domain.Tests.Files;

public class FileNameTests
{
    [Theory]
    [InlineData("Rechnung März 2026.pdf")]
    [InlineData("Jahresabschluss_2025 (final).xlsx")]
    [InlineData("報告書.docx")]
    [InlineData("😀.png")]
    [InlineData("no extension")]
    public void A_decent_name_stays_as_it_is(string name) => FileName.Clean(name).ShouldBe(name);

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("..\\..\\windows\\system.ini", "system.ini")]
    [InlineData("C:\\fakepath\\Beleg.pdf", "Beleg.pdf")]
    [InlineData("C:Beleg.pdf", "C_Beleg.pdf")]
    [InlineData("a/b\\c.txt", "c.txt")]
    [InlineData("..", "file")]
    [InlineData("dir/..", "file")]
    [InlineData("dir/", "file")]
    public void No_part_of_a_path_stays(string given, string expected) => FileName.Clean(given).ShouldBe(expected);

    [Theory]
    [InlineData(".htaccess", "htaccess")]
    [InlineData("...htaccess", "htaccess")]
    [InlineData(" . .htaccess", "htaccess")]
    [InlineData("\u200B.htaccess", "htaccess")]
    [InlineData("\u200B.\u200D.\uFEFF/\u2060.htaccess", "htaccess")]
    [InlineData("\u3164.\u034F.htaccess", "htaccess")]
    public void A_hidden_file_does_not_stay_hidden(string given, string expected) =>
        FileName.Clean(given).ShouldBe(expected);

    [Theory]
    [InlineData(".pdf", ".pdf")]
    [InlineData(".PDF", ".PDF")]
    [InlineData("..docx", ".docx")]
    [InlineData(" . .xlsx ", ".xlsx")]
    [InlineData("\u2800.pdf", ".pdf")]
    [InlineData("C:\\fakepath\\.pdf", ".pdf")]
    [InlineData(".env", "env")]
    [InlineData(".bashrc", "bashrc")]
    [InlineData(".desktop", "desktop")]
    [InlineData(".pdf.exe", "pdf.exe")]
    [InlineData(".tar.gz", "tar.gz")]
    public void A_document_that_is_called_by_its_ending_only_keeps_its_dot(string given, string expected) =>
        FileName.Clean(given).ShouldBe(expected);

    [Theory]
    // Persian, with and without; Sinhala, Malayalam and Marathi, whose letters join; pictures of several emoji.
    [InlineData("\u0646\u0627\u0645\u0647\u200C\u0647\u0627.pdf")]
    [InlineData("\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645.docx")]
    [InlineData("\u0DC1\u0DCA\u200D\u0DBB\u0DD3.pdf")]
    [InlineData("\u0D05\u0D35\u0D28\u0D4D\u200D.pdf")]
    [InlineData("\u0930\u094D\u200D\u092F\u093E.pdf")]
    [InlineData("\u0915\u094D\u200C\u0937.pdf")]
    [InlineData("\U0001F468\u200D\U0001F469\u200D\U0001F467.png")]
    [InlineData("\u2764\uFE0F\u200D\U0001F525.png")]
    [InlineData("\U0001F469\U0001F3FD\u200D\u2696\uFE0F.png")]
    [InlineData("1\uFE0F\u20E3.txt")]
    public void What_scripts_and_emoji_need_stays_though_nobody_sees_it(string name) =>
        FileName.Clean(name).ShouldBe(name);

    [Theory]
    [InlineData("Rech\u200Cnung.pdf", "Rechnung.pdf")]
    [InlineData("Rechnung.ex\u200De", "Rechnung.exe")]
    [InlineData("Rechnung\u200D.pdf", "Rechnung.pdf")]
    [InlineData("\u200C\u0646\u0627\u0645\u0647\u200C.pdf", "\u0646\u0627\u0645\u0647.pdf")]
    [InlineData("\u0646\u200C\u200C\u200C\u0627.pdf", "\u0646\u0627.pdf")]
    [InlineData("a\uFE0Fb\uFE0F.pdf", "ab.pdf")]
    [InlineData("\U0001F525\u200Dpdf.exe", "\U0001F525pdf.exe")]
    public void Elsewhere_nobody_needs_it(string given, string expected) => FileName.Clean(given).ShouldBe(expected);

    [Theory]
    [InlineData("Rechnung\u202Efdp.exe", "Rechnungfdp.exe")]
    [InlineData("\u2066evil\u2069.pdf", "evil.pdf")]
    [InlineData("soft\u00ADhyphen.pdf", "softhyphen.pdf")]
    [InlineData("a\0b\u0007c\u009Fd.txt", "abcd.txt")]
    [InlineData("tag\U000E0041.txt", "tag.txt")]
    [InlineData("non\uFFFEcharacter\uFFFF.txt", "noncharacter.txt")]
    public void Nothing_that_deceives_the_eye_stays(string given, string expected) =>
        FileName.Clean(given).ShouldBe(expected);

    [Theory]
    [InlineData("  a \t b\u00A0\u2003c .txt", "a b c .txt")]
    [InlineData("a\r\nSet-Cookie: b.txt", "a Set-Cookie_ b.txt")]
    [InlineData("line\u2028separator.txt", "line separator.txt")]
    [InlineData("name.txt. . .", "name.txt")]
    [InlineData("  ", "file")]
    [InlineData("", "file")]
    [InlineData("\u2800\u3164\u200B\uFE0F", "file")]
    [InlineData("\u0301\u0323", "file")]
    [InlineData("\u2800.htm", "htm")]
    [InlineData("\u0301.htm", "htm")]
    public void White_space_is_one_space_and_none_at_the_ends(string given, string expected) =>
        FileName.Clean(given).ShouldBe(expected);

    [Theory]
    [InlineData("CON", "_CON")]
    [InlineData("nul.txt", "_nul.txt")]
    [InlineData("com1.tar.gz", "_com1.tar.gz")]
    [InlineData("LPT\u00B9.txt", "_LPT\u00B9.txt")]
    [InlineData("aux .txt", "_aux .txt")]
    [InlineData("console.txt", "console.txt")]
    public void Devices_of_Windows_are_files(string given, string expected) => FileName.Clean(given).ShouldBe(expected);

    [Fact]
    public void What_Windows_forbids_is_replaced() =>
        FileName.Clean("a<b>c:d\"e|f?g*h.txt").ShouldBe("a_b_c_d_e_f_g_h.txt");

    [Fact]
    public void Letters_are_composed() => FileName.Clean("Ma\u0308rz.pdf").ShouldBe("März.pdf");

    [Fact]
    public void Letters_that_a_zero_width_character_kept_apart_are_composed() =>
        FileName.Clean("Ma\u200B\u0308rz.pdf").ShouldBe("März.pdf");

    [Fact]
    public void Lone_surrogates_are_dropped() => FileName.Clean("a\uD83Db\uDE00c.txt").ShouldBe("abc.txt");

    [Fact]
    public void A_long_name_keeps_its_extension()
    {
        FileName.Clean(new string('x', 500) + ".pdf").ShouldBe(new string('x', 196) + ".pdf");
        FileName.Clean(new string('ä', 500) + ".pdf").ShouldBe(new string('ä', 118) + ".pdf");
        FileName
            .Clean(string.Concat(Enumerable.Repeat("😀", 500)) + ".pdf")
            .ShouldBe(string.Concat(Enumerable.Repeat("😀", 59)) + ".pdf");
        FileName.Clean("a." + new string('x', 500)).Length.ShouldBe(200);
    }

    [Fact]
    public void A_huge_name_is_cut_at_once() =>
        FileName.Clean("x" + new string('\u0308', 5_000_000) + ".pdf").ShouldEndWith(".pdf");

    [Fact]
    public void Whatever_is_given_comes_out_harmless_and_cleaning_it_again_changes_nothing()
    {
        var tricks = Gen.OneOfConst(
            "/", "\\", ".", "..", " ", "\0", "\r\n", "\t", "\u200B", "\u202E", "\uFEFF", "\uD800", "\uDC00", "\u0308",
            "a", "ä", "CON", "nul", "com¹", ".pdf", ":", "*", "\"", "😀", "\u3164", "\u200C", "\u200D", "\uFE0F",
            "\u0646", "\u094D", "\u2764", "\u00A0", "\u2028", "\u0344", "\u1100", "\u1161", "\u212B",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        Gen.OneOf(tricks, Gen.String)
            .Array[0, 40]
            .Select(string.Concat)
            .Sample(
                given =>
                {
                    var name = FileName.Clean(given);
                    FileName.Clean(name).ShouldBe(name);
                    name.ShouldNotBeEmpty();
                    name.IsNormalized().ShouldBeTrue();
                    if (name[0] == '.')
                        name.ShouldBe(".pdf");
                    name[^1].ShouldNotBe('.');
                    name.Trim().ShouldBe(name);
                    name.IndexOfAny([
                            '/',
                            '\\',
                            ':',
                            '"',
                            '<',
                            '>',
                            '|',
                            '?',
                            '*',
                            '\0',
                            '\r',
                            '\n',
                            '\u202E',
                            '\u200B',
                        ])
                        .ShouldBe(-1);
                    name.EnumerateRunes().Count().ShouldBeLessThanOrEqualTo(200);
                    Encoding.UTF8.GetByteCount(name).ShouldBeLessThanOrEqualTo(240);
                    name.EnumerateRunes()
                        .ShouldNotContain(x =>
                            x.Value != 0x200C
                            && x.Value != 0x200D
                            && (
                                Rune.GetUnicodeCategory(x) == UnicodeCategory.Control
                                || Rune.GetUnicodeCategory(x) == UnicodeCategory.Format
                            )
                        );
                },
                iter: 1_000
            );
    }
}
