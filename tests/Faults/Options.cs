using System.Globalization;
using Messaging.Faults.Campaigns;

namespace Messaging.Faults;

/// <summary>Which campaigns to run, and how.</summary>
/// <param name="Only">Some of <see cref="Campaign.All"/>.</param>
/// <param name="Seed">What is random comes from it: the load, and the moments of the faults.</param>
/// <param name="IsShort">A few minutes rather than an hour, as CI runs it.</param>
/// <param name="Product">The build to be tried; null: this one.</param>
/// <param name="Output">The table, as Markdown.</param>
internal sealed record Options(IReadOnlyList<Campaign> Only, int Seed, bool IsShort, string? Product, string Output)
{
    public static string Usage =>
        $"""
        Usage: [--short] [--seed <number>] [--only <campaign>]… [--product <Messaging.Api.dll>] [--output <file>]
        Does to the product, its database and its mail server what happens to them, while 16 clients write down what they
        were promised; then compares events, read models, e-mails and notifications with that. Campaigns:
        {string.Join('\n', Campaign.All.Select(campaign => $"  {campaign.Name,-24} {campaign.Fault}"))}
        """;

    /// <returns>Null when the arguments cannot be understood.</returns>
    public static Options? Parse(string[] arguments)
    {
        var (seed, isShort, only) = (Random.Shared.Next(1, 1_000_000), false, new List<Campaign>());
        string? product = null;
        var output = Path.GetFullPath(Path.Combine("artifacts", "faults.md"));
        for (var i = 0; i < arguments.Length; i++)
        {
            var next = i + 1 < arguments.Length ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--short":
                    isShort = true;
                    continue;
                case "--seed" when int.TryParse(next, NumberStyles.None, CultureInfo.InvariantCulture, out seed):
                    break;
                case "--only" when Campaign.All.FirstOrDefault(campaign => campaign.Name == next) is { } campaign:
                    only.Add(campaign);
                    break;
                case "--product" when next is not null:
                    product = Path.GetFullPath(next);
                    break;
                case "--output" when next is not null:
                    output = Path.GetFullPath(next);
                    break;
                default:
                    return null;
            }

            i++;
        }

        if (only.Count == 0) only.AddRange(Campaign.All.Where(campaign => !isShort || campaign.IsInShortForm));
        return new Options(only, seed, isShort, product, output);
    }
}
