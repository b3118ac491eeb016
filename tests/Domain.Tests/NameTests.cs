using Shouldly;
using Xunit;

namespace Messaging.Domain.Tests;

/// <summary>What may be in a name that mails greet somebody by.</summary>
public sealed class NameTests
{
    [Theory]
    [InlineData("Anna Sommer")]
    [InlineData("Dr. Max")]
    [InlineData("Dr.Max Huber")]
    [InlineData("Prof. Dr.med. K.-H. Groß")]
    [InlineData("J.de Vries")]
    [InlineData("anna.sommer")]
    [InlineData("anna.sommer@kanzlei-sommer.example")]
    [InlineData("Müller & Söhne GmbH")]
    [InlineData("1&1")]
    [InlineData("Meier/Schulz: Steuern")]
    [InlineData("Preis 12.50")]
    [InlineData("z.B./u.a.")]
    [InlineData("Praxis 24/7")]
    [InlineData("Wwwilhelm")]
    [InlineData("田中 太郎")]
    [InlineData("َعَلِيّ")]
    public void Is_a_name_of_people_and_companies(string name)
    {
        Name.CheckPerson(name, "displayName").ShouldBeNull();
        Name.CheckCompany(name, "name", 200).ShouldBeNull();
    }

    [Theory]
    [InlineData("booking.com GmbH")]
    [InlineData("Check24.de")]
    [InlineData("Shop evil.example")]
    [InlineData("münchen.bayern")]
    public void Is_a_company_called_after_its_domain_and_no_person(string name)
    {
        Name.CheckPerson(name, "displayName").ShouldBe(new NameHasWebAddress("displayName"));
        Name.CheckCompany(name, "name", 200).ShouldBeNull();
    }

    [Theory]
    [InlineData("Ihre Bank: Konto gesperrt, https://evil.example/login")]
    [InlineData("HTTPS://EVIL.EXAMPLE")]
    [InlineData("ftp://evil")]
    [InlineData("www.evil")]
    [InlineData("Konto gesperrt (WWW.evil.example)")]
    [InlineData("evil.example/login")]
    [InlineData("Bitte auf evil.example?konto=1 anmelden")]
    [InlineData("evil.example#login")]
    [InlineData("evil.example:8080")]
    [InlineData("x.co/a")]
    [InlineData("böse.example/login")]
    [InlineData("evil.xn--p1ai/login")]
    [InlineData("192.168.0.1/login")]
    [InlineData("10.0.0.1:8443")]
    [InlineData("ｗｗｗ．evil．example")]
    [InlineData("https：／／evil。example")]
    [InlineData("ht\u200btps:\u200b//evil.example")]
    [InlineData("w\u00adww.evil.example")]
    [InlineData("evil\u2060.example\u200d/login")]
    [InlineData("evil\u3002example/login")]
    [InlineData("w\ufe0fww.evil.example")]
    [InlineData("evil\u034f.\u3164example/login")]
    public void Is_the_address_of_a_web_page(string name)
    {
        Name.CheckPerson(name, "displayName").ShouldBe(new NameHasWebAddress("displayName"));
        Name.CheckCompany(name, "name", 200).ShouldBe(new NameHasWebAddress("name"));
        new NameHasWebAddress("name").Message.ShouldBe("name must not contain the address of a web page.");
    }

    [Fact]
    public void What_text_may_not_have_a_name_may_not_have_and_no_name_takes_long_to_check()
    {
        Name.CheckPerson("a\0", "displayName").ShouldBe(new TextHasNul("displayName", 1));
        Name.CheckCompany("\ud83d", "name", 200).ShouldBe(new TextIsIllFormed("name", 0));
        Name.CheckPerson(new string('x', 101), "displayName").ShouldBe(new TextIsTooLong("displayName", 101, 100));

        // What .NET does not normalise.
        Name.CheckPerson("Anna\uFFFE \uFB03", "displayName").ShouldBeNull();
        Name.CheckCompany("\uFFFEhttps://evil.example", "name", 200).ShouldBe(new NameHasWebAddress("name"));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        foreach (
            var worst in (string[])
                [
                    string.Concat(Enumerable.Repeat("a.", 100)), new string('a', 200),
                    string.Concat(Enumerable.Repeat("a-", 100)), "a" + new string('\u0301', 199)
                ]
        )
            for (var i = 0; i < 20; i++)
                Name.CheckCompany(worst, "name", 200);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2));
    }
}
