using System.Data.Common;
using Weasel.Core;
using Weasel.Postgresql;

namespace Messaging.Projections.Storage;

/// <summary>
/// Finds the latest event of a kind in a stream without reading what is between: who is responsible, say, was perhaps
/// decided ten thousand comments ago. Comments are not in it, which have tables of their own to be found by: writing
/// one costs nothing more.
/// </summary>
internal sealed class OtherEventsIndex : ISchemaObject
{
    /// <summary>Its name, which Marten is told to leave alone.</summary>
    public const string Name = "mt_events_other";

    /// <inheritdoc/>
    public DbObjectName Identifier { get; } =
        new PostgresqlObjectName("messaging", Name, SchemaUtils.IdentifierUsage.General);

    /// <inheritdoc/>
    public IEnumerable<DbObjectName> AllNames() => [Identifier];

    /// <inheritdoc/>
    public void WriteCreateStatement(Migrator migrator, TextWriter writer) => writer.WriteLine(
        $"""
        create index if not exists {Name} on messaging.mt_events (tenant_id, stream_id, type, version)
            where type <> 'comment_added';
        """);

    /// <inheritdoc/>
    public void WriteDropStatement(Migrator rules, TextWriter writer) =>
        writer.WriteLine($"drop index if exists messaging.{Name};");

    /// <inheritdoc/>
    public void ConfigureQueryCommand(Weasel.Core.DbCommandBuilder builder) =>
        builder.Append($"select to_regclass('messaging.{Name}') is not null;");

    /// <inheritdoc/>
    public async Task<ISchemaObjectDelta> CreateDeltaAsync(DbDataReader reader, CancellationToken ct = default)
    {
        await reader.ReadAsync(ct);
        return new SchemaObjectDelta(
            this, reader.GetBoolean(0) ? SchemaPatchDifference.None : SchemaPatchDifference.Create);
    }
}
