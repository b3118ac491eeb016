using System.Text.Json;
using CsCheck;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Properties;

/// <summary>What holds for every history, whoever commanded whatever.</summary>
public sealed class RandomHistoryTests
{
    [Fact]
    public void Conversations_keep_the_laws() =>
        KeepsTheLaws<Conversation, ConversationEvent, ConversationCommand>(
            OfficeGen.Conversations, Domain.Conversations.Conversation.Evolve, ConversationDecider.Decide,
            s => s.Version);

    [Fact]
    public void Organisations_keep_the_laws() =>
        KeepsTheLaws<OrganisationState, OrganisationEvent, OrganisationCommand>(
            OfficeGen.Organisations, Domain.Organisation.OrganisationState.Evolve, OrganisationDecider.Decide,
            s => s.Version);

    [Fact]
    public void Administrators_keep_the_laws() =>
        KeepsTheLaws<Administrator, PersonEvent, PersonCommand>(
            OfficeGen.Administrators, Domain.Organisation.Administrator.Evolve, AdministratorDecider.Decide,
            s => s.Version);

    [Fact]
    public void Contacts_keep_the_laws() =>
        KeepsTheLaws<Contact, PersonEvent, PersonCommand>(
            OfficeGen.Contacts, Domain.Customers.Contact.Evolve, ContactDecider.Decide, s => s.Version);

    [Fact]
    public void Customers_keep_the_laws() =>
        KeepsTheLaws<Customer, CustomerEvent, CustomerCommand>(
            OfficeGen.Customers, Domain.Customers.Customer.Evolve, CustomerDecider.Decide, s => s.Version);

    [Fact]
    public void Evolving_never_throws_in_whatever_order_events_come()
    {
        EvolvesAnything<Conversation, ConversationEvent>(
            OfficeGen.ConversationEvents, Domain.Conversations.Conversation.Evolve);
        EvolvesAnything<OrganisationState, OrganisationEvent>(
            OfficeGen.OrganisationEvents, Domain.Organisation.OrganisationState.Evolve);
        EvolvesAnything<Administrator, PersonEvent>(
            OfficeGen.AdministratorEvents, Domain.Organisation.Administrator.Evolve);
        EvolvesAnything<Contact, PersonEvent>(OfficeGen.ContactEvents, Domain.Customers.Contact.Evolve);
        EvolvesAnything<Customer, CustomerEvent>(OfficeGen.CustomerEvents, Domain.Customers.Customer.Evolve);
    }

    [Fact]
    public void A_conversations_state_is_bounded_however_long_it_gets() =>
        Gen.Select(OfficeGen.Actors, OfficeGen.Conversations)
            .Array[200]
            .Sample(
                commands =>
                {
                    Conversation? state = null;
                    foreach (var (actor, command) in commands)
                    {
                        foreach (var e in Accepted(ConversationDecider.Decide(command, state, actor)))
                            state = Domain.Conversations.Conversation.Evolve(state, Id(100), e);
                        if (state is null)
                            continue;
                        state.RecentCommentIds.Count.ShouldBeLessThanOrEqualTo(
                            Domain.Conversations.Conversation.RememberedIds);
                        state.RecentActionIds.Count.ShouldBeLessThanOrEqualTo(
                            Domain.Conversations.Conversation.RememberedIds);
                        JsonSerializer.Serialize(state).Length.ShouldBeLessThan(2_500);
                    }
                },
                iter: 50
            );

    [Fact]
    public void Auditors_and_other_customers_never_append_to_a_conversation() =>
        Histories(OfficeGen.Conversations).Sample(
            commands =>
            {
                Conversation? state = null;
                foreach (var (actor, command) in commands)
                {
                    var events = Accepted(ConversationDecider.Decide(command, state, actor));
                    if (actor is Actor.Auditor) events.ShouldBeEmpty();
                    if (actor is Actor.Contact contact)
                    {
                        events.OfType<ConversationCreated>().ShouldAllBe(e => e.CustomerId == contact.CustomerId);
                        if (state is not null && state.CustomerId != contact.CustomerId) events.ShouldBeEmpty();
                        events.OfType<CommentAdded>().ShouldAllBe(e => e.Visibility == CommentVisibility.Public);
                        events.OfType<StatusChanged>().ShouldAllBe(e => e.Reason == StatusChangeReason.CustomerReplied);
                        events.ShouldAllBe(e =>
                            e is ConversationCreated || e is CommentAdded || e is FileAttached || e is StatusChanged
                        );
                    }

                    foreach (var e in events) state = Domain.Conversations.Conversation.Evolve(state, Id(100), e);
                }
            });

    [Fact]
    public void Each_status_change_starts_where_the_one_before_ended_and_changes_something() =>
        Histories(OfficeGen.Conversations).Sample(
            commands =>
            {
                Conversation? state = null;
                foreach (var (actor, command) in commands)
                {
                    foreach (var e in Accepted(ConversationDecider.Decide(command, state, actor)))
                    {
                        if (e is StatusChanged changed)
                        {
                            changed.From.ShouldBe(state!.Status);
                            changed.To.ShouldNotBe(changed.From);
                        }

                        state = Domain.Conversations.Conversation.Evolve(state, Id(100), e);
                    }
                }
            });

    [Fact]
    public void Nobody_is_awaited_only_where_it_is_answered_or_the_office_wrote_last() =>
        Histories(OfficeGen.Conversations).Sample(
            commands =>
            {
                Conversation? state = null;
                var customerWroteLast = false;
                foreach (var (actor, command) in commands)
                {
                    foreach (var e in Accepted(ConversationDecider.Decide(command, state, actor)))
                    {
                        state = Domain.Conversations.Conversation.Evolve(state, Id(100), e);
                        if (e is CommentAdded { Visibility: CommentVisibility.Public } comment)
                            customerWroteLast = comment.Author.Kind == ParticipantKind.Contact;
                        var expected = state!.Status switch
                        {
                            ConversationStatus.Attention => Awaiting.Customer,
                            ConversationStatus.Open when customerWroteLast => Awaiting.Office,
                            _ => Awaiting.Nobody,
                        };

                        // A customer's comment and that it opens the conversation again are one act.
                        if (e is not CommentAdded) state.Awaiting.ShouldBe(expected);
                    }

                    if (state is not null && customerWroteLast && state.Status != ConversationStatus.Answered)
                        state.Awaiting.ShouldNotBe(Awaiting.Nobody);
                }
            });

    [Fact]
    public void No_accepted_text_is_refused_by_the_database() =>
        Histories(OfficeGen.Conversations).Sample(
            commands =>
            {
                Conversation? state = null;
                foreach (var (actor, command) in commands)
                {
                    foreach (var e in Accepted(ConversationDecider.Decide(command, state, actor)))
                    {
                        if (e is CommentAdded comment) IsStorable(comment.Body);
                        if (e is ConversationCreated created) IsStorable(created.Subject);
                        state = Domain.Conversations.Conversation.Evolve(state, Id(100), e);
                    }
                }
            });

    private static void IsStorable(string text)
    {
        text.ShouldNotContain("\0");
        // Strict UTF-8, as PostgreSQL has it: it throws at a lone surrogate.
        var utf8 = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        utf8.GetString(utf8.GetBytes(text)).ShouldBe(text);
    }

    private static Gen<(Actor, TCommand)[]> Histories<TCommand>(Gen<TCommand> commands) =>
        Gen.Select(OfficeGen.Actors, commands).Array[1, 40];

    private static IReadOnlyList<TEvent> Accepted<TEvent>(Decision<TEvent> decision) =>
        decision is Decision<TEvent>.Accepted accepted ? [.. accepted.Events] : [];

    // Lists in records compare by reference; what is stored is what counts.
    private static string Stored<T>(T value) => JsonSerializer.Serialize(value);

    private static string Said<TEvent>(Decision<TEvent> decision) =>
        decision switch
        {
            Decision<TEvent>.Accepted accepted => string.Join(
                '\n', accepted.Events.Select(e => e!.GetType().Name + JsonSerializer.Serialize(e, e.GetType()))),
            Decision<TEvent>.Rejected rejected => rejected.Refusal.ToString(),
            _ => throw new InvalidOperationException(),
        };

    private static void KeepsTheLaws<TState, TEvent, TCommand>(
        Gen<TCommand> commands, Func<TState?, Guid, TEvent, TState?> evolve,
        Func<TCommand, TState?, Actor, Decision<TEvent>> decide, Func<TState, long> version)
        where TState : class =>
        Histories(commands)
            .Sample(history =>
            {
                TState? state = null;
                List<TEvent> events = [];
                foreach (var (actor, command) in history)
                {
                    var before = Stored(state);
                    var decision = decide(command, state, actor);

                    // The same question has the same answer, and asking changes nothing.
                    Said(decide(command, state, actor)).ShouldBe(Said(decision));
                    Stored(state).ShouldBe(before);

                    foreach (var e in Accepted(decision))
                    {
                        state = evolve(state, Id(100), e);
                        events.Add(e);
                    }

                    // Nothing happens before the beginning, and every event counts.
                    (state is null ? 0 : version(state)).ShouldBe(events.Count);
                }

                // Replayed, a history ends in the state it left, also when a snapshot was taken on the way.
                Stored(events.Aggregate((TState?)null, (s, e) => evolve(s, Id(100), e))).ShouldBe(Stored(state));
                var half = events.Take(events.Count / 2).Aggregate((TState?)null, (s, e) => evolve(s, Id(100), e));
                var restored = JsonSerializer.Deserialize<TState?>(Stored(half));
                Stored(events.Skip(events.Count / 2).Aggregate(restored, (s, e) => evolve(s, Id(100), e)))
                    .ShouldBe(Stored(state));
            });

    private static void EvolvesAnything<TState, TEvent>(Gen<TEvent> events, Func<TState?, Guid, TEvent, TState?> evolve)
        where TState : class =>
        events.Array[0, 60].Sample(history =>
        {
            TState? state = null;
            foreach (var e in history) state = evolve(state, Id(100), e);
        });
}
