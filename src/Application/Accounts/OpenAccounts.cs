using System.Data.Common;
using Messaging.Domain;
using Messaging.Domain.Organisation;
using Messaging.Projections.Storage;
using Npgsql;
using Weasel.Core;
using Weasel.Postgresql;

namespace Messaging.Application.Accounts;

/// <summary>Accounts that somebody comes in by: active ones, until their access ends.</summary>
internal static class OpenAccounts
{
    /// <summary>
    /// Condition on an account <c>a</c>. By the database's clock, so that access ends on every node at one instant.
    /// </summary>
    public const string IsOpen =
        "(a.active and (a.access_ends_at is null or a.access_ends_at > clock_timestamp()))";

    /// <summary>
    /// Condition on the account of a person in these columns: the same, and they see all that their customers have. A
    /// mail leaves out nothing.
    /// </summary>
    public static Sql IsOpenAndWhole(string tenant, string person) => Sql.Raw(
        $"""
        exists (
            select from messaging.accounts a where a.tenant_id = {tenant} and a.person_id = {person}
                and {IsOpen} and a.role <> '{AccountRoles.NarrowAuditor}')
        """);
}

/// <summary>Roles as accounts have them.</summary>
internal static class AccountRoles
{
    /// <summary>
    /// An auditor who sees less than other auditors do. Nodes of the version before, which would show them all, know no
    /// such role, and let nobody in who has it.
    /// </summary>
    [Stored("role_of_narrow_auditors")]
    public const string NarrowAuditor = "NarrowAuditor";

    /// <summary>Values in SQL: those of people of the office.</summary>
    public const string OfOffice = $"('Administrator', 'Auditor', '{NarrowAuditor}')";

    /// <summary>The role of somebody of the office.</summary>
    public static string Of(Administrator administrator) =>
        administrator.Scope is { IsNarrow: true } ? NarrowAuditor : administrator.Role.ToString();

    /// <summary>The role in a column.</summary>
    public static Role Read(NpgsqlDataReader row, int column) =>
        row.GetString(column) == NarrowAuditor ? Role.Auditor : row.Enumeration<Role>(column);
}

/// <summary>
/// Lets no session, nor the API token that has one, begin that lasts longer than the access of its account. A trigger,
/// so that this holds for sessions that a node of the version before begins, which knows of no such end.
/// </summary>
internal sealed class SessionsEndWithAccess : ISchemaObject
{
    private const string Body =
        """

        declare ends timestamptz;
        begin
            select a.access_ends_at into ends from messaging.accounts a
                where a.tenant_id = new.tenant_id and a.person_id = new.person_id;
            new.expires_at := least(new.expires_at, ends);
            new.ends_at := least(new.ends_at, ends);
            return new;
        end

        """;

    /// <inheritdoc/>
    public DbObjectName Identifier { get; } =
        new PostgresqlObjectName("messaging", "end_session_with_access", SchemaUtils.IdentifierUsage.Function);

    /// <inheritdoc/>
    public IEnumerable<DbObjectName> AllNames() => [Identifier];

    /// <inheritdoc/>
    public void WriteCreateStatement(Migrator migrator, TextWriter writer) => writer.WriteLine(
        $$"""
        do $create$
        begin
            create or replace function messaging.end_session_with_access() returns trigger
                language plpgsql as $end${{Body}}$end$;

            create or replace trigger end_session_with_access before insert on messaging.sessions
                for each row execute function messaging.end_session_with_access();
        end
        $create$;
        """);

    /// <inheritdoc/>
    public void WriteDropStatement(Migrator rules, TextWriter writer) =>
        writer.WriteLine("drop trigger if exists end_session_with_access on messaging.sessions;");

    /// <inheritdoc/>
    public void ConfigureQueryCommand(Weasel.Core.DbCommandBuilder builder) =>
        builder.Append(
            $"""
             select count(*) from pg_trigger t join pg_proc f on f.oid = t.tgfoid and f.prosrc = $end${Body}$end$
             where t.tgrelid = to_regclass('messaging.sessions') and t.tgname = 'end_session_with_access';
             """);

    /// <inheritdoc/>
    public async Task<ISchemaObjectDelta> CreateDeltaAsync(DbDataReader reader, CancellationToken ct = default)
    {
        await reader.ReadAsync(ct);
        var isThere = reader.GetInt64(0) > 0;
        return new SchemaObjectDelta(this, isThere ? SchemaPatchDifference.None : SchemaPatchDifference.Create);
    }
}
