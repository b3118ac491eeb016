using Messaging.Domain.Conversations;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Conversations;

public sealed class NotifyAdministratorsTests
{
    private static readonly NotifyAdministrators s_notify = new(Id(300));

    [Fact]
    public void An_administrator_runs_the_action_and_the_same_action_again_appends_nothing()
    {
        Started().When(Anna, s_notify).Then(new AdminsNotified(Id(300)));
        Started().After(Anna, s_notify).When(Anna, s_notify).ThenNothing();
    }

    [Fact]
    public void Another_action_notifies_once_more() =>
        Started()
            .After(Anna, s_notify)
            .When(Bernd, new NotifyAdministrators(Id(301)))
            .Then(new AdminsNotified(Id(301)));

    [Fact]
    public void Neither_customers_nor_auditors_run_it()
    {
        Started().When(Dieter, s_notify).ThenRefused(new CustomersNotifyNobody());
        Started().When(Eva, s_notify).ThenRefused(new ConversationNotFound());
        Started().When(Auditor, s_notify).ThenRefused(new AuditorsWriteNothing());
        Conversation().When(Anna, s_notify).ThenRefused(new ConversationNotFound());
    }
}
