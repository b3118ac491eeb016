using System.Diagnostics;
using System.Runtime.CompilerServices;
using Messaging.TestSupport.Product;
using Npgsql;

namespace Messaging.Faults.Campaigns;

/// <summary>What happens to one of two nodes, and to the database under both.</summary>
internal static class NodeFaults
{
    // How soon another node plans after one has died is to become 15 s; until then it is reported, and only never is a fault.
    private static readonly TimeSpan s_longestTakeOver = TimeSpan.FromSeconds(120);

    private static readonly ConditionalWeakTable<ProductProcess, object> s_ids = [];

    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("node-killed", "the node that plans killed (two nodes)", false, KilledAsync),
        new("node-stopped", "the node that plans stopped (STOP) 90 s, continued (two nodes)", false, StoppedAsync),
        new("node-graceful", "graceful stop of the node that plans, under load (two nodes)", true, GracefulAsync),
        new("nodes-postgres", "PostgreSQL restarted under two nodes: gently, fast, immediately, killed", false, PostgresAsync),
    ];

    private static async Task StartAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        for (var i = 0; i < 2; i++) await RegisterAsync(trial, await trial.StartNodeAsync(new() { ["Messaging__Nodes"] = "several" }));
        await trial.StartClientsAsync();
    }

    private static async Task KilledAsync(Trial trial)
    {
        await StartAsync(trial);
        for (var i = trial.Times(8); i > 0; i--)
        {
            await trial.RandomMomentAsync(4);
            var planner = await PlannerAsync(trial);
            await planner.KillAsync();
            trial.Outcome.Times++;
            trial.Outcome.CopiesAllowed += 4;
            await PlannedAgainAsync(trial);
            await StartAgainAsync(trial, planner);
        }

        trial.Outcome.Notes.Add($"longest stall {trial.Clients.LongestStall.TotalSeconds:0.0} s");
        await trial.CompareAsync();
    }

    private static async Task StoppedAsync(Trial trial)
    {
        await StartAsync(trial);
        for (var i = trial.Times(3); i > 0; i--)
        {
            await trial.RandomMomentAsync(4);
            var planner = await PlannerAsync(trial);
            await planner.SignalAsync("STOP");
            trial.Outcome.CopiesAllowed += 4;
            var clock = Stopwatch.StartNew();
            await PlannedAgainAsync(trial);
            if (TimeSpan.FromSeconds(90) - clock.Elapsed is { Ticks: > 0 } rest) await Task.Delay(rest);
            await planner.SignalAsync("CONT");
            trial.Outcome.Times++;
            await Task.Delay(TimeSpan.FromSeconds(10));
        }

        await trial.CompareAsync();
    }

    private static async Task GracefulAsync(Trial trial)
    {
        await StartAsync(trial);
        for (var i = trial.Times(6, 1); i > 0; i--)
        {
            await trial.RandomMomentAsync(4);
            var planner = await PlannerAsync(trial);
            var took = await planner.StopAsync();
            trial.Outcome.Times++;
            if (took > TimeSpan.FromSeconds(10)) trial.Outcome.Broken.Add($"It stopped after {took.TotalSeconds:0.0} s");
            await PlannedAgainAsync(trial);
            await StartAgainAsync(trial, planner);
        }

        trial.Outcome.Notes.Add($"longest stall {trial.Clients.LongestStall.TotalSeconds:0.0} s");
        await trial.CompareAsync();
    }

    private static async Task PostgresAsync(Trial trial)
    {
        await StartAsync(trial);
        foreach (var signal in (string[])["TERM", "INT", "QUIT", "KILL"])
        {
            for (var i = trial.Times(4); i > 0; i--)
            {
                await trial.RandomMomentAsync(4);
                await trial.Postgres!.SignalAsync(signal);
                if (!await trial.Postgres.WaitForExitAsync(TimeSpan.FromSeconds(30)))
                {
                    trial.Outcome.Broken.Add($"PostgreSQL has not ended 30 s after {signal}");
                    await trial.Postgres.SignalAsync("INT");
                    await trial.Postgres.WaitForExitAsync(TimeSpan.FromSeconds(30));
                }

                await trial.Postgres.StartAgainAsync();
                trial.Outcome.Times++;
                await trial.RecoverAsync(TimeSpan.FromSeconds(15));
                trial.Outcome.Notes.Add($"plans {await PlanningAsync(trial):0.0} s after {signal}");
            }
        }

        await trial.CompareAsync();
    }

    // Wolverine writes down which node an agent runs on; the one that was started last has the highest number.
    private static async Task RegisterAsync(Trial trial, ProductProcess node)
    {
        await using var connection = await trial.Postgres!.OpenAsync();
        await using var command = new NpgsqlCommand(
            "select id from wolverine.wolverine_nodes order by node_number desc limit 1", connection);
        s_ids.AddOrUpdate(node, (Guid)(await command.ExecuteScalarAsync())!);
    }

    private static async Task StartAgainAsync(Trial trial, ProductProcess node)
    {
        await node.StartAgainAsync();
        await RegisterAsync(trial, node);
    }

    private static async Task<ProductProcess> PlannerAsync(Trial trial)
    {
        await using var connection = await trial.Postgres!.OpenAsync();
        await using var command = new NpgsqlCommand(
            "select node_id from wolverine.wolverine_node_assignments where id like '%notifications%'", connection);
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (await command.ExecuteScalarAsync() is Guid id
                && trial.Nodes.FirstOrDefault(node => s_ids.TryGetValue(node, out var known) && (Guid)known == id) is { } found)
                return found;
            if (clock.Elapsed > TimeSpan.FromSeconds(90)) throw new InvalidOperationException("No node plans.");
            await Task.Delay(250);
        }
    }

    private static async Task PlannedAgainAsync(Trial trial)
    {
        var took = await PlanningAsync(trial);
        trial.Say($"plans again after {took:0.0} s");
        trial.Outcome.Recovered(TimeSpan.FromSeconds(took), s_longestTakeOver, "Planned again");
    }

    /// <summary>How many seconds it takes until what is written from now on is planned.</summary>
    private static async Task<double> PlanningAsync(Trial trial)
    {
        var clock = Stopwatch.StartNew();
        await using var connection = await trial.Postgres!.OpenAsync();
        await using var last = new NpgsqlCommand("select coalesce(max(seq_id), 0) from messaging.mt_events", connection);
        var target = (long)(await last.ExecuteScalarAsync())! + 1;
        await using var planned = new NpgsqlCommand(
            "select coalesce(max(last_seq_id), 0) from messaging.mt_event_progression where name = 'notifications:All'", connection);
        while ((long)(await planned.ExecuteScalarAsync())! < target)
        {
            if (clock.Elapsed > s_longestTakeOver + s_longestTakeOver) throw new TimeoutException("Nobody plans.");
            await Task.Delay(100);
        }

        return clock.Elapsed.TotalSeconds;
    }
}
