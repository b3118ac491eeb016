using System.CommandLine;
using System.Globalization;
using Messaging.Application.Organisation;
using Messaging.Domain;
using Messaging.Domain.Customers;
using Messaging.Projections.Customers;

namespace Messaging.Api.Operating;

/// <summary>
/// Lists the customers whose terms of retention are over, with the day and the rule of each. Nothing goes by it: who is
/// to be erased is for an owner to say, person by person.
/// </summary>
internal static class Retention
{
    private static readonly Option<bool> s_dryRun = new("--dry-run")
    {
        Description = "Lists what could go, which is all that the command does",
    };

    private static readonly Option<Guid?> s_organisation = new("--organisation")
    {
        Description = "The organisation's id, as list-organisations says it; without it, all of them",
        HelpName = "ID",
    };

    /// <summary>The command.</summary>
    public static System.CommandLine.Command Command() =>
        CommandLine.Create(
            "retention",
            "Lists the customers whose data need not be kept any more, also while the product runs: id, last day of "
                + "the term, what it began with, name. Nothing goes by it, and each run is in the log",
            RunAsync, s_dryRun, s_organisation);

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        if (!parsed.GetValue(s_dryRun))
            return await CommandLine.RefuseAsync(
                "Nothing goes by itself. retention --dry-run lists whose data need not be kept any more; an owner "
                    + "erases it, person by person (erasePerson).",
                CommandLine.WrongWords);
        await using var installation = await Installation.OpenAsync(parsed.UnmatchedTokens, cancellation);
        await using var turn = await installation.PrepareAsync(cancellation);
        var retention = new RetentionQueries(installation.Database);
        var offices = await retention.OfficesAsync(parsed.GetValue(s_organisation), cancellation);
        if (offices.Count == 0)
            return await CommandLine.RefuseAsync(
                parsed.GetValue(s_organisation) is null
                    ? "There are no organisations." : "There is no such organisation.");
        foreach (var (tenant, name, today) in offices)
        {
            var caller = new Caller(tenant, new Actor.System());
            var rows = await retention.AllAsync(caller, cancellation);
            var check = new CheckRetentionCommand(caller, today, rows.Count, rows.Count(r => !r.IsKept));
            if (await installation.ExecuteAsync(check, cancellation) is { } refusal)
                return await CommandLine.RefuseAsync(refusal.Message);
            foreach (var line in Lines(tenant, name, today, rows)) await Console.Out.WriteLineAsync(line);
        }

        return CommandLine.Done;
    }

    /// <summary>What is said of an organisation.</summary>
    internal static IEnumerable<string> Lines(
        string tenant, string name, DateOnly today, IReadOnlyList<RetentionRow> rows)
    {
        var due = rows.Where(r => !r.IsKept).ToList();
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"Organisation {tenant} on {today:yyyy-MM-dd}: {due.Count} of {rows.Count} customers need not be kept any "
                + $"more, {rows.Count(r => r.Hold is not null)} are on hold. {Plain(name)}");
        if (due.Count == 0) yield break;
        yield return $"{"CUSTOMER",-36}  {"KEPT UNTIL",-10}  {"FROM",-12}  NAME";
        foreach (var row in due.OrderBy(r => r.Term.Until))
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{row.CustomerId}  {row.Term.Until:yyyy-MM-dd}  {Rule(row.Term.Rule),-12}  {Plain(row.CustomerName)}");
    }

    private static string Rule(RetentionRule rule) => rule switch
    {
        RetentionRule.Mandate => "mandate",
        RetentionRule.Comment => "last comment",
        RetentionRule.File => "last file",
    };

    // A name that turns the direction of text about would do so to the rest of a terminal's line.
    private static string Plain(string name) =>
        string.Concat(name.EnumerateRunes().Where(rune => !Text.IsInvisible(rune)));
}
