using Messaging.Domain.Accounts;
using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Organisation;

public sealed class AdministratorTests
{
    private static readonly InviteAdministrator s_invite = new(
        "Bernd Winter", "bernd.winter@kanzlei-sommer.example", Role.Administrator, false, "de", false);
    private static readonly AdministratorInvited s_invited = new(
        "Bernd Winter", "bernd.winter@kanzlei-sommer.example", Role.Administrator, false, "de");
    private static readonly PersonCommand.Join s_join = new();
    private static readonly PersonCommand.Deactivate s_deactivate = new();

    [Fact]
    public void An_owner_or_the_product_invites_administrators_owners_and_auditors()
    {
        foreach (Actor actor in (Actor[])[Anna, Product])
        {
            Unknown().When(actor, s_invite).Then(s_invited);
            Unknown().When(actor, s_invite with { IsOwner = true }).Then(s_invited with { IsOwner = true });
            Unknown().When(actor, s_invite with { Role = Role.Auditor }).Then(s_invited with { Role = Role.Auditor });
        }
    }

    [Fact]
    public void Nobody_else_invites()
    {
        foreach (Actor actor in (Actor[])[Carla, Auditor, Dieter])
            Unknown().When(actor, s_invite).ThenRefused(new OnlyOwnersChangeAdministrators());
    }

    [Fact]
    public void A_role_is_one_of_the_office()
    {
        Unknown().When(Anna, s_invite with { Role = Role.Customer }).ThenRefused(new RoleIsNotOfTheOffice());
        Unknown()
            .When(Anna, s_invite with { Role = Role.Auditor, IsOwner = true })
            .ThenRefused(new RoleIsNotOfTheOffice());
        Unknown().When(Anna, s_invite with { Role = (Role)42 }).ThenRefused(new RoleIsNotOfTheOffice());
    }

    [Fact]
    public void An_address_is_one_persons()
    {
        Unknown().When(Anna, s_invite with { EmailIsTaken = true }).ThenRefused(new EmailIsTaken());
        Invited().When(Anna, s_invite).ThenRefused(new EmailIsTaken());
    }

    [Fact]
    public void Address_and_name_are_checked()
    {
        Unknown().When(Anna, s_invite with { Email = "bernd" }).ThenRefused(new EmailIsIllFormed("email"));
        Unknown().When(Anna, s_invite with { Email = "\0" }).ThenRefused(new TextHasNul("email", 0));
        Unknown().When(Anna, s_invite with { DisplayName = "" }).ThenRefused(new TextIsEmpty("displayName"));
        Unknown().When(Anna, s_invite with { DisplayName = new string('x', 100) }).ThenAccepted();
        Unknown()
            .When(Anna, s_invite with { DisplayName = new string('x', 101) })
            .ThenRefused(new TextIsTooLong("displayName", 101, 100));
        Unknown()
            .When(Anna, s_invite with { DisplayName = "Bernd\r\nBcc: x@y.example" })
            .ThenRefused(new TextHasControlCharacter("displayName", 5));
    }

    [Fact]
    public void An_invitation_is_taken_up_once()
    {
        Invited().When(Product, s_join).Then(new AdministratorJoined());
        Invited(new AdministratorJoined()).When(Product, s_join).ThenRefused(new InvitationIsNotValid());
        Unknown().When(Product, s_join).ThenRefused(new InvitationIsNotValid());
    }

    [Fact]
    public void An_invitation_ends_with_the_deactivation()
    {
        Invited(new AdministratorDeactivated()).When(Product, s_join).ThenRefused(new InvitationIsWithdrawn());
        Invited(new AdministratorJoined(), new AdministratorDeactivated())
            .When(Product, s_join)
            .ThenRefused(new InvitationIsNotValid());
    }

    [Fact]
    public void An_owner_withdraws_an_invitation_that_was_not_taken_up()
    {
        var withdraw = new PersonCommand.WithdrawInvitation();
        Invited().When(Anna, withdraw).Then(new AdministratorInvitationWithdrawn());
        Invited(new AdministratorInvitationWithdrawn()).When(Anna, withdraw).ThenNothing();
        Invited(new AdministratorInvitationWithdrawn()).When(Product, s_join).ThenRefused(new InvitationIsWithdrawn());
        Invited(new AdministratorJoined()).When(Anna, withdraw).ThenRefused(new InvitationIsTakenUp());
        Unknown().When(Anna, withdraw).ThenRefused(new AdministratorNotFound());
        foreach (Actor actor in (Actor[])[Carla, Auditor, Dieter])
            Invited().When(actor, withdraw).ThenRefused(new OnlyOwnersChangeAdministrators());
    }

    [Fact]
    public void An_invitation_goes_to_another_address_which_is_theirs_from_then_on()
    {
        var elsewhere = new PersonCommand.InviteAgain("b.winter@kanzlei-sommer.example");
        Invited().When(Anna, elsewhere).Then(new AdministratorInvitedAgain("b.winter@kanzlei-sommer.example", "de"));
        Invited().After(Anna, elsewhere).State!.Email.ShouldBe("b.winter@kanzlei-sommer.example");
        Invited().When(Anna, elsewhere with { EmailIsTaken = true }).ThenRefused(new EmailIsTaken());
        Invited()
            .When(Anna, new PersonCommand.InviteAgain(s_invited.Email, EmailIsTaken: true))
            .Then(new AdministratorInvitedAgain(s_invited.Email, "de"));
        Invited().When(Anna, new PersonCommand.InviteAgain("x")).ThenRefused(new EmailIsIllFormed("email"));
        Invited(new AdministratorJoined()).When(Anna, elsewhere).ThenRefused(new InvitationIsTakenUp());
    }

    [Fact]
    public void Whoever_left_comes_back_by_an_invitation_unless_the_address_is_anothers()
    {
        var left = Invited(new AdministratorJoined(), new AdministratorDeactivated());
        var back = new PersonCommand.Reactivate(s_invited.Email, null);
        left.When(Anna, back).Then(new AdministratorReactivated(s_invited.Email, "de"));
        left.After(Anna, back).State.ShouldBe(left.State! with
        {
            Version = 4,
            Active = true,
            Joined = false,
            InvitedAt = 4,
        });
        left.After(Anna, back).When(Product, s_join).Then(new AdministratorJoined());
        left.After(Anna, back).When(Anna, back).ThenNothing();
        left.When(Anna, back with { Holder = "Eva" }).ThenRefused(new AddressIsAnothersNow("Eva"));
        left.When(Anna, back with { Email = "x" }).ThenRefused(new EmailIsIllFormed("email"));
        Unknown().When(Anna, back).ThenRefused(new AdministratorNotFound());
        foreach (Actor actor in (Actor[])[Carla, Auditor, Dieter])
            left.When(actor, back).ThenRefused(new OnlyOwnersChangeAdministrators());
    }

    [Fact]
    public void An_owner_names_and_dismisses_owners_and_changes_roles_but_never_their_own()
    {
        Invited().When(Anna, new ChangeRole(null, true)).Then(new AdministratorRoleChanged(Role.Administrator, true));
        Invited().When(Anna, new ChangeRole(Role.Auditor, null))
            .Then(new AdministratorRoleChanged(Role.Auditor, false));
        var owner = Invited(new AdministratorRoleChanged(Role.Administrator, true));
        (owner.State!.Role, owner.State.IsOwner).ShouldBe((Role.Administrator, true));
        owner.When(Anna, new ChangeRole(null, false)).Then(new AdministratorRoleChanged(Role.Administrator, false));
        owner.When(Anna, new ChangeRole(Role.Auditor, null)).Then(new AdministratorRoleChanged(Role.Auditor, false));
        owner.When(Anna, new ChangeRole(Role.Administrator, true)).ThenNothing();
        owner.When(Anna, new ChangeRole(Role.Auditor, true)).ThenRefused(new RoleIsNotOfTheOffice());
        owner.When(Anna, new ChangeRole(Role.Customer, null)).ThenRefused(new RoleIsNotOfTheOffice());
        owner.When(Bernd with { IsOwner = true }, new ChangeRole(null, false))
            .ThenRefused(new NobodyChangesTheirOwnRole());
        Invited(new AdministratorDeactivated())
            .When(Anna, new ChangeRole(null, true))
            .ThenRefused(new AdministratorNotFound());
        Unknown().When(Anna, new ChangeRole(null, true)).ThenRefused(new AdministratorNotFound());
        Service().When(Anna, new ChangeRole(null, true)).ThenRefused(new AdministratorNotFound());
        foreach (Actor actor in (Actor[])[Carla, Auditor, Dieter, Product])
            Invited().When(actor, new ChangeRole(null, true)).ThenRefused(new OnlyOwnersChangeAdministrators());
    }

    [Fact]
    public void An_owner_deactivates_whoever_was_invited_and_again_appends_nothing()
    {
        Invited().When(Anna, s_deactivate).Then(new AdministratorDeactivated());
        Invited(new AdministratorJoined()).When(Anna, s_deactivate).Then(new AdministratorDeactivated());
        Invited(new AdministratorDeactivated()).When(Anna, s_deactivate).ThenNothing();
        Unknown().When(Anna, s_deactivate).ThenRefused(new AdministratorNotFound());
    }

    [Fact]
    public void An_owner_asks_once_more_whoever_has_not_joined()
    {
        foreach (Actor actor in (Actor[])[Anna, Product])
            Invited(new AdministratorLocaleChosen("en"))
                .When(actor, new PersonCommand.InviteAgain())
                .Then(new AdministratorInvitedAgain(s_invited.Email, "en"));
        foreach (Actor actor in (Actor[])[Carla, Auditor, Dieter])
            Invited().When(actor, new PersonCommand.InviteAgain()).ThenRefused(new OnlyOwnersChangeAdministrators());
        Invited(new AdministratorJoined())
            .When(Anna, new PersonCommand.InviteAgain())
            .ThenRefused(new InvitationIsTakenUp());
        Invited(new AdministratorDeactivated())
            .When(Anna, new PersonCommand.InviteAgain())
            .ThenRefused(new AdministratorNotFound());
        Unknown().When(Anna, new PersonCommand.InviteAgain()).ThenRefused(new AdministratorNotFound());
    }

    [Fact]
    public void Everybody_says_how_they_are_called_and_written_to_and_the_same_again_is_nothing()
    {
        Invited()
            .When(Bernd, new PersonCommand.UpdateProfile("B. Winter", "en"))
            .Then(new AdministratorRenamed("B. Winter"), new AdministratorLocaleChosen("en"));
        Invited().When(Bernd, new PersonCommand.UpdateProfile("Bernd Winter", null)).ThenNothing();
        Invited(new AdministratorRenamed("B. Winter"), new AdministratorLocaleChosen("en")).State
            .ShouldBe(Invited().State! with { Version = 3, DisplayName = "B. Winter", Locale = "en" });
        Invited().When(Bernd, new PersonCommand.UpdateProfile("", null)).ThenRefused(new TextIsEmpty("displayName"));
        Invited()
            .When(Bernd, new PersonCommand.UpdateProfile(null, "fr"))
            .ThenRefused(new Domain.Organisation.LocaleIsUnknown());
        foreach (Actor actor in (Actor[])[Anna, Auditor, Product])
            Invited()
                .When(actor, new PersonCommand.UpdateProfile("Bernd", null))
                .ThenRefused(new AdministratorNotFound());
    }

    [Fact]
    public void An_owner_gives_a_program_an_account_that_is_nobody_who_signs_in_or_says_what_it_is_called()
    {
        var create = new CreateServiceAccount("Schnittstelle DATEV", Role.Administrator, "de");
        Unknown().When(Anna, create).Then(new ServiceAccountCreated("Schnittstelle DATEV", Role.Administrator, "de"));
        Unknown().When(Anna, create with { Role = Role.Auditor }).ThenAccepted();
        Unknown().When(Anna, create with { Role = Role.Customer }).ThenRefused(new RoleIsNotOfTheOffice());
        Unknown()
            .When(Anna, create with { DisplayName = "www.boese.example/konto" })
            .ThenRefused(new NameHasWebAddress("displayName"));
        foreach (Actor actor in (Actor[])[Carla, Auditor, Dieter, Product])
        {
            Unknown().When(actor, create).ThenRefused(new OnlyOwnersManageServiceAccounts());
            Service().When(actor, new DeactivateServiceAccount()).ThenRefused(new OnlyOwnersManageServiceAccounts());
        }

        Service().When(Anna, create).ThenRefused(new ServiceAccountExists());
        Service().When(Product, s_join).ThenRefused(new InvitationIsNotValid());
        Service().When(Anna, new PersonCommand.InviteAgain()).ThenRefused(new InvitationIsTakenUp());
        Service()
            .When(Bernd, new PersonCommand.UpdateProfile("Anna Sommer", null))
            .ThenRefused(new AdministratorNotFound());
        Service().When(Bernd, new PersonCommand.ChangePassword()).ThenRefused(new AdministratorNotFound());
        Service().When(Anna, new DeactivateServiceAccount()).Then(new AdministratorDeactivated());
        Invited().When(Anna, new DeactivateServiceAccount()).ThenRefused(new ServiceAccountNotFound("id"));
    }

    [Fact]
    public void A_password_is_its_owners_to_change()
    {
        Invited().When(Bernd, new PersonCommand.ChangePassword()).Then(new AdministratorPasswordChanged());
        Invited().When(Anna, new PersonCommand.ChangePassword()).ThenRefused(new AdministratorNotFound());
        Invited(new AdministratorDeactivated())
            .When(Bernd, new PersonCommand.ChangePassword())
            .ThenRefused(new AdministratorNotFound());
    }

    [Fact]
    public void A_second_factor_is_its_owners_to_change_and_anothers_to_reset()
    {
        var change = new PersonCommand.ChangeSecondFactor(SecondFactorChange.PasskeyAdded);
        Invited().When(Bernd, change).Then(new AdministratorSecondFactorChanged(SecondFactorChange.PasskeyAdded));
        Invited().When(Anna, change).ThenRefused(new AdministratorNotFound());
        var reset = new PersonCommand.ResetSecondFactor(HasOne: true);
        foreach (Actor actor in (Actor[])[Anna, Product])
            Invited().When(actor, reset).Then(new AdministratorSecondFactorChanged(SecondFactorChange.Reset));
        foreach (Actor actor in (Actor[])[Bernd, Carla, Auditor, Dieter])
            Invited().When(actor, reset).ThenRefused(new OnlyOwnersChangeAdministrators());
        Invited().When(Anna, new PersonCommand.ResetSecondFactor(HasOne: false)).ThenRefused(new NoSecondFactor());
        Invited(new AdministratorDeactivated()).When(Anna, reset).ThenRefused(new AdministratorNotFound());
        Administrator(Anna.Id, s_invited with { IsOwner = true })
            .When(Anna, reset)
            .ThenRefused(new NobodyResetsTheirOwnFactor());
        Service().When(Anna, reset).ThenRefused(new AdministratorNotFound());
    }

    [Fact]
    public void Nobody_else_deactivates()
    {
        foreach (Actor actor in (Actor[])[Bernd, Carla, Auditor, Dieter, Product])
            Invited().When(actor, s_deactivate).ThenRefused(new OnlyOwnersChangeAdministrators());
    }

    [Fact]
    public void Nobody_deactivates_themselves() =>
        Administrator(Anna.Id, s_invited with { IsOwner = true })
            .When(Anna, s_deactivate)
            .ThenRefused(new NobodyDeactivatesThemselves());

    [Fact]
    public void A_state_says_whether_somebody_joined_and_is_still_there()
    {
        var invited = new Administrator(
            Bernd.Id, 1, "Bernd Winter", "bernd.winter@kanzlei-sommer.example", Role.Administrator, false, "de",
            Active: true, Joined: false);
        Invited().State.ShouldBe(invited);
        Invited(new AdministratorJoined()).State.ShouldBe(invited with { Version = 2, Joined = true });
        Invited(new AdministratorJoined(), new AdministratorDeactivated())
            .State.ShouldBe(invited with { Version = 3, Joined = true, Active = false });
    }

    private static Scenario<Administrator, PersonEvent, PersonCommand> Unknown() =>
        Administrator(Bernd.Id);

    private static Scenario<Administrator, PersonEvent, PersonCommand> Service() =>
        Administrator(Bernd.Id, new ServiceAccountCreated("Schnittstelle DATEV", Role.Administrator, "de"));

    private static Scenario<Administrator, PersonEvent, PersonCommand> Invited(
        params PersonEvent[] later) => Administrator(Bernd.Id, [s_invited, .. later]);
}
