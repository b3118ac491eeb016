using Messaging.Api.GraphQL.Transport;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Transport;

/// <summary>Turns at the database, as operations take them for their statements.</summary>
public sealed class FairStatementTests
{
    private static readonly Asker s_anna = new("sommer", "anna");
    private static readonly Asker s_bernd = new("sommer", "bernd");
    private static readonly Asker s_nora = new("nord", "nora");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_operation_has_some_statements_at_the_database_at_once()
    {
        var claim = new Capacity(new GraphQLOptions { MaxStatementsPerOperation = 3 }).Claim(s_anna);
        var turns = await EnterAsync(3, claim, isHeavy: false);
        turns.Count.ShouldBe(3);

        // It waits for its own for as long as they take.
        claim.Patience = TimeSpan.FromMilliseconds(1);
        var fourth = claim.EnterAsync(false, Cancellation).AsTask();
        await Task.Delay(50, Cancellation);
        fourth.IsCompleted.ShouldBeFalse();
        turns[0].Dispose();
        (await fourth).Dispose();
        claim.Refusal.ShouldBeNull();
    }

    [Fact]
    public async Task An_organisation_has_its_share_of_the_connections()
    {
        var capacity = new Capacity(
            new GraphQLOptions { MaxStatementsPerOperation = 100, MaxWait = TimeSpan.FromMilliseconds(50) },
            new PooledConnections(40));
        var anna = await EnterAsync(100, capacity.Claim(s_anna), isHeavy: false);
        anna.Count.ShouldBe(10);
        (await EnterAsync(100, capacity.Claim(s_bernd), isHeavy: false)).ShouldBeEmpty();
        (await EnterAsync(100, capacity.Claim(s_nora), isHeavy: false)).Count.ShouldBe(10);
        (await EnterAsync(100, capacity.Claim(new Asker("", "network")), isHeavy: false)).Count.ShouldBe(10);

        // A quarter is left to the product itself.
        (await EnterAsync(100, capacity.Claim(new Asker("west", "will")), isHeavy: false)).ShouldBeEmpty();
        anna.ForEach(t => t.Dispose());
        (await EnterAsync(100, capacity.Claim(new Asker("west", "will")), isHeavy: false)).Count.ShouldBe(10);

        var fewer = new Capacity(
            new GraphQLOptions { MaxStatementsPerOrganisation = 2, MaxWait = TimeSpan.FromMilliseconds(50) },
            new PooledConnections(40));
        (await EnterAsync(4, fewer.Claim(s_anna), isHeavy: false)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Of_what_looks_at_much_little_runs_at_once()
    {
        var options = new GraphQLOptions
        {
            MaxHeavyStatements = 6,
            MaxStatementsPerOperation = 100,
            MaxWait = TimeSpan.FromMilliseconds(50),
        };
        var capacity = new Capacity(options, new PooledConnections(60));
        (await EnterAsync(100, capacity.Claim(s_anna), isHeavy: true)).Count.ShouldBe(3);
        (await EnterAsync(100, capacity.Claim(s_bernd), isHeavy: true)).ShouldBeEmpty();
        (await EnterAsync(100, capacity.Claim(s_nora), isHeavy: true)).Count.ShouldBe(3);

        // What looks at little goes on.
        (await EnterAsync(100, capacity.Claim(s_bernd), isHeavy: false)).Count.ShouldBe(12);

        // Where there are two processors one of them is left to others, and a second viewer need not wait for the
        // first.
        var small = new Capacity(
            new GraphQLOptions { MaxHeavyStatements = 2, MaxWait = TimeSpan.FromMilliseconds(50) });
        (await EnterAsync(4, small.Claim(s_anna), isHeavy: true)).Count.ShouldBe(1);
        (await EnterAsync(4, small.Claim(s_bernd), isHeavy: true)).Count.ShouldBe(1);
        (await EnterAsync(4, small.Claim(s_nora), isHeavy: true)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Who_waits_in_vain_is_refused_and_asks_for_nothing_more()
    {
        var capacity = new Capacity(
            new GraphQLOptions { MaxStatementsPerOrganisation = 1, MaxWait = TimeSpan.FromMilliseconds(50) });
        using var turn = await capacity.Claim(s_anna).EnterAsync(false, Cancellation);
        var claim = capacity.Claim(s_bernd);
        (
            await Should.ThrowAsync<RefusedClaimException>(async () => await claim.EnterAsync(false, Cancellation))
        ).Error.Code.ShouldBe("RATE_LIMITED");
        turn.Dispose();
        await Should.ThrowAsync<RefusedClaimException>(async () => await claim.EnterAsync(false, Cancellation));

        // Look-ups for several wait for as long as it takes.
        using var other = await capacity.Claim(s_anna).EnterAsync(false, Cancellation);
        var lookUp = new LookUps(capacity, s_bernd).EnterAsync(false, Cancellation).AsTask();
        await Task.Delay(100, Cancellation);
        lookUp.IsCompleted.ShouldBeFalse();
        other.Dispose();
        (await lookUp).Dispose();
    }

    private static async Task<List<IDisposable>> EnterAsync(int times, Claim claim, bool isHeavy)
    {
        var asked = Enumerable.Range(0, times).Select(_ => claim.EnterAsync(isHeavy, Cancellation).AsTask()).ToList();
        await Task.WhenAny(Task.WhenAll(asked), Task.Delay(300));
        return [.. asked.Where(t => t.IsCompletedSuccessfully).Select(t => t.Result)];
    }
}
