using Messaging.Application.Accounts;

namespace Messaging.Application.Tests.Accounts;

public sealed class RecoveryCodesTests
{
    [Fact]
    public void Codes_differ_and_are_found_as_people_type_them()
    {
        var codes = RecoveryCodes.New();
        codes.Count.ShouldBe(10);
        codes.Distinct().Count().ShouldBe(10);
        foreach (var code in codes)
        {
            code.ShouldMatch("^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$");
            RecoveryCodes.HashOf(code)!.Length.ShouldBe(64);
            var typed = $" {code.ToUpperInvariant().Replace("-", " ", StringComparison.Ordinal)} ";
            RecoveryCodes.HashOf(typed).ShouldBe(RecoveryCodes.HashOf(code));
        }

        RecoveryCodes.HashOf("OOOO-llll-iiii-0000").ShouldBe(RecoveryCodes.HashOf("0000-1111-1111-0000"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000-0000-0000")]
    [InlineData("0000-0000-0000-00000")]
    [InlineData("uuuu-0000-0000-0000")]
    [InlineData("0000-0000-0000-000\u0664")]
    [InlineData("0000-0000-0000-0000-----------------------------------------")]
    public void What_has_not_the_form_is_none(string typed) => RecoveryCodes.HashOf(typed).ShouldBeNull();
}
