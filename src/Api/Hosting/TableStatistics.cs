using Messaging.Application;
using Npgsql;

namespace Messaging.Api.Hosting;

/// <summary>
/// Has PostgreSQL look at tables again that have doubled. Prepared statements keep the plan that they got when a table
/// was nearly empty, such as a scan of all of it for each comment, until its statistics change. PostgreSQL's own
/// autovacuum comes by once a minute, and an import is done by then.
/// </summary>
internal sealed partial class TableStatistics(NpgsqlDataSource database, ILogger<TableStatistics> logger)
    : BackgroundService
{
    // As often as it may be, a table is looked at once for each doubling.
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Rows from which on a table is left to autovacuum. Nobody plans a scan of so many for a single row; and to look
    /// at a large table takes a third of a second of a processor, which who writes meanwhile would feel.
    /// </summary>
    private const int Enough = 10_000;

    /// <summary>Rows that change before a table is worth another look; autovacuum's own threshold.</summary>
    private const int Threshold = 50;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Repeatedly.EveryAsync(s_period, LookAsync, LogNotLooked, stoppingToken);

    private async Task LookAsync(CancellationToken stopping)
    {
        var doubled = new List<string>();
        await using (var command = database.CreateCommand(
            $"""
            select format(
                case when pg_has_role(c.relowner, 'usage') then 'analyze (skip_locked) %s'
                    else 'select messaging.look_again(%L)' end,
                quote_ident(s.schemaname) || '.' || quote_ident(s.relname))
            from pg_stat_user_tables s join pg_class c on c.oid = s.relid
            where s.schemaname = 'messaging' and s.n_mod_since_analyze >= {Threshold} + greatest(c.reltuples, 0)
                and c.reltuples < {Enough}
                and (pg_has_role(c.relowner, 'usage') or to_regprocedure('messaging.look_again(regclass)') is not null)
            """))
        {
            await using var reader = await command.ExecuteReaderAsync(stopping);
            while (await reader.ReadAsync(stopping)) doubled.Add(reader.GetString(0));
        }

        foreach (var look in doubled)
        {
            // Not where another node, or autovacuum, is at it.
            await using var analyze = database.CreateCommand(look);
            await analyze.ExecuteNonQueryAsync(stopping);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The statistics of the tables were not brought up to date")]
    private partial void LogNotLooked(Exception e);
}
