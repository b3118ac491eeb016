using System.Collections.Immutable;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Notifications;
using Messaging.Projections.Notifications;

namespace Messaging.Application.Tests.Notifications;

/// <summary>Each rule of who is told, as a list of who is.</summary>
public sealed class WhoIsToldTests
{
    private static readonly ImmutableHashSet<NotificationKind> s_all = [.. Enum.GetValues<NotificationKind>()];

    private static readonly Colleague s_anna = Colleague("anna", 1);
    private static readonly Colleague s_bernd = Colleague("bernd", 2);
    private static readonly Colleague s_carla = Colleague("carla", 3);
    private static readonly Colleague s_paul = Colleague("paul", 4) with { Role = Role.Auditor };
    private static readonly Colleague s_gone = Colleague("gone", 5) with { Active = false };
    private static readonly CustomerContact s_dieter = new(
        new Guid(6, 0, 0, new byte[8]), "dieter@krause.example", "de", true, s_all, s_all);
    private static readonly CustomerContact s_eva = new(
        new Guid(7, 0, 0, new byte[8]), "eva@krause.example", "en", true, s_all, s_all);
    private static readonly Dictionary<Guid, string> s_names = new()
    {
        [s_anna.Id] = "anna",
        [s_bernd.Id] = "bernd",
        [s_carla.Id] = "carla",
        [s_paul.Id] = "paul",
        [s_gone.Id] = "gone",
        [s_dieter.Id] = "dieter",
        [s_eva.Id] = "eva",
    };

    private static readonly NotificationContext s_facts = new(
        "office@sommer.example", "de", s_bernd.Id, false, [s_anna, s_bernd, s_carla, s_paul, s_gone],
        [s_dieter, s_eva]);

    private static readonly Participant s_byAnna = Participant.Administrator(s_anna.Id);
    private static readonly Participant s_byBernd = Participant.Administrator(s_bernd.Id);
    private static readonly Participant s_byDieter = Participant.Contact(s_dieter.Id);

    [Fact]
    public void A_customers_comment_is_told_to_the_registered_address_and_to_who_is_responsible_in_both_ways() =>
        Told(Comment(s_byDieter), s_byDieter).ShouldBe(
            ["CustomerCommented e-mail office", "CustomerCommented profile bernd", "CustomerCommented e-mail bernd"]);

    [Fact]
    public void Without_a_responsible_administrator_it_is_told_to_the_registered_address_alone() =>
        Told(Comment(s_byDieter), s_byDieter, s_facts with { ResponsibleAdministratorId = null })
            .ShouldBe(["CustomerCommented e-mail office"]);

    [Fact]
    public void Where_the_responsible_administrator_has_left_all_others_are_told_in_their_profiles() =>
        Told(Comment(s_byDieter), s_byDieter, s_facts with { ResponsibleAdministratorId = s_gone.Id })
            .ShouldBe([
                "CustomerCommented e-mail office", "CustomerCommented profile anna", "CustomerCommented profile bernd",
                "CustomerCommented profile carla"
            ]);

    [Fact]
    public void Where_they_have_left_the_flag_still_tells_everybody_once_in_both_ways() =>
        Told(
                Comment(s_byDieter),
                s_byDieter,
                s_facts with
                {
                    ResponsibleAdministratorId = s_gone.Id,
                    NotifyAllAdministrators = true,
                }
            )
            .ShouldBe([
                "CustomerCommented e-mail office", "CustomerCommented profile anna", "CustomerCommented profile bernd",
                "CustomerCommented profile carla", "CustomerCommented e-mail anna", "CustomerCommented e-mail bernd",
                "CustomerCommented e-mail carla"
            ]);

    [Fact]
    public void With_the_flag_a_customers_comment_is_told_to_every_administrator_once() =>
        Told(Comment(s_byDieter), s_byDieter, s_facts with { NotifyAllAdministrators = true })
            .ShouldBe([
                "CustomerCommented e-mail office", "CustomerCommented profile bernd", "CustomerCommented e-mail bernd",
                "CustomerCommented profile anna", "CustomerCommented e-mail anna", "CustomerCommented profile carla",
                "CustomerCommented e-mail carla"
            ]);

    [Fact]
    public void An_offices_comment_is_told_to_the_customers_contacts() =>
        Told(Comment(s_byAnna), s_byAnna)
            .ShouldBe(["AdministratorCommented profile dieter", "AdministratorCommented e-mail dieter", "AdministratorCommented profile eva", "AdministratorCommented e-mail eva"]);

    [Fact]
    public void With_the_flag_an_offices_comment_is_told_to_every_other_administrator_too() =>
        Told(Comment(s_byAnna), s_byAnna, s_facts with { NotifyAllAdministrators = true })
            .ShouldBe([
                "AdministratorCommented profile bernd", "AdministratorCommented e-mail bernd",
                "AdministratorCommented profile carla", "AdministratorCommented e-mail carla",
                "AdministratorCommented profile dieter", "AdministratorCommented e-mail dieter", "AdministratorCommented profile eva", "AdministratorCommented e-mail eva"
            ]);

    [Fact]
    public void An_event_that_the_policy_says_nothing_of_is_named() =>
        Should
            .Throw<UnknownEventException>(() => WhoIsTold.Of(new SomethingNew(), 3, s_byAnna, s_facts))
            .Message.ShouldContain(nameof(SomethingNew));

    [Fact]
    public void An_internal_note_is_told_to_nobody() =>
        Told(Comment(s_byAnna, CommentVisibility.Internal), s_byAnna).ShouldBeEmpty();

    [Fact]
    public void With_the_flag_an_internal_note_is_told_to_the_other_administrators_and_never_to_a_customer() =>
        Told(Comment(s_byAnna, CommentVisibility.Internal), s_byAnna, s_facts with { NotifyAllAdministrators = true })
            .ShouldBe([
                "AdministratorCommented profile bernd", "AdministratorCommented e-mail bernd",
                "AdministratorCommented profile carla", "AdministratorCommented e-mail carla"
            ]);

    [Fact]
    public void A_conversation_that_the_office_starts_is_told_to_the_customers_contacts() =>
        Told(Created(s_byAnna), s_byAnna)
            .ShouldBe(["ConversationCreated profile dieter", "ConversationCreated e-mail dieter", "ConversationCreated profile eva", "ConversationCreated e-mail eva"]);

    [Fact]
    public void With_the_flag_it_is_told_to_every_other_administrator_too() =>
        Told(Created(s_byAnna), s_byAnna, s_facts with { NotifyAllAdministrators = true })
            .ShouldBe([
                "ConversationCreated profile bernd", "ConversationCreated e-mail bernd",
                "ConversationCreated profile carla", "ConversationCreated e-mail carla",
                "ConversationCreated profile dieter", "ConversationCreated e-mail dieter", "ConversationCreated profile eva", "ConversationCreated e-mail eva"
            ]);

    [Fact]
    public void A_conversation_that_a_customer_starts_is_told_to_the_registered_address() =>
        Told(Created(s_byDieter), s_byDieter, s_facts with { ResponsibleAdministratorId = null })
            .ShouldBe(["ConversationCreated e-mail office"]);

    [Fact]
    public void The_message_that_comes_with_a_conversation_is_not_told_a_second_time() =>
        WhoIsTold
            .Of(Comment(s_byDieter), 2, s_byDieter, s_facts with { NotifyAllAdministrators = true })
            .ShouldBeEmpty();

    [Fact]
    public void The_action_tells_every_administrator_but_the_one_who_runs_it() =>
        Told(new AdminsNotified(Guid.CreateVersion7()), s_byAnna)
            .ShouldBe([
                "AdministratorsNotified profile bernd", "AdministratorsNotified e-mail bernd",
                "AdministratorsNotified profile carla", "AdministratorsNotified e-mail carla"
            ]);

    [Fact]
    public void Who_becomes_responsible_is_told_unless_they_did_it_themselves()
    {
        Told(new AdministratorAssigned(s_carla.Id), s_byAnna)
            .ShouldBe(["Assigned profile carla", "Assigned e-mail carla"]);
        Told(new AdministratorAssigned(s_bernd.Id), s_byBernd).ShouldBeEmpty();
    }

    [Fact]
    public void Other_events_are_told_to_nobody()
    {
        ConversationEvent[] others =
        [
            new AdministratorUnassigned(s_bernd.Id),
            new FileAttached(
                Guid.CreateVersion7(), Guid.CreateVersion7(), "a.pdf", "application/pdf", 1, "00", s_byDieter),
        ];
        foreach (var other in others)
            Told(other, s_byAnna, s_facts with { NotifyAllAdministrators = true }).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void That_a_customers_answer_is_awaited_is_told_to_the_contacts_and_answered_where_the_office_wants_it(
        bool wanted, bool told)
    {
        var facts = s_facts with { NotifyAllAdministrators = true, CustomersAreToldAnswered = wanted };
        string[] contacts =
        [
            "StatusChanged profile dieter", "StatusChanged e-mail dieter", "StatusChanged profile eva",
            "StatusChanged e-mail eva",
        ];
        Told(Set(ConversationStatus.Attention), s_byAnna, facts).ShouldBe(contacts);
        Told(Set(ConversationStatus.Answered), s_byAnna, facts).ShouldBe(told ? contacts : []);
        Told(Set(ConversationStatus.Open), s_byAnna, facts).ShouldBeEmpty();
        var reopened = new StatusChanged(
            ConversationStatus.Attention, ConversationStatus.Open, StatusChangeReason.CustomerReplied);
        Told(reopened, s_byDieter, facts).ShouldBeEmpty();
    }

    [Fact]
    public void What_was_set_together_with_a_comment_is_told_to_those_only_whom_the_comment_does_not_tell()
    {
        var set = Set(ConversationStatus.Attention) with { CommentId = Guid.CreateVersion7() };
        Told(set, s_byAnna).ShouldBeEmpty();
        var dieter = s_dieter with { EmailFor = [NotificationKind.StatusChanged] };
        Told(set, s_byAnna, s_facts with { Contacts = [dieter, s_eva] }).ShouldBe(["StatusChanged e-mail dieter"]);
        dieter = s_dieter with { EmailFor = [], InAppFor = [NotificationKind.StatusChanged] };
        Told(set, s_byAnna, s_facts with { Contacts = [dieter, s_eva] }).ShouldBe(["StatusChanged profile dieter"]);
    }

    [Fact]
    public void Preferences_turn_each_way_off_for_a_kind()
    {
        var bernd = s_bernd with { EmailFor = s_all.Remove(NotificationKind.CustomerCommented) };
        Told(Comment(s_byDieter), s_byDieter, s_facts with { Colleagues = [bernd] }).ShouldBe(
            ["CustomerCommented e-mail office", "CustomerCommented profile bernd"]);
        bernd = s_bernd with { InAppFor = [] };
        Told(Comment(s_byDieter), s_byDieter, s_facts with { Colleagues = [bernd] })
            .ShouldBe(["CustomerCommented e-mail office", "CustomerCommented e-mail bernd"]);
        Told(
                Comment(s_byAnna),
                s_byAnna,
                s_facts with
                {
                    Contacts = [s_dieter with { EmailFor = [], InAppFor = [] }, s_eva with { Active = false }],
                }
            )
            .ShouldBeEmpty();
    }

    [Fact]
    public void One_address_gets_one_e_mail_and_the_registered_address_comes_first()
    {
        var shared = s_bernd with { Email = "Office@Sommer.example" };
        Told(Comment(s_byDieter), s_byDieter, s_facts with { Colleagues = [shared] })
            .ShouldBe(["CustomerCommented e-mail office", "CustomerCommented profile bernd"]);
        Told(
                new AdminsNotified(Guid.CreateVersion7()),
                s_byAnna,
                s_facts with
                {
                    Colleagues = [shared, s_carla with { Email = shared.Email }],
                }
            )
            .ShouldBe([
                "AdministratorsNotified profile bernd", "AdministratorsNotified e-mail bernd",
                "AdministratorsNotified profile carla"
            ]);
    }

    [Fact]
    public void Everybody_is_written_to_in_their_own_language() =>
        WhoIsTold
            .Of(Comment(s_byAnna), 3, s_byAnna, s_facts)
            .OfType<EmailNotice>()
            .Select(n => n.Locale)
            .ShouldBe(["de", "en"]);

    private static string[] Told(ConversationEvent @event, Participant actor, NotificationContext? facts = null) =>
        [
            .. WhoIsTold
                .Of(@event, @event is ConversationCreated ? 1 : 3, actor, facts ?? s_facts)
                .Select(notice =>
                    notice switch
                    {
                        ProfileNotice n => $"{n.Kind} profile {s_names[n.PersonId]}",
                        EmailNotice n => $"{n.Kind} e-mail {(n.PersonId is { } person ? s_names[person] : "office")}",
                        _ => throw new ArgumentOutOfRangeException(nameof(@event), notice, "An unknown notice."),
                    }
                ),
        ];

    private static StatusChanged Set(ConversationStatus to) =>
        new(ConversationStatus.Open, to, StatusChangeReason.SetByAdministrator);

    private static CommentAdded Comment(Participant author, CommentVisibility visibility = CommentVisibility.Public) =>
        new(Guid.CreateVersion7(), author, "text", visibility);

    private static ConversationCreated Created(Participant by) =>
        new(Guid.CreateVersion7(), by, "subject", ConversationStatus.Open, null, false);

    private static Colleague Colleague(string name, int id) =>
        new(new Guid(id, 0, 0, new byte[8]), Role.Administrator, $"{name}@sommer.example", "de", true, s_all, s_all);

    private sealed record SomethingNew : ConversationEvent;
}
