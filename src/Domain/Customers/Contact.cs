using System.Collections.Immutable;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;

namespace Messaging.Domain.Customers;

/// <summary>
/// An event of a contact. Names and fields are a file format: they are upcast, never
/// edited.
/// </summary>
public abstract record ContactEvent : PersonEvent;

/// <summary>A contact was invited to write for a customer.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
[Stored("contact_invited")]
public sealed record ContactInvited(Guid CustomerId, string DisplayName, string Email, string Locale)
    : ContactEvent, PersonEvent.IInvited;

/// <summary>A contact was entered and not invited yet: they are mailed nothing until they are.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
[Stored("contact_added")]
public sealed record ContactAdded(Guid CustomerId, string DisplayName, string Email, string Locale) : ContactEvent;

/// <summary>The invitation was taken up.</summary>
[Stored("contact_joined")]
public sealed record ContactJoined : ContactEvent, PersonEvent.IJoined;

/// <summary>They were asked once more: the first invitation had expired, or was lost.</summary>
[Stored("contact_invited_again")]
public sealed record ContactInvitedAgain(string Email, string Locale) : ContactEvent, PersonEvent.IInvitedAgain;

/// <summary>They are called something else.</summary>
[Stored("contact_renamed")]
public sealed record ContactRenamed(string DisplayName) : ContactEvent, PersonEvent.IRenamed;

/// <summary>They are written to in another language.</summary>
/// <param name="Locale"><c>de</c> or <c>en</c>.</param>
[Stored("contact_locale_chosen")]
public sealed record ContactLocaleChosen(string Locale) : ContactEvent, PersonEvent.ILocaleChosen;

/// <summary>They have another password, and whoever signed in with the one before has to sign in again.</summary>
[Stored("contact_password_changed")]
public sealed record ContactPasswordChanged : ContactEvent, PersonEvent.IPasswordChanged;

/// <summary>Something about the second factor that they sign in with is another.</summary>
[Stored("contact_second_factor_changed")]
public sealed record ContactSecondFactorChanged(SecondFactorChange Change)
    : ContactEvent, PersonEvent.ISecondFactorChanged;

/// <summary>They are mailed a link by which they choose another password.</summary>
[Stored("contact_password_reset_asked")]
public sealed record ContactPasswordResetAsked(string Email, string Locale)
    : ContactEvent, PersonEvent.IPasswordResetAsked;

/// <summary>They no longer write for the customer. Their history stays.</summary>
[Stored("contact_deactivated")]
public sealed record ContactDeactivated : ContactEvent, PersonEvent.IDeactivated;

/// <summary>They write for the customer again, once they have taken up the invitation that follows.</summary>
[Stored("contact_reactivated")]
public sealed record ContactReactivated(string Email, string Locale) : ContactEvent, PersonEvent.IReactivated;

/// <summary>The invitation was taken back before it was taken up.</summary>
[Stored("contact_invitation_withdrawn")]
public sealed record ContactInvitationWithdrawn : ContactEvent, PersonEvent.IDeactivated;

/// <summary>They shall have another address, once the link that is mailed there was used.</summary>
/// <param name="Email">The address that it is to be.</param>
/// <param name="Before">The address that it still is.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
/// <param name="ByThemselves">True for a wish of their own, false for the office's.</param>
[Stored("contact_email_change_asked")]
public sealed record ContactEmailChangeAsked(string Email, string Before, string Locale, bool ByThemselves)
    : ContactEvent, PersonEvent.IEmailChangeAsked;

/// <summary>The change of address that was asked for is not to be.</summary>
[Stored("contact_email_change_withdrawn")]
public sealed record ContactEmailChangeWithdrawn : ContactEvent, PersonEvent.IEmailChangeWithdrawn;

/// <summary>They have another address.</summary>
/// <param name="Email">The address that they have from now on.</param>
/// <param name="Before">The address that they had.</param>
/// <param name="Locale">The language they are written to in: <c>de</c> or <c>en</c>.</param>
[Stored("contact_email_changed")]
public sealed record ContactEmailChanged(string Email, string Before, string Locale)
    : ContactEvent, PersonEvent.IEmailChanged;

/// <summary>What is kept about them is restricted: owners and auditors alone see who they are.</summary>
[Stored("contact_restricted")]
public sealed record ContactRestricted : ContactEvent, PersonEvent.IRestricted;

/// <summary>What is kept about them is restricted no more.</summary>
/// <param name="DisplayName">The name that others see again.</param>
/// <param name="Email">The address of before.</param>
[Stored("contact_restriction_lifted")]
public sealed record ContactRestrictionLifted(string DisplayName, string Email)
    : ContactEvent, PersonEvent.IRestrictionLifted;

/// <summary>What is kept about them is to go: who they are, and what they wrote.</summary>
[Stored("contact_erased")]
public sealed record ContactErased : ContactEvent, PersonEvent.IErased;

/// <summary>They see the conversations of these topics and no others from now on.</summary>
/// <param name="Topics">Tags of conversations; none when they see all of the customer's again.</param>
[Stored("contact_topics_given")]
public sealed record ContactTopicsGiven(ImmutableArray<string> Topics) : ContactEvent, PersonEvent.ISightChanged
{
    /// <summary>Equal with the same topics in the same order.</summary>
    public bool Equals(ContactTopicsGiven? other) => other is not null && Topics.SequenceEqual(other.Topics);

    /// <inheritdoc/>
    public override int GetHashCode() => Topics.Length;
}

/// <summary>The write state of somebody who writes for a customer.</summary>
/// <param name="CustomerId">The customer.</param>
public sealed record Contact(
    Guid Id, long Version, Guid CustomerId, string DisplayName, string Email, string Locale, bool Active, bool Joined)
    : Person(Id, Version, DisplayName, Email, Locale, Active, Joined)
{
    /// <summary>The most topics of a contact.</summary>
    public const int TopicsMaximum = 20;

    /// <summary>
    /// The tags of the only conversations that they take part in; empty when it is all of the customer's.
    /// </summary>
    public ImmutableArray<string> Topics { get; init; } = [];

    internal override PersonKind Kind => PersonKind.OfCustomer;

    /// <summary>True when they may see a conversation of their customer.</summary>
    public bool MaySee(Conversation conversation) =>
        CustomerId == conversation.CustomerId
        && (Topics.IsEmpty || conversation.Tags.Any(tag => ConversationTags.Find(Topics, tag) is not null));

    /// <summary>
    /// The state after one more event. Throws for nothing that has happened: what happened, happened.
    /// </summary>
    public static Contact? Evolve(Contact? state, Guid id, PersonEvent @event) =>
        @event switch
        {
            ContactInvited e => new Contact(
                id, (state?.Version ?? 0) + 1, e.CustomerId, e.DisplayName, e.Email, e.Locale, true, false),
            ContactAdded e => new Contact(
                id, (state?.Version ?? 0) + 1, e.CustomerId, e.DisplayName, e.Email, e.Locale, true, false)
            {
                InvitedAt = 0,
            },
            ContactTopicsGiven e => state is null ? null : PersonLifecycle.Evolve(state, e) with { Topics = e.Topics },
            PersonEvent.IOfAnybody e => state is null ? null : PersonLifecycle.Evolve(state, e),
            _ => throw new UnknownEventException(@event),
        };
}

/// <summary>Asks somebody to write for a customer.</summary>
/// <param name="Customer">The customer; null when there is none of that id.</param>
/// <param name="EmailIsTaken">True when the address belongs to somebody of the organisation already.</param>
public sealed record InviteContact(
    Customer? Customer, string DisplayName, string Email, string Locale, bool EmailIsTaken) : PersonCommand
{
    /// <summary>False for somebody who is entered only, and invited later or never.</summary>
    public bool Mails { get; init; } = true;

    /// <summary>The topics that they are limited to; none when they see all of the customer's conversations.</summary>
    public ImmutableArray<string> Topics { get; init; } = [];
}

/// <summary>Limits a contact to conversations of some topics; none gives them all of the customer's.</summary>
public sealed record GiveTopics(ImmutableArray<string> Topics) : PersonCommand;

/// <summary>Decides what is wanted of contacts.</summary>
public static class ContactDecider
{
    /// <summary>Answers a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="state">The contact so far; null when there is none.</param>
    /// <param name="actor">The actor who gives the command.</param>
    public static Decision<PersonEvent> Decide(PersonCommand command, Contact? state, Actor actor) =>
        command is InviteContact c ? Invite(c, state, actor)
            : command is GiveTopics topics ? Give(topics, state, actor)
            : PersonLifecycle.Decide(command, state, actor, PersonKind.OfCustomer);

    private static Decision<PersonEvent> Invite(InviteContact c, Contact? state, Actor actor)
    {
        if (actor is not (Actor.Administrator or Actor.System)) return new OnlyAdministratorsChangeCustomers();
        if (c.Customer is null) return new CustomerNotFound();
        if (EmailAddress.Check(c.Email, "email") is { } email) return email;
        if (Name.CheckPerson(c.DisplayName, "displayName") is { } name) return name;
        if (c.EmailIsTaken || state is not null) return new EmailIsTaken();
        if (ConversationTags.Check(c.Topics, "topics", Contact.TopicsMaximum) is { } topics) return topics;
        PersonEvent invited = c.Mails
            ? new ContactInvited(c.Customer.Id, c.DisplayName, c.Email, c.Locale)
            : new ContactAdded(c.Customer.Id, c.DisplayName, c.Email, c.Locale);
        return c.Topics.IsEmpty
            ? Domain.Decide.Accept(invited)
            : Domain.Decide.Accept<PersonEvent>(invited, new ContactTopicsGiven(ConversationTags.Tidied(c.Topics)));
    }

    private static Decision<PersonEvent> Give(GiveTopics c, Contact? state, Actor actor)
    {
        if (actor is not Actor.Administrator) return new OnlyAdministratorsChangeCustomers();
        if (ConversationTags.Check(c.Topics, "topics", Contact.TopicsMaximum) is { } refusal) return refusal;
        if (state is not { Active: true }) return new ContactNotFound();
        var topics = ConversationTags.Tidied(c.Topics);
        return ConversationTags.AreSame(topics, state.Topics)
            ? Domain.Decide.Accept<PersonEvent>()
            : Domain.Decide.Accept<PersonEvent>(new ContactTopicsGiven(topics));
    }
}

/// <summary>No such contact in this organisation.</summary>
public sealed record ContactNotFound() : Refusal(RefusalKind.NotFound, "There is no such contact.", "id");
