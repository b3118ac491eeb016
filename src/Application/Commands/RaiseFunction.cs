using System.Data.Common;
using Weasel.Core;
using Weasel.Postgresql;

namespace Messaging.Application.Commands;

/// <summary>
/// The database's function by which a statement fails with a condition that has a name: a plain statement could only
/// do so by an error that means something else, such as a division by zero. A start of this version makes it where it
/// is missing; nodes of a version before know nothing of it.
/// </summary>
internal sealed class RaiseFunction : ISchemaObject
{
    private const string Body =
        """

        begin
            raise exception using errcode = condition, message = what;
        end

        """;

    /// <summary>An expression that raises a condition unless another one holds; else it is 0.</summary>
    /// <param name="sqlState">Five digits or capital letters.</param>
    /// <param name="what">The message, without an apostrophe.</param>
    public static string Unless(string condition, string sqlState, string what) =>
        $"case when {condition} then 0 else messaging.raise('{sqlState}', '{what}') end";

    /// <inheritdoc/>
    public DbObjectName Identifier { get; } =
        new PostgresqlObjectName("messaging", "raise", SchemaUtils.IdentifierUsage.Function);

    /// <inheritdoc/>
    public IEnumerable<DbObjectName> AllNames() => [Identifier];

    /// <inheritdoc/>
    public void WriteCreateStatement(Migrator migrator, TextWriter writer) =>
        writer.WriteLine(
            $"""
            create or replace function messaging.raise(condition text, what text) returns integer
                language plpgsql volatile as $raise${Body}$raise$;
            """);

    /// <inheritdoc/>
    public void WriteDropStatement(Migrator rules, TextWriter writer) =>
        writer.WriteLine("drop function if exists messaging.raise(text, text);");

    /// <inheritdoc/>
    public void ConfigureQueryCommand(Weasel.Core.DbCommandBuilder builder) =>
        builder.Append(
            $"""
             select count(*) from pg_proc
             where oid = to_regprocedure('messaging.raise(text, text)') and prosrc = $raise${Body}$raise$;
             """);

    /// <inheritdoc/>
    public async Task<ISchemaObjectDelta> CreateDeltaAsync(DbDataReader reader, CancellationToken ct = default)
    {
        await reader.ReadAsync(ct);
        var isThere = reader.GetInt64(0) > 0;
        return new SchemaObjectDelta(this, isThere ? SchemaPatchDifference.None : SchemaPatchDifference.Create);
    }
}
