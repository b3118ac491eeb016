using Messaging.Domain;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// The processes that run on a database. Each shows itself by shared advisory locks, on the connection that
/// <see cref="DatabaseWatch"/> keeps: they end with the process, however that ends.
/// </summary>
internal static class RunningNodes
{
    // Arbitrary numbers that nobody else locks: the bytes of "messagio", that a node runs, of "messagiq", that it knows
    // the fence of the read models, and of "mess", with a number of the name by which Wolverine knows it.
    [Stored("lock_of_running_nodes")]
    private const long Runs = 0x6d6573736167696f;

    [Stored("lock_of_nodes_that_know_the_fence")]
    private const long KnowsFence = 0x6d65737361676971;

    [Stored("lock_of_node_names")]
    private const int OfName = 0x6d657373;

    /// <summary>Says that this process runs, for as long as the connection lives.</summary>
    /// <param name="name">Wolverine's for it.</param>
    public static async Task SayItRunsAsync(this NpgsqlConnection connection, Guid name, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"select pg_advisory_lock_shared({KnowsFence}), pg_advisory_lock_shared({OfName}, "
                + $"hashtext('{name}')), pg_advisory_lock_shared({Runs})",
            connection
        );
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// True when another process runs on the database; to be asked before this one says that it does.
    /// </summary>
    public static async Task<bool> IsAnotherNodeRunningAsync(
        this NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"select case when pg_try_advisory_lock({Runs}) then pg_advisory_unlock({Runs}) else false end");
        return await command.ExecuteScalarAsync(cancellation) is not true
            || await database.IsUnfencedNodeRunningAsync(cancellation);
    }

    /// <summary>
    /// True when a process of an earlier version runs on the database, which would write to the read models whatever is
    /// done to them. Some versions are known to Wolverine alone, where there are several nodes; a crashed one counts
    /// for half a minute.
    /// </summary>
    public static async Task<bool> IsUnfencedNodeRunningAsync(
        this NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var says = new NpgsqlCommand(
            $"""
            with held as (
                select pid, objsubid, (classid::bigint << 32) + objid::bigint as key from pg_locks
                where locktype = 'advisory' and granted and database = (select oid from pg_database
                    where datname = current_database()))
            select exists (
                select from held r where r.objsubid = 1 and r.key = {Runs}
                    and not exists (select from held f where f.pid = r.pid and f.objsubid = 1 and f.key = {KnowsFence}))
            """,
            connection
        );
        if (await says.ExecuteScalarAsync(cancellation) is true)
            return true;
        await using var known = new NpgsqlCommand(
            "select to_regclass('wolverine.wolverine_nodes') is not null", connection);
        if (await known.ExecuteScalarAsync(cancellation) is not true)
            return false;

        // Nodes of earlier versions report every ten seconds.
        await using var command = new NpgsqlCommand(
            $"""
            select exists (
                select from wolverine.wolverine_nodes n where n.health_check > clock_timestamp() - interval '30 seconds'
                    and not exists (
                        select from pg_locks
                        where locktype = 'advisory' and granted and objsubid = 2 and classid::bigint = {OfName}
                            and objid::bigint = hashtext(n.id::text)::bigint & x'ffffffff'::bigint
                            and database = (select oid from pg_database where datname = current_database())))
            """,
            connection);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}
