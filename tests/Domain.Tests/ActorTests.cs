using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests;

public sealed class ActorTests
{
    private static readonly string s_tenant = OrganisationId.ToString();

    [Fact]
    public void A_contact_sees_no_internal_notes_and_one_customer_only()
    {
        var caller = new Caller(s_tenant, Dieter);
        caller.SeesInternal.ShouldBeFalse();
        caller.OnlyCustomerId.ShouldBe(KrauseId);
        caller.OrganisationId.ShouldBe(OrganisationId);
    }

    [Fact]
    public void The_office_sees_everything_of_the_organisation()
    {
        foreach (Actor actor in (Actor[])[Anna, Bernd, Auditor])
        {
            new Caller(s_tenant, actor).SeesInternal.ShouldBeTrue();
            new Caller(s_tenant, actor).OnlyCustomerId.ShouldBeNull();
        }
    }

    [Fact]
    public void Events_name_people_by_kind_and_id()
    {
        Anna.Participant.ShouldBe(new Participant(ParticipantKind.Administrator, Anna.Id));
        Auditor.Participant.ShouldBe(new Participant(ParticipantKind.Administrator, Auditor.Id));
        Dieter.Participant.ShouldBe(new Participant(ParticipantKind.Contact, Dieter.Id));
        Product.Participant.ShouldBe(new Participant(ParticipantKind.System, Guid.Empty));
    }
}
