using System.Security.Cryptography;
using System.Text;
using Marten;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// The form of the tables, kept beside them as a comment: what a build asks for, and what was there when that was done.
/// Where both are still so, a start has nothing to create or change, and finds that by one look instead of some for
/// each table. Whatever was altered since, or is asked for by another build, is looked at as a whole.
/// </summary>
internal static class TableForm
{
    private const string Carrier = "messaging.read_model_formats";

    // Whatever statements about tables say: columns, defaults, indexes, constraints, triggers, functions and who may
    // call them.
    internal const string There =
        """
        (select md5(string_agg(part, chr(10) order by part collate "C")) from (
            select concat_ws(' ', 'relation', c.relname, c.relkind, c.relpersistence, c.reloptions) as part
            from pg_class c where c.relnamespace = n.oid
            union all
            select concat_ws(' ', 'column', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                a.attnotnull, a.attidentity, a.attgenerated, a.attcollation, pg_get_expr(d.adbin, d.adrelid))
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
            left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
            where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
            union all
            select concat_ws(' ', 'index', i.indisvalid, pg_get_indexdef(i.indexrelid))
            from pg_class c join pg_index i on i.indrelid = c.oid where c.relnamespace = n.oid
            union all
            select concat_ws(' ', 'constraint', c.relname, o.conname, o.convalidated, pg_get_constraintdef(o.oid))
            from pg_class c join pg_constraint o on o.conrelid = c.oid where c.relnamespace = n.oid
            union all
            select concat_ws(' ', 'trigger', t.tgenabled, pg_get_triggerdef(t.oid))
            from pg_class c join pg_trigger t on t.tgrelid = c.oid where c.relnamespace = n.oid and not t.tgisinternal
            union all
            select concat_ws(' ', 'sequence', c.relname, s.seqtypid, s.seqstart, s.seqincrement, s.seqmax, s.seqmin,
                s.seqcache, s.seqcycle)
            from pg_class c join pg_sequence s on s.seqrelid = c.oid where c.relnamespace = n.oid
            union all
            select concat_ws(' ', 'function', f.oid::regprocedure, f.prosecdef, f.proconfig, f.proacl, f.provolatile,
                f.prosrc)
            from pg_proc f where f.pronamespace = n.oid) parts)
        """;

    /// <summary>Whether all is as it was left by a build that asks for the same.</summary>
    public static async Task<bool> IsAsLeftAsync(
        IDocumentStore store, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
             select obj_description(to_regclass('{Carrier}'), 'pg_class'), {There}
             from pg_namespace n where n.nspname = 'messaging'
             """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) && !reader.IsDBNull(0) && !reader.IsDBNull(1)
            && reader.GetString(0) == Note(store, reader.GetString(1));
    }

    /// <summary>Keeps what is there now as what this build asks for; nothing where the role may not.</summary>
    public static async Task KeepAsync(
        IDocumentStore store, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
             select {There} from pg_namespace n join pg_class c on c.oid = '{Carrier}'::regclass
             where n.nspname = 'messaging' and pg_has_role(c.relowner, 'usage')
             """);
        if (await command.ExecuteScalarAsync(cancellation) is not string there) return;
        await using var keep = database.CreateCommand($"comment on table {Carrier} is '{Note(store, there)}'");
        await keep.ExecuteNonQueryAsync(cancellation);
    }

    // How a build compares is its libraries' business, too.
    private static string Note(IDocumentStore store, string there)
    {
        var libraries = string.Join(
            ' ', ((Type[])[typeof(IDocumentStore), typeof(Weasel.Postgresql.PostgresqlMigrator), typeof(TableForm)])
                .Select(t => t.Assembly.ManifestModule.ModuleVersionId));
        var asked = SHA256.HashData(Encoding.UTF8.GetBytes($"{libraries} {store.Storage.ToDatabaseScript()}"));
        return $"Form {Convert.ToHexStringLower(asked)} {there}";
    }
}
