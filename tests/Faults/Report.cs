using System.Globalization;
using System.Text;
using Messaging.Faults.Campaigns;

namespace Messaging.Faults;

/// <summary>What the campaigns found.</summary>
internal sealed class Report(Options options)
{
    private readonly List<Outcome> _outcomes = [];
    private readonly DateTimeOffset _at = DateTimeOffset.UtcNow;

    /// <summary>Whether something was lost, doubled, stuck or too late.</summary>
    public bool Failed => _outcomes.Any(outcome => outcome.Problems.Count > 0);

    public void Add(Outcome outcome) => _outcomes.Add(outcome);

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"Measured {_at:u} on {Environment.ProcessorCount} processors, seed "
                + $"{options.Seed}{(options.IsShort ? ", short" : "")}."
        );
        text.AppendLine();
        text.AppendLine("| fault | times | acknowledged | lost | doubled | stuck | recovery | verdict |");
        text.AppendLine("| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |");
        foreach (var o in _outcomes)
        {
            var verdict = o.Skipped is { } why ? $"skipped: {why}" : o.Problems.Count == 0 ? "holds" : "**fails**";
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {o.Fault} | {o.Times} | {o.Acknowledged} | {o.Lost} | {o.Doubled} | {o.Stuck} | {o.Recovery} "
                    + $"| {verdict}{Notes(o)} |"
            );
        }

        foreach (var o in _outcomes.Where(o => o.Problems.Count > 0))
        {
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"{o.Name}:");
            foreach (var problem in o.Problems.Take(20))
                text.AppendLine(CultureInfo.InvariantCulture, $"- {problem}");
            if (o.Problems.Count > 20)
                text.AppendLine(CultureInfo.InvariantCulture, $"- and {o.Problems.Count - 20} more");
        }

        return text.ToString();
    }

    public async Task SaveAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(options.Output)!);
        await File.WriteAllTextAsync(options.Output, ToMarkdown());
    }

    private static string Notes(Outcome o) => o.Notes.Count == 0 ? "" : $"; {string.Join("; ", o.Notes)}";
}
