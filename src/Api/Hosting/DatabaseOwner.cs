using Marten;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// The role that the tables belong to, where it is another than the one that the product works as
/// (<c>Messaging:Database:Owner</c>). It makes and changes tables at a start, and lets the other role do what the
/// product does: to record, and neither to change nor to remove what was recorded.
/// </summary>
internal sealed class DatabaseOwner : IAsyncDisposable
{
    // What may be added to, and what also grows: of the trees and keys nothing else changes (KeptTree).
    private const string Kept = "'mt_events', 'audit_leaves', 'audit_nodes', 'audit_salts'";
    private const string Grown = "'mt_streams', 'audit_trees', 'audit_subjects'";

    private DatabaseOwner(string connectionString)
    {
        Database = Hosting.Database.Patient(connectionString, namesAll: true);
        Store = DocumentStore.For(options =>
        {
            options.Connection(Database);
            options.UseMessaging();
        });
    }

    /// <summary>Connections of its own, without a time limit for statements.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>The events, by these connections.</summary>
    public IDocumentStore Store { get; }

    /// <summary>
    /// Opens it, as the product's role where the owner's password is not given; null where that role is the owner.
    /// </summary>
    public static DatabaseOwner? Open(OwnerConnection connection) =>
        connection.IsAnother ? new(connection.ConnectionString) : null;

    /// <summary>Lets the product's role do what it has to, and no more, with all tables that there are now.</summary>
    /// <param name="role">The product's role.</param>
    /// <exception cref="InvalidOperationException">The owner lacks a right; the message says what to do.</exception>
    public static async Task GrantAsync(
        NpgsqlDataSource database, string role, ILogger logger, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using (var able = new NpgsqlCommand(
            "select rolsuper or pg_has_role(rolname, current_user, 'member') from pg_roles where rolname = $1",
            connection))
        {
            able.Parameters.Add(new() { Value = role });
            if (await able.ExecuteScalarAsync(cancellation) is true)
            {
                logger.LogWarning(
                    "The role {Role} of ConnectionStrings:Messaging is a superuser or a member of the tables' owner, "
                        + "and so may do whatever that one may, also to what was recorded",
                    role);
            }
        }

        await using var command = new NpgsqlCommand(Grants(role), connection);
        try
        {
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new InvalidOperationException(
                $"The role of Messaging:Database:Owner may not let {role} work: {e.MessageText}. It has to own the "
                    + $"database and what is in it, and to be a member of that role: grant {role} to it", e);
        }
    }

    /// <summary>Lets go of the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Database.DisposeAsync();
    }

    // Wolverine makes its tables itself, in a schema where nothing is recorded: they are the product's role's.
    private static string Grants(string role) =>
        $$"""
        do $grants$
        declare
            application constant text := '{{role.Replace("'", "''", StringComparison.Ordinal)}}';
            what record;
        begin
            execute format('grant usage on schema messaging to %I', application);
            execute format('revoke create on schema messaging from %I', application);
            execute format(
                'alter default privileges in schema messaging grant usage, select, update on sequences to %I',
                application);
            for what in
                select c.relname as name, c.relkind = 'S' as is_sequence, case
                    when c.relname in ({{Kept}}) then 'select, insert'
                    when c.relname in ({{Grown}}) then 'select, insert, update'
                    else 'select, insert, update, delete' end as rights
                from pg_class c where c.relnamespace = 'messaging'::regnamespace and c.relkind in ('r', 'p', 'S')
            loop
                if what.is_sequence then
                    execute format(
                        'grant usage, select, update on sequence messaging.%I to %I', what.name, application);
                else
                    execute format('revoke all on messaging.%I from %I', what.name, application);
                    execute format('grant %s on messaging.%I to %I', what.rights, what.name, application);
                end if;
            end loop;

            execute format(
                'grant execute on function messaging.erase_events(text, uuid, uuid[], bigint[]) to %I', application);
            create or replace function messaging.look_again(which regclass) returns void
                language plpgsql security definer set search_path = pg_catalog, pg_temp as $look$
                begin
                    if exists (
                        select from pg_class where oid = which and relnamespace = 'messaging'::regnamespace) then
                        execute format('analyze (skip_locked) %s', which);
                    end if;
                end $look$;
            revoke all on function messaging.look_again(regclass) from public;
            execute format('grant execute on function messaging.look_again(regclass) to %I', application);

            create schema if not exists wolverine;
            execute format('grant usage, create on schema wolverine to %I', application);
            for what in
                select c.relname as name from pg_class c
                where c.relnamespace = 'wolverine'::regnamespace and c.relkind in ('r', 'p')
                    and c.relowner <> (select r.oid from pg_roles r where r.rolname = application)
            loop
                execute format('alter table wolverine.%I owner to %I', what.name, application);
            end loop;
        end
        $grants$
        """;
}

/// <summary>How the owner of the tables is reached, and who works with them.</summary>
/// <param name="ConnectionString">The owner's connection string: the product's own, where that is the owner, or where
/// the owner's password is not given.</param>
/// <param name="Application">The product's role, where the owner is another one; else null.</param>
/// <param name="IsGiven">False where another owner is named, and somebody else signs in as that one
/// (<c>migrate</c>).</param>
internal sealed record OwnerConnection(string ConnectionString, string? Application, bool IsGiven = true)
{
    private const string Role = "Messaging:Database:Owner";
    private const string Password = "Messaging:Database:OwnerPassword";

    /// <summary>True when the product's role is not the owner.</summary>
    public bool IsAnother => Application is not null;

    /// <summary>The product's role, where the owner is to let it work; else null.</summary>
    public string? Granted => IsGiven ? Application : null;

    /// <summary>That of a server of the product's own, which has both roles.</summary>
    /// <param name="owner">The owner's connection string.</param>
    /// <exception cref="InvalidOperationException">The settings name a role.</exception>
    public static OwnerConnection OfOwn(IConfiguration configuration, string owner) =>
        string.IsNullOrEmpty(configuration[Role]) && string.IsNullOrEmpty(configuration[Password])
            ? new(owner, EmbeddedPostgres.ApplicationRole)
            : throw new InvalidOperationException(
                $"{Role} is given, and no PostgreSQL in ConnectionStrings:Messaging: one of its own has its own roles");

    /// <summary>Reads it.</summary>
    /// <param name="given">The product's own connection string.</param>
    /// <exception cref="InvalidOperationException">The settings name no other role.</exception>
    public static OwnerConnection Of(IConfiguration configuration, string given)
    {
        var (role, password) = (configuration[Role], configuration[Password]);
        if (string.IsNullOrEmpty(role))
        {
            return string.IsNullOrEmpty(password) ? new(given, null)
                : throw new InvalidOperationException($"{Password} is given, and {Role} is not: name the role");
        }

        var owner = new NpgsqlConnectionStringBuilder(given);
        var application = owner.Username;
        if (string.IsNullOrEmpty(application) || application == role)
        {
            throw new InvalidOperationException(
                $"{Role} is to be another role than that of ConnectionStrings:Messaging (Username), or none");
        }

        // Where the product needs no password either, the owner may be let in without one, too.
        if (string.IsNullOrEmpty(password) && !string.IsNullOrEmpty(owner.Password))
            return new(given, application, IsGiven: false);
        (owner.Username, owner.Password) = (role, string.IsNullOrEmpty(password) ? null : password);
        return new(owner.ConnectionString, application);
    }
}
