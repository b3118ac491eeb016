using Shouldly;
using Xunit;

namespace Messaging.Faults.Tests;

/// <summary>
/// The short form of <c>./dev faults mixed</c>: nothing is lost, doubled or stuck by a fault of each kind. How long
/// recovery takes is measured by the long form, on a machine that does nothing else.
/// </summary>
public sealed class ShortFormTests(ITestOutputHelper output)
{
    // The same faults, moments and load each time.
    private const string Seed = "20261127";

    [Fact]
    public async Task Nothing_is_lost_doubled_or_stuck_by_a_fault_of_each_kind()
    {
        var options = Options.Parse(["mixed", "--short", "--seed", Seed]).ShouldNotBeNull();
        var outcome = await options.Only.ShouldHaveSingleItem().RunAsync(options, output.WriteLine);
        outcome.Problems.ShouldBeEmpty();
        outcome.Times.ShouldBe(4);
        outcome.Acknowledged.ShouldBeGreaterThan(50);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("--seed")]
    [InlineData("--seed", "many")]
    [InlineData("--minutes", "0")]
    [InlineData("mixed", "--minutes")]
    public void What_cannot_be_understood_is_refused(params string[] arguments) =>
        Options.Parse(arguments).ShouldBeNull();

    [Fact]
    public void Campaigns_are_chosen_by_name_else_all_run()
    {
        Options.Parse(["node-killed", "--minutes", "1.5", "disk-full-files"]).ShouldNotBeNull()
            .ShouldSatisfyAllConditions(
                o => o.Only.Select(c => c.Name).ShouldBe(["node-killed", "disk-full-files"]),
                o => o.Longest.ShouldBe(TimeSpan.FromSeconds(90)));
        Options.Parse([]).ShouldNotBeNull().Only.Select(c => c.Name).ShouldBeUnique();
    }
}
