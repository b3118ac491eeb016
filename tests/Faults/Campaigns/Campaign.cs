using System.Diagnostics;

namespace Messaging.Faults.Campaigns;

/// <summary>A fault, done to a running product once or several times, and what came of it.</summary>
/// <param name="Name">By which it is chosen.</param>
/// <param name="Fault">What happens, in a few words.</param>
/// <param name="DoAsync">Does it.</param>
/// <param name="WhyNot">Why it cannot be done on this machine; null: it can.</param>
internal sealed record Campaign(string Name, string Fault, Func<Trial, Task> DoAsync, Func<string?>? WhyNot = null)
{
    public static IReadOnlyList<Campaign> All { get; } =
    [
        MixedFaults.Campaign,
        .. ProductFaults.All,
        .. StartFaults.All,
        .. PostgresFaults.All,
        .. NodeFaults.All,
        .. MailFaults.All,
        .. DiskFaults.All,
        .. ClockFaults.All,
        .. ClientFaults.All,
    ];

    /// <summary>Runs it, whatever becomes of it.</summary>
    public async Task<Outcome> RunAsync(Options options, Action<string> say)
    {
        var outcome = new Outcome(Name, Fault) { IsTimed = !options.IsShort };
        if (WhyNot?.Invoke() is { } why)
        {
            outcome.Skipped = why;
            say($"{Name}: skipped, {why}");
            return outcome;
        }

        var clock = Stopwatch.StartNew();
        say($"{Name}: {Fault} (seed {options.Seed})");
        await using var trial = new Trial(options, outcome, line => say($"{Name}: {line}"));
        try
        {
            await DoAsync(trial);
        }
        catch (Exception e)
        {
            outcome.Broken.Add($"{e.GetType().Name}: {e.Message}");
            say($"{Name}: {e}");
        }

        say(
            $"{Name}: {(outcome.Problems.Count == 0 ? "holds" : "FAILS")} after {clock.Elapsed.TotalSeconds:0} "
                + $"s; {outcome.Acknowledged} acknowledged, "
                + $"{outcome.Lost} lost, {outcome.Doubled} doubled, {outcome.Stuck} stuck; {outcome.Recovery}; "
                    + $"{string.Join("; ", outcome.Notes)}"
        );
        foreach (var problem in outcome.Problems.Take(20))
            say($"{Name}:   {problem}");
        return outcome;
    }
}

/// <summary>What came of a campaign.</summary>
internal sealed class Outcome(string name, string fault)
{
    public string Name { get; } = name;

    public string Fault { get; } = fault;

    /// <summary>Whether what comes too late is a problem.</summary>
    public bool IsTimed { get; init; }

    /// <summary>How often the fault was done.</summary>
    public int Times { get; set; }

    public long Acknowledged { get; set; }

    public int Lost { get; set; }

    public int Doubled { get; set; }

    public int Stuck { get; set; }

    /// <summary>How long it took, each time, until it went on.</summary>
    public List<TimeSpan> Recoveries { get; } = [];

    /// <summary>Figures beside those of the table.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What is not as it has to be.</summary>
    public List<string> Broken { get; } = [];

    /// <summary>Why it was not done; null when it was.</summary>
    public string? Skipped { get; set; }

    public IReadOnlyList<string> Problems => Broken;

    public string Recovery => Recoveries.Count switch
    {
        0 => "–",
        1 => Seconds(Recoveries[0]),
        _ => $"{Recoveries.Min().TotalSeconds:0.0}–{Seconds(Recoveries.Max())}",
    };

    /// <summary>
    /// How many mails may go out twice: those that the mail server took and whose sender died, or lost its database,
    /// before it had written that down. Sixteen are under way at once.
    /// </summary>
    public int CopiesAllowed { get; set; }

    /// <summary>Takes over what the oracle has found.</summary>
    public void Add(Findings findings)
    {
        Lost += findings.Lost.Count;
        Doubled += findings.Doubled.Count + findings.Copies.Count;
        Stuck += findings.Stuck.Count;
        Broken.AddRange(findings.Lost.Concat(findings.Doubled).Concat(findings.Stuck));
        if (findings.Copies.Count > CopiesAllowed) Broken.AddRange(findings.Copies);
        else if (findings.Copies.Count > 0) Notes.Add($"{findings.Copies.Count} mails went out twice, as they may");
        if (findings.InDoubt > 0) Notes.Add($"{findings.InDoubt} mails were perhaps sent, and tried once more");
    }

    /// <summary>Something was lost that no promise was about.</summary>
    public void Lose(string what)
    {
        Lost++;
        Broken.Add(what);
    }

    /// <summary>Notes how long it took until it went on, and whether that is too long.</summary>
    public void Recovered(TimeSpan time, TimeSpan longest, string what)
    {
        Recoveries.Add(time);
        if (IsTimed && time > longest) Broken.Add($"{what} after {Seconds(time)}, later than {Seconds(longest)}");
    }

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0.0} s";
}
