using System.Collections.Immutable;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Shouldly;

namespace Messaging.Domain.Tests;

/// <summary>
/// Given these events, when somebody commands this, then that happens: the form of every test of a rule.
/// </summary>
internal sealed class Scenario<TState, TEvent, TCommand>(
    Guid id, Func<TState?, Guid, TEvent, TState?> evolve, Func<TCommand, TState?, Actor, Decision<TEvent>> decide,
    params TEvent[] past)
    where TState : class
{
    public TState? State => past.Aggregate((TState?)null, (state, e) => evolve(state, id, e));

    public Outcome<TEvent> When(Actor actor, TCommand command) => new(decide(command, State, actor));

    /// <summary>What somebody did before: its events are part of the past.</summary>
    public Scenario<TState, TEvent, TCommand> After(Actor actor, TCommand command) =>
        new(id, evolve, decide, [.. past, .. When(actor, command).Events]);
}

internal sealed class Outcome<TEvent>(Decision<TEvent> decision)
{
    public ImmutableArray<TEvent> Events => decision.ShouldBeOfType<Decision<TEvent>.Accepted>().Events;

    public void Then(params TEvent[] expected) => Events.ShouldBe(expected);

    /// <summary>Accepted, and there was nothing to do.</summary>
    public void ThenNothing() => Events.ShouldBeEmpty();

    public void ThenAccepted() => Events.ShouldNotBeEmpty();

    /// <summary>Refused for exactly this, field and all.</summary>
    public void ThenRefused(Refusal expected) =>
        decision.ShouldBeOfType<Decision<TEvent>.Rejected>().Refusal.ShouldBe(expected);
}

/// <summary>The people of the tests, named as in the demo data, and where their tests start.</summary>
internal static class Office
{
    public static readonly Guid OrganisationId = Id(1);
    public static readonly Guid KrauseId = Id(20);
    public static readonly Guid LindnerId = Id(21);

    /// <summary>An owner.</summary>
    public static readonly Actor.Administrator Anna = new(Id(10), IsOwner: true);

    /// <summary>An administrator who is no owner.</summary>
    public static readonly Actor.Administrator Bernd = new(Id(11), IsOwner: false);
    public static readonly Actor.Administrator Carla = new(Id(12), IsOwner: false);
    public static readonly Actor.Auditor Auditor = new(Id(13));

    /// <summary>Of Bäckerei Krause.</summary>
    public static readonly Actor.Contact Dieter = new(Id(30), KrauseId);

    /// <summary>Of Studio Lindner.</summary>
    public static readonly Actor.Contact Eva = new(Id(31), LindnerId);
    public static readonly Actor.System Product = new();

    public static readonly Customer Krause = new(KrauseId, 1, "Bäckerei Krause GmbH");

    public static Administrator State(Actor.Administrator administrator) =>
        new(
            administrator.Id, 2, "Somebody", "somebody@kanzlei-sommer.example", Role.Administrator,
            administrator.IsOwner, "de", Active: true, Joined: true);

    public static Guid Id(int number) => new(number, 0, 0, new byte[8]);

    public static Scenario<Conversation, ConversationEvent, ConversationCommand> Conversation(
        params ConversationEvent[] past
    ) => new(Id(100), Domain.Conversations.Conversation.Evolve, ConversationDecider.Decide, past);

    /// <summary>A conversation with Bäckerei Krause that Anna started.</summary>
    public static Scenario<Conversation, ConversationEvent, ConversationCommand> Started(
        ConversationStatus status = ConversationStatus.Open, Guid? responsible = null,
        params ConversationEvent[] later) =>
        Conversation([
            new ConversationCreated(KrauseId, Anna.Participant, "Lohnabrechnung", status, responsible, false),
            new CommentAdded(Id(101), Anna.Participant, "Guten Tag", CommentVisibility.Public),
            .. later,
        ]);

    public static Scenario<OrganisationState, OrganisationEvent, OrganisationCommand> AnOrganisation(
        params OrganisationEvent[] past
    ) => new(OrganisationId, Domain.Organisation.OrganisationState.Evolve, OrganisationDecider.Decide, past);

    public static Scenario<OrganisationState, OrganisationEvent, OrganisationCommand> Registered(
        params OrganisationEvent[] later) =>
        AnOrganisation([
            new OrganisationRegistered("Kanzlei Sommer", "buchhaltung@kanzlei-sommer.example", "de", "Europe/Berlin"),
            .. later,
        ]);

    public static Scenario<Administrator, PersonEvent, PersonCommand> Administrator(
        Guid id,
        params PersonEvent[] past
    ) => new(id, Domain.Organisation.Administrator.Evolve, AdministratorDecider.Decide, past);

    public static Scenario<Customer, CustomerEvent, CustomerCommand> Customer(params CustomerEvent[] past) =>
        new(KrauseId, Domain.Customers.Customer.Evolve, CustomerDecider.Decide, past);

    public static Scenario<Contact, PersonEvent, PersonCommand> Contact(params PersonEvent[] past) =>
        new(Dieter.Id, Domain.Customers.Contact.Evolve, ContactDecider.Decide, past);
}
