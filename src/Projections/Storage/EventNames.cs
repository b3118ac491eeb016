using System.Collections.Frozen;
using Marten;
using Messaging.Domain.Administrators;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisations;

namespace Messaging.Projections.Storage;

/// <summary>The names that events have in the store. A published file format: a class may be renamed, its event's name never.</summary>
public static class EventNames
{
    /// <summary>Every event type of the domain, by its name in the store.</summary>
    public static FrozenDictionary<string, Type> All { get; } = new Dictionary<string, Type>
    {
        ["conversation_created"] = typeof(ConversationCreated),
        ["comment_added"] = typeof(CommentAdded),
        ["file_attached"] = typeof(FileAttached),
        ["status_changed"] = typeof(StatusChanged),
        ["administrator_assigned"] = typeof(AdministratorAssigned),
        ["administrator_unassigned"] = typeof(AdministratorUnassigned),
        ["admins_notified"] = typeof(AdminsNotified),
        ["organisation_registered"] = typeof(OrganisationRegistered),
        ["organisation_renamed"] = typeof(OrganisationRenamed),
        ["notification_email_registered"] = typeof(NotificationEmailRegistered),
        ["locale_chosen"] = typeof(LocaleChosen),
        ["time_zone_chosen"] = typeof(TimeZoneChosen),
        ["customer_conversations_allowed"] = typeof(CustomerConversationsAllowed),
        ["customer_conversations_disallowed"] = typeof(CustomerConversationsDisallowed),
        ["administrator_invited"] = typeof(AdministratorInvited),
        ["service_account_created"] = typeof(ServiceAccountCreated),
        ["administrator_joined"] = typeof(AdministratorJoined),
        ["administrator_invited_again"] = typeof(AdministratorInvitedAgain),
        ["administrator_renamed"] = typeof(AdministratorRenamed),
        ["administrator_locale_chosen"] = typeof(AdministratorLocaleChosen),
        ["administrator_password_changed"] = typeof(AdministratorPasswordChanged),
        ["administrator_deactivated"] = typeof(AdministratorDeactivated),
        ["customer_registered"] = typeof(CustomerRegistered),
        ["contact_invited"] = typeof(ContactInvited),
        ["contact_joined"] = typeof(ContactJoined),
        ["contact_invited_again"] = typeof(ContactInvitedAgain),
        ["contact_renamed"] = typeof(ContactRenamed),
        ["contact_locale_chosen"] = typeof(ContactLocaleChosen),
        ["contact_password_changed"] = typeof(ContactPasswordChanged),
        ["contact_deactivated"] = typeof(ContactDeactivated),
    }.ToFrozenDictionary();

    /// <summary>The names of those that happen in conversations.</summary>
    internal static string[] OfConversations { get; } =
        [.. All.Where(e => e.Value.IsAssignableTo(typeof(ConversationEvent))).Select(e => e.Key)];

    /// <summary>Makes the store use them, and know every type before the first event of it is written or read.</summary>
    public static void MapEventNames(this StoreOptions options)
    {
        foreach (var (name, type) in All) options.Events.MapEventType(type, name);
    }
}
