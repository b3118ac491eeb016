using Messaging.Domain.Organisation;
using Shouldly;
using Xunit;
using static Messaging.Domain.Tests.Office;

namespace Messaging.Domain.Tests.Organisation;

/// <summary>What an auditor's access is limited to besides customers.</summary>
public sealed class AuditorScopeTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_end = new(2026, 12, 31, 23, 0, 0, TimeSpan.Zero);

    private static readonly AdministratorInvited s_auditor =
        new("Petra Prüfer", "petra@pruefung.example", Role.Auditor, false, "de");

    [Fact]
    public void An_owner_ends_an_auditors_access_postpones_it_and_takes_it_back()
    {
        var scoped = Administrator(Carla.Id, s_auditor).After(Anna, Until(s_end.AddTicks(3)));
        scoped.State!.HasEnded(s_end.AddMicroseconds(-1)).ShouldBeFalse();
        scoped.State.HasEnded(s_end).ShouldBeTrue();
        scoped.When(Anna, Until(s_end.ToOffset(TimeSpan.FromHours(1)))).ThenNothing();
        scoped.When(Anna, Until(s_end.AddDays(1))).Then(new AuditorScoped(s_end.AddDays(1)));
        scoped.When(Anna, Until(null)).Then(new AuditorScoped(null));
        scoped.After(Anna, Until(null)).State!.Scope.ShouldBeNull();
    }

    [Fact]
    public void Nobody_but_an_owner_does_and_of_an_auditor_only()
    {
        foreach (var actor in (Actor[])[Bernd, Carla, Auditor, Dieter])
        {
            Administrator(Carla.Id, s_auditor)
                .When(actor, Until(s_end))
                .ThenRefused(new OnlyOwnersChangeAdministrators());
        }

        var bernd = Administrator(Carla.Id, s_auditor with { Role = Role.Administrator });
        bernd.When(Anna, Until(s_end)).ThenRefused(new OnlyAuditorsAreScoped());
        bernd.When(Anna, Until(null)).ThenNothing();
    }

    [Fact]
    public void An_owner_keeps_internal_notes_from_an_auditor_and_gives_them_back()
    {
        var scoped = Administrator(Carla.Id, s_auditor).After(Anna, new ScopeAuditor(new(s_end, false), s_now));
        scoped.State!.Scope.ShouldBe(new AuditorScope(s_end, WithNotes: false));
        scoped.When(Anna, Until(s_end)).Then(new AuditorScoped(s_end));
        scoped.After(Anna, new ScopeAuditor(new(null, false), s_now)).State!.Scope!.IsNarrow.ShouldBeTrue();
        new Caller("", Auditor) { Scope = scoped.State.Scope }.SeesInternal.ShouldBeFalse();
    }

    [Fact]
    public void An_auditor_of_a_span_of_time_sees_no_conversation_in_a_command_and_the_span_is_not_empty()
    {
        var scope = new AuditorScope(null, From: s_now, To: s_end);
        var scoped = Administrator(Carla.Id, s_auditor).After(Anna, new ScopeAuditor(scope, s_now));
        scoped.State!.Scope.ShouldBe(scope);
        new Caller("", Auditor) { Scope = scope }.IsNarrow.ShouldBeTrue();
        scoped.When(Anna, new ScopeAuditor(scope with { To = s_now }, s_now)).ThenRefused(new ScopeIsEmpty());
        scoped.When(Anna, new ScopeAuditor(new(null, To: s_now), s_now)).Then(new AuditorScoped(null, To: s_now));
    }

    [Fact]
    public void It_ends_in_the_future() =>
        Administrator(Carla.Id, s_auditor).When(Anna, Until(s_now)).ThenRefused(new ScopeEndsInThePast());

    [Fact]
    public void Who_has_a_scope_stays_an_auditor()
    {
        var scoped = Administrator(Carla.Id, s_auditor).After(Anna, Until(s_end));
        scoped.When(Anna, new ChangeRole(Role.Administrator, null)).ThenRefused(new ScopedAuditorsStayAuditors());
        scoped.After(Anna, Until(null)).When(Anna, new ChangeRole(Role.Administrator, null)).ThenAccepted();
    }

    [Fact]
    public void An_auditor_is_invited_with_a_scope_and_an_administrator_is_not()
    {
        Administrator(Carla.Id).When(Anna, Invite(Role.Auditor)).Then(s_auditor, new AuditorScoped(s_end));
        Administrator(Carla.Id).When(Anna, Invite(Role.Administrator)).ThenRefused(new OnlyAuditorsAreScoped());
    }

    private static InviteAdministrator Invite(Role role) =>
        new(s_auditor.DisplayName, s_auditor.Email, role, false, "de", false) { Scope = Until(s_end) };

    private static ScopeAuditor Until(DateTimeOffset? until) => new(new AuditorScope(until), s_now);
}
