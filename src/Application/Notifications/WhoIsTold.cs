using System.Collections.Immutable;
using Messaging.Application.Accounts;
using Messaging.Domain;
using Messaging.Domain.Conversations;
using Messaging.Domain.Notifications;
using Messaging.Projections.Notifications;

namespace Messaging.Application.Notifications;

/// <summary>Something that somebody is told.</summary>
/// <param name="Kind">What of.</param>
/// <param name="Rule">Why it is them. Of several rules it is the first.</param>
public abstract record Notice(NotificationKind Kind, TellingRule Rule);

/// <summary>In the profile.</summary>
/// <param name="PersonId">Whose.</param>
public sealed record ProfileNotice(NotificationKind Kind, TellingRule Rule, Guid PersonId) : Notice(Kind, Rule);

/// <summary>A notice by e-mail.</summary>
/// <param name="Recipient">The kind of recipient behind the address.</param>
/// <param name="PersonId">The person; null for the office's registered address.</param>
public sealed record EmailNotice(
    NotificationKind Kind, TellingRule Rule, RecipientKind Recipient, Guid? PersonId, string Address, string Locale)
    : Notice(Kind, Rule);

/// <summary>The notices of one event.</summary>
/// <param name="WhyNobody">The reason why there are none; null when there are some.</param>
public sealed record Telling(ImmutableArray<Notice> Notices, NobodyToldReason? WhyNobody);

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
/// The policy on the recipients of an event in a conversation, and on the channel. Each person and each address gets
/// one notice, whatever the number of reasons; never the person who caused it, an auditor, or a person who has left.
/// Preferences turn a way off for a person, never for the office's registered address.
/// </summary>
public static class WhoIsTold
{
    private static readonly NotificationContext s_nobodyThere = new("", "", null, false, [], []);

    /// <summary>Decides on the notices of one event.</summary>
    /// <param name="event">The event.</param>
    /// <param name="version">Its place in the conversation, from 1.</param>
    /// <param name="actor">The person who caused it.</param>
    /// <param name="context">The facts as they were when it happened.</param>
    public static Telling Of(
        ConversationEvent @event, long version, Participant actor, NotificationContext context)
    {
        var told = new Told(actor, context);
        var byCustomer = actor.Kind == ParticipantKind.Contact;
        switch (@event)
        {
            case ConversationCreated when byCustomer:
                told.Organisation(NotificationKind.ConversationCreated);
                told.Responsible(NotificationKind.ConversationCreated);
                told.AllAdministratorsIfWanted(NotificationKind.ConversationCreated);
                break;
            case ConversationCreated:
                told.Administrator(
                    context.ResponsibleAdministratorId, NotificationKind.Assigned, TellingRule.BecameResponsible);
                told.AllAdministratorsIfWanted(NotificationKind.ConversationCreated);
                told.Contacts(NotificationKind.ConversationCreated);
                break;

            // The message that the conversation was created with: told of already.
            case CommentAdded when version == 2:
                return new Telling([], NobodyToldReason.ToldWithConversation);
            case CommentAdded when byCustomer:
                told.Organisation(NotificationKind.CustomerCommented);
                told.Responsible(NotificationKind.CustomerCommented);
                told.AllAdministratorsIfWanted(NotificationKind.CustomerCommented);
                break;
            case CommentAdded comment:
                foreach (var colleague in comment.Mentions ?? [])
                    told.Administrator(colleague, NotificationKind.AdministratorCommented, TellingRule.Mentioned);
                told.Administrator(
                    context.ResponsibleAdministratorId, NotificationKind.AdministratorCommented,
                    TellingRule.Responsible);
                told.Deputy(NotificationKind.AdministratorCommented);
                foreach (var colleague in context.TakingPart)
                    told.Administrator(colleague, NotificationKind.AdministratorCommented, TellingRule.TakesPart);
                told.AllAdministratorsIfWanted(NotificationKind.AdministratorCommented);
                if (comment.Visibility == CommentVisibility.Public)
                    told.Contacts(NotificationKind.AdministratorCommented);
                break;
            case AdminsNotified:
                told.AllAdministrators(
                    NotificationKind.AdministratorsNotified, TellingRule.AdministratorsNotified);
                break;
            case AdministratorAssigned assigned:
                told.Administrator(
                    assigned.AdministratorId, NotificationKind.Assigned, TellingRule.BecameResponsible);
                break;
            case StatusChanged { Reason: StatusChangeReason.SetByAdministrator } changed
                when changed.To is ConversationStatus.Attention or ConversationStatus.Answered:
                if (changed.To == ConversationStatus.Answered && !context.CustomersAreToldAnswered)
                    return new Telling([], NobodyToldReason.NotWantedByOffice);

                // The notice of the comment that it came with says it as well.
                told.Contacts(
                    NotificationKind.StatusChanged,
                    unlessToldOf: changed.CommentId is null ? null : NotificationKind.AdministratorCommented);
                break;
            case FileAttached or StatusChanged or AdministratorUnassigned or ConversationTagged
                or ConversationUntagged:
                // A file comes with its comment; the other events notify nobody.
                return new Telling([], NobodyToldReason.NotOfThisKind);
            default:
                throw new UnknownEventException(@event);
        }

        return told.Telling();
    }

    /// <summary>
    /// The reason why nobody is told of an event, whoever there is; null when it depends on that.
    /// </summary>
    /// <param name="event">The event.</param>
    /// <param name="version">Its place in the conversation, from 1.</param>
    /// <param name="actor">The person who caused it.</param>
    public static NobodyToldReason? WhyNever(ConversationEvent @event, long version, Participant actor) =>
        Of(@event, version, actor, s_nobodyThere).WhyNobody is { } why && FollowsFromEvent(why) ? why : null;

    /// <summary>True for a reason that follows from the event alone, whoever there is.</summary>
    internal static bool FollowsFromEvent(NobodyToldReason why) =>
        why is NobodyToldReason.NotOfThisKind or NobodyToldReason.ToldWithConversation;

    private sealed class Told(Participant actor, NotificationContext context)
    {
        private readonly ImmutableArray<Notice>.Builder _notices = ImmutableArray.CreateBuilder<Notice>();
        private readonly HashSet<Guid> _persons = [actor.Id];
        private readonly HashSet<Guid> _profiles = [];
        private readonly HashSet<string> _addresses = [];
        private NobodyToldReason _whyNobody = NobodyToldReason.NobodyElse;

        public Telling Telling() => new(_notices.ToImmutable(), _notices.Count > 0 ? null : _whyNobody);

        public void Organisation(NotificationKind kind) =>
            Email(
                new EmailNotice(
                    kind, TellingRule.RegisteredAddress, RecipientKind.Organisation, null, context.OrganisationEmail,
                    context.OrganisationLocale)
            );

        public void AllAdministratorsIfWanted(NotificationKind kind)
        {
            if (context.NotifyAllAdministrators) AllAdministrators(kind, TellingRule.AllAdministrators);
        }

        public void AllAdministrators(NotificationKind kind, TellingRule rule)
        {
            foreach (var colleague in context.Colleagues) Administrator(colleague.Id, kind, rule);
        }

        /// <summary>
        /// The responsible administrator, and who stands in for them while they are away. Where nobody is, who was has
        /// left, or nobody stands in, everybody is told, in their profiles: otherwise nobody would be.
        /// </summary>
        public void Responsible(NotificationKind kind)
        {
            if (IsActive(context.ResponsibleAdministratorId))
            {
                Administrator(context.ResponsibleAdministratorId, kind, TellingRule.Responsible);
                if (!context.ResponsibleIsAway || Deputy(kind)) return;
            }

            foreach (var colleague in context.Colleagues)
            {
                if (
                    colleague is { Active: true, Role: Role.Administrator }
                    && colleague.InAppFor.Contains(kind)
                    && !_persons.Contains(colleague.Id)
                    && _profiles.Add(colleague.Id)
                )
                    _notices.Add(new ProfileNotice(kind, TellingRule.NobodyResponsible, colleague.Id));
            }
        }

        /// <summary>Whoever stands in for the responsible administrator.</summary>
        /// <returns>False when nobody does, or they may not see the conversation.</returns>
        public bool Deputy(NotificationKind kind)
        {
            if (context.DeputyId is not { } id || !IsActive(id) || !IsActive(context.ResponsibleAdministratorId))
                return false;
            Administrator(id, kind, TellingRule.Deputy);
            return true;
        }

        private bool IsActive(Guid? id) =>
            context.Colleagues.Any(c => c.Id == id && c is { Active: true, Role: Role.Administrator });

        public void Administrator(Guid? id, NotificationKind kind, TellingRule rule)
        {
            if (
                context.Colleagues.FirstOrDefault(c => c.Id == id)
                    is not { Active: true, Role: Role.Administrator } colleague
                || !_persons.Add(colleague.Id)
            )
                return;
            _whyNobody = NobodyToldReason.TurnedOff;
            if (colleague.InAppFor.Contains(kind) && _profiles.Add(colleague.Id))
                _notices.Add(new ProfileNotice(kind, rule, colleague.Id));
            if (colleague.EmailFor.Contains(kind))
                Email(
                    new EmailNotice(
                        kind, rule, RecipientKind.Administrator, colleague.Id, colleague.Email, colleague.Locale)
                );
        }

        /// <param name="unlessToldOf">Whoever is told of this kind, in the same way, knows it from there.</param>
        public void Contacts(NotificationKind kind, NotificationKind? unlessToldOf = null)
        {
            foreach (var contact in context.Contacts)
            {
                if (!contact.Active || !_persons.Add(contact.Id)) continue;
                _whyNobody = unlessToldOf is null ? NobodyToldReason.TurnedOff : NobodyToldReason.ToldWithComment;
                if (IsDue(contact.InAppFor))
                    _notices.Add(new ProfileNotice(kind, TellingRule.ContactOfCustomer, contact.Id));
                if (IsDue(contact.EmailFor))
                    Email(
                        new EmailNotice(
                            kind, TellingRule.ContactOfCustomer, RecipientKind.Contact, contact.Id, contact.Email,
                            contact.Locale)
                    );
            }

            bool IsDue(ImmutableHashSet<NotificationKind> chosen) =>
                chosen.Contains(kind) && !(unlessToldOf is { } other && chosen.Contains(other));
        }

        private void Email(EmailNotice notice)
        {
            if (_addresses.Add(EmailKey.Of(notice.Address))) _notices.Add(notice);
        }
    }
}
