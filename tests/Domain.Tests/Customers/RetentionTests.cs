using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Customers;

public sealed class RetentionTests
{
    private static readonly RetentionYears s_years = RetentionYears.Default;

    [Theory]
    [InlineData("2026-01-01", "2036-12-31")]
    [InlineData("2026-12-31", "2036-12-31")]
    [InlineData("2027-01-01", "2037-12-31")]
    [InlineData("2028-02-29", "2038-12-31")]
    public void A_term_runs_from_the_end_of_the_calendar_year_to_the_end_of_another(string end, string until)
    {
        var term = RetentionTerm.Of(s_years, Day(end), null, null);
        term.ShouldBe(new RetentionTerm(RetentionRule.Mandate, Day(until)));
        term.RunsOn(Day(until)).ShouldBeTrue();
        term.RunsOn(Day(until).AddDays(1)).ShouldBeFalse();
    }

    [Fact]
    public void The_longest_term_wins()
    {
        var end = Day("2020-06-30");
        RetentionTerm.Of(s_years, end, Day("2020-07-01"), Day("2020-07-01"))
            .ShouldBe(new(RetentionRule.Mandate, Day("2030-12-31")));
        RetentionTerm.Of(s_years, end, Day("2020-07-01"), Day("2023-01-01"))
            .ShouldBe(new(RetentionRule.File, Day("2031-12-31")));
        RetentionTerm.Of(s_years, end, Day("2026-01-01"), Day("2023-01-01"))
            .ShouldBe(new(RetentionRule.Comment, Day("2032-12-31")));

        // As long as one another: the mandate's, then the files'.
        RetentionTerm.Of(s_years, end, Day("2024-12-31"), Day("2022-12-31")).Rule.ShouldBe(RetentionRule.Mandate);
        RetentionTerm.Of(new(0, 8, 8), end, Day("2024-12-31"), Day("2024-01-01")).Rule.ShouldBe(RetentionRule.File);
        RetentionTerm.Of(new(0, 0, 0), end, null, null).ShouldBe(new(RetentionRule.Mandate, Day("2020-12-31")));
    }

    [Fact]
    public void While_the_mandate_goes_on_there_is_no_end()
    {
        var term = RetentionTerm.Of(new RetentionYears(0, 0, 0), null, Day("1990-01-01"), null);
        term.ShouldBe(new RetentionTerm(RetentionRule.Mandate, null));
        term.RunsOn(DateOnly.MaxValue).ShouldBeTrue();
    }

    [Fact]
    public void Owners_say_how_many_years_and_what_is_not_said_stays()
    {
        var change = new ChangeRetention(12, null, null);
        Registered().When(Anna, change).Then(new RetentionChanged(12, 6, 8));
        Registered(new RetentionChanged(12, 7, 9)).When(Anna, new ChangeRetention(null, 0, 30))
            .Then(new RetentionChanged(12, 0, 30));
        Registered().When(Anna, new ChangeRetention(10, 6, 8)).ThenNothing();
        Registered().When(Anna, new ChangeRetention(31, null, null))
            .ThenRefused(new RetentionIsOutOfRange("mandateYears"));
        Registered().When(Anna, new ChangeRetention(null, -1, null))
            .ThenRefused(new RetentionIsOutOfRange("commentYears"));
        Registered().When(Anna, new ChangeRetention(null, null, int.MaxValue))
            .ThenRefused(new RetentionIsOutOfRange("fileYears"));
        foreach (Actor actor in (Actor[])[Bernd, Auditor, Dieter, Product])
            Registered().When(actor, change).ThenRefused(new OnlyOwnersChangeSettings());
    }

    [Fact]
    public void The_operator_alone_looks_for_what_would_go_and_each_time_is_recorded()
    {
        var check = new CheckRetention(Day("2026-11-29"), 600, 2);
        Registered().When(Product, check).Then(new RetentionChecked(check.On, 600, 2));
        Registered(new RetentionChecked(check.On, 600, 2)).When(Product, check).ThenAccepted();
        Registered().When(Anna, check).ThenRefused(new OnlyTheSystemChecksRetention());
    }

    [Fact]
    public void Owners_put_a_legal_hold_on_and_take_it_off()
    {
        var hold = new HoldCustomer("Rechtsstreit 4 O 12/26");
        var held = new CustomerHeld(hold.Reason);
        Krause().When(Anna, hold).Then(held);
        Krause(held).When(Anna, hold).ThenNothing();
        Krause(held).When(Anna, new HoldCustomer("Steuerfahndung")).Then(new CustomerHeld("Steuerfahndung"));
        Krause(held).When(Anna, new ReleaseCustomer()).Then(new CustomerReleased());
        Krause(held, new CustomerReleased()).When(Anna, new ReleaseCustomer()).ThenNothing();
        Krause(held, new CustomerReleased()).When(Anna, hold).Then(held);

        Krause().When(Anna, new HoldCustomer(" ")).ThenRefused(new TextIsEmpty("reason"));
        Krause().When(Anna, new HoldCustomer(new string('x', 1_001)))
            .ThenRefused(new TextIsTooLong("reason", 1_001, 1_000));
        Krause().When(Bernd, hold).ThenRefused(new OnlyOwnersHoldCustomers());
        Krause(held).When(Bernd, new ReleaseCustomer()).ThenRefused(new OnlyOwnersHoldCustomers());
        foreach (Actor actor in (Actor[])[Auditor, Dieter])
            Krause().When(actor, hold).ThenRefused(new OnlyAdministratorsChangeCustomers());
    }

    private static DateOnly Day(string day) =>
        DateOnly.ParseExact(day, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static Scenario<Customer, CustomerEvent, CustomerCommand> Krause(params CustomerEvent[] later) =>
        Customer([new CustomerRegistered("Bäckerei Krause"), .. later]);
}
