using System.Collections.Immutable;

namespace Messaging.Domain.Accounts;

/// <summary>A command to a person. Invitations differ, and are with the decider of each kind.</summary>
public abstract record PersonCommand
{
    /// <summary>Takes an invitation up, once.</summary>
    public sealed record Join : PersonCommand;

    /// <summary>Asks somebody to join once more.</summary>
    /// <param name="Email">Another address to send it to; null for the one of before.</param>
    /// <param name="EmailIsTaken">True when somebody else of the organisation has that address.</param>
    public sealed record InviteAgain(string? Email = null, bool EmailIsTaken = false) : PersonCommand;

    /// <summary>Takes an invitation back that was not taken up.</summary>
    public sealed record WithdrawInvitation : PersonCommand;

    /// <summary>Lets somebody back who was deactivated, by an invitation.</summary>
    /// <param name="Email">The address that they come back with; null where nobody is known.</param>
    /// <param name="Holder">The name of somebody else who has that address; null when it is free.</param>
    public sealed record Reactivate(string? Email, string? Holder) : PersonCommand;

    /// <summary>
    /// Has somebody mailed a link by which they choose another password. The product itself asks when they do, whoever
    /// they are.
    /// </summary>
    public sealed record AskPasswordReset : PersonCommand;

    /// <summary>Takes note that somebody chose another password by the link that was mailed to them.</summary>
    public sealed record ResetPassword : PersonCommand;

    /// <summary>
    /// Has a link mailed to another address, by which it becomes that of a person: their own wish, or the office's.
    /// </summary>
    /// <param name="IsTheirs">True when it is the address that they have, maybe spelled otherwise.</param>
    /// <param name="EmailIsTaken">
    /// True when somebody else of the organisation has that address. Only the office is told: for a wish of one's own
    /// it is false, and the confirmation finds out.
    /// </param>
    /// <param name="ByThemselves">True for a wish of one's own, which was proved by the password.</param>
    public sealed record AskEmailChange(string Email, bool IsTheirs, bool EmailIsTaken, bool ByThemselves)
        : PersonCommand;

    /// <summary>Ends the change of address that waits for its confirmation.</summary>
    public sealed record WithdrawEmailChange : PersonCommand;

    /// <summary>Takes note that the link that was mailed to the other address was used.</summary>
    /// <param name="AskedAt">The version of the event that the link follows from.</param>
    /// <param name="EmailIsTaken">True when somebody of the organisation has that address by now.</param>
    public sealed record ConfirmEmailChange(long AskedAt, bool EmailIsTaken) : PersonCommand;

    /// <summary>
    /// Takes note that the person confirmed another address for another account of theirs that had the same one.
    /// </summary>
    /// <param name="HasAddressOfBefore">True when this account still has the address of before.</param>
    /// <param name="EmailIsTaken">True when somebody else has that address, whom it has to differ from.</param>
    public sealed record FollowEmailChange(string Email, bool HasAddressOfBefore, bool EmailIsTaken) : PersonCommand;

    /// <summary>Changes what somebody says of themselves; null leaves it as it is.</summary>
    public sealed record UpdateProfile(string? DisplayName, string? Locale) : PersonCommand;

    /// <summary>Takes note that somebody chose another password.</summary>
    public sealed record ChangePassword : PersonCommand;

    /// <summary>Takes note of what somebody did with their own second factor.</summary>
    public sealed record ChangeSecondFactor(SecondFactorChange Change) : PersonCommand;

    /// <summary>Takes somebody's second factor away, who has lost it.</summary>
    /// <param name="HasOne">True when there is one.</param>
    public sealed record ResetSecondFactor(bool HasOne) : PersonCommand;

    /// <summary>Ends somebody's part. Their history stays.</summary>
    public sealed record Deactivate : PersonCommand;

    /// <summary>
    /// Restricts what is kept about somebody (GDPR, Article 18): their part ends, and who they are is seen by owners
    /// and auditors alone.
    /// </summary>
    public sealed record Restrict : PersonCommand;

    /// <summary>Ends the restriction. They come back by a reactivation only.</summary>
    public sealed record LiftRestriction : PersonCommand;

    /// <summary>
    /// Has what is kept about somebody go (GDPR, Article 17): who they are, and what they wrote. Their part ends.
    /// </summary>
    public sealed record Erase : PersonCommand;
}

/// <summary>
/// The life of somebody who has an account, from the invitation on: the same for the office and for contacts.
/// </summary>
public static class PersonLifecycle
{
    /// <summary>
    /// The state after one more event. Throws for nothing that has happened: what happened, happened.
    /// </summary>
    public static TPerson Evolve<TPerson>(TPerson state, PersonEvent.IOfAnybody @event)
        where TPerson : Person =>
        (TPerson)Evolved(state with { Version = state.Version + 1 }, @event);

    /// <summary>Answers a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="state">The person so far; null when there is none.</param>
    /// <param name="actor">The actor who gives the command.</param>
    /// <param name="kind">The kind of the person, existing or not.</param>
    public static Decision<PersonEvent> Decide(PersonCommand command, Person? state, Actor actor, PersonKind kind)
    {
        kind = state?.Kind ?? kind;
        return command switch
        {
            PersonCommand.Join => Join(state, kind),
            PersonCommand.InviteAgain c => InviteAgain(c, state, actor, kind),
            PersonCommand.WithdrawInvitation => Withdraw(state, actor, kind),
            PersonCommand.Reactivate c => Reactivate(c, state, actor, kind),
            PersonCommand.AskPasswordReset => AskPasswordReset(state, actor, kind),
            PersonCommand.ResetPassword => state is { Active: true, Joined: true, SignsIn: true }
                ? Accept(kind.PasswordChanged)
                : new PasswordResetIsNotValid(),
            PersonCommand.AskEmailChange c => AskEmailChange(c, state, actor, kind),
            PersonCommand.WithdrawEmailChange => WithdrawEmailChange(state, actor, kind),
            PersonCommand.ConfirmEmailChange c => ConfirmEmailChange(c, state, kind),
            PersonCommand.FollowEmailChange c => FollowEmailChange(c, state, kind),
            PersonCommand.UpdateProfile c => Update(c, state, actor, kind),
            PersonCommand.ChangePassword => IsOf(state, actor) ? Accept(kind.PasswordChanged) : kind.NotFound,
            PersonCommand.ChangeSecondFactor c => IsOf(state, actor)
                ? Accept(kind.SecondFactorChanged(c.Change))
                : kind.NotFound,
            PersonCommand.ResetSecondFactor c => ResetFactor(c, state, actor, kind),
            PersonCommand.Deactivate => Deactivate(state, actor, kind),
            PersonCommand.Restrict => Restrict(state, actor, kind),
            PersonCommand.LiftRestriction => LiftRestriction(state, actor, kind),
            PersonCommand.Erase => Erase(state, actor, kind),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "An unknown command."),
        };
    }

    private static Person Evolved(Person state, PersonEvent.IOfAnybody @event) =>
        @event switch
        {
            PersonEvent.IJoined => state with { Joined = true },
            PersonEvent.IInvitedAgain e => state with { InvitedAt = state.Version, Email = e.Email },
            PersonEvent.IReactivated e => state with
            {
                Active = true,
                Joined = false,
                InvitedAt = state.Version,
                Email = e.Email,
            },
            PersonEvent.IEmailChangeAsked e => state with
            {
                EmailChange = new EmailChange(e.Email, state.Version, e.ByThemselves),
            },
            PersonEvent.IEmailChangeWithdrawn => state with { EmailChange = null },
            PersonEvent.IEmailChanged e => state with { Email = e.Email, EmailChange = null },
            PersonEvent.IRenamed e => state with { DisplayName = e.DisplayName },
            PersonEvent.ILocaleChosen e => state with { Locale = e.Locale },
            PersonEvent.IDeactivated => state with { Active = false, EmailChange = null },
            PersonEvent.IRestricted => state with { Restricted = true },
            PersonEvent.IRestrictionLifted => state with { Restricted = false },
            PersonEvent.IErased => state with
            {
                Erased = true,
                Restricted = true,
                DisplayName = Restriction.Name,
                Email = Restriction.Email,
                EmailChange = null,
            },

            // Whoever knew the password of before may have asked for another address.
            PersonEvent.IPasswordChanged => state with { EmailChange = null },
            PersonEvent.IPasswordResetAsked or PersonEvent.IRoleChanged or PersonEvent.ISecondFactorChanged => state,
            _ => throw new UnknownEventException(@event),
        };

    private static Decision<PersonEvent> Join(Person? state, PersonKind kind) =>
        state switch
        {
            { Active: true, Joined: false } => Accept(kind.Joined),
            { Active: false, Joined: false } => new InvitationIsWithdrawn(),
            _ => new InvitationIsNotValid(),
        };

    private static Decision<PersonEvent> InviteAgain(
        PersonCommand.InviteAgain c, Person? state, Actor actor, PersonKind kind)
    {
        if (actor is not Actor.System && kind.MayNotManage(actor) is { } refusal) return refusal;
        if (c.Email is not null && EmailAddress.Check(c.Email, "email") is { } email) return email;
        if (state is not { Active: true }) return kind.NotFound;
        if (state.Joined) return new InvitationIsTakenUp();
        if (c.Email is null || EmailAddress.AreSame(c.Email, state.Email))
            return Accept(kind.InvitedAgain(state.Email, state.Locale));
        return c.EmailIsTaken ? new EmailIsTaken() : Accept(kind.InvitedAgain(c.Email, state.Locale));
    }

    private static Decision<PersonEvent> Withdraw(Person? state, Actor actor, PersonKind kind)
    {
        if (kind.MayNotManage(actor) is { } refusal) return refusal;
        if (state is not { SignsIn: true }) return kind.NotFound;
        if (state.Joined) return new InvitationIsTakenUp();
        return state.Active ? Accept(kind.InvitationWithdrawn) : Domain.Decide.Accept<PersonEvent>();
    }

    private static Decision<PersonEvent> Reactivate(
        PersonCommand.Reactivate c, Person? state, Actor actor, PersonKind kind)
    {
        if (kind.MayNotManage(actor) is { } refusal) return refusal;

        if (state is { SignsIn: true, Active: true }) return Domain.Decide.Accept<PersonEvent>();
        if (state is { SignsIn: true, Erased: true }) return new PersonIsErased();
        if (state is { SignsIn: true, Restricted: true }) return new PersonIsRestricted();
        if (c.Email is not null && EmailAddress.Check(c.Email, "email") is { } email) return email;
        if (c.Email is null || state is not { SignsIn: true }) return kind.NotFound;
        if (c.Holder is not null) return new AddressIsAnothersNow(c.Holder);
        return Accept(kind.Reactivated(c.Email, state.Locale));
    }

    private static Decision<PersonEvent> AskPasswordReset(Person? state, Actor actor, PersonKind kind)
    {
        if (actor is not Actor.System && kind.MayNotManage(actor) is { } refusal) return refusal;
        return state is { Active: true, SignsIn: true }
            ? Accept(kind.PasswordResetAsked(state.Email, state.Locale))
            : kind.NotFound;
    }

    private static Decision<PersonEvent> ResetFactor(
        PersonCommand.ResetSecondFactor c, Person? state, Actor actor, PersonKind kind)
    {
        if (actor is not Actor.System && kind.MayNotManage(actor) is { } refusal) return refusal;
        if (state is not { Active: true, SignsIn: true }) return kind.NotFound;
        if (state.Id == actor.Id) return new NobodyResetsTheirOwnFactor();
        return c.HasOne ? Accept(kind.SecondFactorChanged(SecondFactorChange.Reset)) : new NoSecondFactor();
    }

    private static Decision<PersonEvent> AskEmailChange(
        PersonCommand.AskEmailChange c, Person? state, Actor actor, PersonKind kind)
    {
        if (!c.ByThemselves && kind.MayNotManage(actor) is { } refusal) return refusal;
        if (EmailAddress.Check(c.Email, "email") is { } email) return email;
        if (!c.ByThemselves && state?.Id == actor.Id) return new OwnEmailNeedsThePassword();
        if (c.ByThemselves && !IsOf(state, actor)) return kind.NotFound;
        if (state is not { Active: true, SignsIn: true }) return kind.NotFound;
        if (!state.Joined) return new InvitationIsNotTakenUp();
        if (c.IsTheirs) return new EmailIsTheirsAlready();
        return c.EmailIsTaken
            ? new EmailIsTaken()
            : Accept(kind.EmailChangeAsked(c.Email, state.Email, state.Locale, c.ByThemselves));
    }

    private static Decision<PersonEvent> WithdrawEmailChange(Person? state, Actor actor, PersonKind kind)
    {
        if (!IsOf(state, actor) && kind.MayNotManage(actor) is { } refusal)
        {
            // A contact does not learn whose id it is.
            return actor is Actor.Contact ? PersonKind.OfCustomer.NotFound : refusal;
        }

        if (state is not { Active: true, SignsIn: true }) return kind.NotFound;
        return state.EmailChange is null
            ? Domain.Decide.Accept<PersonEvent>()
            : Accept(kind.EmailChangeWithdrawn);
    }

    private static Decision<PersonEvent> ConfirmEmailChange(
        PersonCommand.ConfirmEmailChange c, Person? state, PersonKind kind)
    {
        if (state is not { Active: true, EmailChange: { } change } || change.AskedAt != c.AskedAt)
            return new EmailChangeIsNotValid();
        return c.EmailIsTaken
            ? new EmailIsTakenByNow()
            : Accept(kind.EmailChanged(change.Email, state.Email, state.Locale));
    }

    private static Decision<PersonEvent> FollowEmailChange(
        PersonCommand.FollowEmailChange c, Person? state, PersonKind kind)
    {
        if (state is not { Active: true, SignsIn: true } || !c.HasAddressOfBefore) return kind.NotFound;
        return c.EmailIsTaken
            ? new EmailIsTaken()
            : Accept(kind.EmailChanged(c.Email, state.Email, state.Locale));
    }

    private static Decision<PersonEvent> Update(
        PersonCommand.UpdateProfile c, Person? state, Actor actor, PersonKind kind)
    {
        if (!IsOf(state, actor)) return kind.NotFound;
        if (Profile.Check(c.DisplayName, c.Locale, state!.DisplayName) is { } refusal) return refusal;
        var events = ImmutableArray.CreateBuilder<PersonEvent>();
        if (c.DisplayName is not null && c.DisplayName != state.DisplayName) events.Add(kind.Renamed(c.DisplayName));
        if (c.Locale is not null && c.Locale != state.Locale) events.Add(kind.LocaleChosen(c.Locale));
        return new Decision<PersonEvent>.Accepted(events.ToImmutable());
    }

    private static Decision<PersonEvent> Deactivate(Person? state, Actor actor, PersonKind kind)
    {
        if (kind.MayNotManage(actor) is { } refusal) return refusal;
        if (state is null) return kind.NotFound;
        if (state.Id == actor.Id) return new NobodyDeactivatesThemselves();
        return state.Active ? Accept(kind.Deactivated) : Domain.Decide.Accept<PersonEvent>();
    }

    // The deactivation comes as an event of its own: whatever ends access follows from that.
    private static Decision<PersonEvent> Restrict(Person? state, Actor actor, PersonKind kind)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersRestrict();
        if (state is not { SignsIn: true }) return kind.NotFound;
        if (state.Id == actor.Id) return new NobodyRestrictsThemselves();
        if (state.Restricted) return Domain.Decide.Accept<PersonEvent>();
        return state.Active
            ? Domain.Decide.Accept(kind.Deactivated, kind.Restricted)
            : Accept(kind.Restricted);
    }

    private static Decision<PersonEvent> LiftRestriction(Person? state, Actor actor, PersonKind kind)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersRestrict();
        if (state is not { SignsIn: true }) return kind.NotFound;
        if (state.Erased) return new PersonIsErased();
        return state.Restricted
            ? Accept(kind.RestrictionLifted(state.DisplayName, state.Email))
            : Domain.Decide.Accept<PersonEvent>();
    }

    // Once more is no refusal: whoever is not sure asks again.
    private static Decision<PersonEvent> Erase(Person? state, Actor actor, PersonKind kind)
    {
        if (actor is not Actor.Administrator { IsOwner: true }) return new OnlyOwnersErase();
        if (state is not { SignsIn: true }) return kind.NotFound;
        if (state.Id == actor.Id) return new NobodyErasesThemselves();
        if (state.Erased) return Domain.Decide.Accept<PersonEvent>();
        return state.Active
            ? Domain.Decide.Accept(kind.Deactivated, kind.Erased)
            : Accept(kind.Erased);
    }

    // A profile and a password are their owner's alone to change.
    private static bool IsOf(Person? state, Actor actor) =>
        state is { Active: true, SignsIn: true } && state.Id == actor.Id;

    private static Decision<PersonEvent> Accept(PersonEvent @event) => Domain.Decide.Accept(@event);
}

/// <summary>An owner would lock themselves out.</summary>
public sealed record NobodyDeactivatesThemselves()
    : Refusal(RefusalKind.Invalid, "You cannot deactivate yourself.", "id");
