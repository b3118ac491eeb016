using JasperFx.Events.Projections;
using Marten;
using Messaging.Projections.Inbox;

namespace Messaging.Projections.Storage;

/// <summary>The read models, as the store needs to know of them.</summary>
public static class ReadModels
{
    /// <summary>Makes the store create the tables and keep them in the transaction that appends the events.</summary>
    public static void AddReadModels(this StoreOptions options)
    {
        options.Projections.Add(new ReadModelProjection(), ProjectionLifecycle.Inline);
        options.Storage.ExtendedSchemaObjects.AddRange(InboxTables.All);
    }

    /// <summary>
    /// Empties the tables that are projected from events and fills them again from all events of all organisations. Nothing may be appended
    /// meanwhile: an inline projection and its rebuild would write the same rows.
    /// </summary>
    public static async Task RebuildReadModelsAsync(this IDocumentStore store, CancellationToken cancellation)
    {
        using var daemon = await store.BuildProjectionDaemonAsync();
        await daemon.RebuildProjectionAsync(ReadModelProjection.ProjectionName, TimeSpan.FromDays(1), cancellation);
    }
}
