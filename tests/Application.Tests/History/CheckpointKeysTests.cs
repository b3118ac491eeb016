using System.Security.Cryptography;
using Messaging.Application.History;

namespace Messaging.Application.Tests.History;

/// <summary>The keys of checkpoints that were changed for others, each by the word of the one before.</summary>
public sealed class CheckpointKeysTests
{
    private const string Office = "0195a000-0000-7000-8000-00000000000a";

    private readonly CheckpointKey _first = New();
    private readonly CheckpointKey _second = New();
    private readonly CheckpointKey _third = New();

    [Fact]
    public void A_copy_proves_history_along_all_changes_after_it()
    {
        var keys = new CheckpointKeys([Change(_second, _third, _second), Change(_first, _second, _first)]);
        foreach (var key in (CheckpointKey[])[_first, _second, _third])
        {
            keys.Read(Copy(key), _third.Public, out _).ShouldNotBeNull().Size.ShouldBe(7);
            keys.Leads(Office, key.Public, _third.Public).ShouldBeTrue();
        }

        keys.Leads(Office, _third.Public, _first.Public).ShouldBeFalse();
        keys.Leads("another", _first.Public, _third.Public).ShouldBeFalse();
    }

    [Fact]
    public void A_change_that_the_key_of_before_did_not_sign_is_none_and_is_said()
    {
        foreach (var signer in (CheckpointKey[])[_second, _third])
        {
            var keys = new CheckpointKeys([Change(_first, _second, signer)]);
            keys.Read(Copy(_first), _second.Public, out var why).ShouldBeNull();
            why.ShouldStartWith("is signed by a key of before, and the log has no change from it");
        }
    }

    [Fact]
    public void A_change_to_another_key_or_of_another_office_or_of_no_keys_leads_nowhere()
    {
        var good = Change(_first, _second, _first);
        foreach (var bad in (CheckpointKeyChange[])[
            good with { Key = _third.VerifierOf(Office) },
            good with { TenantId = "another" },
            good with { Key = "", PreviousKey = "" },
            good with { Note = "" },
            good with { Note = Copy(_first) },
            good with { PreviousKey = "messaging/\u202e+\0+=cmd|" },
        ])
        {
            var keys = new CheckpointKeys([bad]);
            keys.Leads(Office, _first.Public, _second.Public).ShouldBeFalse();
            keys.Read(Copy(_first), _second.Public, out _).ShouldBeNull();
        }

        new CheckpointKeys([good]).Read(Copy(_third), _second.Public, out var why).ShouldBeNull();
        why.ShouldBe("is not signed by the key of this installation");
    }

    [Fact]
    public void Changes_in_a_circle_come_to_an_end()
    {
        var keys = new CheckpointKeys([Change(_first, _second, _first), Change(_second, _first, _second)]);
        keys.Leads(Office, _first.Public, _third.Public).ShouldBeFalse();
        keys.Leads(Office, _second.Public, _first.Public).ShouldBeTrue();
    }

    private static CheckpointKey New() => new(RandomNumberGenerator.GetBytes(32));

    private static string Copy(CheckpointKey key) => key.Sign(Office, 7, SHA256.HashData([]));

    private static CheckpointKeyChange Change(CheckpointKey from, CheckpointKey to, CheckpointKey signer) =>
        new(Office, from.VerifierOf(Office), to.VerifierOf(Office), signer.SignKey(Office, to));
}
