using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Customers;

public sealed class ContactTests
{
    private static readonly InviteContact s_invite = new(
        Krause, "Dieter Krause", "dieter.krause@baeckerei-krause.example", "de", false);
    private static readonly ContactInvited s_invited = new(
        KrauseId, "Dieter Krause", "dieter.krause@baeckerei-krause.example", "de");
    private static readonly PersonCommand.Join s_join = new();

    [Fact]
    public void Administrators_and_the_product_invite_contacts()
    {
        foreach (Actor actor in (Actor[])[Anna, Bernd, Product])
            Contact().When(actor, s_invite).Then(s_invited);
        Contact(s_invited)
            .State.ShouldBe(
                new Contact(
                    Dieter.Id, 1, KrauseId, "Dieter Krause", "dieter.krause@baeckerei-krause.example", "de",
                    Active: true, Joined: false)
            );
    }

    [Fact]
    public void Neither_customers_nor_auditors_invite_anybody()
    {
        Contact().When(Dieter, s_invite).ThenRefused(new OnlyAdministratorsChangeCustomers());
        Contact().When(Auditor, s_invite with { Customer = null }).ThenRefused(new OnlyAdministratorsChangeCustomers());
    }

    [Fact]
    public void The_customer_must_be_there() =>
        Contact().When(Anna, s_invite with { Customer = null }).ThenRefused(new CustomerNotFound());

    [Fact]
    public void An_address_is_one_persons()
    {
        Contact().When(Anna, s_invite with { EmailIsTaken = true }).ThenRefused(new EmailIsTaken());
        Contact(s_invited).When(Anna, s_invite).ThenRefused(new EmailIsTaken());
    }

    [Fact]
    public void Address_and_name_are_checked()
    {
        Contact().When(Anna, s_invite with { Email = "a@b@c.example" }).ThenRefused(new EmailIsIllFormed("email"));
        Contact()
            .When(Anna, s_invite with { DisplayName = new string('x', 101) })
            .ThenRefused(new TextIsTooLong("displayName", 101, 100));
        Contact()
            .When(Anna, s_invite with { DisplayName = "a\tb" })
            .ThenRefused(new TextHasControlCharacter("displayName", 1));
    }

    [Fact]
    public void An_invitation_is_taken_up_once()
    {
        Contact(s_invited).When(Product, s_join).Then(new ContactJoined());
        Contact(s_invited).After(Product, s_join).State!.Joined.ShouldBeTrue();
        Contact(s_invited, new ContactJoined()).When(Product, s_join).ThenRefused(new InvitationIsNotValid());
        Contact().When(Product, s_join).ThenRefused(new InvitationIsNotValid());
        Contact(s_invited, new ContactDeactivated()).When(Product, s_join).ThenRefused(new InvitationIsWithdrawn());
    }

    [Fact]
    public void Contacts_come_back_and_their_invitations_are_withdrawn()
    {
        var back = new PersonCommand.Reactivate("dieter@anderswo.example", null);
        var left = Contact(s_invited, new ContactJoined(), new ContactDeactivated());
        left.When(Bernd, back).Then(new ContactReactivated("dieter@anderswo.example", s_invited.Locale));
        left.After(Bernd, back).State!.Email.ShouldBe("dieter@anderswo.example");
        left.When(Bernd, back with { Holder = "Eva" }).ThenRefused(new AddressIsAnothersNow("Eva"));
        left.When(Dieter, back).ThenRefused(new OnlyAdministratorsChangeCustomers());
        Contact(s_invited)
            .When(Bernd, new PersonCommand.WithdrawInvitation())
            .Then(new ContactInvitationWithdrawn());
        left.After(Bernd, back)
            .When(Bernd, new PersonCommand.WithdrawInvitation())
            .Then(new ContactInvitationWithdrawn());
    }

    [Fact]
    public void Administrators_ask_once_more_whoever_has_not_joined()
    {
        foreach (Actor actor in (Actor[])[Anna, Bernd, Product])
            Contact(s_invited, new ContactLocaleChosen("en"))
                .When(actor, new PersonCommand.InviteAgain())
                .Then(new ContactInvitedAgain(s_invited.Email, "en"));
        foreach (Actor actor in (Actor[])[Dieter, Auditor])
            Contact(s_invited)
                .When(actor, new PersonCommand.InviteAgain())
                .ThenRefused(new OnlyAdministratorsChangeCustomers());
        Contact(s_invited, new ContactJoined())
            .When(Anna, new PersonCommand.InviteAgain())
            .ThenRefused(new InvitationIsTakenUp());
        Contact(s_invited, new ContactDeactivated())
            .When(Anna, new PersonCommand.InviteAgain())
            .ThenRefused(new ContactNotFound());
        Contact().When(Anna, new PersonCommand.InviteAgain()).ThenRefused(new ContactNotFound());
    }

    [Fact]
    public void Contacts_say_how_they_are_called_and_written_to_and_the_same_again_is_nothing()
    {
        Contact(s_invited)
            .When(Dieter, new PersonCommand.UpdateProfile("D. Krause", "en"))
            .Then(new ContactRenamed("D. Krause"), new ContactLocaleChosen("en"));
        Contact(s_invited)
            .When(Dieter, new PersonCommand.UpdateProfile(null, "en"))
            .Then(new ContactLocaleChosen("en"));
        Contact(s_invited).When(Dieter, new PersonCommand.UpdateProfile("Dieter Krause", "de")).ThenNothing();
        Contact(s_invited, new ContactRenamed("D. Krause"), new ContactLocaleChosen("en"))
            .State.ShouldBe(Contact(s_invited).State! with { Version = 3, DisplayName = "D. Krause", Locale = "en" });
        Contact(s_invited)
            .When(Dieter, new PersonCommand.UpdateProfile("a\tb", null))
            .ThenRefused(new TextHasControlCharacter("displayName", 1));
        Contact(s_invited)
            .When(Dieter, new PersonCommand.UpdateProfile(null, "fr"))
            .ThenRefused(new Domain.Organisation.LocaleIsUnknown());
        Contact(s_invited)
            .When(Eva, new PersonCommand.UpdateProfile("Dieter", null))
            .ThenRefused(new ContactNotFound());
    }

    [Fact]
    public void A_password_is_its_owners_to_change()
    {
        Contact(s_invited).When(Dieter, new PersonCommand.ChangePassword()).Then(new ContactPasswordChanged());
        Contact(s_invited).When(Anna, new PersonCommand.ChangePassword()).ThenRefused(new ContactNotFound());
        Contact(s_invited, new ContactDeactivated())
            .When(Dieter, new PersonCommand.ChangePassword())
            .ThenRefused(new ContactNotFound());
    }

    [Fact]
    public void A_link_for_another_password_is_sent_by_administrators_and_used_by_who_has_joined()
    {
        foreach (Actor actor in (Actor[])[Bernd, Product])
        {
            Contact(s_invited, new ContactJoined())
                .When(actor, new PersonCommand.AskPasswordReset())
                .Then(new ContactPasswordResetAsked(s_invited.Email, s_invited.Locale));
        }

        foreach (Actor actor in (Actor[])[Dieter, Auditor])
        {
            Contact(s_invited, new ContactJoined())
                .When(actor, new PersonCommand.AskPasswordReset())
                .ThenRefused(new OnlyAdministratorsChangeCustomers());
        }

        Contact(s_invited, new ContactJoined(), new ContactDeactivated())
            .When(Product, new PersonCommand.AskPasswordReset())
            .ThenRefused(new ContactNotFound());
        Contact().When(Product, new PersonCommand.AskPasswordReset()).ThenRefused(new ContactNotFound());

        Contact(s_invited, new ContactJoined())
            .When(Product, new PersonCommand.ResetPassword())
            .Then(new ContactPasswordChanged());
        Contact(s_invited)
            .When(Product, new PersonCommand.ResetPassword())
            .ThenRefused(new PasswordResetIsNotValid());
        Contact(s_invited, new ContactJoined(), new ContactDeactivated())
            .When(Product, new PersonCommand.ResetPassword())
            .ThenRefused(new PasswordResetIsNotValid());
    }

    [Fact]
    public void Another_address_is_asked_for_by_oneself_or_the_office_and_counts_when_it_is_confirmed()
    {
        const string other = "dieter@anders.example";
        var asked = new ContactEmailChangeAsked(other, s_invited.Email, s_invited.Locale, true);
        var joined = Contact(s_invited, new ContactJoined());
        joined.When(Dieter, new PersonCommand.AskEmailChange(other, false, false, true)).Then(asked);
        joined.When(Bernd, new PersonCommand.AskEmailChange(other, false, false, false))
            .Then(asked with { ByThemselves = false });
        joined.When(Eva, new PersonCommand.AskEmailChange(other, false, false, true))
            .ThenRefused(new ContactNotFound());
        joined.When(Dieter, new PersonCommand.AskEmailChange(other, false, false, false))
            .ThenRefused(new OnlyAdministratorsChangeCustomers());
        joined.When(Dieter, new PersonCommand.AskEmailChange("nobody", false, false, true))
            .ThenRefused(new EmailIsIllFormed("email", ""));
        joined.When(Dieter, new PersonCommand.AskEmailChange(other, true, false, true))
            .ThenRefused(new EmailIsTheirsAlready());
        joined.When(Bernd, new PersonCommand.AskEmailChange(other, false, true, false))
            .ThenRefused(new EmailIsTaken());
        Contact(s_invited).When(Bernd, new PersonCommand.AskEmailChange(other, false, false, false))
            .ThenRefused(new InvitationIsNotTakenUp());

        var waiting = Contact(s_invited, new ContactJoined(), asked);
        waiting.State!.Email.ShouldBe(s_invited.Email);
        waiting.When(Product, new PersonCommand.ConfirmEmailChange(3, false))
            .Then(new ContactEmailChanged(other, s_invited.Email, s_invited.Locale));
        waiting.When(Product, new PersonCommand.ConfirmEmailChange(2, false)).ThenRefused(new EmailChangeIsNotValid());
        waiting.When(Product, new PersonCommand.ConfirmEmailChange(3, true)).ThenRefused(new EmailIsTakenByNow());
        foreach (Actor actor in (Actor[])[Dieter, Bernd])
        {
            waiting.When(actor, new PersonCommand.WithdrawEmailChange()).Then(new ContactEmailChangeWithdrawn());
            joined.When(actor, new PersonCommand.WithdrawEmailChange()).ThenNothing();
        }

        waiting.When(Eva, new PersonCommand.WithdrawEmailChange()).ThenRefused(new ContactNotFound());
        waiting.When(Auditor, new PersonCommand.WithdrawEmailChange())
            .ThenRefused(new OnlyAdministratorsChangeCustomers());

        // Whatever takes the account back ends it, and so does a later one.
        foreach (
            PersonEvent @event in (PersonEvent[])
                [new ContactPasswordChanged(), new ContactDeactivated(), new ContactEmailChangeWithdrawn(), asked])
        {
            Contact(s_invited, new ContactJoined(), asked, @event)
                .When(Product, new PersonCommand.ConfirmEmailChange(3, false))
                .ThenRefused(new EmailChangeIsNotValid());
        }

        var changed = Contact(
            s_invited, new ContactJoined(), asked, new ContactEmailChanged(other, s_invited.Email, "de"));
        (changed.State!.Email, changed.State.EmailChange).ShouldBe((other, null));
    }

    [Fact]
    public void Administrators_deactivate_contacts_and_again_appends_nothing()
    {
        Contact(s_invited).When(Bernd, new PersonCommand.Deactivate()).Then(new ContactDeactivated());
        Contact(s_invited, new ContactDeactivated()).State!.Active.ShouldBeFalse();
        Contact(s_invited, new ContactDeactivated()).When(Bernd, new PersonCommand.Deactivate()).ThenNothing();
        Contact().When(Bernd, new PersonCommand.Deactivate()).ThenRefused(new ContactNotFound());
        foreach (Actor actor in (Actor[])[Dieter, Auditor, Product])
            Contact(s_invited)
                .When(actor, new PersonCommand.Deactivate())
                .ThenRefused(new OnlyAdministratorsChangeCustomers());
    }
}
