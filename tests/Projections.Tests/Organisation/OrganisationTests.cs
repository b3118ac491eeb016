using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.Projections.Organisation;
using Messaging.Projections.Tests.Support;

namespace Messaging.Projections.Tests.Organisation;

public sealed class OrganisationTests(Store store) : IClassFixture<Store>
{
    [Fact]
    public async Task The_organisation_is_as_its_settings_say()
    {
        var office = await Office.OpenAsync(store);
        await office.AppendAsync(
            office.Id, new OrganisationRenamed("Kanzlei Herbst"),
            new NotificationEmailRegistered("post@herbst.example"), new LocaleChosen("en"),
            new TimeZoneChosen("Europe/Vienna"), new CustomerConversationsAllowed());
        var expected = new OrganisationRow(
            office.Id, "Kanzlei Herbst", "post@herbst.example", "en", "Europe/Vienna", true);
        (await store.Organisation.OrganisationAsync(office.Anna, Cancellation)).ShouldBe(expected);
        (await store.Organisation.OrganisationAsync(office.Dieter, Cancellation)).ShouldBe(expected);
        var stranger = new Caller(Guid.NewGuid().ToString(), office.Anna.Actor);
        (await store.Organisation.OrganisationAsync(stranger, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task The_office_is_listed_by_name_and_shown_to_itself_only()
    {
        var office = await Office.OpenAsync(store);
        await office.AppendAsync(office.Bernd.Actor.Id, new AdministratorJoined(), new AdministratorDeactivated());
        var twin = Guid.CreateVersion7();
        await office.AppendAsync(
            twin, new AdministratorInvited("Anna Sommer", "anna2@sommer.example", Role.Administrator, false, "de"));

        foreach (var caller in (Caller[])[office.Anna, office.Paul])
        {
            var listed = await WalkAsync(1, p => store.Organisation.AdministratorsPageAsync(caller, p, Cancellation));
            listed.Select(a => a.DisplayName).ShouldBe(["Anna Sommer", "Anna Sommer", "Bernd Winter", "Paul Prüfer"]);
            listed.Select(a => a.Active).ShouldBe([true, true, false, true]);
            (await store.Organisation.AdministratorsCountAsync(caller, Cancellation)).ShouldBe(4);
        }

        (await store.Organisation.AdministratorsPageAsync(office.Dieter, First(10), Cancellation))
            .Items.ShouldBeEmpty();
        (await store.Organisation.AdministratorsCountAsync(office.Dieter, Cancellation)).ShouldBe(0);

        var byIds = await store.Organisation.AdministratorsByIdsAsync(
            office.Dieter, [office.Anna.Actor.Id, office.Paul.Actor.Id, office.Dieter.Actor.Id], Cancellation);
        byIds.Count.ShouldBe(2);
        byIds[office.Anna.Actor.Id]
            .ShouldBe(
                new AdministratorRow(
                    office.Anna.Actor.Id, "Anna Sommer", "anna@sommer.example", Role.Administrator, true, "de", true,
                    false, new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero))
            );
        byIds[office.Paul.Actor.Id].Role.ShouldBe(Role.Auditor);
        var other = await Office.OpenAsync(store);
        (await store.Organisation.AdministratorsByIdsAsync(other.Anna, [office.Anna.Actor.Id], Cancellation))
            .ShouldBeEmpty();
    }
}
