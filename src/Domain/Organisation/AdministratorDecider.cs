using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;

namespace Messaging.Domain.Organisation;

/// <summary>Asks somebody to join the office.</summary>
/// <param name="EmailIsTaken">True when the address belongs to somebody of the organisation already.</param>
public sealed record InviteAdministrator(
    string DisplayName, string Email, Role Role, bool IsOwner, string Locale, bool EmailIsTaken) : PersonCommand
{
    /// <summary>The customers that they are limited to; null when they see all of them.</summary>
    public LimitAccess? Limit { get; init; }

    /// <summary>What an auditor's access is limited to besides; null when it is to nothing.</summary>
    public ScopeAuditor? Scope { get; init; }
}

/// <summary>Limits somebody of the office to some customers, or gives them all of them back.</summary>
/// <param name="Given">Null gives all of them.</param>
/// <param name="IsCustomer">Whether there is a customer of an id.</param>
/// <param name="Path">The input that they come from, as the API names it, with its dot.</param>
public sealed record LimitAccess(GivenCustomers? Given, Func<Guid, bool> IsCustomer, string Path = "") : PersonCommand;

/// <summary>Gives an auditor a scope, or takes it back.</summary>
/// <param name="Scope"><see cref="AuditorScope.None"/> takes it back.</param>
/// <param name="Now">By the database's clock.</param>
public sealed record ScopeAuditor(AuditorScope Scope, DateTimeOffset Now) : PersonCommand
{
    /// <summary>The refusal of a scope that nobody of a role can be given; null when they can.</summary>
    internal Refusal? Check(Role role) =>
        role != Role.Auditor && Scope.OrNone() is not null ? new OnlyAuditorsAreScoped()
        : Scope.Until <= Now ? new ScopeEndsInThePast()
        : Scope.To <= Scope.From ? new ScopeIsEmpty()
        : null;
}

/// <summary>Gives a program of the office's an account.</summary>
public sealed record CreateServiceAccount(string DisplayName, Role Role, string Locale) : PersonCommand;

/// <summary>Ends the account of a program.</summary>
public sealed record DeactivateServiceAccount : PersonCommand;

/// <summary>
/// Gives somebody of the office another role, names them an owner, or dismisses them as one. Nobody does so to
/// themselves: whoever does it stays an owner, so that there always is one.
/// </summary>
/// <param name="Role">Null leaves it as it is.</param>
/// <param name="IsOwner">Null leaves it as it is; an auditor is none.</param>
public sealed record ChangeRole(Role? Role, bool? IsOwner) : PersonCommand;

/// <summary>Says when somebody of the office is away and who stands in, or that they are not away.</summary>
/// <param name="Absence">Null: they are not away.</param>
/// <param name="Deputy">The colleague asked for; null when nobody was, or there is none of that id.</param>
/// <param name="Today">The day that it is, in the office's time zone.</param>
public sealed record SetAbsence(Absence? Absence, Administrator? Deputy, DateOnly Today) : PersonCommand;

/// <summary>Decides what is wanted of people of the office and of its programs.</summary>
public static class AdministratorDecider
{
    /// <summary>Answers a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="state">The administrator so far; null when there is none.</param>
    /// <param name="actor">The actor who gives the command.</param>
    public static Decision<PersonEvent> Decide(PersonCommand command, Administrator? state, Actor actor) =>
        command switch
        {
            InviteAdministrator c => Invite(c, state, actor),
            CreateServiceAccount c => Create(c, state, actor),
            DeactivateServiceAccount => DeactivateService(state, actor),
            ChangeRole c => Change(c, state, actor),
            LimitAccess c => Limit(c, state, actor),
            ScopeAuditor c => GiveScope(c, state, actor),
            SetAbsence c => SetAway(c, state, actor),
            _ => PersonLifecycle.Decide(command, state, actor, PersonKind.OfOffice),
        };

    private static Decision<PersonEvent> Invite(InviteAdministrator c, Administrator? state, Actor actor)
    {
        if (actor is not (Actor.Administrator { IsOwner: true } or Actor.System))
            return new OnlyOwnersChangeAdministrators();
        if (state is not null)
            return new EmailIsTaken();
        if (EmailAddress.Check(c.Email, "email") is { } email)
            return email;
        if (Name.CheckPerson(c.DisplayName, "displayName") is { } name)
            return name;
        if (c.Role is not (Role.Administrator or Role.Auditor) || (c.IsOwner && c.Role != Role.Administrator))
            return new RoleIsNotOfTheOffice();
        if (c.EmailIsTaken)
            return new EmailIsTaken();
        if (c.Limit is { Given: { } limit } l && limit.Check(l.IsCustomer, l.Path) is { } given)
            return given;
        if (c.Scope is { } asked && asked.Check(c.Role) is { } scope) return scope;
        List<PersonEvent> events =
            [new AdministratorInvited(c.DisplayName, c.Email, c.Role, c.IsOwner, c.Locale)];
        if (c.Limit?.Given?.Tidied() is { } kept) events.Add(new AdministratorLimited(kept.Ids, kept.Tags));
        if (c.Scope?.Scope.Tidied().OrNone() is { } within) events.Add(Scoped(within));
        return Domain.Decide.Accept([.. events]);
    }

    private static Decision<PersonEvent> Create(CreateServiceAccount c, Administrator? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersManageServiceAccounts();
        if (state is not null) return new ServiceAccountExists();
        if (Name.CheckPerson(c.DisplayName, "displayName") is { } name) return name;
        if (c.Role is not (Role.Administrator or Role.Auditor)) return new RoleIsNotOfTheOffice();
        return Domain.Decide.Accept<PersonEvent>(new ServiceAccountCreated(c.DisplayName, c.Role, c.Locale));
    }

    private static Decision<PersonEvent> Change(ChangeRole c, Administrator? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersChangeAdministrators();
        if (state is not { Active: true, IsServiceAccount: false }) return new AdministratorNotFound();
        if (state.Id == actor.Id) return new NobodyChangesTheirOwnRole();
        var role = c.Role ?? state.Role;
        var isOwner = c.IsOwner ?? (state.IsOwner && role == Role.Administrator);
        if (role is not (Role.Administrator or Role.Auditor) || (isOwner && role != Role.Administrator))
            return new RoleIsNotOfTheOffice();
        if (state.Scope is not null && role != Role.Auditor) return new ScopedAuditorsStayAuditors();
        return role == state.Role && isOwner == state.IsOwner
            ? Domain.Decide.Accept<PersonEvent>()
            : Domain.Decide.Accept<PersonEvent>(new AdministratorRoleChanged(role, isOwner));
    }

    private static Decision<PersonEvent> Limit(LimitAccess c, Administrator? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersChangeAdministrators();
        if (c.Given?.Check(c.IsCustomer, c.Path) is { } refusal) return refusal;
        if (state is not { Active: true }) return new AdministratorNotFound();
        if (c.Given is null)
        {
            return state.Given is null
                ? Domain.Decide.Accept<PersonEvent>()
                : Domain.Decide.Accept<PersonEvent>(new AdministratorUnlimited());
        }

        if (state.IsOwner) return new OwnersAreNotLimited();
        var given = c.Given.Tidied();
        return state.Given?.AreSameAs(given) == true
            ? Domain.Decide.Accept<PersonEvent>()
            : Domain.Decide.Accept<PersonEvent>(new AdministratorLimited(given.Ids, given.Tags));
    }

    private static Decision<PersonEvent> GiveScope(ScopeAuditor c, Administrator? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersChangeAdministrators();
        if (state is not { Active: true }) return new AdministratorNotFound();
        var scope = c.Scope.Tidied();
        if (scope.OrNone() == state.Scope) return Domain.Decide.Accept<PersonEvent>();
        return c.Check(state.Role) is { } refusal ? refusal : Domain.Decide.Accept<PersonEvent>(Scoped(scope));
    }

    private static AuditorScoped Scoped(AuditorScope scope) =>
        new(scope.Until, scope.WithNotes, scope.From, scope.To);

    // Whoever is an administrator, of themselves; an owner, of anybody.
    private static Decision<PersonEvent> SetAway(SetAbsence c, Administrator? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: var isOwner }) return new OnlyOwnersSetAbsences();
        if (!isOwner && state?.Id != actor.Id) return new OnlyOwnersSetAbsences();
        if (state is not { Active: true, Role: Role.Administrator, IsServiceAccount: false })
            return new AdministratorNotFound();
        if (c.Absence is not { } absence)
        {
            return state.Absence is null
                ? Domain.Decide.Accept<PersonEvent>()
                : Domain.Decide.Accept<PersonEvent>(new AdministratorBack());
        }

        if (absence.To < absence.From) return new AbsenceEndsBeforeItBegins();
        if (absence.To.DayNumber - absence.From.DayNumber > Absence.DaysMaximum) return new AbsenceIsTooLong();
        if (absence.To < c.Today) return new AbsenceIsOver();
        if (absence.From.DayNumber - c.Today.DayNumber > Absence.DaysMaximum) return new AbsenceIsTooFarAhead();
        if (absence.DeputyId is not null)
        {
            if (absence.DeputyId == state.Id) return new NobodyStandsInForThemselves();
            if (c.Deputy is not { Role: Role.Administrator, IsServiceAccount: false })
                return new AdministratorNotFound("deputyId");
            if (!c.Deputy.Active) return new AdministratorIsDeactivated("deputyId");
        }

        return state.Absence == absence
            ? Domain.Decide.Accept<PersonEvent>()
            : Domain.Decide.Accept<PersonEvent>(
                new AdministratorAway(absence.From, absence.To, absence.DeputyId));
    }

    private static Decision<PersonEvent> DeactivateService(Administrator? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersManageServiceAccounts();
        if (state is not { IsServiceAccount: true }) return new ServiceAccountNotFound("id");
        return PersonLifecycle.Decide(new PersonCommand.Deactivate(), state, actor, PersonKind.OfOffice);
    }
}

/// <summary>Only owners decide who belongs to the office.</summary>
public sealed record OnlyOwnersChangeAdministrators()
    : Refusal(RefusalKind.Forbidden, "Only an owner may invite, change or deactivate administrators.");

/// <summary>The owner who does it stays one: so the office never loses its last.</summary>
public sealed record NobodyChangesTheirOwnRole()
    : Refusal(RefusalKind.Invalid, "You cannot change your own role. Another owner can.", "id");

/// <summary>Not a role that somebody of the office can have.</summary>
public sealed record RoleIsNotOfTheOffice()
    : Refusal(RefusalKind.Invalid, "role must be ADMINISTRATOR or AUDITOR.", "role");

/// <summary>No such administrator in this organisation.</summary>
public sealed record AdministratorNotFound(string Field = "id")
    : Refusal(RefusalKind.NotFound, "There is no such administrator.", Field);

/// <summary>Only owners decide which programs act in the office's name.</summary>
public sealed record OnlyOwnersManageServiceAccounts()
    : Refusal(RefusalKind.Forbidden, "Only an owner may manage service accounts.");

/// <summary>Everybody says of themselves when they are away, and owners of anybody.</summary>
public sealed record OnlyOwnersSetAbsences()
    : Refusal(RefusalKind.Forbidden, "Only an owner may say when somebody else is away.", "id");

/// <summary>The last day is before the first.</summary>
public sealed record AbsenceEndsBeforeItBegins() : Refusal(RefusalKind.Invalid, "to must not be before from.", "to");

/// <summary>More days than somebody may be away.</summary>
public sealed record AbsenceIsTooLong()
    : Refusal(RefusalKind.Invalid, "An absence is at most a year.", "to");

/// <summary>The last day has passed.</summary>
public sealed record AbsenceIsOver() : Refusal(RefusalKind.Invalid, "to must not be in the past.", "to");

/// <summary>The first day is far away.</summary>
public sealed record AbsenceIsTooFarAhead()
    : Refusal(RefusalKind.Invalid, "from must be within a year.", "from");

/// <summary>The deputy is who is away.</summary>
public sealed record NobodyStandsInForThemselves()
    : Refusal(RefusalKind.Invalid, "Nobody stands in for themselves.", "deputyId");

/// <summary>The id names somebody already.</summary>
public sealed record ServiceAccountExists() : Refusal(RefusalKind.Conflict, "This id is somebody's already.", "id");

/// <summary>No such service account in this organisation, or one that was ended.</summary>
public sealed record ServiceAccountNotFound(string Name)
    : Refusal(RefusalKind.NotFound, "There is no such service account.", Name);
