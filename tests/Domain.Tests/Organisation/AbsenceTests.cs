using Messaging.Domain.Conversations;
using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Organisation;

/// <summary>Who is away says so, or an owner does, and names who stands in.</summary>
public sealed class AbsenceTests
{
    private static readonly AdministratorInvited s_invited = new(
        "Bernd Winter", "bernd@kanzlei-sommer.example", Role.Administrator, false, "de");

    private static readonly DateOnly s_today = new(2026, 11, 28);

    [Fact]
    public void Everybody_says_it_of_themselves_and_an_owner_of_anybody()
    {
        var away = new AdministratorAway(s_today, s_today.AddDays(7), Carla.Id);
        foreach (var actor in (Actor.Administrator[])[Bernd, Anna])
            Administrator(Bernd.Id, s_invited).When(actor, Away(s_today, s_today.AddDays(7), State(Carla))).Then(away);
        Administrator(Bernd.Id, s_invited)
            .When(Carla, Away(s_today, s_today, null)).ThenRefused(new OnlyOwnersSetAbsences());
        Administrator(Bernd.Id, s_invited)
            .When(Dieter, Away(s_today, s_today, null)).ThenRefused(new OnlyOwnersSetAbsences());
        Administrator(Bernd.Id).When(Carla, Away(s_today, s_today, null)).ThenRefused(new OnlyOwnersSetAbsences());
        Administrator(Bernd.Id).When(Anna, Away(s_today, s_today, null)).ThenRefused(new AdministratorNotFound());
        Administrator(Bernd.Id, s_invited with { Role = Role.Auditor })
            .When(Anna, Away(s_today, s_today, null)).ThenRefused(new AdministratorNotFound());
    }

    [Fact]
    public void What_was_said_last_holds_and_the_same_again_is_nothing()
    {
        var bernd = Administrator(Bernd.Id, s_invited).After(Bernd, Away(s_today, s_today.AddDays(7), State(Carla)));
        bernd.When(Bernd, Away(s_today, s_today.AddDays(7), State(Carla))).ThenNothing();
        bernd.When(Bernd, Away(s_today, s_today.AddDays(8), null))
            .Then(new AdministratorAway(s_today, s_today.AddDays(8), null));
        bernd.When(Bernd, new SetAbsence(null, null, s_today)).Then(new AdministratorBack());
        bernd.After(Bernd, new SetAbsence(null, null, s_today)).When(Bernd, new SetAbsence(null, null, s_today))
            .ThenNothing();
        bernd.State!.Absence.ShouldBe(new Absence(s_today, s_today.AddDays(7), Carla.Id));
        bernd.State!.Absence!.Has(s_today.AddDays(-1)).ShouldBeFalse();
        bernd.State!.Absence!.Has(s_today).ShouldBeTrue();
        bernd.State!.Absence!.Has(s_today.AddDays(7)).ShouldBeTrue();
        bernd.State!.Absence!.Has(s_today.AddDays(8)).ShouldBeFalse();
    }

    [Fact]
    public void The_days_are_a_year_at_most_within_a_year_and_not_over()
    {
        var bernd = Administrator(Bernd.Id, s_invited);
        bernd.When(Bernd, Away(s_today.AddDays(-30), s_today, null)).ThenAccepted();
        bernd.When(Bernd, Away(s_today.AddDays(366), s_today.AddDays(732), null)).ThenAccepted();
        bernd.When(Bernd, Away(s_today.AddDays(1), s_today, null)).ThenRefused(new AbsenceEndsBeforeItBegins());
        bernd.When(Bernd, Away(s_today, s_today.AddDays(367), null)).ThenRefused(new AbsenceIsTooLong());
        bernd.When(Bernd, Away(s_today.AddDays(-2), s_today.AddDays(-1), null)).ThenRefused(new AbsenceIsOver());
        bernd.When(Bernd, Away(s_today.AddDays(367), s_today.AddDays(368), null))
            .ThenRefused(new AbsenceIsTooFarAhead());
        bernd.When(Bernd, Away(DateOnly.MinValue, DateOnly.MaxValue, null)).ThenRefused(new AbsenceIsTooLong());
    }

    [Fact]
    public void A_deputy_is_another_active_administrator()
    {
        var bernd = Administrator(Bernd.Id, s_invited);
        bernd.When(Bernd, Away(s_today, s_today, State(Bernd))).ThenRefused(new NobodyStandsInForThemselves());
        bernd.When(Bernd, new SetAbsence(new Absence(s_today, s_today, Id(999)), null, s_today))
            .ThenRefused(new AdministratorNotFound("deputyId"));
        bernd.When(Bernd, Away(s_today, s_today, State(Carla) with { Role = Role.Auditor }))
            .ThenRefused(new AdministratorNotFound("deputyId"));
        bernd.When(Bernd, Away(s_today, s_today, State(Carla) with { IsServiceAccount = true }))
            .ThenRefused(new AdministratorNotFound("deputyId"));
        bernd.When(Bernd, Away(s_today, s_today, State(Carla) with { Active = false }))
            .ThenRefused(new AdministratorIsDeactivated("deputyId"));
    }

    private static SetAbsence Away(DateOnly from, DateOnly to, Administrator? deputy) =>
        new(new Absence(from, to, deputy?.Id), deputy, s_today);
}
