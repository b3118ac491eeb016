using Messaging.Faults.Campaigns;
using Shouldly;
using Xunit;

namespace Messaging.Faults.Tests;

/// <summary>The campaigns of <c>./dev faults</c> in their short form: nothing lost, nothing doubled, nothing stuck.</summary>
public sealed class The_short_form(ITestOutputHelper output)
{
    // The same moments and the same load each time; another can be tried by --seed.
    private const int Seed = 20_261_127;

    public static TheoryData<string> Names => [.. Campaign.All.Where(campaign => campaign.IsInShortForm).Select(campaign => campaign.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Holds(string campaign)
    {
        var options = Options.Parse(["--short", "--seed", $"{Seed}", "--only", campaign]).ShouldNotBeNull();
        var outcome = await options.Only.ShouldHaveSingleItem().RunAsync(options, output.WriteLine);
        Assert.SkipWhen(outcome.Skipped is not null, outcome.Skipped ?? "");
        outcome.Problems.ShouldBeEmpty();
        outcome.Times.ShouldBePositive();
        outcome.Acknowledged.ShouldBePositive();
    }
}
