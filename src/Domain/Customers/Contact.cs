using Messaging.Domain.Administrators;
using Messaging.Domain.Conversations;

namespace Messaging.Domain.Customers;

/// <summary>What happens to somebody who writes for a customer. Names and fields are a file format: they are upcast, never edited.</summary>
public abstract record ContactEvent;

/// <summary>Somebody was asked to write for a customer.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
public sealed record ContactInvited(Guid CustomerId, string DisplayName, string Email, string Locale) : ContactEvent;

/// <summary>The invitation was taken up.</summary>
public sealed record ContactJoined : ContactEvent;

/// <summary>The write state of somebody who writes for a customer.</summary>
/// <param name="Id">The stream.</param>
/// <param name="Version">The number of events so far.</param>
/// <param name="CustomerId">The customer.</param>
/// <param name="Joined">Whether the invitation was taken up.</param>
public sealed record Contact(Guid Id, long Version, Guid CustomerId, string DisplayName, string Email, string Locale, bool Joined)
{
    /// <summary>The state after one more event. Never throws: what happened, happened.</summary>
    public static Contact? Evolve(Contact? state, Guid id, ContactEvent @event)
    {
        if (@event is ContactInvited e) return new Contact(id, (state?.Version ?? 0) + 1, e.CustomerId, e.DisplayName, e.Email, e.Locale, false);
        if (state is null) return null;
        state = state with { Version = state.Version + 1 };
        return @event is ContactJoined ? state with { Joined = true } : state;
    }
}

/// <summary>What somebody wants of a contact.</summary>
public abstract record ContactCommand;

/// <summary>Asks somebody to write for a customer.</summary>
/// <param name="Customer">The customer; null when there is none of that id.</param>
/// <param name="EmailIsTaken">Whether somebody of the organisation has the address already.</param>
public sealed record InviteContact(Customer? Customer, string DisplayName, string Email, string Locale, bool EmailIsTaken) : ContactCommand;

/// <summary>Takes an invitation up, once.</summary>
public sealed record JoinAsContact : ContactCommand;

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
            JoinAsContact => state is { Joined: false } ? Domain.Decide.Accept<ContactEvent>(new ContactJoined()) : new InvitationIsNotValid(),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command, "An unknown command."),
        };

    private static Decision<ContactEvent> Invite(InviteContact c, Contact? state, Actor actor)
    {
        if (actor is not (Actor.Administrator or Actor.System)) return new OnlyAdministratorsChangeCustomers();
        if (c.Customer is null) return new CustomerNotFound();
        if (Text.CheckEmail(c.Email, "email") is { } email) return email;
        if (Text.CheckLine(c.DisplayName, "displayName", AdministratorDecider.DisplayNameMaximum) is { } name) return name;
        if (c.EmailIsTaken || state is not null) return new EmailIsTaken();
        return Domain.Decide.Accept<ContactEvent>(new ContactInvited(c.Customer.Id, c.DisplayName, c.Email, c.Locale));
    }
}
