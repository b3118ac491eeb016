using System.Diagnostics;
using Messaging.Faults.Load;
using Messaging.TestSupport.Smtp;
using Npgsql;

namespace Messaging.Faults.Campaigns;

/// <summary>What the SMTP server does, while a few people write.</summary>
internal static class MailFaults
{
    // A few people, whose every comment leads to mails.
    private static readonly Behaviour s_few = new(4, TimeSpan.FromMilliseconds(800), 100);

    // After the third refusal by a recipient's server the next attempt is two minutes away.
    private static readonly TimeSpan s_longestCatchUp = TimeSpan.FromMinutes(6);

    // When the mail server itself took nothing, the first mail that it takes opens it for all.
    private static readonly TimeSpan s_longestUntilNoticed = TimeSpan.FromSeconds(40);

    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("mail-refused", "SMTP: connections refused for 45 s", trial =>
            ForAWhileAsync(trial, null, SmtpReaction.Proceed, 45)
        ),
        new("mail-421", "SMTP: 421 to MAIL for 45 s", trial =>
            ForAWhileAsync(trial, SmtpStep.MailFrom, SmtpReaction.ReplyThenDrop(421, "busy"), 45)
        ),
        new("mail-451", "SMTP: 451 to RCPT, briefly", trial =>
            ForAWhileAsync(trial, SmtpStep.RcptTo, SmtpReaction.Reply(451, "later"), 4)
        ),
        new("mail-drop", "SMTP: dropped before the answer to the content, once and for a while", DropAsync),
        new("mail-550", "SMTP: 550 to RCPT, 552 after the content", RefusedAsync),
        new("mail-silent", "SMTP: silent for 60 s at each step", SilentAsync),
        new("mail-slow", "SMTP: two seconds for each mail", trial =>
            ForAWhileAsync(trial, SmtpStep.Content, SmtpReaction.After(TimeSpan.FromSeconds(2)), 60)
        ),
        new("mail-starttls", "SMTP: STARTTLS that speaks no TLS, then well", StartTlsAsync),
        new("mail-many", "SMTP: 20 ms for each of very many mails", ManyAsync),
        new("mail-slow-recipient", "SMTP: one recipient takes 30 s, beside others that take none", SlowRecipientAsync),
    ];

    private static async Task StartAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync(s_few);
    }

    private static async Task ForAWhileAsync(Trial trial, SmtpStep? step, SmtpReaction reaction, double seconds)
    {
        await StartAsync(trial);
        if (step is { } where) trial.Mail.Always(where, reaction);
        else await LeaveAsync(trial);
        await ReachesNobodyElseAsync(trial, trial.Long(seconds, Math.Min(seconds, 4)));
        if (step is null) trial.Mail.ListenAgain();
        trial.Mail.BehaveAgain();
        trial.Outcome.Times++;
        await CatchUpAsync(trial, step is null or SmtpStep.MailFrom ? s_longestUntilNoticed : s_longestCatchUp);
        await trial.CompareAsync(s_longestCatchUp);
    }

    // Also those who are connected: mails would go on over what is kept open.
    private static async Task LeaveAsync(Trial trial)
    {
        await trial.Mail.StopListeningAsync();
        trial.Mail.DropConnections();
    }

    private static async Task SilentAsync(Trial trial)
    {
        await StartAsync(trial);
        foreach (
            var step in (SmtpStep[])[SmtpStep.Connect, SmtpStep.Ehlo, SmtpStep.MailFrom, SmtpStep.RcptTo, SmtpStep.Data]
        )
        {
            trial.Mail.Always(step, SmtpReaction.Silence);
            await ReachesNobodyElseAsync(trial, trial.Long(20, 3));
            trial.Mail.BehaveAgain();
            trial.Mail.DropConnections();
            trial.Outcome.Times++;
        }

        await CatchUpAsync(trial);
        await trial.CompareAsync(s_longestCatchUp);
    }

    private static async Task DropAsync(Trial trial)
    {
        await StartAsync(trial);
        trial.Mail.Once(SmtpStep.Content, [.. Enumerable.Repeat(SmtpReaction.KeepThenDrop, 8)]);
        await Task.Delay(TimeSpan.FromSeconds(15));
        trial.Mail.Always(SmtpStep.Content, SmtpReaction.KeepThenDrop);
        await Task.Delay(trial.Long(60, 10));
        trial.Mail.BehaveAgain();
        trial.Outcome.Times += 2;

        // The server has such a mail, and the product cannot know: it makes one copy of each, ten minutes later.
        trial.Outcome.CopiesAllowed = int.MaxValue;
        await trial.CompareAsync(TimeSpan.FromMinutes(15));
        var copies = trial.Mail.Received.GroupBy(mail => mail.MessageId).Where(g => g.Count() > 1).ToList();
        trial.Outcome.Notes.Add($"{copies.Sum(g => g.Count() - 1)} copies of {copies.Count} mails");
        if (copies.Count(g => g.Count() > 2) is > 0 and var more)
            trial.Outcome.Broken.Add($"{more} mails were tried more than once more");
    }

    private static async Task RefusedAsync(Trial trial)
    {
        await StartAsync(trial);
        trial.Mail.Always(SmtpStep.RcptTo, SmtpReaction.Reply(550, "no such user"));
        await ReachesNobodyElseAsync(trial, trial.Long(20, 3));
        trial.Mail.BehaveAgain();
        trial.Mail.Always(SmtpStep.Content, SmtpReaction.Reply(552, "too big"));
        await ReachesNobodyElseAsync(trial, trial.Long(20, 3));
        trial.Mail.BehaveAgain();
        trial.Outcome.Times += 2;
        await trial.CompareAsync(s_longestCatchUp);
        await using var connection = await trial.Postgres!.OpenAsync();
        await using var command = new NpgsqlCommand(
            "select count(*) from messaging.deliveries where state = 'Failed' and last_error !~ '^55[02] ' "
                + "and (kind <> 'StatusChanged' or last_error not like '%has no need of it since.')",
            connection);
        if ((long)(await command.ExecuteScalarAsync())! is var without and > 0)
            trial.Outcome.Broken.Add($"{without} mails failed without the server's words");
    }

    private static async Task StartTlsAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync(new() { ["Messaging__Smtp__Security"] = "starttls" });
        await trial.StartClientsAsync(s_few);

        // The server offers none: tried again, with a clear reason, and sent once that is put right.
        await ReachesNobodyElseAsync(trial, trial.Long(20, 4));
        await using (var connection = await trial.Postgres!.OpenAsync())
        {
            await using var command = new NpgsqlCommand(
                "select max(last_error) from messaging.deliveries where state = 'Pending'", connection);
            trial.Outcome.Notes.Add($"reason: {await command.ExecuteScalarAsync()}");
        }

        await trial.Node.StopAsync();
        await trial.Node.StartAgainAsync(new() { ["Messaging__Smtp__Security"] = "none" });
        trial.Outcome.Times++;
        await CatchUpAsync(trial);
        await trial.CompareAsync(s_longestCatchUp);
    }

    // First a few people, whose mails have nobody before them; then very many mails that have waited.
    private static async Task ManyAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        trial.Mail.Always(SmtpStep.Content, SmtpReaction.After(TimeSpan.FromMilliseconds(20)));
        await trial.StartClientsAsync(Behaviour.Busy with { Public = 80, Count = 2 });
        await Task.Delay(trial.Longest ?? trial.Long(30, 3));
        await using (var connection = await trial.Postgres!.OpenAsync())
        {
            await using var command = new NpgsqlCommand(
                """
                select percentile_cont(array[0.5, 0.99])
                    within group (order by extract(epoch from sent_at - occurred_at))
                from messaging.deliveries where state = 'Sent' and attempts = 1
                """,
                connection);
            var took = (double[])(await command.ExecuteScalarAsync())!;
            trial.Outcome.Notes.Add(
                $"from a comment to the server's 250: {took[0]:0.00} s (half), {took[1]:0.00} s (99 of 100)");
        }

        await LeaveAsync(trial);
        var most = trial.IsShort ? 100 : 2_000;
        const string pending = "select count(*) from messaging.deliveries where state = 'Pending'";
        while (await trial.Postgres.CountAsync(pending) < most)
            await Task.Delay(200);
        await trial.Clients.StopAsync(TimeSpan.FromSeconds(30));
        var before = trial.Mail.Received.Count;
        trial.Mail.ListenAgain();
        await trial.CompareAsync(TimeSpan.FromMinutes(10));
        var waited = trial.Mail.Received.Skip(before).ToList();
        trial.Outcome.Times = trial.Mail.Received.Count;
        var lasted = (waited[^1].ReceivedAt - waited[0].ReceivedAt).TotalSeconds;
        trial.Outcome.Notes.Add(
            $"{waited.Count} mails that waited went out in {lasted:0.0} s, {waited.Count / lasted:0} a second");
    }

    private static async Task SlowRecipientAsync(Trial trial)
    {
        await trial.StartPostgresAsync();
        await trial.StartNodeAsync();
        await trial.StartClientsAsync(s_few);
        trial.Mail.AlwaysTo("eva.lindner@studio-lindner.example", SmtpReaction.After(TimeSpan.FromSeconds(30)));
        await Task.Delay(trial.Long(120, 20));
        var late = await LatenessAsync(trial, "address not like '%studio-lindner%'");
        trial.Outcome.Notes.Add($"the others' mails went out after {late:0.0} s (99 of 100)");
        if (trial.Outcome.IsTimed && late > 2)
            trial.Outcome.Broken.Add($"One slow recipient holds up the others' mails for {late:0.0} s");
        trial.Mail.BehaveAgain();
        trial.Outcome.Times++;
        await trial.CompareAsync(TimeSpan.FromMinutes(10));
    }

    /// <summary>Lets the fault last, while nobody but the mails notices it.</summary>
    private static async Task ReachesNobodyElseAsync(Trial trial, TimeSpan longest)
    {
        var (clock, slowest) = (Stopwatch.StartNew(), TimeSpan.Zero);
        while (clock.Elapsed < longest)
        {
            var before = clock.Elapsed;
            await trial.Clients.UntilNextAcknowledgementAsync(TimeSpan.FromSeconds(30));
            if (clock.Elapsed - before > slowest) slowest = clock.Elapsed - before;
        }

        if (!await trial.Node.IsReadyAsync()) trial.Outcome.Broken.Add("It is not ready because of its mail server");
        trial.Say($"clients waited {slowest.TotalSeconds:0.0} s at most for four answers");
    }

    /// <summary>How long after the server is well the mails that had to wait are out.</summary>
    private static async Task CatchUpAsync(Trial trial, TimeSpan? atLatest = null)
    {
        await using var connection = await trial.Postgres!.OpenAsync();
        await using var now = new NpgsqlCommand("select clock_timestamp()", connection);
        var well = (DateTime)(await now.ExecuteScalarAsync())!;
        var clock = Stopwatch.StartNew();
        await using var waiting = new NpgsqlCommand(
            "select count(*) from messaging.deliveries where state in ('Pending', 'Sending') and created_at < $1",
            connection);
        waiting.Parameters.Add(new NpgsqlParameter { Value = well });
        while ((long)(await waiting.ExecuteScalarAsync())! > 0)
        {
            if (clock.Elapsed > s_longestCatchUp)
            {
                trial.Outcome.Broken.Add($"Mails still wait {clock.Elapsed.TotalSeconds:0} s after the server is well");
                return;
            }

            await Task.Delay(200);
        }

        trial.Outcome.Recovered(clock.Elapsed, atLatest ?? s_longestCatchUp, "The mails that waited went out");
    }

    private static async Task<double> LatenessAsync(Trial trial, string which)
    {
        await using var connection = await trial.Postgres!.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
             select coalesce(percentile_cont(0.99) within group (order by extract(epoch
                 from coalesce(sent_at, clock_timestamp()) - created_at)), 0)::float8
             from messaging.deliveries where {which} and created_at > clock_timestamp() - interval '2 minutes'
             """,
            connection);
        return (double)(await command.ExecuteScalarAsync())!;
    }
}
