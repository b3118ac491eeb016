using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Conversations;

public sealed class AssignAdministratorTests
{
    private static readonly AssignAdministrator s_toBernd = new(Bernd.Id, State(Bernd));
    private static readonly AssignAdministrator s_toNobody = new(null, null);

    [Fact]
    public void An_administrator_becomes_responsible_and_again_appends_nothing()
    {
        Started().When(Anna, s_toBernd).Then(new AdministratorAssigned(Bernd.Id));
        Started().After(Anna, s_toBernd).When(Carla, s_toBernd).ThenNothing();
        Started(responsible: Bernd.Id).When(Anna, s_toBernd).ThenNothing();
        Started(responsible: Bernd.Id)
            .When(Anna, new AssignAdministrator(Carla.Id, State(Carla)))
            .Then(new AdministratorAssigned(Carla.Id));
    }

    [Fact]
    public void Nobody_becomes_responsible_and_again_appends_nothing()
    {
        Started(responsible: Bernd.Id).When(Anna, s_toNobody).Then(new AdministratorUnassigned(Bernd.Id));
        Started(responsible: Bernd.Id).After(Anna, s_toNobody).When(Anna, s_toNobody).ThenNothing();
        Started().When(Anna, s_toNobody).ThenNothing();
    }

    [Fact]
    public void Only_an_active_administrator_of_the_organisation_becomes_responsible()
    {
        var unknown = new AdministratorNotFound("administratorId");
        Started().When(Anna, new AssignAdministrator(Bernd.Id, null)).ThenRefused(unknown);
        Started()
            .When(Anna, new AssignAdministrator(Bernd.Id, State(Bernd) with { Role = Role.Auditor }))
            .ThenRefused(unknown);
        Started()
            .When(Anna, new AssignAdministrator(Bernd.Id, State(Bernd) with { Active = false }))
            .ThenRefused(new AdministratorIsDeactivated("administratorId"));
    }

    [Fact]
    public void Whoever_was_deactivated_since_is_not_assigned_again() =>
        Started(responsible: Bernd.Id)
            .When(Anna, new AssignAdministrator(Bernd.Id, State(Bernd) with { Active = false }))
            .ThenRefused(new AdministratorIsDeactivated("administratorId"));

    [Fact]
    public void Neither_customers_nor_auditors_assign_anybody()
    {
        Started().When(Dieter, s_toBernd).ThenRefused(new CustomersAssignNobody());
        Started().When(Dieter, s_toNobody).ThenRefused(new CustomersAssignNobody());
        Started().When(Eva, s_toBernd).ThenRefused(new ConversationNotFound());
        Started().When(Auditor, s_toBernd).ThenRefused(new AuditorsWriteNothing());
        Conversation().When(Anna, s_toBernd).ThenRefused(new ConversationNotFound());
    }
}
