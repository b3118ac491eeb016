using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// Checks that commits of the database survive a crash of its machine. PostgreSQL can be told that they need not, for
/// the server, a database, a role or a connection: then acknowledged data is lost, and nobody says so.
/// </summary>
internal static class Durability
{
    /// <summary>
    /// The setting that accepts such a database all the same: for tests and copies whose loss does not matter.
    /// </summary>
    public const string AllowUnsafe = "Messaging:Database:AllowUnsafeDurability";

    // Settings that risk it; their price: https://www.postgresql.org/docs/current/runtime-config-wal.html. The values
    // are those of this session, wherever they were set.
    private const string Risky =
        """
        select format('%s is off (set by: %s)', name, source) from pg_settings
        where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'
        union all
        select format('the table %s.%s is UNLOGGED', n.nspname, c.relname)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('messaging', 'wolverine') and c.relkind in ('r', 'p') and c.relpersistence = 'u'
        order by 1
        """;

    /// <summary>Returns the losses to expect, with their causes; empty when there are none.</summary>
    private static async Task<IReadOnlyList<string>> RisksAsync(
        NpgsqlConnection connection, CancellationToken cancellation)
    {
        var risks = new List<string>();
        await using var command = new NpgsqlCommand(Risky, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) risks.Add(reader.GetString(0));
        return risks;
    }

    /// <summary>Refuses a database that loses commits, unless that is allowed; then each start warns.</summary>
    /// <exception cref="InvalidOperationException">
    /// The database loses commits, and the message names each cause, and where it was set; or it is of a version that
    /// nobody has tried.
    /// </exception>
    public static async Task CheckDurabilityAsync(
        this NpgsqlDataSource database, bool isAllowed, ILogger logger, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);

        // Nobody has examined how an older version treats commits.
        PostgresVersions.RefuseOlder(connection);
        var risks = await RisksAsync(connection, cancellation);
        if (risks.Count == 0) return;
        var why = string.Join("; ", risks);
        if (!isAllowed)
        {
            throw new InvalidOperationException(
                $"PostgreSQL would lose in a crash what the product has acknowledged: {why}. Set it right, or, "
                    + $"where losing"
                + $" data does not matter, set {AllowUnsafe.Replace(":", "__", StringComparison.Ordinal)} to true.");
        }

        logger.LogCritical(
            "PostgreSQL will lose in a crash what the product has acknowledged: {Risks}. It was allowed by {Setting}",
            why, AllowUnsafe);
    }
}
