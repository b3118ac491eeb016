using System.Collections.Immutable;
using Messaging.Domain.Accounts;

namespace Messaging.Domain.Organisation;

/// <summary>What somebody wants of an administrator.</summary>
public abstract record AdministratorCommand;

/// <summary>Asks somebody to join the office.</summary>
/// <param name="EmailIsTaken">Whether somebody of the organisation has the address already.</param>
public sealed record InviteAdministrator(
    string DisplayName, string Email, Role Role, bool IsOwner, string Locale, bool EmailIsTaken) : AdministratorCommand;

/// <summary>Gives a program of the office's an account.</summary>
public sealed record CreateServiceAccount(string DisplayName, Role Role, string Locale) : AdministratorCommand;

/// <summary>Ends the account of a program.</summary>
public sealed record DeactivateServiceAccount : AdministratorCommand;

/// <summary>Takes an invitation up, once.</summary>
public sealed record JoinAsAdministrator : AdministratorCommand;

/// <summary>Asks somebody to join once more.</summary>
public sealed record InviteAdministratorAgain : AdministratorCommand;

/// <summary>Changes what somebody says of themselves; null leaves it as it is.</summary>
public sealed record UpdateAdministratorProfile(string? DisplayName, string? Locale) : AdministratorCommand;

/// <summary>Takes note that somebody chose another password.</summary>
public sealed record ChangeAdministratorPassword : AdministratorCommand;

/// <summary>Ends somebody's part in the office.</summary>
public sealed record DeactivateAdministrator : AdministratorCommand;

/// <summary>Decides administrator commands.</summary>
public static class AdministratorDecider
{
    /// <summary>Answers a command.</summary>
    /// <param name="command">What is wanted.</param>
    /// <param name="state">The administrator so far; null when there is none.</param>
    /// <param name="actor">Who wants it.</param>
    public static Decision<AdministratorEvent> Decide(
        AdministratorCommand command, Administrator? state, Actor actor) =>
        command switch
        {
            InviteAdministrator c => Invite(c, state, actor),
            CreateServiceAccount c => Create(c, state, actor),
            DeactivateServiceAccount => DeactivateService(state, actor),
            JoinAsAdministrator => Join(state),
            InviteAdministratorAgain => InviteAgain(state, actor),
            UpdateAdministratorProfile c => Update(c, state, actor),
            ChangeAdministratorPassword => ChangePassword(state, actor),
            DeactivateAdministrator => Deactivate(state, actor),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "An unknown command."),
        };

    private static Decision<AdministratorEvent> Invite(InviteAdministrator c, Administrator? state, Actor actor)
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
        return Domain.Decide.Accept<AdministratorEvent>(
            new AdministratorInvited(c.DisplayName, c.Email, c.Role, c.IsOwner, c.Locale));
    }

    private static Decision<AdministratorEvent> Create(CreateServiceAccount c, Administrator? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersManageServiceAccounts();
        if (state is not null) return new ServiceAccountExists();
        if (Name.CheckPerson(c.DisplayName, "displayName") is { } name) return name;
        if (c.Role is not (Role.Administrator or Role.Auditor)) return new RoleIsNotOfTheOffice();
        return Domain.Decide.Accept<AdministratorEvent>(new ServiceAccountCreated(c.DisplayName, c.Role, c.Locale));
    }

    private static Decision<AdministratorEvent> DeactivateService(Administrator? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersManageServiceAccounts();
        if (state is not { IsServiceAccount: true }) return new ServiceAccountIsUnknown("id");
        return Deactivate(state, actor);
    }

    private static Decision<AdministratorEvent> Join(Administrator? state) =>
        state is { Active: true, Joined: false }
            ? Domain.Decide.Accept<AdministratorEvent>(new AdministratorJoined())
            : new InvitationIsNotValid();

    private static Decision<AdministratorEvent> InviteAgain(Administrator? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersChangeAdministrators();
        if (state is not { Active: true }) return new AdministratorIsUnknown();
        if (state.Joined) return new InvitationIsTakenUp();
        return Domain.Decide.Accept<AdministratorEvent>(new AdministratorInvitedAgain(state.Email, state.Locale));
    }

    private static Decision<AdministratorEvent> Update(UpdateAdministratorProfile c, Administrator? state, Actor actor)
    {
        if (state is not { Active: true, IsServiceAccount: false } || state.Id != actor.Id)
            return new AdministratorIsUnknown();
        if (Profile.Check(c.DisplayName, c.Locale, state.DisplayName) is { } refusal)
            return refusal;
        var events = ImmutableArray.CreateBuilder<AdministratorEvent>();
        if (c.DisplayName is not null && c.DisplayName != state.DisplayName)
            events.Add(new AdministratorRenamed(c.DisplayName));
        if (c.Locale is not null && c.Locale != state.Locale)
            events.Add(new AdministratorLocaleChosen(c.Locale));
        return new Decision<AdministratorEvent>.Accepted(events.ToImmutable());
    }

    private static Decision<AdministratorEvent> ChangePassword(Administrator? state, Actor actor) =>
        state is { Active: true, IsServiceAccount: false } && state.Id == actor.Id
            ? Domain.Decide.Accept<AdministratorEvent>(new AdministratorPasswordChanged())
            : new AdministratorIsUnknown();

    private static Decision<AdministratorEvent> Deactivate(Administrator? state, Actor actor)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersChangeAdministrators();
        if (state is null) return new AdministratorIsUnknown();
        if (state.Id == actor.Id) return new NobodyDeactivatesThemselves();
        return state.Active
            ? Domain.Decide.Accept<AdministratorEvent>(new AdministratorDeactivated())
            : Domain.Decide.Accept<AdministratorEvent>();
    }
}

/// <summary>Who belongs to the office is the owners' to say.</summary>
public sealed record OnlyOwnersChangeAdministrators()
    : Refusal(RefusalKind.Forbidden, "Only an owner may invite or deactivate administrators.");

/// <summary>Not a role that somebody of the office can have.</summary>
public sealed record RoleIsNotOfTheOffice()
    : Refusal(RefusalKind.Invalid, "role must be ADMINISTRATOR or AUDITOR.", "role");

/// <summary>No such administrator in this organisation.</summary>
public sealed record AdministratorIsUnknown() : Refusal(RefusalKind.NotFound, "There is no such administrator.", "id");

/// <summary>An owner would lock themselves out.</summary>
public sealed record NobodyDeactivatesThemselves()
    : Refusal(RefusalKind.Invalid, "You cannot deactivate yourself.", "id");

/// <summary>Which programs act in the office's name is the owners' to say.</summary>
public sealed record OnlyOwnersManageServiceAccounts()
    : Refusal(RefusalKind.Forbidden, "Only an owner may manage service accounts.");

/// <summary>The id names somebody already.</summary>
public sealed record ServiceAccountExists() : Refusal(RefusalKind.Conflict, "This id is somebody's already.", "id");

/// <summary>No such service account in this organisation, or one that was ended.</summary>
public sealed record ServiceAccountIsUnknown(string Name)
    : Refusal(RefusalKind.NotFound, "There is no such service account.", Name);
