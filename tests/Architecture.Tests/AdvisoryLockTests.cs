using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Messaging.Architecture.Tests;

/// <summary>
/// PostgreSQL's advisory locks are numbers: who picks another's locks each other out without anybody noticing.
/// </summary>
public sealed partial class AdvisoryLockTests
{
    [Fact]
    public void No_two_of_the_products_locks_have_one_number()
    {
        var keys = Product
            .SourceFiles("src")
            .SelectMany(file => Keys().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value))
            .ToList();

        // The turn to start, the fence of the read models, that a node runs and knows the fence, the settings of the
        // role.
        keys.Count.ShouldBeGreaterThanOrEqualTo(5);
        keys.ShouldBeUnique();
    }

    [GeneratedRegex("const long [A-Za-z]+ = (0x6d657373[0-9a-f]{8});")]
    private static partial Regex Keys();
}
