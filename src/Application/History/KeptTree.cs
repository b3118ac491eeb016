using System.Data.Common;
using Messaging.Projections.Storage;
using Weasel.Core;
using Weasel.Postgresql;

namespace Messaging.Application.History;

/// <summary>
/// Keeps the trees over the events as they were written, as <see cref="KeptEvents"/> keeps these: leaves, nodes and
/// salts are never changed, a tree only grows, and a key goes only with its person, once the log says that they are
/// erased.
/// </summary>
internal sealed class KeptTree : ISchemaObject
{
    private const string Function = "messaging.keep_tree";

    // As the erasure of a key and the writer of leaves lock them.
    private static readonly string[] s_tables =
    [
        "messaging.audit_salts", "messaging.audit_subjects", "messaging.audit_leaves", "messaging.audit_nodes",
        "messaging.audit_trees",
    ];

    private const string Body =
        $"""

        begin
            if tg_op = 'UPDATE' and tg_table_name = 'audit_trees' then
                if new.tenant_id = old.tenant_id and new.size > old.size then
                    return new;
                end if;
            elsif tg_op = 'UPDATE' and tg_table_name = 'audit_subjects' then
                if (new.tenant_id, new.subject_id, new.key) = (old.tenant_id, old.subject_id, ''::bytea)
                    and messaging.is_erased(old.tenant_id, old.subject_id) then
                    return new;
                end if;
            end if;
            {KeptRows.Refuse}
        end

        """;

    /// <inheritdoc/>
    public DbObjectName Identifier { get; } =
        new PostgresqlObjectName("messaging", "keep_tree", SchemaUtils.IdentifierUsage.Function);

    /// <inheritdoc/>
    public IEnumerable<DbObjectName> AllNames() => [Identifier];

    /// <inheritdoc/>
    public void WriteCreateStatement(Migrator migrator, TextWriter writer)
    {
        writer.WriteLine(
            $"""
             do $create$
             begin
             create or replace function {Function}() returns trigger language plpgsql as $kept${Body}$kept$;
             """);
        foreach (var table in s_tables) writer.WriteLine(KeptRows.Create(table, Function));
        writer.WriteLine("end\n$create$;");
    }

    /// <inheritdoc/>
    public void WriteDropStatement(Migrator rules, TextWriter writer)
    {
        foreach (var table in s_tables) writer.WriteLine(KeptRows.Drop(table));
    }

    /// <inheritdoc/>
    public void ConfigureQueryCommand(Weasel.Core.DbCommandBuilder builder) =>
        builder.Append($"select {KeptRows.Count(Body, s_tables)};");

    /// <inheritdoc/>
    public async Task<ISchemaObjectDelta> CreateDeltaAsync(DbDataReader reader, CancellationToken ct = default)
    {
        await reader.ReadAsync(ct);
        var areThere = reader.GetInt64(0) == 2 * s_tables.Length;
        return new SchemaObjectDelta(this, areThere ? SchemaPatchDifference.None : SchemaPatchDifference.Create);
    }
}
