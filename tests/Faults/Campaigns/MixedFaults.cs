using Messaging.TestSupport.Smtp;

namespace Messaging.Faults.Campaigns;

/// <summary>
/// One fault after the other, as the seed has them; in the short form, which the tests run, each of a few once.
/// </summary>
internal static class MixedFaults
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private static readonly (string Name, Func<Trial, Task> DoAsync)[] s_all =
    [
        ("the product killed", KillAsync),
        ("PostgreSQL stopped gently", trial => EndPostgresAsync(trial, "TERM")),
        ("PostgreSQL killed", trial => EndPostgresAsync(trial, "KILL")),
        ("451 to some mails", TemporarilyRefusedAsync),
        ("the product stopped", StopAsync),
        ("PostgreSQL stopped immediately", trial => EndPostgresAsync(trial, "QUIT")),
        ("PostgreSQL stopped fast", trial => EndPostgresAsync(trial, "INT")),
        ("a session of PostgreSQL killed", trial => trial.Postgres!.KillBackendAsync()),
        ("connections to the mail server cut", CutMailAsync),
        ("the product stands still for some seconds", StandStillAsync),
    ];

    // One of each kind, the one whose end is the hardest.
    private const int InShortForm = 4;

    public static Campaign Campaign { get; } =
        new("mixed", "faults of all kinds, one after the other, by the seed", RunAsync);

    private static async Task RunAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync();
        foreach (var round in trial.Rounds(40, InShortForm))
        {
            var (name, faultAsync) = trial.IsShort ? s_all[round] : s_all[trial.Random.Next(s_all.Length)];
            await trial.RandomMomentAsync(3);
            trial.Say(name);
            await faultAsync(trial);
            trial.Outcome.Times++;
            trial.Outcome.CopiesAllowed += ProductFaults.EmailsAtOnce;
            await trial.RecoverAsync(s_longest);
        }

        await trial.CompareAsync();
    }

    private static async Task KillAsync(Trial trial)
    {
        await trial.Node.KillAsync();
        await trial.Node.StartAgainAsync();
    }

    private static async Task StopAsync(Trial trial)
    {
        await trial.Node.StopAsync();
        await trial.Node.StartAgainAsync();
    }

    private static async Task StandStillAsync(Trial trial)
    {
        await trial.Node.SignalAsync("STOP");
        await trial.RandomMomentAsync(10);
        await trial.Node.SignalAsync("CONT");
    }

    private static async Task EndPostgresAsync(Trial trial, string signal)
    {
        await trial.Postgres!.EndAsync(signal, trial.Outcome);
        await trial.Postgres.StartAgainAsync();
    }

    private static Task TemporarilyRefusedAsync(Trial trial)
    {
        trial.Mail.Once(SmtpStep.RcptTo, [.. Enumerable.Repeat(SmtpReaction.Reply(451, "later"), 4)]);
        return Task.CompletedTask;
    }

    private static Task CutMailAsync(Trial trial)
    {
        trial.Mail.DropConnections();
        return Task.CompletedTask;
    }
}
