using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Organisation;

public sealed class RestrictionTests
{
    private static readonly PersonCommand.Restrict s_restrict = new();
    private static readonly PersonCommand.LiftRestriction s_lift = new();
    private static readonly ContactInvited s_dieter = new(KrauseId, "Dieter", "dieter@krause.example", "de");
    private static readonly AdministratorInvited s_bernd = new(
        "Bernd", "bernd@kanzlei.example", Role.Administrator, false, "de");

    [Fact]
    public void Owners_restrict_anybody_but_themselves_and_end_their_access()
    {
        var dieter = Contact(s_dieter, new ContactJoined());
        dieter.When(Anna, s_restrict).Then(new ContactDeactivated(), new ContactRestricted());
        var bernd = Administrator(Bernd.Id, s_bernd);
        bernd.When(Anna, s_restrict).Then(new AdministratorDeactivated(), new AdministratorRestricted());
        var restricted = bernd.After(Anna, s_restrict);
        (restricted.State!.Active, restricted.State.Restricted).ShouldBe((false, true));
        restricted.When(Anna, s_restrict).ThenNothing();
        Contact(s_dieter, new ContactDeactivated()).When(Anna, s_restrict).Then(new ContactRestricted());

        foreach (Actor actor in (Actor[])[Bernd, Auditor, Dieter, Product])
        {
            dieter.When(actor, s_restrict).ThenRefused(new OnlyOwnersRestrict());
            dieter.When(actor, s_lift).ThenRefused(new OnlyOwnersRestrict());
        }

        Administrator(Anna.Id, s_bernd with { IsOwner = true })
            .When(Anna, s_restrict).ThenRefused(new NobodyRestrictsThemselves());
        Contact().When(Anna, s_restrict).ThenRefused(new ContactNotFound());
        Administrator(Bernd.Id, new ServiceAccountCreated("P", Role.Administrator, "de"))
            .When(Anna, s_restrict).ThenRefused(new AdministratorNotFound());
    }

    [Fact]
    public void Nobody_comes_back_before_it_is_lifted_and_then_by_a_reactivation()
    {
        var back = new PersonCommand.Reactivate("dieter@krause.example", null);
        var restricted = Contact(s_dieter, new ContactJoined()).After(Anna, s_restrict);
        restricted.When(Bernd, back).ThenRefused(new PersonIsRestricted());
        restricted.When(Bernd, new PersonCommand.InviteAgain()).ThenRefused(new ContactNotFound());
        restricted.When(Anna, s_lift).Then(new ContactRestrictionLifted("Dieter", "dieter@krause.example"));
        var lifted = restricted.After(Anna, s_lift);
        (lifted.State!.Active, lifted.State.Restricted, lifted.State.DisplayName).ShouldBe((false, false, "Dieter"));
        lifted.When(Anna, s_lift).ThenNothing();
        lifted.When(Bernd, back).Then(new ContactReactivated("dieter@krause.example", "de"));
        Administrator(Bernd.Id, s_bernd).After(Anna, s_restrict).When(Anna, s_lift)
            .Then(new AdministratorRestrictionLifted("Bernd", "bernd@kanzlei.example"));
    }
}
