using System.Data.Common;
using Weasel.Core;
using Weasel.Postgresql;

namespace Messaging.Projections.Storage;

/// <summary>
/// Gives each event a number within its organisation, from 1 and without gaps except after a crash: the number that
/// clients see. The log's own number is shared by all organisations, and would tell one of them how much the others do.
/// <para>
/// The number is taken from a sequence of the organisation and put into the event's headers by the statement that
/// appends, or, where that does not, by a trigger, which also makes the sequence of a new organisation. So every append
/// has one, also by a node of an earlier version during a rolling update. Sequences give out numbers without waiting
/// for transactions, so that nobody waits for another. Within a conversation they are in order, since an append locks
/// its stream; events that commit in different conversations at the same moment may have either order.
/// </para>
/// <para>The trigger's function makes sequences with the rights of the tables' owner, whoever appends.</para>
/// <para>Events older than the trigger have none: the log's number stands for it, and their organisation's sequence
/// continues after the highest of them.</para>
/// </summary>
internal sealed class EventNumbers : ISchemaObject
{
    // Null where the organisation has no sequence yet. For each event: format() alone would cost as much as all the
    // rest of storing it. PostgreSQL puts a function like this into the statement that calls it.
    private const string Next =
        """

        select nextval(to_regclass('messaging."events_of_' || replace(tenant, '"', '""') || '"'))

        """;

    private const string Body =
        """

        begin
            if to_regclass('messaging."events_of_' || replace(new.tenant_id, '"', '""') || '"') is null then
                execute format('create sequence messaging.%I', 'events_of_' || new.tenant_id);
            end if;
            new.headers := coalesce(new.headers, '{}') || jsonb_build_object('sequence',
                messaging.next_event_number(new.tenant_id));
            return new;
        end

        """;

    // Calling it costs more than all the rest of numbering an event.
    private const string Unnumbered = "(new.headers ->> 'sequence') is null";

    /// <summary>The number of an event, as SQL.</summary>
    /// <param name="e">The alias of <c>mt_events</c>.</param>
    public static string Of(string e) => $"coalesce(({e}.headers ->> 'sequence')::bigint, {e}.seq_id)";

    /// <inheritdoc/>
    public DbObjectName Identifier { get; } =
        new PostgresqlObjectName("messaging", "number_event", SchemaUtils.IdentifierUsage.Function);

    /// <inheritdoc/>
    public IEnumerable<DbObjectName> AllNames() => [Identifier];

    /// <inheritdoc/>
    public void WriteCreateStatement(Migrator migrator, TextWriter writer) => writer.WriteLine(
        $$"""
        do $create$
        declare
            tenant text;
            highest bigint;
        begin
            create or replace function messaging.next_event_number(tenant text) returns bigint
                language sql as $number${{Next}}$number$;
            create or replace function messaging.number_event() returns trigger
                language plpgsql security definer set search_path = pg_catalog, pg_temp
                as $number${{Body}}$number$;

            -- Who appends at the moment ends first, and who begins to waits: each event has a number, or is below those
            -- that are given.
            lock table messaging.mt_events in share row exclusive mode;
            for tenant, highest in select tenant_id, max(seq_id) from messaging.mt_events group by tenant_id loop
                execute format(
                    'create sequence if not exists messaging.%I start %s', 'events_of_' || tenant, highest + 1);
            end loop;
            create or replace trigger number_event before insert on messaging.mt_events
                for each row when ({{Unnumbered}}) execute function messaging.number_event();
        end
        $create$;
        """);

    /// <inheritdoc/>
    public void WriteDropStatement(Migrator rules, TextWriter writer) =>
        writer.WriteLine("drop trigger if exists number_event on messaging.mt_events;");

    /// <inheritdoc/>
    public void ConfigureQueryCommand(Weasel.Core.DbCommandBuilder builder) =>
        builder.Append(
            $"""
             select count(*) from pg_trigger t join pg_proc f on f.oid = t.tgfoid
             join pg_proc n on n.oid = to_regprocedure('messaging.next_event_number(text)')
                 and n.prosrc = $number${Next}$number$
             where t.tgrelid = to_regclass('messaging.mt_events') and t.tgname = 'number_event' and t.tgqual is not null
                 and f.prosrc = $number${Body}$number$ and f.prosecdef;
             """);

    /// <inheritdoc/>
    public async Task<ISchemaObjectDelta> CreateDeltaAsync(DbDataReader reader, CancellationToken ct = default)
    {
        await reader.ReadAsync(ct);
        var isThere = reader.GetInt64(0) > 0;
        return new SchemaObjectDelta(this, isThere ? SchemaPatchDifference.None : SchemaPatchDifference.Create);
    }
}
