using Marten;
using Messaging.Projections.Storage;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace Messaging.Api.Hosting;

/// <summary>
/// A database that a newer version of the product has worked on. Marten brings its tables to this version's form, and
/// would drop the columns that this version does not know, with their content.
/// </summary>
internal static class NewerDatabase
{
    /// <summary>Refuses it, before anything of it is changed; also one that a backup is being restored into.</summary>
    /// <exception cref="InvalidOperationException">It is; the message names what this version does not
    /// know.</exception>
    public static async Task RefuseNewerAsync(
        this IDocumentStore store, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await UnfinishedRestore.RefuseAsync(database, cancellation);
        if (await database.NewerFormatAsync(cancellation) is { } format)
        {
            throw new InvalidOperationException(
                $"The database was used by a newer version of the product: its read models are of format "
                    + $"{format}, and this version"
                + $" keeps {ReadModelProjection.Format}. Start the newer version, or restore a copy of before.");
        }

        if (await UnknownColumnsAsync(store, database, cancellation) is { Count: > 0 } unknown)
        {
            throw new InvalidOperationException(
                "The database was used by a newer version of the product, or changed by hand: "
                    + $"{string.Join(", ", unknown)}. This version"
                    + " does not know what that is for, and would drop it with what is in it. Start the newer "
                        + "version, restore a copy of"
                    + " before, or drop yourself what nobody needs."
            );
        }
    }

    private static async Task<IReadOnlyList<string>> UnknownColumnsAsync(
        IDocumentStore store, NpgsqlDataSource database, CancellationToken cancellation)
    {
        var known = store
            .Storage.AllObjects()
            .OfType<Table>()
            .ToDictionary(
                t => (t.Identifier.Schema, t.Identifier.Name),
                t => t.Columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal));
        await using var command = database.CreateCommand(
            """
            select n.nspname, c.relname, a.attname
            from pg_namespace n join pg_class c on c.relnamespace = n.oid join pg_attribute a on a.attrelid = c.oid
            where n.nspname = any($1) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
            order by 1, 2, a.attnum
            """);
        command.Parameters.Add(new() { Value = known.Keys.Select(k => k.Schema).Distinct().ToArray() });
        var unknown = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var (schema, table, column) = (reader.GetString(0), reader.GetString(1), reader.GetString(2));
            if (known.TryGetValue((schema, table), out var columns) && !columns.Contains(column))
                unknown.Add($"{schema}.{table}.{column}");
        }

        return unknown;
    }
}
