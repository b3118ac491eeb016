using System.Text;
using Messaging.Application.Accounts;

namespace Messaging.Application.Tests.Accounts;

public sealed class AuthenticatorCodesTests
{
    private static readonly byte[] s_secret = Encoding.ASCII.GetBytes("12345678901234567890");

    // RFC 6238, appendix B, SHA-1: its codes have eight digits, ours are the last six of them.
    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void A_code_is_that_of_the_RFC(long seconds, string code)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(seconds);
        AuthenticatorCodes.At(s_secret, now).ShouldBe(code[2..]);
        AuthenticatorCodes.StepOf(s_secret, code[2..], now).ShouldBe(seconds / 30);
    }

    [Fact]
    public void The_code_before_and_the_one_after_count_and_no_others()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1234567890);
        for (var steps = -3; steps <= 3; steps++)
        {
            var code = AuthenticatorCodes.At(s_secret, now.AddSeconds(30 * steps));
            AuthenticatorCodes.StepOf(s_secret, code, now).ShouldBe(
                Math.Abs(steps) <= 1 ? (1234567890 / 30) + steps : null);
        }
    }

    [Theory]
    [InlineData("005 924", true)]
    [InlineData(" 005-924 ", true)]
    [InlineData("5924", false)]
    [InlineData("0005924", false)]
    [InlineData("00592\u0664", false)]
    [InlineData("", false)]
    [InlineData("00592\0", false)]
    [InlineData("005924                          ", false)]
    public void A_code_is_six_digits_as_people_type_them(string typed, bool counts) =>
        AuthenticatorCodes.StepOf(s_secret, typed, DateTimeOffset.FromUnixTimeSeconds(1234567890)).HasValue.ShouldBe(
            counts);

    [Fact]
    public void An_app_reads_the_secret_from_an_address_whatever_the_office_is_called()
    {
        var uri = new Uri(AuthenticatorCodes.UriOf(s_secret, "Kanzlei Müller & Söhne: Köln", "anna+1@kanzlei.example"));
        uri.Scheme.ShouldBe("otpauth");
        uri.Host.ShouldBe("totp");
        Uri.UnescapeDataString(uri.AbsolutePath[1..]).ShouldBe("Kanzlei Müller & Söhne: Köln:anna+1@kanzlei.example");
        uri.Query.ShouldBe(
            "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Kanzlei%20M%C3%BCller%20%26%20S%C3%B6hne%3A%20K%C3%B6ln");
    }

    [Fact]
    public void A_kept_secret_is_of_no_use_without_the_key_or_for_another_factor()
    {
        var (id, secrets) = (Guid.NewGuid(), new FactorSecrets(new byte[32]));
        var kept = secrets.Encrypt(id, s_secret);
        Encoding.ASCII.GetString(kept).ShouldNotContain("1234");
        secrets.Encrypt(id, s_secret).ShouldNotBe(kept);
        secrets.Decrypt(id, kept).ShouldBe(s_secret);
        secrets.Decrypt(Guid.NewGuid(), kept).ShouldBeNull();
        new FactorSecrets([.. Enumerable.Repeat((byte)1, 32)]).Decrypt(id, kept).ShouldBeNull();
        kept[^1] ^= 1;
        secrets.Decrypt(id, kept).ShouldBeNull();
        secrets.Decrypt(id, [1, 2, 3]).ShouldBeNull();
    }
}
