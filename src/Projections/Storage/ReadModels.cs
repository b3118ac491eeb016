using System.Globalization;
using JasperFx.Events.Projections;
using Marten;
using Messaging.Projections.History;
using Messaging.Projections.Notifications;
using Messaging.Projections.Reports;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace Messaging.Projections.Storage;

/// <summary>The read models, as the store needs to know of them.</summary>
public static class ReadModels
{
    /// <summary>Makes the store create the tables and keep them in the transaction that appends the events.</summary>
    public static void AddReadModels(this StoreOptions options)
    {
        // Marten would drop what is on its table and not its own.
        foreach (var index in EventIndexes.Names) options.Events.IgnoreIndex(index);
        options.Projections.Add(new ReadModelProjection(), ProjectionLifecycle.Inline);
        options.Storage.ExtendedSchemaObjects.AddRange(NotificationTables.All);
        options.Storage.ExtendedSchemaObjects.Add(Formats());
        options.Storage.ExtendedSchemaObjects.Add(new FormatSequence());
        options.Storage.ExtendedSchemaObjects.Add(ReportingViews.Readers());
    }

    /// <summary>
    /// Checks, before the schema is migrated, whether tables or columns are lost, and then marks the read models for a
    /// rebuild. A table that lacks a needed column is dropped, to be created anew.
    /// </summary>
    /// <returns>The lost parts; null when nothing is lost or the database is new.</returns>
    /// <exception cref="InvalidOperationException">A view of another owner needs a table that has to be
    /// dropped.</exception>
    public static async Task<string?> FindLostTablesAsync(
        this NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var known = new NpgsqlCommand(
            "select to_regclass('messaging.read_model_formats') is not null", connection);
        if (
            await known.ExecuteScalarAsync(cancellation) is not true
            || await FormatAsync(connection, cancellation) != ReadModelProjection.Format
        )
            return null;
        var missing = await ReadModelCheck.MissingAsync(connection, cancellation);
        if (missing.Count == 0) return null;

        // Both or neither: a table that lacks a column cannot be given it once it has rows. The format last, since the
        // sequence that repeats it takes no part in the transaction.
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (missing.Any(m => m.Column is not null)) await ReportingViews.DropAsync(connection, cancellation);
        foreach (var table in missing.Where(m => m.Column is not null).Select(m => m.Table).Distinct())
            await DropAsync(connection, table, cancellation);
        await SetFormatAsync(connection, ReadModelProjection.NoFormat, cancellation);
        await transaction.CommitAsync(cancellation);
        return string.Join(
            ", ", missing.Select(m => $"messaging.{m.Table}{(m.Column is null ? "" : $".{m.Column}")} is missing"));
    }

    /// <summary>
    /// The format of the read models, where it is one of a newer version of the product; null otherwise.
    /// </summary>
    public static async Task<int?> NewerFormatAsync(this NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var known = new NpgsqlCommand(
            "select to_regclass('messaging.read_model_formats') is not null", connection);
        return
            await known.ExecuteScalarAsync(cancellation) is true
            && await FormatAsync(connection, cancellation) is > ReadModelProjection.Format and var format
            ? format
            : null;
    }

    /// <summary>Lets the fence see the format as the table has it, whatever became of a change of it.</summary>
    public static async Task RepeatFormatAsync(this NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var command = new NpgsqlCommand(FormatSequence.RepeatStatement, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Checks, once the tables exist, whether the read models have to be rebuilt: because their format differs from
    /// this version's, or because they do not match their events.
    /// </summary>
    /// <returns>Why; null when they need not.</returns>
    public static async Task<string?> WhyRebuildAsync(this NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var command = new NpgsqlCommand("select exists (select from messaging.mt_events)", connection);
        var format = await FormatAsync(connection, cancellation);
        if (await command.ExecuteScalarAsync(cancellation) is false)
        {
            if (format != ReadModelProjection.Format)
                await SetFormatAsync(connection, ReadModelProjection.Format, cancellation);
            return null;
        }

        if (format == ReadModelProjection.Format) return await ReadModelCheck.WrongAsync(connection, cancellation);
        return format == ReadModelProjection.NoFormat
            ? "they are not complete"
            : $"they are of format {format?.ToString(CultureInfo.InvariantCulture) ?? "0"}, and this version keeps "
                + $"{ReadModelProjection.Format}";
    }

    /// <summary>
    /// Before anything of the database is changed: whether its read models are of another format than this version of
    /// the product keeps, so that they will have to be rebuilt.
    /// </summary>
    public static async Task<bool> AreOfAnotherFormatAsync(
        this NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var known = new NpgsqlCommand(
            "select to_regclass('messaging.read_model_formats') is not null and "
                + "to_regclass('messaging.mt_events') is not null",
            connection
        );
        if (
            await known.ExecuteScalarAsync(cancellation) is not true
            || await FormatAsync(connection, cancellation) == ReadModelProjection.Format
        )
            return false;
        await using var command = new NpgsqlCommand("select exists (select from messaging.mt_events)", connection);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>Checks that this version of the product may use the read models in their current state.</summary>
    /// <returns>The reason why not, in a sentence; null when it may.</returns>
    public static async Task<string?> WhyNotUsableAsync(this NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var format = await FormatAsync(connection, cancellation);
        if (format == ReadModelProjection.Format) return null;
        if (format > ReadModelProjection.Format)
            return $"A newer version keeps the read models (format {format}; this one keeps "
                + $"{ReadModelProjection.Format}): this node is too old, and is to be stopped.";
        if (format is not (null or ReadModelProjection.NoFormat))
            return $"Another version keeps the read models (format {format}; this one keeps "
                + $"{ReadModelProjection.Format}): a start of this version rebuilds them.";
        await using var command = new NpgsqlCommand(
            $"""
            select exists (
                select from pg_locks
                where locktype = 'advisory' and granted and mode = 'ExclusiveLock' and objsubid = 1
                    and (classid::bigint << 32) + objid::bigint = {ReadModelFence.Key}
                    and database = (select oid from pg_database where datname = current_database()))
            """,
            connection);
        return await command.ExecuteScalarAsync(cancellation) is true
            ? $"Another node is rebuilding the read models, {await PercentAsync(connection, cancellation)} %."
            : "The read models are not complete, and nobody rebuilds them: a start of the product does.";
    }

    /// <summary>
    /// Rebuilds the read models where they have to be. No node may be running that knows no
    /// <see cref="ReadModelFence"/>.
    /// </summary>
    /// <returns>True when they were rebuilt.</returns>
    public static async Task<bool> UpgradeReadModelsAsync(
        this IDocumentStore store, NpgsqlDataSource database, CancellationToken cancellation)
    {
        if (await database.WhyRebuildAsync(cancellation) is null) return false;
        await store.RebuildReadModelsAnewAsync(database, cancellation);
        return true;
    }

    /// <summary>As <see cref="UpgradeReadModelsAsync"/>, whether they have to be or not.</summary>
    public static async Task RebuildReadModelsAnewAsync(
        this IDocumentStore store, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var rebuild = await ReadModelRebuild.BeginAsync(database, cancellation);
        await rebuild.CarryOutAsync(store, null, cancellation);
    }

    /// <summary>
    /// Empties the tables that are projected from events and fills them again from all events of all organisations.
    /// Nothing may be appended meanwhile: an inline projection and its rebuild would write the same rows.
    /// </summary>
    public static async Task RebuildReadModelsAsync(this IDocumentStore store, CancellationToken cancellation)
    {
        using var daemon = await store.BuildProjectionDaemonAsync();
        await daemon.RebuildProjectionAsync(ReadModelProjection.ProjectionName, TimeSpan.FromDays(1), cancellation);
    }

    /// <summary>Progress of the current rebuild, in percent of the events.</summary>
    internal static async Task<int> PercentAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            select (100 * coalesce((select max(last_seq_id) from messaging.mt_event_progression
                where name like $1 || ':%'), 0)
                / greatest((select max(seq_id) from messaging.mt_events), 1))::int
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter { Value = ReadModelProjection.ProjectionName } },
        };
        return Math.Clamp(await command.ExecuteScalarAsync(cancellation) as int? ?? 0, 0, 100);
    }

    private static async Task DropAsync(NpgsqlConnection connection, string table, CancellationToken cancellation)
    {
        await using var views = new NpgsqlCommand(
            """
            select string_agg(distinct r.ev_class::regclass::text, ', ') from pg_depend d
                join pg_rewrite r on r.oid = d.objid
            where d.refclassid = 'pg_class'::regclass and d.refobjid = $1::regclass and r.ev_class <> d.refobjid
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter { Value = $"messaging.{table}" } },
        };
        if (await views.ExecuteScalarAsync(cancellation) is string others)
        {
            throw new InvalidOperationException(
                $"messaging.{table} lacks columns, and has to be created anew, which these views are in the way "
                    + $"of: {others}."
                + " Drop them, start again, and create them anew.");
        }

        await using var command = new NpgsqlCommand($"drop table messaging.{table}", connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    internal static async Task<int?> FormatAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select format from messaging.read_model_formats where name = $1", connection)
        {
            Parameters = { new NpgsqlParameter { Value = ReadModelProjection.ProjectionName } },
        };
        return await command.ExecuteScalarAsync(cancellation) as int?;
    }

    internal static async Task SetFormatAsync(NpgsqlConnection connection, int format, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into messaging.read_model_formats (name, format) values ($1, $2)
            on conflict (name) do update set format = excluded.format
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = ReadModelProjection.ProjectionName },
                new NpgsqlParameter { Value = format },
            },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static Table Formats()
    {
        var table = new Table("messaging.read_model_formats");
        table.AddColumn<string>("name").AsPrimaryKey();
        table.AddColumn<int>("format").NotNull();
        return table;
    }
}
