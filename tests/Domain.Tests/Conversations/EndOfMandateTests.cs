using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Conversations;

public sealed class EndOfMandateTests
{
    [Fact]
    public void Nobody_writes_once_the_mandate_has_ended()
    {
        var comment = new AddComment(Id(102), "Danke", CommentVisibility.Public, []) { CustomerHasEnded = true };
        foreach (Actor actor in (Actor[])[Anna, Dieter])
            Started().When(actor, comment).ThenRefused(new CustomerHasEnded("conversationId"));
        Started()
            .When(Anna, comment with { Visibility = CommentVisibility.Internal })
            .ThenRefused(new CustomerHasEnded("conversationId"));
        Started()
            .When(Anna, new ChangeStatus(ConversationStatus.Answered, null) { CustomerHasEnded = true })
            .ThenRefused(new CustomerHasEnded());
        Conversation().When(Anna, Create() with { CustomerHasEnded = true }).ThenRefused(
            new CustomerHasEnded("customerId"));

        // Strangers learn nothing of it, and the office still hands conversations over.
        Started().When(Eva, comment).ThenRefused(new ConversationNotFound());
        Started()
            .When(Anna, new AssignAdministrator(Bernd.Id, State(Bernd)) { CustomerHasEnded = true })
            .ThenAccepted();
    }

    [Fact]
    public void A_new_conversation_goes_to_the_customers_administrator_unless_somebody_else_is_named()
    {
        Responsible(Create() with { Default = State(Bernd) }, Bernd.Id);
        Responsible(Create() with { Default = State(Bernd) with { Active = false } }, null);
        Responsible(
            Create() with { Default = State(Bernd), ResponsibleAdministratorId = Anna.Id, Responsible = State(Anna) },
            Anna.Id);

        static void Responsible(CreateConversation create, Guid? expected) =>
            Conversation().When(Anna, create).Then(
                new ConversationCreated(
                    KrauseId, Anna.Participant, "Lohn", ConversationStatus.Open, expected, false),
                new CommentAdded(Id(101), Anna.Participant, "Guten Tag", CommentVisibility.Public));
    }

    private static CreateConversation Create() =>
        new(
            Id(100), Krause, "Lohn", "Guten Tag", ConversationStatus.Open, null, null, false, Id(101), [], true);
}
