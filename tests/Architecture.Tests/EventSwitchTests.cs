using Mono.Cecil;
using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>Whoever adds an event hears of every place that has to say what it means there.</summary>
public sealed class EventSwitchTests
{
    private static readonly IReadOnlyCollection<TypeDefinition> s_events =
    [
        .. Product.Domain.Types().Where(t => !t.IsAbstract && t.DerivesFrom(IsFamily)),
    ];

    [Fact]
    public void Whatever_tells_events_from_one_another_says_something_of_each_of_them() =>
        Product.All.SelectMany(assembly => Rules.SilentSwitches(assembly, s_events)).ShouldBeEmpty();

    [Fact]
    public void A_place_that_says_nothing_of_an_event_would_be_found() =>
        Rules
            .SilentSwitches(Product.Planted, s_events)
            .ShouldContain(line =>
                line.Contains(nameof(PlantedSwitch), StringComparison.Ordinal)
                && line.EndsWith(
                    "FileAttached, AdministratorAssigned, AdministratorUnassigned, AdminsNotified, "
                        + "ConversationTagged, ConversationUntagged",
                    StringComparison.Ordinal));

    // An event that the domain gets tomorrow: each place that is there today is named.
    [Fact]
    public void An_event_that_is_new_is_missed_in_each_place_that_has_to_know_it()
    {
        var planted = Product.Planted.Types().Single(t => t.Name == nameof(PlantedEvent));
        var missing = Product
            .All.SelectMany(assembly => Rules.SilentSwitches(assembly, [.. s_events, planted]))
            .Where(line => line.EndsWith(nameof(PlantedEvent), StringComparison.Ordinal))
            .Select(line => line.Split("::")[0].Split(' ')[^1].Split('.')[^1])
            .Distinct();
        missing.ShouldBe(
            ["Conversation", "WhoIsTold", "ExportPages", "ExportTables/Folded", "ReadModelProjection",
            "ConversationReplay", "EventSummary"],
            ignoreOrder: true);
    }

    private static bool IsFamily(TypeReference type) =>
        type.FullName.StartsWith("Messaging.Domain.", StringComparison.Ordinal)
        && type.Name is "ConversationEvent" or "OrganisationEvent" or "CustomerEvent" or "PersonEvent" or "AccessEvent";
}
