using System.Diagnostics;
using Messaging.Faults.Load;
using Messaging.TestSupport.Smtp;

namespace Messaging.Faults.Campaigns;

/// <summary>What happens to the product's own process.</summary>
internal static class ProductFaults
{
    /// <summary>
    /// How many mails are handed over at once: whoever dies, or loses its database, then may send them again.
    /// </summary>
    public const int EmailsAtOnce = 16;

    // What Docker and Kubernetes wait before they kill.
    private static readonly TimeSpan s_longestStop = TimeSpan.FromSeconds(30);

    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("product-killed", "kill -9 of the product under load, with a database of its own", KilledAsync),
        new("initdb-killed", "kill -9 while it creates its database", KilledInInitdbAsync),
        new("start-killed", "kill -9 during the start: schema, demo data", KilledInStartAsync),
        new("rebuild-killed", "kill -9 during the rebuild of read models", KilledInRebuildAsync),
        new("stop-silent-mail", "SIGTERM while mails wait for a silent SMTP server", StopWithSilentMailAsync),
        new("stop-without-database", "SIGTERM while the database is away and mails wait", StopWithoutDatabaseAsync),
        new("stop-gentle-database", "SIGTERM to PostgreSQL and to the product, with mails waiting", StopBothAsync),
        new("stop-under-load", "SIGTERM under load and during uploads, started again", StopUnderLoadAsync),
    ];

    private static async Task KilledAsync(Trial trial)
    {
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        foreach (var _ in trial.Rounds(12, 2))
        {
            await trial.RandomMomentAsync(4);
            await trial.Node.KillAsync();
            trial.Outcome.Times++;
            trial.Outcome.CopiesAllowed += EmailsAtOnce;
            var took = await trial.Node.StartAgainAsync();
            trial.Outcome.Recovered(took, TimeSpan.FromSeconds(60), "Ready");
            await trial.Clients.UntilNextAcknowledgementAsync(TimeSpan.FromSeconds(30));
        }

        await trial.CompareAsync();
    }

    private static async Task KilledInInitdbAsync(Trial trial)
    {
        foreach (var round in trial.Rounds(15, 3))
        {
            var data = Path.Combine(trial.ScratchDirectory, $"initdb-{round}");
            Directory.CreateDirectory(data);
            var node = await trial.StartNodeAsync(new() { ["Messaging__DataDirectory"] = data }, ready: false);
            node.Launch();
            var clock = Stopwatch.StartNew();
            while (!HasBegun(data) && clock.Elapsed < TimeSpan.FromSeconds(60)) await Task.Delay(2);
            await trial.RandomMomentAsync(1.5);
            await node.KillAsync();
            if (Directory.Exists(Path.Combine(data, "postgres", "data"))) trial.Outcome.Notes.Add("one came too late");
            trial.Outcome.Times++;
            trial.Outcome.Recovered(await node.StartAgainAsync(), TimeSpan.FromSeconds(60), "Ready");
            await node.StopAsync();
        }

        static bool HasBegun(string data) =>
            Directory.Exists(Path.Combine(data, "postgres"))
            && Directory
                .EnumerateFiles(Path.Combine(data, "postgres"), "PG_VERSION", SearchOption.AllDirectories)
                .Any();
    }

    private static async Task KilledInStartAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        var node = await trial.StartNodeAsync(ready: false);
        foreach (var _ in trial.Rounds(24, 3))
        {
            node.Launch();
            await trial.RandomMomentAsync(8);
            await node.KillAsync();
            trial.Outcome.Times++;
        }

        trial.Outcome.Recovered(await node.StartAgainAsync(), TimeSpan.FromSeconds(60), "Ready");
        await trial.StartClientsAsync();
        await trial.CompareAsync();
    }

    private static async Task KilledInRebuildAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        await Task.Delay(trial.Long(60, 10));
        await trial.Clients.StopAsync(TimeSpan.FromSeconds(30));
        await trial.Node.StopAsync();
        foreach (var _ in trial.Rounds(6, 1))
        {
            await using (var connection = await trial.Postgres!.OpenAsync())
            {
                await using var command = new Npgsql.NpgsqlCommand(
                    "update messaging.read_model_formats set format = 0", connection);
                await command.ExecuteNonQueryAsync();
            }

            trial.Node.Launch();
            await trial.RandomMomentAsync(6);
            await trial.Node.KillAsync();
            trial.Outcome.Times++;
            trial.Outcome.Recovered(await trial.Node.StartAgainAsync(), TimeSpan.FromMinutes(2), "Ready");
            await trial.Node.StopAsync();
        }

        await trial.Node.StartAgainAsync();
        await trial.CompareAsync();
    }

    private static Task StopWithSilentMailAsync(Trial trial) => StopAsync(
        trial, () =>
        {
            trial.Mail.Always(SmtpStep.Connect, SmtpReaction.Silence);
            return Task.CompletedTask;
        },
        () =>
        {
            trial.Mail.BehaveAgain();
            return Task.CompletedTask;
        },
        losesDatabase: false);

    private static Task StopWithoutDatabaseAsync(Trial trial) => StopAsync(
        trial, async () =>
        {
            await trial.Postgres!.SignalAsync("INT");
            await trial.Postgres.WaitForExitAsync(TimeSpan.FromSeconds(20));
        },
        trial.ReviveAsync);

    private static Task StopBothAsync(Trial trial) =>
        StopAsync(
            trial,
            () => trial.Postgres!.SignalAsync("TERM"),
            async () =>
            {
                if (!await trial.Postgres!.WaitForExitAsync(TimeSpan.FromSeconds(20)))
                    trial.Outcome.Broken.Add("PostgreSQL does not end");
                await trial.ReviveAsync();
            }
        );

    // With mails that wait: each takes long enough for a queue to be there.
    private static async Task StopAsync(
        Trial trial, Func<Task> faultAsync, Func<Task> healAsync, bool losesDatabase = true)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        trial.Mail.Always(SmtpStep.Content, SmtpReaction.After(TimeSpan.FromMilliseconds(300)));
        await trial.StartClientsAsync(Behaviour.Busy with { Public = 60 });
        foreach (var _ in trial.Rounds(5))
        {
            await Task.Delay(trial.Long(10, 5));
            await faultAsync();
            await Task.Delay(trial.Long(8, 3));
            var took = await trial.Node.StopAsync();
            trial.Outcome.Times++;
            trial.Outcome.CopiesAllowed += losesDatabase ? EmailsAtOnce : 0;
            trial.Outcome.Recovered(took, s_longestStop, "Stopped");
            trial.Say($"stopped after {took.TotalSeconds:0.0} s");
            if (trial.Node.ExitCode != 0) trial.Outcome.Broken.Add($"It ended with {trial.Node.ExitCode}");
            await healAsync();
            await trial.Node.StartAgainAsync();
            trial.Mail.Always(SmtpStep.Content, SmtpReaction.After(TimeSpan.FromMilliseconds(300)));
            await trial.Clients.UntilNextAcknowledgementAsync(TimeSpan.FromSeconds(60));
        }

        trial.Mail.BehaveAgain();
        await trial.CompareAsync(TimeSpan.FromMinutes(8));
    }

    private static async Task StopUnderLoadAsync(Trial trial)
    {
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        foreach (var _ in trial.Rounds(8, 2))
        {
            await trial.RandomMomentAsync(4);
            using var slow = SlowUpload.Start(trial.Node, TimeSpan.FromMilliseconds(200));
            await Task.Delay(500);
            var took = await trial.Node.StopAsync();
            trial.Outcome.Times++;
            trial.Outcome.Recovered(took, s_longestStop, "Stopped");
            await trial.Node.StartAgainAsync();
            await trial.Clients.UntilNextAcknowledgementAsync(TimeSpan.FromSeconds(60));
        }

        await trial.CompareAsync();
    }
}
