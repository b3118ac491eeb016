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
                    office.Dieter.Actor.Id, office.Krause, "Dieter Krause", "dieter@krause.example", "de", true, false,
                    new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero)),
                new ContactRow(
                    office.Eva.Actor.Id, office.Krause, "Eva Krause", "eva@krause.example", "en", true, false,
                    new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero)),
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
        var found = await WalkAsync(
            2, p => store.Customers.CustomersPageAsync(office.Anna, search, null, p, Cancellation));
        found.Count.ShouldBe(count);
        (await store.Customers.CustomersCountAsync(office.Anna, search, null, Cancellation)).ShouldBe(count);
    }

    [Fact]
    public async Task Customers_are_found_by_number_contact_and_address_and_by_their_tags()
    {
        var office = await Office.OpenAsync(store);
        await office.AppendAsync(
            office.Krause, new CustomerRenamed("Brotwerk"), new CustomerNumbered("M-4711"),
            new CustomerNoted("Ruft an"),
            new CustomerTagged("Lohn"), new CustomerTagged("VIP"), new CustomerUntagged("Lohn"),
            new DefaultAdministratorAssigned(office.Bernd.Actor.Id),
            new CustomerEnded(new DateOnly(2020, 2, 29), new DateTimeOffset(2020, 2, 28, 23, 0, 0, TimeSpan.Zero)));
        foreach (
            var (search, tag, found) in ((string?, string?, bool)[])
                [
                    ("brotw", null, true), ("bäckerei", null, false), ("4711", null, true), ("m 47", null, true),
                    ("4712", null, false), ("eva krause", null, true), ("dieter@krause.example", null, true),
                    ("eter@kra", null, true), ("frank", null, false), (null, "vip", true), (null, "Lohn", false),
                    ("4711", "VIP", true), ("4712", "VIP", false), (null, "'; --", false), (null, "\ud800", false)
                ]
        )
        {
            var page = await store.Customers.CustomersPageAsync(office.Anna, search, tag, First(10), Cancellation);
            page.Nodes().Any(c => c.Id == office.Krause).ShouldBe(found, $"{search} {tag}");
            (await store.Customers.CustomersCountAsync(office.Anna, search, tag, Cancellation)).ShouldBe(
                page.Nodes().Count(), $"{search} {tag}");
        }

        var krause = await KrauseAsync(office);
        (krause.Name, krause.Number, krause.Notes, krause.DefaultAdministratorId, krause.EndedOn, krause.HasEnded)
            .ShouldBe(("Brotwerk", "M-4711", "Ruft an", office.Bernd.Actor.Id, new DateOnly(2020, 2, 29), true));
        krause.Tags.ShouldBe(["VIP"]);
        await office.AppendAsync(
            office.Krause, new CustomerResumed(), new CustomerNumbered(null), new CustomerNoted(null),
            new DefaultAdministratorAssigned(null));
        krause = await KrauseAsync(office);
        (krause.Number, krause.Notes, krause.DefaultAdministratorId, krause.EndedOn, krause.HasEnded)
            .ShouldBe((null, null, null, null, false));
        (await store.Customers.CustomersCountAsync(office.Anna, "4711", null, Cancellation)).ShouldBe(0);
    }

    [Fact]
    public async Task A_lone_surrogate_is_in_no_name()
    {
        var office = await Office.OpenAsync(store);
        (await store.Customers.CustomersCountAsync(office.Anna, "\ud800", null, Cancellation)).ShouldBe(0);
    }

    [Fact]
    public async Task A_contact_lists_the_own_customer_and_another_organisation_none()
    {
        var office = await Office.OpenAsync(store);
        var other = await Office.OpenAsync(store);
        (await store.Customers.CustomersPageAsync(office.Dieter, null, null, First(10), Cancellation))
            .Nodes()
            .ShouldBe([new CustomerRow(office.Krause, "Bäckerei Krause")]);
        (await store.Customers.CustomersCountAsync(office.Dieter, null, null, Cancellation)).ShouldBe(1);
        (await store.Customers.CustomersCountAsync(office.Dieter, "Lehmann", null, Cancellation)).ShouldBe(0);
        (await store.Customers.CustomersPageAsync(other.Anna, null, null, First(10), Cancellation))
            .Nodes()
            .Select(c => c.Id)
            .ShouldNotContain(office.Krause);
    }

    private async Task<CustomerRow> KrauseAsync(Office office) =>
        (await store.Customers.CustomersByIdsAsync(office.Anna, [office.Krause], Cancellation))[office.Krause];
}
