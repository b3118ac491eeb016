using Shouldly;
using Xunit;

namespace Messaging.Domain.Tests;

public class EmailAddressTests
{
    [Theory]
    [InlineData("u@müller-brot.example", "u@xn--mller-brot-9db.example", "u@müller-brot.example")]
    [InlineData("u@xn--mller-brot-9db.example", "u@xn--mller-brot-9db.example", "u@müller-brot.example")]
    [InlineData("u@XN--MLLER-BROT-9DB.Example", "u@xn--mller-brot-9db.example", "u@müller-brot.example")]
    [InlineData("u@MÜLLER-BROT.EXAMPLE", "u@xn--mller-brot-9db.example", "u@müller-brot.example")]
    [InlineData("u@mu\u0308ller-brot.example", "u@xn--mller-brot-9db.example", "u@müller-brot.example")]
    [InlineData("u@müller-brot。example", "u@xn--mller-brot-9db.example", "u@müller-brot.example")]
    [InlineData("u@straße.example", "u@xn--strae-oqa.example", "u@straße.example")]
    [InlineData("u@例え.テスト", "u@xn--r8jz45g.xn--zckzah", "u@例え.テスト")]
    [InlineData("Jürgen.Ä@Example.org", "Jürgen.Ä@example.org", "Jürgen.Ä@example.org")]
    public void A_domain_has_one_normal_form(string typed, string wire, string shown)
    {
        var address = EmailAddress.Of(typed).ShouldNotBeNull();
        address.Wire.ShouldBe(wire);
        address.Shown.ShouldBe(shown);
        EmailAddress.Of(address.Shown).ShouldBe(address);
        EmailAddress.Of(address.Wire).ShouldBe(address);
        EmailAddress.AreSame(typed, shown).ShouldBeTrue();
    }

    [Theory]
    [InlineData("anna@my_host.example")]
    [InlineData("anna@b.example_")]
    [InlineData("anna@a-.example")]
    [InlineData("anna@bä-.example")]
    [InlineData("anna@xn--.example")]
    [InlineData("anna@xn--abc.example")]
    [InlineData("anna@xn--zzzzzzzzzzzz.example")]
    [InlineData("anna@☃.example")]
    [InlineData("anna@a b.example")]
    [InlineData("anna@127.0.0.1")]
    [InlineData("anna@b!c.example")]
    [InlineData("anna@bä!.example")]
    [InlineData("anna@\u0308a.example")]
    [InlineData("an\u3164na@b.example")]
    [InlineData("an\ue000na@b.example")]
    public void These_are_no_addresses(string address)
    {
        EmailAddress.Of(address).ShouldBeNull();
        EmailAddress
            .Check(address, "email")
            .ShouldNotBeNull()
            .Message.ShouldStartWith("email is not an e-mail address");
    }

    [Fact]
    public void Lengths_count_in_octets_as_they_go_to_servers()
    {
        Check(new string('a', 64) + "@b.example").ShouldBeNull();
        Check(new string('ü', 32) + "@b.example").ShouldBeNull();
        Check(new string('ü', 33) + "@b.example")
            .ShouldBe("email is not an e-mail address: what is before the @ has 66 bytes, at most 64 are allowed.");
        Check("a@" + new string('b', 63) + ".example").ShouldBeNull();
        Check("a@" + new string('b', 64) + ".example").ShouldNotBeNull();

        // 63 letters with one umlaut are more than 63 in ASCII.
        Check("a@" + new string('b', 55) + "ü.example").ShouldBeNull();
        Check("a@" + new string('b', 62) + "ü.example").ShouldNotBeNull();
        var label = new string('b', 61) + ".";
        Check("a@" + label + label + label + label + "abcd").ShouldBeNull();
        Check("abcdefghijkl@" + label + label + label + "ü" + new string('b', 45) + ".abc")
            .ShouldNotBeNull()
            .ShouldContain("bytes");
    }

    [Fact]
    public void What_an_earlier_version_took_is_shown_as_it_is() =>
        EmailAddress.ForPeople("ä@my_host").ShouldBe("ä@my_host");

    private static string? Check(string address) => EmailAddress.Check(address, "email")?.Message;
}
