using JasperFx.Events.Projections;
using Marten;
using Messaging.Projections.Inbox;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace Messaging.Projections.Storage;

/// <summary>The read models, as the store needs to know of them.</summary>
public static class ReadModels
{
    /// <summary>Makes the store create the tables and keep them in the transaction that appends the events.</summary>
    public static void AddReadModels(this StoreOptions options)
    {
        options.Projections.Add(new ReadModelProjection(), ProjectionLifecycle.Inline);
        options.Storage.ExtendedSchemaObjects.AddRange(InboxTables.All);
        options.Storage.ExtendedSchemaObjects.Add(Formats());
    }

    /// <summary>
    /// Rebuilds the read models when those of the database are of another format than this version of the product keeps. Called once the tables are
    /// there, before anything is appended; no other node may be running then.
    /// </summary>
    /// <returns>Whether they were rebuilt.</returns>
    public static async Task<bool> UpgradeReadModelsAsync(this IDocumentStore store, NpgsqlDataSource database, CancellationToken cancellation)
    {
        var formats = await Sql.Of($"select format from messaging.read_model_formats where name = {ReadModelProjection.ProjectionName}")
            .ListAsync(database, r => r.GetInt32(0), cancellation);
        if (formats is [ReadModelProjection.Format]) return false;
        var isNew = (await Sql.Of($"select 1 from messaging.mt_events limit 1").ListAsync(database, r => r.GetInt32(0), cancellation)).Count == 0;
        if (!isNew) await store.RebuildReadModelsAsync(cancellation);

        // Last: a rebuild that was cut off is begun again at the next start.
        await Sql.Of(
            $"""
             insert into messaging.read_model_formats (name, format) values ({ReadModelProjection.ProjectionName}, {ReadModelProjection.Format})
             on conflict (name) do update set format = excluded.format
             """).ListAsync(database, _ => 0, cancellation);
        return !isNew;
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

    private static Table Formats()
    {
        var table = new Table("messaging.read_model_formats");
        table.AddColumn<string>("name").AsPrimaryKey();
        table.AddColumn<int>("format").NotNull();
        return table;
    }
}
