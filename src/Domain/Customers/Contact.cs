using System.Collections.Immutable;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;

namespace Messaging.Domain.Customers;

/// <summary>
/// What happens to somebody who writes for a customer. Names and fields are a file format: they are upcast, never
/// edited.
/// </summary>
public abstract record ContactEvent;

/// <summary>Somebody was asked to write for a customer.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
[Stored("contact_invited")]
public sealed record ContactInvited(Guid CustomerId, string DisplayName, string Email, string Locale) : ContactEvent;

/// <summary>The invitation was taken up.</summary>
[Stored("contact_joined")]
public sealed record ContactJoined : ContactEvent;

/// <summary>They were asked once more: the first invitation had expired, or was lost.</summary>
[Stored("contact_invited_again")]
public sealed record ContactInvitedAgain(string Email, string Locale) : ContactEvent;

/// <summary>They are called something else.</summary>
[Stored("contact_renamed")]
public sealed record ContactRenamed(string DisplayName) : ContactEvent;

/// <summary>They are written to in another language.</summary>
/// <param name="Locale"><c>de</c> or <c>en</c>.</param>
[Stored("contact_locale_chosen")]
public sealed record ContactLocaleChosen(string Locale) : ContactEvent;

/// <summary>They have another password, and whoever signed in with the one before has to sign in again.</summary>
[Stored("contact_password_changed")]
public sealed record ContactPasswordChanged : ContactEvent;

/// <summary>They no longer write for the customer. What they did stays.</summary>
[Stored("contact_deactivated")]
public sealed record ContactDeactivated : ContactEvent;

/// <summary>The write state of somebody who writes for a customer.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Version">The number of events so far.</param>
/// <param name="CustomerId">The customer.</param>
/// <param name="Active">False once deactivated.</param>
/// <param name="Joined">Whether the invitation was taken up.</param>
public sealed record Contact(
    Guid Id, long Version, Guid CustomerId, string DisplayName, string Email, string Locale, bool Active, bool Joined)
{
    /// <summary>The version of the event that invited them last: only the link that follows from it works.</summary>
    public long InvitedAt { get; init; } = 1;

    /// <summary>The state after one more event. Never throws: what happened, happened.</summary>
    public static Contact? Evolve(Contact? state, Guid id, ContactEvent @event)
    {
        if (@event is ContactInvited i)
            return new Contact(
                id, (state?.Version ?? 0) + 1, i.CustomerId, i.DisplayName, i.Email, i.Locale, true, false);
        if (state is null)
            return null;
        state = state with { Version = state.Version + 1 };
        return @event switch
        {
            ContactJoined => state with { Joined = true },
            ContactInvitedAgain => state with { InvitedAt = state.Version },
            ContactRenamed e => state with { DisplayName = e.DisplayName },
            ContactLocaleChosen e => state with { Locale = e.Locale },
            ContactDeactivated => state with { Active = false },
            _ => state,
        };
    }
}

/// <summary>What somebody wants of a contact.</summary>
public abstract record ContactCommand;

/// <summary>Asks somebody to write for a customer.</summary>
/// <param name="Customer">The customer; null when there is none of that id.</param>
/// <param name="EmailIsTaken">Whether somebody of the organisation has the address already.</param>
public sealed record InviteContact(
    Customer? Customer, string DisplayName, string Email, string Locale, bool EmailIsTaken) : ContactCommand;

/// <summary>Takes an invitation up, once.</summary>
public sealed record JoinAsContact : ContactCommand;

/// <summary>Asks somebody once more.</summary>
public sealed record InviteContactAgain : ContactCommand;

/// <summary>Changes what somebody says of themselves; null leaves it as it is.</summary>
public sealed record UpdateContactProfile(string? DisplayName, string? Locale) : ContactCommand;

/// <summary>Takes note that somebody chose another password.</summary>
public sealed record ChangeContactPassword : ContactCommand;

/// <summary>Ends somebody's part in a customer's conversations.</summary>
public sealed record DeactivateContact : ContactCommand;

/// <summary>Decides contact commands.</summary>
public static class ContactDecider
{
    /// <summary>Answers a command.</summary>
    /// <param name="command">What is wanted.</param>
    /// <param name="state">The contact so far; null when there is none.</param>
    /// <param name="actor">Who wants it.</param>
    public static Decision<ContactEvent> Decide(ContactCommand command, Contact? state, Actor actor) =>
        command switch
        {
            InviteContact c => Invite(c, state, actor),
            JoinAsContact => state is { Active: true, Joined: false }
                ? Domain.Decide.Accept<ContactEvent>(new ContactJoined())
                : new InvitationIsNotValid(),
            InviteContactAgain => InviteAgain(state, actor),
            UpdateContactProfile c => Update(c, state, actor),
            ChangeContactPassword => ChangePassword(state, actor),
            DeactivateContact => Deactivate(state, actor),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "An unknown command."),
        };

    private static Decision<ContactEvent> Invite(InviteContact c, Contact? state, Actor actor)
    {
        if (actor is not (Actor.Administrator or Actor.System)) return new OnlyAdministratorsChangeCustomers();
        if (c.Customer is null) return new CustomerNotFound();
        if (EmailAddress.Check(c.Email, "email") is { } email) return email;
        if (Name.CheckPerson(c.DisplayName, "displayName") is { } name) return name;
        if (c.EmailIsTaken || state is not null) return new EmailIsTaken();
        return Domain.Decide.Accept<ContactEvent>(new ContactInvited(c.Customer.Id, c.DisplayName, c.Email, c.Locale));
    }

    private static Decision<ContactEvent> InviteAgain(Contact? state, Actor actor)
    {
        if (actor is not Actor.Administrator) return new OnlyAdministratorsChangeCustomers();
        if (state is not { Active: true }) return new ContactIsUnknown();
        if (state.Joined) return new InvitationIsTakenUp();
        return Domain.Decide.Accept<ContactEvent>(new ContactInvitedAgain(state.Email, state.Locale));
    }

    private static Decision<ContactEvent> Update(UpdateContactProfile c, Contact? state, Actor actor)
    {
        if (state is not { Active: true } || state.Id != actor.Id) return new ContactIsUnknown();
        if (Profile.Check(c.DisplayName, c.Locale, state.DisplayName) is { } refusal) return refusal;
        var events = ImmutableArray.CreateBuilder<ContactEvent>();
        if (c.DisplayName is not null && c.DisplayName != state.DisplayName)
            events.Add(new ContactRenamed(c.DisplayName));
        if (c.Locale is not null && c.Locale != state.Locale)
            events.Add(new ContactLocaleChosen(c.Locale));
        return new Decision<ContactEvent>.Accepted(events.ToImmutable());
    }

    private static Decision<ContactEvent> ChangePassword(Contact? state, Actor actor) =>
        state is { Active: true } && state.Id == actor.Id
            ? Domain.Decide.Accept<ContactEvent>(new ContactPasswordChanged())
            : new ContactIsUnknown();

    private static Decision<ContactEvent> Deactivate(Contact? state, Actor actor)
    {
        if (actor is not Actor.Administrator)
            return new OnlyAdministratorsChangeCustomers();
        if (state is null)
            return new ContactIsUnknown();
        return state.Active
            ? Domain.Decide.Accept<ContactEvent>(new ContactDeactivated())
            : Domain.Decide.Accept<ContactEvent>();
    }
}

/// <summary>No such contact in this organisation.</summary>
public sealed record ContactIsUnknown() : Refusal(RefusalKind.NotFound, "There is no such contact.", "id");
