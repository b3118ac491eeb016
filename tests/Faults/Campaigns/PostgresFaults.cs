namespace Messaging.Faults.Campaigns;

/// <summary>What happens to a database that is somebody else's.</summary>
internal static class PostgresFaults
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(15);

    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("postgres-killed", "PostgreSQL killed (KILL), started again", trial => EndAsync(trial, "KILL", 9, 1)),
        new("postgres-immediate", "PostgreSQL stopped immediately (QUIT), started again", trial =>
            EndAsync(trial, "QUIT", 5, 1)
        ),
        new("postgres-fast", "PostgreSQL stopped fast (INT), started again", trial => EndAsync(trial, "INT", 5, 1)),
        new("postgres-gentle", "PostgreSQL stopped gently (TERM), started again", trial =>
            EndAsync(trial, "TERM", 5, 1)
        ),
        new("postgres-backend", "a session's process killed: all others start anew", BackendAsync),
        new("postgres-stopped", "PostgreSQL stopped (STOP) 20 s, continued", StoppedAsync),
        new("postgres-away", "PostgreSQL away 60 s with mails waiting", AwayAsync),
    ];

    /// <summary>Starts it again, if it has ended.</summary>
    public static async Task ReviveAsync(this Trial trial)
    {
        if (!trial.Postgres!.IsRunning) await trial.Postgres.StartAgainAsync();
    }

    private static async Task EndAsync(Trial trial, string signal, int many, int few)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        foreach (var _ in trial.Rounds(many, few))
        {
            await trial.RandomMomentAsync(4);
            await trial.Postgres!.EndAsync(signal, trial.Outcome);
            trial.Outcome.Times++;
            await trial.Postgres.StartAgainAsync();
            await trial.RecoverAsync(s_longest);
        }

        await trial.CompareAsync();
    }

    private static async Task BackendAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        foreach (var _ in trial.Rounds(15, 2))
        {
            await trial.RandomMomentAsync(3);
            await trial.Postgres!.KillBackendAsync();
            trial.Outcome.Times++;
            await trial.RecoverAsync(s_longest);
        }

        await trial.CompareAsync();
    }

    private static async Task StoppedAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        foreach (var _ in trial.Rounds(3))
        {
            await trial.RandomMomentAsync(3);
            await trial.Postgres!.SignalAllAsync("STOP");
            await Task.Delay(trial.Long(20, 5));
            await trial.Postgres.SignalAllAsync("CONT");
            trial.Outcome.Times++;
            await trial.RecoverAsync(s_longest);
        }

        await trial.CompareAsync();
    }

    private static async Task AwayAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        foreach (var _ in trial.Rounds(2))
        {
            await Task.Delay(trial.Long(10, 3));
            await trial.Postgres!.EndAsync("INT", trial.Outcome);
            await Task.Delay(trial.Long(60, 8));
            using (var answer = await trial.Node.Http.GetAsync(new Uri("/health/live", UriKind.Relative)))
            {
                if (!answer.IsSuccessStatusCode)
                    trial.Outcome.Broken.Add("It is said to be dead while the database is away");
            }

            await trial.Postgres.StartAgainAsync();
            trial.Outcome.Times++;
            await trial.RecoverAsync(s_longest);
        }

        await trial.CompareAsync();
    }
}
