using System.Runtime.CompilerServices;
using Messaging.Api.GraphQL.History;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Projections.Storage;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.GraphQL;

/// <summary>Histories tell events as sentences, and never by the name of a class.</summary>
public sealed class EventSummaryTests
{
    public static TheoryData<string> Events =>
        [.. EventNames.All.Where(e => e.Value.IsAssignableTo(typeof(ConversationEvent))).Select(e => e.Key).Order()];

    [Theory]
    [MemberData(nameof(Events))]
    public void Every_event_of_a_conversation_has_a_sentence_in_both_languages(string name)
    {
        var type = EventNames.All[name];
        var @event = RuntimeHelpers.GetUninitializedObject(type);
        var (german, english) = (EventSummary.Of(@event, "de"), EventSummary.Of(@event, "en"));
        german.ShouldNotContain(type.Name);
        english.ShouldNotContain(type.Name);
        german.ShouldNotBe(english);
        english.Split(' ').Length.ShouldBeGreaterThan(2);
    }

    [Fact]
    public void An_event_without_a_sentence_is_named() =>
        Should
            .Throw<UnknownEventException>(() => EventSummary.Of(new SomethingNew(), "de"))
            .Message.ShouldContain(nameof(SomethingNew));

    private sealed record SomethingNew : ConversationEvent;
}
