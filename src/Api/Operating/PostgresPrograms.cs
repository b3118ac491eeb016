using System.Diagnostics;
using System.Globalization;
using Messaging.Api.Hosting;
using Npgsql;

namespace Messaging.Api.Operating;

/// <summary>
/// PostgreSQL's own programs that write a database into a file, and a file into a database: <c>pg_dump</c> and
/// <c>pg_restore</c>.
/// </summary>
internal static class PostgresPrograms
{
    // Parts of a connection string that these programs know, as libpq has it:
    // https://www.postgresql.org/docs/current/libpq-envars.html.
    private static readonly Dictionary<SslMode, string> s_sslModes = new()
    {
        [SslMode.Disable] = "disable",
        [SslMode.Allow] = "allow",
        [SslMode.Prefer] = "prefer",
        [SslMode.Require] = "require",
        [SslMode.VerifyCA] = "verify-ca",
        [SslMode.VerifyFull] = "verify-full",
    };

    /// <summary>
    /// Runs one on the database of a connection that is open, so that it is the same server where several are named.
    /// </summary>
    /// <param name="program">Its path.</param>
    /// <exception cref="InvalidOperationException">It failed; the message has its words.</exception>
    public static async Task RunAsync(
        string program, IEnumerable<string> arguments, NpgsqlConnection connection, string connectionString,
        CancellationToken cancellation)
    {
        var given = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(program, arguments);
        foreach (var name in start.Environment.Keys.Where(x => x.StartsWith("PG", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        Set("LC_ALL", "C");
        Set("PGAPPNAME", "messaging");
        Set("PGHOST", connection.Host);
        Set("PGPORT", connection.Port.ToString(CultureInfo.InvariantCulture));
        Set("PGDATABASE", connection.Database);
        Set("PGUSER", given.Username);
        Set("PGPASSWORD", given.Password);
        Set("PGPASSFILE", given.Passfile);
        Set("PGSSLMODE", s_sslModes[given.SslMode]);
        Set("PGSSLROOTCERT", given.RootCertificate);
        Set("PGSSLCERT", given.SslCertificate);
        Set("PGSSLKEY", given.SslKey);
        var (code, output) = await ServerAccount.RunAsync(start, cancellation);
        if (code != 0) throw new InvalidOperationException($"{Path.GetFileName(program)} failed ({code}): {output}");

        void Set(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) start.Environment[name] = value;
        }
    }
}
