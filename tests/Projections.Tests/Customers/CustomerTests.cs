using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Projections.Customers;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Customers;

public sealed class CustomerTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task Contacts_are_shown_to_the_office_and_to_their_own_customer()
    {
        var office = await Office.OpenAsync(store);
        var other = await Office.OpenAsync(store);
        Guid[] people = [office.Dieter.Actor.Id, office.Eva.Actor.Id, office.Frank.Actor.Id];
        Guid[] customers = [office.Krause, office.Lehmann, office.Krause];
        foreach (
            var (caller, krause, lehmann) in ((Caller, int, int)[])
                [
                    (office.Anna, 2, 1), (office.Paul, 2, 1), (office.Dieter, 2, 0), (office.Frank, 0, 1),
                    (other.Anna, 0, 0)
                ]
        )
        {
            (await store.Customers.ContactsByIdsAsync(caller, people, Cancellation)).Count.ShouldBe(krause + lehmann);
            var byCustomer = await store.Customers.ContactsByCustomerIdsAsync(caller, customers, Cancellation);
            byCustomer[office.Krause].Count.ShouldBe(krause);
            byCustomer[office.Lehmann].Count.ShouldBe(lehmann);
            (await store.Customers.CustomersByIdsAsync(caller, customers, Cancellation)).Count.ShouldBe(
                Math.Min(krause, 1) + lehmann);
        }

        var contacts = await store.Customers.ContactsByCustomerIdsAsync(office.Anna, [office.Krause], Cancellation);
        contacts[office.Krause]
            .ShouldBe([
                new ContactRow(
                    office.Dieter.Actor.Id, office.Krause, "Dieter Krause", "dieter@krause.example", "de", true, false),
                new ContactRow(
                    office.Eva.Actor.Id, office.Krause, "Eva Krause", "eva@krause.example", "en", true, false),
            ]);
    }

    [Fact]
    public async Task At_most_200_contacts_of_a_customer_are_listed()
    {
        var office = await Office.OpenAsync(store);
        await store.AppendAsync([
            .. Enumerable
                .Range(0, 205)
                .Select(i =>
                    office.Event(
                        Guid.CreateVersion7(),
                        new ContactInvited(office.Lehmann, $"Nr. {i:000}", $"{i}@lehmann.example", "de"))
                ),
        ]);
        var contacts = await store.Customers.ContactsByCustomerIdsAsync(
            office.Anna, [office.Lehmann, office.Krause], Cancellation);
        contacts[office.Lehmann].Count.ShouldBe(CustomerQueries.ContactsMaximum);
        contacts[office.Krause].Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(null, 5)]
    [InlineData("", 5)]
    [InlineData("krause", 2)]
    [InlineData("BÄCKEREI", 1)]
    [InlineData("100%", 1)]
    [InlineData("%", 2)]
    [InlineData("_", 1)]
    [InlineData("\\", 1)]
    [InlineData("a_b", 1)]
    [InlineData("'; --", 0)]
    [InlineData("\0", 0)]
    public async Task Customers_are_found_by_a_part_of_their_name(string? search, int count)
    {
        var office = await Office.OpenAsync(store);
        foreach (var name in (string[])["50 % Krause", "a_b", @"c\d"])
            await office.AppendAsync(Guid.CreateVersion7(), new CustomerRegistered(name));
        var found = await WalkAsync(2, p => store.Customers.CustomersPageAsync(office.Anna, search, p, Cancellation));
        found.Count.ShouldBe(count);
        (await store.Customers.CustomersCountAsync(office.Anna, search, Cancellation)).ShouldBe(count);
    }

    [Fact]
    public async Task A_lone_surrogate_is_in_no_name()
    {
        var office = await Office.OpenAsync(store);
        (await store.Customers.CustomersCountAsync(office.Anna, "\ud800", Cancellation)).ShouldBe(0);
    }

    [Fact]
    public async Task A_contact_lists_the_own_customer_and_another_organisation_none()
    {
        var office = await Office.OpenAsync(store);
        var other = await Office.OpenAsync(store);
        (await store.Customers.CustomersPageAsync(office.Dieter, null, First(10), Cancellation))
            .Nodes()
            .ShouldBe([new CustomerRow(office.Krause, "Bäckerei Krause")]);
        (await store.Customers.CustomersCountAsync(office.Dieter, null, Cancellation)).ShouldBe(1);
        (await store.Customers.CustomersCountAsync(office.Dieter, "Lehmann", Cancellation)).ShouldBe(0);
        (await store.Customers.CustomersPageAsync(other.Anna, null, First(10), Cancellation))
            .Nodes()
            .Select(c => c.Id)
            .ShouldNotContain(office.Krause);
    }
}
