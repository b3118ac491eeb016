using System.Diagnostics;
using Messaging.Application.Accounts;
using Messaging.Domain;

namespace Messaging.Application.Tests.Accounts;

/// <summary>What is guessed first is no password, and what is not may be one.</summary>
public sealed class GuessablePasswordsTests
{
    // What others know of Eva.
    private static readonly string[] s_known =
    [
        "Eva Lindner", "eva.lindner@studio-lindner.example", "Kanzlei Sommer", "buchhaltung@kanzlei-sommer.example",
        "Studio Lindner GmbH"
    ];

    [Theory]
    [InlineData("password")]
    [InlineData("Password")]
    [InlineData("P@ssw0rd")]
    [InlineData("passwort")]
    [InlineData("Passwort1!")]
    [InlineData("Pa55w0rt2024")]
    [InlineData("passwort123456")]
    [InlineData("hallo123")]
    [InlineData("hallohallo")]
    [InlineData("Herbst2026!")]
    [InlineData("!Winter1998")]
    [InlineData("Fr\u00fchling25")]
    [InlineData("\uff30\uff41\uff53\uff53\uff57\uff4f\uff52\uff54")]
    [InlineData("Schei\u00dfe1")]
    [InlineData("ichliebedich")]
    [InlineData("schalke04")]
    [InlineData("Fussball")]
    [InlineData("Fu\u00dfball1")]
    [InlineData("sunshine")]
    [InlineData("trustno1")]
    [InlineData("iloveyou")]
    [InlineData("football")]
    [InlineData("1qaz2wsx")]
    [InlineData("letmein1")]
    [InlineData("admin123")]
    [InlineData("Steuerberater1")]
    [InlineData("willkommen")]
    [InlineData("sabine75")]
    [InlineData("M\u00fcller99")]
    public void Common_ones_are_refused_however_they_are_dressed_up(string password) =>
        ReasonOf(password).ShouldBeOneOf(RefusalReason.PasswordIsCommon, RefusalReason.PasswordIsAPattern);

    [Theory]
    [InlineData("12345678")]
    [InlineData("87654321")]
    [InlineData("19750312")]
    [InlineData("aaaaaaaa")]
    [InlineData("abababab")]
    [InlineData("abcdefgh")]
    [InlineData("qwertzui")]
    [InlineData("QWERTZUIOP")]
    [InlineData("qwer1234")]
    [InlineData("asdfghjk")]
    [InlineData("1qay2wsx")]
    [InlineData("11112222")]
    [InlineData("abcabcabc")]
    [InlineData("........")]
    [InlineData("x1y2x1y2x1y2")]
    public void Rows_repetitions_and_numbers_are_refused(string password) =>
        ReasonOf(password).ShouldBe(RefusalReason.PasswordIsAPattern);

    [Theory]
    [InlineData("eva.lindner@studio-lindner.example")]
    [InlineData("Eva.Lindner")]
    [InlineData("EvaLindner1")]
    [InlineData("lindnereva")]
    [InlineData("Kanzlei Sommer")]
    [InlineData("kanzleisommer24")]
    [InlineData("studiolindner!")]
    [InlineData("buchhaltungkanzlei")]
    [InlineData("messaging")]
    [InlineData("Messaging1")]
    [InlineData("Nachrichten!")]
    [InlineData("evapasswort")]
    public void What_anybody_knows_of_somebody_is_refused(string password) =>
        ReasonOf(password).ShouldBeOneOf(RefusalReason.PasswordIsPersonal, RefusalReason.PasswordIsCommon);

    [Theory]
    [InlineData("J\u00f6rg M\u00fcller-L\u00fcdenscheidt", "M\u00fcllerL\u00fcdenscheidt")]
    [InlineData("J\u00f6rg M\u00fcller-L\u00fcdenscheidt", "muellerluedenscheidt")]
    [InlineData("J\u00f6rg M\u00fcller-L\u00fcdenscheidt", "Joerg-Luedenscheidt1")]
    [InlineData("J\u00f6rg M\u00fcller-L\u00fcdenscheidt", "jorgluedenscheidt")]
    [InlineData("Zeynep Alt\u0131nta\u015f", "ZeynepAltintas")]
    [InlineData("S\u00f8ren \u0141ukasiewicz", "sorenlukasiewicz")]
    public void A_name_is_the_same_however_a_keyboard_writes_it(string name, string password) =>
        Passwords.Check(password, own: [name])!.Reason.ShouldBe(RefusalReason.PasswordIsPersonal);

    [Theory]
    [InlineData("Zwetschgen 27 x")]
    [InlineData("correct horse")]
    [InlineData("ein langes Passwort")]
    [InlineData("ein besseres Kennwort")]
    [InlineData("long-enough")]
    [InlineData("geheim-123")]
    [InlineData("Eva mag Pfannkuchen")]
    [InlineData("kT9#vLq2")]
    [InlineData("8f3kz0qpw1")]
    [InlineData("\u043f\u0430\u0440\u043e\u043b\u044c \u0438\u0437 \u0441\u043b\u043e\u0432")]
    [InlineData("\u6b63\u3057\u3044\u99ac\u96fb\u6c60\u30db\u30c1\u30ad\u30b9")]
    [InlineData("\ud83e\udd55\ud83e\udd66 drei \u00c4pfel")]
    [InlineData("123456789012345")]
    public void Others_may_be_passwords(string password) =>
        ReasonOf(password).ShouldBe(password.StartsWith('1') ? RefusalReason.PasswordIsAPattern : null);

    [Fact]
    public void Whatever_characters_a_password_and_a_name_have_it_is_checked()
    {
        Passwords.Check("Zwetschgen\uFFFE 27 x", own: ["Anna\uFFFE"]).ShouldBeNull();
        Passwords
            .Check("J\u00f6rg M\u00fcller\uFFFE", own: ["J\u00f6rg M\u00fcller"])!
            .Reason.ShouldBe(RefusalReason.PasswordIsPersonal);
    }

    [Fact]
    public void What_is_wrong_is_said_of_the_field_and_too_short_comes_first()
    {
        var refusal = Passwords.Check("passwort", "newPassword", s_known)!;
        (refusal.Kind, refusal.Field, refusal.Reason).ShouldBe(
            (RefusalKind.Invalid, "newPassword", RefusalReason.PasswordIsCommon));
        refusal.Message.ShouldStartWith("newPassword is among the passwords that are tried first.");
        ReasonOf("kurz").ShouldBe(RefusalReason.PasswordIsTooShort);
        Passwords.Check("        ", own: s_known).ShouldNotBeNull();

        // Marks of their own do not make a password longer.
        ReasonOf("a\u0308o\u0308u\u0308e\u0301").ShouldBe(RefusalReason.PasswordIsTooShort);
    }

    [Fact]
    public void The_longest_and_worst_take_no_time()
    {
        string[] worst =
        [
            new('a', 200), string.Concat(Enumerable.Repeat("\u0301\u0323", 100)),
            string.Concat(Enumerable.Repeat("evalindner", 20)), new('\ufdfa', 200)
        ];
        foreach (var password in worst)
            Passwords.Check(password, own: s_known);
        var clock = Stopwatch.StartNew();
        foreach (var password in worst) Passwords.Check(password, own: s_known);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromMilliseconds(500));
    }

    private static RefusalReason? ReasonOf(string password) => Passwords.Check(password, own: s_known)?.Reason;
}
