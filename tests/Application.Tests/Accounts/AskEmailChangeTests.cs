using Messaging.Application.Accounts;
using Messaging.Application.Commands;
using Messaging.Domain;

namespace Messaging.Application.Tests.Accounts;

/// <summary>Whose an address is, is looked up for the office alone.</summary>
public sealed class AskEmailChangeTests
{
    private static readonly Guid s_dieter = Guid.CreateVersion7();
    private static readonly string s_tenant = Guid.CreateVersion7().ToString();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_wish_of_ones_own_takes_the_same_work_whoever_has_the_address(bool byThemselves, bool isLookedUp)
    {
        Actor actor = byThemselves
            ? new Actor.Contact(s_dieter, Guid.CreateVersion7())
            : new Actor.Administrator(Guid.CreateVersion7(), IsOwner: true);
        var command = new AskEmailChangeCommand(
            new Caller(s_tenant, actor), s_dieter, "eva@anders.example", byThemselves);
        var reads = ReadSet.Of([new CommandExecution(command, null, null, default)]);
        reads.Lookups.ContainsKey(AccountLookups.Emails).ShouldBe(isLookedUp);
        reads.Lookups.ContainsKey(AccountLookups.Asked).ShouldBe(isLookedUp);
        reads.Lookups.ContainsKey(AccountLookups.EmailChangesAsked).ShouldBeTrue();
    }
}
