using System.Globalization;
using Messaging.Faults.Campaigns;

namespace Messaging.Faults;

/// <summary>Which campaigns to run, and how.</summary>
/// <param name="Only">Some of <see cref="Campaign.All"/>.</param>
/// <param name="Seed">What is random comes from it: the load, and the moments of the faults.</param>
/// <param name="IsShort">Each fault once or twice, and briefly, whatever machine it is: only what is lost, doubled or
/// stuck counts.</param>
/// <param name="Longest">For how long each campaign goes on with its fault; null: as often as it has to.</param>
/// <param name="Product">The build to be tried; null: this one.</param>
/// <param name="Output">The table, as Markdown.</param>
internal sealed record Options(
    IReadOnlyList<Campaign> Only, int Seed, bool IsShort, TimeSpan? Longest, string? Product, string Output)
{
    public static string Usage =>
        $"""
        Usage: [<campaign>…] [--seed <number>] [--minutes <of each campaign>] [--short]
            [--product <Messaging.Api.dll>] [--output <file>]
        Does to the product, its database and its mail server what happens to them, while clients write down what they
        were promised; then compares events, read models, e-mails and notifications with that. Without a name, all
        campaigns:
        {string.Join('\n', Campaign.All.Select(campaign => $"  {campaign.Name,-22} {campaign.Fault}"))}
        """;

    /// <returns>Null when the arguments cannot be understood.</returns>
    public static Options? Parse(string[] arguments)
    {
        var (seed, isShort, only) = (Random.Shared.Next(1, 1_000_000), false, new List<Campaign>());
        TimeSpan? longest = null;
        string? product = null;
        var output = Path.GetFullPath(Path.Combine("artifacts", "faults.md"));
        for (var i = 0; i < arguments.Length; i++)
        {
            if (Campaign.All.FirstOrDefault(campaign => campaign.Name == arguments[i]) is { } named)
            {
                only.Add(named);
                continue;
            }

            if (arguments[i] == "--short")
            {
                isShort = true;
                continue;
            }

            if (i + 1 == arguments.Length) return null;
            var value = arguments[i + 1];
            switch (arguments[i++])
            {
                case "--seed" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out seed):
                    break;
                case "--minutes"
                    when double.TryParse(
                        value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                        out var minutes) && minutes is > 0 and <= 1_440:
                    longest = TimeSpan.FromMinutes(minutes);
                    break;
                case "--product":
                    product = Path.GetFullPath(value);
                    break;
                case "--output":
                    output = Path.GetFullPath(value);
                    break;
                default:
                    return null;
            }
        }

        if (only.Count == 0) only.AddRange(Campaign.All);
        return new Options(only, seed, isShort, longest, product, output);
    }
}
