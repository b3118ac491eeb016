using System.Data.Common;
using Messaging.Projections.Storage;
using Weasel.Core;
using Weasel.Postgresql;

namespace Messaging.Projections.History;

/// <summary>
/// The indexes by which the log of an organisation is read, and conversations as they were. Comments write to the first
/// three, all else to each of them but those of what an event is about, so they are few, and small: a key of eight
/// bytes stands for an actor or a correlation, with their organisation.
/// </summary>
/// <remarks>
/// The last one finds the latest event of a kind in a stream without reading what is between: who is responsible, say,
/// was perhaps decided ten thousand comments ago. Comments have tables of their own to be found by.
/// </remarks>
internal sealed class EventIndexes : ISchemaObject
{
    /// <summary>
    /// The type of which there are so many that one is never far; the others are found by their type.
    /// </summary>
    public const string Frequent = "comment_added";

    private static readonly string s_number = EventNumbers.Of("mt_events");

    private static readonly (string Name, string Of)[] s_all =
    [
        ("events_log", $"(tenant_id, ({s_number}))"),
        ("events_log_actor", $"(({Actor("mt_events")}), ({s_number}))"),
        ("events_log_correlation", $"(({Correlation("mt_events")}), ({s_number})) where correlation_id is not null"),
        ("events_log_type", $"(tenant_id, type, ({s_number})) where {IsRare("mt_events")}"),
        ("events_log_subject", $"(({Subject("mt_events")}), ({s_number})) where {IsOfAccess("mt_events")}"),
        ("events_log_customer",
            $"(({Customer("mt_events")}), ({s_number})) where {IsOfAccess("mt_events")} "
                + "and (mt_events.data -> 'about' ->> 'customerId') is not null"),
        ("mt_events_other", $"(tenant_id, stream_id, type, version) where {IsRare("mt_events")}"),
    ];

    /// <summary>The names of all of them, which Marten is told to leave alone.</summary>
    public static IEnumerable<string> Names => s_all.Select(i => i.Name);

    /// <inheritdoc/>
    public DbObjectName Identifier { get; } =
        new PostgresqlObjectName("messaging", "events_log", SchemaUtils.IdentifierUsage.General);

    /// <summary>What stands for the actor of an event in the index.</summary>
    /// <param name="e">The alias of <c>mt_events</c>.</param>
    public static string Actor(string e) => $"hashtextextended({e}.tenant_id || ({e}.headers ->> 'actor_id'), 0)";

    /// <summary>What stands for the correlation of an event in the index.</summary>
    /// <param name="e">The alias of <c>mt_events</c>.</param>
    public static string Correlation(string e) => $"hashtextextended({e}.tenant_id || {e}.correlation_id, 0)";

    /// <summary>What stands for that which an event of no stream of anybody's is about.</summary>
    /// <param name="e">The alias of <c>mt_events</c>.</param>
    public static string Subject(string e) =>
        $"hashtextextended({e}.tenant_id || ({e}.data -> 'about' ->> 'id'), 0)";

    /// <summary>What stands for the customer of such an event.</summary>
    /// <param name="e">The alias of <c>mt_events</c>.</param>
    public static string Customer(string e) =>
        $"hashtextextended({e}.tenant_id || ({e}.data -> 'about' ->> 'customerId'), 0)";

    /// <summary>True of the events that say themselves what they are about, and of no others.</summary>
    /// <param name="e">The alias of <c>mt_events</c>.</param>
    public static string IsOfAccess(string e) => $"({e}.data -> 'about') is not null";

    /// <summary>True of all events but those of the type <see cref="Frequent"/>.</summary>
    /// <param name="e">The alias of <c>mt_events</c>.</param>
    public static string IsRare(string e) => $"{e}.type <> '{Frequent}'";

    /// <inheritdoc/>
    public IEnumerable<DbObjectName> AllNames() => [Identifier];

    /// <inheritdoc/>
    public void WriteCreateStatement(Migrator migrator, TextWriter writer)
    {
        foreach (var (name, of) in s_all)
            writer.WriteLine($"create index if not exists {name} on messaging.mt_events {of};");
    }

    /// <inheritdoc/>
    public void WriteDropStatement(Migrator rules, TextWriter writer)
    {
        foreach (var name in Names) writer.WriteLine($"drop index if exists messaging.{name};");
    }

    /// <inheritdoc/>
    public void ConfigureQueryCommand(Weasel.Core.DbCommandBuilder builder)
    {
        var names = string.Join(", ", Names.Select(n => $"'{n}'"));
        builder.Append(
            $"""
             select count(*) from pg_index i join pg_class c on c.oid = i.indexrelid
             where i.indrelid = to_regclass('messaging.mt_events') and c.relname in ({names});
             """);
    }

    /// <inheritdoc/>
    public async Task<ISchemaObjectDelta> CreateDeltaAsync(DbDataReader reader, CancellationToken ct = default)
    {
        await reader.ReadAsync(ct);
        var areThere = reader.GetInt64(0) == s_all.Length;
        return new SchemaObjectDelta(this, areThere ? SchemaPatchDifference.None : SchemaPatchDifference.Create);
    }
}
