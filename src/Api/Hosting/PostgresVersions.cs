using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>Versions of PostgreSQL that the product runs on, be it a named server or one of its own.</summary>
internal static class PostgresVersions
{
    /// <summary>
    /// The oldest major version that its makers still mend (https://www.postgresql.org/support/versioning/) and that
    /// the tests run on.
    /// </summary>
    public const int Oldest = 15;

    /// <summary>The major version that is recommended where there is none.</summary>
    public const int Suggested = 17;

    /// <summary>Refuses a server that is older.</summary>
    /// <param name="connection">Open.</param>
    /// <exception cref="InvalidOperationException">It is; the message names both versions.</exception>
    public static void RefuseOlder(NpgsqlConnection connection)
    {
        if (connection.PostgreSqlVersion is not { Major: < Oldest } version) return;
        throw new InvalidOperationException(
            $"The PostgreSQL of ConnectionStrings__Messaging is version {version}; the product needs {Oldest} or "
                + $"newer. Bring it to a newer version"
            + " (pg_upgrade, or pg_dump and pg_restore).");
    }
}
