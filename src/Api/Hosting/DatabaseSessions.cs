using Messaging.Domain;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// The sessions that the product gets from PostgreSQL, or from a pooler in front of it such as PgBouncer: they must
/// stay its own for as long as it keeps them, and end hanging statements in them.
/// </summary>
internal static class DatabaseSessions
{
    /// <summary>
    /// Limits, in seconds, of a statement and of a transaction that is left open: neither must stall everybody behind
    /// it.
    /// </summary>
    private const int LongestStatement = 30, LongestIdleTransaction = 60;

    // What a heavy statement may sort in memory; few of them run at once.
    private const string WorkMemory = "16MB";

    /// <summary>
    /// Number of comparisons of two sessions: a pooler that serves others meanwhile may give out different ones by
    /// chance.
    /// </summary>
    private const int Looks = 10;

    /// <summary>Number of earlier sessions that a pooler may have kept.</summary>
    private const int MostKept = 200;

    // An arbitrary number that nobody else locks: the bytes of "messagir".
    [Stored("lock_of_session_settings")]
    private const long Key = 0x6d65737361676972;

    /// <summary>
    /// Refuses a pooler that gives each transaction another session: prepared statements, advisory locks and LISTEN, on
    /// which the product stands, belong to one. Two connections that are open at once never have the same session, and
    /// each keeps its own.
    /// </summary>
    /// <exception cref="InvalidOperationException">The pooler does so; the message says what to do.</exception>
    public static async Task RefuseSharedAsync(this NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var one = await database.OpenConnectionAsync(cancellation);
        await using var another = await database.OpenConnectionAsync(cancellation);
        var (first, second) = (0, 0);
        for (var look = 0; look < Looks; look++)
        {
            var (firstNow, secondNow) = (
                await SessionAsync(one, look, cancellation), await SessionAsync(another, look, cancellation));
            if (firstNow == secondNow || (look > 0 && (firstNow, secondNow) != (first, second)))
                throw new InvalidOperationException(Shared);
            (first, second) = (firstNow, secondNow);
        }
    }

    /// <summary>
    /// Ends hanging statements and abandoned transactions in all sessions that begin from now on, by settings of the
    /// role in this database. Settings of an operator for the role, the database or the connection stay. A start-up
    /// option of each connection would do the same; PgBouncer refuses those.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The role lacks the right, or a pooler goes on giving out earlier sessions; the message says what to do.
    /// </exception>
    public static async Task LimitAsync(this NpgsqlDataSource database, CancellationToken cancellation)
    {
        for (var session = 0; session < MostKept; session++)
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            if (await IsLimitedAsync(connection, cancellation)) return;
            if (session == 0) await LimitRoleAsync(connection, cancellation);

            // Only a pooler still has an earlier session: it would give it to somebody else.
            else await EndAsync(connection, cancellation);

            // Neither this connection nor those that were opened before it are of use.
            database.Clear();
        }

        throw new InvalidOperationException(
            "What ends statements that hang was set, and the sessions that the pooler in front of PostgreSQL "
                + "gives out do not have it. Have it begin new ones"
            + " (PgBouncer's console: RECONNECT), and start again.");
    }

    /// <summary>
    /// Has PostgreSQL sort the figures of years in memory, and not compile statements, which takes longer than to run
    /// them: by settings of the role in this database, where nobody has set these anywhere. Sessions that a pooler has
    /// kept go on without.
    /// </summary>
    public static async Task SuitAsync(this NpgsqlDataSource database, CancellationToken cancellation)
    {
        const string unset = "from pg_settings where name in ('jit', 'work_mem') and source = 'default'";
        await using (var look = database.CreateCommand($"select exists (select {unset})"))
            if (await look.ExecuteScalarAsync(cancellation) is false) return;
        await using var command = database.CreateCommand(
            SetForRole($"select name, case name when 'jit' then 'off' else '{WorkMemory}' end as value {unset}"));
        try
        {
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // It works without.
            return;
        }

        // Connections that are open were begun without.
        database.Clear();
    }

    private const string Shared =
        "The PostgreSQL of ConnectionStrings__Messaging is behind a pooler that gives each transaction or "
            + "statement another session. The product needs sessions of"
        + " its own: have the pooler keep one for each connection (PgBouncer: pool_mode = session, for this "
            + "database or user), or name PostgreSQL itself.";

    // The text differs each time: a repeated one would be prepared, and a prepared statement is gone in another
    // session.
    private static async Task<int> SessionAsync(NpgsqlConnection connection, int look, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select pg_backend_pid() as look_{look}", connection);
        return (int)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task<bool> IsLimitedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            select bool_and(source in ('database', 'user', 'database user', 'client', 'session')) from pg_settings
            where name in ('statement_timeout', 'idle_in_transaction_session_timeout')
            """,
            connection);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    private static async Task LimitRoleAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            SetForRole(
                $"""
                 select name, case name when 'statement_timeout' then '{LongestStatement}s'
                     else '{LongestIdleTransaction}s' end as value
                 from pg_settings
                 where name in ('statement_timeout', 'idle_in_transaction_session_timeout')
                     and source not in ('database', 'user', 'database user', 'client', 'session')
                 """),
            connection);
        try
        {
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new InvalidOperationException(
                "The role of ConnectionStrings__Messaging may not limit its own statements. Have an "
                    + "administrator of PostgreSQL run, with the role's and the"
                    + " database's names: alter role … in database … set statement_timeout = "
                        + $"'{LongestStatement}s'; alter role … in database … set"
                    + $" idle_in_transaction_session_timeout = '{LongestIdleTransaction}s';",
                e
            );
        }
    }

    // Names and values, for the role in this database. Nodes that start at once do so in turn: PostgreSQL refuses two
    // who change the same settings.
    private static string SetForRole(string given) =>
        $"""
         do $$
         declare given record;
         begin
             perform pg_advisory_xact_lock({Key});
             for given in {given}
             loop
                 execute format('alter role %I in database %I set %I = %L', session_user, current_database(),
                     given.name, given.value);
             end loop;
         end $$
         """;

    private static async Task EndAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            await using var command = new NpgsqlCommand("select pg_terminate_backend(pg_backend_pid())", connection);
            await command.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.AdminShutdown)
        {
            // As it was told to.
        }
    }
}
