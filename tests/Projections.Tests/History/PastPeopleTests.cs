using System.Text.Json;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Messaging.Projections.History;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.History;

/// <summary>People and customers in a view of the past are as they were then.</summary>
public sealed class PastPeopleTests(Store store) : IClassFixture<Store>
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task People_at_every_version_are_as_they_were_live(int seed)
    {
        var random = new Random(seed);
        var office = await Office.OpenAsync(store);
        List<Guid> administrators = [office.Anna.Actor.Id, office.Bernd.Actor.Id, office.Paul.Actor.Id];
        List<Guid> contacts = [office.Dieter.Actor.Id, office.Eva.Actor.Id, office.Frank.Actor.Id];
        Guid[] customers = [office.Krause, office.Lehmann];
        office.Now = office.Now.AddMinutes(1);
        var id = await office.ConverseAsync();
        var live = new List<string> { "", await LiveAsync() };
        live.Add(live[^1]);
        for (var version = 3; version <= 40; version++)
        {
            for (var n = random.Next(4); n > 0; n--) await ChangeAsync();
            office.Now = office.Now.AddMicroseconds(random.Next(1, 3));
            await office.AppendAsync(id, new AdminsNotified(Guid.CreateVersion7()));
            live.Add(await LiveAsync());
        }

        var moments = Enumerable.Range(1, 40).Select(v => new PastMoment(id, v, null)).ToList();
        var then = await store.Past.AsOfAsync(office.Paul, moments, Cancellation);
        var at = moments.Select(m => then[m].At).ToList();
        var people = new PastPeople(store.Database);
        var pastAdministrators = await people.AdministratorsAsync(office.Paul, Keys(administrators), Cancellation);
        var pastContacts = await people.ContactsAsync(office.Paul, Keys(contacts), Cancellation);
        var pastCustomers = await people.CustomersAsync(office.Paul, Keys(customers), Cancellation);
        var contactsOf = await people.ContactsOfAsync(office.Paul, Keys(customers), Cancellation);
        for (var version = 1; version <= 40; version++)
        {
            var instant = at[version - 1];
            var inside = contactsOf.Where(c => c.Key.At == instant).ToDictionary(c => c.Key.Id, c => c.Value);
            Text(
                administrators.Select(p => pastAdministrators[new PastKey(p, instant)]),
                inside.Values.SelectMany(c => c).OrderBy(c => c.Id)
                    .Select(c => pastContacts[new PastKey(c.Id, instant)]),
                customers.Select(c => pastCustomers[new PastKey(c, instant)]),
                customers.Select(c => inside[c]))
                .ShouldBe(live[version], $"seed {seed}, version {version}");
        }

        live.Distinct().Count().ShouldBeGreaterThan(20);

        HashSet<PastKey> Keys(IEnumerable<Guid> ids) => [.. ids.SelectMany(i => at.Select(a => new PastKey(i, a)))];

        async Task<string> LiveAsync()
        {
            var (office1, customers1) = (store.Organisation, store.Customers);
            var staff = await office1.AdministratorsByIdsAsync(office.Paul, administrators, Cancellation);
            var writers = await customers1.ContactsByIdsAsync(office.Paul, contacts, Cancellation);
            var companies = await customers1.CustomersByIdsAsync(office.Paul, customers, Cancellation);
            var of = await customers1.ContactsByCustomerIdsAsync(office.Paul, customers, Cancellation);
            return Text(
                administrators.Select(p => staff[p]), writers.Values.OrderBy(c => c.Id),
                customers.Select(c => companies[c]), customers.Select(c => of[c]));
        }

        async Task ChangeAsync()
        {
            office.Now = office.Now.AddMicroseconds(random.Next(1, 3));
            var (administrator, contact, customer) = (Any(administrators), Any(contacts), Any(customers));
            var name = $"Name {random.Next(1000)}";
            var (stream, happened) = random.Next(18) switch
            {
                0 or 1 => (administrator, (object)new AdministratorRenamed(name)),
                2 => (administrator, new AdministratorDeactivated()),
                3 => (administrator, new AdministratorReactivated($"{random.Next(99)}@neu.example", "de")),
                4 => (administrator, new AdministratorRoleChanged(
                    (Role)random.Next(2), random.Next(2) == 0)),
                5 => (administrator, new AdministratorLimited([office.Krause], ["Lohn"])),
                6 => (administrator, new AdministratorJoined()),
                7 or 8 => (contact, new ContactRenamed(name)),
                9 => (contact, new ContactDeactivated()),
                10 => (contact, new ContactReactivated($"{random.Next(99)}@neu.example", "en")),
                11 => (contact, new ContactEmailChangeAsked("neu@x.example", "alt@x.example", "de", true)),
                12 => (contact, new ContactEmailChanged($"{random.Next(99)}@anders.example", "alt@x.example", "de")),
                13 => (New(), random.Next(2) == 0
                    ? new ContactInvited(customer, name, $"{random.Next(9999)}@neu.example", "de")
                    : new ContactAdded(customer, name, $"{random.Next(9999)}@neu.example", "de")),
                14 => (customer, new CustomerRenamed(name)),
                15 => (customer, new CustomerNoted(random.Next(3) == 0 ? null : name)),
                16 => (customer, new DefaultAdministratorAssigned(administrator)),
                _ => (customer, random.Next(2) == 0
                    ? new CustomerEnded(new DateOnly(2020, 1, 1), new DateTimeOffset(2020, 1, 1, 0, 0, 0, default))
                    : new CustomerResumed()),
            };
            await office.AppendAsync(stream, happened);
        }

        Guid New()
        {
            contacts.Add(Guid.CreateVersion7());
            return contacts[^1];
        }

        Guid Any(IReadOnlyList<Guid> ids) => ids[random.Next(ids.Count)];
    }

    [Fact]
    public async Task Who_was_entered_later_is_as_they_were_at_first()
    {
        var office = await Office.OpenAsync(store);
        var start = office.Now;
        office.Now = start.AddHours(1);
        await office.AppendAsync(office.Dieter.Actor.Id, new ContactRenamed("Dieter Krause-Neumann"));
        var key = new PastKey(office.Dieter.Actor.Id, start.AddYears(-1));
        var people = new PastPeople(store.Database);
        (await people.ContactsAsync(office.Anna, [key], Cancellation))[key].DisplayName.ShouldBe("Dieter Krause");
        var customer = new PastKey(office.Krause, start.AddYears(-1));
        (await people.ContactsOfAsync(office.Anna, [customer], Cancellation))[customer].ShouldBeEmpty();
    }

    [Fact]
    public async Task The_past_of_customers_that_somebody_is_not_given_stays_hidden_from_them()
    {
        var office = await Office.OpenAsync(store);
        await office.AppendAsync(office.Bernd.Actor.Id, new AdministratorLimited([office.Lehmann], []));
        var bernd = office.Bernd with { IsLimited = true };
        var people = new PastPeople(store.Database);
        PastKey Now(Guid id) => new(id, office.Now);
        (await people.CustomersAsync(bernd, [Now(office.Krause), Now(office.Lehmann)], Cancellation)).Keys
            .ShouldBe([Now(office.Lehmann)]);
        (await people.ContactsAsync(bernd, [Now(office.Dieter.Actor.Id), Now(office.Frank.Actor.Id)], Cancellation))
            .Keys.ShouldBe([Now(office.Frank.Actor.Id)]);
        var of = await people.ContactsOfAsync(bernd, [Now(office.Krause), Now(office.Lehmann)], Cancellation);
        (of[Now(office.Krause)].Count, of[Now(office.Lehmann)].Count).ShouldBe((0, 1));
        await Should.ThrowAsync<InvalidOperationException>(
            people.AdministratorsAsync(office.Dieter, [Now(office.Anna.Actor.Id)], Cancellation));
    }

    private static string Text(params object[] rows) =>
        string.Join('\n', rows.Select(r => JsonSerializer.Serialize(r)));
}
