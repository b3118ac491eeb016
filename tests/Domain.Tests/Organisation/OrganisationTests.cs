using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Organisation;

public sealed class OrganisationTests
{
    private static readonly RegisterOrganisation s_register = new(
        "Kanzlei Sommer", "buchhaltung@kanzlei-sommer.example", "de", "Europe/Berlin");
    private static readonly UpdateSettings s_nothing = new(null, null, null, null, null);

    [Fact]
    public void The_product_sets_an_office_up_once()
    {
        AnOrganisation()
            .When(Product, s_register)
            .Then(
                new OrganisationRegistered(
                    "Kanzlei Sommer", "buchhaltung@kanzlei-sommer.example", "de", "Europe/Berlin")
            );
        Registered().When(Product, s_register).ThenRefused(new OrganisationExists());
    }

    [Fact]
    public void Nobody_signed_in_sets_an_office_up()
    {
        foreach (Actor actor in (Actor[])[Anna, Bernd, Auditor, Dieter])
        {
            AnOrganisation().When(actor, s_register).ThenRefused(new OnlyTheSystemRegisters());
            Registered().When(actor, s_register).ThenRefused(new OnlyTheSystemRegisters());
        }
    }

    [Fact]
    public void What_an_office_is_set_up_with_is_checked()
    {
        AnOrganisation().When(Product, s_register with { Name = " " }).ThenRefused(new TextIsEmpty("name"));
        AnOrganisation()
            .When(Product, s_register with { NotificationEmail = "nobody" })
            .ThenRefused(new EmailIsIllFormed("notificationEmail"));
        AnOrganisation().When(Product, s_register with { Locale = "fr" }).ThenRefused(new LocaleIsUnknown());
        AnOrganisation().When(Product, s_register with { TimeZone = "Berlin" }).ThenRefused(new TimeZoneIsUnknown());
    }

    [Fact]
    public void An_owner_changes_each_setting_by_an_event_of_its_own()
    {
        Registered()
            .When(Anna, s_nothing with { Name = "Sommer & Winter" })
            .Then(new OrganisationRenamed("Sommer & Winter"));
        Registered()
            .When(Anna, s_nothing with { NotificationEmail = "post@kanzlei-sommer.example" })
            .Then(new NotificationEmailRegistered("post@kanzlei-sommer.example"));
        Registered().When(Anna, s_nothing with { Locale = "en" }).Then(new LocaleChosen("en"));
        Registered()
            .When(Anna, s_nothing with { TimeZone = "Europe/Vienna" })
            .Then(new TimeZoneChosen("Europe/Vienna"));
        Registered()
            .When(Anna, s_nothing with { CustomersMayStartConversations = true })
            .Then(new CustomerConversationsAllowed());
        Registered(new CustomerConversationsAllowed())
            .When(Anna, s_nothing with { CustomersMayStartConversations = false })
            .Then(new CustomerConversationsDisallowed());
        Registered().When(Anna, s_nothing with { CustomersAreToldAnswered = true }).Then(new AnsweredTold());
        Registered().When(Anna, s_nothing with { CustomersAreToldAnswered = false }).ThenNothing();
        Registered(new AnsweredTold())
            .When(Anna, s_nothing with { CustomersAreToldAnswered = false })
            .Then(new AnsweredNoLongerTold());
        Registered()
            .When(Anna, s_nothing with { MailContent = MailContent.None })
            .Then(new MailContentChosen(MailContent.None));
        Registered(new MailContentChosen(MailContent.None))
            .When(Anna, s_nothing with { MailContent = MailContent.None })
            .ThenNothing();
    }

    [Fact]
    public void All_settings_change_at_once_or_none()
    {
        var all = new UpdateSettings("Sommer & Winter", "post@kanzlei-sommer.example", "en", "Europe/Vienna", true);
        Registered()
            .When(Anna, all)
            .Then(
                new OrganisationRenamed("Sommer & Winter"),
                new NotificationEmailRegistered("post@kanzlei-sommer.example"), new LocaleChosen("en"),
                new TimeZoneChosen("Europe/Vienna"), new CustomerConversationsAllowed());
        Registered().When(Anna, all with { TimeZone = "Mars/Olympus" }).ThenRefused(new TimeZoneIsUnknown());
    }

    [Fact]
    public void Settings_as_they_are_append_nothing()
    {
        Registered().When(Anna, s_nothing).ThenNothing();
        Registered()
            .When(
                Anna,
                new UpdateSettings("Kanzlei Sommer", "buchhaltung@kanzlei-sommer.example", "de", "Europe/Berlin", false)
            )
            .ThenNothing();
    }

    [Fact]
    public void A_state_has_the_latest_of_each_setting()
    {
        var scenario = Registered()
            .After(
                Anna,
                new UpdateSettings("Sommer & Winter", "post@kanzlei-sommer.example", "en", "Europe/Vienna", true));
        scenario.State.ShouldBe(
            new OrganisationState(
                OrganisationId, 6, "Sommer & Winter", "post@kanzlei-sommer.example", "en", "Europe/Vienna", true)
        );
    }

    [Fact]
    public void Only_owners_change_settings()
    {
        foreach (Actor actor in (Actor[])[Bernd, Auditor, Dieter, Product])
        {
            Registered().When(actor, s_nothing with { Name = "Meins" }).ThenRefused(new OnlyOwnersChangeSettings());
            Registered().When(actor, s_nothing).ThenRefused(new OnlyOwnersChangeSettings());
        }

        AnOrganisation().When(Anna, s_nothing).ThenRefused(new OrganisationNotFound());
    }

    [Fact]
    public void A_name_is_one_line_of_1_to_200_characters()
    {
        Registered().When(Anna, s_nothing with { Name = new string('ß', 200) }).ThenAccepted();
        Registered()
            .When(Anna, s_nothing with { Name = new string('ß', 201) })
            .ThenRefused(new TextIsTooLong("name", 201, 200));
        Registered().When(Anna, s_nothing with { Name = "" }).ThenRefused(new TextIsEmpty("name"));
        Registered().When(Anna, s_nothing with { Name = "a\nb" }).ThenRefused(new TextHasControlCharacter("name", 1));
    }

    [Theory]
    [InlineData("DE")]
    [InlineData("de-DE")]
    [InlineData("")]
    [InlineData("de\0")]
    public void A_locale_is_german_or_english(string locale) =>
        Registered().When(Anna, s_nothing with { Locale = locale }).ThenRefused(new LocaleIsUnknown());

    [Theory]
    [InlineData("UTC")]
    [InlineData("Etc/UTC")]
    [InlineData("Etc/GMT+1")]
    [InlineData("America/Argentina/Buenos_Aires")]
    [InlineData("America/Port-au-Prince")]
    [InlineData("Asia/Kolkata")]
    public void A_time_zone_is_an_iana_id(string id) =>
        Registered().When(Anna, s_nothing with { TimeZone = id }).Then(new TimeZoneChosen(id));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("europe/berlin")]
    [InlineData("EUROPE/BERLIN")]
    [InlineData("Europe/berlin")]
    [InlineData("utc")]
    [InlineData("Utc")]
    [InlineData(" Europe/Berlin")]
    [InlineData("Europe/Berlin\n")]
    [InlineData("Europe/Berlin/")]
    [InlineData("Europe//Berlin")]
    [InlineData("Europe/../Europe/Berlin")]
    [InlineData("./Europe/Berlin")]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("/usr/share/zoneinfo/Europe/Berlin")]
    [InlineData("posix/Europe/Berlin")]
    [InlineData("right/Europe/Berlin")]
    [InlineData("localtime")]
    [InlineData("zone.tab")]
    [InlineData("Europe")]
    [InlineData("Mars/Olympus")]
    [InlineData("W. Europe Standard Time")]
    [InlineData("GMT+1")]
    public void Anything_else_is_no_time_zone(string id) =>
        Registered().When(Anna, s_nothing with { TimeZone = id }).ThenRefused(new TimeZoneIsUnknown());

    [Fact]
    public void Strange_text_is_no_time_zone_and_no_fault()
    {
        string[] strange =
        [
            "Europe/Berlin\0", "\0", "Europe/\ud800", "Europe/" + new string('B', 100_000), "Europe/Bérlin",
            "Ｅurope/Berlin"
        ];
        foreach (var id in strange)
            Registered().When(Anna, s_nothing with { TimeZone = id }).ThenRefused(new TimeZoneIsUnknown());
    }

    [Fact]
    public void An_owner_requires_a_second_factor_who_has_one()
    {
        var from = new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
        Registered().When(Anna, new RequireSecondFactor(from, true)).Then(new SecondFactorRequired(from));
        Registered().When(Anna, new RequireSecondFactor(from, false)).ThenRefused(new RequiresWhatOneHas());
        foreach (Actor actor in (Actor[])[Bernd, Dieter, Product])
        {
            Registered().When(actor, new RequireSecondFactor(from, true)).ThenRefused(new OnlyOwnersChangeSettings());
            Registered().When(actor, new RequireSecondFactor(null, true)).ThenRefused(new OnlyOwnersChangeSettings());
        }

        Registered().When(Anna, new RequireSecondFactor(null, false)).Then();
        Registered(new SecondFactorRequired(from)).When(Anna, new RequireSecondFactor(from, true)).Then();
        Registered(new SecondFactorRequired(from))
            .When(Anna, new RequireSecondFactor(null, false))
            .Then(new SecondFactorNoLongerRequired());
    }
}
