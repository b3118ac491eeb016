using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
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

    [Fact]
    public void What_is_not_given_stays_and_what_is_empty_goes()
    {
        Krause(new CustomerNumbered("M-1"), new CustomerNoted("Ruft an"), new CustomerTagged("Lohn"))
            .When(Anna, Update())
            .Then();
        Krause(new CustomerNumbered("M-1"), new CustomerNoted("Ruft an"), new CustomerTagged("Lohn"))
            .When(Bernd, Update(name: "Brotwerk", number: " ", notes: "", tags: []))
            .Then(
                new CustomerRenamed("Brotwerk"), new CustomerNumbered(null), new CustomerNoted(null),
                new CustomerUntagged("Lohn"));
        Krause(new CustomerNumbered("M-1"), new CustomerNoted("Ruft an"), new CustomerTagged("Lohn"))
            .When(Anna, Update("Bäckerei Krause GmbH", " M-1 ", "Ruft an", tags: ["Lohn"]))
            .Then();
    }

    [Fact]
    public void Mails_say_what_was_written_or_not()
    {
        Krause().When(Bernd, Update() with { MailsWithoutContent = true }).Then(new CustomerMailContentWithheld());
        Krause().When(Bernd, Update() with { MailsWithoutContent = false }).Then();
        Krause(new CustomerMailContentWithheld())
            .When(Anna, Update() with { MailsWithoutContent = false })
            .Then(new CustomerMailContentReleased());
        Krause(new CustomerMailContentWithheld()).When(Anna, Update()).Then();
    }

    [Fact]
    public void Tags_that_differ_in_case_only_are_one_and_are_given_as_they_are_written_last()
    {
        Krause(new CustomerTagged("lohn"))
            .When(Anna, Update(tags: ["Lohn", " LOHN ", "VIP"]))
            .Then(new CustomerUntagged("lohn"), new CustomerTagged("Lohn"), new CustomerTagged("VIP"));
        Krause().When(Anna, Update(tags: ["a", "b\nc"])).ThenRefused(new TextHasControlCharacter("tags.1", 1));
        Krause()
            .When(Anna, Update(tags: [.. Enumerable.Range(0, 21).Select(i => $"{i}")]))
            .ThenRefused(new TooManyTags());
    }

    [Fact]
    public void A_number_is_one_customers()
    {
        var taken = new UpdateCustomer("Brotwerk", "M-1", true, null, null);
        Krause().When(Anna, taken).ThenRefused(new CustomerNumberIsTaken());
        Krause().When(Anna, Update(number: new string('1', 41))).ThenRefused(new TextIsTooLong("number", 41, 40));
        Krause().When(Anna, Update(number: "1\n2")).ThenRefused(new TextHasControlCharacter("number", 1));
    }

    [Fact]
    public void A_mandate_ends_on_a_day_and_goes_on()
    {
        var end = EndOn(2026, 12, 31);
        Krause().When(Anna, end).Then(new CustomerEnded(end.On, end.At));
        Krause(new CustomerEnded(end.On, end.At)).When(Anna, end).Then();
        Krause(new CustomerEnded(end.On, end.At)).When(Anna, EndOn(2026, 11, 30)).ThenAccepted();
        Krause(new CustomerEnded(end.On, end.At)).When(Anna, new ResumeCustomer()).Then(new CustomerResumed());
        Krause().When(Anna, new ResumeCustomer()).Then();
        foreach (var on in (EndCustomer[])[EndOn(1899, 12, 31), EndOn(2200, 1, 1)])
            Krause().When(Anna, on).ThenRefused(new EndOfMandateIsOutOfRange());

        var state = Krause().After(Anna, end).State!;
        (state.HasEnded(end.At.AddTicks(-1)), state.HasEnded(end.At)).ShouldBe((false, true));
    }

    [Fact]
    public void Only_an_administrator_who_acts_is_responsible_for_new_conversations()
    {
        var bernd = State(Bernd);
        Krause().When(Anna, new AssignDefaultAdministrator(Bernd.Id, bernd)).Then(
            new DefaultAdministratorAssigned(Bernd.Id));
        Krause(new DefaultAdministratorAssigned(Bernd.Id))
            .When(Anna, new AssignDefaultAdministrator(null, null))
            .Then(new DefaultAdministratorAssigned(null));
        Krause()
            .When(Anna, new AssignDefaultAdministrator(Bernd.Id, bernd with { Active = false }))
            .ThenRefused(new AdministratorIsDeactivated("administratorId"));
        Krause()
            .When(Anna, new AssignDefaultAdministrator(Bernd.Id, null))
            .ThenRefused(new AdministratorNotFound("administratorId"));
    }

    [Fact]
    public void Whoever_may_not_change_customers_learns_nothing_of_them()
    {
        foreach (
            var command in (CustomerCommand[])
                [Update(name: "X"), EndOn(2026, 1, 1), new ResumeCustomer(), new AssignDefaultAdministrator(null, null)]
        )
        {
            foreach (Actor actor in (Actor[])[Dieter, Auditor])
                Krause().When(actor, command).ThenRefused(new OnlyAdministratorsChangeCustomers());
            Customer().When(Anna, command).ThenRefused(new CustomerNotFound("id"));
        }
    }

    private static UpdateCustomer Update(
        string? name = null, string? number = null, string? notes = null, string[]? tags = null) =>
        new(name, number, false, notes, tags is null ? null : [.. tags]);

    private static EndCustomer EndOn(int year, int month, int day)
    {
        var on = new DateOnly(year, month, day);
        return new EndCustomer(on, Day.StartOf(on, TimeZoneInfo.Utc));
    }

    private static Scenario<Customer, CustomerEvent, CustomerCommand> Krause(params CustomerEvent[] later) =>
        Customer([new CustomerRegistered("Bäckerei Krause GmbH"), .. later]);
}
