using JasperFx.Events;
using JasperFx.MultiTenancy;
using Marten;
using Messaging.Application;
using Messaging.Domain.Administrators;
using Messaging.Domain.Conversations;
using Messaging.Domain.Customers;
using Messaging.Domain.Organisations;
using Weasel.Core;

namespace Messaging.Api.Hosting;

/// <summary>How events, read models and tables are kept, for the product and for its tests alike.</summary>
public static class EventStore
{
    // Registered by name, so that the tables exist before the first event does, and the daemon knows every type that it reads.
    private static readonly Type[] s_events =
    [
        typeof(ConversationCreated), typeof(CommentAdded), typeof(FileAttached), typeof(StatusChanged), typeof(AdministratorAssigned),
        typeof(AdministratorUnassigned), typeof(AdminsNotified),
        typeof(OrganisationRegistered), typeof(OrganisationRenamed), typeof(NotificationEmailRegistered), typeof(LocaleChosen), typeof(TimeZoneChosen),
        typeof(CustomerConversationsAllowed), typeof(CustomerConversationsDisallowed),
        typeof(AdministratorInvited), typeof(AdministratorJoined), typeof(AdministratorDeactivated),
        typeof(CustomerRegistered),
        typeof(ContactInvited), typeof(ContactJoined),
    ];

    /// <summary>Configures Marten.</summary>
    public static void UseMessaging(this StoreOptions options)
    {
        options.DatabaseSchemaName = "messaging";
        // Enums by name: events are read by people and by later versions, whose enums may have another order.
        options.UseSystemTextJsonForSerialization(EnumStorage.AsString);
        options.Events.AddEventTypes(s_events);
        options.Events.StreamIdentity = StreamIdentity.AsGuid;
        options.Events.TenancyStyle = TenancyStyle.Conjoined;
        options.Policies.AllDocumentsAreMultiTenanted();

        // Appended by one function call with the database's sequence; the clock is the executor's reading of the database's.
        options.Events.AppendMode = EventAppendMode.QuickWithServerTimestamps;
        options.Events.MetadataConfig.CorrelationIdEnabled = true;
        options.Events.MetadataConfig.CausationIdEnabled = true;
        options.Events.MetadataConfig.UserNameEnabled = true;
        options.Events.MetadataConfig.HeadersEnabled = true;
        options.DisableNpgsqlLogging = true;

        options.AddApplicationTables();
    }
}
