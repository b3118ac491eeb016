using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Messaging.Domain.Conversations;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace Messaging.Projections.Reports;

/// <summary>
/// The views of the schema <c>reporting</c>, which programs of others read by SQL (docs/reporting.md), and the role
/// <c>messaging_reports</c> that may. Each has the rows of the organisation that the login is bound to: by a table that
/// nobody but the owner reads or writes, and by the name that the session began with, which no setting changes.
/// </summary>
/// <remarks>
/// The views have the rights of their owner, and are barriers: no function of the reader's sees a row before the
/// organisation is looked at. They call no function of ours, so that no search path leads elsewhere.
/// </remarks>
public static partial class ReportingViews
{
    /// <summary>The role to be granted to those who read them.</summary>
    public const string Group = "messaging_reports";

    private const string Schema = "reporting";

    // The schema's comment says whose it is, and of which version its views are.
    private const string Mark = "Views of Messaging for reports, ";

    private const string Mine =
        "(select r.tenant_id from messaging.report_readers r where r.login = session_user::text)";

    private const string Zone =
        $"(select o.time_zone from messaging.organisations o where o.tenant_id = {Mine} limit 1)";

    // As OrganisationQueries.CalendarAsync reads it.
    private const string ShowsPeople =
        $"""
        (select e.type from messaging.mt_events e
            where e.tenant_id = {Mine}
                and e.stream_id in (select o.id from messaging.organisations o where o.tenant_id = {Mine})
                and e.type in ('personal_times_hidden', 'personal_times_shown')
            order by e.version desc limit 1) is distinct from 'personal_times_hidden'
        """;

    private static readonly View[] s_views =
    [
        new(
            "conversations", "The conversations, one row each, as they are now.",
            $"""
            messaging.conversations c
            left join messaging.customers k on k.tenant_id = c.tenant_id and k.id = c.customer_id
            left join messaging.administrators a
                on a.tenant_id = c.tenant_id and a.id = c.responsible_administrator_id
            where c.tenant_id = {Mine}
            """,
            [
                new("conversation_id", "c.id", "Its id."),
                new("customer_id", "c.customer_id", "The customer's id."),
                new("customer_number", "k.number", "The customer's number, if there is one."),
                new("customer_name", "k.name", "The customer's name."),
                new("responsible_id", "c.responsible_administrator_id", "Who is responsible; null for nobody."),
                new("responsible_name", "a.display_name", "That person's name; N. N. of restricted and erased people."),
                new("status", Constants<ConversationStatus>("c.status"), "OPEN, ATTENTION or ANSWERED."),
                new("awaiting", Constants<Awaiting>("c.awaiting"), "Who is awaited: OFFICE, CUSTOMER or NOBODY."),
                new(
                    "awaiting_since", "case when c.awaiting <> 'Nobody' then c.awaiting_since end",
                    "Since when; null for nobody."),
                new("started_at", "c.created_at", "When it was started."),
                new("started_by", Side("c.created_by_kind"), "The side that started it: OFFICE or CUSTOMER."),
                new("changed_at", "c.updated_at", "When something last happened in it, also an internal note."),
                new("comments", "c.comment_count", "Number of its comments, internal notes among them."),
                new("public_comments", "c.public_comment_count", "Number of those that the customer sees."),
                new(
                    "tags",
                    """
                    array(select t.tag from messaging.conversation_tags t
                        where t.tenant_id = c.tenant_id and t.conversation_id = c.id order by t.position, t.tag)
                    """,
                    "Its tags, in the order in which they were given."),
            ]),
        new(
            "waits", "What was and is waited for, one row for each wait: docs/figures.md.",
            $"messaging.waits w where w.tenant_id = {Mine}",
            [
                new("conversation_id", "w.conversation_id", "The conversation."),
                new("kind", Constants<WaitKind>("w.kind"), "OFFICE_REPLY, CUSTOMER_ANSWER or RESOLUTION."),
                new("position", "w.position", "The event of the conversation that it began with."),
                new("customer_id", "w.customer_id", "The customer's id."),
                new("began_at", "w.from_at", "When it began."),
                new("ended_at", "w.to_at", "When it ended, where it belongs; null while it goes on."),
                new(
                    "outcome", $"coalesce({Constants<WaitOutcome>("w.outcome")}, 'STILL_WAITING')",
                    "REPLIED, CLOSED_WITHOUT_REPLY, CUSTOMER_ANSWERED, WITHDRAWN, RESOLVED or STILL_WAITING."),
                new("is_timed", $"coalesce(w.{WaitQueries.Timed}, false)", "True where figures of times have it."),
                new(
                    "administrator_id", $"case when {ShowsPeople} then w.administrator_id end",
                    "Who ended it; of CUSTOMER_ANSWER, who asked. Null where the office shows no times of people."),
                new(
                    "seconds", "extract(epoch from w.to_at - w.from_at)",
                    "Its length, nights and Sundays among it; null while it goes on."),
            ]),
        new(
            "status_periods", "The statuses that conversations have had, one row for each time.",
            $"""
            messaging.status_periods p
            join messaging.conversations c on c.tenant_id = p.tenant_id and c.id = p.conversation_id
            where p.tenant_id = {Mine}
            """,
            [
                new("conversation_id", "p.conversation_id", "The conversation."),
                new("position", "p.position", "The event of the conversation that it began with."),
                new("customer_id", "c.customer_id", "The customer's id."),
                new("status", Constants<ConversationStatus>("p.status"), "OPEN, ATTENTION or ANSWERED."),
                new("began_at", "p.from_at", "When it began; that instant belongs to it."),
                new("ended_at", "p.to_at", "When it ended; that instant does not belong to it. Null while it lasts."),
                new("seconds", "extract(epoch from p.to_at - p.from_at)", "Its length; null while it lasts."),
            ]),
        new(
            "cycles", "From being started or opened again to being answered, one row for each time.",
            $"messaging.waits w where w.tenant_id = {Mine} and w.kind = '{WaitKind.Resolution}'",
            [
                new("conversation_id", "w.conversation_id", "The conversation."),
                new("position", "w.position", "The event of the conversation that it began with."),
                new("customer_id", "w.customer_id", "The customer's id."),
                new("began_at", "w.from_at", "When it began."),
                new("was_reopened", "w.position > 1", "True where it was opened again, false where it was started."),
                new("resolved_at", "w.to_at", "When it became ANSWERED; null while it is not."),
                new(
                    "resolved_by", $"case when {ShowsPeople} then w.administrator_id end",
                    "Who set it. Null while nobody has, and where the office shows no times of people."),
                new("seconds", "extract(epoch from w.to_at - w.from_at)", "Its length; null while it goes on."),
            ]),
        new(
            "comments_daily",
            "Numbers of comments of each day of the office's time zone. Days without any have no row.",
            $"""
            messaging.comments m
            join messaging.conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
            where m.tenant_id = {Mine} group by 1, 2, 3, 4
            """,
            [
                new("day", $"(m.created_at at time zone {Zone})::date", "The day."),
                new("customer_id", "c.customer_id", "The customer's id."),
                new("written_by", Side("m.author_kind"), "The side that wrote them: OFFICE or CUSTOMER."),
                new("visibility", Constants<CommentVisibility>("m.visibility"), "PUBLIC, or INTERNAL for notes."),
                new("comments", "count(*)", "Their number."),
            ]),
    ];

    private static readonly string s_names = string.Join(", ", s_views.Select(v => $"{Schema}.{v.Name}"));

    private static readonly string s_create = string.Concat(s_views.Select(v => v.Statements()));

    private static readonly string s_mark =
        Mark + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(s_create)))[..16];

    /// <summary>Which login reads the views, and of which organisation.</summary>
    internal static Table Readers()
    {
        var table = new Table("messaging.report_readers");
        table.AddColumn<string>("login").AsPrimaryKey();
        table.AddColumn<string>("tenant_id").NotNull();
        return table;
    }

    /// <summary>
    /// Removes the views of another version before tables are changed: PostgreSQL would not change what they read.
    /// </summary>
    public static async Task RemoveOutdatedReportingViewsAsync(
        this NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (await StateAsync(connection, Group, cancellation) is not { IsOurs: true, IsCurrent: false }) return;
        try
        {
            await ExecuteAsync(connection, $"drop view if exists {s_names}", cancellation);
        }
        catch (PostgresException e) when (IsInTheWay(e))
        {
            // Then it is said that they are not made.
        }
    }

    /// <summary>Makes the views, the role, and its right to read them, as far as the product's role may.</summary>
    /// <returns>What is missing, and what to do; null where nothing is.</returns>
    public static Task<string?> MakeReportingViewsAsync(
        this NpgsqlDataSource database, CancellationToken cancellation) =>
        MakeAsync(database, Group, cancellation);

    /// <inheritdoc cref="MakeReportingViewsAsync"/>
    internal static async Task<string?> MakeAsync(
        NpgsqlDataSource database, string group, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var state = await StateAsync(connection, group, cancellation);
        if (state is { IsThere: true, IsOurs: false })
            return $"There are no views for reports, since the schema {Schema} is somebody else's. Give that another "
                + "name, and start again.";
        var grant = $"grant usage on schema {Schema} to {group}; grant select on {s_names} to {group}";
        try
        {
            if (!state.IsCurrent)
            {
                await ExecuteAsync(
                    connection,
                    $"""
                    create schema if not exists {Schema};
                    drop view if exists {s_names};
                    {s_create}
                    comment on schema {Schema} is '{s_mark}'
                    """,
                    cancellation);
            }

            if (!state.HasGroup)
            {
                if (!state.MayCreateRoles)
                    return $"Nobody reads the views for reports: there is no role {group}, and the product's may not "
                        + $"create one. For BI tools somebody who may does: create role {group} nologin; then "
                        + $"start again, or as the product's role: {grant};";
                await CreateAsync(connection, group, cancellation);
            }

            if (!state.IsCurrent || !state.MayRead) await ExecuteAsync(connection, grant, cancellation);
            return null;
        }
        catch (PostgresException e) when (IsInTheWay(e))
        {
            return e.SqlState == PostgresErrorCodes.DependentObjectsStillExist
                ? $"The views of the schema {Schema} are those of another version, since other views need them. Drop "
                    + "these, start again, and create them anew."
                : $"The views of the schema {Schema} are not as this version has them: {e.MessageText}.";
        }
    }

    /// <summary>Drops the views where they are the product's, so that a table that they read can be dropped.</summary>
    internal static async Task DropAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (!(await StateAsync(connection, Group, cancellation)).IsOurs) return;
        await using var command = new NpgsqlCommand($"drop view if exists {s_names}", connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    // Others may read the views for hours, or have views of their own on them; nobody waits for that with a start.
    private static bool IsInTheWay(PostgresException e) =>
        e.SqlState
            is PostgresErrorCodes.InsufficientPrivilege
                or PostgresErrorCodes.DependentObjectsStillExist
                or PostgresErrorCodes.LockNotAvailable;

    private static async Task CreateAsync(NpgsqlConnection connection, string group, CancellationToken cancellation)
    {
        try
        {
            await ExecuteAsync(connection, $"create role {group} nologin", cancellation);
        }
        catch (PostgresException e)
            when (e.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation)
        {
            // Roles are the server's: a product on another of its databases was faster.
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var command = new NpgsqlCommand($"set local lock_timeout = '5s'; {sql}", connection, transaction);
        await command.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task<State> StateAsync(
        NpgsqlConnection connection, string group, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            with views as (
                select c.oid from pg_class c
                where c.relnamespace = to_regnamespace($1) and c.relkind = 'v' and c.relname = any($2))
            select n.oid is not null, coalesce(obj_description(n.oid, 'pg_namespace'), ''),
                (select count(*)::int from views), r.oid is not null,
                coalesce(has_schema_privilege(r.oid, n.oid, 'usage'), false)
                    and (select bool_and(has_table_privilege(r.oid, v.oid, 'select')) from views v),
                exists (select from pg_roles p where p.rolname = current_user and (p.rolsuper or p.rolcreaterole))
            from (select to_regnamespace($1)::oid as oid) n left join pg_roles r on r.rolname = $3
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = Schema },
                new NpgsqlParameter { Value = s_views.Select(v => v.Name).ToArray() },
                new NpgsqlParameter { Value = group },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var mark = reader.GetString(1);
        return new State(
            IsThere: reader.GetBoolean(0), IsOurs: mark.StartsWith(Mark, StringComparison.Ordinal),
            IsCurrent: mark == s_mark && reader.GetInt32(2) == s_views.Length, HasGroup: reader.GetBoolean(3),
            MayRead: !reader.IsDBNull(4) && reader.GetBoolean(4), MayCreateRoles: reader.GetBoolean(5));
    }

    private static string Side(string column) => $"case {column} when 'Contact' then 'CUSTOMER' else 'OFFICE' end";

    // As the API writes them.
    private static string Constants<T>(string column)
        where T : struct, Enum =>
        $"case {column} "
            + string.Concat(
                Enum.GetNames<T>().Select(n => $"when '{n}' then '{Capital().Replace(n, "_").ToUpperInvariant()}' "))
            + "end";

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex Capital();

    private sealed record State(
        bool IsThere, bool IsOurs, bool IsCurrent, bool HasGroup, bool MayRead, bool MayCreateRoles);

    private sealed record Column(string Name, string Value, string Comment);

    private sealed record View(string Name, string Comment, string From, Column[] Columns)
    {
        public string Statements()
        {
            var columns = string.Join(", ", Columns.Select(c => $"{c.Value} as {c.Name}"));
            return $"create view {Schema}.{Name} with (security_barrier = true) as select {columns} from {From};\n"
                + Said($"view {Schema}.{Name}", Comment)
                + string.Concat(Columns.Select(c => Said($"column {Schema}.{Name}.{c.Name}", c.Comment)));
        }

        private static string Said(string of, string comment) =>
            $"comment on {of} is '{comment.Replace("'", "''", StringComparison.Ordinal)}';\n";
    }
}
