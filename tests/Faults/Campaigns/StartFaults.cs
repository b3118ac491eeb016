using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Messaging.TestSupport.Product;
using Npgsql;

namespace Messaging.Faults.Campaigns;

/// <summary>Starts on a database that is not as it should be, or with settings that cannot work.</summary>
internal static class StartFaults
{
    private static readonly TimeSpan s_longestRefusal = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longestStart = TimeSpan.FromMinutes(2);
    private static readonly Dictionary<string, string> s_several = NodeFaults.Several;

    // The order of a rebuild's deletes does not matter: nothing refers to anything.
    private static readonly string[] s_readModels =
    [
        "organisations", "administrators", "customers", "contacts", "conversations", "subjects", "comments", "files",
        "status_periods", "status_tallies", "waits"
    ];

    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("nodes-empty", "three nodes started at once on an empty database", ThreeOnEmptyAsync),
        new("nodes-rebuild", "two nodes started at once on read models to be rebuilt", TwoOnRebuildAsync),
        new("read-models-damaged", "a read-model table emptied or dropped by hand", DamagedAsync),
        new("newer-database", "a database that a newer version has changed", NewerAsync),
        new("database-late", "started before its database, which comes later", LateAsync),
        new("unsafe-durability", "fsync, full_page_writes, synchronous_commit off", UnsafeAsync),
        new("wrong-settings", "settings with which it cannot start", WrongSettingsAsync),
        new("restored-dump", "the database dumped and restored elsewhere", RestoredAsync),
    ];

    private static async Task ThreeOnEmptyAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        foreach (var round in trial.Rounds(10))
        {
            var connection = await trial.Postgres!.CreateDatabaseAsync($"empty{round}");
            var nodes = new List<ProductProcess>();
            for (var i = 0; i < 3; i++)
                nodes.Add(
                    await trial.StartNodeAsync(
                        new(s_several) { ["ConnectionStrings__Messaging"] = connection }, ready: false)
                );
            await StartAtOnceAsync(trial, nodes);
            foreach (var node in nodes) await node.StopAsync();
        }

        trial.Outcome.Notes.Add("each time all became ready");
    }

    private static async Task TwoOnRebuildAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync(s_several);
        var second = await trial.StartNodeAsync(s_several, ready: false);
        await trial.StartClientsAsync(nodes: [trial.Node]);
        await Task.Delay(trial.Long(30, 5));
        await trial.Clients.StopAsync(s_longestRefusal);
        await trial.Node.StopAsync();
        foreach (var _ in trial.Rounds(5))
        {
            await trial.Postgres!.ExecuteAsync("update messaging.read_model_formats set format = 0");
            await StartAtOnceAsync(trial, [trial.Node, second]);
            foreach (var node in trial.Nodes) await node.StopAsync();
            await trial.CompareReadModelsAsync();
        }

        await trial.Node.StartAgainAsync();
        await trial.CompareAsync();
    }

    private static async Task StartAtOnceAsync(Trial trial, IReadOnlyList<ProductProcess> nodes)
    {
        foreach (var node in nodes)
        {
            node.Launch();
            await trial.RandomMomentAsync(1);
        }

        foreach (var node in nodes)
        {
            try
            {
                await node.WaitUntilReadyAsync(s_longestStart);
            }
            catch (InvalidOperationException e)
            {
                trial.Outcome.Broken.Add($"One of those that started at once ended: {LastOf(e.Message)}");
            }
        }

        trial.Outcome.Times++;
    }

    private static async Task DamagedAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        await Task.Delay(trial.Long(15, 3));
        await trial.Clients.StopAsync(s_longestRefusal);
        await trial.Node.StopAsync();
        string[] damages =
        [
            .. s_readModels.Select(table => $"truncate messaging.{table}"),
            .. s_readModels.Select(table => $"drop table messaging.{table} cascade"),
            "delete from messaging.comments",
            "alter table messaging.comments drop column visibility cascade",
        ];
        foreach (var damage in trial.IsShort ? damages.Take(3) : damages)
        {
            await trial.Postgres!.ExecuteAsync(damage);
            trial.Outcome.Recovered(await trial.Node.StartAgainAsync(), s_longestStart, "Ready");
            trial.Outcome.Times++;
            if (!trial.Node.LastLines.Contains("read models", StringComparison.OrdinalIgnoreCase))
                trial.Outcome.Broken.Add($"Nothing was said about '{damage}'");
            await trial.Node.StopAsync();
            await trial.CompareReadModelsAsync();
        }

        await trial.Node.StartAgainAsync();
        await trial.CompareAsync();
    }

    private static async Task NewerAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        await trial.Clients.StopAsync(s_longestRefusal);
        await trial.Node.StopAsync();
        foreach (
            var (change, back, kept, named) in ((string, string, string, string)[])
                [
                    (
                        "alter table messaging.deliveries add priority integer default 3",
                        "alter table messaging.deliveries drop column priority",
                        "select count(*) from messaging.deliveries where priority = 3", "deliveries.priority"),
                    (
                        "alter table messaging.conversations add mood text default 'gut'",
                        "alter table messaging.conversations drop column mood",
                        "select count(*) from messaging.conversations where mood = 'gut'", "conversations.mood"),
                    (
                        "update messaging.read_model_formats set format = format + 1",
                        "update messaging.read_model_formats set format = format - 1",
                        "select count(*) from messaging.conversations", "newer version"),
                ]
        )
        {
            await trial.Postgres!.ExecuteAsync(change);
            var before = await trial.Postgres.CountAsync(kept);
            await RefusesAsync(trial, change, trial.Node, named);
            if (await trial.Postgres.CountAsync(kept) != before)
                trial.Outcome.Lose($"'{change}' was undone, with its data");
            await trial.Postgres.ExecuteAsync(back);
        }

        await trial.Node.StartAgainAsync();
        await trial.CompareAsync();
    }

    private static async Task LateAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        foreach (var _ in trial.Rounds(5))
        {
            await trial.RandomMomentAsync(4);
            await trial.Node.StopAsync();
            await trial.Postgres!.EndAsync("INT", trial.Outcome);
            trial.Node.Launch();
            trial.Outcome.Times++;
            await Task.Delay(trial.Long(20, 8));
            await SaysAsync(trial, trial.Node, "waiting for the database");
            await trial.Postgres.StartAgainAsync();
            var clock = Stopwatch.StartNew();
            await trial.Node.WaitUntilReadyAsync(s_longestStart);
            trial.Outcome.Recovered(clock.Elapsed, s_longestStart, "Ready");
        }

        await trial.CompareAsync();
    }

    private static async Task SaysAsync(Trial trial, ProductProcess node, string words)
    {
        using var live = await node.Http.GetAsync(new Uri("/health/live", UriKind.Relative));
        using var ready = await node.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        var said = await ready.Content.ReadAsStringAsync();
        if (
            live.StatusCode != HttpStatusCode.OK
            || ready.StatusCode != HttpStatusCode.ServiceUnavailable
            || !said.Contains(words, StringComparison.Ordinal)
        )
            trial.Outcome.Broken.Add(
                $"It lives: {live.StatusCode}; it is ready: {ready.StatusCode}, and says '{said}' without '{words}'");
    }

    private static async Task UnsafeAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        var node = await trial.StartNodeAsync(ready: false);
        foreach (var setting in (string[])["fsync", "full_page_writes", "synchronous_commit"])
        {
            await trial.Postgres!.EndAsync("INT", trial.Outcome);
            await trial.Postgres.StartAgainAsync($"{setting}=off");
            await RefusesAsync(trial, $"{setting}=off", node, $"{setting} is off");
        }

        // Asked for, it is taken, and said.
        await node.StartAgainAsync(new() { ["Messaging__Database__AllowUnsafeDurability"] = "true" });
        if (!node.LastLines.Contains("will lose in a crash", StringComparison.Ordinal))
            trial.Outcome.Broken.Add("It is silent about a database that forgets");
    }

    private static async Task WrongSettingsAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        var good = trial.Postgres!.ConnectionString;
        var file = Path.Combine(trial.ScratchDirectory, "a-file");
        await File.WriteAllTextAsync(file, "");
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var foreign = await trial.Postgres.CreateDatabaseAsync("foreigners");
        await trial.Postgres.ExecuteAsync(
            "create schema messaging; create table messaging.mt_events (note text)", foreign);
        string With(Action<NpgsqlConnectionStringBuilder> change)
        {
            var changed = new NpgsqlConnectionStringBuilder(good);
            change(changed);
            return changed.ConnectionString;
        }

        const string Connection = "ConnectionStrings__Messaging";
        foreach (var (what, name, value) in ((string, string, string)[])
        [
            ("a connection string that is none", Connection, "nonsense"),
            ("an unknown keyword in it", Connection, $"{good};Colour=blue"),
            ("no such database", Connection, With(c => c.Database = "nowhere")),
            ("no such user", Connection, With(c => c.Username = "nobody")),
            ("a wrong password", Connection, With(c => c.Password = "wrong")),
            ("a database that is read only", Connection, With(c => c.Options = "-c default_transaction_read_only=on")),
            ("somebody else's tables", Connection, foreign),
            ("a port that is taken", "ASPNETCORE_URLS", $"http://127.0.0.1:{port}"),
            ("an address that is none", "ASPNETCORE_URLS", "nonsense"),
            ("an address of another machine", "ASPNETCORE_URLS", "http://192.0.2.1:5080"),
            ("a data directory that is a file", "Messaging__DataDirectory", file),
            ("a data directory below a file", "Messaging__DataDirectory", Path.Combine(file, "data")),
            ("a number of nodes that is none", "Messaging__Nodes", "many"),
            ("several nodes without a key", "Messaging__Nodes", "several"),
            ("an SMTP port that is none", "Messaging__Smtp__Port", "mail"),
            ("an unknown kind of encryption", "Messaging__Smtp__Security", "rot13"),
            ("a signing key that is too short", "Messaging__Auth__SigningKey", "c2hvcnQ="),
        ])
        {
            // Each where it is started, not where it is to keep its data.
            var node = await trial.StartNodeAsync(new() { [name] = value }, ready: false);
            await RefusesAsync(trial, what, node, "Messaging cannot start: ");
        }
    }

    /// <summary>Starts it, which has to end soon, with 1 and a sentence that has some words.</summary>
    private static async Task RefusesAsync(Trial trial, string what, ProductProcess node, string words)
    {
        node.Launch();
        trial.Outcome.Times++;
        if (!await node.WaitForExitAsync(s_longestRefusal))
        {
            trial.Outcome.Broken.Add($"{what}: it goes on for {s_longestRefusal.TotalSeconds} s");
            await node.StopAsync();
            return;
        }

        trial.Say($"{what}: {LastOf(node.LastLines)}");
        if (
            node.ExitCode != 1
            || !node.LastLines.Contains(words, StringComparison.Ordinal)
            || node.LastLines.Contains("Unhandled exception", StringComparison.Ordinal)
        )
            trial.Outcome.Broken.Add(
                $"{what}: it ended with {node.ExitCode} and said '{LastOf(node.LastLines)}' without '{words}'");
    }

    private static async Task RestoredAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        foreach (var round in trial.Rounds(3))
        {
            await Task.Delay(trial.Long(15, 3));

            // While everybody writes: what is promised from now on need not be in it.
            var copy = await trial.Postgres!.RestoreDumpAsync($"restored{round}");
            var node = await trial.StartNodeAsync(new() { ["ConnectionStrings__Messaging"] = copy }, ready: false);

            // Its mails are the original's to send.
            await node.StartAgainAsync(new() { ["Messaging__Smtp__Host"] = "" });
            await node.StopAsync();
            trial.Outcome.Times++;
            await trial.CompareReadModelsAsync(copy);
        }

        await trial.CompareAsync();
    }

    private static string LastOf(string lines)
    {
        var all = lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = all.LastOrDefault(l => l.StartsWith("Messaging cannot start", StringComparison.Ordinal))
            ?? all.FirstOrDefault(l => l.Contains("exception", StringComparison.OrdinalIgnoreCase))
            ?? all.LastOrDefault()
            ?? "nothing";
        return line[..Math.Min(300, line.Length)];
    }
}
