using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// A restore that has begun and not ended: marked by a schema in the database, so that nobody serves half a database,
/// or sends mails that are to be held.
/// </summary>
internal static class UnfinishedRestore
{
    private const string Marker = "messaging_restoring";

    /// <summary>True when there is one.</summary>
    public static async Task<bool> IsThereAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select to_regnamespace('{Marker}') is not null", connection);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>Refuses a database that has one.</summary>
    /// <exception cref="InvalidOperationException">It has.</exception>
    public static async Task RefuseAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (await IsThereAsync(connection, cancellation))
            throw new InvalidOperationException(
                "A backup is being restored into this database, or that was cut off: give the same restore "
                    + "command again, and let it end."
            );
    }

    /// <summary>Begins one, and removes the existing content.</summary>
    public static async Task BeginAsync(
        NpgsqlConnection connection, IEnumerable<string> schemas, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"create schema if not exists {Marker}; "
                + $"{string.Concat(schemas.Select(schema => $"drop schema if exists {schema} cascade; "))}",
            connection
        );
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Ends it, with the transaction.</summary>
    public static async Task EndAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"drop schema {Marker}", connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
