using System.Text;
using Messaging.Application.Accounts;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Messaging.Application.Tests.Accounts;

/// <summary>Hashes of today and of before, of characters however they are typed, and what it takes to refuse.</summary>
public sealed class PasswordsTests : IDisposable
{
    // As commit 48f34c2 hashed: what was typed, with the rounds that were ASP.NET Core's.
    private static readonly PasswordHasher<object> s_before = new(
        Options.Create(new PasswordHasherOptions { IterationCount = 100_000 }));

    private readonly HashingLane _lane = new(threads: 1);
    private readonly Passwords _passwords;

    public PasswordsTests() => _passwords = new Passwords(_lane);

    public void Dispose() => _lane.Dispose();

    [Fact]
    public async Task A_hash_has_todays_rounds_and_is_not_made_again()
    {
        var hash = _passwords.Hash("Zwetschgen 27 x");
        BitConverter.ToUInt32([.. Convert.FromBase64String(hash)[5..9].Reverse()]).ShouldBe(210_000u);
        var verified = await VerifyAsync([hash], "Zwetschgen 27 x");
        verified.Matching.ShouldBe([0]);
        verified.Better.ShouldBeNull();
        (await VerifyAsync([hash], "zwetschgen 27 x")).Matching.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_hash_of_before_stays_valid_and_is_replaced()
    {
        var verified = await VerifyAsync([s_before.HashPassword(new(), "Zwetschgen 27 x")], "Zwetschgen 27 x");
        verified.Matching.ShouldBe([0]);
        var (index, better) = verified.Better.ShouldNotBeNull();
        index.ShouldBe(0);
        (await VerifyAsync([better], "Zwetschgen 27 x")).ShouldSatisfyAllConditions(
            v => v.Matching.ShouldBe([0]), v => v.Better.ShouldBeNull());
    }

    [Theory]
    [InlineData("Z\u00fcrich im M\u00e4rz", "Zu\u0308rich im Ma\u0308rz")]
    [InlineData("ffi-Ligatur 27", "\ufb03-Ligatur 27")]
    [InlineData("Bahnhof 12", "\uff22\uff41\uff48\uff4e\uff48\uff4f\uff46 12")]
    public async Task A_password_is_its_characters_however_they_are_typed(string one, string other)
    {
        other.Normalize(NormalizationForm.FormKC).ShouldBe(one);
        (await VerifyAsync([_passwords.Hash(one)], other)).ShouldSatisfyAllConditions(
            v => v.Matching.ShouldBe([0]), v => v.Better.ShouldBeNull());
        (await VerifyAsync([_passwords.Hash(other)], one)).Matching.ShouldBe([0]);

        // What was typed before is known as it was typed, and from then on however it is.
        var before = s_before.HashPassword(new(), other);
        (await VerifyAsync([before], one)).Matching.ShouldBeEmpty();
        var verified = await VerifyAsync([before], other);
        verified.Matching.ShouldBe([0]);
        (await VerifyAsync([verified.Better!.Value.Hash], one)).Matching.ShouldBe([0]);
    }

    [Fact]
    public async Task One_address_at_two_offices_matches_where_the_password_is_right()
    {
        string[] hashes =
        [
            _passwords.Hash("Zwetschgen 27 x"), s_before.HashPassword(new(), "Mirabellen 28 y"),
            s_before.HashPassword(new(), "Zwetschgen 27 x")
        ];
        (await VerifyAsync(hashes, "Zwetschgen 27 x")).ShouldSatisfyAllConditions(
            v => v.Matching.ShouldBe([0, 2]), v => v.Better!.Value.Index.ShouldBe(2));
        (await VerifyAsync(hashes, "Mirabellen 28 y")).Matching.ShouldBe([1]);
    }

    [Fact]
    public async Task To_refuse_costs_the_same_whatever_the_address_has()
    {
        var (today, before) = (_passwords.Hash("Zwetschgen 27 x"), s_before.HashPassword(new(), "Zwetschgen 27 x"));
        string[][] accounts = [[], [today], [today, today], [before], [before, before], [today, before]];
        foreach (var hashes in accounts)
        {
            // Counted rather than timed: the machine may be busy.
            var verified = await VerifyAsync(hashes, "mistyped");
            verified.Matching.ShouldBeEmpty();
            verified.Rounds.ShouldBe(2 * Passwords.Rounds);
        }
    }

    private Task<Verified> VerifyAsync(string[] hashes, string password) =>
        _passwords.VerifyAsync(hashes, password, HashingTurn.First, CancellationToken.None);
}
