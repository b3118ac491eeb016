using Messaging.Domain.Conversations;
using Shouldly;
using Xunit;

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
        Conversation.AwaitingOf(status, officeAwaited).ShouldBe(expected);
}
