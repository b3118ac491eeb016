using Messaging.Domain.Administrators;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Customers;

public sealed class ContactTests
{
    private static readonly InviteContact s_invite = new(Krause, "Dieter Krause", "dieter.krause@baeckerei-krause.example", "de", false);
    private static readonly ContactInvited s_invited = new(KrauseId, "Dieter Krause", "dieter.krause@baeckerei-krause.example", "de");
    private static readonly JoinAsContact s_join = new();

    [Fact]
    public void Administrators_and_the_product_invite_contacts()
    {
        foreach (Actor actor in (Actor[])[Anna, Bernd, Product]) Contact().When(actor, s_invite).Then(s_invited);
        Contact(s_invited).State.ShouldBe(
            new Contact(Dieter.Id, 1, KrauseId, "Dieter Krause", "dieter.krause@baeckerei-krause.example", "de", Joined: false));
    }

    [Fact]
    public void Neither_customers_nor_auditors_invite_anybody()
    {
        Contact().When(Dieter, s_invite).ThenRefused(new OnlyAdministratorsChangeCustomers());
        Contact().When(Auditor, s_invite with { Customer = null }).ThenRefused(new OnlyAdministratorsChangeCustomers());
    }

    [Fact]
    public void The_customer_must_be_there() => Contact().When(Anna, s_invite with { Customer = null }).ThenRefused(new CustomerNotFound());

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
        Contact().When(Anna, s_invite with { DisplayName = new string('x', 101) }).ThenRefused(new TextIsTooLong("displayName", 101, 100));
        Contact().When(Anna, s_invite with { DisplayName = "a\tb" }).ThenRefused(new TextHasControlCharacter("displayName", 1));
    }

    [Fact]
    public void An_invitation_is_taken_up_once()
    {
        Contact(s_invited).When(Product, s_join).Then(new ContactJoined());
        Contact(s_invited).After(Product, s_join).State!.Joined.ShouldBeTrue();
        Contact(s_invited, new ContactJoined()).When(Product, s_join).ThenRefused(new InvitationIsNotValid());
        Contact().When(Product, s_join).ThenRefused(new InvitationIsNotValid());
    }
}
