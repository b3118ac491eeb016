using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// The processes that run on a database. Each says so by an advisory lock that it shares with the others, on the
/// connection that <see cref="DatabaseWatch"/> keeps: it ends with the process, however that ends.
/// </summary>
internal static class RunningNodes
{
    // Any number that nobody else locks: the bytes of "messagio".
    private const long Key = 0x6d6573736167696f;

    /// <summary>Says that this process runs, for as long as the connection lives.</summary>
    public static async Task SayItRunsAsync(this NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select pg_advisory_lock_shared({Key})", connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Whether another process runs on the database; to be asked before this one says that it does.</summary>
    /// <param name="several">
    /// Whether there may be nodes of a version that does not say so: Wolverine knows them, and a crashed one for a while.
    /// </param>
    public static async Task<bool> IsAnotherNodeRunningAsync(
        this NpgsqlDataSource database, bool several, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var nobody = new NpgsqlCommand(
            $"select case when pg_try_advisory_lock({Key}) then pg_advisory_unlock({Key}) else false end", connection);
        if (await nobody.ExecuteScalarAsync(cancellation) is not true) return true;
        if (!several) return false;
        await using var known = new NpgsqlCommand("select to_regclass('wolverine.wolverine_nodes') is not null", connection);
        if (await known.ExecuteScalarAsync(cancellation) is not true) return false;

        // Those of before say every ten seconds that they are there.
        await using var command = new NpgsqlCommand(
            "select exists (select from wolverine.wolverine_nodes where health_check > clock_timestamp() - interval '30 seconds')", connection);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}
