using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Messaging.Application.Notifications;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Notifications;
using Messaging.Projections.Notifications;

namespace Messaging.Application.Tests.Notifications;

/// <summary>
/// The table of docs/notifications.md, cell by cell, and what holds beside it. Anna does what the office does, Dieter
/// what the customer does; Bernd is responsible, Carla takes part, Doris is another administrator.
/// </summary>
public sealed class WhoIsToldTests
{
    private static readonly ImmutableHashSet<NotificationKind> s_all = [.. Enum.GetValues<NotificationKind>()];

    private static readonly Colleague s_anna = Colleague("anna", 1);
    private static readonly Colleague s_bernd = Colleague("bernd", 2);
    private static readonly Colleague s_carla = Colleague("carla", 3);
    private static readonly Colleague s_paul = Colleague("paul", 4) with { Role = Role.Auditor };
    private static readonly Colleague s_doris = Colleague("doris", 5);
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
        [s_doris.Id] = "doris",
        [s_dieter.Id] = "dieter",
        [s_eva.Id] = "eva",
    };

    private static readonly NotificationContext s_facts = new(
        "office@sommer.example", "de", s_bernd.Id, false, [s_anna, s_bernd, s_carla, s_paul, s_doris],
        [s_dieter, s_eva])
    {
        TakingPart = [s_anna.Id, s_carla.Id],
    };

    private static readonly NotificationContext s_toAll = s_facts with { NotifyAllAdministrators = true };
    private static readonly NotificationContext s_nobody = s_facts with { ResponsibleAdministratorId = null };
    private static readonly NotificationContext s_left = s_facts with
    {
        Colleagues = [s_anna, s_bernd with { Active = false }, s_carla, s_paul, s_doris],
    };

    private static readonly NotificationContext s_away = s_facts with { ResponsibleIsAway = true };
    private static readonly NotificationContext s_deputy = s_away with { DeputyId = s_doris.Id };

    private static readonly Participant s_byAnna = Participant.Administrator(s_anna.Id);
    private static readonly Participant s_byDieter = Participant.Contact(s_dieter.Id);

    private static readonly StatusChanged s_attention = Set(ConversationStatus.Attention);
    private static readonly StatusChanged s_answered = Set(ConversationStatus.Answered);

    // The rows of the table: what happens, and where.
    private static readonly Dictionary<string, (ConversationEvent Event, Participant By, NotificationContext Facts)>
        s_rows = new()
        {
            ["a customer begins a conversation"] = (Created(s_byDieter), s_byDieter, s_facts),
            ["a customer begins one, nobody is responsible"] = (Created(s_byDieter), s_byDieter, s_nobody),
            ["a customer begins one, all administrators are to be told"] = (Created(s_byDieter), s_byDieter, s_toAll),
            ["a customer comments"] = (Comment(s_byDieter), s_byDieter, s_facts),
            ["a customer comments, nobody is responsible"] = (Comment(s_byDieter), s_byDieter, s_nobody),
            ["a customer comments, who was responsible has left"] = (Comment(s_byDieter), s_byDieter, s_left),
            ["a customer begins one, who is responsible is away and another administrator is their deputy"] = (
                Created(s_byDieter), s_byDieter, s_deputy),
            ["a customer comments, who is responsible is away and another administrator is their deputy"] = (
                Comment(s_byDieter), s_byDieter, s_deputy),
            ["a customer comments, who is responsible is away and nobody is their deputy"] = (
                Comment(s_byDieter), s_byDieter, s_away),
            ["a customer comments, who is responsible is away and their deputy has left"] = (
                Comment(s_byDieter), s_byDieter,
                s_deputy with { Colleagues = [s_anna, s_bernd, s_carla, s_paul, s_doris with { Active = false }] }),
            ["a customer comments, all administrators are to be told"] = (Comment(s_byDieter), s_byDieter, s_toAll),
            ["the office begins a conversation"] = (Created(s_byAnna), s_byAnna, s_facts),
            ["the office begins one, all administrators are to be told"] = (Created(s_byAnna), s_byAnna, s_toAll),
            ["the office comments"] = (Comment(s_byAnna), s_byAnna, s_facts),
            ["the office comments, who was responsible has left"] = (Comment(s_byAnna), s_byAnna, s_left),
            ["the office comments, who is responsible is away and another administrator is their deputy"] = (
                Comment(s_byAnna), s_byAnna, s_deputy),
            ["the office comments, all administrators are to be told"] = (Comment(s_byAnna), s_byAnna, s_toAll),
            ["the office writes a note"] = (Note(s_byAnna), s_byAnna, s_facts),
            ["the office writes a note, who is responsible is away and another administrator is their deputy"] = (
                Note(s_byAnna), s_byAnna, s_deputy),
            ["the office writes a note and mentions another administrator"] = (
                Note(s_byAnna) with { Mentions = [s_doris.Id] }, s_byAnna, s_facts),
            ["the office writes a note and mentions who is responsible"] = (
                Note(s_byAnna) with { Mentions = [s_bernd.Id] }, s_byAnna, s_facts),
            ["the office writes a note, all administrators are to be told"] = (Note(s_byAnna), s_byAnna, s_toAll),
            ["the customer's answer is awaited"] = (s_attention, s_byAnna, s_toAll),
            ["the customer's answer is awaited, set with a comment"] = (
                s_attention with { CommentId = Guid.CreateVersion7() }, s_byAnna, s_toAll),
            ["it is answered"] = (s_answered, s_byAnna, s_toAll),
            ["it is answered, and the office wants that told"] = (
                s_answered, s_byAnna, s_toAll with { CustomersAreToldAnswered = true }),
            ["it is open again"] = (
                Set(ConversationStatus.Open), s_byAnna, s_toAll with { CustomersAreToldAnswered = true }),
            ["a customer's comment opens it again"] = (
                new StatusChanged(
                    ConversationStatus.Attention, ConversationStatus.Open, StatusChangeReason.CustomerReplied),
                s_byDieter, s_toAll),
            ["somebody becomes responsible"] = (new AdministratorAssigned(s_bernd.Id), s_byAnna, s_facts),
            ["somebody becomes responsible who is away and has a deputy"] = (
                new AdministratorAssigned(s_bernd.Id), s_byAnna, s_deputy),
            ["nobody is responsible any more"] = (new AdministratorUnassigned(s_bernd.Id), s_byAnna, s_toAll),
            ["the action notifies the administrators"] = (
                new AdminsNotified(Guid.CreateVersion7()), s_byAnna, s_facts),
            ["a file comes with a comment"] = (
                new FileAttached(
                    Guid.CreateVersion7(), Guid.CreateVersion7(), "a.pdf", "application/pdf", 1, "00", s_byDieter),
                s_byDieter, s_toAll),
            ["a tag is given or taken"] = (new ConversationTagged("Lohn"), s_byAnna, s_toAll),
        };

    // The columns: who stands for each. The contact who acts is Dieter.
    private static readonly Dictionary<string, string> s_columns = new()
    {
        ["registered address"] = "office",
        ["responsible"] = "bernd",
        ["takes part"] = "carla",
        ["other administrators"] = "doris",
        ["contacts"] = "eva",
    };

    /// <summary>What happens, who is looked at, and how they are told of it.</summary>
    public static TheoryData<string, string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string>();
            var (columns, rows) = TableOf(Document());
            foreach (var row in rows)
            {
                for (var i = 1; i < columns.Length - 1; i++) cells.Add(row[0], columns[i], row[i]);
            }

            return cells;
        }
    }

    /// <summary>What happens, and why nobody is told of it.</summary>
    public static TheoryData<string, string> Reasons =>
        [.. TableOf(Document()).Rows.Select(row => new TheoryDataRow<string, string>(row[0], row[^1]))];

    // The cell has the way and the rule: "both: takes part".
    [Theory]
    [MemberData(nameof(Cells))]
    public void A_cell_of_the_table_is_what_the_policy_says(string what, string who, string cell)
    {
        var (@event, by, facts) = s_rows[what];
        var name = s_columns[who];
        var (way, rule) = cell.Split(": ") is [var first, var second] ? (first, second) : (cell, "");
        var told = WhoIsTold.Of(@event, Version(@event), by, facts).Notices
            .Where(notice => Text(notice).EndsWith($" {name}", StringComparison.Ordinal)).ToList();
        var ways = told.Select(notice => Text(notice).Split(' ')[1]).Order().ToArray();
        ways.ShouldBe(
            way switch
            {
                "both" => ["e-mail", "profile"],
                "mail" => ["e-mail"],
                "profile" => ["profile"],
                "–" => [],
                _ => throw new ArgumentOutOfRangeException(nameof(cell), way, "An unknown way."),
            });

        told.Select(notice => Words(notice.Rule)).Distinct().ShouldBe(rule.Length == 0 ? [] : [rule]);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_row_of_the_table_says_why_nobody_is_told(string what, string why)
    {
        var (@event, by, facts) = s_rows[what];
        var said = WhoIsTold.Of(@event, Version(@event), by, facts).WhyNobody;
        (said is { } reason ? Words(reason) : "–").ShouldBe(why);

        // What follows from the event alone is said without a row in the database.
        WhoIsTold.WhyNever(@event, Version(@event), by)
            .ShouldBe(said == NobodyToldReason.NotOfThisKind ? said : null);
    }

    [Fact]
    public void Why_nobody_is_told_depends_on_who_there_is()
    {
        WhoIsTold.Of(Comment(s_byAnna), 2, s_byAnna, s_facts).WhyNobody
            .ShouldBe(NobodyToldReason.ToldWithConversation);
        WhoIsTold.WhyNever(Comment(s_byAnna), 2, s_byAnna).ShouldBe(NobodyToldReason.ToldWithConversation);
        var alone = s_facts with { Colleagues = [s_anna, s_paul], Contacts = [] };
        WhoIsTold.Of(Comment(s_byAnna), 3, s_byAnna, alone).WhyNobody.ShouldBe(NobodyToldReason.NobodyElse);
        WhoIsTold.Of(s_attention, 3, s_byAnna, alone).WhyNobody.ShouldBe(NobodyToldReason.NobodyElse);
        WhoIsTold.Of(new AdministratorAssigned(s_anna.Id), 3, s_byAnna, s_facts).WhyNobody
            .ShouldBe(NobodyToldReason.NobodyElse);
        var deaf = s_eva with { EmailFor = [], InAppFor = [] };
        WhoIsTold.Of(Comment(s_byAnna), 3, s_byAnna, alone with { Contacts = [deaf] }).WhyNobody
            .ShouldBe(NobodyToldReason.TurnedOff);
        WhoIsTold.Of(Comment(s_byAnna), 3, s_byAnna, alone with { Contacts = [deaf, s_dieter] }).WhyNobody
            .ShouldBeNull();
    }

    [Fact]
    public void The_table_has_every_row_and_every_event_of_a_conversation()
    {
        var (columns, rows) = TableOf(Document());
        columns[1..^1].ShouldBe(s_columns.Keys, ignoreOrder: true);
        rows.Select(r => r[0]).ShouldBe(s_rows.Keys, ignoreOrder: true);
        typeof(ConversationEvent).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ConversationEvent)))
            .Except(s_rows.Values.Select(r => r.Event.GetType()))
            .ShouldBe([typeof(ConversationUntagged)]);
    }

    [Fact]
    public void Whoever_did_it_is_told_of_nothing_nor_is_an_auditor()
    {
        foreach (var (@event, by, facts) in s_rows.Values)
        {
            Told(@event, by, facts).ShouldNotContain(t => t.EndsWith($" {s_names[by.Id]}", StringComparison.Ordinal));
            Told(@event, by, facts).ShouldNotContain(t => t.EndsWith(" paul", StringComparison.Ordinal));
        }

        var byBernd = Participant.Administrator(s_bernd.Id);
        Told(new AdministratorAssigned(s_bernd.Id), byBernd).ShouldBeEmpty();
        Told(Created(byBernd), byBernd).ShouldNotContain(t => t.EndsWith(" bernd", StringComparison.Ordinal));
    }

    [Fact]
    public void Nobody_is_told_twice_in_the_same_way()
    {
        foreach (var (@event, by, facts) in s_rows.Values)
        {
            var told = Told(@event, by, facts).Select(t => t[(t.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            told.ShouldBeUnique();
        }
    }

    [Fact]
    public void The_kind_says_why()
    {
        Told(Created(s_byAnna), s_byAnna).ShouldBe([
            "Assigned profile bernd", "Assigned e-mail bernd", "ConversationCreated profile dieter",
            "ConversationCreated e-mail dieter", "ConversationCreated profile eva", "ConversationCreated e-mail eva",
        ]);
        Told(Created(s_byDieter), s_byDieter).ShouldBe([
            "ConversationCreated e-mail office", "ConversationCreated profile bernd",
            "ConversationCreated e-mail bernd",
        ]);
        Told(Comment(s_byDieter), s_byDieter).ShouldBe(
            ["CustomerCommented e-mail office", "CustomerCommented profile bernd", "CustomerCommented e-mail bernd"]);
        Told(Note(s_byAnna), s_byAnna).ShouldBe([
            "AdministratorCommented profile bernd", "AdministratorCommented e-mail bernd",
            "AdministratorCommented profile carla", "AdministratorCommented e-mail carla",
        ]);
        Told(s_attention, s_byAnna, s_facts with { Contacts = [s_eva] })
            .ShouldBe(["StatusChanged profile eva", "StatusChanged e-mail eva"]);
    }

    [Fact]
    public void An_event_that_the_policy_says_nothing_of_is_named() =>
        Should
            .Throw<UnknownEventException>(() => WhoIsTold.Of(new SomethingNew(), 3, s_byAnna, s_facts))
            .Message.ShouldContain(nameof(SomethingNew));

    [Fact]
    public void The_message_that_comes_with_a_conversation_is_not_told_a_second_time() =>
        WhoIsTold.Of(Comment(s_byDieter), 2, s_byDieter, s_toAll).Notices.ShouldBeEmpty();

    [Fact]
    public void Where_who_was_responsible_has_left_the_flag_still_mails_everybody_once() =>
        Told(Comment(s_byDieter), s_byDieter, s_left with { NotifyAllAdministrators = true }).ShouldBe([
            "CustomerCommented e-mail office", "CustomerCommented profile anna", "CustomerCommented profile carla",
            "CustomerCommented profile doris", "CustomerCommented e-mail anna", "CustomerCommented e-mail carla",
            "CustomerCommented e-mail doris",
        ]);

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
                    Colleagues = [],
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
    public void A_deputy_who_may_not_see_it_is_none_and_of_one_who_has_left_nobody_is()
    {
        Told(Comment(s_byDieter), s_byDieter, s_deputy with { Colleagues = [s_anna, s_bernd, s_carla] }).ShouldBe([
            "CustomerCommented e-mail office", "CustomerCommented profile bernd", "CustomerCommented e-mail bernd",
            "CustomerCommented profile anna", "CustomerCommented profile carla",
        ]);
        var left = s_deputy with { Colleagues = [s_anna, s_bernd with { Active = false }, s_doris] };
        Told(Comment(s_byDieter), s_byDieter, left).ShouldBe([
            "CustomerCommented e-mail office", "CustomerCommented profile anna", "CustomerCommented profile doris",
        ]);
        Told(Note(s_byAnna), s_byAnna, left with { TakingPart = [] }).ShouldBeEmpty();

        // Who stands in and writes it is not told of it, nor is anybody else then.
        var byDoris = Participant.Administrator(s_doris.Id);
        Told(Note(byDoris), byDoris, s_deputy with { TakingPart = [] })
            .ShouldBe(["AdministratorCommented profile bernd", "AdministratorCommented e-mail bernd"]);
    }

    [Fact]
    public void Of_those_who_are_mentioned_nobody_is_told_who_wrote_it_left_audits_sees_nothing_of_it_or_turned_it_off()
    {
        var nowhere = Colleague("nowhere", 8);
        var carla = s_carla with { Active = false };
        var doris = s_doris with { EmailFor = [], InAppFor = s_all.Remove(NotificationKind.AdministratorCommented) };
        var facts = s_facts with { Colleagues = [s_anna, carla, s_paul, doris], TakingPart = [] };
        var note = Note(s_byAnna) with { Mentions = [s_anna.Id, carla.Id, s_paul.Id, nowhere.Id, doris.Id] };
        Told(note, s_byAnna, facts).ShouldBeEmpty();
        WhoIsTold.Of(note, 3, s_byAnna, facts).WhyNobody.ShouldBe(NobodyToldReason.TurnedOff);
    }

    [Fact]
    public void Everybody_is_written_to_in_their_own_language() =>
        WhoIsTold
            .Of(Comment(s_byAnna), 3, s_byAnna, s_facts with { Colleagues = [] })
            .Notices.OfType<EmailNotice>()
            .Select(n => n.Locale)
            .ShouldBe(["de", "en"]);

    private static string[] Told(ConversationEvent @event, Participant actor, NotificationContext? facts = null) =>
        [.. WhoIsTold.Of(@event, Version(@event), actor, facts ?? s_facts).Notices.Select(Text)];

    private static int Version(ConversationEvent @event) => @event is ConversationCreated ? 1 : 3;

    private static string Text(Notice notice) => notice switch
    {
        ProfileNotice n => $"{n.Kind} profile {s_names[n.PersonId]}",
        EmailNotice n => $"{n.Kind} e-mail {(n.PersonId is { } person ? s_names[person] : "office")}",
        _ => throw new ArgumentOutOfRangeException(nameof(notice), notice, "An unknown notice."),
    };

    private static string Words<T>(T name)
        where T : struct, Enum =>
        string.Concat(name.ToString().Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : " ") + char.ToLowerInvariant(c)
            : c.ToString()));

    private static string Document([CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/notifications.md"));

    private static (string[] Columns, List<string[]> Rows) TableOf(string document)
    {
        var lines = document.Split('\n').Where(l => l.StartsWith('|')).Select(CellsOf).ToList();
        return (lines[0], lines.GetRange(2, lines.Count - 2));

        static string[] CellsOf(string line) => [.. line.Trim().Trim('|').Split('|').Select(c => c.Trim())];
    }

    private static StatusChanged Set(ConversationStatus to) =>
        new(ConversationStatus.Open, to, StatusChangeReason.SetByAdministrator);

    private static CommentAdded Comment(Participant author, CommentVisibility visibility = CommentVisibility.Public) =>
        new(Guid.CreateVersion7(), author, "text", visibility);

    private static CommentAdded Note(Participant author) => Comment(author, CommentVisibility.Internal);

    private static ConversationCreated Created(Participant by) =>
        new(Guid.CreateVersion7(), by, "subject", ConversationStatus.Open, null, false);

    private static Colleague Colleague(string name, int id) =>
        new(new Guid(id, 0, 0, new byte[8]), Role.Administrator, $"{name}@sommer.example", "de", true, s_all, s_all);

    private sealed record SomethingNew : ConversationEvent;
}
