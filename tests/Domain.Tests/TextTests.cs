using Shouldly;
using Xunit;

namespace Messaging.Domain.Tests;

public sealed class TextTests
{
    [Fact]
    public void Length_counts_code_points()
    {
        Text.Check("😀😀", "body", 2).ShouldBeNull();
        Text.Check("😀😀", "body", 1).ShouldBe(new TextIsTooLong("body", 2, 1));
        Text.Check("e\u0301", "body", 1).ShouldBe(new TextIsTooLong("body", 2, 1));
    }

    [Fact]
    public void White_space_only_is_empty_where_text_is_needed()
    {
        foreach (var blank in (string[])["", " ", "\t\r\n", "\u00a0\u2003\u3000\u2028"])
        {
            Text.Check(blank, "body", 10).ShouldBe(new TextIsEmpty("body"));
            Text.Check(blank, "body", 10, minimum: 0).ShouldBeNull();
        }
    }

    /// <summary>Characters of which a text may have as many as it likes, and nobody sees any.</summary>
    public static TheoryData<string> Invisible =>
        [
            "\u200b", "\u00ad", "\ufeff", "\u2060", "\u3164", "\u2800", "\u180e", "\u034f", "\u115f\u1160", "\uffa0",
            "\u0301", "\u0301\u0323", "\u0903", "\u20dd", "\ufe0f", "\U000e0100", "\U000e0041\U000e007f", "\u202e",
            "\u2066\u2069", "\u200d", "\u200c", "\u061c", "\u2064", "\u0007", "\u00a0\u200b\u3000", "\ufffe", "\ufdd0",
            "\U0001d173"
        ];

    public static TheoryData<string> Visible =>
        [
            "a", "é", "e\u0301", ".", "-", "§", "€", "😀", "👨\u200d👩\u200d👧", "❤\ufe0f",
            "🏴\U000e0067\U000e0062\U000e007f", "中", "한", "ᄒ", "שָ", "ก", "\u200ba", "\u202ea", "\ufffd", "\ue000"
        ];

    [Theory]
    [MemberData(nameof(Invisible))]
    public void What_nobody_sees_is_no_text_where_text_is_needed(string invisible)
    {
        foreach (
            var text in (string[])[invisible, $" {invisible}\u2003", string.Concat(Enumerable.Repeat(invisible, 100))])
        {
            Text.IsVisible(text).ShouldBeFalse();
            Text.Check(text, "body", 1_000).ShouldBe(new TextIsInvisible("body"));
            Text.Check(text, "body", 1_000, minimum: 0).ShouldBeNull();
        }
    }

    [Theory]
    [MemberData(nameof(Visible))]
    public void What_somebody_sees_is_text(string visible)
    {
        Text.IsVisible(visible).ShouldBeTrue();
        Text.Check(visible, "body", 10).ShouldBeNull();
    }

    [Fact]
    public void White_space_beyond_the_limit_is_empty_rather_than_long() =>
        Text.Check(new string(' ', 1_000), "body", 10).ShouldBe(new TextIsEmpty("body"));

    [Fact]
    public void Nul_is_found_wherever_it_is()
    {
        Text.Check("\0", "body", 10).ShouldBe(new TextHasNul("body", 0));
        Text.Check("😀\0", "body", 10).ShouldBe(new TextHasNul("body", 2));
        Text.Check(new string('x', 100) + "\0", "body", 10).ShouldBe(new TextHasNul("body", 100));
    }

    [Fact]
    public void Halves_of_surrogate_pairs_are_found_wherever_they_are()
    {
        Text.Check("\ud83d", "body", 10).ShouldBe(new TextIsIllFormed("body", 0));
        Text.Check("\ude00", "body", 10).ShouldBe(new TextIsIllFormed("body", 0));
        Text.Check("\ude00\ud83d", "body", 10).ShouldBe(new TextIsIllFormed("body", 0));
        Text.Check("😀\ud83dx", "body", 10).ShouldBe(new TextIsIllFormed("body", 2));
    }

    [Fact]
    public void Text_of_several_lines_keeps_its_control_characters_and_a_line_has_none()
    {
        foreach (var c in (char[])['\n', '\r', '\t', '\u001b', '\u007f', '\u0085', '\u2028', '\u2029'])
        {
            Text.Check($"a{c}b", "subject", 10).ShouldBeNull();
            Text.CheckLine($"a{c}b", "subject", 10).ShouldBe(new TextHasControlCharacter("subject", 1));
        }
    }

    [Fact]
    public void A_refusal_names_the_field_and_never_the_text()
    {
        var refusal = Text.Check("geheim\0", "body", 10).ShouldNotBeNull();
        refusal.Field.ShouldBe("body");
        refusal.Kind.ShouldBe(RefusalKind.Invalid);
        refusal.Message.ShouldBe("body has a NUL character at position 6.");
    }

    [Theory]
    [InlineData("a@b")]
    [InlineData("anna.sommer+lohn@kanzlei-sommer.example")]
    [InlineData("o'brien_99%x@sub.domain.example")]
    [InlineData("jürgen@bäckerei.example")]
    [InlineData("用户@例え.example")]
    public void These_are_addresses(string address) => EmailAddress.Check(address, "email").ShouldBeNull();

    [Theory]
    [InlineData("anna")]
    [InlineData("@b.example")]
    [InlineData("anna@")]
    [InlineData("anna@b@c.example")]
    [InlineData("anna sommer@b.example")]
    [InlineData(" anna@b.example")]
    [InlineData("anna@b.example ")]
    [InlineData("anna@b.example,carla@b.example")]
    [InlineData("anna@b.example;carla@b.example")]
    [InlineData("Anna <anna@b.example>")]
    [InlineData("anna(x)@b.example")]
    [InlineData("\"anna\"@b.example")]
    [InlineData("anna\\@b.example")]
    [InlineData("anna@[127.0.0.1]")]
    [InlineData("group:anna@b.example")]
    [InlineData(".anna@b.example")]
    [InlineData("anna.@b.example")]
    [InlineData("an..na@b.example")]
    [InlineData("anna@.b.example")]
    [InlineData("anna@b.example.")]
    [InlineData("anna@-b.example")]
    [InlineData("anna@b.example-")]
    [InlineData("anna@b..example")]
    [InlineData("anna\u200b@b.example")]
    [InlineData("anna\u202e@b.example")]
    [InlineData("anna\ufffe@b.example")]
    [InlineData("anna@b.example\u00a0")]
    public void These_are_none(string address) =>
        EmailAddress.Check(address, "email").ShouldBeOfType<EmailIsIllFormed>();

    [Fact]
    public void An_address_is_one_line_of_well_formed_text()
    {
        EmailAddress.Check("", "email").ShouldBe(new TextIsEmpty("email"));
        EmailAddress
            .Check("a@b.example\r\nBcc: c@d.example", "email")
            .ShouldBe(new TextHasControlCharacter("email", 11));
        EmailAddress.Check("a\0@b.example", "email").ShouldBe(new TextHasNul("email", 1));
        EmailAddress.Check("a\ud800@b.example", "email").ShouldBe(new TextIsIllFormed("email", 1));
    }

    [Fact]
    public void An_address_has_at_most_254_characters() =>
        EmailAddress.Check("a@" + new string('b', 253), "email").ShouldBe(new TextIsTooLong("email", 255, 254));
}
