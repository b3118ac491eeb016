using JasperFx.Events;
using JasperFx.MultiTenancy;
using Marten;
using Messaging.Application;
using Messaging.Projections.Storage;

namespace Messaging.Api.Hosting;

/// <summary>Configuration of events, read models and tables, for the product and for its tests alike.</summary>
public static class EventStore
{
    /// <summary>Configures Marten.</summary>
    public static void UseMessaging(this StoreOptions options)
    {
        options.DatabaseSchemaName = "messaging";
        options.UseMessagingJson();
        options.MapEventNames();
        options.Events.StreamIdentity = StreamIdentity.AsGuid;
        options.Events.TenancyStyle = TenancyStyle.Conjoined;
        options.Policies.AllDocumentsAreMultiTenanted();

        // Appended by one function call with the database's sequence; the clock is the executor's reading of the
        // database's.
        options.Events.AppendMode = EventAppendMode.QuickWithServerTimestamps;

        // A writer that comes second finds out before it takes a number of the sequence: gaps hold the daemon up.
        options.Events.UseExclusiveLockOnConcurrentAppends = true;

        // The API looks single events up by their ids.
        options.Events.EnableUniqueIndexOnEventId = true;
        options.Events.MetadataConfig.CorrelationIdEnabled = true;
        options.Events.MetadataConfig.CausationIdEnabled = true;
        options.Events.MetadataConfig.UserNameEnabled = true;
        options.Events.MetadataConfig.HeadersEnabled = true;
        options.DisableNpgsqlLogging = true;

        options.AddReadModels();
        options.AddApplicationTables();
    }
}
