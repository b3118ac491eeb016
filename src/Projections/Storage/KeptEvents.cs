using System.Data.Common;
using Messaging.Domain.Accounts;
using Messaging.Domain.Conversations;
using Weasel.Core;
using Weasel.Postgresql;

namespace Messaging.Projections.Storage;

/// <summary>
/// Keeps events as they were recorded: the database refuses to change, remove or empty them, whoever asks. What it lets
/// through is the masking of what somebody wrote, and of who they were, once the log says that they are erased; and
/// <see cref="Erase"/> is the function that does it.
/// </summary>
/// <remarks>
/// The trigger looks at what is changed, and not at who changes it: a node of an earlier version, which masks events by
/// statements of its own, goes on.
/// </remarks>
internal sealed class KeptEvents : ISchemaObject
{
    private const string Table = "messaging.mt_events";
    private const string Function = "messaging.keep_events";

    private static readonly string s_comment = EventNames.Of(typeof(CommentAdded));
    private static readonly string s_file = EventNames.Of(typeof(FileAttached));

    // A person's own events are all others: those of conversations have nothing that is masked.
    private static readonly string s_masked =
        $"""

        select case type
            when '{s_comment}' then data || jsonb_build_object('body', '{Erasure.Text}')
            when '{s_file}' then data || jsonb_build_object('name', '{Erasure.Text}', 'sha256', '{Erasure.Sha256}')
            else data || coalesce((
                select jsonb_object_agg(k, case k when 'displayName' then '{Restriction.Name}'
                    else '{Restriction.Email}' end)
                from jsonb_object_keys(data) k where k in ('displayName', 'email', 'before')), jsonb_build_object())
            end

        """;

    private static readonly string s_isErased =
        $"""

        select exists (
            select from messaging.mt_events e where e.tenant_id = tenant and e.stream_id = person
                and e.type in ({Quoted(EventNames.Those<PersonEvent.IErased>())}))

        """;

    private static readonly string s_whose =
        $"""

        select case when type in ('{s_comment}', '{s_file}')
            then coalesce(data -> 'author' ->> 'id', data -> 'uploadedBy' ->> 'id')::uuid else stream end

        """;

    private const string EraseBody =
        """

        declare
            masked bigint;
        begin
            if not messaging.is_erased(tenant, person) then
                raise exception using errcode = 'insufficient_privilege',
                    message = 'Nothing is masked: the log does not say that this person is erased.',
                    hint = 'erasePerson records it first: docs/audit.md.';
            end if;

            update messaging.mt_events e set data = messaging.masked(e.type, e.data)
            from unnest(streams, versions) as k(stream, version)
            where e.tenant_id = tenant and e.stream_id = k.stream and e.version = k.version
                and messaging.whose_words(e.type, e.data, e.stream_id) = person;
            get diagnostics masked = row_count;
            return masked;
        end

        """;

    // By their bytes, as equal numbers may be written in two ways.
    private const string KeepBody =
        $"""

        declare
            rest messaging.mt_events;
        begin
            if tg_op = 'UPDATE' then
                rest := new;
                rest.data := old.data;
                if rest *= old and new.data = messaging.masked(old.type, old.data)
                    and messaging.is_erased(
                        old.tenant_id, messaging.whose_words(old.type, old.data, old.stream_id)) then
                    return new;
                end if;
            end if;
            {KeptRows.Refuse}
        end

        """;

    private static readonly (string Name, string Of, string Body)[] s_functions =
    [
        ("masked(type text, data jsonb)", "returns jsonb language sql immutable", s_masked),
        ("is_erased(tenant text, person uuid)", "returns boolean language sql stable", s_isErased),
        ("whose_words(type text, data jsonb, stream uuid)", "returns uuid language sql immutable", s_whose),
        (
            "erase_events(tenant text, person uuid, streams uuid[], versions bigint[])",
            "returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp", EraseBody
        ),
        ("keep_events()", "returns trigger language plpgsql", KeepBody),
    ];

    /// <summary>The expression that masks events of somebody who is erased; it is their number.</summary>
    /// <param name="streams">The streams of the events, and in the same order their versions; others than that person's
    /// are left alone.</param>
    public static Sql Erase(string tenant, Guid person, Sql streams, Sql versions) =>
        Sql.Of($"messaging.erase_events({tenant}, {person}, {streams}, {versions})");

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Order().Select(n => $"'{n}'"));

    /// <inheritdoc/>
    public DbObjectName Identifier { get; } =
        new PostgresqlObjectName("messaging", "keep_events", SchemaUtils.IdentifierUsage.Function);

    /// <inheritdoc/>
    public IEnumerable<DbObjectName> AllNames() => [Identifier];

    /// <inheritdoc/>
    public void WriteCreateStatement(Migrator migrator, TextWriter writer)
    {
        writer.WriteLine("do $create$\nbegin");
        foreach (var (name, of, body) in s_functions)
            writer.WriteLine($"create or replace function messaging.{name} {of} as $kept${body}$kept$;");
        writer.WriteLine("revoke all on function messaging.erase_events(text, uuid, uuid[], bigint[]) from public;");
        writer.WriteLine(KeptRows.Create(Table, Function));
        writer.WriteLine("end\n$create$;");
    }

    /// <inheritdoc/>
    public void WriteDropStatement(Migrator rules, TextWriter writer) =>
        writer.WriteLine(KeptRows.Drop(Table));

    /// <inheritdoc/>
    public void ConfigureQueryCommand(Weasel.Core.DbCommandBuilder builder) =>
        builder.Append(
            $"""
             select {KeptRows.Count(KeepBody, Table)} + (
                 select count(*) from pg_proc f where f.pronamespace = to_regnamespace('messaging')
                     and f.prosrc in ({string.Join(", ", s_functions.Select(f => $"$kept${f.Body}$kept$"))})
                     and (f.proname <> 'erase_events'
                         or f.prosecdef and not has_function_privilege('public', f.oid, 'execute')));
             """);

    /// <inheritdoc/>
    public async Task<ISchemaObjectDelta> CreateDeltaAsync(DbDataReader reader, CancellationToken ct = default)
    {
        await reader.ReadAsync(ct);
        var areThere = reader.GetInt64(0) == 2 + s_functions.Length;
        return new SchemaObjectDelta(this, areThere ? SchemaPatchDifference.None : SchemaPatchDifference.Create);
    }
}
