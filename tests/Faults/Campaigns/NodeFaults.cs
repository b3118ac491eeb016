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

    private static readonly TimeSpan s_longestUpdate = TimeSpan.FromSeconds(60);

    /// <summary>What several nodes need.</summary>
    public static Dictionary<string, string> Several => new()
    {
        ["Messaging__Nodes"] = "several",
        ["Messaging__Auth__SigningKey"] = Convert.ToBase64String(Enumerable.Range(1, 48).Select(i => (byte)i).ToArray()),
    };

    private static readonly ConditionalWeakTable<ProductProcess, object> s_ids = [];

    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("node-killed", "the node that plans killed (two nodes)", KilledAsync),
        new("node-stopped", "the node that plans stopped (STOP) 90 s, continued (two nodes)", StoppedAsync),
        new("node-graceful", "graceful stop of the node that plans, under load (two nodes)", GracefulAsync),
        new("node-updated", "one of two nodes started anew on another format of the read models, under load", UpdatedAsync),
        new("nodes-postgres", "PostgreSQL restarted under two nodes: gently, fast, immediately, killed", PostgresAsync),
    ];

    private static async Task StartAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        for (var i = 0; i < 2; i++) await StartAgainAsync(trial, await trial.StartNodeAsync(Several, ready: false));
        await trial.StartClientsAsync();
    }

    private static async Task KilledAsync(Trial trial)
    {
        await StartAsync(trial);
        foreach (var _ in trial.Rounds(8))
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

    // As an update does it: the new version finds another format, and rebuilds, while people write at the node of before. That one goes on afterwards, since it is
    // the same version in truth.
    private static async Task UpdatedAsync(Trial trial)
    {
        await StartAsync(trial);
        foreach (var _ in trial.Rounds(6))
        {
            await trial.RandomMomentAsync(4);
            var updated = trial.Nodes[1];
            await updated.StopAsync();
            await trial.Postgres!.ExecuteAsync("update messaging.read_model_formats set format = 1");
            trial.Outcome.Times++;
            await StartAgainAsync(trial, updated);
            await trial.RecoverAsync(s_longestUpdate);
            if (await trial.Postgres.CountAsync("select count(*) from messaging.mt_events where type = 'comment_added'") is var events
                && await trial.Postgres.CountAsync("select count(*) from messaging.comments") is var rows && rows < events)
                trial.Outcome.Lose($"{events} comments, and {rows} rows of them");
        }

        await PlannedAgainAsync(trial);
        await trial.CompareAsync();
    }

    private static async Task StoppedAsync(Trial trial)
    {
        await StartAsync(trial);
        foreach (var _ in trial.Rounds(3))
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
        foreach (var _ in trial.Rounds(6, 1))
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
        foreach (var _ in trial.Rounds(4))
        {
            foreach (var signal in (string[])["TERM", "INT", "QUIT", "KILL"])
            {
                await trial.RandomMomentAsync(4);
                await trial.Postgres!.EndAsync(signal, trial.Outcome);
                await trial.Postgres.StartAgainAsync();
                trial.Outcome.Times++;
                await trial.RecoverAsync(TimeSpan.FromSeconds(15));
                trial.Outcome.Notes.Add($"plans {(await trial.PlannedAsync(s_longestTakeOver)).TotalSeconds:0.0} s after {signal}");
            }
        }

        await trial.CompareAsync();
    }

    // Wolverine writes down on which node the planner runs; which of its nodes is which process only the start tells.
    private static async Task StartAgainAsync(Trial trial, ProductProcess node)
    {
        var before = await NodesAsync(trial);
        await node.StartAgainAsync();
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var started = (await NodesAsync(trial)).Except(before).ToList();
            if (started.Count > 0)
            {
                s_ids.AddOrUpdate(node, started[0]);
                return;
            }

            if (clock.Elapsed > TimeSpan.FromSeconds(30)) throw new InvalidOperationException("The node is not known to the others.");
            await Task.Delay(100);
        }
    }

    private static async Task<List<Guid>> NodesAsync(Trial trial)
    {
        await using var connection = await trial.Postgres!.OpenAsync();
        await using var known = new NpgsqlCommand("select to_regclass('wolverine.wolverine_nodes') is not null", connection);
        if (await known.ExecuteScalarAsync() is not true) return [];
        await using var command = new NpgsqlCommand("select coalesce(array_agg(id), '{}') from wolverine.wolverine_nodes", connection);
        return [.. (Guid[])(await command.ExecuteScalarAsync())!];
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
        var took = await trial.PlannedAsync(s_longestTakeOver + s_longestTakeOver);
        trial.Say($"plans again after {took.TotalSeconds:0.0} s");
        trial.Outcome.Recovered(took, s_longestTakeOver, "Planned again");
    }
}
