using Messaging.Domain.Conversations;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Conversations;

public sealed class ChangeStatusTests
{
    public static TheoryData<ConversationStatus, ConversationStatus> Changes
    {
        get
        {
            var changes = new TheoryData<ConversationStatus, ConversationStatus>();
            foreach (var from in Enum.GetValues<ConversationStatus>())
            {
                foreach (var to in Enum.GetValues<ConversationStatus>()) changes.Add(from, to);
            }

            return changes;
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void An_administrator_sets_any_status_and_the_same_again_appends_nothing(
        ConversationStatus from, ConversationStatus to)
    {
        var outcome = Started(from).When(Bernd, new ChangeStatus(to, null));
        if (from == to)
            outcome.ThenNothing();
        else
            outcome.Then(new StatusChanged(from, to, StatusChangeReason.SetByAdministrator));
    }

    [Fact]
    public void A_version_that_was_expected_must_be_the_one_there_is()
    {
        Started().When(Anna, new ChangeStatus(ConversationStatus.Answered, 2)).ThenAccepted();
        Started()
            .When(Anna, new ChangeStatus(ConversationStatus.Answered, 1))
            .ThenRefused(new ConversationChanged(1, 2));
        Started()
            .When(Anna, new ChangeStatus(ConversationStatus.Answered, 3))
            .ThenRefused(new ConversationChanged(3, 2));
        Started().When(Anna, new ChangeStatus(ConversationStatus.Open, 1)).ThenRefused(new ConversationChanged(1, 2));
        Started().When(Anna, new ChangeStatus(ConversationStatus.Open, 2)).ThenNothing();
    }

    [Fact]
    public void A_comment_in_between_makes_the_expected_version_stale()
    {
        var replied = Started(ConversationStatus.Attention)
            .After(Dieter, new AddComment(Id(102), "Anbei", CommentVisibility.Public, []));
        replied.When(Anna, new ChangeStatus(ConversationStatus.Answered, 2)).ThenRefused(new ConversationChanged(2, 4));
        replied.When(Anna, new ChangeStatus(ConversationStatus.Answered, 4)).ThenAccepted();
    }

    [Fact]
    public void A_customer_sets_no_status_and_is_told_no_version()
    {
        Started()
            .When(Dieter, new ChangeStatus(ConversationStatus.Answered, null))
            .ThenRefused(new CustomersSetNoStatus());
        Started().When(Dieter, new ChangeStatus(ConversationStatus.Open, 7)).ThenRefused(new CustomersSetNoStatus());
        Started()
            .When(Eva, new ChangeStatus(ConversationStatus.Answered, null))
            .ThenRefused(new ConversationNotFound());
    }

    [Fact]
    public void An_auditor_sets_no_status() =>
        Started()
            .When(Auditor, new ChangeStatus(ConversationStatus.Open, null))
            .ThenRefused(new AuditorsWriteNothing());

    [Fact]
    public void A_status_needs_its_conversation() =>
        Conversation()
            .When(Anna, new ChangeStatus(ConversationStatus.Open, null))
            .ThenRefused(new ConversationNotFound());
}
