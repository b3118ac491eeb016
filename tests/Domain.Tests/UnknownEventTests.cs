using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;

namespace Messaging.Domain.Tests;

/// <summary>An event that somebody added, and a state says nothing of, is named instead of being passed over.</summary>
public sealed class UnknownEventTests
{
    private static readonly Guid s_id = Office.Id(1);

    [Fact]
    public void A_state_names_an_event_that_it_says_nothing_of()
    {
        Named(() => Conversation.Evolve(Office.Started().State, s_id, new ConversationForgotten()));
        Named(() => OrganisationState.Evolve(Office.Registered().State, s_id, new OfficeForgotten()));
        Named(() => Administrator.Evolve(Office.State(Office.Anna), s_id, new AdministratorForgotten()));
        Named(() => Customer.Evolve(Office.Krause, s_id, new CustomerForgotten()));
        Named(() => Contact.Evolve(null, s_id, new ContactForgotten()));
        Named(() => PersonLifecycle.Evolve(Office.State(Office.Anna), new AnybodyForgotten()));
    }

    private static void Named(Action evolve) =>
        Should.Throw<UnknownEventException>(evolve).Message.ShouldContain("Forgotten");

    private sealed record ConversationForgotten : ConversationEvent;

    private sealed record OfficeForgotten : OrganisationEvent;

    private sealed record AdministratorForgotten : AdministratorEvent;

    private sealed record CustomerForgotten : CustomerEvent;

    private sealed record ContactForgotten : ContactEvent;

    private sealed record AnybodyForgotten : PersonEvent.IOfAnybody;
}
