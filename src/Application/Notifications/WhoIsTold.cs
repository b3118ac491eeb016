using System.Collections.Immutable;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Notifications;

namespace Messaging.Application.Notifications;

/// <summary>A person of the office, as the policy needs them.</summary>
/// <param name="Active">True while they belong to the office.</param>
/// <param name="EmailFor">Kinds that they want e-mails of.</param>
/// <param name="InAppFor">Kinds that they want in their profile.</param>
public sealed record Colleague(
    Guid Id, Role Role, string Email, string Locale, bool Active, ImmutableHashSet<NotificationKind> EmailFor,
    ImmutableHashSet<NotificationKind> InAppFor);

/// <summary>A person who writes for the customer.</summary>
/// <param name="EmailFor">Kinds that they want e-mails of.</param>
public sealed record CustomerContact(
    Guid Id, string Email, string Locale, bool Active, ImmutableHashSet<NotificationKind> EmailFor);

/// <summary>The facts that the policy needs beside the event.</summary>
/// <param name="OrganisationEmail">The office's registered address.</param>
/// <param name="ResponsibleAdministratorId">The administrator responsible when it happened.</param>
/// <param name="NotifyAllAdministrators">
/// True when every administrator is told of what happens in the conversation.
/// </param>
/// <param name="Colleagues">Everybody of the office.</param>
/// <param name="Contacts">The contacts of the conversation's customer.</param>
public sealed record Facts(
    string OrganisationEmail, string OrganisationLocale, Guid? ResponsibleAdministratorId, bool NotifyAllAdministrators,
    ImmutableArray<Colleague> Colleagues, ImmutableArray<CustomerContact> Contacts);

/// <summary>Something that somebody is told.</summary>
/// <param name="Kind">Why.</param>
public abstract record Notice(NotificationKind Kind);

/// <summary>In the profile.</summary>
/// <param name="PersonId">Whose.</param>
public sealed record ProfileNotice(NotificationKind Kind, Guid PersonId) : Notice(Kind);

/// <summary>A notice by e-mail.</summary>
/// <param name="Recipient">The kind of recipient behind the address.</param>
/// <param name="PersonId">The person; null for the office's registered address.</param>
public sealed record EmailNotice(
    NotificationKind Kind, RecipientKind Recipient, Guid? PersonId, string Address, string Locale) : Notice(Kind);

/// <summary>The kind of recipient behind an address.</summary>
[Stored("recipient_kind")]
public enum RecipientKind
{
    /// <summary>The office's registered address.</summary>
    Organisation = 0,

    /// <summary>An administrator or an auditor.</summary>
    Administrator = 1,

    /// <summary>A contact of a customer.</summary>
    Contact = 2,
}

/// <summary>
/// The policy: who is told of what happens in a conversation, and how. Each person and each address once, whatever the
/// number of reasons; never who did it, never an auditor, never somebody who has left. Preferences turn a way off for a
/// person, never for the office's registered address.
/// </summary>
public static class WhoIsTold
{
    /// <summary>Decides on the notices of one event.</summary>
    /// <param name="event">The event.</param>
    /// <param name="version">Its place in the conversation, from 1.</param>
    /// <param name="actor">The person who caused it.</param>
    /// <param name="facts">As they were when it happened.</param>
    public static ImmutableArray<Notice> Of(ConversationEvent @event, long version, Participant actor, Facts facts)
    {
        var told = new Told(actor, facts);
        var byCustomer = actor.Kind == ParticipantKind.Contact;
        switch (@event)
        {
            case ConversationCreated when byCustomer:
                told.Organisation(NotificationKind.ConversationCreated);
                if (facts.NotifyAllAdministrators) told.AllAdministrators(NotificationKind.ConversationCreated);
                break;
            case ConversationCreated:
                if (facts.NotifyAllAdministrators) told.AllAdministrators(NotificationKind.ConversationCreated);
                told.Contacts(NotificationKind.ConversationCreated);
                break;

            // The message that the conversation was created with: told of already.
            case CommentAdded when version == 2:
                break;
            case CommentAdded when byCustomer:
                told.Organisation(NotificationKind.CustomerCommented);
                if (told.IsAbandoned)
                    told.AllProfiles(NotificationKind.CustomerCommented);
                else
                    told.Administrator(facts.ResponsibleAdministratorId, NotificationKind.CustomerCommented);
                if (facts.NotifyAllAdministrators) told.AllAdministrators(NotificationKind.CustomerCommented);
                break;
            case CommentAdded comment:
                if (facts.NotifyAllAdministrators)
                    told.AllAdministrators(NotificationKind.AdministratorCommented);
                if (comment.Visibility == CommentVisibility.Public)
                    told.Contacts(NotificationKind.AdministratorCommented);
                break;
            case AdminsNotified:
                told.AllAdministrators(NotificationKind.AdministratorsNotified);
                break;
            case AdministratorAssigned assigned:
                told.Administrator(assigned.AdministratorId, NotificationKind.Assigned);
                break;
            case FileAttached or StatusChanged or AdministratorUnassigned:
                // A file comes with its comment; of the others nobody is told.
                break;
            default:
                throw new UnknownEventException(@event);
        }

        return told.Notices;
    }

    private sealed class Told(Participant actor, Facts facts)
    {
        private readonly ImmutableArray<Notice>.Builder _notices = ImmutableArray.CreateBuilder<Notice>();
        private readonly HashSet<Guid> _persons = [actor.Id];
        private readonly HashSet<Guid> _profiles = [];
        private readonly HashSet<string> _addresses = [];

        public ImmutableArray<Notice> Notices => _notices.ToImmutable();

        public void Organisation(NotificationKind kind) =>
            Email(
                new EmailNotice(
                    kind, RecipientKind.Organisation, null, facts.OrganisationEmail, facts.OrganisationLocale)
            );

        public void AllAdministrators(NotificationKind kind)
        {
            foreach (var colleague in facts.Colleagues) Administrator(colleague.Id, kind);
        }

        /// <summary>
        /// True when the responsible administrator has left. They would have been told of each reply and nobody has
        /// replaced them yet, so everybody is told, in their profiles.
        /// </summary>
        public bool IsAbandoned =>
            facts.ResponsibleAdministratorId is { } id
            && facts.Colleagues.FirstOrDefault(c => c.Id == id) is not { Active: true, Role: Role.Administrator };

        public void AllProfiles(NotificationKind kind)
        {
            foreach (var colleague in facts.Colleagues)
            {
                if (
                    colleague is { Active: true, Role: Role.Administrator }
                    && colleague.InAppFor.Contains(kind)
                    && !_persons.Contains(colleague.Id)
                    && _profiles.Add(colleague.Id)
                )
                    _notices.Add(new ProfileNotice(kind, colleague.Id));
            }
        }

        public void Administrator(Guid? id, NotificationKind kind)
        {
            if (
                facts.Colleagues.FirstOrDefault(c => c.Id == id)
                    is not { Active: true, Role: Role.Administrator } colleague
                || !_persons.Add(colleague.Id)
            )
                return;
            if (colleague.InAppFor.Contains(kind) && _profiles.Add(colleague.Id))
                _notices.Add(new ProfileNotice(kind, colleague.Id));
            if (colleague.EmailFor.Contains(kind))
                Email(
                    new EmailNotice(kind, RecipientKind.Administrator, colleague.Id, colleague.Email, colleague.Locale)
                );
        }

        public void Contacts(NotificationKind kind)
        {
            foreach (var contact in facts.Contacts)
            {
                if (contact.Active && contact.EmailFor.Contains(kind) && _persons.Add(contact.Id))
                    Email(new EmailNotice(kind, RecipientKind.Contact, contact.Id, contact.Email, contact.Locale));
            }
        }

        private void Email(EmailNotice notice)
        {
            if (_addresses.Add(EmailKey.Of(notice.Address))) _notices.Add(notice);
        }
    }
}
