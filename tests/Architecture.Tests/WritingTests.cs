using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>How events come to be, and what they are made of.</summary>
public sealed class WritingTests
{
    // It adds none: its function changes what events of somebody say who is erased.
    private const string Masking = "Messaging.Projections.Storage.KeptEvents";

    [Fact]
    public void The_command_executors_append_is_the_only_writer_of_events() =>
        Product.All.SelectMany(Rules.WritersOfEvents).Except([Masking])
            .ShouldBe(["Messaging.Application.Commands.EventAppend"]);

    [Fact]
    public void Nothing_masks_events_but_an_erasure() =>
        Product.All.SelectMany(Rules.WritersOfEvents).ShouldContain(Masking);

    [Fact]
    public void Another_writer_would_be_found() =>
        Rules.WritersOfEvents(Product.Planted).Order()
            .ShouldBe(["Messaging.Architecture.Tests.PlantedRepository", "Messaging.Architecture.Tests.PlantedSql"]);

    [Fact]
    public void The_domain_reads_no_clock_makes_up_no_ids_and_touches_nothing() =>
        Rules.Impurities(Product.Domain).ShouldBeEmpty();

    [Fact]
    public void An_impurity_would_be_found()
    {
        Rules.Impurities(Product.Planted).ShouldContain("PlantedDecider: NewGuid");
        Rules.Impurities(Product.Planted).ShouldContain("PlantedDecider: get_UtcNow");
    }

    [Fact]
    public void Events_commands_and_refusals_are_sealed_records()
    {
        Product.All.SelectMany(Rules.OpenFacts).ShouldBeEmpty();
        Rules.Facts(Product.Domain).Select(t => t.Name).ShouldContain("CommentAdded");
        Rules.Facts(Product.Domain).Select(t => t.Name).ShouldContain("AddComment");
        Rules.Facts(Product.Domain).Select(t => t.Name).ShouldContain("ConversationNotFound");
        Rules.Facts(Product.Application).Select(t => t.Name).ShouldContain("AddCommentCommand");
    }

    [Fact]
    public void A_fact_that_is_open_would_be_found() =>
        Rules.OpenFacts(Product.Planted).Order()
            .ShouldBe(["Messaging.Architecture.Tests.PlantedEvent", "Messaging.Architecture.Tests.PlantedRefusal"]);

    [Fact]
    public void Nothing_in_the_domain_can_be_changed_after_it_was_made() =>
        Rules.MutableProperties(Product.Domain.Types()).ShouldBeEmpty();

    [Fact]
    public void A_setter_would_be_found() =>
        Rules.MutableProperties(Rules.Facts(Product.Planted)).ShouldBe(["PlantedEvent.Note"]);

    [Fact]
    public void Deciders_are_static_and_hold_nothing()
    {
        Rules.DecidersWithState(Product.Domain).ShouldBeEmpty();
        Product
            .Domain.Types()
            .Select(t => t.Name)
            .Where(name => name.EndsWith("Decider", StringComparison.Ordinal))
            .Order()
            .ShouldBe([
                "AdministratorDecider", "ContactDecider", "ConversationDecider", "CustomerDecider",
                "CustomerImportDecider", "OrganisationDecider"
            ]);
    }

    [Fact]
    public void A_decider_with_state_would_be_found() =>
        Rules.DecidersWithState(Product.Planted).ShouldBe(["Messaging.Architecture.Tests.PlantedDecider"]);
}
