using System.Globalization;
using Npgsql;

namespace Messaging.Benchmarks;

/// <summary>The processes of the PostgreSQL server on this machine.</summary>
internal sealed class PostgresProcesses
{
    // Of Linux, on every architecture that matters here.
    private const double TicksPerSecond = 100;

    private readonly int _postmaster;

    private PostgresProcesses(int postmaster) => _postmaster = postmaster;

    /// <summary>Finds them by way of a session.</summary>
    public static async Task<PostgresProcesses> FindAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("select pg_backend_pid()");
        return new PostgresProcesses(Stat((int)(await command.ExecuteScalarAsync())!)!.Value.Parent);
    }

    /// <summary>The processor time that all of them used so far, those that have ended included.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            var ticks = Stat(_postmaster)?.TicksWithEnded ?? 0;
            foreach (var directory in Directory.EnumerateDirectories("/proc"))
            {
                if (
                    int.TryParse(
                        Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                    && Stat(id) is { } stat
                    && stat.Parent == _postmaster
                )
                    ticks += stat.Ticks;
            }

            return TimeSpan.FromSeconds(ticks / TicksPerSecond);
        }
    }

    private static (int Parent, long Ticks, long TicksWithEnded)? Stat(int id)
    {
        try
        {
            // The name in parentheses may have spaces: what follows it does not.
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Field(int number) => long.Parse(fields[number - 3], CultureInfo.InvariantCulture);
            var ticks = Field(14) + Field(15);
            return ((int)Field(4), ticks, ticks + Field(16) + Field(17));
        }
        catch (IOException)
        {
            // It has just ended.
            return null;
        }
    }
}
