using Messaging.Domain.Accounts;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Organisation;

public sealed class ErasureTests
{
    private static readonly PersonCommand.Erase s_erase = new();
    private static readonly ContactInvited s_dieter = new(KrauseId, "Dieter", "dieter@krause.example", "de");
    private static readonly AdministratorInvited s_bernd = new(
        "Bernd", "bernd@kanzlei.example", Role.Administrator, false, "de");

    [Fact]
    public void Owners_erase_anybody_but_themselves_and_nothing_of_who_they_were_is_left_in_the_state()
    {
        var dieter = Contact(s_dieter, new ContactJoined());
        dieter.When(Anna, s_erase).Then(new ContactDeactivated(), new ContactErased());
        var erased = dieter.After(Anna, s_erase).State!;
        (erased.Active, erased.Erased, erased.Restricted, erased.DisplayName, erased.Email)
            .ShouldBe((false, true, true, "N. N.", "-"));
        Administrator(Bernd.Id, s_bernd).When(Anna, s_erase)
            .Then(new AdministratorDeactivated(), new AdministratorErased());
        Contact(s_dieter, new ContactDeactivated()).When(Anna, s_erase).Then(new ContactErased());
        foreach (Actor actor in (Actor[])[Bernd, Auditor, Dieter, Product])
            dieter.When(actor, s_erase).ThenRefused(new OnlyOwnersErase());
        Administrator(Anna.Id, s_bernd with { IsOwner = true })
            .When(Anna, s_erase).ThenRefused(new NobodyErasesThemselves());
        Contact().When(Anna, s_erase).ThenRefused(new ContactNotFound());
        Administrator(Bernd.Id, new ServiceAccountCreated("P", Role.Administrator, "de"))
            .When(Anna, s_erase).ThenRefused(new AdministratorNotFound());
    }

    [Fact]
    public void Whoever_was_erased_does_not_come_back_and_erasing_them_again_is_nothing()
    {
        var erased = Contact(s_dieter, new ContactJoined()).After(Anna, s_erase);
        erased.When(Anna, s_erase).ThenNothing();
        erased.When(Bernd, new PersonCommand.Reactivate("dieter@krause.example", null))
            .ThenRefused(new PersonIsErased());
        erased.When(Anna, new PersonCommand.LiftRestriction()).ThenRefused(new PersonIsErased());
        erased.When(Bernd, new PersonCommand.InviteAgain()).ThenRefused(new ContactNotFound());
    }
}
