using System.Diagnostics;
using System.Globalization;
using Messaging.Api.Hosting;
using Messaging.Application.Commands;
using Messaging.Application.History;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Messaging.Benchmarks.Scale;

/// <summary>
/// How fast events get into the trees that prove them: all that a database has at once, and then as many a second as
/// were asked for. What it appends is in no read model: the database is for nothing else afterwards.
/// </summary>
internal static class Evidence
{
    private static readonly string[] s_kept =
        ["messaging.audit_subjects", "messaging.audit_leaves", "messaging.audit_nodes", "messaging.audit_trees"];

    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(50);

    /// <summary>Measures, and prints what was measured.</summary>
    /// <param name="perSecond">The events to append each second.</param>
    /// <param name="seconds">How long.</param>
    public static async Task RunAsync(string directory, int perSecond, int seconds)
    {
        await using var server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(directory) { Durable = true, MayCreateDatabases = true }, NullLogger.Instance,
            CancellationToken.None);
        await using var database = NpgsqlDataSource.Create(Bench.Tuned(server.ConnectionString));
        await DoAsync(
            database,
            $"{Kept("disable")}truncate messaging.audit_progress, {string.Join(", ", s_kept)}; {Kept("enable")}");
        var events = await NumberAsync(database, "select count(*) from messaging.mt_events");
        var last = await NumberAsync(database, "select max(seq_id) from messaging.mt_events");
        using var committed = new CommitSignal();
        using var writer = new AuditWriter(database, committed, NullLogger<AuditWriter>.Instance);
        var begun = Stopwatch.GetTimestamp();
        await writer.StartAsync(CancellationToken.None);
        while (await ProgressAsync(database) < last) await Task.Delay(s_turn);
        var took = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        Console.WriteLine($"Caught up with {events} events in {In(took)} s: {In(events / took)} events/s");

        var lags = await AppendAsync(database, committed, perSecond, seconds);
        await writer.StopAsync(CancellationToken.None);
        lags.Sort();
        Console.WriteLine(
            $"Of {perSecond} events/s for {seconds} s, from commit to leaf: p50 {In(lags[lags.Count / 2])} ms, "
                + $"p95 {In(lags[lags.Count * 95 / 100])} ms, at most {In(lags[^1])} ms");
    }

    private static async Task<List<double>> AppendAsync(
        NpgsqlDataSource database, CommitSignal committed, int perSecond, int seconds)
    {
        var many = Math.Max(1, (int)(perSecond * s_turn.TotalSeconds));
        var stream = Guid.CreateVersion7();
        await DoAsync(
            database,
            $"""
             insert into messaging.mt_streams (tenant_id, id, version, timestamp)
             select tenant_id, '{stream}', 0, now() from messaging.mt_events limit 1
             """);
        var (waiting, lags) = (new Queue<(long SeqId, long At)>(), new List<double>());
        var begun = Stopwatch.GetTimestamp();
        for (var turn = 0; turn < seconds / s_turn.TotalSeconds || waiting.Count > 0; turn++)
        {
            if (turn < seconds / s_turn.TotalSeconds)
            {
                var seqId = await NumberAsync(
                    database,
                    $"""
                     with stream as (
                         update messaging.mt_streams s set version = s.version + {many} where s.id = '{stream}'
                         returning s.tenant_id, s.version - {many} as before),
                     written as (
                         insert into messaging.mt_events (
                             seq_id, id, stream_id, version, data, type, tenant_id, timestamp, headers, is_archived)
                         select nextval('messaging.mt_events_sequence'), gen_random_uuid(), '{stream}', before + n,
                             e.data, e.type, s.tenant_id, now(), e.headers, false
                         from stream s cross join generate_series(1, {many}) n
                         cross join (
                             select data, type, headers from messaging.mt_events where type = 'comment_added' limit 1) e
                         returning seq_id)
                     select max(seq_id) from written
                     """);
                waiting.Enqueue((seqId, Stopwatch.GetTimestamp()));
                committed.Set();
            }

            var progress = await ProgressAsync(database);
            while (waiting.TryPeek(out var next) && next.SeqId <= progress)
                lags.Add(Stopwatch.GetElapsedTime(waiting.Dequeue().At).TotalMilliseconds);
            var rest = (s_turn * (turn + 1)) - Stopwatch.GetElapsedTime(begun);
            if (rest > TimeSpan.Zero) await Task.Delay(rest);
        }

        return lags;
    }

    // They are kept as they were written, and here made anew.
    private static string Kept(string what) =>
        string.Concat(s_kept.Select(t => $"alter table {t} {what} trigger kept_whole; "));

    private static Task<long> ProgressAsync(NpgsqlDataSource database) =>
        NumberAsync(database, "select coalesce((select max(seq_id) from messaging.audit_progress), 0)");

    private static async Task<long> NumberAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task DoAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    private static string In(double number) => number.ToString("0.0", CultureInfo.InvariantCulture);
}
