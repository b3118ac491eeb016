using System.Diagnostics;
using System.Runtime.CompilerServices;
using Messaging.Faults.Load;
using Messaging.TestSupport.Product;
using Npgsql;

namespace Messaging.Faults.Campaigns;

/// <summary>What happens to one of two nodes, and to the database under both.</summary>
internal static class NodeFaults
{
    // Within which planning and sending go on elsewhere; what takes longer than the second is never.
    private static readonly TimeSpan s_longestTakeOver = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_never = TimeSpan.FromSeconds(240);
    private static readonly TimeSpan s_halt = TimeSpan.FromSeconds(90);

    // Fewer than one node alone can send the mails of: what is measured is how soon it begins to, not how much it has
    // to do.
    private static readonly Behaviour s_some = Behaviour.Busy with { Count = 4 };

    private static readonly TimeSpan s_longestUpdate = TimeSpan.FromSeconds(60);

    /// <summary>What several nodes need.</summary>
    public static Dictionary<string, string> Several =>
        new()
        {
            ["Messaging__Nodes"] = "several",
            ["Messaging__Auth__SigningKey"] = Convert.ToBase64String(
                Enumerable.Range(1, 48).Select(i => (byte)i).ToArray()),
        };

    private static readonly ConditionalWeakTable<ProductProcess, object> s_ids = [];

    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("node-killed", "the node that plans killed (two nodes)", KilledAsync),
        new("node-stopped", "the node that plans stopped (STOP) 90 s, continued (two nodes)", StoppedAsync),
        new("node-graceful", "graceful stop of the node that plans, under load (three nodes)", GracefulAsync),
        new(
            "node-updated", "one of two nodes started anew on another format of the read models, under load",
            UpdatedAsync),
        new("nodes-postgres", "PostgreSQL restarted under two nodes: gently, fast, immediately, killed", PostgresAsync),
    ];

    private static async Task StartAsync(Trial trial, int nodes = 2, Behaviour? behaviour = null)
    {
        await trial.StartPostgresAsync();
        for (var i = 0; i < nodes; i++) await StartAgainAsync(trial, await trial.StartNodeAsync(Several, ready: false));
        await trial.StartClientsAsync(behaviour);
    }

    private static async Task KilledAsync(Trial trial)
    {
        await StartAsync(trial, behaviour: s_some);
        foreach (var _ in trial.Rounds(5))
        {
            await trial.RandomMomentAsync(4);
            var planner = await PlannerAsync(trial);
            await planner.KillAsync();
            trial.Outcome.Times++;
            trial.Outcome.CopiesAllowed += ProductFaults.EmailsAtOnce;
            await GoesOnAsync(trial);
            await StartAgainAsync(trial, planner);
        }

        trial.Outcome.Notes.Add($"longest stall {trial.Clients.LongestStall.TotalSeconds:0.0} s");
        await trial.CompareAsync();
    }

    // As an update does it: the new version finds another format, and rebuilds, while people write at the node of
    // before. That one goes on afterwards, since it is the same version in truth.
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
            if (
                await trial.Postgres.CountAsync("select count(*) from messaging.mt_events where type = 'comment_added'")
                    is var events
                && await trial.Postgres.CountAsync("select count(*) from messaging.comments") is var rows
                && rows < events
            )
                trial.Outcome.Lose($"{events} comments, and {rows} rows of them");
        }

        await GoesOnAsync(trial);
        await trial.CompareAsync();
    }

    private static async Task StoppedAsync(Trial trial)
    {
        await StartAsync(trial, behaviour: s_some);
        foreach (var _ in trial.Rounds(5))
        {
            await trial.RandomMomentAsync(4);
            var planner = await PlannerAsync(trial);
            await planner.SignalAsync("STOP");
            trial.Outcome.CopiesAllowed += ProductFaults.EmailsAtOnce;
            var clock = Stopwatch.StartNew();
            await GoesOnAsync(trial);
            if (s_halt - clock.Elapsed is { Ticks: > 0 } rest) await Task.Delay(rest);
            await planner.SignalAsync("CONT");
            trial.Outcome.Times++;

            // It serves again, and planning goes on, wherever that is now.
            clock.Restart();
            await planner.WaitUntilReadyAsync(s_never);
            trial.Say($"continued; ready after {clock.Elapsed.TotalSeconds:0.0} s");
            await Task.Delay(TimeSpan.FromSeconds(10));
            await GoesOnAsync(trial);
            foreach (
                var line in planner
                    .LastLines.Split('\n')
                    .Where(l => l.Contains("ProgressionProgressOutOfOrder", StringComparison.Ordinal))
                    .Take(1)
            )
                trial.Say($"the continued node said: {line}");
        }

        await trial.CompareAsync();
    }

    private static async Task GracefulAsync(Trial trial)
    {
        await StartAsync(trial, 3);
        foreach (var _ in trial.Rounds(5))
        {
            await trial.RandomMomentAsync(4);
            var planner = await PlannerAsync(trial);
            var took = await planner.StopAsync();
            trial.Outcome.Times++;
            trial.Say($"stopped after {took.TotalSeconds:0.0} s");
            if (took > TimeSpan.FromSeconds(10))
                trial.Outcome.Broken.Add($"It stopped after {took.TotalSeconds:0.0} s");
            await GoesOnAsync(trial);
            await StartAgainAsync(trial, planner);
        }

        trial.Outcome.Notes.Add($"longest stall {trial.Clients.LongestStall.TotalSeconds:0.0} s");
        trial.Outcome.Notes.Add(
            $"{trial.Clients.Repeated} requests repeated, none more than {trial.Clients.MostRepeated} times");
        if (trial.Clients.MostRepeated > 1)
            trial.Outcome.Broken.Add($"A request was repeated {trial.Clients.MostRepeated} times");
        await trial.CompareAsync();
    }

    private static async Task PostgresAsync(Trial trial)
    {
        await StartAsync(trial);
        foreach (var _ in trial.Rounds(5))
        {
            foreach (var signal in (string[])["TERM", "INT", "QUIT", "KILL"])
            {
                await trial.RandomMomentAsync(4);
                await trial.Postgres!.EndAsync(signal, trial.Outcome);
                await trial.Postgres.StartAgainAsync();
                trial.Outcome.Times++;
                await trial.RecoverAsync(TimeSpan.FromSeconds(15));
                trial.Outcome.Notes.Add(
                    $"plans {(await trial.PlannedAsync(s_never)).TotalSeconds:0.0} s after {signal}");
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

            if (clock.Elapsed > TimeSpan.FromSeconds(30))
                throw new InvalidOperationException("The node is not known to the others.");
            await Task.Delay(100);
        }
    }

    private static async Task<List<Guid>> NodesAsync(Trial trial)
    {
        await using var connection = await trial.Postgres!.OpenAsync();
        await using var known = new NpgsqlCommand(
            "select to_regclass('wolverine.wolverine_nodes') is not null", connection);
        if (await known.ExecuteScalarAsync() is not true)
            return [];
        await using var command = new NpgsqlCommand(
            "select coalesce(array_agg(id), '{}') from wolverine.wolverine_nodes", connection);
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
            if (
                await command.ExecuteScalarAsync() is Guid id
                && trial.Nodes.FirstOrDefault(node => s_ids.TryGetValue(node, out var known) && (Guid)known == id)
                    is { } found
            )
                return found;
            if (clock.Elapsed > TimeSpan.FromSeconds(90)) throw new InvalidOperationException("No node plans.");
            await Task.Delay(250);
        }
    }

    /// <summary>Waits until what has happened by now is planned, and the mails of by now are out.</summary>
    private static async Task GoesOnAsync(Trial trial)
    {
        var planned = trial.PlannedAsync(s_never);
        var sent = trial.SentAsync(s_never);
        trial.Outcome.Recovered(await planned, s_longestTakeOver, "Planned again");
        trial.Outcome.Recovered(await sent, s_longestTakeOver, "What waited was sent");
        trial.Say(
            $"plans again after {(await planned).TotalSeconds:0.0} s, what waited is sent after "
                + $"{(await sent).TotalSeconds:0.0} s"
        );
    }
}
