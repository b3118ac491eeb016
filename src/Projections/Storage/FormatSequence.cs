using System.Data.Common;
using Weasel.Core;
using Weasel.Postgresql;

namespace Messaging.Projections.Storage;

/// <summary>
/// Repeats the format of the read models as the value of a sequence, which a statement sees without a look into a table
/// and without a snapshot: a commit pays a quarter for it. A trigger of the table with the formats keeps it, so that a
/// node of an earlier version, which knows the table only, keeps it as well.
/// </summary>
/// <remarks>
/// A sequence takes no part in transactions: where one that has set a format is rolled back, the value stays. Each
/// start compares the two, and takes the table's.
/// </remarks>
internal sealed class FormatSequence : ISchemaObject
{
    private const string Name = "messaging.format_of_read_models";

    private const string Body =
        $"""

        begin
            perform setval('{Name}', new.format);
            return null;
        end

        """;

    // Whoever sets a format at the moment ends first: what is read then is the last that was set.
    private const string Repeat =
        $"""
        lock table messaging.read_model_formats in share row exclusive mode;
        perform setval('{Name}', format) from messaging.read_model_formats
            where name = '{ReadModelProjection.ProjectionName}';
        """;

    private const string Condition = $"new.name = '{ReadModelProjection.ProjectionName}'";

    /// <summary>The format, as an expression; null where none was ever said.</summary>
    public const string Value = $"pg_sequence_last_value('{Name}'::regclass)";

    /// <summary>The statement that gives the sequence the table's format.</summary>
    public const string RepeatStatement = $"do $repeat$ begin {Repeat} end $repeat$";

    /// <inheritdoc/>
    public DbObjectName Identifier { get; } =
        new PostgresqlObjectName("messaging", "keep_format", SchemaUtils.IdentifierUsage.Function);

    /// <inheritdoc/>
    public IEnumerable<DbObjectName> AllNames() => [Identifier];

    /// <inheritdoc/>
    public void WriteCreateStatement(Migrator migrator, TextWriter writer) => writer.WriteLine(
        $$"""
        do $create$
        begin
            create sequence if not exists {{Name}} minvalue {{ReadModelProjection.NoFormat}};
            create or replace function messaging.keep_format() returns trigger
                language plpgsql as $keep${{Body}}$keep$;

            create or replace trigger keep_format after insert or update on messaging.read_model_formats
                for each row when ({{Condition}}) execute function messaging.keep_format();
            {{Repeat}}
        end
        $create$;
        """);

    /// <inheritdoc/>
    public void WriteDropStatement(Migrator rules, TextWriter writer) =>
        writer.WriteLine("drop trigger if exists keep_format on messaging.read_model_formats;");

    /// <inheritdoc/>
    public void ConfigureQueryCommand(Weasel.Core.DbCommandBuilder builder) =>
        builder.Append(
            $"""
             select count(*) from pg_trigger t join pg_proc f on f.oid = t.tgfoid and f.prosrc = $keep${Body}$keep$
             where t.tgrelid = to_regclass('messaging.read_model_formats') and t.tgname = 'keep_format'
                 and to_regclass('{Name}') is not null;
             """);

    /// <inheritdoc/>
    public async Task<ISchemaObjectDelta> CreateDeltaAsync(DbDataReader reader, CancellationToken ct = default)
    {
        await reader.ReadAsync(ct);
        var isThere = reader.GetInt64(0) > 0;
        return new SchemaObjectDelta(this, isThere ? SchemaPatchDifference.None : SchemaPatchDifference.Create);
    }
}
