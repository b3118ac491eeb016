using Messaging.Domain.Customers;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Customers;

public sealed class CustomerTests
{
    private static readonly RegisterCustomer s_register = new("Bäckerei Krause GmbH");

    [Fact]
    public void Administrators_and_the_product_register_customers()
    {
        foreach (Actor actor in (Actor[])[Anna, Bernd, Product])
            Customer().When(actor, s_register).Then(new CustomerRegistered("Bäckerei Krause GmbH"));
        Customer().After(Bernd, s_register).State.ShouldBe(new Customer(KrauseId, 1, "Bäckerei Krause GmbH"));
    }

    [Fact]
    public void Neither_customers_nor_auditors_register_any()
    {
        Customer().When(Dieter, s_register).ThenRefused(new OnlyAdministratorsChangeCustomers());
        Customer().When(Auditor, s_register).ThenRefused(new OnlyAdministratorsChangeCustomers());
        Customer(new CustomerRegistered("Andere"))
            .When(Dieter, s_register)
            .ThenRefused(new OnlyAdministratorsChangeCustomers());
    }

    [Fact]
    public void An_id_names_one_customer() =>
        Customer(new CustomerRegistered("Andere")).When(Anna, s_register).ThenRefused(new CustomerExists());

    [Fact]
    public void A_name_is_one_line_of_1_to_200_characters()
    {
        Customer().When(Anna, new RegisterCustomer(new string('x', 200))).ThenAccepted();
        Customer()
            .When(Anna, new RegisterCustomer(new string('x', 201)))
            .ThenRefused(new TextIsTooLong("name", 201, 200));
        Customer().When(Anna, new RegisterCustomer("\u3000")).ThenRefused(new TextIsEmpty("name"));
        Customer().When(Anna, new RegisterCustomer("a\u0085b")).ThenRefused(new TextHasControlCharacter("name", 1));
        Customer().When(Anna, new RegisterCustomer("a\ud800b")).ThenRefused(new TextIsIllFormed("name", 1));
    }
}
