using Messaging.Domain.Conversations;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Conversations;

public sealed class AwaitingTests
{
    [Theory]
    [InlineData(ConversationStatus.Open, true, Awaiting.Office)]
    [InlineData(ConversationStatus.Open, false, Awaiting.Nobody)]
    [InlineData(ConversationStatus.Attention, true, Awaiting.Customer)]
    [InlineData(ConversationStatus.Attention, false, Awaiting.Customer)]
    [InlineData(ConversationStatus.Answered, true, Awaiting.Nobody)]
    [InlineData(ConversationStatus.Answered, false, Awaiting.Nobody)]
    public void Who_must_write_next_follows_from_the_status_and_from_whether_a_customer_waits(
        ConversationStatus status, bool officeAwaited, Awaiting expected) =>
        Domain.Conversations.Conversation.AwaitingOf(status, officeAwaited).ShouldBe(expected);

    [Theory]
    [InlineData(ConversationStatus.Attention)]
    [InlineData(ConversationStatus.Answered)]
    public void A_question_that_was_set_aside_awaits_the_office_again_when_its_conversation_is_opened_again(
        ConversationStatus aside)
    {
        var asked = Started()
            .After(Dieter, new AddComment(Id(102), "Wann?", CommentVisibility.Public, []))
            .After(Anna, new ChangeStatus(aside, null));
        asked.After(Anna, new ChangeStatus(ConversationStatus.Open, null)).State!.Awaiting.ShouldBe(Awaiting.Office);
        asked
            .After(Anna, new AddComment(Id(103), "Morgen", CommentVisibility.Public, []))
            .After(Anna, new ChangeStatus(ConversationStatus.Open, null))
            .State!.Awaiting.ShouldBe(Awaiting.Nobody);
    }
}
