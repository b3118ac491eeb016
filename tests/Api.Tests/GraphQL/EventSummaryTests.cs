using System.Collections.Immutable;
using System.Reflection;
using Messaging.Api.GraphQL.History;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.History;
using Messaging.Domain.Organisation;
using Messaging.Projections.History;
using Messaging.Projections.Storage;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>Events are told as sentences, which say whom and what they are about, and never by the name of a
/// class.</summary>
public sealed class EventSummaryTests
{
    // What happens to the office itself, or to the conversation that one reads, and names nothing else.
    private static readonly string[] s_nameNothing =
    [
        "comment_added", "admins_notified", "customer_conversations_allowed", "customer_conversations_disallowed",
        "answered_told", "answered_no_longer_told", "second_factor_no_longer_required", "organisation_deactivated",
        "organisation_reactivated", "personal_times_hidden", "personal_times_shown",
        "checkpoint_key_changed",
    ];

    private static readonly Guid s_stream = Guid.CreateVersion7();

    public static TheoryData<string> Events => [.. EventNames.All.Keys.Order()];

    [Theory]
    [MemberData(nameof(Events))]
    public void Every_event_has_a_sentence_in_both_languages_which_names_whom_and_what(string name)
    {
        var type = EventNames.All[name];
        var @event = Some(type);
        var (german, english) = (Told(@event, "de"), Told(@event, "en"));
        german.ShouldNotContain(type.Name);
        english.ShouldNotContain(type.Name);
        german.ShouldNotBe(english);
        english.Split(' ').Length.ShouldBeGreaterThan(2);
        foreach (var sentence in (string[])[german, english])
        {
            if (s_nameNothing.Contains(name)) continue;

            // A value of the event, or a name that it does not have itself.
            string[] values =
            [
                .. type.GetProperties().SelectMany(p => Values(p.GetValue(@event))),
                .. EventSummary.NamesIn(@event, s_stream).Select(Name),
            ];
            values.Any(v => sentence.Contains(v, StringComparison.Ordinal)).ShouldBeTrue(sentence);
            foreach (var asked in EventSummary.NamesIn(@event, s_stream).Where(n => n.Id != s_stream))
                sentence.ShouldContain(Name(asked));
        }
    }

    [Fact]
    public void Whom_and_what_the_sentences_name_is_who_and_what_it_was()
    {
        var carla = Guid.CreateVersion7();
        Told(new AdministratorAssigned(carla), "de").ShouldBe($"Zuständigkeit an Administrator {carla} übergeben");
        Told(new NotificationEmailRegistered("b@kanzlei.example"), "de")
            .ShouldBe($"Registrierte Adresse von AddressBefore {s_stream} auf b@kanzlei.example geändert");
        Told(new AdministratorRenamed("Carla Herbst"), "en")
            .ShouldBe($"Renamed “NameBefore {s_stream}” to “Carla Herbst”");
        Guid[] many = [.. Enumerable.Range(0, 5).Select(_ => Guid.CreateVersion7())];
        Told(new AdministratorLimited([.. many], ["Lohn"]), "de").ShouldBe(
            $"Administrator {s_stream} auf Kunden beschränkt: Customer {many[0]}, Customer {many[1]}, "
                + $"Customer {many[2]}, 2 weitere; Schlagwörter Lohn");

        Told(new AuditorScoped(new DateTimeOffset(2026, 12, 31, 23, 0, 0, default)), "de")
            .ShouldBe($"Zugang von Administrator {s_stream} endet am 31.12.2026, 23:00 UTC");

        var about = AccessSubject.Contact(carla, null);
        Told(new SignedIn(about, AccessProof.Password, carla), "de").ShouldBe($"Contact {carla} hat sich angemeldet");
        Told(new SignInFailed(about, AccessStep.Password, 7), "en")
            .ShouldBe($"7 sign-ins as Contact {carla} failed, the last one: wrong password");
        Told(new MailSent(AccessSubject.Organisation(carla), "Invitation", "<1@b>", []), "de")
            .ShouldBe("E-Mail an die Kanzlei verschickt: Einladung");
        Told(new MailFailed(about, "Telegramm", []), "en")
            .ShouldBe($"A mail to Contact {carla} could not be delivered: Telegramm");

        // What the viewer may not know has no name.
        new EventSummary(s_stream, "de", _ => null)
            .Of(new AdministratorAssigned(carla))
            .ShouldBe("Zuständigkeit an … übergeben");
    }

    [Fact]
    public void An_event_of_a_later_version_is_told_by_its_type() =>
        Told(new UnknownEvent("moon_landed"), "de").ShouldContain("moon_landed");

    [Fact]
    public void An_event_without_a_sentence_is_named() =>
        Should
            .Throw<UnknownEventException>(() => Told(new SomethingNew(), "de"))
            .Message.ShouldContain(nameof(SomethingNew));

    private static string Told(object @event, string locale) =>
        new EventSummary(s_stream, locale, Name).Of(@event);

    private static string Name(SummaryName name) => $"{name.Kind} {name.Id}";

    private static ImmutableArray<string> Values(object? value) => value switch
    {
        "de" => ["Deutsch", "German"],
        string text => [text],
        int number => [$"{number}"],
        DateOnly day => [$"{day:dd.MM.yyyy}", $"{day:yyyy-MM-dd}"],
        DateTimeOffset at => [$"{at:dd.MM.yyyy}", $"{at:yyyy-MM-dd}"],
        ImmutableArray<string> texts => texts,
        ConversationStatus.Answered => ["beantwortet", "answered"],
        ImmutableArray<OfficeHours> => ["08:00–17:00"],
        ImmutableArray<DateOnly> days => [$": {days.Length}"],
        Land.Thueringen => ["Thüringen"],
        MailContent.None => ["keine mit Inhalt", "none have it"],
        _ => [],
    };

    private static object Some(Type type)
    {
        var constructor = type.GetConstructors().Single(c => c.GetParameters() is not [var one]
            || one.ParameterType != type);
        return constructor.Invoke([.. constructor.GetParameters().Select(p => SomeValue(p))]);
    }

    private static object? SomeValue(ParameterInfo parameter) =>
        parameter.ParameterType switch
        {
            var t when t == typeof(string) => parameter.Name == "Locale" ? "de" : $"{parameter.Name} Quitte",
            var t when t == typeof(Guid) || t == typeof(Guid?) => Guid.CreateVersion7(),
            var t when t == typeof(DateOnly) => new DateOnly(2026, 12, 31),
            var t when t == typeof(DateTimeOffset) => new DateTimeOffset(2026, 12, 30, 23, 0, 0, TimeSpan.Zero),
            var t when t == typeof(ImmutableArray<Guid>) => ImmutableArray.Create(Guid.CreateVersion7()),
            var t when t == typeof(ImmutableArray<OfficeHours>) =>
                ImmutableArray.Create(new OfficeHours(Weekday.Friday, 480, 1020)),
            var t when t == typeof(ImmutableArray<DateOnly>) => ImmutableArray.Create(new DateOnly(2026, 12, 24)),
            var t when t == typeof(Land?) => Land.Thueringen,
            var t when t == typeof(ImmutableArray<string>) => ImmutableArray.Create("Lohn", "Bilanz"),
            var t when t == typeof(bool) => false,
            var t when t == typeof(int) => 4711,
            var t when t == typeof(AccessSubject) =>
                AccessSubject.Conversation(Guid.CreateVersion7(), Guid.CreateVersion7()),
            var t when t.IsEnum => Enum.GetValues(t).GetValue(Enum.GetValues(t).Length - 1),
            var t => Activator.CreateInstance(t),
        };

    private sealed record SomethingNew : ConversationEvent;
}
