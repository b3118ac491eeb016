using Messaging.Domain.Customers;
using Shouldly;
using Xunit;

namespace Messaging.Domain.Tests.Customers;

public sealed class CustomerImportDeciderTests
{
    private static readonly KnownCustomer s_krause = new(Guid.CreateVersion7(), "Krause", "10245", false);
    private static readonly KnownCustomer s_unnumbered = new(Guid.CreateVersion7(), "Krause", null, false);

    [Fact]
    public void A_number_decides_and_another_name_renames()
    {
        var line = Line("10245", "Krause GmbH");
        var decision = CustomerImportDecider.Decide(line, CustomerImportDecider.Match(line, s_krause, null, []), []);
        (decision.Outcome, decision.Changes.Single()).ShouldBe((ImportOutcome.Changed, ImportChange.Name));
        var same = Line("10245", "Krause");
        CustomerImportDecider.Decide(same, CustomerImportDecider.Match(same, s_krause, null, [s_krause]), [])
            .Outcome.ShouldBe(ImportOutcome.Unchanged);
    }

    [Fact]
    public void A_name_that_one_customer_without_a_number_has_gives_it_the_number()
    {
        var line = Line("7", "Krause");
        var match = CustomerImportDecider.Match(line, null, null, [s_unnumbered, s_krause]);
        (match.Customer, match.HasNamesake).ShouldBe((s_unnumbered, true));
        CustomerImportDecider.Decide(line, match, []).Changes.ShouldBe([ImportChange.Number]);
        CustomerImportDecider.Match(line, null, null, [s_unnumbered, s_unnumbered with { Id = Guid.CreateVersion7() }])
            .Refusal.ShouldBe(new ImportedNameIsAmbiguous(2));

        // The same name with another number is another customer, and the office is told.
        var other = CustomerImportDecider.Match(line, null, null, [s_krause]);
        CustomerImportDecider.Decide(line, other, []).ShouldSatisfyAllConditions(
            d => d.Outcome.ShouldBe(ImportOutcome.Created), d => d.Notes.ShouldBe([ImportNote.NameOfAnother]));
    }

    [Fact]
    public void A_name_alone_has_to_be_that_of_one_customer()
    {
        var line = Line("", "Krause");
        CustomerImportDecider.Match(line, null, null, [s_krause]).Customer.ShouldBe(s_krause);
        CustomerImportDecider.Match(line, null, null, [s_krause, s_unnumbered])
            .Refusal.ShouldBe(new ImportedNameIsAmbiguous(2));
        var number = Line("99", "");
        CustomerImportDecider.Match(number, null, null, []).Refusal.ShouldBe(new ImportedCustomerIsUnknown());
    }

    [Theory]
    [InlineData("00123", "123", true)]
    [InlineData("123", "00123", true)]
    [InlineData("123", "0000000123", true)]
    [InlineData("123", "123", false)]
    [InlineData("A12", "0A12", false)]
    [InlineData("1230", "123", false)]
    public void A_number_that_differs_by_leading_zeros_is_told(string number, string other, bool isNear) =>
        CustomerImportDecider.NearKeysOf(number).Contains(other).ShouldBe(isNear);

    [Theory]
    [InlineData("1,0245E+04")]
    [InlineData("1E5")]
    [InlineData("10245,00")]
    [InlineData("10245.0")]
    public void What_a_spreadsheet_makes_of_a_number_is_none(string number) =>
        CustomerImportDecider.Check(Line(number, "Krause")).ShouldBe(new ImportedNumberIsReformatted(number));

    [Theory]
    [InlineData("10.245")]
    [InlineData("00123")]
    [InlineData("D-17/4")]
    public void A_number_is_what_the_office_writes(string number) =>
        CustomerImportDecider.Check(Line(number, "Krause")).ShouldBeNull();

    [Fact]
    public void Whoever_has_left_is_not_brought_back_and_an_address_is_one_persons()
    {
        var line = Line("10245", "Krause", "eva@krause.example");
        var match = new ImportMatch(s_krause);
        CustomerImportDecider.Decide(line, match, [AddressUse.OfFormerContact])
            .Refusal.ShouldBe(new ImportedContactHasLeft(0));
        CustomerImportDecider.Decide(line, match, [AddressUse.OfAnother])
            .Refusal.ShouldBe(new ImportedAddressIsTaken(0));
        CustomerImportDecider.Decide(line, match, [AddressUse.OfContactOtherwiseNamed]).ShouldSatisfyAllConditions(
            d => d.Outcome.ShouldBe(ImportOutcome.Unchanged), d => d.Notes.ShouldBe([ImportNote.ContactKeepsName]));
        CustomerImportDecider.Decide(line, match, [AddressUse.Free]).NewContacts.ShouldBe([0]);
        CustomerImportDecider.Check(Line("1", "K", "a@k.example", "A@K.example".ToLowerInvariant()))
            .ShouldBe(new ImportedAddressIsTaken(1));
    }

    [Fact]
    public void A_customer_whose_mandate_has_ended_is_left_as_it_is()
    {
        var ended = s_krause with { HasEnded = true };
        var same = Line("10245", "Krause");
        CustomerImportDecider.Decide(same, new ImportMatch(ended), []).Outcome.ShouldBe(ImportOutcome.Unchanged);
        CustomerImportDecider.Decide(Line("10245", "Neu"), new ImportMatch(ended), [])
            .Refusal.ShouldBe(new CustomerHasEnded("number"));
    }

    private static ImportedCustomer Line(string number, string name, params IEnumerable<string> emails) =>
        new(number, name, [.. emails.Select(e => new ImportedContact("Eva", e, null))]);
}
